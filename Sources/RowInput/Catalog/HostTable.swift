import Platform
import Glibc

/// Every distinct host of an input, its name stored once.
///
/// Hosts are numbered in the order in which they come. Those that have a row to run have a second number among
/// themselves, their lane, which is what the rest of the tool counts.
struct HostTable {
    private struct Host {
        /// Offset behind the end of the name.
        let nameEnd: Int
        let port: UInt16
        var lane: UInt32
        /// The first row of the host.
        let firstRow: UInt32
    }

    /// Hosts that have a row to run.
    private(set) var laneCount = 0
    private var names: [UInt8] = []
    private var hosts = ChunkedArray<Host>()
    private var table = NumberTable()
    private let hash = SeededHash()
    private static let noLane = UInt32.max

    /// The number of a host, a new one for a new host.
    ///
    /// - Parameter row: the row in which it stands.
    mutating func number(of name: Bytes, port: UInt16, row: UInt32) -> UInt32 {
        let next = UInt32(hosts.count)
        let number = table.findOrInsert(hash: hash.hash(name, port), next) { [names, hosts] number in
            hosts[Int(number)].port == port && Self.isEqual(names, Self.range(number, hosts), name)
        }
        if number == next {
            names.append(contentsOf: name)
            hosts.append(Host(nameEnd: names.count, port: port, lane: Self.noLane, firstRow: row))
        }
        return number
    }

    /// The lane of a host that has a row to run.
    mutating func assignLane(to host: UInt32) {
        guard hosts[Int(host)].lane == Self.noLane else { return }
        hosts[Int(host)].lane = UInt32(laneCount)
        laneCount += 1
    }

    func lane(of host: UInt32) -> Int { Int(hosts[Int(host)].lane) }

    func firstRow(of host: UInt32) -> Int { Int(hosts[Int(host)].firstRow) }

    private static func range(_ host: UInt32, _ hosts: ChunkedArray<Host>) -> Range<Int> {
        (host == 0 ? 0 : hosts[Int(host) - 1].nameEnd)..<hosts[Int(host)].nameEnd
    }

    private static func isEqual(_ names: [UInt8], _ range: Range<Int>, _ name: Bytes) -> Bool {
        guard range.count == name.count, let start = name.baseAddress else { return false }
        return names.withUnsafeBytes { all in
            guard let base = all.baseAddress else { return false }
            return memcmp(base + range.lowerBound, start, name.count) == 0
        }
    }
}
