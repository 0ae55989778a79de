import Platform
import Foundation
import FleetModel
import Glibc
import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Credentials of a row")
struct CredentialBookTests {
    private let directory: WorkDirectory

    init() throws {
        directory = try WorkDirectory()
    }

    @Test("The row comes first, then the file's host, then its star, then the environment")
    func order() throws {
        let file = try secretFile(
            "base_url,client_id,client_secret\n\"https://A:8088/\",ida,seca\n*,ids,env:SECRET\n\n,,\n[::1],id6,sec6\n")
        let environment = ["SECRET": "secs", "CERTFLEET_ACCESS_TOKEN": "tok"]
        let text = """
            host,id,auto_renewal,access_token,client_id,client_secret
            a,1,0,row,,
            a,2,0,,row,rowsec
            a,3,0,,,
            b,4,0,,,
            [0::1],5,0,,,

            """
        let book = try CredentialBook(file: file, environment: environment)
        let reading = try Reading(text, settings: InputSettings(credentials: book))
        #expect(
            try reading.jobs().map(\.credentials) == [
                .token(Secret("row")), .client(id: "row", secret: Secret("rowsec")),
                .client(id: "ida", secret: Secret("seca")), .client(id: "ids", secret: Secret("secs")),
                .client(id: "id6", secret: Secret("sec6")),
            ])
    }

    @Test("Half of a row's credentials is an error and is not mended from elsewhere")
    func half() throws {
        let book = try CredentialBook(file: nil, environment: ["CERTFLEET_ACCESS_TOKEN": "tok"])
        let settings = InputSettings(credentials: book)
        let reading = try Reading.row(
            [("access_token", nil), ("client_id", "x"), ("client_secret", "")], settings: settings)
        #expect(
            reading.texts == ["fleet:2: column 'client_id': is given without 'client_secret': a login takes both"])
        let other = try Reading.row([("access_token", nil), ("client_secret", "x")], settings: settings)
        #expect(
            other.texts == ["fleet:2: column 'client_secret': is given without 'client_id': a login takes both"])
    }

    @Test("A host that the file does not know has no credentials")
    func unknownHost() throws {
        let book = try CredentialBook(
            file: secretFile("base_url,client_id,client_secret\na,i,s\n"), environment: [:])
        let reading = try Reading.row([("access_token", nil)], settings: InputSettings(credentials: book))
        #expect(reading.codes == [.credentialsMissing])
    }

    @Test("The environment may hold the secrets or name files with them")
    func environment() throws {
        let path = try directory.write("token", "tok\r\n")
        let token = try CredentialBook(file: nil, environment: ["CERTFLEET_ACCESS_TOKEN_FILE": path]).credentials(
            for: nil)
        #expect(token == .token(Secret("tok")))
        let client = try CredentialBook(
            file: nil, environment: ["CERTFLEET_CLIENT_ID": "i", "CERTFLEET_CLIENT_SECRET_FILE": path])
        #expect(client.credentials(for: nil) == .client(id: "i", secret: Secret("tok")))
        #expect(try CredentialBook(file: nil, environment: ["CERTFLEET_ACCESS_TOKEN": ""]).credentials(for: nil) == nil)
    }

    @Test(
        "An environment that contradicts itself is refused",
        arguments: [
            ["CERTFLEET_CLIENT_ID": "i"], ["CERTFLEET_CLIENT_SECRET": "canary"],
            ["CERTFLEET_ACCESS_TOKEN": "canary", "CERTFLEET_ACCESS_TOKEN_FILE": "/dev/null"],
            ["CERTFLEET_ACCESS_TOKEN_FILE": "/nowhere"], ["CERTFLEET_ACCESS_TOKEN_FILE": "/dev/null"],
        ])
    func contradiction(environment: [String: String]) throws {
        let error = #expect(throws: ToolError.self) { try CredentialBook(file: nil, environment: environment) }
        #expect(error?.kind == .usage)
        #expect(error?.description.contains("canary") == false)
        #expect(error?.description.contains("CERTFLEET_") == true)
    }

    @Test("What is doubtful in the file and in the environment is told, and nothing of it shown")
    func doubts() throws {
        let key = try directory.write("key", "“canary”")
        #expect(chmod(key, 0o644) == 0)
        let file = try secretFile("base_url,client_id,client_secret\na,1.5E+17,file:key\nb,i,${canary}\n")
        let book = try CredentialBook(
            file: file,
            environment: [
                "CERTFLEET_ACCESS_TOKEN_FILE": key, "CERTFLEET_CLIENT_ID": "TBD", "CERTFLEET_CLIENT_SECRET": "s",
            ])
        let starts = [
            "\(file):2: column 'client_id': this is a number in scientific notation",
            "\(file):2: column 'client_secret': the file 'key': there are quotes round",
            "\(file):2: column 'client_secret': the file 'key' can be read by others",
            "\(file):3: column 'client_secret': this looks like a placeholder",
            "the file '\(key)' that CERTFLEET_ACCESS_TOKEN_FILE names can be read by others",
            "the file '\(key)' that CERTFLEET_ACCESS_TOKEN_FILE names: there are quotes round",
            "CERTFLEET_CLIENT_ID: this is what people and scripts write for nothing",
        ]
        #expect(book.doubts.count == starts.count, "\(book.doubts)")
        for (doubt, start) in zip(book.doubts, starts) { #expect(doubt.hasPrefix(start) && !doubt.contains("canary")) }
    }

    @Test("A file in another encoding is no matter of the input's flag")
    func encoding() throws {
        let file = try secretFile("base_url,client_id,client_secret\n")
        try Data("base_url,client_id,client_secret\na,".utf8 + [0xE4] + ",s\n".utf8).write(
            to: URL(fileURLWithPath: file))
        let error = #expect(throws: ToolError.self) { try CredentialBook(file: file, environment: [:]) }
        #expect(error?.message == "\(file):2: there are bytes here that are no UTF-8: save the file as UTF-8")
    }

    @Test("A PBX without credentials is told where they were looked for")
    func places() throws {
        let file = try secretFile("base_url,client_id,client_secret\na,i,s\n")
        let settings = InputSettings(credentials: try CredentialBook(file: file, environment: [:]))
        let reading = try Reading("base_url,id,auto_renewal\nb,1,0\nhttps://A,1,0\n", settings: settings)
        let places = "nor in '\(file)', nor in the environment"
        #expect(reading.texts.count == 2 && reading.texts[0].hasSuffix(places), "\(reading.texts)")
        let hint = "; the file has this host at port 8088, and the row at 443"
        #expect(reading.texts.last?.hasSuffix(places + hint) == true, "\(reading.texts)")
    }

    @Test("A file that others can read is refused", arguments: [0o640, 0o604])
    func exposed(mode: Int) throws {
        let file = try secretFile("base_url,client_id,client_secret\n*,i,s\n")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        let error = #expect(throws: ToolError.self) { try CredentialBook(file: file, environment: [:]) }
        #expect(error?.hint == "use 'chmod 600'")
    }

    @Test(
        "What is wrong with the file is told with its line and without its secrets",
        arguments: [
            ("", "1: the file is empty"), ("base_url,client_id\n", "1: there is no column 'client_secret'"),
            ("base_url,client_id,client_secret\n\na,i,\n", "3: the row must have both"),
            ("base_url,client_id,client_secret\n,canary,canary\n", "2: the row names no host"),
            ("base_url,client_id,client_secret\na b,i,canary\n", "2: 'a b' is no host name"),
            (
                "base_url,client_id,client_secret\na,i,canary\nA:8088,i,canary\n",
                "3: an earlier row is for the same host"
            ),
            ("base_url,client_id,client_secret\n*,i,canary\n*,i,canary\n", "3: there is more than one row for '*'"),
            ("base_url,client_id,client_secret\n*,i,***\n", "2: '***' only stands for a secret"),
            ("base_url,client_id,client_secret\n*,i,canary,canary\n", "2: the row has more cells than the header"),
            ("base_url,client_id,client_secret\n*,i,\"canary\n", "2: the quote that opens a cell here is never closed"),
        ])
    func wrongFile(text: String, message: String) throws {
        let file = try secretFile(text)
        let error = #expect(throws: ToolError.self) { try CredentialBook(file: file, environment: [:]) }
        #expect(error?.description.hasPrefix("\(file):\(message)") == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("canary") == false)
    }

    private func secretFile(_ text: String) throws -> String {
        let path = try directory.write("credentials.csv", text)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }
}
