import TestSupport
import Testing

@testable import HTTPTransport

@Suite("Where authorities are looked up")
struct TrustRootsTests {
    @Test("in a folder of hashed names, and not in one without them", arguments: [true, false])
    func folder(_ isHashed: Bool) throws {
        let folder = try WorkDirectory()
        try folder.write("ca-certificates.crt", "")
        if isHashed { try folder.write("002c0b4f.0", "") }
        #expect((TrustRoots.folder(folder.path)?.directory == folder.path) == isHashed)
        #expect((TrustRoots.folder(folder.path) == nil) == !isHashed)
    }

    @Test("not in a folder that is missing")
    func missingFolder() throws {
        let folder = try WorkDirectory()
        #expect(TrustRoots.folder(folder.file("certs")) == nil)
    }

    @Test("the system has either a folder or a bundle")
    func system() {
        #expect((TrustRoots.system.file == nil) != (TrustRoots.system.directory == nil))
    }
}

@Suite("A host that needs no lookup")
struct NumericHostTests {
    @Test(
        arguments: [
            ("http://127.0.0.1:8088/openapi", true), ("https://10.0.0.1/", true), ("http://[::1]:80/", true),
            ("http://pbx.example/", false), ("http://1pbx.example/", false), ("http://1.2.3.4.example:80/", false),
            ("http:", false), ("", false),
        ])
    func isNumeric(_ url: String, _ expected: Bool) {
        #expect(HTTPRequest(.get, url: url).host.isNumeric == expected)
    }
}
