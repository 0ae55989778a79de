import Glibc

/// A TCP socket of one PBX's address: closed when the value goes, unless ``release()`` gave it away.
struct LoopbackSocket: ~Copyable {
    private let descriptor: CInt
    private let address: LoopbackAddress

    init(address: LoopbackAddress) throws(SimulatorError) {
        self.address = address
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .listening(address: address.description, port: 0, errno: errno) }
    }

    /// Takes the port, and refuses connections as long as ``listen(backlog:port:)`` has not been called.
    ///
    /// - Parameter port: 0 lets the system choose.
    /// - Returns: the port taken.
    borrowing func bind(port: UInt16) throws(SimulatorError) -> UInt16 {
        // Connections of a listener that was just closed must not keep the port from the next one.
        var yes: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        let descriptor = descriptor
        var name = address.socketAddress(port: port)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = name.withSystemPointer { pointer in
            Glibc.bind(descriptor, pointer, size) == 0 ? getsockname(descriptor, pointer, &size) : -1
        }
        guard status == 0 else { throw error(port, errno) }
        return UInt16(bigEndian: name.sin_port)
    }

    /// Begins to take connections.
    ///
    /// - Parameter backlog: how many may wait to be accepted; the kernel lets one more in.
    borrowing func listen(backlog: CInt, port: UInt16) throws(SimulatorError) {
        guard Glibc.listen(descriptor, backlog) == 0 else { throw error(port, errno) }
    }

    /// Connects to the PBX, as a client would; blocks.
    borrowing func connect(port: UInt16) throws(SimulatorError) {
        let descriptor = descriptor
        var name = address.socketAddress(port: port)
        let status = name.withSystemPointer {
            Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        guard status == 0 else { throw error(port, errno) }
    }

    /// Gives the descriptor to a new owner, who must close it.
    consuming func release() -> CInt {
        let descriptor = descriptor
        discard self
        return descriptor
    }

    deinit {
        close(descriptor)
    }

    private func error(_ port: UInt16, _ code: CInt) -> SimulatorError {
        .listening(address: address.description, port: port, errno: code)
    }
}

extension sockaddr_in {
    fileprivate mutating func withSystemPointer<Result>(
        _ use: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &self) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1, use)
        }
    }
}
