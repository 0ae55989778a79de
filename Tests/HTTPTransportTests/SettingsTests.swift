import HTTPTransport
import TestSupport
import Testing

@Suite("Settings that cannot work")
struct SettingsTests {
    private func error(_ settings: TransportSettings) -> String? {
        do {
            _ = try HTTPTransport(settings)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("a CA file that is missing is named")
    func missingFile() throws {
        let folder = try WorkDirectory()
        let path = folder.file("roots.pem")
        #expect(error(.make(caFile: path)) == "CA file '\(path)' cannot be read: no such file or directory")
    }

    @Test("a folder is no CA file")
    func folder() throws {
        let folder = try WorkDirectory()
        #expect(error(.make(caFile: folder.path)) == "CA file '\(folder.path)' cannot be read: is a directory")
    }

    @Test("a CA file without a certificate is named")
    func noCertificate() throws {
        let folder = try WorkDirectory()
        let path = try folder.write("roots.pem", "no certificate\n")
        #expect(error(.make(caFile: path)) == "CA file '\(path)' holds no PEM certificate")
    }

    @Test(
        "a pin is sha256// and 44 letters of Base64",
        arguments: [
            ("sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true),
            ("sha256//+/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true),
            ("sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", false),
            ("sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false),
            ("sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-A=", false),
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", false),
            ("server.pem", false), ("", false),
        ])
    func pins(_ pin: String, isGood: Bool) {
        #expect((error(.make(pin: pin)) == nil) == isGood)
    }
}
