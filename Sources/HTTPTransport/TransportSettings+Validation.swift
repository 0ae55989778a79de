import Platform
import CLibCurl
import Glibc

extension TransportSettings {
    /// Finds what would make every request fail.
    ///
    /// - Throws: ``ToolError`` when the CA file cannot be read or holds no certificate, or the pin is no pin.
    func validate() throws(ToolError) {
        if let pin, !PublicKeyPin.isWellFormed(Array(pin.utf8)) { throw .malformedPin(pin) }
        if let caFile { try Self.checkCAFile(caFile) }
    }

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
