import Foundation
import Testing

/// Holds the house in order: who may import whom, and what stands nowhere.
@Suite struct HouseTests {
    /// What each target may import beside the system's modules; the floors from the bottom to the top.
    private static let table: [String: Set<String>] = [
        "Platform": ["CLibCrypto"],
        "JSONText": [],
        "FleetModel": ["Platform"],
        "TabularText": ["Platform", "JSONText", "CLibCSV"],
        "FleetInput": ["Platform", "JSONText", "FleetModel", "TabularText"],
        "Pacing": ["Platform", "FleetModel"],
        "HTTPTransport": ["Platform", "CLibCurl", "DequeModule"],
        "RunRecord": ["Platform", "JSONText", "FleetModel", "TabularText", "Histogram"],
        "PBXClient": ["Platform", "FleetModel", "JSONText", "Pacing", "HTTPTransport"],
        "RunEngine": ["Platform", "FleetModel", "Pacing", "DequeModule", "HeapModule"],
        "PBXSimulator": ["Platform", "JSONText", "NIOCore", "NIOPosix", "NIOHTTP1"],
        "FleetCommands": [
            "Platform", "JSONText", "FleetModel", "TabularText", "FleetInput", "Pacing", "HTTPTransport", "RunRecord",
            "PBXClient",
            "RunEngine", "PBXSimulator", "Logging",
        ],
        "certfleet": [
            "FleetModel", "TabularText", "Pacing", "HTTPTransport", "RunEngine", "FleetCommands", "ArgumentParser",
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
        for target in Self.table.keys where !["FleetModel", "PBXClient", "RunRecord"].contains(target) {
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

    @Test func whateverOtherTargetsSeeIsExplained() throws {
        let ports = try ["Platform", "FleetModel", "TabularText"].flatMap(Self.files).flatMap {
            Declaration.requirements(in: $0.text)
        }
        let witnesses = Set(
            ports + ["description", "defaultValueDescription", "customMirror", "hash()", "==()", "<()"])
        #expect(witnesses.isSuperset(of: ["job()", "rowCount", "willSend()", "step()", "now()"]))
        for target in Self.table.keys {
            for file in try Self.files(of: target) {
                for declaration in Declaration.undocumented(in: file.text) where !witnesses.contains(declaration.name) {
                    Issue.record("\(target)/\(file.name):\(declaration.line) does not say what \(declaration.name) is")
                }
            }
        }
    }
}

/// What a line of source declares.
private struct Declaration {
    /// Without arguments, and with `()` for a function; `init` for one.
    let name: String
    /// From 1.
    let line: Int

    /// Those for other targets that have no doc comment above them.
    static func undocumented(in text: String) -> [Declaration] {
        let lines = trimmedLines(of: text)
        return lines.indices.compactMap { index in
            guard lines[index].split(separator: " ").prefix(3).contains("package"),
                let name = name(declaredBy: lines[index])
            else { return nil }
            let above = lines[..<index].last { !$0.hasPrefix("@") && !$0.hasPrefix("// ") }
            return above?.hasPrefix("///") == true ? nil : Declaration(name: name, line: index + 1)
        }
    }

    /// The names of what protocols require; whoever provides it need not explain it again.
    static func requirements(in text: String) -> [String] {
        var isProtocol = false
        return trimmedLines(of: text).compactMap { line in
            if line.hasPrefix("package protocol ") { isProtocol = true }
            if line == "}" { isProtocol = false }
            return isProtocol && !line.contains("protocol ") ? name(declaredBy: line) : nil
        }
    }

    private static func trimmedLines(of text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }

    /// Nil for a line that declares nothing, an import among them.
    private static func name(declaredBy line: String) -> String? {
        guard !line.hasPrefix("//") else { return nil }
        let words = line.split { " (:?{".contains($0) }
        let keywords: Set<Substring> = [
            "struct", "enum", "class", "protocol", "actor", "func", "var", "let", "typealias", "subscript", "init",
            "extension",
        ]
        guard let keyword = words.firstIndex(where: keywords.contains) else { return nil }
        if ["init", "subscript"].contains(words[keyword]) { return String(words[keyword]) }
        guard words.indices.contains(keyword + 1) else { return nil }
        let name = words[keyword + 1].prefix { $0 != "<" }
        return (name.isEmpty ? String(words[keyword + 1]) : String(name)) + (words[keyword] == "func" ? "()" : "")
    }
}
