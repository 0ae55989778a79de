import Platform

/// A long array that never moves what it holds, so that growing it takes no second copy of it.
struct ChunkedArray<Element: Sendable>: Sendable {
    private var full: [[Element]] = []
    private var last: [Element] = []
    private static var chunkBits: Int { 14 }
    private static var chunkSize: Int { 1 << chunkBits }

    var count: Int { full.count << Self.chunkBits + last.count }

    subscript(index: Int) -> Element {
        get {
            let chunk = index >> Self.chunkBits
            return chunk < full.count ? full[chunk][index & (Self.chunkSize - 1)] : last[index & (Self.chunkSize - 1)]
        }
        set {
            let chunk = index >> Self.chunkBits
            if chunk < full.count {
                full[chunk][index & (Self.chunkSize - 1)] = newValue
            } else {
                last[index & (Self.chunkSize - 1)] = newValue
            }
        }
    }

    mutating func append(_ element: Element) {
        if last.count == Self.chunkSize {
            full.append(last)
            last = []
            last.reserveCapacity(Self.chunkSize)
        }
        last.append(element)
    }
}

/// An open-addressing table of 32-bit numbers, each standing for something that is stored elsewhere.
///
/// It holds no keys but 32 bits of each hash: whoever looks something up says which number stands for it.
struct NumberTable {
    /// The hash in the upper half, the number in the lower.
    private var slots: [UInt64] = Array(repeating: NumberTable.vacant, count: 16)
    private var count = 0
    private static let vacant = UInt64.max

    /// The number that stands for what is looked up; `number` itself, put in, when none did.
    ///
    /// - Parameters:
    ///   - hash: hash of what is looked up.
    ///   - number: what to put in when it is not there, less than `UInt32.max`.
    ///   - isEqual: whether a number stands for what is looked up.
    @inline(__always)
    mutating func findOrInsert(hash: UInt32, _ number: UInt32, isEqual: (UInt32) -> Bool) -> UInt32 {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        let slot = slot(hash: hash, isEqual: isEqual)
        if slots[slot] != Self.vacant { return UInt32(truncatingIfNeeded: slots[slot]) }
        slots[slot] = UInt64(hash) << 32 | UInt64(number)
        count += 1
        return number
    }

    /// The number that stands for what is looked up; nil when none does.
    func find(hash: UInt32, isEqual: (UInt32) -> Bool) -> UInt32? {
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

    private mutating func grow() {
        let entries = slots
        slots = Array(repeating: Self.vacant, count: entries.count * 2)
        for entry in entries where entry != Self.vacant {
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
        var state = seed ^ UInt64(port) ^ UInt64(name.count) << 16
        var index = 0
        while index + 8 <= raw.count {
            state = mix(state, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        var rest: UInt64 = 0
        while index < raw.count {
            rest = rest << 8 | UInt64(raw[index])
            index += 1
        }
        return UInt32(truncatingIfNeeded: mix(state, rest))
    }

    /// The hash of a pair of numbers.
    func hash(_ first: UInt32, _ second: Int64) -> UInt32 {
        UInt32(truncatingIfNeeded: mix(mix(seed, UInt64(first)), UInt64(bitPattern: second)))
    }

    private func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let product = (state ^ word ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: factor)
        return product.high ^ product.low
    }
}
