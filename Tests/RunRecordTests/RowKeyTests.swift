import FleetModel
import Platform
import RunRecord
import TestSupport
import Testing

@Suite struct RowKeyTests {
    private static let salt = RowSalt("000102030405060708090a0b0c0d0e0f")

    private func key(_ job: Job) throws -> RowKey { RowKey(job, salt: try #require(RowKeyTests.salt)) }

    private static func item(_ key: String, _ value: String) -> AuthInfo {
        AuthInfo(key: key, value: .string(Secret(value)))
    }

    private static func file(_ name: String, _ content: String) -> CertificateFile {
        CertificateFile(name: name, content: Array(content.utf8), holdsKey: true, end: WallTime(milliseconds: 0))
    }

    private static let full = CertificateEdit(
        id: 5, name: "a.pem", issueTo: "a.example", autoRenewal: true, dnsProvider: "route53",
        authInfo: [item("Login", "x"), item("Password", "y")])

    @Test(
        "what is not host, id or edit does not count",
        arguments: [
            Job.make(row: 812, edit: full), .make(scheme: .https, edit: full),
            .make(credentials: .token(Secret("t")), edit: full), .make(tlsPin: "sha256//x", edit: full),
            .make(
                edit: CertificateEdit(
                    id: 5, name: "a.pem", issueTo: "a.example", autoRenewal: true, dnsProvider: "route53",
                    authInfo: [item("Password", "y"), item("Login", "x")])),
        ])
    func sameRow(job: Job) throws {
        #expect(try key(job) == key(.make(edit: RowKeyTests.full)))
    }

    private static let different: [Job] = [
        .make(edit: full), .make(host: "127.0.0.2", edit: full), .make(port: 8089, edit: full),
        .make(edit: CertificateEdit(id: 5)), .make(edit: CertificateEdit(id: 6)),
        .make(edit: CertificateEdit(id: 5, name: "")), .make(edit: CertificateEdit(id: 5, issueTo: "")),
        .make(edit: CertificateEdit(id: 5, dnsProvider: "")), .make(edit: CertificateEdit(id: 5, name: "a.pem")),
        .make(edit: CertificateEdit(id: 5, issueTo: "a.pem")), .make(edit: CertificateEdit(id: 5, autoRenewal: true)),
        .make(edit: CertificateEdit(id: 5, autoRenewal: false)), .make(edit: CertificateEdit(id: 5, authInfo: [])),
        .make(edit: CertificateEdit(id: 5, file: file("a.pem", "one"))),
        .make(edit: CertificateEdit(id: 5, file: file("a.pem", "two"))),
        .make(edit: CertificateEdit(id: 5, authInfo: [item("k", "v")])),
        .make(edit: CertificateEdit(id: 5, authInfo: [item("k", "w")])),
        .make(edit: CertificateEdit(id: 5, authInfo: [item("kv", "")])),
        .make(edit: CertificateEdit(id: 5, authInfo: [item("k", "1")])),
        .make(edit: CertificateEdit(id: 5, authInfo: [AuthInfo(key: "k", value: .integer(1))])),
        .make(edit: CertificateEdit(id: 5, authInfo: [AuthInfo(key: "k", value: .boolean(true))])),
        .make(edit: CertificateEdit(id: 5, authInfo: [item("k", "e\u{301}")])),
        .make(edit: CertificateEdit(id: 5, authInfo: [item("k", "\u{E9}")])),
    ]

    @Test func rowsThatDifferInHostIdOrEditHaveDifferentKeys() throws {
        let keys = try RowKeyTests.different.map { try key($0) }
        #expect(Set(keys).count == RowKeyTests.different.count)
    }

    @Test func aFileIsItsContentWhateverItsNameHereAndOnThePBX() throws {
        let job = Job.make(edit: CertificateEdit(id: 5, file: Self.file("a.pem", "one")))
        let other = Job.make(edit: CertificateEdit(id: 5, file: Self.file("b.pem", "one")))
        #expect(try key(job) == key(other))
        #expect(try key(job.uploaded(as: "c.pem")) == key(job))
    }

    @Test func hostNamesInAnyCaseAreOneHost() throws {
        #expect(try key(.make(host: "PBX.example")) == key(.make(host: "pbx.EXAMPLE")))
    }

    @Test func anotherSaltGivesAnotherKey() throws {
        let job = Job.make(edit: RowKeyTests.full)
        #expect(try key(job) != RowKey(job, salt: RowSalt()))
    }

    @Test func keysAndSaltsComeBackFromTheirText() throws {
        let key = try key(.make())
        #expect(RowKey(key.description) == key)
        let salt = RowSalt()
        #expect(RowSalt(salt.description) == salt)
    }

    @Test(
        "a text that is no key is refused",
        arguments: ["", "00", String(repeating: "g", count: 32), String(repeating: "A", count: 32), "\u{E9}"])
    func noKey(text: String) {
        #expect(RowKey(text) == nil)
    }

    @Test func everyFieldOfAnEditIsPartOfTheKey() {
        // A field added to the edit must be added to the key, and to the rows above.
        #expect(Mirror(reflecting: RowKeyTests.full).children.count == 7)
    }
}
