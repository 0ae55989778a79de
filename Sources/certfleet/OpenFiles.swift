import Glibc

/// The process's limit on open files.
enum OpenFiles {
    /// A connection, libcurl's pair of wake-up sockets, and a file of certificates or secrets.
    private static let ofEachJob = 4
    /// The run directory, the input, libraries.
    private static let ofTheRun = 40

    /// Raises the soft limit to what a run needs, as far as the hard limit allows.
    ///
    /// - Throws: ``Complaint`` when that is not enough: connections that lack a file would look like dead hosts.
    static func reserve(jobs: Int) throws {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        let needed = UInt(jobs * ofEachJob + ofTheRun)
        var limit = rlimit()
        getrlimit(resource, &limit)
        limit.rlim_cur = max(limit.rlim_cur, min(needed, limit.rlim_max))
        setrlimit(resource, &limit)
        guard limit.rlim_cur >= needed else {
            throw Complaint.broken(
                "\(jobs) jobs need \(needed) open files, and the limit is \(limit.rlim_cur)",
                hint: "raise the limit (ulimit -n), or lower --jobs")
        }
    }
}
