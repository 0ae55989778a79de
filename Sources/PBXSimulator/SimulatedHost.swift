/// One simulated PBX as an input file would name it.
package struct SimulatedHost: Sendable, Hashable {
    /// From 1, in the order of the addresses.
    package let number: Int
    /// The PBX's own loopback address, such as `127.1.0.1`.
    package let address: String
    /// TCP port, the same for all PBXs of one simulator.
    package let port: UInt16
    /// The Client ID that logs in to it.
    package let clientID: String
    /// The Client Secret that logs in to it; a made-up value that may be shown.
    package let clientSecret: String

    /// `http://127.1.0.1:18088`.
    package var baseURL: String { "http://\(address):\(port)" }
}

extension SimulatedHost {
    init(number: Int, address: LoopbackAddress, port: UInt16, credentials: SimulatorSettings.Credentials) {
        self.number = number
        self.address = address.description
        self.port = port
        switch credentials {
        case .perHost:
            clientID = "app-\(number)"
            clientSecret = Self.madeUpSecret(number)
        case .shared(let id, let secret):
            clientID = id
            clientSecret = secret
        }
    }

    /// Looks like a PBX's secret, and is the same in every run so that an input file stays good.
    private static func madeUpSecret(_ number: Int) -> String {
        let digits = String(UInt64(number) &* 0x9E37_79B9_7F4A_7C15, radix: 36)
        return "sim\(number)-" + digits
    }
}
