import Platform
import FleetModel
import TabularText

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

    private mutating func readURL(_ cell: RowCells.Cell, _ cells: borrowing RowCells) -> BaseURL? {
        let scratch = scratch
        let url = value(of: cell, cells) { cell throws(Diagnostic) in try BaseURL(try cell.text(), scratch: scratch) }
        guard let url else { return nil }
        if url.scheme == .http, !allowsPlainHTTP, !url.host.isLoopback {
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
            guard let text = try cells[.baseURL]?.text() else { return false }
            return selection.includes(try BaseURL(text, scratch: scratch).name)
        } catch {
            return false
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

    mutating func readCredentials(_ cells: borrowing RowCells, _ row: inout ParsedRow) {
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
            let message =
                "no credentials for this PBX: neither in the row, nor by --credentials, nor in the environment"
            add(Diagnostic(.credentialsMissing, message), nil)
        }
    }

    private mutating func readSecret(_ cell: RowCells.Cell, _ cells: borrowing RowCells) -> Secret? {
        // Not by way of a closure, which would have to hold a copy of all that secrets are looked up in.
        var doubts: [Diagnostic] = []
        defer { if !doubts.isEmpty { warn(doubts, cells.names[cell.column]) } }
        do throws(Diagnostic) {
            return try secrets.secret(try cell.text(), for: .login, doubts: &doubts)
        } catch {
            add(error, cells.names[cell.column])
            return nil
        }
    }

    private mutating func readClientID(_ cell: RowCells.Cell, _ cells: borrowing RowCells) -> String? {
        var doubts: [Diagnostic] = []
        defer { if !doubts.isEmpty { warn(doubts, cells.names[cell.column]) } }
        do throws(Diagnostic) {
            return try secrets.clientID(try cell.text(), doubts: &doubts)
        } catch {
            add(error, cells.names[cell.column])
            return nil
        }
    }
}
