@testable import FleetInput
import FleetModel
import Platform
@testable import TabularText
import Testing

@Suite("The header of a CSV")
struct ColumnMapTests {
    @Test("Each of the address columns is known, and plain http may be allowed")
    func hostColumns() throws {
        for name in ["host", "PBX", "Url", "Base URL", "base-url", "\u{FEFF}baseurl\u{A0}"] {
            let settings = InputSettings(allowsPlainHTTP: true)
            let reading = try Reading.row([("base_url", nil), (name, "http://a")], settings: settings)
            #expect(reading.texts == [])
            #expect(try reading.jobs().map(\.address.host.description) == ["a:80"])
        }
    }

    @Test("A header without what is needed is told once, and quotes nothing of it")
    func noHeader() throws {
        let reading = try Reading("https://a,tok-secret,5,0\nhttps://b,tok-secret,5,0\n")
        #expect(reading.codes == [.headerUnrecognized])
        #expect(reading.texts[0].hasPrefix("fleet:1: no header with 'base_url' and 'id' here"))
        #expect(!reading.texts[0].contains("tok"))
        #expect(reading.catalog.rowCount == 0 && reading.catalog.isFileInvalid)
    }

    @Test("With a wrong header what is wrong with the rows comes out all the same")
    func wrongHeader() throws {
        let reading = try Reading("base_url,id,auto_renewl,access_token\na,x,0,t\nb,5,7,t\n")
        #expect(
            reading.texts == [
                "fleet:1: column 'auto_renewl': this is no known column: did you mean 'auto_renewal'?",
                "fleet:2: column 'id': 'x' is no whole number",
                "fleet:3: column 'auto_renewl': '7' is none of \(BooleanWord.list)",
            ])
    }

    @Test("A delimiter that is asked for is taken even where it does not fit")
    func forced() throws {
        let reading = try Reading("host,id\na,5\n", settings: InputSettings(table: TableChoices(delimiter: .semicolon)))
        #expect(reading.codes == [.headerUnrecognized])
    }

    @Test("A single column is no question of delimiters", arguments: ["id", "id\n5\n", "host", "\"id\"\n"])
    func singleColumn(text: String) throws {
        #expect(try Reading(text).codes.first == .headerColumnMissing)
    }

    @Test("A title row is told as one, with the line of the header below it")
    func title() throws {
        let titled = try Reading("Fleet, renewal off;;;\n;;;\n\nhost;id;auto_renewal;access_token\na;5;0;t\n")
        #expect(
            titled.texts == [
                "fleet:1: no header with 'base_url' and 'id' here: "
                    + "line 4 looks like it, so what stands above is a title: delete it"
            ])
        let headless = try Reading("a;5;0;t\n")
        #expect(
            headless.texts == [
                "fleet:1: no header with 'base_url' and 'id' here: "
                    + "is there a title row above it, or is the header missing? "
                    + "names of your own are told by --column 'NAME=base_url'"
            ])
    }
}

@Suite("A header that lacks what every row needs")
struct LackingHeaderTests {
    @Test("It is told alone, with what was not understood and what that may mean")
    func ownNames() throws {
        let text = "FQDN;Certificate ID;Domain;Customer;API Key;auto_renewl\nx;y;z\n"
        let reading = try Reading(text)
        #expect(
            reading.texts == [
                "fleet:1: there is no column 'base_url' and no column 'id' in the header; not understood: 'FQDN' "
                    + "(base_url?), 'Certificate ID' (id?), 'Domain' (issue_to?), 'Customer', 'API Key' (auth.APIKey?), "
                    + "'auto_renewl' (auto_renewal?); say what one means by --column 'FQDN=base_url'"
            ])
        #expect(reading.catalog.isFileInvalid && reading.catalog.rowCount == 0)
    }

    @Test(
        "The likeliest meaning of a name is known",
        arguments: [
            ("Hostname", "base_url"), ("FQDN", "base_url"), ("IP Address", "base_url"), ("Domain", "issue_to"),
            ("Common Name", "issue_to"), ("File name", "name"), ("Auto-Renew", "auto_renewal"),
            ("DNS", "dns_provider"), ("Username", "client_id"), ("Password", "client_secret"),
            ("Token", "access_token"), ("API Key", "auth.APIKey"), ("AccessKeyID", "auth.AccessKeyId"),
            ("auth_x", "auth.x"), ("Customer", nil),
        ] as [(String, String?)])
    func likely(name: String, meaning: String?) throws {
        let message = try Reading("host,\(name)\n").texts
        let shown = meaning.map { "'\(name)' (\($0)?);" } ?? "'\(name)';"
        #expect(message.count == 1 && message[0].contains("not understood: \(shown)"), "\(message)")
    }

    @Test(
        "Rows are not judged under it, and a row of data is not shown",
        arguments: ["pbx,tok-secret,5,0", "url,t,a://b"])
    func data(text: String) throws {
        let reading = try Reading("\(text)\nx,y,z,w\n")
        #expect(reading.texts == ["fleet:1: there is no column 'id' in the header"])
        #expect(reading.codes == [.headerColumnMissing])
    }

    @Test("Of many names a dozen are shown")
    func manyNames() throws {
        let names = (1...20).map { "column \($0) of mine" }.joined(separator: ",")
        #expect(try Reading("host,\(names)\n").texts[0].contains("'column 12 of mine' and 8 more; say"))
    }
}

@Suite("What the command line says about columns")
struct ColumnChoicesTests {
    private static func settings(_ columns: [String] = [], set values: [String] = []) throws -> InputSettings {
        var settings = InputSettings()
        settings.columns = try ColumnChoices(columns: columns, values: values)
        return settings
    }

    @Test("A header gets its meaning, whatever its case and separators, in both formats")
    func columns() throws {
        let settings = try Self.settings(["Certificate ID=id", "fq-dn=Base URL", "Key=auth.APIKey", "N=auth.TTL:int"])
        let csv = try Reading(
            "FQDN;certificate_id ;KEY;n;access_token;ID2\na;5;k;60;t;x\n", settings: settings)
        let json = #"{"FQDN":"a","Certificate-Id":"5","key":"k","N":60,"access_token":"t","ID2":"x"}"#
        let lines = try Reading(json, name: "fleet.jsonl", settings: settings)
        for reading in [csv, lines] {
            #expect(reading.texts == [])
            let edit = try #require(try reading.jobs().first?.edit)
            #expect(edit.id == 5)
            let auth = [
                AuthInfo(key: "APIKey", value: .string(Secret("k"))), AuthInfo(key: "TTL", value: .integer(60)),
            ]
            #expect(edit.authInfo == auth)
        }
        #expect(try csv.shownCells() == [["a", "5", "***", "60", "t", "x"].map { $0 == "t" ? "***" : $0 }])
        #expect(try lines.shownMembers()[0].contains(#""key":"***""#))
        #expect(csv.catalog.columns.map(\.meaning).prefix(3) == ["base_url", "id", "auth.APIKey"])
    }

    @Test("A column that is only carried along is not read, and what it hides stays hidden")
    func own() throws {
        let settings = try Self.settings(["Name=", "Cert ID=id", "ID=", "client_secret="])
        let reading = try Reading(
            "host,Name,ID,Cert ID,auto_renewal,access_token,client_secret\na,Miller Ltd,C-1,5,0,t,canary\n",
            settings: settings)
        #expect(reading.texts == [])
        #expect(try reading.jobs()[0].edit == CertificateEdit(id: 5, autoRenewal: false))
        #expect(try reading.shownCells() == [["a", "Miller Ltd", "C-1", "5", "0", "***", "***"]])
    }

    @Test("A header that is not there is a problem of the header", arguments: ["fleet.csv", "fleet.jsonl"])
    func missing(name: String) throws {
        // Told alone in a CSV, whose header comes first.
        let csv = "host,id,auto_renewal,access_token\na,x,0,t\nb,5,0,t\n"
        let line = #"{"host":"a","id":5,"auto_renewal":0,"access_token":"t"}"# + "\n"
        let text = name.hasSuffix("csv") ? csv : line + line.replacing("\"a\"", with: "\"b\"")
        let reading = try Reading(text, name: name, settings: try Self.settings(["Cert No=issue_to"]))
        #expect(reading.codes == [.headerChosenMissing] && reading.catalog.isFileInvalid)
        #expect(reading.texts[0].hasSuffix("there is no column 'Cert No' here, to which --column gives a meaning"))
    }

    @Test("Two headers of one meaning are told, also when one of them was chosen")
    func repeated() throws {
        let reading = try Reading(
            "host,ID,Cert No,auto_renewal,access_token\na,5,6,0,t\n", settings: try Self.settings(["Cert No=id"]))
        #expect(reading.texts == ["fleet:1: columns 'ID' and 'Cert No' mean the same: keep one of them"])
    }

    @Test("Empty cells are filled, also of a column that the file has not, and the result keeps the file's own")
    func values() throws {
        let settings = try Self.settings(
            set: ["auto_renewal=1", "Dns Provider= arvancloud ", "auth.APIKey=env:KEY", "auth.TTL:int=60"])
        let header = "host,id,access_token,auto_renewal,auth.APIKey\n"
        let csv = try Reading(header + "a,5,t,,\nb,5,t,0,k\n", settings: settings.adding(["KEY": "secret"]))
        #expect(csv.texts == [])
        let jobs = try csv.jobs()
        #expect(jobs.map(\.edit.autoRenewal) == [true, false])
        #expect(jobs.map(\.edit.dnsProvider) == ["arvancloud", "arvancloud"])
        let keys = ["secret", "k"]
        for (job, key) in zip(jobs, keys) {
            let auth = [
                AuthInfo(key: "APIKey", value: .string(Secret(key))), AuthInfo(key: "TTL", value: .integer(60)),
            ]
            #expect(Set(job.edit.authInfo ?? []) == Set(auth))
        }
        #expect(try csv.shownCells() == [["a", "5", "***", "", ""], ["b", "5", "***", "0", "***"]])
        let written = try Reading(
            "host,id,access_token,auto_renewal,dns_provider,auth.APIKey,auth.TTL:int\na,5,t,1,arvancloud,secret,60\n")
        #expect(try written.jobs()[0].edit == jobs[0].edit)
        let line = #"{"host":"a","id":5,"access_token":"t","auto_renewal":null}"#
        let lines = try Reading(line, name: "fleet.jsonl", settings: settings.adding(["KEY": "secret"]))
        #expect(lines.texts == [])
        #expect(try lines.jobs()[0].edit == jobs[0].edit)
        #expect(try lines.shownMembers() == [#""host":"a","id":5,"access_token":"***","auto_renewal":null"#])
    }

    @Test("A filled column is one that the header need not have; a wrong value is told for each row; no row is made")
    func filledColumns() throws {
        let settings = try Self.settings(set: ["id=7", "issue_to=a b", #"auth_info_list=[{"k":"TTL","iv":1}]"#])
        let reading = try Reading("host,access_token\na,t\n,\n", settings: settings)
        #expect(reading.texts == ["fleet:2: column 'issue_to': there is a blank inside 'a b'"])
        let line = #"{"host":"a","access_token":"t"}"#
        let lines = try Reading(
            line, name: "fleet.jsonl",
            settings: try Self.settings(set: ["id=7", #"auth_info_list=[{"k":"TTL","iv":1}]"#]))
        #expect(try lines.jobs()[0].edit.authInfo == [AuthInfo(key: "TTL", value: .integer(1))])
    }

    @Test(
        "What cannot be said of columns is a usage error that quotes no value",
        arguments: [
            (["ID"], [], "is not of the form"), (["=id"], [], "names no header"), (["x=idd"], [], "no known column"),
            (["x=auto_renewl"], [], "did you mean 'auto_renewal'?"), (["x=id", "y=id"], [], "a second header"),
            (["x y=id", "X_Y=name"], [], "a second meaning"), (["x=result.row"], [], "no known column"),
            (["x=auth."], [], "there is no key after"), ([], ["canary"], "is not of the form"),
            ([], ["nme=canary"], "names no known column"), ([], ["id="], "has no value"),
            ([], ["id=1", "ID=canary"], "is given twice"), ([], ["=canary"], "names no known column"),
        ] as [([String], [String], String)])
    func refused(columns: [String], values: [String], what: String) {
        let error = #expect(throws: ToolError.self) { try ColumnChoices(columns: columns, values: values) }
        #expect(error?.kind == .usage && error?.message.contains(what) == true, "\(error?.message ?? "")")
        #expect(error?.description.contains("canary") == false)
    }

    @Test(
        "A plain secret on the command line is noticed",
        arguments: [
            ("client_secret=x", true), ("client_secret=env:X", false), ("auth.k=file:x", false), ("id=5", false),
            (#"auth_info_list=[{"k":"a","sv":"env:X"},{"k":"b","iv":1}]"#, false), ("auth_info_list=[", true),
            (#"auth_info_list=[{"k":"a","sv":"env:X"},{"k":"b","sv":"x"}]"#, true),
        ])
    func plainSecret(value: String, isPlain: Bool) throws {
        #expect(try ColumnChoices(columns: [], values: [value]).hasPlainSecret == isPlain)
    }
}

extension InputSettings {
    fileprivate func adding(_ environment: [String: String]) -> InputSettings {
        var settings = self
        settings.environment = environment
        return settings
    }
}
