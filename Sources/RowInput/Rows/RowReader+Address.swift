import Platform
import FleetModel

/// Whom a row is about, and how it proves who it is to the PBX.
extension RowReader {
    mutating func readAddress(_ cells: borrowing RowCells, _ draft: inout RowDraft) {
        if let cell = cells[.baseURL] {
            draft.url = readURL(cell, cells)
        } else if cells.canHave(.baseURL) {
            add(Flaw(.baseURLMissing, "the address of the PBX is missing"), cells.name(of: .baseURL))
        }
        if let cell = cells[.apiPath] {
            let path = value(of: cell, cells) { cell throws(Flaw) in try APIPath.read(try cell.text()) }
            if let path { draft.apiPath = path }
        }
        if let cell = cells[.tlsPin] {
            draft.tlsPin = value(of: cell, cells) { cell throws(Flaw) in try TLSPin.read(try cell.text()) }
        }
    }

    private mutating func readURL(_ cell: RowCells.Cell, _ cells: borrowing RowCells) -> BaseURL? {
        let scratch = scratch
        let url = value(of: cell, cells) { cell throws(Flaw) in try BaseURL(try cell.text(), scratch: scratch) }
        guard let url else { return nil }
        if url.scheme == .http, !allowsPlainHTTP, !url.isLoopback {
            let message = "plain http would send credentials in the clear: use https, or allow it by --allow-plain-http"
            add(Flaw(.plainHTTP, message), cells.names[cell.column])
        }
        return url
    }

    /// Whether a row names a host that matches; no problem is noted.
    func host(of cells: borrowing RowCells, matches pattern: HostPattern) -> Bool {
        do throws(Flaw) {
            guard let text = try cells[.baseURL]?.text() else { return false }
            return pattern.matches(try BaseURL(text, scratch: scratch).name)
        } catch {
            return false
        }
    }

    mutating func readID(_ cells: borrowing RowCells, _ draft: inout RowDraft) {
        guard let cell = cells[.id] else {
            if cells.canHave(.id) { add(Flaw(.idMissing, "the certificate's id is missing"), cells.name(of: .id)) }
            return
        }
        draft.id = value(of: cell, cells) { cell throws(Flaw) in
            switch cell.kind {
            case .text, .number: break
            case .boolean, .array, .object: throw Flaw(.idMalformed, "\(cell.kind.title) is no certificate id")
            }
            let id = cell.kind == .text ? WholeNumber.read(cell.bytes) : WholeNumber.readJSON(cell.bytes)
            guard let id else {
                let reason = WholeNumber.reason(against: cell.bytes)
                throw Flaw(.idMalformed, "\(Quotation.of(cell.bytes)) \(reason)")
            }
            guard id >= 1 else { throw Flaw(.idMalformed, "\(Quotation.of(cell.bytes)) is less than 1") }
            return id
        }
    }

    mutating func readCredentials(_ cells: borrowing RowCells, _ draft: inout RowDraft) {
        if let cell = cells[.accessToken] {
            draft.credentials = readSecret(cell, cells).map { .token($0) }
        } else if let id = cells[.clientID], let secret = cells[.clientSecret] {
            let name = value(of: id, cells) { cell throws(Flaw) in try CellText.clientID.read(try cell.text()) }
            let secret = readSecret(secret, cells)
            if let name, let secret { draft.credentials = .client(id: name, secret: secret) }
        } else if let half = cells[.clientID] ?? cells[.clientSecret] {
            let other = cells[.clientID] == nil ? Field.clientID : .clientSecret
            let message = "is given without \(Quotation.of(cells.name(of: other).utf8)): a login takes both"
            add(Flaw(.credentialsIncomplete, message), cells.names[half.column])
        } else if let found = credentials.credentials(for: draft.url) {
            draft.credentials = found
        } else if draft.url != nil || !credentials.hasHosts {
            let message =
                "no credentials for this PBX: neither in the row, nor by --credentials, nor in the environment"
            add(Flaw(.credentialsMissing, message), nil)
        }
    }

    private mutating func readSecret(_ cell: RowCells.Cell, _ cells: borrowing RowCells) -> Secret? {
        // Not by way of a closure, which would have to hold a copy of all that secrets are looked up in.
        do throws(Flaw) {
            let text = try cell.text()
            if text.equals(CellText.clear) { throw CellText.misplacedClear }
            if let flaw = CellText.controlCharacter(in: text) { throw flaw }
            return try secrets.secret(text, isQuotable: true)
        } catch {
            add(error, cells.names[cell.column])
            return nil
        }
    }
}
