import HTTPTransport
import Platform
import TestSupport
import Testing

@Suite("Settings that cannot work")
struct TransportSettingsTests {
    private func error(_ settings: TransportSettings) -> String? {
        do {
            _ = try TransportLoop(settings, lookups: NameLookups())
            return nil
        } catch {
            return error.message
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

    @Test("a pin is sha256// and the base64 text of 32 bytes", arguments: PinTexts.right)
    func pins(pin: String) {
        #expect(error(.make(pin: pin)) == nil)
    }

    @Test("whatever else is given for a pin is refused and named", arguments: PinTexts.wrong + [""])
    func wrongPins(pin: String) {
        let reason = "is not 'sha256//' and the base64 text of 32 bytes (44 characters)"
        #expect(error(.make(pin: pin)) == "pin '\(pin)' \(reason)")
    }
}
