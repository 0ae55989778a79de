import FleetModel
import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("The index of rows")
struct RowIndexTests {
    private struct Key: Hashable {
        let host: String
        let port: UInt16
        let id: Int64
    }

    @Test("It finds each earlier row and numbers hosts as a dictionary would", arguments: [UInt64(11), 12])
    func agrees(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var index = RowIndex()
        var rows: [Key: Int] = [:]
        var lanes: [HostKey: Int] = [:]
        for row in 0..<40_000 {
            let key = Key(
                host: "host-\(Int.random(in: 0..<4000, using: &random))",
                port: UInt16.random(in: 80...82, using: &random),
                id: Int64.random(in: 1...5, using: &random))
            let isFine = Int.random(in: 0..<10, using: &random) > 0
            let found = try Array(key.host.utf8).withUnsafeBufferPointer {
                try index.certificate(host: $0, port: key.port, id: key.id)
            }
            #expect(found.earlierRow == rows[key], "seed \(seed), row \(row)")
            let isValid = isFine && found.earlierRow == nil
            let span = RecordSpan(offset: row * 50, length: row % 4096, line: row + 2)
            try index.append(span, number: row + 1, found.certificate, isValid: isValid)
            rows[key] = rows[key] ?? row
            let host = HostKey(name: key.host, port: key.port)
            if isValid { lanes[host] = lanes[host] ?? lanes.count }
            #expect(index.isValid(row) == isValid && index.firstRow(like: row) == rows[key])
            #expect(index.lane(row) == (isValid ? lanes[host] : nil))
        }
        #expect(index.hosts.laneCount == lanes.count)
        #expect(index.span(39_999).offset == 39_999 * 50 && index.span(39_999).length == 39_999 % 4096)
        #expect(index.position(20_000) == RowPosition(row: 20_001, line: 20_002))
    }

    @Test("A port does not make up for letters of a name, so that nobody can make hosts collide")
    func collisions() {
        let hash = SeededHash()
        let hashes = (0..<1000).map { number in
            let change = UInt16(number)
            let name = [UInt8(truncatingIfNeeded: change), UInt8(change >> 8)] + Array(".example.com".utf8)
            return name.withUnsafeBufferPointer { hash.hash($0, 8088 ^ change) }
        }
        #expect(Set(hashes).count > 900)
    }
}
