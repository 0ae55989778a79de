import Foundation
import Glibc
import Testing

/// The built binary, run as a user would run it.
struct BuiltTool {
    /// What one run of the binary left behind.
    struct Result {
        let status: Int32
        let output: String
        let errors: String

        /// The lines of standard output.
        var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) }
    }

    /// The binary beside the test bundle.
    static var path: String {
        get throws {
            let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            let candidates = [bundle, URL(fileURLWithPath: CommandLine.arguments[0])].map {
                $0.deletingLastPathComponent().appendingPathComponent("certfleet").path
            }
            return try #require(candidates.first { FileManager.default.isExecutableFile(atPath: $0) })
        }
    }

    /// Runs the binary to its end.
    ///
    /// - Parameters:
    ///   - arguments: what follows the name.
    ///   - environment: added to an otherwise small environment.
    ///   - input: what standard input holds.
    ///   - folder: the working directory.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String = "", in folder: String? = nil
    ) throws -> Result {
        let process = try prepare(arguments, environment: environment, in: folder)
        let (output, errors, standardInput) = (Pipe(), Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = standardInput
        try process.run()
        standardInput.fileHandleForWriting.write(Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        let reading = DispatchQueue(label: "stderr")
        let errorText = Box()
        let group = DispatchGroup()
        reading.async(group: group) { errorText.data = errors.fileHandleForReading.readDataToEndOfFile() }
        let outputData = output.fileHandleForReading.readDataToEndOfFile()
        group.wait()
        process.waitUntilExit()
        let status =
            process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
        return Result(
            status: status, output: String(decoding: outputData, as: UTF8.self),
            errors: String(decoding: errorText.data, as: UTF8.self))
    }

    /// A process for the binary that was not started yet.
    static func prepare(
        _ arguments: [String], environment: [String: String] = [:], in folder: String? = nil
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try path)
        process.arguments = arguments
        let inherited = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "LD_LIBRARY_PATH"].contains($0.key)
        }
        process.environment = inherited.merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        return process
    }

    // Safe because it is written once, before the group is waited for.
    private final class Box: @unchecked Sendable {
        var data = Data()
    }
}

/// The built binary while it runs, with its output going to files.
final class RunningTool {
    let process: Process
    private let folder: String
    /// The end of a pipe that the tool reads; negative for none.
    private var input: Int32 = -1

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

    /// Starts the tool on an input that comes through a pipe, waits until it reads, and gives it 40 bytes of a header.
    ///
    /// - Parameter pipe: path of the pipe, which is made.
    convenience init(_ arguments: [String], reading pipe: String, in folder: String) throws {
        mkfifo(pipe, 0o600)
        try self.init(arguments, in: folder)
        // Opens only once there is a reader.
        RunningTool.poll {
            input = open(pipe, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
            return input >= 0
        }
        let header = "base_url,access_token,id,auto_renewal,co"
        try #require(write(input, header, header.utf8.count) == 40)
    }

    deinit {
        if input >= 0 { close(input) }
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

    /// Waits until something is so, however slow the machine is; gives up after three minutes at the earliest.
    static func poll(_ condition: () throws -> Bool) rethrows {
        for _ in 0..<18_000 {
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

/// A shell command, for what only a shell can set up.
enum Shell {
    static func run(_ command: String, in folder: String) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", command + " >shell-stdout 2>shell-stderr"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        // The tool would warn of those that say how long the tests try.
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CERTFLEET_") }
        try process.run()
        process.waitUntilExit()
        let read = { (name: String) in (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? "" }
        return (process.terminationStatus, read("shell-stdout"), read("shell-stderr"))
    }
}
