import Foundation
import Glibc
import PBXSimulator
import Platform

/// A blocking HTTP client over one socket per request, as plain as can be, so that a test sees exactly what came.
struct RawClient {
    /// How a connection went on that did not refuse.
    enum Ending: Equatable {
        case closed
        case reset
        case timedOut
    }

    /// Everything that came until the connection ended.
    struct Reply {
        let text: String
        let ending: Ending

        var status: Int? { text.split(separator: " ").dropFirst().first.flatMap { Int($0) } }
        var body: String { text.range(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? "" }
        var errcode: Int? {
            body.firstMatch(of: /"errcode":(-?[0-9]+)/).flatMap { Int($0.1) }
        }
        var refreshToken: String? { body.firstMatch(of: /"refresh_token":"([^"]*)"/).map { String($0.1) } }
        var token: String? { body.firstMatch(of: /"access_token":"([^"]*)"/).map { String($0.1) } }
    }

    let host: SimulatedHost
    /// The User-Agent to send; nil sends none.
    var userAgent: String? = "OpenAPI"
    /// How long to wait for a connection, and for each piece of an answer.
    var timeout = Duration.seconds(20)
    /// Address to connect from.
    var source = "127.0.0.1"
    /// Stop reading after so many bytes.
    var readLimit = 1 << 20

    func get(_ path: String) throws -> Reply { try exchange("GET", path, "") }

    func post(_ path: String, _ body: String) throws -> Reply { try exchange("POST", path, body) }

    func logIn(id: String? = nil, secret: String? = nil) throws -> Reply {
        try post(
            "get_token",
            "{\"username\":\"\(id ?? host.clientID)\",\"password\":\"\(secret ?? host.clientSecret)\"}")
    }

    func update(_ body: String, token: String) throws -> Reply {
        try post("certificate/update?access_token=\(token)", body)
    }

    func logOut(token: String) throws -> Reply { try get("del_token?access_token=\(token)") }

    /// Sends a form as curl does.
    ///
    /// - Parameter parts: header lines beside `Content-Disposition: form-data`, and content of each.
    func upload(_ parts: [(header: String, content: String)], token: String) throws -> Reply {
        let form = parts.map {
            "--xYz\r\nContent-Disposition: form-data; \($0.header)\r\n\r\n\($0.content)\r\n"
        }
        return try exchange(
            "POST", "certificate/upload?access_token=\(token)", form.joined() + "--xYz--\r\n",
            type: "multipart/form-data; boundary=xYz")
    }

    /// Sends one request and reads all that comes. A path without a leading slash is one under the API's.
    func exchange(
        _ method: String, _ path: String, _ body: String, type: String = "application/json"
    ) throws -> Reply {
        let target = path.hasPrefix("/") ? path : "/openapi/v1.0/\(path)"
        let agent = userAgent.map { "User-Agent: \($0)\r\n" } ?? ""
        return try send(
            "\(method) \(target) HTTP/1.1\r\nHost: \(host.address)\r\n\(agent)Content-Type: \(type)\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// Sends these bytes over a connection of their own and reads all that comes.
    ///
    /// - Throws: `LoopbackSocket.Refusal` when the connection cannot be made.
    func send(_ text: String) throws -> Reply {
        let socket = try LoopbackSocket()
        setTimeout(of: socket.number)
        try socket.bind(source)
        try socket.connect(to: host.address, port: host.port)
        // A connection that is dropped unread may be gone already: what matters is what can be read.
        let bytes = Array(text.utf8)
        _ = Glibc.send(socket.number, bytes, bytes.count, CInt(MSG_NOSIGNAL))
        return read(socket.number)
    }

    private func setTimeout(of descriptor: CInt) {
        let (seconds, attoseconds) = timeout.components
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private func read(_ descriptor: CInt) -> Reply {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < readLimit {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return Reply(text: String(decoding: bytes, as: UTF8.self), ending: Self.ending(count)) }
            bytes.append(contentsOf: buffer[..<count])
        }
        return Reply(text: String(decoding: bytes, as: UTF8.self), ending: .timedOut)
    }

    private static func ending(_ count: Int) -> Ending {
        if count == 0 { return .closed }
        return errno == ECONNRESET ? .reset : .timedOut
    }
}
