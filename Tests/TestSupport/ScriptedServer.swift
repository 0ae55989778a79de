import Glibc
import Platform

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
        /// Reads the request's head, sends these bytes, and takes what still comes of the body until the client has gone.
        case answerHead([UInt8], Farewell)
        /// Closes without reading.
        case closeUnread
        /// Resets the connection without reading.
        case resetUnread
        /// Sends these bytes without reading and waits until the client has gone.
        case talk([UInt8])

        /// What a server does behind its last byte.
        package enum Farewell: Sendable {
            case nothing, close, reset
        }

        /// A whole HTTP answer.
        package static func answer(_ status: Int, _ body: String, headers: [String] = []) -> Act {
            let lines = ["HTTP/1.1 \(status) Any", "Content-Length: \(body.utf8.count)"] + headers
            return .answer(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
        }
    }

    package let host: String
    package let port: UInt16
    private let listener: LoopbackSocket
    private let thread: pthread_t
    private let service: ScriptedService

    /// - Parameters:
    ///   - host: the loopback address to listen on.
    ///   - script: what becomes of the first, the second … connection; those beyond are closed unread.
    /// - Throws: ``LoopbackSocket/Refusal``.
    package init(host: String = "127.0.0.1", _ script: [Act]) throws {
        self.host = host
        listener = try LoopbackSocket.listening(on: host, backlog: 16)
        port = listener.port
        service = ScriptedService(listener: listener.number, script: script)
        var thread = pthread_t()
        pthread_create(&thread, nil, serve, Unmanaged.passRetained(service).toOpaque())
        self.thread = thread
    }

    deinit {
        shutdown(listener.number, Int32(SHUT_RDWR))
        pthread_join(thread, nil)
    }

    /// The requests that were read, in their order.
    package var requests: [ScriptedRequest] { service.requests }
}

private func serve(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<ScriptedService>.fromOpaque(context).takeRetainedValue().serve()
    return nil
}

/// The part of a ``ScriptedServer`` that its thread runs.
private final class ScriptedService: Sendable {
    private let listener: Int32
    private let script: [ScriptedServer.Act]
    private let received = Lock<[ScriptedRequest]>([])

    init(listener: Int32, script: [ScriptedServer.Act]) {
        self.listener = listener
        self.script = script
    }

    var requests: [ScriptedRequest] { received.withLock { $0 } }

    /// Serves one connection after the other until the listening socket is shut down.
    func serve() {
        var number = 0
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            serve(connection, number < script.count ? script[number] : .closeUnread)
            close(connection)
            number += 1
        }
    }

    private func serve(_ connection: Int32, _ act: ScriptedServer.Act) {
        switch act {
        case .closeUnread: break
        case .resetUnread: prepareReset(connection)
        case .silence:
            note(connection)
            waitForEnd(connection)
        case .answer(let bytes):
            note(connection)
            _ = write(connection, bytes)
        case .answerAndKeep(let bytes):
            note(connection)
            _ = write(connection, bytes)
            waitForEnd(connection)
        case .answerAndReset(let bytes):
            note(connection)
            _ = write(connection, bytes)
            prepareReset(connection)
        case .answerHead(let bytes, let farewell): answerHead(connection, bytes, farewell)
        case .drip(let first, let then):
            note(connection)
            _ = write(connection, first)
            while write(connection, then) { usleep(20_000) }
        case .talk(let bytes):
            _ = write(connection, bytes)
            waitForEnd(connection)
        }
    }

    private func prepareReset(_ connection: Int32) {
        // Without a pause the reset would overtake the bytes.
        usleep(50_000)
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    }

    private func answerHead(_ connection: Int32, _ bytes: [UInt8], _ farewell: ScriptedServer.Act.Farewell) {
        var text = ScriptedRequest.readHead(from: connection)
        _ = write(connection, bytes)
        switch farewell {
        case .nothing: break
        case .close: shutdown(connection, Int32(SHUT_WR))
        case .reset: return prepareReset(connection)
        }
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(connection, &chunk, chunk.count, 0), count > 0 { text += chunk.prefix(count) }
        guard let request = ScriptedRequest(cutShort: text) else { return }
        received.withLock { $0.append(request) }
    }

    private func note(_ connection: Int32) {
        guard let request = ScriptedRequest(readFrom: connection) else { return }
        received.withLock { $0.append(request) }
    }

    private func waitForEnd(_ connection: Int32) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while recv(connection, &bytes, bytes.count, 0) > 0 {}
    }

    /// - Returns: whether all of it could be sent.
    private func write(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(connection, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}

/// A request as a ``ScriptedServer`` read it.
package struct ScriptedRequest: Sendable {
    /// `POST /path?query HTTP/1.1`.
    package let line: String
    /// The header lines.
    package let headers: [String]
    package let body: String
    /// In how many pieces it came; 0 when nobody counted them. Two that were sent apart may come as one.
    package private(set) var pieces = 0

    /// Reads up to the end of the body that `Content-Length` announces; nil when the client goes before.
    fileprivate init?(readFrom connection: Int32) {
        var text: [UInt8] = []
        var pieces = 0
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let request = Self(whole: text) {
                self = request
                self.pieces = pieces
                return
            }
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            text += chunk.prefix(count)
            pieces += 1
        }
    }

    private init?(whole text: [UInt8]) {
        self.init(cutShort: text)
        let prefix = "content-length: "
        let length = headers.first { $0.lowercased().hasPrefix(prefix) }.flatMap { Int($0.dropFirst(prefix.count)) }
        guard body.utf8.count >= length ?? 0 else { return nil }
    }

    /// A request whose body may be only a part of what was announced; nil when not even its head is whole.
    fileprivate init?(cutShort text: [UInt8]) {
        guard let end = text.firstRange(of: Self.headEnd) else { return nil }
        let lines = String(decoding: text[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
        line = lines.first ?? ""
        headers = Array(lines.dropFirst())
        body = String(decoding: text[end.upperBound...], as: UTF8.self)
    }

    fileprivate static func readHead(from connection: Int32) -> [UInt8] {
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while text.suffix(headEnd.count) != headEnd[...], recv(connection, &byte, 1, 0) == 1 { text.append(byte) }
        return text
    }

    private static let headEnd = Array("\r\n\r\n".utf8)
}
