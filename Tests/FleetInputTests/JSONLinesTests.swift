import Platform
import FleetModel
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("JSON lines")
struct JSONLinesTests {
    @Test("Lines, blank lines and a BOM are read alike at every slice size", arguments: ["\n", "\r\n", "\r"])
    func lines(lineEnding: String) throws {
        let lines = [
            "\u{FEFF}", #"{"host":"a","id":1,"auto_renewal":0,"access_token":"t","note":"\n"}"#, "", " \t ",
            #" { "Base URL" : "b" , "id" : "05.0" , "auto-renewal" : false , "access_token" : "t" , "note" : {"é":[1]} } "#,
            "{", #"{"pbx":"c","id":5e0,"auto_renewal":"no","access_token":"t","name":null}"#,
        ]
        let text = lines.joined(separator: lineEnding)
        for sliceSize in 1...text.utf8.count {
            let reading = try Reading(text, name: "fleet.jsonl", sliceSize: sliceSize)
            #expect(reading.texts == ["fleet:6: this is no JSON, at byte 2: a key in quotes should be here"])
            let jobs = try reading.jobs().map {
                "\($0.position.row)@\($0.position.line) \($0.address.host) \($0.edit.id)"
            }
            #expect(jobs == ["1@2 a:8088 1", "2@5 b:8088 5", "4@7 c:8088 5"])
            #expect(reading.catalog.shape.lineEnding == Array(lineEnding.utf8))
            #expect(reading.catalog.shape.format == .jsonl && reading.catalog.shape.hasByteOrderMark)
        }
    }

    static let rules: [(String, String?, String)] = [
        ("base_url", nil, "fleet:1: column 'base_url': the address of the PBX is missing"),
        ("base_url", "null", "column 'base_url': the address of the PBX is missing"),
        ("base_url", "5", "column 'base_url': a number stands where a text should be: put it in quotes"),
        ("host", "\"b\"", "keys 'base_url' and 'host' mean the same"), ("id", nil, "the certificate's id is missing"),
        ("id", "5.5", "column 'id': '5.5' is no whole number"), ("id", "true", "a boolean is no certificate id"),
        ("id", "[5]", "an array is no certificate id"), ("id", "1e400", "is in scientific notation"),
        ("id", "9223372036854775808", "is larger than any id can be"), ("id", "\"1e2\"", "is in scientific notation"),
        ("auto_renewal", "0.5", "'0.5' is none of"), ("auto_renewal", "{}", "an object is none of"),
        ("name", "true", "a boolean stands where a text should be"), ("name", "\"a\\u0000b\"", "there is a NUL byte"),
        ("issue_to", "\"a b\"", "there is a blank inside"),
        ("issue_to", "{\"a\":1}", "an object stands where a text should be"),
        ("access_token", "5", "column 'access_token': a number stands where a text should be"),
        ("auto_renewl", "0", "column 'auto_renewl': this is no known key: did you mean 'auto_renewal'?"),
        ("auth_info_list", "\"[]\"", "a string stands where a list like"),
        ("auth_info_list", "{}", "an object stands where a list like"),
        ("auth", "[]", "an array stands where an object"),
        ("auth", "{}", "column 'auth': the list is empty"), ("auth", "{\"a\":5.5}", "the number of item 1 is no whole"),
        ("auth", "{\"a\":[]}", "the value of item 1 is an array"), ("auth", "{\" \":1}", "item 1 has an empty key"),
        ("auth", "{\"a\":1,\" a\":2}", "item 2 repeats the key"),
        ("auth", "{\"TTL\":\"60\"}", "warning: column 'auth': item 1 sends a number as a text"),
        ("auth.a", "5", "column 'auth.a': a number stands where a text should be"),
        ("auth.a:int", "true", "column 'auth.a:int': a boolean is of the wrong type"),
        ("auth.a:bool", "1", "column 'auth.a:bool': a number is of the wrong type"),
        ("auth.", "1", "column 'auth.': there is no key"), ("", "1", "a member without a name holds a value"),
        ("", "null", ""), ("result", "{\"x\":1}", ""), ("result.status", "5", ""), ("note", "{\"a\":[1,{}]}", ""),
        ("id", "\"5\"", ""), ("id", "5.0", ""), ("id", "50e-1", ""), ("auto_renewal", "false", ""),
        ("auto_renewal", "0.0", ""), ("auth", "{\"a\":\"x\",\"b\":5,\"c\":true,\"d\":null}", ""),
        ("auth.a:int", "\"5\"", ""), ("auth.a:int", "5e0", ""), ("auth.a:bool", "\"no\"", ""), ("auth.a", "null", ""),
    ]

    @Test("Each rule is told with its line and key", arguments: rules)
    func rule(key: String, value: String?, text: String) throws {
        let reading = try Reading.line([(key, value)])
        let about = reading.texts.filter { text.isEmpty || $0.contains(text) }
        #expect(about.count == (text.isEmpty ? 0 : 1), "\(reading.texts)")
        #expect(reading.validRowCount == (text.isEmpty || text.hasPrefix("warning") ? 1 : 0))
        #expect(!reading.catalog.isFileInvalid)
    }

    @Test(
        "A line that is no object is a bad row of its own",
        arguments: ["[]", "5", "{}x", "{'a':1}", "{\"a\":1,\"a\":2}"])
    func noObject(line: String) throws {
        let good = #"{"host":"a","id":1,"auto_renewal":0,"access_token":"t"}"#
        let reading = try Reading("\(good)\n\(line)\n\(good)\n", name: "fleet.jsonl")
        #expect(reading.codes == [.jsonMalformed, .rowRepeated])
        #expect(reading.catalog.rowCount == 3 && reading.validRowCount == 1)
        #expect(try reading.shownMembers()[1] == "")
        #expect(try reading.passThrough()[1].reason == reading.diagnostics[0].message)
    }

    @Test("An auth object is typed by its values")
    func authObject() throws {
        let reading = try Reading.line([("auth", #"{"a":" x ","b":-5.0,"c":false,"d":null}"#)])
        let auth: [AuthInfo] = [
            AuthInfo(key: "a", value: .string(Secret("x"))), AuthInfo(key: "b", value: .integer(-5)),
            AuthInfo(key: "c", value: .boolean(false)),
        ]
        #expect(try reading.jobs().map(\.edit.authInfo) == [auth])
    }

    @Test("The format goes by the name's ending, else by the first character")
    func format() throws {
        let line = #"{"host":"a","id":1,"auto_renewal":0,"access_token":"t"}"#
        for name in ["x", "x.ndjson", "x.JSONL", "x.txt"] {
            #expect(try Reading("\n \(line)", name: name).catalog.shape.format == .jsonl)
        }
        #expect(try Reading(line, name: "x.csv").catalog.isFileInvalid)
        #expect(try Reading("host,id", name: "x").catalog.shape.format == .csv)
        let forced = InputSettings(table: TableChoices(format: .jsonl))
        #expect(try Reading(line, name: "x.csv", settings: forced).validRowCount == 1)
    }

    @Test("Rows in a list inside an object are told so, once")
    func wrapped() throws {
        let text = #"{"total":1,"data":[{"host":"a","id":1}]}"# + "\n{}\n"
        let reading = try Reading(text, name: "fleet.jsonl")
        #expect(
            reading.texts == [
                "fleet:1: the rows stand in a JSON array, the member 'data': write one object a line, as jq -c "
                    + "'.[\"data\"][]' does"
            ])
        #expect(reading.catalog.isFileInvalid && reading.catalog.rowCount == 0)
        #expect(try !Reading(#"{"id":1,"data":[{"host":"a"}]}"#, name: "x.jsonl").codes.contains(.notATable))
    }

    @Test("Bytes that are no UTF-8 make the file wrong, and the other lines are judged all the same")
    func encoding() throws {
        let good = Array(#"{"host":"a","id":1,"auto_renewal":0,"access_token":"t"}"#.utf8)
        let bytes = good + [0x0A] + good.dropLast() + Array(#","note":"m\#u{FC}"}"#.utf8.map { $0 }) + [0x0A]
        #expect(try Reading(bytes: bytes, name: "x.jsonl").codes == [.rowRepeated])
        let latin = good + [0x0A, 0x7B, 0xFC, 0x7D, 0x0A] + good
        for sliceSize in 1...latin.count {
            let reading = try Reading(bytes: latin, name: "x.jsonl", sliceSize: sliceSize)
            #expect(reading.codes == [.jsonMalformed, .encodingInvalid, .rowRepeated])
            #expect(reading.diagnostics.map(\.line) == [2, 2, 3])
        }
    }
}
