import Foundation
import TestSupport
import Testing

@testable import RowInput

@Suite("Opening an input")
struct InputFileTests {
    @Test("What cannot be opened says so and what to do")
    func refused() throws {
        let directory = try WorkDirectory()
        let missing = #expect(throws: InputError.self) {
            try InputFile.open(directory.file("no\nfile"), kept: true)
        }
        #expect(missing?.message == "'\(directory.file("no\\nfile"))': no such file")
        #expect(missing?.hint != nil && missing?.kind == .refused)
        let folder = #expect(throws: InputError.self) { try InputFile.open(directory.path, kept: false) }
        #expect(folder?.description == "'\(directory.path)': is a folder: name the file inside it")
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

    @Test(
        "References are relative to the folder of the input",
        arguments: [("a/b.csv", "a"), ("b.csv", "."), ("/b", "/")])
    func folder(path: String, folder: String) {
        #expect(InputFile.folder(of: path) == folder)
        #expect(InputFile.folder(of: "-") == ".")
    }
}
