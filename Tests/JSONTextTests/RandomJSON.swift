import JSONText
import TestSupport

/// Makes JSON values and texts that come again for the same seed.
struct RandomJSON {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func value(depth: Int = 0) -> JSONValue {
        switch number(below: depth < 4 ? 7 : 4) {
        case 0: return .null
        case 1: return .boolean(number(below: 2) == 0)
        case 2: return .number(numberText())
        case 3: return .string(string())
        case 4: return .array((0..<number(below: 5)).map { _ in value(depth: depth + 1) })
        default:
            var members: [JSONMember] = []
            for index in 0..<number(below: 5) {
                members.append(JSONMember(key: string() + "\(index)", value: value(depth: depth + 1)))
            }
            return .object(members)
        }
    }

    /// The bytes after a few of them were changed, dropped, doubled or swapped, mostly for others that JSON knows.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let known = Array("{}[]\",:\\/ubfnrt0123456789+-.eEa \n\t\r\u{0}é".utf8) + [0xFF, 0xC0, 0xED]
        for _ in 0...number(below: 3) {
            let place = number(below: bytes.count + 1)
            switch number(below: 4) {
            case 0 where place < bytes.count: bytes.remove(at: place)
            case 1 where place < bytes.count: bytes[place] = known[number(below: known.count)]
            case 2: bytes.insert(contentsOf: bytes[place...].prefix(number(below: 6)), at: place)
            default: bytes.insert(known[number(below: known.count)], at: place)
            }
        }
        return bytes
    }

    private mutating func numberText() -> String {
        let whole = Int64(bitPattern: generator.next()) >> Int64(number(below: 64))
        let fraction = number(below: 3) == 0 ? ".\(number(below: 1_000_000))" : ""
        let exponent = number(below: 3) == 0 ? ["e5", "E-07", "e+0", "E999"][number(below: 4)] : ""
        return "\(whole)\(fraction)\(exponent)"
    }

    private mutating func string() -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "Z", "0", "\"", "\\", "/", "\n", "\r", "\t", "\u{0}", "\u{1F}", "\u{7F}", "é", "e", "\u{301}", "€",
            "\u{2028}", "\u{FEFF}", "\u{FFFF}", "😀", "\u{10FFFF}",
        ]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<number(below: 12) { scalars.append(alphabet[number(below: alphabet.count)]) }
        return String(scalars)
    }

    private mutating func number(below limit: Int) -> Int {
        Int.random(in: 0..<limit, using: &generator)
    }
}
