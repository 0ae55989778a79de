/// What makes keys of one run differ from keys of another: 128 random bits, written once into the run's ledger.
package struct RowSalt: Hashable, Sendable, CustomStringConvertible {
    let bits: HexadecimalPair

    /// - Parameter generator: where the random bits come from; the system's generator when left out.
    package init(using generator: inout some RandomNumberGenerator) {
        bits = HexadecimalPair(high: generator.next(), low: generator.next())
    }

    /// A salt of the system's random bits.
    package init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    /// Reads what ``description`` wrote; nil for anything else.
    package init?(_ text: String) {
        guard let bits = HexadecimalPair(text) else { return nil }
        self.bits = bits
    }

    /// 32 hexadecimal digits.
    package var description: String { bits.text }
}
