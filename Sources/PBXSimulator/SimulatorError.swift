import Platform
import Glibc

/// Why a simulator could not start, or its record could not be kept.
package struct SimulatorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One clause for a person.
    package let description: String
    /// What to do about it, where that is known.
    package let hint: String?

    /// Whether another port may do.
    let isPortTaken: Bool

    private init(_ description: String, hint: String? = nil, isPortTaken: Bool = false) {
        self.description = description
        self.hint = hint
        self.isPortTaken = isPortTaken
    }

    static func hostCount(_ count: Int, most: Int) -> Self {
        Self("'\(count)' simulated hosts are not possible: it must be 1 to \(most)")
    }

    static func threadCount(_ count: Int) -> Self {
        Self("'\(count)' threads are not possible: it must be 0 (one per core) or more")
    }

    static func openFiles(needed: Int, limit: Int) -> Self {
        Self(
            "the simulated hosts need \(needed) open files, and the limit is \(limit)",
            hint: "raise the limit (ulimit -Hn), or simulate fewer hosts")
    }

    static func listening(address: String, port: UInt16, errno code: CInt) -> Self {
        let isTaken = code == EADDRINUSE
        return Self(
            "cannot listen on '\(address):\(port)': \(text(of: code))",
            hint: isTaken ? "choose another port, or stop what is using this one" : nil, isPortTaken: isTaken)
    }

    static func noFreePort(tries: Int) -> Self {
        Self("no port is free on all addresses: \(tries) were tried", hint: "name a port")
    }

    static func serving(address: String, port: UInt16, cause: any Error) -> Self {
        Self("cannot serve '\(address):\(port)': \(cause)")
    }

    static func recordFile(_ path: String, errno code: CInt) -> Self {
        Self("cannot write the record '\(path)': \(text(of: code))")
    }

    static func stopping(_ cause: any Error) -> Self {
        Self("the simulated hosts did not stop cleanly: \(cause)")
    }

    private static func text(of code: CInt) -> String {
        String(cString: strerror(code)).lowercased()
    }
}
