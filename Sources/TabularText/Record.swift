import Glibc
import Platform

/// The cells of one record, borrowed from the buffer that holds them.
@usableFromInline package struct Record {
    /// Number of cells.
    @usableFromInline package let count: Int
    @usableFromInline let bytes: UnsafePointer<UInt8>
    /// Offset behind the end of each cell.
    @usableFromInline let ends: UnsafePointer<Int>
    /// Offset of the first cell.
    @usableFromInline let start: Int

    init(bytes: UnsafePointer<UInt8>, start: Int, ends: UnsafePointer<Int>, count: Int) {
        self.bytes = bytes
        self.start = start
        self.ends = ends
        self.count = count
    }

    // Inlinable, with what it needs, because other targets ask for each cell of each row.
    /// A cell, from 0.
    @inlinable package subscript(index: Int) -> UnsafeBufferPointer<UInt8> {
        precondition(index >= 0 && index < count, "no such cell")
        let start = index == 0 ? start : ends[index - 1]
        return UnsafeBufferPointer(start: bytes + start, count: ends[index] - start)
    }

    /// Whether there is nothing in any cell but blanks.
    package var isBlank: Bool {
        for index in 0..<count where !Whitespace.trimmed(self[index]).isEmpty { return false }
        return true
    }

    /// All cells one behind the other.
    var joined: Bytes { Bytes(start: bytes + start, count: count == 0 ? 0 : ends[count - 1] - start) }

    /// Offset behind the end of a cell in ``joined``.
    func end(_ index: Int) -> Int { ends[index] - start }
}

/// Cells, one behind the other, in a buffer that grows and serves again.
package struct CellBuffer: ~Copyable {
    /// Number of cells.
    package private(set) var count = 0
    /// Number of bytes of all cells.
    private(set) var byteCount = 0
    private var bytes: UnsafeMutablePointer<UInt8>
    private var byteCapacity: Int
    /// Offset behind the end of each cell.
    private var ends: UnsafeMutablePointer<Int>
    private var endCapacity: Int

    /// - Parameter capacity: bytes to make room for at once.
    package init(capacity: Int = 4096) {
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
    package func record(_ cells: Range<Int>) -> Record {
        precondition(cells.lowerBound >= 0 && cells.upperBound <= count, "no such cells")
        let start = cells.lowerBound == 0 ? 0 : ends[cells.lowerBound - 1]
        return Record(bytes: bytes, start: start, ends: ends + cells.lowerBound, count: cells.count)
    }

    @inline(__always)
    mutating func append(_ start: UnsafeRawPointer?, count length: Int) {
        reserve(bytes: length, cells: 1)
        if let start, length > 0 { memcpy(bytes + byteCount, start, length) }
        byteCount += length
        ends[count] = byteCount
        count += 1
    }

    /// Appends a cell.
    package mutating func append(_ text: String) {
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

    /// Starts afresh, keeping the room.
    package mutating func removeAll() {
        count = 0
        byteCount = 0
    }

    @inline(__always)
    private mutating func reserve(bytes length: Int, cells: Int) {
        if byteCapacity - byteCount < length || endCapacity - count < cells { grow(bytes: length, cells: cells) }
    }

    @inline(never)
    private mutating func grow(bytes length: Int, cells: Int) {
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
