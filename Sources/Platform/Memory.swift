import Glibc

/// The memory that this process can get.
package enum Memory {
    /// Makes sure that there is so much more, and gives it back at once. Where memory is wanted without asking and there is
    /// none, the process ends.
    ///
    /// - Parameters:
    ///   - bytes: how much, above 0.
    ///   - hint: what to do when there is less.
    /// - Throws: ``lack(of:hint:)`` when there is less.
    package static func require(_ bytes: Int, hint: String) throws(ToolError) {
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard memory != MAP_FAILED else { throw lack(of: bytes, hint: hint) }
        munmap(memory, bytes)
    }

    /// That this process cannot get so many bytes more.
    package static func lack(of bytes: Int, hint: String) -> ToolError {
        ToolError(.broken, "\(max(1, bytes >> 20)) MiB more memory are needed than can be had", hint: hint)
    }
}
