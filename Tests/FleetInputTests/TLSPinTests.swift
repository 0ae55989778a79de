import FleetModel
import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Pins of rows")
struct TLSPinTests {
    @Test("A row's pin is the base64 text of 32 bytes", arguments: PinTexts.right)
    func pin(pin: String) throws {
        #expect(try Reading.row([("tls_pin", pin)]).jobs().map(\.tlsPin) == [pin])
    }

    @Test("Whatever else stands for a pin makes the row invalid", arguments: PinTexts.wrong)
    func wrongPin(pin: String) throws {
        #expect(try Reading.row([("tls_pin", pin)]).codes == [.tlsPinMalformed])
    }
}
