@testable import FleetInput
import FleetModel
@testable import TabularText
import Testing

@Suite("Numbers and booleans as people write them")
struct CellValueTests {
    @Test(
        "Ids are read as spreadsheets and people write them",
        arguments: [
            ("5", 5), ("5.0", 5), ("5.00", 5), ("05", 5), (" 5\t", 5), ("\u{A0}5\u{200B}", 5), ("\u{FEFF}5", 5),
            ("9223372036854775807", Int64.max), ("000000000000000000000000001", 1),
        ])
    func ids(cell: String, id: Int64) throws {
        #expect(try Reading.row([("id", cell)]).jobs().map(\.edit.id) == [id])
    }

    @Test("Every word for on and off, in any case")
    func words() throws {
        for word in ["0", "0.0", "false", "No", "OFF", "disable", "Disabled", " 0 "] {
            #expect(try Reading.row([("auto_renewal", word)]).jobs().map(\.edit.autoRenewal) == [false], "\(word)")
        }
        for word in ["1", "1.0", "TRUE", "yes", "On", "enable", "ENABLED"] {
            let more = [("auto_renewal", word), ("dns_provider", "alidns"), ("auth.AccessKeyId", "x")]
            #expect(try Reading.row(more).jobs().map(\.edit.autoRenewal) == [true], "\(word)")
        }
    }
}

@Suite("Values that a spreadsheet or a script left behind")
struct LeftBehindTests {
    /// The columns that are sent, the secret ones among them.
    static let columns = [
        "name", "issue_to", "dns_provider", "access_token", "auth.Key", "base_url", "api_path", "tls_pin",
    ]

    @Test(
        "A spreadsheet's errors and states are refused in every column that is sent, and quoted in none that is secret",
        arguments: columns,
        [
            "#N/A", "#n/a", "#REF!", "#NAME?", "#DIV/0!", "#NV", "#WERT!", "#BEZUG!", "#¡VALOR!", "#GETTING_DATA",
            "###",
            "########", "Err:508", "err:502", "Loading...", "LOADING...", "Loading…", "#SPILL!", "#ERROR!",
        ])
    func spreadsheetState(column: String, value: String) throws {
        let reading = try Reading.row([(column, value)])
        #expect(reading.validRowCount == 0 && reading.codes.count == 1, "\(reading.texts)")
        if ["access_token", "auth.Key"].contains(column) { #expect(!reading.texts[0].contains(value)) }
    }

    @Test("They are refused in an auth list, a client id and a client secret too")
    func otherSecrets() throws {
        let list = "[{\"k\":\"Key\",\"sv\":\"#N/A\"}]"
        #expect(try Reading.row([("auth_info_list", list)]).codes == [.spreadsheetMark])
        let key = "[{\"k\":\"#N/A\",\"sv\":\"x\"}]"
        #expect(try Reading.row([("auth_info_list", key)]).codes == [.spreadsheetMark])
        #expect(try Reading.line([("auth_info_list", list)]).codes == [.spreadsheetMark])
        for (id, secret) in [("#N/A", "x"), ("x", "#REF!")] {
            let row = [("client_id", id), ("client_secret", secret), ("access_token", nil)]
            #expect(try Reading.row(row).codes == [.spreadsheetMark])
        }
    }

    @Test(
        "What only begins like one is a value",
        arguments: ["#1a2b3c", "#", "Error:508", "Err:50", "Loading", "#Passw0rd!", "loader", "#ab!"])
    func secretOfItsOwn(value: String) throws {
        #expect(try Reading.row([("access_token", value), ("auth.Key", value)]).texts == [])
    }

    @Test(
        "CLEAR! in another form is refused",
        arguments: ["name", "issue_to", "dns_provider", "api_path", "access_token"],
        ["clear!", "CLEAR", "Clear!", "<CLEAR!>", "clear", "\"CLEAR!\"", "CLEAR!!", "CLEAR！"])
    func clear(column: String, value: String) throws {
        #expect(try Reading.row([(column, value)]).codes == [.clearMisspelled])
    }

    @Test("What only has the word in it is a value", arguments: ["clear.pem", "Clearwater.pem", "unclear.pem"])
    func noClear(value: String) throws {
        #expect(try Reading.row([("name", value)]).texts == [])
    }

    @Test("A reference where no secret is wanted is refused", arguments: ["name", "issue_to", "dns_provider"])
    func misplacedReference(column: String) throws {
        #expect(try Reading.row([(column, "Env:X")]).codes == [.referenceMisplaced])
    }

    /// Values that are doubtful in every column that is sent as it is.
    static let doubts: [(String, Diagnostic.Code)] = [
        ("nan", .wordForNothing), ("NULL", .wordForNothing), ("None", .wordForNothing), ("N/A", .wordForNothing),
        ("TBD", .wordForNothing), ("-", .wordForNothing), ("—", .wordForNothing), ("${DNS_KEY}", .placeholder),
        ("$DNS_KEY", .placeholder), ("{{dns_key}}", .placeholder), ("%DNS_KEY%", .placeholder), ("<key>", .placeholder),
        ("“key”", .quotesRound), ("key”", .quotesRound), ("‘key’", .quotesRound), ("\"key\"", .quotesRound),
        ("«key»", .quotesRound),
    ]

    @Test("What was left unfilled is doubtful and not quoted", arguments: ["access_token", "auth.Key", "name"], doubts)
    func doubt(column: String, doubt: (String, Diagnostic.Code)) throws {
        let reading = try Reading.row([(column, doubt.0)])
        #expect(reading.codes == [doubt.1] && reading.validRowCount == 1, "\(reading.texts)")
        if doubt.0.count > 1 { #expect(!reading.texts[0].contains(doubt.0)) }
    }

    @Test(
        "A secret that only has such signs in it is none",
        arguments: ["$2a$10$x", "a{b}", "nano", "-x", "5-", "it’s ok"])
    func noDoubt(value: String) throws {
        #expect(try Reading.row([("access_token", value)]).texts == [])
    }

    @Test("A client id or secret in scientific notation is doubtful", arguments: ["1.23457E+17", "9e-15", "1,2E+05"])
    func scientific(value: String) throws {
        let row = [("client_id", value), ("client_secret", value), ("access_token", nil)]
        #expect(try Reading.row(row).codes == [.scientificNotation, .scientificNotation])
        #expect(try Reading.row([("auth.Key", value)]).codes == [.scientificNotation])
        #expect(try Reading.row([("access_token", "1E5"), ("auth.Key", "1E5")]).codes == [])
    }

    @Test(
        "A line break in a DNS credential is doubtful unless it is a key or JSON",
        arguments: [
            ("a\nb", [Diagnostic.Code.lineBreakInside]), ("a\r\nb", [.lineBreakInside]), ("a\tb", []),
            ("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", []), ("[1,\n2]", []),
        ])
    func lineBreak(value: String, codes: [Diagnostic.Code]) throws {
        let reading = try Reading("host,access_token,id,auth.Key\na,t,5,\"\(value)\"\n")
        #expect(reading.codes == codes && reading.validRowCount == 1, "\(reading.texts)")
        let json = try Reading(
            #"{"host":"a","access_token":"t","id":5,"auth_info_list":[{"k":"Key","sv":"\#(value.debugDescription.dropFirst().dropLast())"}]}"#,
            name: "fleet.jsonl")
        #expect(json.codes == codes, "\(json.texts)")
    }

    @Test(
        "What is no domain name is doubtful",
        arguments: [
            "https://pbx1.example.com", "pbx1.example.com:8088", "a.example.com,b.example.com", "10.0.0.5",
            "pbx‑1.example.com",
            "münchen.de", "-a.example.com", "a..b", "*", "a.*.example.com",
        ])
    func domain(value: String) throws {
        #expect(try Reading.row([("issue_to", value)]).codes == [.domainDoubtful])
    }

    @Test(
        "Domain names, wildcards among them, are not",
        arguments: ["pbx1.example.com", "*.example.com", "xn--a.de", "a"])
    func noDomainDoubt(value: String) throws {
        #expect(try Reading.row([("issue_to", value)]).texts == [])
    }

    @Test("A customer's name under Name is doubtful, a file's is not")
    func fileName() throws {
        #expect(try Reading.row([("Name", "Müller & Sohn GmbH")]).codes == [.fileNameDoubtful])
        for name in ["a b.pem", "a.CRT", "a.2026.key"] { #expect(try Reading.row([("name", name)]).texts == []) }
    }

    @Test("The key KEY is doubtful, in a column and in a list")
    func literalKey() throws {
        #expect(try Reading.row([("auth.KEY", "x")]).codes == [.authKeyDoubtful])
        #expect(try Reading.line([("auth", "{\"KEY\":\"x\"}")]).codes == [.authKeyDoubtful])
    }

    @Test("With --strict whatever is doubtful is wrong, in a row and in the header")
    func strict() throws {
        var settings = InputSettings()
        settings.isStrict = true
        let row = try Reading.row([("name", "nan")], settings: settings)
        #expect(row.texts.count == 1 && !row.texts[0].contains("warning") && row.validRowCount == 0)
        #expect(try row.passThrough()[0].reason?.contains("leave the cell empty") == true)
        #expect(try Reading.row([("password", "x")], settings: settings).catalog.isFileInvalid)
        #expect(try Reading.row([("name", "a.pem")], settings: settings).validRowCount == 1)
    }
}
