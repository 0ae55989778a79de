import Foundation

/// A shell command, for what only a shell can set up.
enum Shell {
    static func run(_ command: String, in folder: String) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", command + " >shell-stdout 2>shell-stderr"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let read = { (name: String) in (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? "" }
        return (process.terminationStatus, read("shell-stdout"), read("shell-stderr"))
    }
}
