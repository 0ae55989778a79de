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
