import FleetModel
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Rows as the result repeats them")
struct PassThroughTests {
    @Test("Cells come back as they were read, secrets masked, references as they are, result columns left out")
    func cells() throws {
        let settings = InputSettings(environment: ["T": "secret"])
        let text = """
            note,result.status,access_token,client_secret,auth.A,auth.B:int,auth_info_list,host,id,auto_renewal
            " ""x"",\ny",ok,tok, ,, 5 ,,a, 05 ,no
            z,failed,env:T,sec, env:T ,x,"[{""k"":1}]",b,6,0,extra

            short
            """
        let reading = try Reading(text, settings: settings)
        #expect(
            try reading.shownCells() == [
                [" \"x\",\ny", "***", " ", "", " 5 ", "", "a", " 05 ", "no"],
                ["***", "env:T", "***", " env:T ", "***", "***", "***", "***", "***"],
                ["short", "", "", "", "", "", "", "", ""],
            ])
        #expect(try reading.passThrough().map(\.line) == [2, 4, 6])
        #expect(try reading.passThrough()[0].reason == nil)
    }

    @Test("Members come back in their order and numbers as they are written")
    func members() throws {
        let text = """
            {"n":1.50e+1,"host":"a","id":5.0,"auto_renewal":0,"access_token":"t","result":{"a":1},"o":{"x":[null,"é"]}}
            {"host":"b","id":"x","access_token":5,"client_secret":"","auth.a":"s","auth.b:int":5}
            {"auth_info_list":[{"k":"a","sv":"s"},{"k":"b","iv":5},{"k":"c","sv":"env:X"},"s",{"k":["s"],"x":"s"}]}
            {"auth_info_list":"s","auth":{"a":"s","b":5,"c":true,"d":null,"e":["s"]}}
            {"acces_token":"s","clientsecret":["s"],"Access-Token":null,"auth.":"s","auth":5}

            """
        let reading = try Reading(text, name: "x.jsonl")
        #expect(
            try reading.shownMembers() == [
                #""n":1.50e+1,"host":"a","id":5.0,"auto_renewal":0,"access_token":"***","o":{"x":[null,"é"]}"#,
                #""host":"b","id":"x","access_token":"***","client_secret":"","auth.a":"***","auth.b:int":5"#,
                #""auth_info_list":[{"k":"a","sv":"***"},{"k":"b","iv":5},{"k":"c","sv":"env:X"},"***","#
                    + #"{"k":"***","x":"***"}]"#,
                #""auth_info_list":"***","auth":{"a":"***","b":5,"c":true,"d":null,"e":"***"}"#,
                #""acces_token":"***","clientsecret":"***","Access-Token":null,"auth.":"***","auth":"***""#,
            ])
    }

    @Test("Of a number or switch of the auth list only what is one is shown")
    func typedCells() throws {
        let values = ["5", " -5.0 ", "", " "]
        for cell in values { #expect(try shown("auth.A:int", cell) == cell) }
        for cell in ["five", "5.5", "1E5", "env:T", "true", "5 5", "9223372036854775808"] {
            #expect(try shown("auth.A:int", cell) == "***", "\(cell)")
        }
        for cell in ["Yes", " 0 ", "disabled", ""] { #expect(try shown("auth.A:bool", cell) == cell) }
        for cell in ["2", "yes!", "file:x", "sure"] { #expect(try shown("auth.A:bool", cell) == "***", "\(cell)") }
    }

    @Test("Of a row with a cell too many nothing is shown, because a secret may stand under another name")
    func shifted() throws {
        let text = "base_url,access_token,id,auto_renewal,site\na,,canary,6,0,east\na,canary,6,0,west\n"
        let rows = try Reading(text).shownCells()
        #expect(rows[0] == ["***", "", "***", "***", "***"] && rows[1] == ["a", "***", "6", "0", "west"])
    }

    @Test("An address is hidden where more stands in it, which may be a secret", arguments: ["base_url", "api_path"])
    func addresses(column: String) throws {
        for cell in ["https://pbx1:8088", " pbx1 ", "", "[::1]", "not an address", "a/b"] {
            #expect(try shown(column, cell) == cell)
        }
        for cell in ["https://me:canary@pbx1", "https://pbx1/?access_token=canary", "pbx1#canary"] {
            #expect(try shown(column, cell) == "***")
            let shown = try Reading("{\"\(column)\":\"\(cell)\"}", name: "x.jsonl").shownMembers()
            #expect(shown == ["\"\(column)\":\"***\""])
        }
        let nested = try Reading("{\"\(column)\":[\"canary\"]}", name: "x.jsonl").shownMembers()
        #expect(nested == ["\"\(column)\":\"***\""])
    }

    private func shown(_ column: String, _ cell: String) throws -> String {
        try #require(Reading.row([(column, cell)]).shownCells()[0].last)
    }

    @Test("In JSON lines too only what is of the type is shown")
    func typedMembers() throws {
        let values = [
            ("int", "5e0", true), ("int", "\" 5 \"", true), ("int", "null", true), ("int", "5.5", false),
            ("int", "\"s\"", false), ("int", "true", false), ("int", "[5]", false), ("bool", "true", true),
            ("bool", "\"on\"", true), ("bool", "\"\"", true), ("bool", "\"s\"", false), ("bool", "1", false),
            ("bool", "{\"a\":1}", false),
        ]
        for (type, value, isShown) in values {
            let member = "\"auth.A:\(type)\":"
            let shown = try Reading("{\(member)\(value)}", name: "x.jsonl").shownMembers()
            #expect(shown == ["\(member)\(isShown ? value : "\"***\"")"])
        }
    }

    @Test("What is shown can be fed back when its secrets are references")
    func fedBack() throws {
        let settings = InputSettings(environment: ["T": "secret"])
        let first = try Reading(
            "host,id,result.status,auto_renewal,access_token\n\"a\",05,ok,no,env:T\n", settings: settings)
        let header = first.catalog.shape.header.map { String(decoding: $0, as: UTF8.self) } + ["result.status"]
        let row = try first.shownCells()[0] + ["ok"]
        let text = [header, row].map { $0.joined(separator: ",") }.joined(separator: "\n")
        let second = try Reading(text, settings: settings)
        #expect(try second.jobs().map(\.edit) == first.jobs().map(\.edit))
        #expect(try second.jobs().map(\.credentials) == [.token(Secret("secret"))])
    }

    @Test("No secret of a wrong row is told, in no diagnostic and nowhere in the result")
    func silence() throws {
        let columns = ["access_token", "client_secret", "auth.A", "auth.B:int", "auth.C:bool", "auth_info_list"]
        let values = [
            "canary\u{0}", "canary\ncanary", "canary canary", "[{\"k\":\"canary\",\"sv\":canary}]",
            "[{\"k\":\"a\",\"canary\":\"canary\"}]", "***canary", "CLEAR!",
        ]
        for column in columns {
            for value in values {
                let reading = try Reading.row([(column, value), ("id", "x")])
                #expect(!reading.texts.joined().contains("canary"), "\(column) \(reading.texts)")
                #expect(!reading.catalog.isFileInvalid)
                let row = try reading.passThrough()[0]
                #expect(row.reason?.contains("canary") != true)
                #expect(try !reading.shownCells()[0].joined().contains("canary"), "\(column)")
            }
        }
    }
}
