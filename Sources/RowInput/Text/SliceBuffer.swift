import Platform

/// Bytes that were read and not handed out yet, in one buffer that grows when more must be looked at together.
struct SliceBuffer: ~Copyable {
    private var bytes: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var range = 0..<0

    /// - Parameter capacity: bytes to make room for at once, at least 1.
    init(capacity: Int) {
        self.capacity = capacity
        bytes = .allocate(capacity: capacity)
    }

    deinit {
        bytes.deallocate()
    }

    /// What waits to be handed out, borrowed until the next change.
    var waiting: Bytes { Bytes(start: bytes + range.lowerBound, count: range.count) }

    /// Room behind what waits, at least `count` bytes of it.
    mutating func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if range.isEmpty { range = 0..<0 }
        if capacity - range.upperBound < count { grow(by: count) }
        return UnsafeMutableRawBufferPointer(start: bytes + range.upperBound, count: capacity - range.upperBound)
    }

    /// Notes that so many bytes were put into the room.
    mutating func add(_ count: Int) { range = range.lowerBound..<range.upperBound + count }

    /// Takes bytes from the front.
    mutating func drop(_ count: Int) { range = range.lowerBound + count..<range.upperBound }

    private mutating func grow(by count: Int) {
        capacity = max(capacity * 2, range.count + count)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.initialize(from: bytes + range.lowerBound, count: range.count)
        bytes.deallocate()
        bytes = larger
        range = 0..<range.count
    }
}
