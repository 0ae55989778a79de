/// The cells of one record, one behind the other in one buffer that serves record after record.
struct CellBuffer: ~Copyable {
    /// Number of cells.
    private(set) var count = 0
    private var bytes: UnsafeMutablePointer<UInt8>
    private var byteCount = 0
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

    /// A cell, borrowed until the next change.
    subscript(index: Int) -> Bytes {
        precondition(index >= 0 && index < count, "no such cell")
        let start = index == 0 ? 0 : ends[index - 1]
        return Bytes(start: bytes + start, count: ends[index] - start)
    }

    mutating func append(_ start: UnsafeRawPointer?, count length: Int) {
        if byteCapacity - byteCount < length { growBytes(by: length) }
        if count == endCapacity { growEnds() }
        if let start, length > 0 {
            (bytes + byteCount).initialize(from: start.assumingMemoryBound(to: UInt8.self), count: length)
        }
        byteCount += length
        ends[count] = byteCount
        count += 1
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0.baseAddress, count: $0.count) }
    }

    mutating func removeAll() {
        count = 0
        byteCount = 0
    }

    private mutating func growBytes(by length: Int) {
        byteCapacity = max(byteCapacity * 2, byteCount + length)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCapacity)
        larger.initialize(from: bytes, count: byteCount)
        bytes.deallocate()
        bytes = larger
    }

    private mutating func growEnds() {
        endCapacity *= 2
        let larger = UnsafeMutablePointer<Int>.allocate(capacity: endCapacity)
        larger.initialize(from: ends, count: count)
        ends.deallocate()
        ends = larger
    }
}
