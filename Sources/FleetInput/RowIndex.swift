import FleetModel
import Glibc
import Platform
import TabularText

/// What is kept of each row of an input: where it stands, its host and its id, in 32 bytes, and of each host.
///
/// Rows are numbered from 0 here, in input order; rows that are no part of the run have none, unless the result keeps them.
/// Once memory was lacking it is of no use any more.
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
        /// Bytes of the record, less than 2^29; the lowest bit says whether the row can run, the next whether it is to, the
        /// third whether it has a file.
        let lengthAndState: UInt32
        let line: UInt32
        /// 1-based place among all data rows.
        let number: UInt32
        let host: UInt32

        var length: Int { Int(lengthAndState >> 3) }
        var isValid: Bool { lengthAndState & 1 == 1 }
        var isSelected: Bool { lengthAndState & 2 == 2 }
        var hasFile: Bool { lengthAndState & 4 == 4 }
    }

    private(set) var hosts = HostTable()
    /// Rows that are to run and can.
    private(set) var validCount = 0
    /// Rows that are to run.
    private(set) var selectedCount = 0
    private let rows = GrowingArray<Row>()
    /// The row with which the text ends, without a line end.
    private var unendedRow: Int?
    /// Rows by host and id, but for the first of each host: with that most hosts need nothing here.
    private var pairs = NumberTable()
    private let hash = SeededHash()
    private static let noHost = UInt32.max

    var count: Int { rows.count }

    /// Makes out the certificate that a row edits. Unless an earlier row edits it, the row must be appended next, because
    /// its number is taken for it.
    ///
    /// - Returns: the certificate, and the earlier row that edits it, if there is one.
    /// - Throws: ``ToolError`` when there is no memory for it.
    mutating func certificate(
        host name: Bytes, port: UInt16, id: Int64
    ) throws(ToolError) -> (certificate: Certificate, earlierRow: Int?) {
        let next = UInt32(count)
        let host = try hosts.number(of: name, port: port, row: next)
        let certificate = Certificate(host: host, id: id)
        let first = hosts.firstRow(of: host)
        // A host that is new.
        if first == count { return (certificate, nil) }
        if rows[first].id == id { return (certificate, first) }
        let row = try pairs.findOrInsert(hash: hash.hash(host, id), next) { [rows] row in
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

    /// Appends a row by its 1-based place among all data rows, and by what it edits: nil when host or id could not be read.
    ///
    /// - Throws: ``ToolError`` when there is no memory for it.
    mutating func append(
        _ span: RecordSpan, number: Int, _ certificate: Certificate?, isValid: Bool, isSelected: Bool = true,
        hasFile: Bool = false
    ) throws(ToolError) {
        if span.isUnended { unendedRow = count }
        try rows.append(
            Row(
                offset: span.offset, id: certificate?.id ?? 0,
                lengthAndState: UInt32(span.length) << 3 | (hasFile ? 4 : 0) | (isSelected ? 2 : 0) | (isValid ? 1 : 0),
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

    /// The certificate's id of a row that can run; below 0 for one that finds it by what it is.
    func id(_ row: Int) -> Int64 { rows[row].id }

    /// Whether the text ends with a row, without a line end.
    func isUnended(_ row: Int) -> Bool { row == unendedRow }

    func isValid(_ row: Int) -> Bool { rows[row].isValid }

    func isSelected(_ row: Int) -> Bool { rows[row].isSelected }

    func hasFile(_ row: Int) -> Bool { rows[row].hasFile }

    /// The lane of a row that is to run and can; nil for any other.
    func lane(_ row: Int) -> Int? { rows[row].isValid && rows[row].isSelected ? hosts.lane(of: rows[row].host) : nil }
}

/// Every distinct host of the rows of which host and certificate could be read, its name stored once.
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
    private let names = GrowingArray<UInt8>()
    private let hosts = GrowingArray<Host>()
    private var table = NumberTable()
    private let hash = SeededHash()
    private static let noLane = UInt32.max

    /// The number of a host, a new one for a new host.
    ///
    /// - Parameter row: the row in which it stands.
    mutating func number(of name: Bytes, port: UInt16, row: UInt32) throws(ToolError) -> UInt32 {
        let next = UInt32(hosts.count)
        let number = try table.findOrInsert(hash: hash.hash(name, port), next) { [names, hosts] number in
            hosts[Int(number)].port == port && names.part(Self.range(number, hosts)).equals(name)
        }
        if number == next {
            try names.append(contentsOf: name)
            try hosts.append(Host(nameEnd: names.count, port: port, lane: Self.noLane, firstRow: row))
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

    private static func range(_ host: UInt32, _ hosts: GrowingArray<Host>) -> Range<Int> {
        (host == 0 ? 0 : hosts[Int(host) - 1].nameEnd)..<hosts[Int(host)].nameEnd
    }
}

extension Memory {
    /// What to do when there is too little for an input.
    static let inputHint = "cut the input into parts, or raise the limit on memory (ulimit -v)"
}

/// A long array of plain values, which the kernel moves page by page as it grows, without a second copy of it.
///
/// A reference: who builds an index writes it, and only then do others read it.
final class GrowingArray<Element: BitwiseCopyable>: @unchecked Sendable {
    private(set) var count = 0
    private var capacity = 0
    /// Nil before the first element.
    private var start: UnsafeMutablePointer<Element>?

    deinit {
        free(start)
    }

    subscript(index: Int) -> Element {
        @inline(__always) get {
            precondition(index >= 0 && index < count)
            return start.unsafelyUnwrapped[index]
        }
        @inline(__always) _modify {
            precondition(index >= 0 && index < count)
            yield &start.unsafelyUnwrapped[index]
        }
    }

    /// Appends an element.
    ///
    /// - Throws: ``ToolError`` when there is no memory for it.
    @inline(__always)
    func append(_ element: Element) throws(ToolError) {
        try room(for: 1).initialize(to: element)
        count += 1
    }

    /// Appends several elements.
    ///
    /// - Throws: ``ToolError`` when there is no memory for them.
    func append(contentsOf elements: UnsafeBufferPointer<Element>) throws(ToolError) {
        guard let first = elements.baseAddress, !elements.isEmpty else { return }
        try room(for: elements.count).initialize(from: first, count: elements.count)
        count += elements.count
    }

    /// Appends an element several times, at least once.
    ///
    /// - Throws: ``ToolError`` when there is no memory for it.
    func append(repeating element: Element, count more: Int) throws(ToolError) {
        try room(for: more).initialize(repeating: element, count: more)
        count += more
    }

    /// Borrowed until the array grows.
    func part(_ range: Range<Int>) -> UnsafeBufferPointer<Element> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return UnsafeBufferPointer(start: start.map { $0 + range.lowerBound }, count: range.count)
    }

    /// Where so many more go, at least one.
    @inline(__always)
    private func room(for more: Int) throws(ToolError) -> UnsafeMutablePointer<Element> {
        if count + more > capacity { try grow(to: max(64, capacity * 2, count + more)) }
        return start.unsafelyUnwrapped + count
    }

    private func grow(to newCapacity: Int) throws(ToolError) {
        let (size, newSize) = (capacity * MemoryLayout<Element>.stride, newCapacity * MemoryLayout<Element>.stride)
        // And 4 MiB for all else that reading takes: there nobody asks, and the process ends where it is not there.
        let needed = newSize - size + (4 << 20)
        guard Memory.has(needed), let start = realloc(start, newSize) else {
            throw Memory.lack(of: needed, hint: Memory.inputHint)
        }
        self.start = start.assumingMemoryBound(to: Element.self)
        capacity = newCapacity
    }
}

/// An open-addressing table of 32-bit numbers, each standing for something that is stored elsewhere.
///
/// It holds no keys but 32 bits of each hash: whoever looks something up says which number stands for it.
struct NumberTable {
    /// The hash in the upper half, the number in the lower.
    private var slots = GrowingArray<UInt64>()
    private var count = 0
    private static let vacant = UInt64.max

    /// The number that stands for what is looked up; `number` itself, put in, when none did.
    ///
    /// - Parameters:
    ///   - hash: hash of what is looked up.
    ///   - number: what to put in when it is not there, less than `UInt32.max`.
    ///   - isEqual: whether a number stands for what is looked up.
    /// - Throws: ``ToolError`` when there is no memory for it.
    @inline(__always)
    mutating func findOrInsert(
        hash: UInt32, _ number: UInt32, isEqual: (UInt32) -> Bool
    ) throws(ToolError) -> UInt32 {
        if (count + 1) * 2 > slots.count { try grow() }
        let slot = slot(hash: hash, isEqual: isEqual)
        if slots[slot] != Self.vacant { return UInt32(truncatingIfNeeded: slots[slot]) }
        slots[slot] = UInt64(hash) << 32 | UInt64(number)
        count += 1
        return number
    }

    /// The number that stands for what is looked up; nil when none does.
    func find(hash: UInt32, isEqual: (UInt32) -> Bool) -> UInt32? {
        guard count > 0 else { return nil }
        let slot = slot(hash: hash, isEqual: isEqual)
        return slots[slot] == Self.vacant ? nil : UInt32(truncatingIfNeeded: slots[slot])
    }

    /// The slot of what is looked up, or the vacant one where it would go.
    @inline(__always)
    private func slot(hash: UInt32, isEqual: (UInt32) -> Bool) -> Int {
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while true {
            let entry = slots[slot]
            if entry == Self.vacant { return slot }
            if UInt32(truncatingIfNeeded: entry >> 32) == hash, isEqual(UInt32(truncatingIfNeeded: entry)) {
                return slot
            }
            slot = (slot + 1) & mask
        }
    }

    private mutating func grow() throws(ToolError) {
        let entries = slots
        let wider = GrowingArray<UInt64>()
        try wider.append(repeating: Self.vacant, count: max(16, entries.count * 2))
        slots = wider
        for index in 0..<entries.count where entries[index] != Self.vacant {
            let entry = entries[index]
            slots[slot(hash: UInt32(truncatingIfNeeded: entry >> 32)) { _ in false }] = entry
        }
    }
}

/// Hashes for the tables of the index, seeded so that no input can be made to collide.
struct SeededHash {
    private let seed = UInt64.random(in: .min ... .max)
    private let factor = UInt64.random(in: .min ... .max) | 1

    /// The hash of a host: its name and port.
    func hash(_ name: Bytes, _ port: UInt16) -> UInt32 {
        let raw = UnsafeRawBufferPointer(name)
        // Mixed before the name is, or the port could make up for a letter of it.
        var state = mix(seed, UInt64(port) << 32 | UInt64(name.count))
        var index = 0
        while index + 8 < raw.count {
            state = mix(state, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        var rest: UInt64 = 0
        while index < raw.count {
            rest = rest << 8 | UInt64(raw[index])
            index += 1
        }
        return neighbor(state, rest)
    }

    /// The hash of a pair of numbers.
    func hash(_ first: UInt32, _ second: Int64) -> UInt32 {
        neighbor(mix(seed, UInt64(first)), UInt64(bitPattern: second))
    }

    /// Numbers that differ in their last three bits only have hashes that do so, and stand side by side:
    /// hosts and certificates mostly come in their order, and in a large table each look elsewhere waits for memory.
    private func neighbor(_ state: UInt64, _ word: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: mix(state, word >> 3) << 3 | word & 7)
    }

    private func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let product = (state ^ word ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: factor)
        return product.high ^ product.low
    }
}
