import Foundation
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
