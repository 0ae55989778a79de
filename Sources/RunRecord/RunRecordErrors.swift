import Platform

extension ToolError {
    static func holdsRun(_ path: String) -> ToolError {
        ToolError(
            .usage, "'\(path)' already holds a run",
            hint: "choose another directory with --out, or continue that run with --resume")
    }

    static func holdsNoRun(_ path: String) -> ToolError {
        ToolError(
            .usage, "'\(path)' holds no run to continue",
            hint: "name the directory of the run with --out, or leave out --resume to start a new one")
    }

    static func lostLedger(_ path: String) -> ToolError {
        ToolError(
            .usage, "'\(path)' holds a run without its ledger, so nobody knows what was sent",
            hint: "put ledger.jsonl back, or choose another directory with --out and leave out --resume")
    }

    static func notADirectory(_ path: String) -> ToolError {
        ToolError(
            .usage, "'\(path)' is not a directory",
            hint: "choose another directory with --out")
    }

    /// - Parameter pid: the process that holds the lock; nil when it is out of sight, as in another container.
    static func locked(_ path: String, by pid: Int32?) -> ToolError {
        let owner = pid.map { "process \($0)" } ?? "another process"
        return ToolError(
            .broken, "'\(path)' is in use by \(owner)",
            hint: "wait until it has ended, or choose another directory with --out")
    }

    static func damagedLedger(_ path: String, line: Int, _ reason: String) -> ToolError {
        ToolError(
            .broken, "\(path):\(line): damaged line: \(reason)",
            hint: "take that line out and use --resume again; a row it speaks of may be sent once more")
    }
}
