import Platform
import TestSupport
import Testing

@Suite("The form of a pin")
struct PublicKeyPinTests {
    @Test("The base64 text of 32 bytes is one", arguments: PinTexts.right)
    func right(pin: String) {
        #expect(PublicKeyPin.isWellFormed(pin))
    }

    @Test("Whatever differs in length, form or bits is none", arguments: PinTexts.wrong + [""])
    func wrong(pin: String) {
        #expect(!PublicKeyPin.isWellFormed(pin))
    }
}
