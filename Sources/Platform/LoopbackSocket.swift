import Glibc

/// A TCP socket of this machine, closed when the value goes unless ``release()`` gave it away.
package struct LoopbackSocket: ~Copyable, Sendable {
    /// A call that the system refused.
    package struct Refusal: Error, Hashable, Sendable {
        /// The value of `errno`.
        package let code: Int32

        /// - Parameter code: the value of `errno`.
        package init(code: Int32) {
            self.code = code
        }
    }

    /// The descriptor's number, for calls that stand nowhere here; good as long as the value is.
    package let number: Int32

    /// - Parameter isWaiting: whether its calls wait for what is not there yet; else they fail.
    /// - Throws: ``Refusal`` when the machine has no socket left.
    package init(isWaiting: Bool = true) throws(Refusal) {
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | (isWaiting ? 0 : SOCK_NONBLOCK.rawValue)
        number = socket(AF_INET, Int32(kind), 0)
        guard number >= 0 else { throw Refusal(code: errno) }
    }

    /// A socket that listens.
    ///
    /// - Parameters:
    ///   - address: as ``bind(_:port:)`` takes it.
    ///   - port: 0 lets the system choose.
    ///   - backlog: how many connections may wait to be accepted; the kernel lets one more in.
    /// - Throws: ``Refusal``.
    package static func listening(
        on address: String, port: UInt16 = 0, backlog: Int32
    ) throws(Refusal) -> LoopbackSocket {
        let listener = try LoopbackSocket()
        try listener.bind(address, port: port)
        try listener.listen(backlog: backlog)
        return listener
    }

    deinit {
        close(number)
    }

    /// The port that the socket has; 0 before ``bind(_:port:)``.
    package var port: UInt16 {
        var name = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &size) }
        }
        return UInt16(bigEndian: name.sin_port)
    }

    /// Takes an address and a port, and refuses connections as long as ``listen(backlog:)`` has not been called.
    ///
    /// - Parameters:
    ///   - address: an IPv4 address in dotted form.
    ///   - port: 0 lets the system choose.
    /// - Throws: ``Refusal``.
    package func bind(_ address: String, port: UInt16 = 0) throws(Refusal) {
        // Connections of a listener that was just closed must not keep the port from the next one.
        var yes: Int32 = 1
        setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        try call(Glibc.bind, address, port)
    }

    /// Begins to take connections.
    ///
    /// - Parameter backlog: how many may wait to be accepted; the kernel lets one more in.
    /// - Throws: ``Refusal``.
    package func listen(backlog: Int32) throws(Refusal) {
        guard Glibc.listen(number, backlog) == 0 else { throw Refusal(code: errno) }
    }

    /// Connects to an address.
    ///
    /// - Throws: ``Refusal``; with `EINPROGRESS` when the connection does not stand yet.
    package func connect(to address: String, port: UInt16) throws(Refusal) {
        try call(Glibc.connect, address, port)
    }

    /// Gives the descriptor to a new owner, who must close it.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    private func call(
        _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ address: String, _ port: UInt16
    ) throws(Refusal) {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        let status = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                function(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Refusal(code: errno) }
    }
}
