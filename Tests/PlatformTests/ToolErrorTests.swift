import Glibc
import Platform
import Testing

@Suite("A tool error")
struct ToolErrorTests {
    @Test(
        "about a failed call says why and what to do",
        arguments: [
            (ENOSPC, "no space left on device", "make room on the disk"),
            (EROFS, "read-only file system", "make it accessible to this user, or name another one"),
            (EIO, "input/output error", nil),
        ])
    func failedCall(code: Int32, cause: String, hint: String?) {
        let error = ToolError.cannot("write", "run/ledger.jsonl", code: code)
        #expect(error.kind == .broken)
        #expect(error.message == "cannot write 'run/ledger.jsonl': \(cause)" && error.hint == hint)
    }
}
