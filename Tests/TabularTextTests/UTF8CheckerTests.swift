import TestSupport
import Testing

@testable import TabularText

@Suite("Telling UTF-8 from other bytes")
struct UTF8CheckerTests {
    @Test("It agrees with the standard library however the bytes are cut", arguments: [UInt64(3629)])
    func agrees(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let edges: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF,
        ]
        let more: [UInt8] = [0xF0, 0xF1, 0xF4, 0xF5, 0xFF]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                (edges + more).randomElement(using: &random) ?? 0
            }
            let isText = String(validating: bytes, as: UTF8.self) != nil
            for cut in 0...bytes.count {
                #expect(accepts([Array(bytes[..<cut]), Array(bytes[cut...])]) == isText, "seed \(seed): \(bytes)")
            }
        }
    }

    @Test("Every character is accepted")
    func everyCharacter() {
        for value in stride(from: UInt32(0), through: 0x10FFFF, by: 7) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            #expect(accepts([Array(String(scalar).utf8)]))
        }
    }

    private func accepts(_ pieces: [[UInt8]]) -> Bool {
        var checker = UTF8Checker()
        let isFine = pieces.allSatisfy { piece in piece.withUnsafeBufferPointer { checker.accepts($0) } }
        return isFine && checker.isComplete
    }
}
