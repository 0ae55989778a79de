import Glibc
import Platform
import Testing

@Suite("A loopback socket")
struct LoopbackSocketTests {
    private static let host = "127.60.0.1"

    @Test("is refused where nobody listens, and lets through where somebody does")
    func connecting() throws {
        let listener = try LoopbackSocket()
        #expect(listener.port == 0)
        try listener.bind(Self.host)
        let port = listener.port
        #expect(throws: LoopbackSocket.Refusal(code: ECONNREFUSED)) {
            try LoopbackSocket().connect(to: Self.host, port: port)
        }
        try listener.listen(backlog: 1)
        try LoopbackSocket().connect(to: Self.host, port: port)
    }

    @Test("gives its port up with the value, and not before")
    func closing() throws {
        let port = try {
            let listener = try LoopbackSocket.listening(on: Self.host, backlog: 1)
            let port = listener.port
            #expect(throws: LoopbackSocket.Refusal(code: EADDRINUSE)) {
                _ = try LoopbackSocket.listening(on: Self.host, port: port, backlog: 1)
            }
            return port
        }()
        #expect(try LoopbackSocket.listening(on: Self.host, port: port, backlog: 1).port == port)
    }

    @Test("stays open when it was given away")
    func releasing() throws {
        let listener = try LoopbackSocket.listening(on: Self.host, backlog: 1)
        let port = listener.port
        let number = listener.release()
        try LoopbackSocket().connect(to: Self.host, port: port)
        #expect(close(number) == 0)
    }

    @Test("does not wait when it is told not to")
    func notWaiting() throws {
        let listener = try LoopbackSocket.listening(on: Self.host, backlog: 1)
        let client = try LoopbackSocket(isWaiting: false)
        try? client.connect(to: Self.host, port: listener.port)
        var byte: UInt8 = 0
        #expect(recv(client.number, &byte, 1, 0) == -1 && errno == EAGAIN)
    }
}
