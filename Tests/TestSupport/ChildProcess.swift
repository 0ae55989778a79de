package import Foundation
import Glibc

/// Another program. Foundation's own type for it now and then reads past the end of the list of open files.
package final class ChildProcess {
    /// What is left of a program that has ended.
    package struct Result {
        /// The exit code, or minus the signal that killed it.
        package let status: Int32
        package let output: Data
        package let errors: Data

        /// What it printed, as text.
        package var text: String { String(decoding: output, as: UTF8.self) }
    }

    package let pid: pid_t
    private var status: Int32?

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - path: where it is.
    ///   - arguments: what follows its name.
    ///   - environment: all of its variables; nil for those of this process.
    ///   - folder: the working directory; nil for that of this process.
    ///   - input: the file that is its standard input, and likewise the others; nil for none.
    package init(
        _ path: String, _ arguments: [String], environment: [String: String]? = nil, in folder: String? = nil,
        input: Int32? = nil, output: Int32? = nil, errors: Int32? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (number, file) in [input, output, errors].enumerated() {
            if let file {
                posix_spawn_file_actions_adddup2(&actions, file, Int32(number))
            } else {
                posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", O_RDWR, 0)
            }
        }
        _ = closeFiles(&actions, from: 3)
        if let folder { _ = changeFolder(&actions, to: folder) }
        // One that ends before it has read its input must not end the tests.
        signal(SIGPIPE, SIG_IGN)
        var pipe = sigset_t()
        sigaddset(&pipe, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &pipe)
        // A group of its own, so that a signal to the group of the tests does not reach it.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let variables = (environment ?? ProcessInfo.processInfo.environment).map { strdup("\($0)=\($1)") } + [nil]
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, &attributes, words, variables)
        guard code == 0 else { throw POSIXError(POSIXError.Code(rawValue: code) ?? .ENOENT) }
        self.pid = pid
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - path: where it is.
    ///   - arguments: what follows its name.
    ///   - environment: all of its variables; nil for those of this process.
    ///   - folder: the working directory; nil for that of this process.
    ///   - input: what standard input holds.
    package static func run(
        _ path: String, _ arguments: [String], environment: [String: String]? = nil, in folder: String? = nil,
        input: Data = Data()
    ) throws -> Result {
        let (given, output, errors) = (Pipe(), Pipe(), Pipe())
        let process = try ChildProcess(
            path, arguments, environment: environment, in: folder, input: given.fileHandleForReading.fileDescriptor,
            output: output.fileHandleForWriting.fileDescriptor, errors: errors.fileHandleForWriting.fileDescriptor)
        try given.fileHandleForReading.close()
        for pipe in [output, errors] { try pipe.fileHandleForWriting.close() }
        let (said, group) = (Box(), DispatchGroup())
        DispatchQueue(label: "stderr").async(group: group) {
            said.data = errors.fileHandleForReading.readDataToEndOfFile()
        }
        DispatchQueue(label: "stdin").async(group: group) {
            try? given.fileHandleForWriting.write(contentsOf: input)
            try? given.fileHandleForWriting.close()
        }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        group.wait()
        return Result(status: process.wait(), output: data, errors: said.data)
    }

    // Safe because it is written once, before the group is waited for.
    private final class Box: @unchecked Sendable {
        var data = Data()
    }

    package var isRunning: Bool {
        if status == nil { look(WNOHANG) }
        return status == nil
    }

    package func send(_ signal: Int32) {
        // Once it is waited for, the number may be another's.
        if status == nil { kill(pid, signal) }
    }

    /// Waits for the end.
    ///
    /// - Returns: the exit code, or minus the signal that killed it.
    @discardableResult
    package func wait() -> Int32 {
        while status == nil { look(0) }
        return status ?? 0
    }

    private func look(_ options: Int32) {
        var end: Int32 = 0
        let ended = waitpid(pid, &end, options)
        precondition(ended >= 0 || errno == EINTR, "somebody else has waited for the program")
        if ended == pid { status = end & 0x7F == 0 ? end >> 8 & 0xFF : -(end & 0x7F) }
    }
}

// Swift does not see what glibc has beyond POSIX.

@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
private func closeFiles(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, from first: Int32) -> Int32

@_silgen_name("posix_spawn_file_actions_addchdir_np")
private func changeFolder(
    _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, to path: UnsafePointer<CChar>
) -> Int32
