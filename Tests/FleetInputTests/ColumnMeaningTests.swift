@testable import FleetInput
import FleetModel
@testable import TabularText
import Testing

@Suite("What the names of columns and keys mean")
struct ColumnMeaningTests {
    @Test(
        "What was meant for an auth column is refused and told its right name, and its secret is not shown",
        arguments: [
            ("authAPIKey", "auth.APIKey"), ("AUTHapikey", "auth.APIKey"), ("authTTL", "auth.TTL"),
            ("authTTL:int", "auth.TTL:int"),
            ("oauth.APIKey", "auth.APIKey"), ("aurh.TTL:int", "auth.TTL:int"),
            ("auth_APIKey", "auth.APIKey"), ("Auth APIKey", "auth.APIKey"), ("AUTH-APIKey", "auth.APIKey"),
            ("auth:APIKey", "auth.APIKey"), ("auth: TTL:int", "auth.TTL:int"), ("auth\u{A0}APIKey", "auth.APIKey"),
            ("auth\u{2013}APIKey", "auth.APIKey"), ("auth __ a_b", "auth.a_b"), ("auth .Key", "auth.Key"),
            ("auth_.Key", "auth.Key"), ("Auth-.Key", "auth.Key"), ("_auth.Key", "auth.Key"),
            ("-_Auth_.Key", "auth.Key"),
            ("_auth", "auth.KEY"), ("Auth_", "auth.KEY"), ("_aut.Key", "auth.Key"),
            ("auth/K\ny", "auth.K\\ny"), ("auth_", "auth.KEY"), ("aut.APIKey", "auth.APIKey"),
            ("Auht.APIKey", "auth.APIKey"), ("atuh.APIKey:bool", "auth.APIKey:bool"), ("auths.APIKey", "auth.APIKey"),
            ("auth_\(String(repeating: "k", count: 70))", "auth.\(String(repeating: "k", count: 60))…"),
        ])
    func misspelledAuth(name: String, meant: String) throws {
        let column = try Reading.row([(name, "canary"), ("dns_provider", "alidns"), ("auto_renewal", "1")])
        #expect(column.codes == [.headerAuthMalformed])
        let advice = "this is no known column: did you mean '\(meant)'?"
        #expect(column.diagnostics.map(\.message) == [advice])
        #expect(try column.shownCells()[0].contains("***") && !column.shownCells()[0].contains("canary"))
        let key = try Reading.line([(name.replacing("\n", with: "\\n"), "\"canary\"")])
        #expect(key.codes == [.keyMalformed] && key.validRowCount == 0)
        #expect(key.diagnostics.map(\.message) == [advice.replacing("column", with: "key")])
        #expect(try !key.shownMembers()[0].contains("canary") && key.passThrough()[0].reason != nil)
    }

    @Test("A key with a control character in it is refused", arguments: ["a\nb", "a\u{85}b", "a\u{202E}b"])
    func controlCharacter(key: String) throws {
        #expect(try Reading.row([("auth.\(key)", "x"), ("auto_renewal", "1")]).codes.contains(.headerAuthMalformed))
        let list = "[{\"k\":\"\(key.replacing("\n", with: "\\n"))\",\"sv\":\"x\"}]"
        #expect(try Reading.line([("auth_info_list", list), ("auto_renewal", "1")]).codes.contains(.authMalformed))
    }

    @Test("A column auth of a CSV is told its right name, while in JSON lines it is the list")
    func bareAuth() throws {
        let column = try Reading.row([("Auth", "canary")])
        #expect(column.texts == ["fleet:1: column 'Auth': this is no known column: did you mean 'auth.KEY'?"])
        #expect(try !column.shownCells()[0].contains("canary"))
        #expect(try Reading.line([("Auth", "{\"Key\":\"x\"}")]).texts == [])
    }

    @Test("A list under a shorter name is refused and not shown", arguments: ["auth_info", "AuthInfo", "auth list"])
    func misspelledList(name: String) throws {
        let column = try Reading.row([(name, "[{\"k\":\"Key\",\"sv\":\"canary\"}]")])
        #expect(column.diagnostics.map(\.message) == ["this is no known column: did you mean 'auth_info_list'?"])
        #expect(try !column.shownCells()[0].joined().contains("canary"))
    }

    @Test(
        "What only begins like an auth column is the user's own",
        arguments: [
            "author", "Authority", "authorized_by", "auto.note", "authentik", "authé", "auto", "path.x", "dns.auth",
        ])
    func notAuth(name: String) throws {
        for reading in [try Reading.row([(name, "x")]), try Reading.line([(name, "\"x\"")])] {
            #expect(reading.texts == [] && reading.validRowCount == 1)
        }
        #expect(try Reading.row([(name, "x")]).shownCells()[0].contains("x"))
    }

    @Test(
        "A key of JSON lines that is nearly 'auth' is refused, and what stands in it not shown",
        arguments: ["auths", "aut"])
    func nearlyAuth(name: String) throws {
        let reading = try Reading.line([(name, #"{"APIKey":"canary"}"#)])
        #expect(reading.texts.count == 1 && reading.texts[0].contains("did you mean 'auth'?"), "\(reading.texts)")
        #expect(try !"\(reading.passThrough())".contains("canary"))
    }

    @Test(
        "A near miss is 1 or 2 edits from a name of 6 letters or more",
        arguments: [
            ("bas_url", "base_url"), ("base-ulr", "base_url"), ("Isue To", "issue_to"), ("api_pat", "api_path"),
            ("tls pins", "tls_pin"), ("client_ids", "client_id"), ("dns_providr", "dns_provider"),
            ("acces token", "access_token"), ("autorenewals", "auto_renewal"), ("clentsecet", "client_secret"),
            ("acesstokn", "access_token"), ("authInfoLists", "auth_info_list"), ("dnsprovdr", "dns_provider"),
            ("issue\u{2011}to", "issue_to"), ("apipat", "api_path"), ("bseurl", "base_url"),
        ])
    func nearMiss(name: String, meant: String) throws {
        let header = try Reading.row([(name, "x")])
        #expect(
            header.texts.contains("fleet:1: column '\(name)': this is no known column: did you mean '\(meant)'?"),
            "\(header.texts)")
        let key = try Reading.line([(name, "\"x\"")])
        #expect(key.codes.contains(.keyNearMiss), "\(key.texts)")
    }

    @Test(
        "What is further away, or near a short name, is the user's own",
        arguments: [
            "auto_rnwl", "issue", "Issuer", "Issued", "Clients", "ids", "hosts", "nmae", "pbx2", "urls", "Secretary",
            "Größe", "*",
        ])
    func ownColumn(name: String) throws {
        #expect(try Reading.row([(name, "x")]).texts == [])
        #expect(try Reading.line([(name, "\"x\"")]).texts == [])
    }

    @Test("The key of an auth column keeps its case, which its prefix and type need not")
    func authNames() throws {
        let reading = try Reading.row([("AUTH.aPi_Key", "x"), (" Auth. TTL : INT ", "5"), ("auth.apikey", "y")])
        let auth = [
            AuthInfo(key: "aPi_Key", value: .string(Secret("x"))), AuthInfo(key: "TTL", value: .integer(5)),
            AuthInfo(key: "apikey", value: .string(Secret("y"))),
        ]
        #expect(reading.texts == [])
        #expect(try reading.jobs().map(\.edit.authInfo) == [auth])
    }

    @Test(
        "A column of the user's own that holds secrets by its name is doubtful, once",
        arguments: [
            ("password", "client_secret"), ("Secret", "client_secret"), ("API Key", "auth.APIKey"),
            ("token", "access_token"), ("Tokens", "access_token"), ("Client Secret Key", "client_secret"),
            ("apiPassword1", "client_secret"), ("CLOUDFLARE_API_TOKEN", "auth.APIToken"),
        ])
    func ownSecret(name: String, meant: String) throws {
        let column = try Reading.row([(name, "canary")])
        #expect(column.codes == [.ownSecret] && column.validRowCount == 1)
        #expect(column.texts[0].contains("fleet:1: warning: column '\(name)'") && column.texts[0].contains(meant))
        let line = "{\"host\":\"a\",\"id\":1,\"auto_renewal\":0,\"access_token\":\"t\",\"\(name)\":\"canary\"}\n"
        let lines = try Reading(line + line.replacing(":1,", with: ":2,"), name: "fleet.jsonl")
        #expect(lines.codes == [.ownSecret] && lines.validRowCount == 2)
    }

    @Test(
        "A column that probably is one which is missing is doubtful, once, unless somebody says what it is",
        arguments: [("Domain", "issue_to"), ("Provider", "dns_provider"), ("Zertifikat-Domain", "issue_to")])
    func ownColumn(name: String, meant: String) throws {
        let line = "{\"host\":\"a\",\"id\":1,\"auto_renewal\":0,\"access_token\":\"t\",\"\(name)\":\"x\"}\n"
        let lines = try Reading(line + line.replacing(":1,", with: ":2,"), name: "fleet.jsonl")
        for reading in [try Reading.row([(name, "x")]), lines] {
            #expect(reading.codes == [.ownColumn] && reading.texts[0].contains("did you mean '\(meant)'?"))
            #expect(reading.texts[0].contains("--column '\(name)=\(meant)'"))
        }
        #expect(try Reading.row([(name, "x"), (meant, "")]).texts == [])
        for own in [name, "API Key"] {
            var settings = InputSettings()
            settings.columns = try ColumnChoices(columns: ["\(own)="], values: [])
            #expect(try Reading.row([(own, "x")], settings: settings).texts == [])
            #expect(
                try Reading(line, name: "fleet.jsonl", settings: settings).codes
                    == (own == name ? [] : [.ownColumn, .headerChosenMissing]))
        }
    }

    @Test("Where rows only name PBXs other columns do not matter", arguments: ["fleet.csv", "fleet.jsonl"])
    func hostsOnly(file: String) throws {
        var settings = InputSettings()
        settings.namesHostsOnly = true
        let names = ["host", "access_token", "auto_renewl", "Domain", "API Key", "auth_x", "name", "Name "]
        let csv = names.joined(separator: ",") + "\n" + names.map { _ in "a" }.joined(separator: ",") + "\n"
        let line = "{" + names.map { "\"\($0)\":\"a\"" }.joined(separator: ",") + "}\n"
        let reading = try Reading(file.hasSuffix("csv") ? csv : line, name: file, settings: settings)
        #expect(reading.texts == [] && reading.validRowCount == 1)
        let missing = try Reading("id,name,auto_renewl,FQDN\n", settings: settings).texts
        #expect(missing.count == 1 && missing[0].contains("'FQDN' (base_url?)") && !missing[0].contains("'name'"))
    }

    @Test("What each column is read as is known")
    func columns() throws {
        let reading = try Reading("Host,ID,Name,Auth.TTL:int,customer,result.row,auto_renewal,access_token\n")
        let columns = reading.catalog.columns.map { "\($0.name)=\($0.meaning ?? "")" }
        #expect(
            columns == [
                "Host=base_url", "ID=id", "Name=name", "Auth.TTL:int=auth.TTL:int", "customer=",
                "auto_renewal=auto_renewal", "access_token=access_token",
            ])
    }
}
