/// The text of an input as UTF-8, slice after slice, from front to back.
///
/// Confined to one thread. Slices are borrowed: each is good until the next call.
final class TextReader {
    /// Bytes of the largest slice.
    static let sliceSize = 1 << 17

    /// Whether the input starts with a byte order mark; it is no part of the text.
    private(set) var hasByteOrderMark = false
    /// Offset in the input at which the text starts.
    private(set) var textOffset = 0

    private let input: InputFile
    private let largestSlice: Int
    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// The part of the buffer that was read and not handed out yet.
    private var waiting = 0..<0
    private var offset = 0
    private var isAtEnd = false

    /// - Parameters:
    ///   - input: what to read.
    ///   - sliceSize: bytes of the largest slice, at least 1.
    init(_ input: InputFile, sliceSize: Int = TextReader.sliceSize) throws(InputError) {
        self.input = input
        largestSlice = sliceSize
        capacity = TextReader.sliceSize
        buffer = .allocate(capacity: capacity)
        let start = try prefix(3)
        if start.starts(with: [0xEF, 0xBB, 0xBF]) {
            hasByteOrderMark = true
            textOffset = 3
            waiting = waiting.dropFirst(3)
        }
    }

    deinit {
        buffer.deallocate()
    }

    /// The next slice of the text; nil at its end.
    func next() throws(InputError) -> Bytes? {
        if waiting.isEmpty {
            waiting = 0..<0
            try fill()
        }
        guard !waiting.isEmpty else { return nil }
        let slice = waiting.prefix(largestSlice)
        waiting = slice.upperBound..<waiting.upperBound
        return Bytes(start: buffer + slice.lowerBound, count: slice.count)
    }

    /// The text to come, at least `count` bytes of it if there are so many, without taking it.
    func prefix(_ count: Int) throws(InputError) -> Bytes {
        while waiting.count < count, !isAtEnd { try fill() }
        return Bytes(start: buffer + waiting.lowerBound, count: waiting.count)
    }

    private func fill() throws(InputError) {
        if waiting.upperBound == capacity { grow() }
        let room = UnsafeMutableRawBufferPointer(
            start: buffer + waiting.upperBound, count: capacity - waiting.upperBound)
        let count = try input.read(at: offset, into: room)
        offset += count
        isAtEnd = count == 0
        waiting = waiting.lowerBound..<waiting.upperBound + count
    }

    private func grow() {
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
        larger.initialize(from: buffer, count: capacity)
        buffer.deallocate()
        buffer = larger
        capacity *= 2
    }
}
