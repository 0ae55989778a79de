import JobModel

/// What is kept of each row of an input: where it stands, its host and its id; some 30 bytes.
///
/// Rows are numbered from 0 here, in input order; rows that are no part of the run have no number.
struct RowIndex {
    /// One certificate of one host.
    struct Certificate {
        /// Number of the host in the host table.
        let host: UInt32
        let id: Int64
    }

    /// Rows that the index can tell apart.
    static let limit = Int(UInt32.max) - 1

    private(set) var hosts = HostTable()
    private(set) var validCount = 0
    private var offsets: [Int] = []
    private var lengths: [UInt32] = []
    private var lines: [UInt32] = []
    /// The place of each row among all data rows of the input.
    private var numbers: [UInt32] = []
    private var hostNumbers: [UInt32] = []
    private var ids: [Int64] = []
    private var validity: [Bool] = []
    /// The first row of each host that has an id; with it most hosts need nothing in the table of pairs.
    private var firstRows: [UInt32] = []
    /// Rows by host and id, but for those first ones.
    private var pairs = NumberTable()
    private let hash = SeededHash()
    private static let noHost = UInt32.max

    var count: Int { offsets.count }

    /// Makes out the certificate that a row edits; the row must be appended next.
    ///
    /// - Returns: the certificate, and the earlier row that edits it, if there is one.
    mutating func certificate(
        host name: Bytes, port: UInt16, id: Int64
    ) -> (certificate: Certificate, earlierRow: Int?) {
        let host = hosts.number(of: name, port: port)
        return (Certificate(host: host, id: id), earlierRow(host: host, id: id))
    }

    private mutating func earlierRow(host: UInt32, id: Int64) -> Int? {
        let next = UInt32(count)
        if host == firstRows.count {
            firstRows.append(next)
            return nil
        }
        let first = firstRows[Int(host)]
        if ids[Int(first)] == id { return Int(first) }
        let row = pairs.findOrInsert(hash: hash.hash(host, id), next) { [hostNumbers, ids] row in
            hostNumbers[Int(row)] == host && ids[Int(row)] == id
        }
        return row == next ? nil : Int(row)
    }

    /// The first row of the same host and id as a row; the row itself when it is the first or has no host or id.
    func firstRow(like row: Int) -> Int {
        let host = hostNumbers[row]
        let id = ids[row]
        guard host != Self.noHost else { return row }
        let first = firstRows[Int(host)]
        if ids[Int(first)] == id { return Int(first) }
        let found = pairs.find(hash: hash.hash(host, id)) { hostNumbers[Int($0)] == host && ids[Int($0)] == id }
        return found.map { Int($0) } ?? row
    }

    /// - Parameters:
    ///   - place: where the record stands.
    ///   - number: its 1-based place among all data rows.
    ///   - certificate: what the row edits; nil when host or id could not be read.
    ///   - isValid: whether the row can run.
    mutating func append(_ place: RecordPlace, number: Int, _ certificate: Certificate?, isValid: Bool) {
        offsets.append(place.offset)
        lengths.append(UInt32(place.length))
        lines.append(UInt32(clamping: place.line))
        numbers.append(UInt32(clamping: number))
        hostNumbers.append(certificate?.host ?? Self.noHost)
        ids.append(certificate?.id ?? 0)
        validity.append(isValid)
        guard isValid, let certificate else { return }
        validCount += 1
        hosts.assignLane(to: certificate.host)
    }

    func position(_ row: Int) -> RowPosition { RowPosition(row: Int(numbers[row]), line: Int(lines[row])) }

    func place(_ row: Int) -> RecordPlace {
        RecordPlace(offset: offsets[row], length: Int(lengths[row]), line: Int(lines[row]))
    }

    func isValid(_ row: Int) -> Bool { validity[row] }

    /// The lane of a row that can run; nil for one that cannot.
    func lane(_ row: Int) -> Int? { validity[row] ? hosts.lane(of: hostNumbers[row]) : nil }
}
