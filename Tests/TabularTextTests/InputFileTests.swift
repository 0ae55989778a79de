import Platform
import Foundation
import TestSupport
import Testing

@testable import TabularText

@Suite("Opening an input")
struct InputFileTests {
    @Test("What cannot be opened says so and what to do")
    func refused() throws {
        let directory = try WorkDirectory()
        let missing = #expect(throws: ToolError.self) {
            try InputFile.open(directory.file("no\nfile"), kept: true)
        }
        #expect(missing?.message == "cannot open '\(directory.file("no\\nfile"))': no such file or directory")
        #expect(missing?.hint != nil && missing?.kind == .usage)
        let folder = #expect(throws: ToolError.self) { try InputFile.open(directory.path, kept: false) }
        #expect(folder?.description == "'\(directory.path)' is a folder: name the file inside it")
    }

    @Test("A kept input gives its bytes again whatever happens to the file")
    func kept() throws {
        let directory = try WorkDirectory()
        let bytes = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let path = try directory.write("x", bytes: bytes)
        let input = try InputFile.open(path, kept: true)
        try FileManager.default.removeItem(atPath: path)
        for _ in 0..<2 {
            var read: [UInt8] = []
            try input.forEachSlice { read.append(contentsOf: $0) }
            #expect(read == bytes)
        }
        #expect(input.name == path)
    }

    @Test("A kept input is read no further than it is asked for, and not beyond an end that it had")
    func asked() throws {
        let directory = try WorkDirectory()
        let path = try directory.write("x", "abc")
        let input = try InputFile.open(path, kept: true)
        let file = try #require(FileHandle(forWritingAtPath: path))
        #expect(try text(input, at: 0) == "abc")
        try file.seekToEnd()
        try file.write(contentsOf: Data("def".utf8))
        #expect(try text(input, at: 3) == "def")
        #expect(try text(input, at: 6) == "")
        try file.write(contentsOf: Data("ghi".utf8))
        #expect(try text(input, at: 6) == "")
        try file.truncate(atOffset: 0)
        #expect(try text(input, at: 2) == "cdef")
    }

    private func text(_ input: InputFile, at offset: Int) throws -> String {
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = try bytes.withUnsafeMutableBytes { try input.read(at: offset, into: $0) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    @Test(
        "References are relative to the folder of the input",
        arguments: [("a/b.csv", "a"), ("b.csv", "."), ("/b", "/")])
    func folder(path: String, folder: String) {
        #expect(InputFile.folder(of: path) == folder)
        #expect(InputFile.folder(of: "-") == ".")
    }
}
