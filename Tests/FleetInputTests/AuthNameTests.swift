import FleetModel
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Names that were meant for the auth list")
struct AuthNameTests {
    @Test(
        "What was meant for an auth column is refused and told its right name, and its secret is not shown",
        arguments: [
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
        #expect(column.problems.map(\.message) == [advice])
        #expect(try column.echoedCells()[0].contains("***") && !column.echoedCells()[0].contains("canary"))
        let key = try Reading.line([(name.replacing("\n", with: "\\n"), "\"canary\"")])
        #expect(key.codes == [.keyMalformed] && key.validRowCount == 0)
        #expect(key.problems.map(\.message) == [advice.replacing("column", with: "key")])
        #expect(try !key.echoedMembers()[0].contains("canary") && key.echo()[0].reason != nil)
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
        #expect(try !column.echoedCells()[0].contains("canary"))
        #expect(try Reading.line([("Auth", "{\"Key\":\"x\"}")]).texts == [])
    }

    @Test("A list under a shorter name is refused and not shown", arguments: ["auth_info", "AuthInfo", "auth list"])
    func misspelledList(name: String) throws {
        let column = try Reading.row([(name, "[{\"k\":\"Key\",\"sv\":\"canary\"}]")])
        #expect(column.problems.map(\.message) == ["this is no known column: did you mean 'auth_info_list'?"])
        #expect(try !column.echoedCells()[0].joined().contains("canary"))
    }

    @Test(
        "What only begins like an auth column is the user's own",
        arguments: [
            "author", "Authority", "authorized_by", "auto.note", "authentik", "authé", "aut", "path.x", "dns.auth",
        ])
    func notAuth(name: String) throws {
        for reading in [try Reading.row([(name, "x")]), try Reading.line([(name, "\"x\"")])] {
            #expect(reading.texts == [] && reading.validRowCount == 1)
        }
        #expect(try Reading.row([(name, "x")]).echoedCells()[0].contains("x"))
    }
}
