import Platform
import TestSupport
import Testing

@testable import FleetModel

@Suite("A certificate's state and an edit of it")
struct CertificateStateTests {
    private static func state(_ change: (inout CertificateState) -> Void = { _ in }) -> CertificateState {
        var state = CertificateState(id: 5)
        (state.name, state.issueTo, state.autoRenewal) = ("a.pem", "a.example.com", true)
        (state.purpose, state.origin, state.dnsProvider) = (.server, .upload, "arvancloud")
        state.authInfo = [key, AuthInfo(key: "TTL", value: .integer(600))]
        change(&state)
        return state
    }

    private static let key = AuthInfo(key: "APIKey", value: .string(Secret("old-secret")))
    private static let newKey = AuthInfo(key: "APIKey", value: .string(Secret("new-secret")))
    /// An input that can hold everything.
    private static func all(_: CertificateEdit) -> [String] { [] }
    private static let ttl = AuthInfo(key: "TTL", value: .integer(600))

    @Test(
        "are compared field by field, and secrets stay hidden",
        arguments: [
            (CertificateEdit(id: 5, name: "a.pem", issueTo: "a.example.com", autoRenewal: true), []),
            (CertificateEdit(id: 5, name: "b.pem"), ["name: a.pem -> b.pem"]),
            (CertificateEdit(id: 5, issueTo: ""), ["issue_to: a.example.com -> (empty)"]),
            (
                CertificateEdit(id: 5, autoRenewal: false, dnsProvider: "route53"),
                [
                    "auto_renewal: 1 -> 0", "dns_provider: arvancloud -> route53",
                ]
            ),
            (CertificateEdit(id: 5, authInfo: [ttl, key]), []),
            (CertificateEdit(id: 5, authInfo: [newKey, ttl]), ["auth.APIKey: *** -> ***"]),
            (CertificateEdit(id: 5, authInfo: [key]), ["auth.TTL: 600 -> (none)"]),
            (CertificateEdit(id: 5, authInfo: []), ["auth.APIKey: *** -> (none)", "auth.TTL: 600 -> (none)"]),
            (
                CertificateEdit(id: 5, authInfo: [key, AuthInfo(key: "TTL", value: .string(Secret("600")))]),
                [
                    "auth.TTL: 600 -> ***"
                ]
            ),
            // An e with an accent, and an e with a combining one.
            (CertificateEdit(id: 5, name: "e\u{301}.pem"), ["name: a.pem -> e\u{301}.pem"]),
        ] as [(CertificateEdit, [String])])
    func changes(_ edit: CertificateEdit, _ expected: [String]) {
        #expect(edit.changes(to: Self.state()).map(\.description) == expected)
    }

    @Test("what the PBX does not tell is a change that is not certain")
    func uncertain() {
        let edit = CertificateEdit(id: 5, name: "a.pem", autoRenewal: false, authInfo: [Self.key])
        let changes = edit.changes(to: CertificateState(id: 5))
        #expect(
            changes.map(\.description) == [
                "name: (unknown) -> a.pem", "auto_renewal: (unknown) -> 0", "auth.APIKey: (unknown) -> ***",
            ])
        #expect(changes.allSatisfy { !$0.isCertain })
        #expect(CertificateEdit(id: 5, authInfo: []).changes(to: CertificateState(id: 5)).count == 1)
    }

    @Test("what would put it back sets what the edit overwrites, and what the PBX wants with it")
    func undone() {
        let edit = CertificateEdit(id: 5, name: "b.pem", autoRenewal: false)
        let (undo, lost) = edit.undone(to: Self.state(), unwritable: Self.all)
        #expect(undo.name == "a.pem" && undo.autoRenewal == true && undo.issueTo == nil && lost.isEmpty)
        #expect(undo.dnsProvider == "arvancloud" && undo.authInfo == [Self.key, Self.ttl])
        let off = edit.undone(to: Self.state { $0.autoRenewal = false }, unwritable: Self.all).edit
        #expect(off.autoRenewal == false && off.dnsProvider == nil && off.authInfo == nil)
        let applied = CertificateEdit(id: 5, issueTo: "b")
            .undone(to: Self.state { $0.origin = .apply }, unwritable: Self.all).edit
        #expect(applied.issueTo == "a.example.com" && applied.authInfo?.count == 2 && applied.autoRenewal == nil)
    }

    @Test("what cannot be put back is named")
    func lost() {
        let edit = CertificateEdit(id: 5, name: "b.pem", autoRenewal: false)
        let silent = edit.undone(to: Self.state { $0.authInfo = nil }, unwritable: Self.all)
        #expect(silent.lost == ["auth_info_list", "auto_renewal"] && silent.edit.autoRenewal == nil)
        for mask in ["******", "", "AK****89"] {
            let list = [AuthInfo(key: "APIKey", value: .string(Secret(mask)))]
            let masked = edit.undone(to: Self.state { $0.authInfo = list }, unwritable: Self.all)
            #expect(masked.lost == ["auth_info_list", "auto_renewal"])
        }
        let odd = CertificateEdit(id: 5, name: "b.pem").undone(to: Self.state()) { _ in ["name"] }
        #expect(odd.lost == ["name"] && odd.edit.isEmpty)
        let provider = CertificateEdit(id: 5, name: "b.pem", autoRenewal: false)
            .undone(to: Self.state()) { _ in ["dns_provider"] }
        #expect(provider.lost == ["dns_provider", "auto_renewal"] && provider.edit.name == "a.pem")
        #expect(provider.edit.autoRenewal == nil)
    }

    @Test("an edit that cannot take effect is doubted")
    func doubts() {
        let domain = CertificateEdit(id: 5, issueTo: "b.example.com")
        #expect(domain.doubts(about: Self.state()).count == 1)
        #expect(domain.doubts(about: Self.state { $0.purpose = .trusted }).count == 1)
        let applied = Self.state { ($0.origin, $0.autoRenewal) = (.apply, true) }
        #expect(CertificateEdit(id: 5, autoRenewal: false).doubts(about: applied).count == 2)
        let whole = CertificateEdit(id: 5, issueTo: "b", dnsProvider: "arvancloud", authInfo: [Self.key])
        #expect(whole.doubts(about: applied).isEmpty)
        #expect(CertificateEdit(id: 5, name: "b.pem").doubts(about: Self.state()).isEmpty)
    }

    @Test("a file is doubted that is no progress")
    func fileDoubts() throws {
        let end = try #require(WallTime(expiration: "2027-01-10 00:00:00"))
        let file = CertificateFile(name: "a.pem", content: [], holdsKey: true, end: end)
        for (expiration, count) in [("2027-01-09", 0), ("2027-01-11", 0), ("2027-01-12", 1), ("soon", 0)] {
            let told = expiration == "soon" ? expiration : "\(expiration) 00:00:00"
            #expect(file.doubts(about: Self.state { $0.expiration = told }).count == count, "\(expiration)")
        }
        #expect(file.doubts(about: Self.state { $0.purpose = .trusted }).count == 1)
    }

    @Test(
        "a match is one of three forms",
        arguments: [
            ("only", .only), ("ONLY", .only), ("issue_to=a.b", .issueTo("a.b")),
            ("name=my file.pem", .name("my file.pem")),
            ("issue_to = a.b", .issueTo("a.b")), ("name=", nil), ("id=5", nil), ("", nil), ("a.b", nil),
        ] as [(String, CertificateMatch?)])
    func match(_ text: String, _ expected: CertificateMatch?) {
        #expect(CertificateMatch(text) == expected)
        if let expected { #expect(expected.number < 0 && CertificateMatch(expected.description) == expected) }
    }

    @Test("a row in the input format has a word for what is empty")
    func cells() {
        let edit = CertificateEdit(id: 5, name: "", autoRenewal: true, authInfo: [])
        let row = EditRow(
            address: Job.make().address, credentials: CredentialCells(), tlsPin: nil, edit: edit)
        #expect(row.cells.count == EditRow.columns.count)
        #expect(row.cells.suffix(6) == ["5", "CLEAR!", "", "1", "", "CLEAR!"])
    }
}
