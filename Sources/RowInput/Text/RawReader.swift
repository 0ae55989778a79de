import Platform

/// The bytes of an input from front to back, its head looked at first.
final class RawReader {
    private let input: InputFile
    private var buffer = SliceBuffer(capacity: 1 << 16)
    private var offset = 0
    private let largestRead: Int

    /// - Parameters:
    ///   - input: what to read.
    ///   - largestRead: bytes to read at most at once, at least 1.
    init(_ input: InputFile, largestRead: Int) {
        self.input = input
        self.largestRead = largestRead
    }

    /// The first bytes, at least `count` of them if there are so many, without taking them.
    func head(_ count: Int) throws(ToolError) -> [UInt8] {
        while buffer.waiting.count < count, try fill() {}
        return Array(buffer.waiting.prefix(count))
    }

    /// Takes bytes that were looked at.
    func skip(_ count: Int) { buffer.drop(count) }

    /// The next bytes, borrowed until the next call; none at the end.
    func next() throws(ToolError) -> UnsafeRawBufferPointer {
        if buffer.waiting.isEmpty { _ = try fill() }
        let piece = UnsafeRawBufferPointer(buffer.waiting)
        buffer.drop(piece.count)
        return piece
    }

    /// Reads bytes into a place of the caller's.
    ///
    /// - Returns: how many; 0 at the end.
    func read(into room: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        let waiting = buffer.waiting.prefix(room.count)
        if !waiting.isEmpty {
            room.copyMemory(from: UnsafeRawBufferPointer(Bytes(rebasing: waiting)))
            buffer.drop(waiting.count)
            return waiting.count
        }
        return try read(room)
    }

    private func fill() throws(ToolError) -> Bool {
        let count = try read(buffer.room(1))
        buffer.add(count)
        return count > 0
    }

    private func read(_ room: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        let count = try input.read(
            at: offset, into: UnsafeMutableRawBufferPointer(rebasing: room.prefix(largestRead)))
        offset += count
        return count
    }
}
