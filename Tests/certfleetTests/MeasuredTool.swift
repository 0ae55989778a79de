import Platform
import Glibc
import Testing

/// One run of the built binary, with what it took from the machine.
struct MeasuredTool {
    /// Exit status, or minus the signal that ended it.
    let status: Int32
    /// Time on a processor, its own and the kernel's for it.
    let processorTime: Duration
    /// Bytes of memory that it had at most; never less than what this process had at most, which is where the kernel
    /// starts counting.
    let peakMemory: Int

    /// Bytes of memory that this process had at most.
    static var ownPeakMemory: Int {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return usage.ru_maxrss * 1024
    }

    /// Runs the binary to its end, without input and output, and with next to no environment.
    ///
    /// - Parameters:
    ///   - arguments: what follows the name.
    ///   - limit: how long to wait before it is killed.
    static func run(_ arguments: [String], limit: Duration) throws -> MeasuredTool {
        let process = try start(arguments)
        let clock = ContinuousClock()
        let end = clock.now + limit
        var (status, usage) = (Int32(0), rusage())
        while wait4(process, &status, WNOHANG, &usage) == 0 {
            if clock.now > end { kill(process, SIGKILL) }
            usleep(500)
        }
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        let signal = status & 0x7F
        return MeasuredTool(
            status: signal == 0 ? status >> 8 & 0xFF : -signal,
            processorTime: .seconds(seconds) + .microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
            peakMemory: usage.ru_maxrss * 1024)
    }

    private static func start(_ arguments: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        // Else it would hold the pipes of what other tests run at the same time; closing what is not open is no error.
        for number in 3..<Int32(min(1024, sysconf(Int32(_SC_OPEN_MAX)))) {
            posix_spawn_file_actions_addclose(&actions, number)
        }
        let path = try BuiltTool.path
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        // A crash shall be over at once, not be explained.
        var variables = ["SWIFT_BACKTRACE=enable=no"]
        if let folders = getenv("LD_LIBRARY_PATH") { variables.append("LD_LIBRARY_PATH=\(String(cString: folders))") }
        let environment = variables.map { strdup($0) } + [nil]
        defer { environment.forEach { free($0) } }
        var process = pid_t()
        let code = posix_spawn(&process, path, &actions, nil, words, environment)
        try #require(code == 0, "'\(path)' cannot be started: \(String(cString: strerror(code)))")
        return process
    }
}
