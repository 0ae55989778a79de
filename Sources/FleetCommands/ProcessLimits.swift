import Platform
import Glibc

/// The process's limit on open files.
enum OpenFiles {
    /// A connection, libcurl's pair of wake-up sockets, and a file of certificates or secrets.
    private static let ofEachJob = 4
    /// The run directory, the input, libraries.
    private static let ofTheRun = 40

    /// Raises the soft limit to what a run needs, as far as the hard limit allows.
    ///
    /// - Throws: `ToolError` when that is not enough: connections that lack a file would look like dead hosts.
    static func reserve(jobs: Int) throws {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        let needed = UInt(jobs * ofEachJob + ofTheRun)
        var limit = rlimit()
        getrlimit(resource, &limit)
        limit.rlim_cur = max(limit.rlim_cur, min(needed, limit.rlim_max))
        setrlimit(resource, &limit)
        guard limit.rlim_cur >= needed else {
            throw ToolError(
                .broken, "\(jobs) jobs need \(needed) open files, and the limit is \(limit.rlim_cur)",
                hint: "raise the limit (ulimit -n), or lower --jobs")
        }
    }
}

/// What is set right about the process before it does anything.
package enum StartOfProcess {
    /// Keeps a run from being killed by a reader that goes away, and what is secret from getting out.
    package static func prepare() {
        // A reader that goes away and a limit on file sizes are errors like others; they must not kill a run.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        holdStreams()
        hideMemory()
    }

    /// Takes the places of standard streams that were closed, or a file of the run would get one and the texts with it.
    private static func holdStreams() {
        var descriptor: Int32 = 0
        // For reading only: what is written there fails as it did before.
        repeat { descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC) } while (0...STDERR_FILENO).contains(descriptor)
        close(descriptor)
    }

    /// Keeps a crash from writing out memory, in which there are secrets: neither a core file nor a backtrace.
    private static func hideMemory() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, SIGQUIT] { signal(number, SIG_DFL) }
    }
}

/// Which certfleet this is.
package enum Version {
    /// `MAJOR.MINOR.PATCH`.
    package static let number = "0.1.0"
}
