import Foundation
import FleetModel
import Glibc
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

    @Test("Two secrets of a row from one place are doubtful, of two rows not")
    func sameSource() throws {
        let folder = try WorkDirectory()
        try folder.write("key", "secret")
        let header = "host,id,auto_renewal,client_id,client_secret,auth.a,auth.b,auth.c\n"
        let row = "0,file:key,env:X,FILE:key,env:X,file:./key\n"
        let input = try InputFile.open(
            try folder.write("x.csv", header + "a,1," + row + "b,1,0,i,env:X,file:key,,\n"), kept: false)
        var texts: [String] = []
        _ = try RowCatalog.read(input, settings: InputSettings(environment: ["X": "x"])) {
            texts.append($0.text(file: "x"))
        }
        #expect(
            texts == [
                "x:2: warning: column 'client_id': this is read from the same file as column 'auth.a'",
                "x:2: warning: column 'client_secret': this is read from the same variable as column 'auth.b'",
            ])
        let list = #"[{"k":"a","sv":"env:X"},{"k":"b","sv":"env:X"}]"#
        let reading = try Reading.line([("auth_info_list", list)])
        #expect(reading.codes == [.referenceUnresolved])
    }

    @Test(
        "Files with secrets that others can read are told once, by the row that shows them", arguments: [false, true])
    func exposed(isStrict: Bool) throws {
        let folder = try WorkDirectory()
        let text =
            "host,id,auto_renewal,access_token,auth.k\na,1,0,file:key,\nb,1,0,file:key,file:other\nc,1,0,plain,\nd,1,0,plain,\n"
        for name in ["key", "other"] {
            try folder.write(name, "secret")
            #expect(chmod(folder.file(name), 0o640) == 0)
        }
        #expect(chmod(try folder.write("x.csv", text), 0o604) == 0)
        var settings = InputSettings()
        settings.isStrict = isStrict
        var texts: [String] = []
        let input = try InputFile.open(folder.file("x.csv"), kept: true)
        let catalog = try RowCatalog.read(input, settings: settings) { texts.append($0.text(file: "x")) }
        let warning = isStrict ? "" : "warning: "
        #expect(
            texts == [
                "x:2: \(warning)column 'access_token': the file 'key' can be read by others than its owner: use 'chmod 600'",
                "x:3: \(warning)column 'auth.k': the file 'other' can be read by others than its owner: use 'chmod 600'",
                "x:4: \(warning)others than its owner can read this file, and secrets stand in it: use 'chmod 600', or "
                    + "references (env:NAME, file:PATH)",
            ])
        #expect(catalog.isFileInvalid == isStrict)
    }

    @Test("A sheet of references may be read by all")
    func references600() throws {
        let folder = try WorkDirectory()
        #expect(chmod(try folder.write("x.csv", "host,id,auto_renewal,access_token\na,1,0,env:X\n"), 0o644) == 0)
        let input = try InputFile.open(folder.file("x.csv"), kept: false)
        _ = try RowCatalog.read(input, settings: InputSettings(environment: ["X": "x"])) { Issue.record("\($0)") }
    }

    @Test("A pipe that holds a secret is read once, for all rows")
    func pipe() throws {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        #expect(write(ends[1], "secret\n", 7) == 7)
        close(ends[1])
        defer { close(ends[0]) }
        let reference = "file:/dev/fd/\(ends[0])"
        let reading = try Reading("host,id,auto_renewal,access_token\na,1,0,\(reference)\nb,1,0,\(reference)\n")
        #expect(reading.texts == [])
        #expect(try reading.jobs().map(\.credentials) == [.token(Secret("secret")), .token(Secret("secret"))])
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
            var notes = SecretNotes()
            let secret = Array("file:\(name)".utf8).withUnsafeBufferPointer {
                try? catalog.secrets.secret($0, for: .login, notes: &notes)
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

    @Test(
        "A secret's file is read no further than its limit, and a pipe not waited for without end",
        .timeLimit(.minutes(5)))
    func hugeFile() throws {
        let folder = try WorkDirectory()
        let path = try folder.write("huge", "x")
        #expect(truncate(path, 1 << 38) == 0)
        #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
        for (name, clause) in [("huge", "is larger than 1 MiB"), ("pipe", "is a pipe into which nobody writes")] {
            let failure = #expect(throws: SecretFile.Failure.self) {
                try SecretFile.read(name, in: folder.path, patience: 100)
            }
            #expect(failure?.clause == clause)
        }
    }

    @Test("A secret's file is read once, and all of them have a limit")
    func keptFiles() throws {
        let folder = try WorkDirectory()
        try folder.write("first", "one")
        try folder.write("second", "two")
        let files = SecretFiles(in: folder.path, limit: 200)
        #expect(try files.content("first").text == "one")
        let failure = #expect(throws: SecretFile.Failure.self) { try files.content("second") }
        #expect(failure?.clause == "does not fit: all such files may have 64 MiB together")
        try folder.write("first", "three")
        #expect(try files.content("first").text == "one")
    }

    @Test("Two paths that look the same are two files")
    func similarPaths() throws {
        let folder = try WorkDirectory()
        try folder.write("s\u{E9}", "one")
        let files = SecretFiles(in: folder.path)
        #expect(try files.content("s\u{E9}").text == "one")
        #expect(throws: SecretFile.Failure.self) { try files.content("se\u{301}") }
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
        #expect(codes == [.sameSource, .referenceUnresolved])
        #expect(try catalog.job(row: 0).credentials == .client(id: "secret", secret: Secret("secret")))
    }

    /// What a reference holds, what it is for, and what is said of it: nothing when it is fine.
    static let contents: [(String, SecretUse, Diagnostic.Code?)] = [
        ("\u{FEFF}key\r\n\n", .login, nil), ("***", .login, .secretMasked), ("********", .auth, .secretMasked),
        ("*", .auth, nil), ("a\0", .login, .controlCharacter),
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
            var notes = SecretNotes()
            do throws(Diagnostic) {
                let secret = try Array(reference.utf8).withUnsafeBufferPointer { cell throws(Diagnostic) in
                    try reader.secret(cell, for: use, notes: &notes)
                }
                if code == nil {
                    #expect(secret.reveal() == text.drop { $0 == "\u{FEFF}" }.trimmingSuffix(\.isNewline))
                }
            } catch {
                said.append(error)
            }
            #expect((notes.doubts + said).map(\.code) == (code.map { [$0] } ?? []))
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
