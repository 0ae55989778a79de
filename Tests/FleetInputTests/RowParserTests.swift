import Platform
import FleetModel
import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("What a row may say")
struct RowParserTests {
    /// One change to a row that is right, and what is said about it: a piece of the text, or nothing.
    static let rules: [(String, String?, String)] = [
        ("base_url", nil, "fleet:1: there is no column 'base_url' in the header"),
        ("base_url", "", "fleet:2: column 'base_url': the address of the PBX is missing"),
        ("base_url", "ftp://a", "must start with https:// or http://, not 'ftp'"),
        ("base_url", "https://", "there is no host name in the address"),
        ("base_url", "https://a/b", "the address has a path beside host and port"),
        ("base_url", "http//a", "a colon or a slash is missing"),
        ("base_url", "https:/a", "a colon or a slash is missing"),
        ("base_url", "https://a:1?access_token=x", "the address has a query beside host and port"),
        ("base_url", "https://u:p@a", "column 'base_url': the port must be"),
        ("base_url", "https://u@a", "the address has a user name beside host and port"),
        ("base_url", "a:0", "the port must be a number from 1 to 65535"),
        ("base_url", "a:65536", "the port must be a number from 1 to 65535"),
        ("base_url", "a:", "the port must be a number from 1 to 65535"),
        ("base_url", "fe80::1", "the port must be a number from 1 to 65535 (an IPv6 address is written in brackets)"),
        ("base_url", "[fe80::1", "the bracket of an IPv6 address is not closed"),
        ("base_url", "[fe80:::1]", "'fe80:::1' in brackets is no IPv6 address"),
        ("base_url", "a b", "'a b' is no host name or address"),
        ("base_url", "a..b", "'a..b' is no host name or address"),
        ("base_url", "10.0.0", "'10.0.0' is no host name or address"),
        ("base_url", "10.0.0.256", "'10.0.0.256' is no host name or address"),
        ("base_url", "10.0.0.010", "'10.0.0.010' is no host name or address"),
        ("base_url", "münchen", "write letters beyond ASCII in their 'xn--' form"),
        ("base_url", "CLEAR!", "column 'base_url': 'CLEAR!' has no meaning in this column"),
        ("base_url", "http://pbx1", "column 'base_url': plain http would send credentials in the clear"),
        ("base_url", "http://127.example.org", "plain http would send credentials in the clear"),
        ("api_path", "a?b", "column 'api_path': '***' is no path like 'openapi/v1.0'"),
        ("api_path", "../x", "'../x' is no path"), ("api_path", "/", "'/' is no path"),
        ("id", nil, "fleet:1: there is no column 'id' in the header"),
        ("id", "", "fleet:2: column 'id': the certificate's id is missing"),
        ("id", "0", "column 'id': '0' is less than 1"), ("id", "-5", "column 'id': '-5' is no whole number"),
        ("id", "1E+05", "'1E+05' is in scientific notation, so digits may be lost"),
        ("id", "1.000", "'1.000' has a thousands separator"),
        ("id", "1.234.000", "'1.234.000' has a thousands separator"),
        ("id", "1,005", "'1,005' has a thousands separator"), ("id", "+5", "'+5' has a plus sign"),
        ("id", "5.5", "'5.5' is no whole number"), ("id", "'5", "''5' has an apostrophe"),
        ("id", "9223372036854775808", "is larger than any id can be"), ("id", "five", "'five' is no whole number"),
        ("id", "5.", "'5.' is no whole number"), ("id", "5\n6", "'5\\n6' is no whole number"),
        ("auto_renewal", "2", "column 'auto_renewal': '2' is none of 0 or 1"),
        ("auto_renewal", "CLEAR!", "'CLEAR!' is none of 0 or 1"),
        ("auto_renewal", nil, "fleet:2: there is nothing to edit"), ("auto_renewal", "", "there is nothing to edit"),
        ("base_url", "TBD", "warning: column 'base_url': this is what people and scripts write for nothing"),
        ("base_url", "CLEAR", "column 'base_url': this is not quite the word that clears a field"),
        ("auto_renewal", "1", "column 'dns_provider': is missing while auto-renewal is switched on"),
        ("issue_to", "a b", "column 'issue_to': there is a blank inside 'a b'"),
        ("issue_to", "a\u{A0}b", "there is a no-break space inside 'a\\u{a0}b'"),
        ("issue_to", "a\u{202E}b", "there is a control character inside the value"),
        ("name", "a\u{85}b", "there is a control character inside the value"),
        ("dns_provider", "a\u{2028}b", "there is a control character inside the value"),
        ("name", "a\u{2003}b", "there is a blank inside 'a\\u{2003}b'"), ("name", "\u{3000}a.pem", ""),
        ("issue_to", "a\u{200B}b", "there is a character without width inside 'a\\u{200b}b'"),
        ("issue_to", "a\nb", "column 'issue_to': there is a line break inside the value"),
        ("issue_to", "a\0b", "column 'issue_to': there is a NUL byte inside the value"),
        ("issue_to", "#N/A", "column 'issue_to': this is a spreadsheet's error or state"),
        ("issue_to", "'a", "starts with an apostrophe"),
        ("name", "a\tb", "column 'name': there is a tab inside 'a\\tb'"),
        ("name", "a\nb", "column 'name': there is a line break inside the value"),
        ("name", "'a.pem", "fleet:2: warning: column 'name': the file name starts with an apostrophe"),
        ("cert_file", "a.pem", "column 'cert_file': the file 'a.pem' is no file that exists"),
        (
            "dns_provider", "rout53",
            "warning: column 'dns_provider': 'rout53' is no DNS provider known here: did you mean"
        ),
        ("dns_provider", "qqqqqqqq", "'qqqqqqqq' is no DNS provider known here"),
        ("access_token", "***", "column 'access_token': '***' only stands for a secret that was left out"),
        ("access_token", "CLEAR!", "column 'access_token': 'CLEAR!' has no meaning"),
        ("access_token", "env:NOWHERE", "the environment variable 'NOWHERE' is not set, empty, or no UTF-8 text"),
        ("access_token", "file:nowhere", "the file 'nowhere' is no file that exists"),
        ("access_token", nil, "fleet:2: no credentials for this PBX"),
        ("access_token", "", "no credentials for this PBX"),
        ("tls_pin", "sha256//abc=", "column 'tls_pin': a pin is 'sha256//'"),
        ("tls_pin", "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", "a pin is 'sha256//'"),
        ("auth.Key", "a", ""), ("auth.Key:int", "a", "column 'auth.Key:int': the value is no whole number"),
        ("auth.Key:bool", "a", "column 'auth.Key:bool': the value is none of 0 or 1"),
        ("auth.TTL", "600", "warning: column 'auth.TTL': a number is sent as a text: name the column 'auth.TTL:int'"),
        ("auth.Key", "***", "column 'auth.Key': '***' only stands for a secret"),
        ("auth.Key", "env:NOWHERE", "the environment variable 'NOWHERE' is not set, empty, or no UTF-8 text"),
        ("auth.", "x", "fleet:1: column 'auth.': there is no key after 'auth.'"),
        ("auth.Key:text", "x", "fleet:1: column 'auth.Key:text': a key is followed by ':int', ':bool' or nothing"),
        ("auth_info_list", "x", "column 'auth_info_list': this is no JSON, at byte 1: this is no value"),
        ("auth_info_list", "[{“k”:1}]", "at byte 3 stands a typographic quote"),
        ("auth_info_list", "{}", "an object stands where a list like [{\"k\":…,\"sv\":…}] should be"),
        ("auth_info_list", "[]", "the list is empty"), ("auth_info_list", "[5]", "item 1 is a number, not an object"),
        ("auth_info_list", "[{\"sv\":\"x\"}]", "item 1 has no key 'k'"),
        ("auth_info_list", "[{\"k\":\" \",\"sv\":\"x\"}]", "item 1 has an empty key"),
        ("auth_info_list", "[{\"k\":5,\"sv\":\"x\"}]", "item 1 has a number as its key 'k'"),
        ("auth_info_list", "[{\"k\":\"a\"}]", "item 1 must have, beside 'k', exactly one of"),
        ("auth_info_list", "[{\"k\":\"a\",\"sv\":\"x\",\"iv\":1}]", "item 1 must have, beside 'k', exactly one of"),
        ("auth_info_list", "[{\"k\":\"a\",\"value\":\"x\"}]", "item 1 must have, beside 'k', exactly one of"),
        ("auth_info_list", "[{\"k\":\"a\",\"iv\":\"5\"}]", "the value of item 1 is a string, which is the wrong type"),
        ("auth_info_list", "[{\"k\":\"a\",\"iv\":5.5}]", "the number of item 1 is no whole number"),
        ("auth_info_list", "[{\"k\":\"a\",\"sv\":\"***\"}]", "'***' only stands for a secret"),
        ("auth_info_list", "[{\"k\":\"a\",\"iv\":1},{\"k\":\"a\",\"bv\":true}]", "item 2 repeats the key"),
        ("auto_renewl", "0", "fleet:1: column 'auto_renewl': this is no known column: did you mean 'auto_renewal'?"),
        ("host", "b", "fleet:1: columns 'base_url' and 'host' mean the same"),
        ("Auto Renewal", "0", "columns 'auto_renewal' and 'Auto Renewal' mean the same"),
        ("", "x", "fleet:2: cell 5 holds a value, but its column has no name"), ("", " ", ""),
        ("note", "anything *** CLEAR!", ""), ("result.status", "ok", ""), ("issue_to", "*.example.com", ""),
        ("name", "a b.pem", ""), ("name", "CLEAR!", ""), ("issue_to", "CLEAR!", ""), ("dns_provider", "CLEAR!", ""),
        ("tls_pin", "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", ""),
        ("base_url", "http://127.1.2.3:80/", ""), ("base_url", "http://[::1]", ""),
        ("base_url", "http://localhost", ""),
        ("api_path", "/api/v2.0/", ""),
    ]

    @Test("Credentials of the DNS provider that are given twice are all judged")
    func authGivenTwice() throws {
        let changes = [("auth.k", "x"), ("auth_info_list", "canary")]
        let reading = try Reading.row(changes)
        #expect(reading.codes == [.authGivenTwice, .authMalformed] && !reading.texts.joined().contains("canary"))
    }

    @Test("Renewal with an empty auth list lacks it, because the PBX refuses that")
    func renewalWithoutAuth() throws {
        let row = [("auto_renewal", "1"), ("dns_provider", "alidns"), ("auth_info_list", "CLEAR!")]
        let reading = try Reading.row(row)
        #expect(reading.codes.contains(.authMissing) && reading.validRowCount == 0)
    }

    @Test(
        "What a match goes by may be left behind, too",
        arguments: [
            ("issue_to=#N/A", Diagnostic.Code.spreadsheetMark), ("name=CLEAR!", .clearNotAllowed),
            ("issue_to = clear", .clearMisspelled),
        ])
    func leftoverMatch(match: String, code: Diagnostic.Code) throws {
        #expect(try Reading.row([("id", nil), ("match", match)]).codes == [code])
    }

    @Test("A match is whole, and what it goes by may be doubtful")
    func matchInPieces() throws {
        for match in ["only=", "name=", "issue_to= ", "="] {
            #expect(try Reading.row([("id", nil), ("match", match)]).codes == [.matchMalformed], "\(match)")
        }
        #expect(try Reading.row([("id", nil), ("match", "issue_to=TBD")]).codes == [.wordForNothing])
    }

    @Test("What is wrong with the path of the API is told once")
    func pathOfTheAPI() throws {
        #expect(
            try Reading.row([("base_url", "https://a/x?y"), ("api_path", "x?y")]).codes.contains(.apiPathMalformed))
        #expect(
            try Reading.row([("base_url", "https://a/x/../y"), ("api_path", "x/../y")]).codes == [.apiPathMalformed])
    }

    @Test("Files whose names differ in case are two, as on the PBX")
    func matchOfTwoFiles() throws {
        let header = "host,match,auto_renewal,access_token\n"
        #expect(try Reading(header + "a,name=b.pem,0,t\na,name=B.pem,0,t\n").codes == [])
        #expect(try Reading(header + "a,issue_to=b,0,t\na,issue_to=B,0,t\n").codes.count == 1)
    }

    @Test("Each rule is told with its line and column", arguments: rules)
    func rule(column: String, value: String?, text: String) throws {
        let reading = try Reading.row([(column, value)])
        let about = reading.texts.filter { text.isEmpty || $0.contains(text) }
        #expect(about.count == (text.isEmpty ? 0 : 1), "\(reading.texts)")
        let isInvalid = !text.isEmpty && !text.contains("warning") && !text.contains("is no DNS provider")
        if isInvalid, !reading.catalog.isFileInvalid { #expect(reading.validRowCount == 0) }
        if !isInvalid { #expect(reading.validRowCount == 1, "\(reading.texts)") }
        if reading.codes.isEmpty { #expect(try reading.jobs().count == 1) }
    }

    @Test("The fields of an edit are those that the row sets")
    func edit() throws {
        let reading = try Reading.row([
            ("auto_renewal", "1"), ("name", "  my cert.pem "), ("issue_to", "CLEAR!"), ("dns_provider", "alidns"),
            ("auth.AccessKeyId", "CLEAR!"), ("auth.TTL:int", "-5.0"), ("auth.Flag:bool", "off"), ("auth.Empty", ""),
            ("api_path", "/x/y/"), ("tls_pin", "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ])
        let job = try #require(try reading.jobs().first)
        let auth: [AuthInfo] = [
            AuthInfo(key: "AccessKeyId", value: .string(Secret("CLEAR!"))), AuthInfo(key: "TTL", value: .integer(-5)),
            AuthInfo(key: "Flag", value: .boolean(false)),
        ]
        #expect(
            job.edit
                == CertificateEdit(
                    id: 5, name: "my cert.pem", issueTo: "", autoRenewal: true, dnsProvider: "alidns", authInfo: auth))
        #expect(job.address.apiPath == "x/y")
        #expect(job.tlsPin == "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        #expect(job.credentials == .token(Secret("tok")))
        #expect(job.position == RowPosition(row: 1, line: 2))
    }

    @Test("An auth list is read from its JSON, in order and with its types")
    func authList() throws {
        let list = #"[{"k":" b ","sv":" x "},{"iv":5.0,"k":"a"},{"k":"c","bv":true,"sv":null}]"#
        let reading = try Reading.row([("auth_info_list", list), ("dns_provider", "hetzner")])
        let auth: [AuthInfo] = [
            AuthInfo(key: "b", value: .string(Secret("x"))), AuthInfo(key: "a", value: .integer(5)),
            AuthInfo(key: "c", value: .boolean(true)),
        ]
        #expect(reading.texts == [])
        #expect(try reading.jobs().map(\.edit.authInfo) == [auth])
        let both = try Reading.row([("auth_info_list", list), ("auth.x", "y")])
        #expect(both.codes == [.authGivenTwice])
    }

    @Test("A provider's credentials and its name must come with auto-renewal")
    func renewal() throws {
        let needs = try Reading.row([("auto_renewal", "1")])
        #expect(needs.codes == [.dnsProviderMissing, .authMissing])
        let cleared = try Reading.row([("auto_renewal", "1"), ("dns_provider", "CLEAR!"), ("auth.a", "b")])
        #expect(cleared.codes == [.dnsProviderMissing])
        let both = try Reading.row([("name", "a.pem"), ("cert_file", "b.pem")])
        #expect(both.codes == [.certFileUnusable, .nameAndCertFile])
    }

    @Test("A row's pin is the base64 text of 32 bytes", arguments: PinTexts.right)
    func pin(pin: String) throws {
        #expect(try Reading.row([("tls_pin", pin)]).jobs().map(\.tlsPin) == [pin])
    }

    @Test("Whatever else stands for a pin makes the row invalid", arguments: PinTexts.wrong)
    func wrongPin(pin: String) throws {
        #expect(try Reading.row([("tls_pin", pin)]).codes == [.tlsPinMalformed])
    }
}
