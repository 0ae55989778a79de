import Platform
import Glibc
import FleetModel
import TabularText

/// What is kept of each row of an input: where it stands, its host and its id, in 32 bytes.
///
/// Rows are numbered from 0 here, in input order; rows that are no part of the run have no number.
struct RowIndex {
    /// One certificate of one host.
    struct Certificate {
        /// Number of the host in the host table.
        let host: UInt32
        let id: Int64
    }

    private struct Row {
        /// Where the record stands in the spool.
        let offset: Int
        let id: Int64
        /// Bytes of the record, less than 2^30; the lowest bit says whether the row can run, the next whether it is to.
        let lengthAndState: UInt32
        let line: UInt32
        /// 1-based place among all data rows.
        let number: UInt32
        let host: UInt32

        var length: Int { Int(lengthAndState >> 2) }
        var isValid: Bool { lengthAndState & 1 == 1 }
        var isSelected: Bool { lengthAndState & 2 == 2 }
    }

    private(set) var hosts = HostTable()
    /// Rows that are to run and can.
    private(set) var validCount = 0
    /// Rows that are to run.
    private(set) var selectedCount = 0
    private var rows = ChunkedArray<Row>()
    /// Rows by host and id, but for the first of each host: with that most hosts need nothing here.
    private var pairs = NumberTable()
    private let hash = SeededHash()
    private static let noHost = UInt32.max

    var count: Int { rows.count }

    /// Makes out the certificate that a row edits; the row must be appended next.
    ///
    /// - Returns: the certificate, and the earlier row that edits it, if there is one.
    mutating func certificate(
        host name: Bytes, port: UInt16, id: Int64
    ) -> (certificate: Certificate, earlierRow: Int?) {
        let next = UInt32(count)
        let host = hosts.number(of: name, port: port, row: next)
        let certificate = Certificate(host: host, id: id)
        let first = hosts.firstRow(of: host)
        if first == count { return (certificate, nil) }
        if rows[first].id == id { return (certificate, first) }
        let row = pairs.findOrInsert(hash: hash.hash(host, id), next) { [rows] row in
            rows[Int(row)].host == host && rows[Int(row)].id == id
        }
        return (certificate, row == next ? nil : Int(row))
    }

    /// The first row of the same host and id as a row; the row itself when it is the first or has no host or id.
    func firstRow(like row: Int) -> Int {
        let host = rows[row].host
        let id = rows[row].id
        guard host != Self.noHost else { return row }
        let first = hosts.firstRow(of: host)
        if rows[first].id == id { return first }
        let found = pairs.find(hash: hash.hash(host, id)) { rows[Int($0)].host == host && rows[Int($0)].id == id }
        return found.map { Int($0) } ?? row
    }

    /// - Parameters:
    ///   - span: where the record stands.
    ///   - number: its 1-based place among all data rows.
    ///   - certificate: what the row edits; nil when host or id could not be read.
    ///   - isValid: whether the row can run.
    ///   - isSelected: whether it is to run.
    mutating func append(
        _ span: RecordSpan, number: Int, _ certificate: Certificate?, isValid: Bool, isSelected: Bool = true
    ) {
        rows.append(
            Row(
                offset: span.offset, id: certificate?.id ?? 0,
                lengthAndState: UInt32(span.length) << 2 | (isSelected ? 2 : 0) | (isValid ? 1 : 0),
                line: UInt32(clamping: span.line),
                number: UInt32(clamping: number), host: certificate?.host ?? Self.noHost))
        guard isSelected else { return }
        selectedCount += 1
        guard isValid, let certificate else { return }
        validCount += 1
        hosts.assignLane(to: certificate.host)
    }

    func position(_ row: Int) -> RowPosition { RowPosition(row: Int(rows[row].number), line: Int(rows[row].line)) }

    func span(_ row: Int) -> RecordSpan {
        RecordSpan(offset: rows[row].offset, length: rows[row].length, line: Int(rows[row].line))
    }

    func isValid(_ row: Int) -> Bool { rows[row].isValid }

    func isSelected(_ row: Int) -> Bool { rows[row].isSelected }

    /// The lane of a row that is to run and can; nil for any other.
    func lane(_ row: Int) -> Int? { rows[row].isValid && rows[row].isSelected ? hosts.lane(of: rows[row].host) : nil }
}

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
