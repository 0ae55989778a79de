import Glibc
import Platform
import Synchronization
import Testing

@testable import FleetCommands

/// Texts on their way to a pipe that nobody reads, or that somebody reads in the end.
@Suite struct StreamWriterTests {
    /// A pipe of which a test holds both ends.
    private final class TestPipe: Sendable {
        let reader: Int32
        let writer: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            (reader, writer) = (ends[0], ends[1])
        }

        deinit {
            close(reader)
            close(writer)
        }

        /// Reads as much as that.
        func read(_ count: Int) -> String {
            var bytes = [UInt8](repeating: 0, count: count)
            var done = 0
            while done < count {
                let part = bytes.withUnsafeMutableBytes {
                    Glibc.read(reader, $0.baseAddress?.advanced(by: done), count - done)
                }
                if part <= 0 { break }
                done += part
            }
            return String(decoding: bytes[..<done], as: UTF8.self)
        }
    }

    /// More than a pipe and the writer's own room take together.
    private static let big = String(repeating: "x", count: 300_000)

    @Test func textsComeOutWholeAndInTheirOrder() throws {
        let pipe = try TestPipe()
        let writer = StreamWriter(pipe.writer) { false }
        try #require(writer.start())
        let texts = (1...200).map { "text \($0)\n" }
        for text in texts {
            #expect(writer.hasRoom())
            writer.post(text)
        }
        writer.flush()
        #expect(pipe.read(texts.joined().utf8.count) == texts.joined())
    }

    @Test func whoIsInNoHasteWaitsUntilThereIsRoom() throws {
        let pipe = try TestPipe()
        let writer = StreamWriter(pipe.writer) { false }
        try #require(writer.start())
        writer.post(Self.big)
        #expect(!writer.hasRoom(waits: false) && writer.takeLost() == 1)
        try startThread { _ = pipe.read(Self.big.utf8.count) }
        #expect(writer.hasRoom() && writer.takeLost() == 0)
    }

    @Test func whoIsInHasteLeavesOutWhatNobodyReads() throws {
        let pipe = try TestPipe()
        let writer = StreamWriter(pipe.writer) { true }
        try #require(writer.start())
        writer.post(Self.big)
        #expect(!writer.hasRoom() && !writer.hasRoom() && !writer.hasRoom())
        writer.flush()
        #expect(pipe.read(Self.big.utf8.count) == Self.big)
        // The thread notices a moment later that its text is gone.
        var lost = 3
        while !writer.hasRoom() { lost += 1 }
        #expect(writer.takeLost() == lost && writer.takeLost() == 0)
        writer.post("y")
        #expect(pipe.read(1) == "y")
    }

    @Test func whyATextCannotBeWrittenIsKnown() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        let writer = StreamWriter(full) { false }
        try #require(writer.start())
        let delivery = writer.post("x")
        writer.flush()
        #expect(delivery.code == ENOSPC)
    }
}
