import FleetModel
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Hostile inputs")
struct HostileInputTests {
    @Test("A key name as long as a cell may be is compared with nothing")
    func longName() throws {
        let name = String(repeating: "base_url", count: 120_000)
        let reading = try Reading("host,id,auto_renewal,access_token,\(name)\na,5,0,t,\n")
        #expect(reading.texts == [] && reading.validRowCount == 1)
        let key = try Reading("auth.\(name),host,id,auto_renewal,access_token\ns,a,5,0,t\n")
        #expect(key.codes == [.headerAuthMalformed] && key.texts[0].utf8.count < 400)
        #expect(try !key.echoedCells()[0].contains("s"))
        let misspelled = try Reading("auth_\(name),host,id,auto_renewal,access_token\ns,a,5,0,t\n")
        #expect(misspelled.codes == [.headerAuthMalformed] && misspelled.texts[0].utf8.count < 400)
        #expect(try !misspelled.echoedCells()[0].contains("s"))
    }

    @Test("A row whose cells are all wrong says so for each and keeps one short sentence")
    func manyProblems() throws {
        let header = (0..<1000).map { "auth.k\($0):int" }.joined(separator: ",")
        let row = Array(repeating: "x", count: 1000).joined(separator: ",")
        let reading = try Reading("host,id,access_token,\(header)\na,5,t,\(row)\n")
        #expect(reading.problems.count == 1000)
        let problem = try #require(try reading.echo()[0].reason)
        #expect(problem.utf8.count < 600 && problem.hasSuffix("more"))
    }

    @Test("Many hosts and many certificates of one host are told apart")
    func manyRows() throws {
        let rows = (0..<30_000).map { "h\($0 % 20_000),\(1 + $0 / 20_000),0,t\none,\($0 + 1),0,t\n" }
        let reading = try Reading("host,id,auto_renewal,access_token\n\(rows.joined())one,7777,0,t\nh9999,2,0,t\n")
        #expect(
            reading.texts == [
                "fleet:60002: the row on line 15555 edits the same certificate on the same host",
                "fleet:60003: the row on line 60000 edits the same certificate on the same host",
            ])
        #expect(reading.catalog.hostCount == 20_001 && reading.catalog.rowCount == 60_002)
        #expect([0, 1, 2, 3].map { reading.catalog.host(ofRow: $0) } == [0, 1, 2, 1])
        #expect(try [0, 1, 2].map { try reading.catalog.job(row: $0).address.host.name } == ["h0", "one", "h1"])
        #expect(try reading.catalog.job(row: 59_999).edit.id == 30_000)
    }

    @Test(
        "Files that are nothing but one byte",
        arguments: [0x00, 0x0A, 0x20, 0x22, 0x2C, 0x7B, 0x5B, 0xEF, 0xFF] as [UInt8])
    func oneByte(byte: UInt8) throws {
        for name in ["x.csv", "x.jsonl", "x"] {
            let reading = try Reading(bytes: Array(repeating: byte, count: 10_000), name: name, sliceSize: 333)
            #expect(reading.validRowCount == 0)
            let isEmpty = byte == 0x0A || byte == 0x20 || byte == 0x2C && name != "x.jsonl"
            #expect(reading.problems.isEmpty == isEmpty, "\(reading.texts)")
        }
    }
}
