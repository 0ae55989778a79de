import Platform
import Glibc
import Synchronization

/// The part of a ``ScriptedServer`` that its thread runs.
final class ScriptedService: Sendable {
    private let listener: Int32
    private let script: [ScriptedServer.Act]
    private let received = Mutex<[ScriptedRequest]>([])

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
            // Without a pause the reset would overtake the bytes.
            usleep(50_000)
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        case .drip(let first, let then):
            note(connection)
            _ = write(connection, first)
            while write(connection, then) { usleep(20_000) }
        case .talk(let bytes):
            _ = write(connection, bytes)
            waitForEnd(connection)
        }
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
