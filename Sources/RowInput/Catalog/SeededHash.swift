import Platform

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
