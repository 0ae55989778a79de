import Glibc
import JobModel

/// Every distinct host of an input, its name stored once.
///
/// Hosts are numbered in the order in which they come. Those that have a row to run have a second number among
/// themselves, their lane, which is what the rest of the tool counts.
struct HostTable {
    private var names: [UInt8] = []
    /// Offset behind the end of each name.
    private var ends: [Int] = []
    private var ports: [UInt16] = []
    private var lanes: [UInt32] = []
    private var hostsOfLanes: [UInt32] = []
    private var table = NumberTable()
    private let hash = SeededHash()
    private static let noLane = UInt32.max

    var count: Int { ports.count }
    var laneCount: Int { hostsOfLanes.count }

    /// The number of a host, a new one for a new host.
    mutating func number(of name: Bytes, port: UInt16) -> UInt32 {
        let next = UInt32(count)
        let number = table.findOrInsert(hash: hash.hash(name, port), next) { [names, ends, ports] number in
            ports[Int(number)] == port && Self.isEqual(names, Self.range(number, ends), name)
        }
        if number == next { add(name, port) }
        return number
    }

    /// The lane of a host that has a row to run.
    mutating func assignLane(to host: UInt32) {
        guard lanes[Int(host)] == Self.noLane else { return }
        lanes[Int(host)] = UInt32(hostsOfLanes.count)
        hostsOfLanes.append(host)
    }

    func lane(of host: UInt32) -> Int { Int(lanes[Int(host)]) }

    /// The host of a lane.
    func key(ofLane lane: Int) -> HostKey {
        let host = hostsOfLanes[lane]
        let name = String(decoding: names[Self.range(host, ends)], as: UTF8.self)
        return HostKey(name: name, port: ports[Int(host)])
    }

    private mutating func add(_ name: Bytes, _ port: UInt16) {
        names.append(contentsOf: name)
        ends.append(names.count)
        ports.append(port)
        lanes.append(Self.noLane)
    }

    private static func range(_ host: UInt32, _ ends: [Int]) -> Range<Int> {
        (host == 0 ? 0 : ends[Int(host) - 1])..<ends[Int(host)]
    }

    private static func isEqual(_ names: [UInt8], _ range: Range<Int>, _ name: Bytes) -> Bool {
        guard range.count == name.count, let start = name.baseAddress else { return false }
        return names.withUnsafeBytes { all in
            guard let base = all.baseAddress else { return false }
            return memcmp(base + range.lowerBound, start, name.count) == 0
        }
    }
}
