import Platform
import Foundation
import RunRecord
import TestSupport
import Testing

@Suite struct AtomicFileTests {
    private let work: WorkDirectory
    private let directory: RunDirectory

    init() throws {
        work = try WorkDirectory()
        directory = try RunDirectory(path: work.path, for: .newRun)
    }

    private func names() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: work.path))
    }

    @Test func earlierFileStaysUntilTheNewOneIsComplete() throws {
        try work.write("report.html", "old")
        let file = try AtomicFile("report.html", in: directory)
        try file.append(Array("new, ".utf8))
        try file.append(Array("and more".utf8))
        #expect(try work.read("report.html") == "old")
        try file.commit()
        #expect(try work.read("report.html") == "new, and more")
        #expect(try names() == ["lock", "report.html"])
    }

    @Test func fileThatIsGivenUpLeavesNothing() throws {
        try work.write("report.html", "old")
        do {
            let file = try AtomicFile("report.html", in: directory)
            try file.append(Array("half".utf8))
        }
        #expect(try work.read("report.html") == "old")
        #expect(try names() == ["lock", "report.html"])
    }

    @Test func whatAKilledProcessLeftIsNoPartOfTheFile() throws {
        try work.write("report.html.part", "left by a killed process")
        let file = try AtomicFile("report.html", in: directory)
        try file.append(Array("new".utf8))
        try file.commit()
        #expect(try work.read("report.html") == "new")
    }

    @Test func directoryThatIsGoneIsAnErrorThatNamesTheFile() throws {
        try FileManager.default.removeItem(atPath: work.path)
        let error = #expect(throws: ToolError.self) { try AtomicFile("report.html", in: directory).commit() }
        #expect(error?.kind == .broken)
        #expect(error?.message == "cannot open '\(work.path)/report.html.part': no such file or directory")
    }
}
