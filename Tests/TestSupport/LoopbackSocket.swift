import Glibc

/// TCP sockets on loopback.
package enum LoopbackSocket {
    /// No such socket can be had.
    package struct Failure: Error {
        let step: String
        let number: Int32
    }

    /// Opens a socket that listens.
    ///
    /// - Parameters:
    ///   - host: an IPv4 loopback address.
    ///   - port: 0 for one that is free.
    ///   - backlog: connections that wait to be accepted.
    /// - Throws: ``Failure``.
    package static func listening(host: String, port: UInt16 = 0, backlog: Int32) throws -> Int32 {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard withAddress(host, port, { bind(listener, $0, $1) }) == 0, listen(listener, backlog) == 0 else {
            throw Failure(step: "listen on \(host)", number: errno)
        }
        return listener
    }

    /// Opens a socket that connects, or waits to be connected, without waiting for it.
    package static func connecting(host: String, port: UInt16) -> Int32 {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        _ = withAddress(host, port) { connect(client, $0, $1) }
        return client
    }

    /// Whether somebody accepts connections there.
    package static func accepts(host: String, port: UInt16) -> Bool {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(client) }
        return withAddress(host, port) { connect(client, $0, $1) } == 0
    }

    /// An address where nobody listens, nor will: nothing else in the tests uses that host.
    ///
    /// - Throws: ``Failure``.
    package static func unused() throws -> (host: String, port: UInt16) {
        let host = "127.53.0.1"
        let listener = try listening(host: host, backlog: 1)
        defer { close(listener) }
        return (host, port(of: listener))
    }

    /// The port that a socket listens on.
    package static func port(of listener: Int32) -> UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &size) }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    package static func close(_ socket: Int32) {
        Glibc.close(socket)
    }

    private static func withAddress(
        _ host: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
