import Glibc

/// An IPv4 address in 127.0.0.0/8 that belongs to one simulated PBX.
struct LoopbackAddress: Sendable, CustomStringConvertible {
    private let bytes: (second: UInt8, third: UInt8, fourth: UInt8)

    /// How many addresses there are from `127.firstNetwork.0.1` to the end of the loopback network.
    static func capacity(from firstNetwork: UInt8) -> Int {
        (256 - Int(firstNetwork)) * perNetwork
    }

    /// The address of PBX `number`: 1 → `127.N.0.1`, 254 → `127.N.0.254`, 255 → `127.N.1.1`; never one that ends in .0
    /// or .255, which some tools take for a network's or a broadcast address.
    ///
    /// - Parameters:
    ///   - number: from 1 to ``capacity(from:)``.
    ///   - firstNetwork: second byte of the first address.
    init(number: Int, firstNetwork: UInt8) {
        let (row, column) = (number - 1).quotientAndRemainder(dividingBy: 254)
        bytes = (firstNetwork + UInt8(row / 256), UInt8(row % 256), UInt8(column + 1))
    }

    var description: String { "127.\(bytes.second).\(bytes.third).\(bytes.fourth)" }

    /// The address and a port in the form the system's calls take.
    func socketAddress(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        let number = 127 << 24 | UInt32(bytes.second) << 16 | UInt32(bytes.third) << 8 | UInt32(bytes.fourth)
        address.sin_addr.s_addr = number.bigEndian
        return address
    }

    private static let perNetwork = 256 * 254
}
