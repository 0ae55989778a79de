package import Platform

extension LoopbackSocket {
    /// Whether somebody accepts connections there.
    package static func accepts(host: String, port: UInt16) -> Bool {
        guard let client = try? LoopbackSocket() else { return false }
        return (try? client.connect(to: host, port: port)) != nil
    }

    /// An address where nobody listens, nor will: nothing else in the tests uses that host.
    ///
    /// - Throws: ``LoopbackSocket/Refusal``.
    package static func unused() throws -> (host: String, port: UInt16) {
        let host = "127.53.0.1"
        return (host, try LoopbackSocket.listening(on: host, backlog: 1).port)
    }
}
