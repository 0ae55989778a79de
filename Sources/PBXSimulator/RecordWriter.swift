import Glibc
import Synchronization

/// Writes requests as JSON lines, secrets masked, each with one call to the system: a line is in the file, whole, once
/// ``write(_:)`` returns, and lines of several threads do not mix.
final class RecordWriter: Sendable {
    private let path: String
    private let descriptor: CInt
    /// The first errno of a write; 0 as long as all went well.
    private let failure = Atomic<CInt>(0)
    private let isClosed = Atomic<Bool>(false)

    /// Creates the file, or empties it.
    init(path: String) throws(SimulatorError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .recordFile(path, errno: errno) }
    }

    func write(_ request: RecordedRequest) {
        var line = request.maskedLine
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                guard count > 0 else {
                    if count < 0, errno == EINTR { continue }
                    noteFailure(errno)
                    return
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    /// Must come after the last ``write(_:)``; a second call does nothing.
    func close() throws(SimulatorError) {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        if Glibc.close(descriptor) != 0 {
            noteFailure(errno)
        }
        let code = failure.load(ordering: .relaxed)
        guard code == 0 else { throw .recordFile(path, errno: code) }
    }

    private func noteFailure(_ code: CInt) {
        _ = failure.compareExchange(expected: 0, desired: code, ordering: .relaxed)
    }

    deinit {
        try? close()
    }
}
