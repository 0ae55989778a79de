import Glibc
import Platform

/// A loopback port that answers no attempt to connect, because its queue is full.
final class BlackHole {
    let port: UInt16
    private let listener: LoopbackSocket
    private let fillers: [Int32]

    init() throws {
        let host = "127.0.0.1"
        listener = try LoopbackSocket.listening(on: host, backlog: 0)
        let port = listener.port
        self.port = port
        fillers = try (0..<4).map { _ in
            let filler = try LoopbackSocket(isWaiting: false)
            try? filler.connect(to: host, port: port)
            return filler.release()
        }
    }

    deinit {
        for filler in fillers { close(filler) }
    }
}
