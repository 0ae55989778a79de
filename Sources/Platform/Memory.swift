import Glibc

/// The memory that the machine lets this process have.
package enum Memory {
    /// Makes sure that there is so much more. Whoever wants some later and does not get it ends the process.
    ///
    /// - Parameters:
    ///   - bytes: how much, above 0.
    ///   - hint: what to do when there is less.
    /// - Throws: ``ToolError`` when there is less.
    package static func reserve(_ bytes: Int, hint: String) throws(ToolError) {
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard memory != MAP_FAILED else {
            throw ToolError(.broken, "\(bytes >> 20) MiB of memory are needed, and the machine has less", hint: hint)
        }
        munmap(memory, bytes)
    }
}
