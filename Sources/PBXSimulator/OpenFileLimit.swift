import Glibc

/// The process's limit on open files, of which every listener and every connection takes one.
enum OpenFileLimit {
    /// What a process needs beside its listeners to be of any use.
    private static let leastForConnections = 256
    /// What it takes for connections when it can have it.
    private static let wantedForConnections = 8192

    /// Raises the soft limit so that this many listeners fit; never lowers it.
    ///
    /// - Throws: ``SimulatorError`` when the hard limit does not allow it.
    static func raise(forListeners listeners: Int) throws(SimulatorError) {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let wanted = rlim_t(listeners + wantedForConnections)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = min(wanted, limit.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let needed = listeners + leastForConnections
        guard limit.rlim_cur >= rlim_t(needed) else {
            throw .openFiles(needed: needed, limit: Int(clamping: limit.rlim_cur))
        }
    }
}
