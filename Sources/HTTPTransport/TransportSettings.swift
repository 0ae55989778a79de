package import Platform
import CLibCurl
import Glibc

/// How every request of a run connects, and what it trusts.
package struct TransportSettings: Sendable {
    /// To look up the name, connect, and shake hands; default 10 s.
    package var connectTimeout: Duration
    /// For the whole request; default 30 s.
    package var timeout: Duration
    /// PEM file of the authorities to trust instead of the system's; nil for those of `SSL_CERT_FILE` or the system.
    package var caFile: String?
    /// Keys of which every server must have one unless a request brings its own, as `sha256//BASE64;sha256//BASE64`; nil
    /// for none.
    package var pin: String?
    /// Whether any certificate will do; a pin is checked all the same.
    package var isInsecure: Bool
    /// Whether there may be a proxy between here and a host that is not this machine.
    let hasProxy: Bool

    /// - Parameters:
    ///   - connectTimeout: to look up the name, connect, and shake hands; above zero.
    ///   - timeout: for the whole request; above zero.
    ///   - caFile: PEM file of the authorities to trust instead of the system's.
    ///   - pin: keys of which every server must have one.
    ///   - isInsecure: whether any certificate will do.
    ///   - hasProxy: whether there may be a proxy; by default, whether the environment names one.
    package init(
        connectTimeout: Duration = .seconds(10), timeout: Duration = .seconds(30), caFile: String? = nil,
        pin: String? = nil, isInsecure: Bool = false, hasProxy: Bool = Self.namesProxy
    ) {
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.caFile = caFile
        self.pin = pin
        self.isInsecure = isInsecure
        self.hasProxy = hasProxy
    }

    /// Finds what would make every request fail.
    ///
    /// - Throws: ``ToolError`` when the CA file cannot be read or holds no certificate, or the pin is no pin.
    package func validate() throws(ToolError) {
        if let pin, !PublicKeyPin.isWellFormed(pin) { throw .malformedPin(pin) }
        if let file = givenAuthorities { try Self.checkCAFile(file) }
    }

    /// PEM file of the authorities to trust; nil when libcurl knows none.
    ///
    /// One file and no folder beside it, because only then libcurl reads it once for a loop and not for each connection.
    var authorities: String? {
        givenAuthorities ?? certfleet_library()?.pointee.cainfo.map { String(cString: $0) }
    }

    /// The operator's own, by flag or, as with curl, by variable.
    private var givenAuthorities: String? {
        if let caFile { return caFile }
        guard let path = getenv("SSL_CERT_FILE").map({ String(cString: $0) }), !path.isEmpty else { return nil }
        return path
    }

    /// Whether the environment names a proxy that may be used.
    package static var namesProxy: Bool {
        let names = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        return names.contains { name in getenv(name).map { $0.pointee != 0 } ?? false }
    }

    private static func checkCAFile(_ path: String) throws(ToolError) {
        guard let file = fopen(path, "re") else {
            throw .unreadableCAFile(path, code: errno)
        }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, file) > 0 {
            if let line, String(cString: line).contains("CERTIFICATE-----") { return }
        }
        if ferror(file) != 0 { throw .unreadableCAFile(path, code: errno) }
        throw .noCertificates(path)
    }
}

extension ToolError {
    static func unreadableCAFile(_ path: String, code: Int32) -> ToolError {
        ToolError.file("CA file '\(path)' cannot be read", code: code, kind: .usage)
    }

    static func noCertificates(_ path: String) -> ToolError {
        ToolError(
            .usage, "CA file '\(path)' holds no PEM certificate",
            hint: "name one that has lines -----BEGIN CERTIFICATE-----")
    }

    static func malformedPin(_ pin: String) -> ToolError {
        ToolError(
            .usage, "pin '\(pin)' is not 'sha256//' and the base64 text of 32 bytes (44 characters)",
            hint: "write it as curl's --pinnedpubkey takes it, several with ';' between them")
    }
}
