import Platform

/// The cells of one record, borrowed from the buffer that holds them.
struct Record {
    /// Number of cells.
    let count: Int
    private let bytes: UnsafePointer<UInt8>
    /// Offset behind the end of each cell.
    private let ends: UnsafePointer<Int>
    /// Offset of the first cell.
    private let start: Int

    init(bytes: UnsafePointer<UInt8>, start: Int, ends: UnsafePointer<Int>, count: Int) {
        self.bytes = bytes
        self.start = start
        self.ends = ends
        self.count = count
    }

    subscript(index: Int) -> Bytes {
        precondition(index >= 0 && index < count, "no such cell")
        let start = index == 0 ? start : ends[index - 1]
        return Bytes(start: bytes + start, count: ends[index] - start)
    }

    /// Whether there is nothing in any cell but blanks.
    var isBlank: Bool {
        for index in 0..<count where !Blanks.trimmed(self[index]).isEmpty { return false }
        return true
    }

    /// All cells one behind the other.
    var joined: Bytes { Bytes(start: bytes + start, count: count == 0 ? 0 : ends[count - 1] - start) }

    /// Offset behind the end of a cell in ``joined``.
    func end(_ index: Int) -> Int { ends[index] - start }
}
