import Glibc

/// The process's limit on open files, of which every listener and every connection takes one.
enum OpenFileLimit {
    /// What a process needs beside its listeners to be of any use.
    private static let leastForConnections = 256
    /// What it takes for connections when it can have it.
    private static let wantedForConnections = 8192

    /// Raises the process's soft limit so that this many listeners fit; never lowers it.
    ///
    /// - Throws: ``SimulatorError`` when the hard limit does not allow it.
    static func raise(forListeners listeners: Int) throws(SimulatorError) {
        var limit = rlimit()
        getrlimit(resource, &limit)
        limit.rlim_cur = try soft(limit.rlim_cur, hard: limit.rlim_max, forListeners: listeners)
        setrlimit(resource, &limit)
    }

    /// The soft limit to set: room for the listeners and 8192 connections, as far as the hard limit goes. 100 listeners:
    /// 1024 of 1048576 becomes 8292, 1024 of 4096 becomes 4096, 20000 stays.
    ///
    /// - Throws: ``SimulatorError`` when not even 256 connections would have room.
    static func soft(_ soft: UInt, hard: UInt, forListeners listeners: Int) throws(SimulatorError) -> UInt {
        let raised = max(soft, min(UInt(listeners + wantedForConnections), hard))
        let needed = listeners + leastForConnections
        guard raised >= UInt(needed) else { throw .openFiles(needed: needed, limit: Int(clamping: hard)) }
        return raised
    }

    private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
}
