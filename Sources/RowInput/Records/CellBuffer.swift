import Glibc

/// Cells, one behind the other, in a buffer that grows and serves again.
struct CellBuffer: ~Copyable {
    /// Number of cells.
    private(set) var count = 0
    /// Number of bytes of all cells.
    private(set) var byteCount = 0
    private var bytes: UnsafeMutablePointer<UInt8>
    private var byteCapacity: Int
    /// Offset behind the end of each cell.
    private var ends: UnsafeMutablePointer<Int>
    private var endCapacity: Int

    /// - Parameter capacity: bytes to make room for at once.
    init(capacity: Int = 4096) {
        byteCapacity = max(16, capacity)
        bytes = .allocate(capacity: byteCapacity)
        endCapacity = 16
        ends = .allocate(capacity: endCapacity)
    }

    deinit {
        bytes.deallocate()
        ends.deallocate()
    }

    /// Some of the cells as one record, borrowed until the next change.
    func record(_ cells: Range<Int>) -> Record {
        precondition(cells.lowerBound >= 0 && cells.upperBound <= count, "no such cells")
        let start = cells.lowerBound == 0 ? 0 : ends[cells.lowerBound - 1]
        return Record(bytes: bytes, start: start, ends: ends + cells.lowerBound, count: cells.count)
    }

    mutating func append(_ start: UnsafeRawPointer?, count length: Int) {
        reserve(bytes: length, cells: 1)
        if let start, length > 0 { memcpy(bytes + byteCount, start, length) }
        byteCount += length
        ends[count] = byteCount
        count += 1
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0.baseAddress, count: $0.count) }
    }

    /// Appends the cells of a record.
    mutating func append(_ record: Record) {
        let joined = record.joined
        reserve(bytes: joined.count, cells: record.count)
        if let start = joined.baseAddress { memcpy(bytes + byteCount, start, joined.count) }
        for index in 0..<record.count { ends[count + index] = byteCount + record.end(index) }
        byteCount += joined.count
        count += record.count
    }

    mutating func removeAll() {
        count = 0
        byteCount = 0
    }

    private mutating func reserve(bytes length: Int, cells: Int) {
        if byteCapacity - byteCount < length {
            byteCapacity = max(byteCapacity * 2, byteCount + length)
            bytes = Self.moved(bytes, count: byteCount, capacity: byteCapacity)
        }
        if endCapacity - count < cells {
            endCapacity = max(endCapacity * 2, count + cells)
            ends = Self.moved(ends, count: count, capacity: endCapacity)
        }
    }

    private static func moved<Value>(
        _ values: UnsafeMutablePointer<Value>, count: Int, capacity: Int
    ) -> UnsafeMutablePointer<Value> {
        let larger = UnsafeMutablePointer<Value>.allocate(capacity: capacity)
        larger.moveInitialize(from: values, count: count)
        values.deallocate()
        return larger
    }
}
