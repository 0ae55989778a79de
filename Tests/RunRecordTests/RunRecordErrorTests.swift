import Glibc
import Testing

@testable import RunRecord

@Suite struct RunRecordErrorTests {
    @Test(
        "a failed call says why and what to do",
        arguments: [
            (ENOSPC, "no space left on device", "make room on the disk, then continue with --resume"),
            (EROFS, "read-only file system", "make it accessible, or choose another directory with --out"),
            (EIO, "input/output error", "mend the cause, or choose another directory with --out"),
        ])
    func failedCall(code: Int32, cause: String, hint: String) {
        let error = RunRecordError.cannot("write", "run/ledger.jsonl", code: code)
        #expect(error.errorClass == .broken)
        #expect(error.message == "cannot write 'run/ledger.jsonl': \(cause)" && error.hint == hint)
    }
}
