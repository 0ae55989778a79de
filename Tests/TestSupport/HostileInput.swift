/// A file that would bring down a careless reader.
package struct HostileInput: Sendable, CustomStringConvertible {
    /// The name of the file, which says what it is.
    package let name: String
    /// What a reader must say about it: 0 that it is valid, 3 that it is not, 9 that it has no rows.
    package let exitCode: Int32
    private let make: @Sendable () -> [UInt8]

    package var bytes: [UInt8] { make() }
    package var description: String { name }

    private init(_ name: String, _ exitCode: Int32, _ make: @escaping @Sendable () -> String) {
        self.init(name, exitCode, bytes: { Array(make().utf8) })
    }

    private init(_ name: String, _ exitCode: Int32, bytes: @escaping @Sendable () -> [UInt8]) {
        self.name = name
        self.exitCode = exitCode
        make = bytes
    }

    private static let header = "host,id,auto_renewal,access_token"
    private static let row = "a,1,0,t\n"
    private static let object = #"{"host":"a","id":1,"auto_renewal":0,"access_token":"t""#

    package static let all: [HostileInput] = cells + lines + bytes

    private static let cells = [
        HostileInput("a-thousand-columns.csv", 0) {
            let names = (0..<1000).map { "note\($0)," }.joined()
            return "\(names)\(header)\n" + (1...20).map { times("x,", 1000) + "a,\($0),0,t\n" }.joined()
        },
        HostileInput("a-column-too-many.csv", 3) { times(",", 16_384) },
        HostileInput("a-quoted-cell-of-10-mb.csv", 3) { "\(header)\n\"\(times("x", 10_000_000))\",1,0,t\n" },
        HostileInput("a-quote-that-swallows-lines.csv", 3) { "\(header)\na,1,0,\"t\n" + times(row, 1_000_000) },
        HostileInput("cells-of-1-mb.csv", 3) {
            "\(header)\n" + "a19t".map { times("\($0)", 1_000_000) }.joined(separator: ",")
        },
        HostileInput("an-id-of-1-mb-of-zeros.csv", 0) { "\(header)\na,\(times("0", 1_000_000))1,0,t\n" },
        HostileInput("a-name-of-1-mb.csv", 3) { "\(header),auth.\(times("k", 1 << 20))\n\(row)" },
        HostileInput("names-that-are-near-misses.csv", 3) { "\(header)" + times(",auto_renewl", 3000) + "\n\(row)" },
        HostileInput("only-carriage-returns.csv", 9) { times("\r", 50_000) },
    ]

    private static let lines = [
        HostileInput("empty-rows-at-the-end.csv", 0) { "\(header)\n\(row)" + times(",,,\n", 50_000) },
        HostileInput("empty-rows-at-the-top.csv", 0) {
            times(";;;\n", 20_000) + "host;id;auto_renewal;access_token\na;1;0;t"
        },
        HostileInput("empty-rows-alone.csv", 9) { times("|||\n", 20_000) },
        HostileInput("blank-lines.csv", 0) { times("\n", 50_000) + "\(header)\n\(row)" },
        HostileInput("an-array-never-closed.jsonl", 3) { "\(object),\"x\":\(times("[", 3_000_000))\n" },
        HostileInput("objects-never-closed.jsonl", 3) { "\(object),\"x\":\(times("{\"x\":", 600_000))\n" },
        HostileInput("deep-arrays.jsonl", 0) {
            "\(object),\"x\":[\(times(times("[", 60) + times("]", 60) + ",", 500))1]}\n"
        },
        HostileInput("many-keys.jsonl", 0) { "\(object)" + (0..<10_000).map { ",\"k\($0)\":1" }.joined() + "}\n" },
        HostileInput("many-wrong-keys.jsonl", 3) {
            "\(object)" + (0..<5000).map { ",\"auth.k\($0):\":1" }.joined() + "}\n"
        },
        HostileInput("numbers-of-1-mb.jsonl", 3) {
            "{\"id\":1e\(times("9", 1_000_000)),\"host\":0.\(times("1", 1_000_000))}"
        },
        HostileInput("a-line-of-5-mb.jsonl", 3) { "{\"host\":\"\(times("x", 5 << 20))\"}" },
    ]

    private static let bytes = [
        HostileInput("half-a-character-of-utf-16.csv", 3, bytes: { utf16("\u{FEFF}\(header)\n\(row)") + [0x61] }),
        HostileInput("half-a-pair-of-utf-16.csv", 3, bytes: { utf16("\u{FEFF}\(header)\n\(row)") + [0x00, 0xD8] }),
        HostileInput("a-mark-alone.csv", 9, bytes: { [0xFF, 0xFE] }),
        HostileInput("a-mark-and-a-header.csv", 9, bytes: { [0xEF, 0xBB, 0xBF] + Array(header.utf8) }),
        HostileInput("nul-bytes.csv", 3, bytes: { Array(repeating: 0, count: 1 << 20) }),
        HostileInput("nul-bytes.jsonl", 3, bytes: { Array(repeating: 0, count: 5 << 20) }),
        HostileInput("nul-bytes-in-cells.csv", 3, bytes: { Array("\(header)\n\0a,1,0,t\na,1\0,0,t\na,2,0,\0\n".utf8) }),
        HostileInput("bytes-that-are-no-utf-8.csv", 3, bytes: { Array(repeating: 0xFC, count: 1 << 20) }),
    ]

    private static func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    private static func utf16(_ text: String) -> [UInt8] { text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }
}
