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

/// Open files that a process keeps, so that it can still open some when connections have taken all others.
package final class SpareFiles: Sendable {
    private let files: Lock<[Int32]>

    /// - Parameter count: how many files to keep.
    /// - Throws: ``ToolError`` when there are not so many.
    package init(_ count: Int) throws(ToolError) {
        files = Lock([])
        for _ in 0..<count {
            let number = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard number >= 0 else { throw .cannot("open", "/dev/null", code: errno) }
            files.withLock { $0.append(number) }
        }
    }

    /// Lets go of them, so that others can be opened.
    package func release() {
        files.withLock { files in
            for number in files { close(number) }
            files = []
        }
    }

    deinit {
        release()
    }
}
