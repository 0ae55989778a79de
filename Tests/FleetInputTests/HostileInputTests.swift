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
        #expect(try !key.shownCells()[0].contains("s"))
        let misspelled = try Reading("auth_\(name),host,id,auto_renewal,access_token\ns,a,5,0,t\n")
        #expect(misspelled.codes == [.headerAuthMalformed] && misspelled.texts[0].utf8.count < 400)
        #expect(try !misspelled.shownCells()[0].contains("s"))
    }

    @Test("A row whose cells are all wrong says so for each and keeps one short sentence")
    func manyProblems() throws {
        let header = (0..<1000).map { "auth.k\($0):int" }.joined(separator: ",")
        let row = Array(repeating: "x", count: 1000).joined(separator: ",")
        let reading = try Reading("host,id,access_token,\(header)\na,5,t,\(row)\n")
        #expect(reading.diagnostics.count == 1000)
        let reason = try #require(try reading.passThrough()[0].reason)
        #expect(reason.utf8.count < 600 && reason.hasSuffix("more"))
    }

    @Test(
        "Files that are nothing but one byte",
        arguments: [0x00, 0x0A, 0x20, 0x22, 0x2C, 0x7B, 0x5B, 0xEF, 0xFF] as [UInt8])
    func oneByte(byte: UInt8) throws {
        for name in ["x.csv", "x.jsonl", "x"] {
            let reading = try Reading(bytes: Array(repeating: byte, count: 10_000), name: name, sliceSize: 333)
            #expect(reading.validRowCount == 0)
            let isEmpty = byte == 0x0A || byte == 0x20 || byte == 0x2C && name != "x.jsonl"
            #expect(reading.diagnostics.isEmpty == isEmpty, "\(reading.texts)")
        }
    }
}
