import Foundation
import Glibc
import TestSupport
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
        let tool = try ChildProcess.run(
            path, arguments, environment: variables(environment), in: folder, input: Data(input.utf8))
        return Result(status: tool.status, output: tool.text, errors: String(decoding: tool.errors, as: UTF8.self))
    }

    /// A small environment with some more variables.
    fileprivate static func variables(_ more: [String: String]) -> [String: String] {
        let inherited = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "LD_LIBRARY_PATH"].contains($0.key)
        }
        return inherited.merging(more) { $1 }
    }

    /// Starts the binary, with files as its standard output and standard error; nil for none.
    static func start(
        _ arguments: [String], output: Int32? = nil, errors: Int32? = nil, in folder: String
    ) throws -> ChildProcess {
        try ChildProcess(path, arguments, environment: variables([:]), in: folder, output: output, errors: errors)
    }
}

/// The built binary while it runs, with its output going to files.
final class RunningTool {
    let process: ChildProcess
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
        var command = [try BuiltTool.path] + arguments
        if ignoresHangup { command = ["/bin/sh", "-c", #"trap "" HUP; exec "$0" "$@""#] + command }
        let (output, errors) = (try Self.appending("\(folder)/stdout"), try Self.appending("\(folder)/stderr"))
        defer { for file in [output, errors] { close(file) } }
        process = try ChildProcess(
            command[0], Array(command.dropFirst()), environment: BuiltTool.variables(environment), in: folder,
            output: output, errors: errors)
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

    func send(_ signal: Int32) { process.send(signal) }

    /// Waits for the end.
    ///
    /// - Returns: the exit code, or minus the signal that killed it.
    @discardableResult
    func wait() -> Int32 { process.wait() }

    var errors: String { (try? String(contentsOfFile: "\(folder)/stderr", encoding: .utf8)) ?? "" }

    /// Waits until something is so, however slow the machine is; gives up after three minutes at the earliest.
    static func poll(_ condition: () throws -> Bool) rethrows {
        for _ in 0..<18_000 {
            if try condition() { return }
            usleep(10_000)
        }
        Issue.record("what was waited for never came")
    }

    private static func appending(_ path: String) throws -> Int32 {
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        try #require(file >= 0)
        return file
    }
}

/// A shell command, for what only a shell can set up.
enum Shell {
    static func run(_ command: String, in folder: String) throws -> (status: Int32, output: String, errors: String) {
        // The tool would warn of those that say how long the tests try.
        let variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CERTFLEET_") }
        let shell = try ChildProcess(
            "/bin/bash", ["-c", command + " >shell-stdout 2>shell-stderr"], environment: variables, in: folder)
        let status = shell.wait()
        let read = { (name: String) in (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? "" }
        return (status, read("shell-stdout"), read("shell-stderr"))
    }
}
