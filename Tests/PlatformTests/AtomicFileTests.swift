import Platform
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileTests {
    private let work: WorkDirectory
    private let folder: Folder

    init() throws {
        work = try WorkDirectory()
        folder = try Folder(work.path)
    }

    private func names(in path: String? = nil) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: path ?? work.path))
    }

    @Test func earlierFileStaysUntilTheNewOneIsComplete() throws {
        try work.write("report.html", "old")
        let file = try AtomicFile("report.html", in: folder)
        try file.append(Array("new, ".utf8))
        try file.append(Array("and more".utf8))
        #expect(try work.read("report.html") == "old")
        try file.commit()
        #expect(try work.read("report.html") == "new, and more")
        #expect(try names() == ["report.html"])
    }

    @Test func fileThatIsGivenUpLeavesNothing() throws {
        try work.write("report.html", "old")
        do {
            let file = try AtomicFile("report.html", in: folder)
            try file.append(Array("half".utf8))
        }
        #expect(try work.read("report.html") == "old")
        #expect(try names() == ["report.html"])
    }

    @Test func whatAKilledProcessLeftIsNoPartOfTheFile() throws {
        try work.write("report.html.part", "left by a killed process")
        let file = try AtomicFile("report.html", in: folder)
        try file.append(Array("new".utf8))
        try file.commit()
        #expect(try work.read("report.html") == "new")
    }

    @Test func fileCanBeItsOwnersOnly() throws {
        try AtomicFile("undo.csv", in: folder, mode: 0o600).commit()
        let attributes = try FileManager.default.attributesOfItem(atPath: work.file("undo.csv"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func fileThatCannotTakeItsPlaceIsKeptBesideIt() throws {
        try FileManager.default.createDirectory(atPath: work.file("report.html"), withIntermediateDirectories: false)
        let error = #expect(throws: ToolError.self) {
            let file = try AtomicFile("report.html", in: folder)
            try file.append(Array("new".utf8))
            try file.commit()
        }
        #expect(error?.message == "cannot replace '\(work.path)/report.html': is a directory")
        #expect(error?.hint == "the new one is '\(work.path)/report.html.part'")
        #expect(try work.read("report.html.part") == "new")
    }

    @Test func folderThatIsGoneIsAnErrorThatNamesTheFile() throws {
        try FileManager.default.removeItem(atPath: work.path)
        let error = #expect(throws: ToolError.self) { try AtomicFile("report.html", in: folder).commit() }
        #expect(error?.kind == .broken)
        #expect(error?.message == "cannot open '\(work.path)/report.html.part': no such file or directory")
    }

    @Test func fileGoesWhereItsFolderWasMovedTo() throws {
        try FileManager.default.createDirectory(atPath: work.file("a"), withIntermediateDirectories: false)
        let folder = try Folder(work.file("a"))
        let file = try AtomicFile("report.html", in: folder)
        try FileManager.default.moveItem(atPath: work.file("a"), toPath: work.file("b"))
        // Another one in its place must be left alone.
        try FileManager.default.createDirectory(atPath: work.file("a"), withIntermediateDirectories: false)
        try file.append(Array("new".utf8))
        try file.commit()
        #expect(try work.read("b/report.html") == "new")
        #expect(try names(in: work.file("a")).isEmpty)
        #expect(folder.path(of: "report.html") == work.file("b/report.html"))
    }

    @Test(
        "the folder of a file is what stands before its last slash",
        arguments: [("/report.html", "/"), ("report.html", "."), ("/tmp/report.html", "/tmp"), ("./a", ".")])
    func parent(path: String, folder: String) throws {
        #expect(try Folder(containing: path).path == folder)
    }
}
