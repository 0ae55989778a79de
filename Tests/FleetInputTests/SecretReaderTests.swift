import Foundation
import FleetModel
import Platform
import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Secrets and references to them")
struct SecretReaderTests {
    @Test("References lead to the environment and to files beside the input")
    func references() throws {
        let settings = InputSettings(environment: ["A": "x y"])
        let folder = try WorkDirectory()
        try folder.write("token", "secret\n\n")
        let text =
            "host,id,auto_renewal,access_token,auth.k\na,1,0,file:token,env:A\nb,1,0,file:\(folder.file("token")),\n"
        let input = try InputFile.open(try folder.write("fleet.csv", text), kept: true)
        let catalog = try RowCatalog.read(input, settings: settings) { Issue.record("\($0)") }
        #expect(try catalog.job(row: 0).credentials == .token(Secret("secret")))
        #expect(try catalog.job(row: 0).edit.authInfo == [AuthInfo(key: "k", value: .string(Secret("x y")))])
        #expect(try catalog.job(row: 1).credentials == .token(Secret("secret")))
        try FileManager.default.removeItem(atPath: folder.file("token"))
        #expect(try catalog.job(row: 0).credentials == .token(Secret("secret")))
    }

    @Test("The secrets of rows that are left out are not opened")
    func leftOutSecrets() throws {
        let folder = try WorkDirectory()
        for name in ["mine", "other"] { try folder.write(name, "secret") }
        let text = "host,id,auto_renewal,access_token\na,1,0,file:mine\nb,1,0,file:other\n"
        let input = try InputFile.open(try folder.write("fleet.csv", text), kept: true)
        let catalog = try RowCatalog.read(input, settings: InputSettings(only: ["a"])) { Issue.record("\($0)") }
        for (name, isKept) in [("mine", true), ("other", false)] {
            // Gone, so that only what was read before is found.
            try FileManager.default.removeItem(atPath: folder.file(name))
            var doubts: [Diagnostic] = []
            let secret = Array("file:\(name)".utf8).withUnsafeBufferPointer {
                try? catalog.secrets.secret($0, for: .login, doubts: &doubts)
            }
            #expect((secret != nil) == isKept)
        }
    }

    @Test("A variable whose name only looks the same is another one")
    func similarVariables() throws {
        let settings = InputSettings(environment: ["T\u{E9}": "one"])
        #expect(try Reading.row([("access_token", "env:T\u{E9}")], settings: settings).codes == [])
        #expect(
            try Reading.row([("access_token", "env:Te\u{301}")], settings: settings).codes == [.referenceUnresolved])
    }

    @Test("A reference to nothing says which", arguments: ["empty", "folder", "latin", ""])
    func deadReference(name: String) throws {
        let folder = try WorkDirectory()
        try folder.write("empty", "\n")
        try folder.write("latin", bytes: [0xFC])
        try FileManager.default.createDirectory(atPath: folder.file("folder"), withIntermediateDirectories: false)
        let text = "host,id,auto_renewal,access_token\na,1,0,file:\(name)\n"
        let input = try InputFile.open(try folder.write("fleet.csv", text), kept: false)
        var diagnostics: [String] = []
        _ = try RowCatalog.read(input, settings: InputSettings()) { diagnostics.append($0.sentence) }
        #expect(diagnostics.count == 1 && diagnostics[0].hasPrefix("column 'access_token': the file '\(name)' is "))
    }

    @Test("A secret's file is read no further than its limit, and never waited for", .timeLimit(.minutes(5)))
    func hugeFile() throws {
        let folder = try WorkDirectory()
        let path = try folder.write("huge", "x")
        #expect(truncate(path, 1 << 38) == 0)
        #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
        for (name, clause) in [("huge", "is larger than 1 MiB"), ("pipe", "is no file that exists")] {
            let failure = #expect(throws: SecretFile.Failure.self) { try SecretFile.read(name, in: folder.path) }
            #expect(failure?.clause == clause)
        }
    }

    @Test("A secret's file is read once, and all of them have a limit")
    func keptFiles() throws {
        let folder = try WorkDirectory()
        try folder.write("first", "one")
        try folder.write("second", "two")
        let files = SecretFiles(in: folder.path, limit: 200)
        #expect(try files.text("first") == "one")
        let failure = #expect(throws: SecretFile.Failure.self) { try files.text("second") }
        #expect(failure?.clause == "does not fit: all such files may have 64 MiB together")
        try folder.write("first", "three")
        #expect(try files.text("first") == "one")
    }

    @Test("Two paths that look the same are two files")
    func similarPaths() throws {
        let folder = try WorkDirectory()
        try folder.write("s\u{E9}", "one")
        let files = SecretFiles(in: folder.path)
        #expect(try files.text("s\u{E9}") == "one")
        #expect(throws: SecretFile.Failure.self) { try files.text("se\u{301}") }
        #expect(Secret("s\u{E9}") != Secret("se\u{301}"))
    }

    @Test("A reference is one in any case", arguments: ["Env:", "ENV:", "env:", "File:", "FILE:", "fIlE:"])
    func prefixes(prefix: String) throws {
        let folder = try WorkDirectory()
        try folder.write("A", "secret")
        let settings = InputSettings(environment: ["A": "secret"])
        let text =
            "host,id,auto_renewal,client_id,client_secret\na,1,0,\(prefix)A,\(prefix)A\nb,1,0,app,\(prefix)none\n"
        let input = try InputFile.open(try folder.write("fleet.csv", text), kept: true)
        var codes: [Diagnostic.Code] = []
        let catalog = try RowCatalog.read(input, settings: settings) { codes.append($0.code) }
        #expect(codes == [.referenceUnresolved])
        #expect(try catalog.job(row: 0).credentials == .client(id: "secret", secret: Secret("secret")))
    }

    /// What a reference holds, what it is for, and what is said of it: nothing when it is fine.
    static let contents: [(String, SecretUse, Diagnostic.Code?)] = [
        ("\u{FEFF}key\r\n\n", .login, nil), ("***", .login, .secretMasked), ("a\0", .login, .controlCharacter),
        ("a\u{1B}b", .login, .controlCharacter), ("a\nb", .login, .controlCharacter),
        ("a\tb", .login, .controlCharacter),
        ("a\nb\tc", .auth, nil), ("a\0b", .auth, .controlCharacter), ("#N/A", .auth, .spreadsheetMark),
        ("env:X", .auth, .referenceUnresolved), (" ", .auth, .referenceUnresolved), ("key ", .login, .blankAtEnd),
        ("\tkey", .auth, .blankAtEnd), ("${KEY}", .auth, .placeholder), ("clear!", .login, .clearMisspelled),
        ("1.5E+17", .login, .scientificNotation), ("\n", .auth, .referenceUnresolved),
    ]

    @Test("What a reference holds is judged as a cell is", arguments: contents)
    func content(text: String, use: SecretUse, code: Diagnostic.Code?) throws {
        let folder = try WorkDirectory()
        try folder.write("secret", text)
        let reader = SecretReader(folder: folder.path, environment: ["SECRET": text])
        for reference in text.contains("\0") ? ["file:secret"] : ["file:secret", "env:SECRET"] {
            var said: [Diagnostic] = []
            do throws(Diagnostic) {
                let secret = try Array(reference.utf8).withUnsafeBufferPointer { cell throws(Diagnostic) in
                    try reader.secret(cell, for: use, doubts: &said)
                }
                if code == nil {
                    #expect(secret.reveal() == text.drop { $0 == "\u{FEFF}" }.trimmingSuffix(\.isNewline))
                }
            } catch {
                said.append(error)
            }
            #expect(said.map(\.code) == (code.map { [$0] } ?? []))
        }
    }

    @Test("What the environment holds for all rows is judged too", arguments: ["***", "a\nb", "a\u{1}", "#REF!", " "])
    func environment(text: String) throws {
        let folder = try WorkDirectory()
        try folder.write("secret", text)
        for variables in [
            ["CERTFLEET_ACCESS_TOKEN": text], ["CERTFLEET_ACCESS_TOKEN_FILE": folder.file("secret")],
        ] {
            let error = #expect(throws: ToolError.self) { try CredentialBook(file: nil, environment: variables) }
            #expect(error?.message.contains("CERTFLEET_ACCESS_TOKEN") == true)
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ isDropped: (Character) -> Bool) -> Substring {
        var text = self
        while let last = text.last, isDropped(last) { text.removeLast() }
        return text
    }
}
