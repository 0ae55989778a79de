import Platform

/// How often something may happen, as `--rate` writes it: `20/s`, `600/m`, `2.5/h`.
///
/// `interval = unit / number`: `20/s` → 50 ms, `600/m` → 100 ms, `1000/h` → 3.6 s.
package struct Rate: Hashable, Sendable {
    /// Time from one event to the next, more than zero.
    package let interval: Duration

    /// - Parameter text: a number above zero, whole or decimal, with at most 9 digits before and 9 after the point; then
    ///   `/s`, `/m` or `/h`. Anything else gives nil.
    package init?(_ text: String) {
        let halves = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard halves.count == 2, let unit = Self.unit(halves[1]) else { return nil }
        let parts = halves[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ (1...9).contains($0.count) }) else { return nil }
        guard let digits = Int(digits: Array(parts.joined())), digits > 0 else { return nil }
        let scale = parts.dropFirst().joined().reduce(1) { scale, _ in scale * 10 }
        interval = unit * scale / digits
    }

    private static func unit(_ letter: Substring.UTF8View) -> Duration? {
        switch String(letter) {
        case "s": .seconds(1)
        case "m": .seconds(60)
        case "h": .seconds(3600)
        default: nil
        }
    }
}
