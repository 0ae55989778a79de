import JobModel

/// What a row wants edited.
///
/// Source of the rules: the PBX's `certificate/update` call.
extension RowReader {
    mutating func readEdit(_ cells: RowCells, _ edit: inout CertificateEdit) {
        if let cell = cells[.autoRenewal] { edit.autoRenewal = readSwitch(cell, cells) }
        edit.name = readText(.name, as: .name, cells)
        edit.issueTo = readText(.issueTo, as: .issueTo, cells)
        edit.dnsProvider = readText(.dnsProvider, as: .dnsProvider, cells)
        readFile(cells)
        edit.authInfo = readAuth(cells)
        warnAboutDoubts(cells, edit)
        checkRenewal(cells, edit)
        if !hasEdit(cells) {
            add(Complaint(.nothingToEdit, "there is nothing to edit: no column of the certificate is set"), nil)
        }
    }

    private mutating func readSwitch(_ cell: RowCells.Cell, _ cells: RowCells) -> Bool? {
        value(of: cell, cells) { cell throws(Complaint) in
            switch cell.kind {
            case .text, .boolean:
                if let value = SwitchWord.read(cell.bytes) { return value }
            case .number:
                if let number = WholeNumber.readJSON(cell.bytes), number == 0 || number == 1 { return number == 1 }
            case .array, .object:
                throw Complaint(.autoRenewalMalformed, "\(cell.kind.title) is none of \(SwitchWord.list)")
            }
            throw Complaint(.autoRenewalMalformed, "\(Quotation.of(cell.bytes)) is none of \(SwitchWord.list)")
        }
    }

    private mutating func readText(_ field: Field, as rule: CellText, _ cells: RowCells) -> String? {
        guard let cell = cells[field] else { return nil }
        return value(of: cell, cells) { cell throws(Complaint) in try rule.read(try cell.text()) }
    }

    private mutating func readFile(_ cells: RowCells) {
        guard let cell = cells[.certFile] else { return }
        let column = cells.names[cell.column]
        add(
            Complaint(
                .certFileUnsupported,
                "this version does not upload files: upload it in the PBX's web portal and write its name into 'name'"),
            column)
        if cells[.name] != nil {
            let message = "'\(cells.name(of: .name))' and '\(column)' are both given: a row takes one of them"
            add(Complaint(.nameAndCertFile, message), nil)
        }
    }

    private mutating func warnAboutDoubts(_ cells: RowCells, _ edit: CertificateEdit) {
        if let provider = edit.dnsProvider, let cell = cells[.dnsProvider], !provider.isEmpty,
            !DNSProviders.contains(provider)
        {
            let nearest = DNSProviders.nearest(to: provider).map { ": did you mean '\($0)'?" } ?? ""
            let message = "\(Quotation.of(cell.bytes)) is no DNS provider known here\(nearest)"
            add(Complaint(.dnsProviderUnknown, message), cells.names[cell.column], severity: .warning)
        }
        if let cell = cells[.name], edit.name?.utf8.first == UInt8(ascii: "'") {
            let message = "the file name starts with an apostrophe, which may be a spreadsheet's mark for text"
            add(Complaint(.apostrophe, message), cells.names[cell.column], severity: .warning)
        }
    }

    /// Renewal needs a provider and its credentials in the same request.
    private mutating func checkRenewal(_ cells: RowCells, _ edit: CertificateEdit) {
        guard edit.autoRenewal == true else { return }
        if cells[.dnsProvider] == nil || edit.dnsProvider?.isEmpty == true {
            let message = "is missing while auto-renewal is switched on: the PBX wants it in the same request"
            add(Complaint(.dnsProviderMissing, message), cells.name(of: .dnsProvider))
        }
        if !cells.hasAuth {
            let message =
                "the credentials of the DNS provider ('auth.KEY' or 'auth_info_list') are missing while "
                + "auto-renewal is switched on: the PBX wants them in the same request"
            add(Complaint(.authMissing, message), nil)
        }
    }

    private func hasEdit(_ cells: RowCells) -> Bool {
        cells[.autoRenewal] != nil || cells[.name] != nil || cells[.issueTo] != nil || cells[.dnsProvider] != nil
            || cells[.certFile] != nil || cells.hasAuth
    }
}
