import Testing

@testable import Platform

@Suite("Names that are any bytes")
struct SystemTextTests {
    @Test(
        "A name comes back as it was",
        arguments: [
            Array("fleet.csv".utf8), Array("fl\u{E9}et".utf8), [0x66, 0xE9, 0x74], [0xC3], [0xFF, 0xFE, 0x41],
            [0xE2, 0x82],
            [0xED, 0xA0, 0x80], Array("a\u{10FFE9}b".utf8), Array("\u{10FFFD}".utf8) + [0xE9, 0xF0, 0x9F], [],
        ] as [[UInt8]])
    func roundTrip(name: [UInt8]) {
        let text = SystemText.text(name)
        #expect(SystemText.bytes(text) == name)
        if let plain = String(validating: name, as: UTF8.self), !name.contains(0xF4) { #expect(text == plain) }
    }

    @Test("Two names are two texts, and a message shows the bytes")
    func shown() {
        #expect(SystemText.text([0x66, 0xE9]) != SystemText.text([0x66, 0xE8]))
        #expect(Quotation.escaped(SystemText.text([0x66, 0xE9, 0x2E])) == "f\\xe9.")
    }
}
