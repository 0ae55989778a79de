import Glibc
import TestSupport

/// A loopback port that answers no attempt to connect, because its queue is full.
final class BlackHole {
    let port: UInt16
    private let sockets: [Int32]

    init() throws {
        let host = "127.0.0.1"
        let listener = try LoopbackSocket.listening(host: host, backlog: 0)
        let port = LoopbackSocket.port(of: listener)
        self.port = port
        sockets = [listener] + (0..<4).map { _ in LoopbackSocket.connecting(host: host, port: port) }
    }

    deinit {
        for socket in sockets { close(socket) }
    }
}
