import Glibc

/// The memory that this process can get. Where it wants some without asking and there is none, it ends.
package enum Memory {
    /// Whether there are so many bytes more, above 0, at this moment.
    package static func has(_ bytes: Int) -> Bool {
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard memory != MAP_FAILED else { return false }
        munmap(memory, bytes)
        return true
    }

    /// Makes sure that there are so many bytes more, above 0, and gives them back at once.
    ///
    /// - Parameters:
    ///   - bytes: how many are needed.
    ///   - hint: what to do when there are fewer.
    /// - Throws: ``lack(of:hint:)`` when there are fewer.
    package static func require(_ bytes: Int, hint: String) throws(ToolError) {
        guard has(bytes) else { throw lack(of: bytes, hint: hint) }
    }

    /// The error that says that there are fewer.
    ///
    /// - Parameters:
    ///   - bytes: how many are needed.
    ///   - hint: what to do about it.
    package static func lack(of bytes: Int, hint: String) -> ToolError {
        ToolError(.broken, "\(max(1, bytes >> 20)) MiB of memory are needed, more than can be had", hint: hint)
    }
}
