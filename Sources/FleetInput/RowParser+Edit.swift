import Platform
import FleetModel
import TabularText

/// What a row wants edited.
///
/// Source of the rules: the PBX's `certificate/update` call.
extension RowParser {
    mutating func readEdit(_ cells: borrowing RowCells, _ row: inout ParsedRow) {
        row.autoRenewal = readBoolean(cells)
        row.name = readText(.name, as: .name, cells)
        row.issueTo = readText(.issueTo, as: .issueTo, cells)
        row.dnsProvider = readText(.dnsProvider, as: .dnsProvider, cells)
        readFile(cells)
        let known = diagnostics.count
        row.authInfo = readAuth(cells)
        let isAuthRead = !diagnostics[known...].contains { $0.severity == .row }
        if let provider = row.dnsProvider { warn(aboutProvider: provider, isAuthRead ? row.authInfo : nil, cells) }
        if row.autoRenewal == true { checkRenewal(cells, row.dnsProvider) }
        if !hasEdit(cells) {
            add(Diagnostic(.nothingToEdit, "there is nothing to edit: no column of the certificate is set"), nil)
        }
    }

    private mutating func readBoolean(_ cells: borrowing RowCells) -> Bool? {
        guard let cell = cells[.autoRenewal] else { return nil }
        return value(of: cell, cells) { cell throws(Diagnostic) in
            switch cell.kind {
            case .text, .boolean:
                if let value = BooleanWord.read(cell.bytes) { return value }
            case .number:
                if let number = WholeNumber.readJSON(cell.bytes), number == 0 || number == 1 { return number == 1 }
            case .array, .object:
                throw Diagnostic(.autoRenewalMalformed, "\(cell.kind.title) is none of \(BooleanWord.list)")
            }
            throw Diagnostic(.autoRenewalMalformed, "\(Quotation.of(cell.bytes)) is none of \(BooleanWord.list)")
        }
    }

    private mutating func readText(_ field: Field, as rule: CellText, _ cells: borrowing RowCells) -> String? {
        guard let cell = cells[field] else { return nil }
        let text = value(of: cell, cells) { cell throws(Diagnostic) in try rule.read(try cell.text()) }
        if let text, !text.isEmpty, let doubt = Self.doubt(cell.bytes, field) { add(doubt, cells.names[cell.column]) }
        return text
    }

    private static func doubt(_ cell: Bytes, _ field: Field) -> Diagnostic? {
        if field == .name, cell[0] == UInt8(ascii: "'") {
            let message = "the file name starts with an apostrophe, which may be a spreadsheet's mark for text"
            return Diagnostic(.apostrophe, severity: .warning, message)
        }
        if let doubt = LeftBehind.doubt(cell) { return doubt }
        switch field {
        case .name: return NameDoubt.file(cell)
        case .issueTo: return NameDoubt.domain(cell)
        default: return nil
        }
    }

    private mutating func readFile(_ cells: borrowing RowCells) {
        guard let cell = cells[.certFile] else { return }
        let column = cells.names[cell.column]
        add(
            Diagnostic(
                .certFileUnsupported,
                "this version does not upload files: upload it in the PBX's web portal and write its name into 'name'"),
            column)
        if cells[.name] != nil {
            let names = [cells.name(of: .name), column].map { Quotation.of($0.utf8) }.joined(separator: " and ")
            let message = "\(names) are both given: a row takes one of them"
            add(Diagnostic(.nameAndCertFile, message), nil)
        }
    }

    private mutating func warn(
        aboutProvider provider: String, _ auth: [AuthInfo]?, _ cells: borrowing RowCells
    ) {
        // What is doubtful as a value was told already.
        guard !provider.isEmpty, let cell = cells[.dnsProvider], LeftBehind.doubt(cell.bytes) == nil else { return }
        if let advice = providerAdvice.about(provider) {
            add(Diagnostic(.dnsProviderUnknown, severity: .warning, advice), cells.name(of: .dnsProvider))
        } else if let auth {
            for doubt in providerAdvice.doubts(about: auth) { add(doubt, nil) }
        }
    }

    /// Renewal needs a provider and its credentials in the same request.
    private mutating func checkRenewal(_ cells: borrowing RowCells, _ provider: String?) {
        if cells[.dnsProvider] == nil || provider?.isEmpty == true {
            let message = "is missing while auto-renewal is switched on: the PBX wants it in the same request"
            add(Diagnostic(.dnsProviderMissing, message), cells.name(of: .dnsProvider))
        }
        if !cells.hasAuth {
            let message =
                "the credentials of the DNS provider ('auth.KEY' or 'auth_info_list') are missing while auto-renewal "
                + "is switched on: the PBX wants them in the same request"
            add(Diagnostic(.authMissing, message), nil)
        }
    }

    private func hasEdit(_ cells: borrowing RowCells) -> Bool {
        cells[.autoRenewal] != nil || cells[.name] != nil || cells[.issueTo] != nil || cells[.dnsProvider] != nil
            || cells[.certFile] != nil || cells.hasAuth
    }
}
