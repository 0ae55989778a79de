import Platform
import FleetModel

/// What a row wants edited.
///
/// Source of the rules: the PBX's `certificate/update` call.
extension RowReader {
    mutating func readEdit(_ cells: borrowing RowCells, _ draft: inout RowDraft) {
        draft.autoRenewal = readSwitch(cells)
        draft.name = readText(.name, as: .name, cells)
        draft.issueTo = readText(.issueTo, as: .issueTo, cells)
        draft.dnsProvider = readText(.dnsProvider, as: .dnsProvider, cells)
        readFile(cells)
        draft.authInfo = readAuth(cells)
        if let name = draft.name { warn(aboutName: name, cells) }
        if let provider = draft.dnsProvider { warn(aboutProvider: provider, cells) }
        if draft.autoRenewal == true { checkRenewal(cells, draft.dnsProvider) }
        if !hasEdit(cells) {
            add(Flaw(.nothingToEdit, "there is nothing to edit: no column of the certificate is set"), nil)
        }
    }

    private mutating func readSwitch(_ cells: borrowing RowCells) -> Bool? {
        guard let cell = cells[.autoRenewal] else { return nil }
        return value(of: cell, cells) { cell throws(Flaw) in
            switch cell.kind {
            case .text, .boolean:
                if let value = SwitchWord.read(cell.bytes) { return value }
            case .number:
                if let number = WholeNumber.readJSON(cell.bytes), number == 0 || number == 1 { return number == 1 }
            case .array, .object:
                throw Flaw(.autoRenewalMalformed, "\(cell.kind.title) is none of \(SwitchWord.list)")
            }
            throw Flaw(.autoRenewalMalformed, "\(Quotation.of(cell.bytes)) is none of \(SwitchWord.list)")
        }
    }

    private mutating func readText(_ field: Field, as rule: CellText, _ cells: borrowing RowCells) -> String? {
        guard let cell = cells[field] else { return nil }
        return value(of: cell, cells) { cell throws(Flaw) in try rule.read(try cell.text()) }
    }

    private mutating func readFile(_ cells: borrowing RowCells) {
        guard let cell = cells[.certFile] else { return }
        let column = cells.names[cell.column]
        add(
            Flaw(
                .certFileUnsupported,
                "this version does not upload files: upload it in the PBX's web portal and write its name into 'name'"),
            column)
        if cells[.name] != nil {
            let names = [cells.name(of: .name), column].map { Quotation.of($0.utf8) }.joined(separator: " and ")
            let message = "\(names) are both given: a row takes one of them"
            add(Flaw(.nameAndCertFile, message), nil)
        }
    }

    private mutating func warn(aboutProvider provider: String, _ cells: borrowing RowCells) {
        guard !provider.isEmpty, let advice = providerAdvice.about(provider) else { return }
        add(Flaw(.dnsProviderUnknown, advice), cells.name(of: .dnsProvider), severity: .warning)
    }

    private mutating func warn(aboutName name: String, _ cells: borrowing RowCells) {
        guard name.utf8.first == UInt8(ascii: "'") else { return }
        let message = "the file name starts with an apostrophe, which may be a spreadsheet's mark for text"
        add(Flaw(.apostrophe, message), cells.name(of: .name), severity: .warning)
    }

    /// Renewal needs a provider and its credentials in the same request.
    private mutating func checkRenewal(_ cells: borrowing RowCells, _ provider: String?) {
        if cells[.dnsProvider] == nil || provider?.isEmpty == true {
            let message = "is missing while auto-renewal is switched on: the PBX wants it in the same request"
            add(Flaw(.dnsProviderMissing, message), cells.name(of: .dnsProvider))
        }
        if !cells.hasAuth {
            let message =
                "the credentials of the DNS provider ('auth.KEY' or 'auth_info_list') are missing while auto-renewal "
                + "is switched on: the PBX wants them in the same request"
            add(Flaw(.authMissing, message), nil)
        }
    }

    private func hasEdit(_ cells: borrowing RowCells) -> Bool {
        cells[.autoRenewal] != nil || cells[.name] != nil || cells[.issueTo] != nil || cells[.dnsProvider] != nil
            || cells[.certFile] != nil || cells.hasAuth
    }
}
