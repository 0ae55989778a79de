import Glibc

/// The process's limit on open files, of which every connection and every listener takes one.
package enum OpenFileLimit {
    /// Raises the soft limit to the hard one, which any process may.
    ///
    /// - Returns: how many files may be open from now on.
    @discardableResult
    package static func raise() -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        getrlimit(resource, &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        getrlimit(resource, &limit)
        return Int(clamping: limit.rlim_cur)
    }
}
