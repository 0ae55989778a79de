import Foundation
import Glibc
import Testing

/// The built binary while it runs, with its output going to files.
final class RunningTool {
    let process: Process
    private let folder: String

    /// - Parameters:
    ///   - arguments: what follows the name.
    ///   - environment: added to an otherwise small environment.
    ///   - ignoresHangup: whether it is started as `nohup` does it.
    ///   - folder: the working directory; gets the files `stdout` and `stderr`, which grow from run to run.
    init(
        _ arguments: [String], environment: [String: String] = [:], ignoresHangup: Bool = false, in folder: String
    ) throws {
        self.folder = folder
        process = try BuiltTool.prepare(arguments, environment: environment, in: folder)
        if ignoresHangup {
            process.arguments = ["-c", #"trap "" HUP; exec "$0" "$@""#, try BuiltTool.path] + arguments
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try RunningTool.appending("\(folder)/stdout")
        process.standardError = try RunningTool.appending("\(folder)/stderr")
        try process.run()
    }

    func send(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// Waits for the end.
    ///
    /// - Returns: the exit status, or minus the signal that killed it.
    func wait() -> Int32 {
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
    }

    var errors: String { (try? String(contentsOfFile: "\(folder)/stderr", encoding: .utf8)) ?? "" }

    /// Waits until something is so, however slow the machine is; gives up after a minute.
    static func poll(_ condition: () throws -> Bool) rethrows {
        for _ in 0..<6000 {
            if try condition() { return }
            usleep(10_000)
        }
        Issue.record("what was waited for never came")
    }

    private static func appending(_ path: String) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        return handle
    }
}
