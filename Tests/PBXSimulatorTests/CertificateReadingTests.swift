import PBXSimulator
import Testing

@Suite("Reading certificates")
struct CertificateReadingTests {
    private static let certificates = [
        SimulatedCertificate(
            id: 7, name: "b.pem", issueTo: "x.example.com", expiration: "2027-01-01", autoRenewal: true),
        SimulatedCertificate(
            id: 2, origin: .apply, name: "c.pem", issueTo: "w.example.com", expiration: "2026-12-01",
            dnsProvider: "alidns",
            authInfo: [
                SimulatedAuthInfo(key: "AccessKeySecret", value: .string("s3cr3t")),
                SimulatedAuthInfo(key: "TTL", value: .integer(600)), SimulatedAuthInfo(key: "X", value: .boolean(true)),
            ]),
        SimulatedCertificate(id: 5, purpose: .trusted, name: "a.crt", expiration: "2030-01-01"),
    ]

    private func get(_ call: String, _ change: (inout SimulatorSettings) -> Void = { _ in }) throws -> RawClient.Reply {
        let settings = SimulatorSettings.make {
            $0.presetTokens = ["t"]
            $0.certificates = Self.certificates
            change(&$0)
        }
        return try Simulator.run(settings) { try $0.client().get("certificate/\(call)&access_token=t") }
    }

    private func ids(_ reply: RawClient.Reply) -> [Int] {
        reply.body.matches(of: /"id":([0-9]+)/).compactMap { Int($0.1) }
    }

    private func total(_ reply: RawClient.Reply) -> Int? {
        reply.body.firstMatch(of: /"total_number":([0-9]+)/).flatMap { Int($0.1) }
    }

    @Test func aServerCertificateShowsItsSecrets() throws {
        #expect(
            try get("get?id=2").body
                == #"{"errcode":0,"errmsg":"SUCCESS","certificate":{"id":2,"name":"c.pem","type":"server","#
                + #""issue_to":"w.example.com","expiration":"2026-12-01","ca_type":"apply","auto_renewal":0,"#
                + #""dns_provider":"alidns","auth_info_list":[{"k":"AccessKeySecret","sv":"s3cr3t"},"#
                + #"{"k":"TTL","iv":600},{"k":"X","bv":true}]}}"#)
    }

    @Test func aTrustedCertificateHasNoFieldsOfAServerCertificate() throws {
        #expect(
            try get("get?id=5").body
                == #"{"errcode":0,"errmsg":"SUCCESS","certificate":{"id":5,"name":"a.crt","type":"trusted","#
                + #""issue_to":"","expiration":"2030-01-01"}}"#)
    }

    @Test(arguments: [
        ("get?id=6", 60001), ("get?id=", 40002), ("get?", 40002), ("get?id=0", 40002), ("get?id=-2", 40002),
        ("get?id=2x", 40002), ("get?ids=2", 40002), ("get?id=99999999999999999999", 40002),
        ("query?", 40002), ("query?ids=", 40002), ("query?ids=2,", 40002), ("query?ids=2,x", 40002),
        ("query?ids=2%2C%2B7", 40002), ("list?page=0", 40002), ("list?page=x", 40002), ("list?page_size=", 40002),
        ("list?page_size=-1", 40002), ("list?sort_by=size", 40002), ("list?sort_by=", 40002),
        ("list?order_by=up", 40002), ("list?type=client", 40002),
    ])
    func whatCannotBeRead(call: String, errcode: Int) throws {
        let reply = try get(call)
        #expect(reply.errcode == errcode && ids(reply).isEmpty)
    }

    @Test(arguments: [
        ("7", [7]), ("7,2", [7, 2]), ("2,7", [7, 2]), ("5,99,2", [2, 5]), ("99", []), ("2,2", [2]), ("2%2C7", [7, 2]),
    ])
    func aQueryLeavesOutWhatIsNotThere(text: String, expected: [Int]) throws {
        let reply = try get("query?ids=\(text)")
        #expect(reply.errcode == 0 && ids(reply) == expected && total(reply) == expected.count)
    }

    @Test(arguments: [
        ("", [2, 5, 7]), ("sort_by=id", [2, 5, 7]), ("sort_by=id&order_by=desc", [7, 5, 2]),
        ("order_by=asc", [2, 5, 7]), ("sort_by=name", [5, 7, 2]), ("sort_by=name&order_by=desc", [2, 7, 5]),
        ("sort_by=issue_to", [5, 2, 7]), ("sort_by=expiration", [2, 7, 5]), ("sort_by=type", [2, 7, 5]),
        ("type=server", [2, 7]), ("type=trusted", [5]), ("type=server&order_by=desc&sort_by=expiration", [7, 2]),
    ])
    func aListIsSortedAndOfOneType(query: String, expected: [Int]) throws {
        let reply = try get("list?\(query)")
        #expect(reply.errcode == 0 && ids(reply) == expected && total(reply) == expected.count)
    }

    @Test(arguments: [
        ("page_size=2", [2, 5]), ("page=2&page_size=2", [7]), ("page=3&page_size=2", []),
        ("page=1&page_size=3", [2, 5, 7]),
        ("page=2", []), ("page=9223372036854775807&page_size=9223372036854775807", []),
    ])
    func aListComesInPages(query: String, expected: [Int]) throws {
        let reply = try get("list?\(query)")
        #expect(reply.errcode == 0 && ids(reply) == expected && total(reply) == 3)
    }

    @Test func aPageHoldsNoMoreThanThePBXWants() throws {
        let reply = try get("list?page=2&page_size=50") { $0.largestPage = 2 }
        #expect(ids(reply) == [7] && total(reply) == 3)
    }

    @Test func theStateOfAllPBXsCanBeComparedAndChanged() throws {
        try Simulator.run(.make(hosts: 2) { $0.certificates = Self.certificates }) { simulator throws in
            #expect(simulator.certificates == [Self.certificates, Self.certificates])
            var (changed, added) = (Self.certificates[0], Self.certificates[0])
            changed.name = "changed"
            added.id = 30
            simulator.set(changed, on: 2)
            simulator.set(added, on: 2)
            #expect(simulator.certificates[0] == Self.certificates)
            #expect(simulator.certificates[1] == [changed] + Self.certificates.dropFirst() + [added])
        }
    }
}
