import Platform
import FleetModel

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
        /// Where the record stands in the kept text.
        let offset: Int
        let id: Int64
        /// Bytes of the record, less than 2^31; the lowest bit says whether the row can run.
        let lengthAndValidity: UInt32
        let line: UInt32
        /// 1-based place among all data rows.
        let number: UInt32
        let host: UInt32

        var length: Int { Int(lengthAndValidity >> 1) }
        var isValid: Bool { lengthAndValidity & 1 == 1 }
    }

    private(set) var hosts = HostTable()
    private(set) var validCount = 0
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
    ///   - place: where the record stands.
    ///   - number: its 1-based place among all data rows.
    ///   - certificate: what the row edits; nil when host or id could not be read.
    ///   - isValid: whether the row can run.
    mutating func append(_ place: RecordPlace, number: Int, _ certificate: Certificate?, isValid: Bool) {
        rows.append(
            Row(
                offset: place.offset, id: certificate?.id ?? 0,
                lengthAndValidity: UInt32(place.length) << 1 | (isValid ? 1 : 0), line: UInt32(clamping: place.line),
                number: UInt32(clamping: number), host: certificate?.host ?? Self.noHost))
        guard isValid, let certificate else { return }
        validCount += 1
        hosts.assignLane(to: certificate.host)
    }

    func position(_ row: Int) -> RowPosition { RowPosition(row: Int(rows[row].number), line: Int(rows[row].line)) }

    func place(_ row: Int) -> RecordPlace {
        RecordPlace(offset: rows[row].offset, length: rows[row].length, line: Int(rows[row].line))
    }

    func isValid(_ row: Int) -> Bool { rows[row].isValid }

    /// The lane of a row that can run; nil for one that cannot.
    func lane(_ row: Int) -> Int? { rows[row].isValid ? hosts.lane(of: rows[row].host) : nil }
}
