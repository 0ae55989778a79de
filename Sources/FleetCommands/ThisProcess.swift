import CRelease
import Dispatch
import Glibc
import Platform

/// The process itself: what is set right about it before it does anything, and how it ends.
package enum ThisProcess {
    /// `MAJOR.MINOR.PATCH` of the tool.
    package static let version = "0.1.0"

    /// What `--version` prints: the number, and commit and date of the sources if whoever built it told them.
    package static let release = "certfleet \(version) (\(String(cString: certfleet_release())))"

    /// What the command line has behind the tool's name; a file's name may be any bytes.
    package static var arguments: [String] {
        (0..<Int(CommandLine.argc)).dropFirst().compactMap { index in
            CommandLine.unsafeArgv[index].map { argument in
                SystemText.text(UnsafeRawBufferPointer(start: argument, count: strlen(argument)))
            }
        }
    }

    /// Keeps the process from being killed by a reader that goes away, and what is secret from getting out, and makes
    /// it answer signals. To be called first of all; ends the process when the machine has not even threads for that.
    package static func prepare() {
        // A reader that goes away and a limit on file sizes are errors like others; they must not kill a run.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        holdStreams()
        hideSecrets()
        saveMemory()
        guard Signals.start(), Say.start() else {
            let text = "certfleet: error: no thread can be started\nhint: raise the limit on processes (ulimit -u)\n"
            _ = write(STDERR_FILENO, text, text.utf8.count)
            _exit(ExitCode.broken.number)
        }
    }

    /// Ends the process once everything is written that was said, without waiting for workers that may hang in a
    /// request.
    package static func end(_ code: ExitCode) -> Never {
        Say.finish()
        _exit(code.number)
    }

    /// Takes the places of standard streams that were closed, or a file of the run would get one and the texts with it.
    private static func holdStreams() {
        var descriptor: Int32 = 0
        // For reading only: what is written there fails as it did before.
        repeat { descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC) } while (0...STDERR_FILENO).contains(descriptor)
        close(descriptor)
    }

    /// Keeps memory, in which there are secrets, from other processes of the same user, from a core file and from a
    /// backtrace, and the keys of TLS connections from the file that this variable names for OpenSSL.
    private static func hideSecrets() {
        unsetenv("SSLKEYLOGFILE")
        _ = setDumpable?(4, 0, 0, 0, 0)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(number, SIG_DFL) }
    }

    /// `prctl`, whose C declaration Swift cannot call; 4 is `PR_SET_DUMPABLE`.
    private static let setDumpable = dlsym(nil, "prctl").map { symbol in
        unsafeBitCast(symbol, to: (@convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32).self)
    }

    /// Where memory is limited, has all threads share one heap and makes their stacks smaller: each would else take 64 MiB
    /// and 8 MiB of what may be had, and use hardly any of it.
    private static func saveMemory() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        guard limit.rlim_cur != rlim_t.max else { return }
        _ = setMemoryOption?(-8, 1)
        withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { buffer in
            guard let attributes = buffer.baseAddress else { return }
            pthread_attr_init(attributes)
            pthread_attr_setstacksize(attributes, 1 << 20)
            _ = setThreadDefaults?(attributes)
            pthread_attr_destroy(attributes)
        }
    }

    /// `mallopt`, which Swift's Glibc does not declare; -8 is `M_ARENA_MAX`.
    private static let setMemoryOption = dlsym(nil, "mallopt").map { symbol in
        unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
    }

    /// `pthread_setattr_default_np`, which Swift's Glibc does not declare.
    private static let setThreadDefaults = dlsym(nil, "pthread_setattr_default_np").map { symbol in
        unsafeBitCast(symbol, to: (@convention(c) (UnsafePointer<pthread_attr_t>) -> Int32).self)
    }

    /// Makes sure that the machine has so many more threads. Whoever wants one later waits for it without end.
    ///
    /// - Throws: `ToolError` when it has not.
    static func reserveThreads(_ count: Int) throws(ToolError) {
        let isOver = DispatchSemaphore(value: 0)
        let context = Unmanaged.passUnretained(isOver).toOpaque()
        var threads: [pthread_t] = []
        for _ in 0..<count {
            var thread = pthread_t()
            let wait: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
                if let context { Unmanaged<DispatchSemaphore>.fromOpaque(context).takeUnretainedValue().wait() }
                return nil
            }
            guard pthread_create(&thread, nil, wait, context) == 0 else { break }
            threads.append(thread)
        }
        for _ in threads { isOver.signal() }
        for thread in threads { pthread_join(thread, nil) }
        guard threads.count == count else {
            throw ToolError(
                .broken, "\(count) threads are needed, and the machine has \(threads.count)",
                hint: "raise the limit on processes (ulimit -u) or on memory (ulimit -v)")
        }
    }
}
