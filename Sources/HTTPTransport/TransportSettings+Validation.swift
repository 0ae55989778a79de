import Platform
import CLibCurl
import Glibc

extension TransportSettings {
    /// Finds what would make every request fail.
    ///
    /// - Throws: ``ToolError`` when the CA file cannot be read or holds no certificate, or the pin is no pin.
    func validate() throws(ToolError) {
        if let pin, !Self.isPin(pin) { throw .malformedPin(pin) }
        if let caFile { try Self.checkCAFile(caFile) }
    }

    /// `sha256//` and the one base64 text of 32 bytes. libcurl would take anything else for the name of a file, or for
    /// the pin of a key that cannot be.
    private static func isPin(_ text: String) -> Bool {
        let prefix = "sha256//"
        guard text.hasPrefix(prefix), text.hasSuffix("=") else { return false }
        let digits = text.utf8.dropFirst(prefix.utf8.count).dropLast()
        // 32 bytes leave 4 bits for the last character, so its 2 low bits are zero.
        guard digits.count == 43, let last = digits.last, lastDigits.utf8.contains(last) else { return false }
        return digits.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }

    private static let lastDigits = "AEIMQUYcgkosw048"

    private static func checkCAFile(_ path: String) throws(ToolError) {
        guard let file = fopen(path, "r") else {
            throw .unreadableCAFile(path, reason: String(cString: strerror(errno)).lowercased())
        }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, file) > 0 {
            if let line, String(cString: line).contains("CERTIFICATE-----") { return }
        }
        if ferror(file) != 0 { throw .unreadableCAFile(path, reason: String(cString: strerror(errno)).lowercased()) }
        throw .noCertificates(path)
    }
}

extension ToolError {
    /// - Throws: ``ToolError`` when libcurl refused an option.
    static func check(_ codes: [CURLcode]) throws(ToolError) {
        guard let code = codes.first(where: { $0 != CURLE_OK }) else { return }
        throw .refusedOption(code: code.rawValue)
    }
}
