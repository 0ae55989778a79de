import FleetModel
import TabularText
import TestSupport
import Testing

@testable import FleetInput

@Suite("What of an edit no input can hold")
struct EditProofTests {
    private static let proof = EditProof()
    private static let texts = ["name", "issue_to", "dns_provider"]

    /// An edit that sets every text, and one credential, to the same.
    private static func edit(_ text: String) -> CertificateEdit {
        CertificateEdit(
            id: 5, name: text, issueTo: text, dnsProvider: text,
            authInfo: [AuthInfo(key: "k", value: .string(Secret(text)))])
    }

    @Test(
        "is a text that a row would refuse, or take for another one",
        arguments: [
            ("plain.pem", []), ("", []), ("***", ["auth_info_list"]), ("******", ["auth_info_list"]), ("ünïcode", []),
            ("#N/A", texts + ["auth_info_list"]), ("#REF!", texts + ["auth_info_list"]), ("CLEAR!", texts),
            ("clear", texts), ("env:HOME", texts + ["auth_info_list"]),
            ("file:/etc/hostname", texts + ["auth_info_list"]), ("FILE:/dev/zero", texts + ["auth_info_list"]),
            ("a, b", ["issue_to", "dns_provider"]), ("'a", ["issue_to", "dns_provider"]),
            (" a", texts + ["auth_info_list"]), ("a\u{A0}", texts + ["auth_info_list"]),
            ("\u{FEFF}a", texts + ["auth_info_list"]), ("a\u{200B}", texts + ["auth_info_list"]),
            ("a\tb", texts), ("a\nb", texts), ("a\u{85}b", texts + ["auth_info_list"]),
            ("a\0b", texts + ["auth_info_list"]), ("\0", texts + ["auth_info_list"]),
            ("a\u{202E}b", texts + ["auth_info_list"]), ("a\u{200B}b", texts),
            ("-----BEGIN\nx\n-----END", texts), (#"a;"b",c"#, []), ("=1+1", []), ("1E+05", []),
        ] as [(String, [String])])
    func text(_ text: String, _ lost: [String]) {
        #expect(Self.proof.unwritable(Self.edit(text)) == lost)
    }

    @Test(
        "is a key that a row would refuse, or take for another one",
        arguments: [("APIKey", true), ("", false), (" k", false), ("k\u{A0}", false), ("k\nl", false), ("#N/A", false)])
    func key(_ key: String, _ isWritable: Bool) {
        let edit = CertificateEdit(id: 5, authInfo: [AuthInfo(key: key, value: .integer(-7))])
        #expect(Self.proof.unwritable(edit) == (isWritable ? [] : ["auth_info_list"]))
    }

    @Test("is nothing of an edit that sets nothing, or whose list is empty or typed")
    func others() {
        let list = [AuthInfo(key: "a", value: .integer(.max)), AuthInfo(key: "b", value: .boolean(true))]
        let repeated = [AuthInfo(key: "a", value: .integer(1)), AuthInfo(key: "a", value: .integer(2))]
        #expect(Self.proof.unwritable(CertificateEdit(id: 5)).isEmpty)
        #expect(Self.proof.unwritable(CertificateEdit(id: 5, autoRenewal: true)).isEmpty)
        #expect(Self.proof.unwritable(CertificateEdit(id: 5, authInfo: [])).isEmpty)
        #expect(Self.proof.unwritable(CertificateEdit(id: 5, authInfo: list)).isEmpty)
        #expect(Self.proof.unwritable(CertificateEdit(id: 5, authInfo: repeated)) == ["auth_info_list"])
    }

    @Test("what it can hold comes back from a sheet to the letter")
    func sheet() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "a", "Z", " ", "\u{A0}", ",", "\"", "\n", "\r", ";", "'", "#", "CLEAR!", "env:", "*", "\u{200B}", "é", "\t",
        ]
        for _ in 0..<300 {
            let text = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined()
            var edit = Self.edit(text)
            for column in Self.proof.unwritable(edit) { edit.leaveAlone(column) }
            guard !edit.isEmpty else { continue }
            var writer = RowWriter(
                TableShape(format: .csv, header: EditRow.columns.map { Array($0.utf8) }), columns: [])
            var login = CredentialCells()
            login.accessToken = "t"
            let address = Job.make(scheme: .https).address
            let row = EditRow(address: address, credentials: login, tlsPin: nil, edit: edit)
            writer.append(.cells(row.cells.map { Array($0.utf8) })) { _ in }
            let catalog = try RowCatalog.read(.holding(writer.take(), name: "undo.csv"), settings: InputSettings()) {
                _ in
            }
            #expect(catalog.invalidRowCount == 0 && catalog.rowCount == 1, "seed \(seed): \(text.debugDescription)")
            guard catalog.rowCount == 1, catalog.invalidRowCount == 0 else { continue }
            #expect(try catalog.job(row: 0).edit == edit, "seed \(seed): \(text.debugDescription)")
        }
    }
}
