import FleetModel
import Glibc
import Platform
import TabularText

/// What a cell `base_url` says: how to reach a PBX, and which one it is.
///
/// `https://host[:port]` or `http://…` with the scheme's own port when none is given; a bare `host[:port]` means https
/// and port 8088 when none is given, but 443 for the relays of the manufacturer's cloud. One final `/` is dropped;
/// anything else behind the port is an error.
struct AddressCell {
    let scheme: PBXAddress.Scheme
    /// Lower case; an IPv6 address in its shortest form and in brackets. Borrowed from the scratch space.
    let name: Bytes
    let port: UInt16

    /// Reads a cell.
    ///
    /// - Parameters:
    ///   - cell: the value without blanks at its ends.
    ///   - scratch: where the name is put; it serves cell after cell.
    /// - Throws: ``Diagnostic`` with code `base-url-malformed`.
    init(_ cell: Bytes, scratch: HostNameScratch) throws(Diagnostic) {
        if let diagnostic = LeftBehind.problem(cell) { throw diagnostic }
        var rest = cell
        var port: UInt16 = 8088
        if let end = Self.schemeEnd(in: cell) {
            scheme = try Self.scheme(cell.part(0..<end))
            if case .https = scheme { port = 443 } else { port = 80 }
            rest = cell.part(end + 3..<cell.count)
        } else {
            scheme = .https
        }
        if rest.last == UInt8(ascii: "/") { rest = rest.part(0..<rest.count - 1) }
        name = try HostName.read(&rest, into: scratch)
        if port == 8088, HostName.isRelay(name) { port = 443 }
        if !rest.isEmpty { port = try Self.port(rest) }
        self.port = port
    }

    /// Whom to connect to.
    var host: HostKey { HostKey(name: name.text, port: port) }

    private static func schemeEnd(in cell: Bytes) -> Int? {
        guard let colon = cell.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return cell.part(colon..<cell.count).starts(with: "://") ? colon : nil
    }

    private static func scheme(_ bytes: Bytes) throws(Diagnostic) -> PBXAddress.Scheme {
        if bytes.equalsIgnoringCase("https") { return .https }
        if bytes.equalsIgnoringCase("http") { return .http }
        throw Diagnostic(
            .baseURLMalformed, "the address must start with https:// or http://, not \(Quotation.of(bytes))")
    }

    /// Reads what follows the host name: a colon and the port.
    private static func port(_ bytes: Bytes) throws(Diagnostic) -> UInt16 {
        guard bytes[0] == UInt8(ascii: ":") else { throw tail(bytes) }
        var value = 0
        var index = 1
        while index < bytes.count, bytes[index].isDigit, value <= Int(UInt16.max) {
            value = value &* 10 &+ Int(bytes[index] &- UInt8(ascii: "0"))
            index &+= 1
        }
        let rest = bytes.part(index..<bytes.count)
        if index > 1, let first = rest.first, HostName.ending(first) != nil { throw tail(rest) }
        guard rest.isEmpty, value >= 1, let port = UInt16(exactly: value) else { throw badPort }
        return port
    }

    private static var badPort: Diagnostic {
        Diagnostic(
            .baseURLMalformed, "the port must be a number from 1 to 65535 (an IPv6 address is written in brackets)")
    }

    /// What is wrong with an address in what stands behind host and port; it quotes nothing, since a query may hold a token.
    private static func tail(_ bytes: Bytes) -> Diagnostic {
        let what = bytes.first.flatMap(HostName.ending) ?? "something"
        let hint = what == "a path" ? " (the path of the API goes into 'api_path')" : ""
        return Diagnostic(.baseURLMalformed, "the address has \(what) beside host and port\(hint)")
    }
}

/// Room for one host name, used again for each row.
typealias HostNameScratch = UnsafeMutableBufferPointer<UInt8>

/// Host names as a PBX can have them: a DNS name, an IPv4 address, an IPv6 address in brackets.
enum HostName {
    /// Bytes of the longest name.
    static let limit = 253

    /// Room for one name of any form.
    static func makeScratch() -> HostNameScratch { .allocate(capacity: limit + 3) }

    /// Reads the name at the start of an address into the scratch space, in the one form in which equal hosts are
    /// equal.
    ///
    /// - Parameter address: the address; what follows the name is left in it.
    /// - Throws: ``Diagnostic`` with code `base-url-malformed`.
    static func read(_ address: inout Bytes, into scratch: HostNameScratch) throws(Diagnostic) -> Bytes {
        if address.first == UInt8(ascii: "[") { return try readIPv6(&address, into: scratch) }
        var labelStart = 0
        var isNumber = true
        var index = 0
        let end = min(address.count, limit)
        while index < end {
            let byte = address[index]
            if byte == UInt8(ascii: ".") {
                guard index > labelStart, index - labelStart <= 63 else { throw malformed(address) }
                labelStart = index + 1
                isNumber = true
            } else if !byte.isDigit {
                guard isNameByte(byte) else { break }
                isNumber = false
            }
            scratch[index] = byte.lowercased
            index += 1
        }
        if index == limit, index < address.count, isNameByte(address[index]) { throw tooLong }
        let rest = address.part(index..<address.count)
        try check(rest, of: address)
        guard index > labelStart, index - labelStart <= 63 else { throw malformed(address) }
        address = rest
        let name = Bytes(rebasing: UnsafeBufferPointer(scratch)[..<index])
        // Everybody reads a name that ends in a number as an address, so it must be one.
        if isNumber || isHexadecimal(name.part(labelStart..<name.count)), !isIPv4(name) {
            throw malformed(name)
        }
        return name
    }

    /// Whether a name is one of the manufacturer's cloud, which answers on the port of https.
    static func isRelay(_ name: Bytes) -> Bool {
        guard name.last == UInt8(ascii: "m") else { return false }
        return relays.contains { domain in
            let length = domain.utf8CodeUnitCount
            return name.count > length && name.part(name.count - length..<name.count).equals(domain)
        }
    }

    private static let relays: [StaticString] = [".ras.yeastar.com", ".ras.uccpbx.com", ".yeastarcloud.com"]

    /// Whether a label is a number as C writes it, `0x7f`.
    private static func isHexadecimal(_ label: Bytes) -> Bool {
        label.starts(with: "0x")
            && label.dropFirst(2).allSatisfy { $0.isDigit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 }
    }

    /// What a byte starts that has no place beside host and port, if it does.
    static func ending(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "/"): "a path"
        case UInt8(ascii: "?"): "a query"
        case UInt8(ascii: "#"): "a fragment"
        case UInt8(ascii: "@"): "a user name"
        default: nil
        }
    }

    /// Checks that a name ended where names may end, and that there is one.
    private static func check(_ rest: Bytes, of address: Bytes) throws(Diagnostic) {
        if let byte = rest.first, byte != UInt8(ascii: ":"), ending(byte) == nil { throw malformed(address) }
        if rest.count == address.count { throw Diagnostic(.baseURLMalformed, "there is no host name in the address") }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "_")
    }

    private static var tooLong: Diagnostic {
        Diagnostic(.baseURLMalformed, "the host name is longer than \(limit) characters")
    }

    /// What is wrong with a name that is none; it quotes what stands before anything that may hide a secret.
    private static func malformed(_ address: Bytes) -> Diagnostic {
        guard !address.contains(UInt8(ascii: "@")) else {
            return Diagnostic(
                .baseURLMalformed, "the address is more than host and port, perhaps a user name and password")
        }
        let name = address.prefix { ending($0) == nil && $0 != UInt8(ascii: ":") }
        if name.contains(where: { $0 >= 0x80 }) {
            return Diagnostic(
                .baseURLMalformed,
                "\(Quotation.of(name)) is no host name: write letters beyond ASCII in their 'xn--' form")
        }
        return Diagnostic(.baseURLMalformed, "\(Quotation.of(name)) is no host name or address")
    }

    /// Whether a name is four numbers, none of which could be taken for octal.
    private static func isIPv4(_ name: Bytes) -> Bool {
        // Below 0 where a number is to begin.
        var (dots, value) = (0, -1)
        for byte in name {
            if byte == UInt8(ascii: ".") {
                (dots, value) = (dots &+ 1, -1)
            } else {
                guard byte.isDigit, value != 0 else { return false }
                value = max(value, 0) &* 10 &+ Int(byte &- UInt8(ascii: "0"))
                guard value <= 255 else { return false }
            }
        }
        return dots == 3
    }

    private static func readIPv6(_ address: inout Bytes, into scratch: HostNameScratch) throws(Diagnostic) -> Bytes {
        guard let bracket = address.firstIndex(of: UInt8(ascii: "]")) else {
            throw Diagnostic(.baseURLMalformed, "the bracket of an IPv6 address is not closed")
        }
        let digits = address.part(1..<bracket)
        var binary = in6_addr()
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard digits.count < text.count, !digits.contains(0), inet_pton(AF_INET6, digits.text, &binary) == 1,
            inet_ntop(AF_INET6, &binary, &text, socklen_t(text.count)) != nil
        else { throw Diagnostic(.baseURLMalformed, "\(Quotation.of(digits)) in brackets is no IPv6 address") }
        address = address.part(bracket + 1..<address.count)
        var name = [UInt8(ascii: "[")] + text.prefix { $0 != 0 }.map(UInt8.init) + [UInt8(ascii: "]")]
        // The same machine as the IPv4 address in it, and so in the same form.
        if name.starts(with: "[::ffff:".utf8), name.contains(UInt8(ascii: ".")) {
            name = Array(name[8..<name.count - 1])
        }
        for (index, byte) in name.enumerated() { scratch[index] = byte }
        return Bytes(rebasing: UnsafeBufferPointer(scratch)[..<name.count])
    }
}

/// The path of a PBX's API, as the column `api_path` gives it.
enum APIPath {
    /// The path without slashes at its ends.
    ///
    /// - Throws: ``Diagnostic`` with code `api-path-malformed` when it is no plain path.
    static func read(_ cell: Bytes) throws(Diagnostic) -> String {
        if cell.equals(CellText.clear) { throw CellText.misplacedClear }
        try CellText.refuseLeftovers(cell)
        var path = cell
        while path.first == UInt8(ascii: "/") { path = path.part(1..<path.count) }
        while path.last == UInt8(ascii: "/") { path = path.part(0..<path.count - 1) }
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPlain = segments.allSatisfy { segment in
            !segment.isEmpty && !segment.allSatisfy { $0 == UInt8(ascii: ".") } && segment.allSatisfy(isPathCharacter)
        }
        guard isPlain else {
            // A query may hold a token, so nothing is quoted.
            throw Diagnostic(
                .apiPathMalformed, "this is no path like 'openapi/v1.0': letters, digits and . _ ~ - between slashes")
        }
        return path.text
    }

    private static func isPathCharacter(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || "._~-".utf8.contains(byte)
    }
}

/// Whom a row is about, and how it proves who it is to the PBX.
extension RowParser {
    mutating func readAddress(_ cells: borrowing RowCells, _ row: inout ParsedRow) {
        if let cell = cells[.baseURL] {
            row.url = readURL(cell, cells)
        } else if cells.canHave(.baseURL) {
            add(Diagnostic(.baseURLMissing, "the address of the PBX is missing"), cells.name(of: .baseURL))
        }
        if let cell = cells[.apiPath] {
            let path = value(of: cell, cells) { cell throws(Diagnostic) in try APIPath.read(try cell.text()) }
            if let path { row.apiPath = path }
        }
        if let cell = cells[.tlsPin] {
            row.tlsPin = value(of: cell, cells) { cell throws(Diagnostic) in try Self.pin(try cell.text()) }
        }
    }

    private mutating func readURL(_ cell: RowCells.Cell, _ cells: borrowing RowCells) -> AddressCell? {
        let scratch = scratch
        let url = value(of: cell, cells) { cell throws(Diagnostic) in try AddressCell(try cell.text(), scratch: scratch)
        }
        guard let url else { return nil }
        if !allowsPlainHTTP, case .http = url.scheme, !url.host.isLoopback {
            let message = "plain http would send credentials in the clear: use https, or allow it by --allow-plain-http"
            add(Diagnostic(.plainHTTP, message), cells.names[cell.column])
        }
        return url
    }

    private static func pin(_ cell: Bytes) throws(Diagnostic) -> String {
        let pin = cell.text
        if PublicKeyPin.isWellFormed(pin) { return pin }
        throw Diagnostic(.tlsPinMalformed, "a pin is 'sha256//' and the base64 text of 32 bytes (44 characters)")
    }

    /// Whether a row names a host that is selected; nothing is noted.
    func isHost(of cells: borrowing RowCells, in selection: Selection) -> Bool {
        do throws(Diagnostic) {
            guard let text = try cells[.baseURL]?.text() else { return selection.includes(nil) }
            return selection.includes(try AddressCell(text, scratch: scratch).name)
        } catch {
            return selection.includes(nil)
        }
    }

    mutating func readID(_ cells: borrowing RowCells, _ row: inout ParsedRow) {
        guard let cell = cells[.id] else {
            if cells.canHave(.id) {
                add(Diagnostic(.idMissing, "the certificate's id is missing"), cells.name(of: .id))
            }
            return
        }
        row.id = value(of: cell, cells) { cell throws(Diagnostic) in
            switch cell.kind {
            case .text, .number: break
            case .boolean, .array, .object: throw Diagnostic(.idMalformed, "\(cell.kind.title) is no certificate id")
            }
            let id = cell.kind == .text ? WholeNumber.read(cell.bytes) : WholeNumber.readJSON(cell.bytes)
            guard let id else {
                let reason = WholeNumber.reason(against: cell.bytes)
                throw Diagnostic(.idMalformed, "\(Quotation.of(cell.bytes)) \(reason)")
            }
            guard id >= 1 else { throw Diagnostic(.idMalformed, "\(Quotation.of(cell.bytes)) is less than 1") }
            return id
        }
    }

    /// Reads which certificate a row means: by its id, or by what it is.
    mutating func readCertificate(_ cells: borrowing RowCells, _ row: inout ParsedRow) {
        guard let cell = cells[.match] else { return readID(cells, &row) }
        if cells[.id] != nil {
            let names = [cells.name(of: .id), cells.names[cell.column]].map { Quotation.of($0.utf8) }
            let message = "\(names.joined(separator: " and ")) are both given: a row takes one of them"
            return add(Diagnostic(.idAndMatch, message), nil)
        }
        row.match = value(of: cell, cells) { cell throws(Diagnostic) in
            if let match = CertificateMatch(try CellText.clientID.read(try cell.text()).text) { return match }
            throw Diagnostic(
                .matchMalformed, "\(Quotation.of(cell.bytes)) is none of issue_to=NAME, name=FILE and only")
        }
        row.id = row.match?.number
    }

    mutating func readCredentials(_ cells: borrowing RowCells, _ row: inout ParsedRow) {
        if keepsCells { row.credentialCells = credentialCells(cells) }
        guard needsCredentials else { return row.credentials = .token(Secret("")) }
        if let cell = cells[.accessToken] {
            row.credentials = readSecret(cell, cells).map { .token($0) }
        } else if let id = cells[.clientID], let secret = cells[.clientSecret] {
            let name = readClientID(id, cells)
            let secret = readSecret(secret, cells)
            if let name, let secret { row.credentials = .client(id: name, secret: secret) }
        } else if let half = cells[.clientID] ?? cells[.clientSecret] {
            let other = cells[.clientID] == nil ? Field.clientID : .clientSecret
            let message = "is given without \(Quotation.of(cells.name(of: other).utf8)): a login takes both"
            add(Diagnostic(.credentialsIncomplete, message), cells.names[half.column])
        } else if let found = credentials.credentials(for: row.url) {
            row.credentials = found
        } else if row.url != nil || !credentials.hasHosts {
            let message = "no credentials for this PBX: neither in the row, nor \(credentials.places)"
            add(Diagnostic(.credentialsMissing, message), nil)
        }
    }

    /// The cells of the credentials where they are references, or may be told; nil for those of a row that may not.
    private func credentialCells(_ cells: borrowing RowCells) -> CredentialCells? {
        var own = CredentialCells()
        for (field, column) in [
            (Field.accessToken, \CredentialCells.accessToken), (.clientSecret, \.clientSecret), (.clientID, \.clientID),
        ] {
            guard let cell = cells[field] else { continue }
            let isShown = field == .clientID || keepsSecrets || SecretCell.isReference(cell.bytes)
            guard isShown else { return nil }
            own[keyPath: column] = secrets.absolute(cell.bytes)
        }
        return own
    }

    private mutating func readSecret(_ cell: RowCells.Cell, _ cells: borrowing RowCells) -> Secret? {
        // Not by way of a closure, which would have to hold a copy of all that secrets are looked up in.
        var notes = SecretNotes()
        defer { take(notes, cell.column, cells) }
        do throws(Diagnostic) {
            return try secrets.secret(try cell.text(), for: .login, notes: &notes)
        } catch {
            add(error, cells.names[cell.column])
            return nil
        }
    }

    private mutating func readClientID(_ cell: RowCells.Cell, _ cells: borrowing RowCells) -> String? {
        var notes = SecretNotes()
        defer { take(notes, cell.column, cells) }
        do throws(Diagnostic) {
            return try secrets.clientID(try cell.text(), notes: &notes)
        } catch {
            add(error, cells.names[cell.column])
            return nil
        }
    }
}
