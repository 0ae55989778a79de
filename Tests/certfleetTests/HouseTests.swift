import Foundation
import Testing

/// Holds the house in order: who may import whom, and what stands nowhere.
@Suite struct HouseTests {
    /// What each target may import beside the system's modules; the floors from the bottom to the top.
    private static let table: [String: Set<String>] = [
        "JobModel": [],
        "JSONText": [],
        "RowInput": ["JobModel", "JSONText", "CLibCSV"],
        "Pacing": ["JobModel"],
        "HTTPTransport": ["CLibCurl"],
        "RunRecord": ["JobModel", "JSONText", "CLibCrypto", "Histogram"],
        "PBXClient": ["JobModel", "JSONText", "HTTPTransport"],
        "RunEngine": ["JobModel", "Pacing", "DequeModule", "HeapModule"],
        "PBXSimulator": ["NIOCore", "NIOPosix", "NIOHTTP1"],
        "certfleet": [
            "JobModel", "JSONText", "RowInput", "Pacing", "HTTPTransport", "RunRecord", "PBXClient", "RunEngine",
            "PBXSimulator", "ArgumentParser", "Logging",
        ],
    ]
    private static let system: Set<String> = ["Glibc", "Dispatch", "Synchronization", "FoundationEssentials"]

    private static var sources: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appendingPathComponent("Sources")
    }

    private static func files(of target: String) throws -> [(name: String, text: String)] {
        let folder = sources.appendingPathComponent(target)
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        return try names.map { ($0, try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8)) }
    }

    @Test func everyTargetImportsOnlyWhatItsFloorAllows() throws {
        for (target, allowed) in Self.table {
            let files = try Self.files(of: target)
            #expect(!files.isEmpty, "\(target) has no files")
            for file in files {
                for line in file.text.split(separator: "\n") {
                    let words = line.split(separator: " ")
                    guard let keyword = words.firstIndex(of: "import"), keyword <= 2, words.count > keyword + 1 else {
                        continue
                    }
                    let module = String(words[keyword + 1])
                    #expect(allowed.union(Self.system).contains(module), "\(target)/\(file.name) imports \(module)")
                }
            }
        }
    }

    @Test func theTableListsEveryTarget() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path)
        #expect(Set(folders.filter { !$0.hasPrefix("CLib") }) == Set(Self.table.keys))
    }

    @Test func secretsAreOpenedOnlyWhereTheyAreSentOrHashed() throws {
        for target in Self.table.keys where !["JobModel", "PBXClient", "RunRecord"].contains(target) {
            for file in try Self.files(of: target) {
                #expect(!file.text.contains(".reveal()"), "\(target)/\(file.name) opens a secret")
            }
        }
        let openers = try Self.files(of: "RunRecord").filter { $0.text.contains(".reveal()") }
        #expect(openers.count <= 1, "\(openers.map(\.name))")
    }

    @Test func theEngineKnowsNoTaskAndNoActor() throws {
        for file in try Self.files(of: "RunEngine") {
            for word in ["Task {", "Task(", "actor ", " async ", "await "] {
                #expect(!file.text.contains(word), "\(file.name) has '\(word)'")
            }
        }
    }

    @Test func nothingIsPublic() throws {
        for target in Self.table.keys {
            for file in try Self.files(of: target) {
                let lines = file.text.split(separator: "\n").filter { !$0.contains("//") }
                #expect(!lines.contains { $0.contains("public ") }, "\(target)/\(file.name)")
            }
        }
    }
}
