import Foundation
import JSONText
import TestSupport
import Testing

@Suite("The JSON reader, beside Python's")
struct JSONPythonTests {
    static let python = "/usr/bin/python3"

    /// Reads texts in hexadecimal, one a line, by the same rules; answers each as compact JSON in hexadecimal, or `-`.
    static let program = #"""
        import json, sys

        class Number(str):
            pass

        def refuse(_):
            raise ValueError

        def members(pairs):
            if len(dict(pairs)) < len(pairs):
                raise ValueError
            return dict(pairs)

        def string(text):
            names = {'"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t'}
            return '"' + ''.join(names.get(c) or ('\\u%04x' % ord(c) if c < ' ' else c) for c in text) + '"'

        def write(value):
            if isinstance(value, Number):
                return str(value)
            if isinstance(value, str):
                return string(value)
            if isinstance(value, list):
                return '[' + ','.join(map(write, value)) + ']'
            if isinstance(value, dict):
                return '{' + ','.join(string(k) + ':' + write(v) for k, v in value.items()) + '}'
            return {None: 'null', True: 'true', False: 'false'}[value]

        for line in sys.stdin:
            try:
                text = bytes.fromhex(line).decode('utf-8')
                value = json.loads(text, parse_int=Number, parse_float=Number, parse_constant=refuse,
                                   object_pairs_hook=members)
                print(write(value).encode('utf-8').hex())
            except ValueError:
                print('-')
        """#

    @Test(
        "reads 6,000 sound and damaged texts to the same values, and refuses the same",
        .enabled(if: FileManager.default.isExecutableFile(atPath: python)))
    func sameReading() throws {
        let texts = Self.texts(count: 6000)
        let answers = try askPython(texts)
        try #require(answers.count == texts.count)
        for (text, answer) in zip(texts, answers) {
            let ours = (try? JSONValue(parsing: text)).map { value in
                var writer = JSONWriter()
                writer.value(value)
                return Self.hex(writer.bytes)
            }
            #expect(ours ?? "-" == answer, "\(String(decoding: text, as: UTF8.self).debugDescription)")
        }
        let refused = answers.count { $0 == "-" }
        #expect((1000...5000).contains(refused), "\(refused) of the texts are no JSON")
    }

    private static func texts(count: Int) -> [[UInt8]] {
        (0..<count).map { seed in
            var random = RandomJSON(seed: UInt64(seed))
            var writer = JSONWriter()
            writer.value(random.value())
            return seed % 3 == 0 ? writer.bytes : random.damaged(writer.bytes)
        }
    }

    private func askPython(_ texts: [[UInt8]]) throws -> [String] {
        let lines = texts.map { Self.hex($0) + "\n" }.joined()
        let python = try ChildProcess.run(Self.python, ["-c", Self.program], input: Data(lines.utf8))
        try #require(python.status == 0)
        return python.text.split(separator: "\n").map(String.init)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
