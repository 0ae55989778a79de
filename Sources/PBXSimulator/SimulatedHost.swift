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

    private let usesTLS: Bool

    /// `http://127.1.0.1:18088`, or with `https` when it speaks TLS.
    package var baseURL: String { "\(usesTLS ? "https" : "http")://\(address):\(port)" }

    init(number: Int, port: UInt16, credentials: SimulatorSettings.Credentials, usesTLS: Bool = false) {
        self.number = number
        self.usesTLS = usesTLS
        address = Self.address(number)
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

extension SimulatedHost {
    /// How many addresses there are from 127.1.0.1 to the end of the loopback network.
    static let most = 255 * 256 * inRow

    /// The address of a PBX: 1 → `127.1.0.1`, 254 → `127.1.0.254`, 255 → `127.1.1.1`; never one that ends in .0 or .255,
    /// which some tools take for a network's or a broadcast address.
    ///
    /// - Parameter number: from 1 to ``most``.
    static func address(_ number: Int) -> String {
        let (row, column) = (number - 1).quotientAndRemainder(dividingBy: inRow)
        return "127.\(1 + row / 256).\(row % 256).\(column + 1)"
    }

    private static let inRow = 254
}
