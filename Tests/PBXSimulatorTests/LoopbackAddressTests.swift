import Testing

@testable import PBXSimulator

@Suite("Loopback addresses")
struct LoopbackAddressTests {
    @Test(arguments: [
        (1, 1, "127.1.0.1"), (254, 1, "127.1.0.254"), (255, 1, "127.1.1.1"), (5000, 1, "127.1.19.174"),
        (65_024, 1, "127.1.255.254"), (65_025, 1, "127.2.0.1"), (1, 200, "127.200.0.1"),
        (65_024, 255, "127.255.255.254"),
    ])
    func addressOfANumber(number: Int, firstNetwork: UInt8, expected: String) {
        #expect(LoopbackAddress(number: number, firstNetwork: firstNetwork).description == expected)
    }

    @Test func theFirstThousandsAreAllDifferent() {
        let addresses = (1...70_000).map { LoopbackAddress(number: $0, firstNetwork: 1).description }
        #expect(Set(addresses).count == addresses.count)
    }

    @Test(arguments: [(255, 65_024), (0, 16_646_144)])
    func capacity(firstNetwork: UInt8, expected: Int) {
        #expect(LoopbackAddress.capacity(from: firstNetwork) == expected)
    }
}
