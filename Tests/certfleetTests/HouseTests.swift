import Foundation
import Testing

/// Holds the house in order: who may import whom, and what stands nowhere.
@Suite struct HouseTests {
    /// What each target may import beside the system's modules; the floors from the bottom to the top.
    private static let table: [String: Set<String>] = [
        "Platform": ["CLibCrypto"],
        "JSONText": [],
        "FleetModel": ["Platform", "JSONText"],
        "TabularText": ["Platform", "JSONText", "CLibCSV"],
        "FleetInput": ["Platform", "JSONText", "FleetModel", "TabularText", "CLibCrypto"],
        "Pacing": ["Platform"],
        "HTTPTransport": ["Platform", "CLibCurl", "DequeModule"],
        "RunRecord": ["Platform", "JSONText", "FleetModel", "TabularText", "Histogram"],
        "PBXClient": ["Platform", "FleetModel", "JSONText", "Pacing", "HTTPTransport"],
        "RunEngine": ["Platform", "FleetModel", "Pacing", "DequeModule", "HeapModule"],
        "FleetReport": ["Platform", "JSONText", "FleetModel", "FleetInput", "RunRecord"],
        "PBXSimulator": ["Platform", "JSONText", "CLibCrypto", "NIOCore", "NIOPosix", "NIOHTTP1"],
        "FleetCommands": [
            "CRelease", "Platform", "JSONText", "FleetModel", "TabularText", "FleetInput", "Pacing", "HTTPTransport",
            "RunRecord", "PBXClient", "RunEngine", "FleetReport", "PBXSimulator", "Logging",
        ],
        "certfleet": [
            "Platform", "TabularText", "Pacing", "HTTPTransport", "PBXClient", "PBXSimulator", "RunEngine",
            "FleetCommands",
            "ArgumentParser",
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
        let notSwift: Set = ["CLibCSV", "CLibCurl", "CLibCrypto", "CRelease", "README.md"]
        #expect(Set(folders).subtracting(notSwift) == Set(Self.table.keys))
    }

    /// The table of the page that a reader starts with: the files in it are there, and they are few.
    @Test func aRowPassesAtMostThirtyFiles() throws {
        let page = try String(contentsOf: Self.sources.appendingPathComponent("README.md"), encoding: .utf8)
        let table = try #require(page.firstMatch(of: /## A row's way\n(?s:.*?)(\| step (?s:.*?))\n\n/)).output.1
        var target = ""
        var files: Set<String> = []
        for line in table.split(separator: "\n").dropFirst(2) {
            let names = try #require(line.split(separator: "|").last).matches(of: /`(\w+)`(:?)/)
            for name in names.map(\.output) {
                if name.2 == ":" { target = String(name.1) } else { files.insert("\(target)/\(name.1).swift") }
            }
        }
        #expect(files.count > 20 && files.count <= 30, "\(files.count) files")
        for file in files.sorted() {
            let path = Self.sources.appendingPathComponent(file).path
            #expect(FileManager.default.fileExists(atPath: path), "\(file) is no file")
        }
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

    /// Names and paths are texts, cells are bytes: those are quoted by what decides whether they may be seen.
    @Test func noRuleQuotesACellByItself() throws {
        let rules = [
            "AddressCell", "CellText", "RowParser", "SecretReader", "AuthList", "DNSProviders", "CertificateFiles",
        ]
        let files = try Self.files(of: "FleetInput").filter { file in rules.contains { file.name == "\($0).swift" } }
        #expect(files.count == rules.count && files.contains { $0.text.contains("PassThrough.quoted(") })
        for file in files {
            for quote in file.text.matches(of: /Quotation\.\w+\((.*)/) {
                #expect(quote.output.1.contains(".utf8)"), "\(file.name): \(quote.output.0)")
            }
        }
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

    /// Of two files of which only the one knows the other, a reader has to open both; short ones had better be one.
    @Test func noShortFileIsKnownToOneOtherAlone() throws {
        var all: [String: String] = [:]
        for target in Self.table.keys {
            for file in try Self.files(of: target) { all["\(target)/\(file.name)"] = file.text }
        }
        // Each command has a file of its own, which only the root command knows.
        for (file, reader) in SourceMap(all).onlyReaders where !file.hasPrefix("certfleet/") {
            let lines = [file, reader].map { all[$0, default: ""].split(separator: "\n").count }
            let isOneTarget = file.split(separator: "/").first == reader.split(separator: "/").first
            #expect(!isOneTarget || lines[0] + lines[1] > 120, "\(file) can be part of \(reader)")
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

/// Which file knows which: what it declares for others, and the words that it has.
private struct SourceMap {
    private let declared: [String: Set<Substring>]
    private let words: [String: Set<Substring>]

    /// - Parameter files: the text of each file by its path.
    init(_ files: [String: String]) {
        let code = files.mapValues { text -> [Substring] in
            text.split(separator: "\n").map { (line: Substring) in
                line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
            }
        }
        declared = code.mapValues { Set($0.compactMap(Self.name)) }
        words = code.mapValues { lines in
            Set(lines.flatMap { $0.split { !$0.isLetter && !$0.isNumber && $0 != "_" } })
        }
    }

    /// What a line at the margin declares for other files; nil when it declares nothing.
    private static func name(_ line: Substring) -> Substring? {
        var words = line.split { " :(<={".contains($0) }[...]
        while let first = words.first, first.hasPrefix("@") || ["package", "final", "indirect"].contains(first) {
            words.removeFirst()
        }
        let keywords: Set<Substring> = ["struct", "enum", "class", "protocol", "typealias", "func", "let", "var"]
        guard line.first?.isLetter == true || line.first == "@", words.count > 1,
            keywords.contains(words[words.startIndex])
        else { return nil }
        return words[words.startIndex + 1]
    }

    private func knows(_ reader: String, _ file: String) -> Bool {
        reader != file && !words[reader, default: []].isDisjoint(with: declared[file, default: []])
    }

    /// The files that exactly one other file knows, and that one.
    var onlyReaders: [(file: String, reader: String)] {
        declared.keys.sorted().compactMap { file in
            let readers = words.keys.filter { knows($0, file) }
            return readers.count == 1 ? (file, readers[0]) : nil
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
