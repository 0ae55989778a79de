import Glibc

/// A server on a loopback port of its own that treats each connection as its script says, one after the other.
package final class ScriptedServer: Sendable {
    /// What becomes of one connection.
    package enum Act: Sendable {
        /// Reads the request, sends these bytes, and closes.
        case answer([UInt8])
        /// Reads the request, sends these bytes, and keeps the connection until the client has gone.
        case answerAndKeep([UInt8])
        /// Reads the request, sends these bytes, and resets the connection.
        case answerAndReset([UInt8])
        /// Reads the request, sends the first bytes, and then the others again and again, slowly, until the client has
        /// gone.
        case drip(first: [UInt8], then: [UInt8])
        /// Reads the request and says nothing until the client has gone.
        case silence
        /// Closes without reading.
        case closeUnread
        /// Sends these bytes without reading and waits until the client has gone.
        case talk([UInt8])

        /// A whole HTTP answer.
        package static func answer(_ status: Int, _ body: String, headers: [String] = []) -> Act {
            let lines = ["HTTP/1.1 \(status) Any", "Content-Length: \(body.utf8.count)"] + headers
            return .answer(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
        }
    }

    package let host: String
    package let port: UInt16
    private let listener: Int32
    private let thread: pthread_t
    private let service: ScriptedService

    /// - Parameters:
    ///   - host: the loopback address to listen on.
    ///   - script: what becomes of the first, the second … connection; those beyond are closed unread.
    /// - Throws: ``LoopbackSocket/Failure``.
    package init(host: String = "127.0.0.1", _ script: [Act]) throws {
        self.host = host
        listener = try LoopbackSocket.listening(host: host, backlog: 16)
        port = LoopbackSocket.port(of: listener)
        service = ScriptedService(listener: listener, script: script)
        var thread = pthread_t()
        pthread_create(&thread, nil, serve, Unmanaged.passRetained(service).toOpaque())
        self.thread = thread
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        pthread_join(thread, nil)
        close(listener)
    }

    /// The requests that were read, in their order.
    package var requests: [ScriptedRequest] { service.requests }
}

private func serve(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<ScriptedService>.fromOpaque(context).takeRetainedValue().serve()
    return nil
}
