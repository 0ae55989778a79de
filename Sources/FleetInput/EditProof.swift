package import FleetModel
import Platform
import TabularText

/// Tells what of an edit no input can hold: its cells are read and judged as those of any row are, and what comes back is
/// compared with the edit. From any thread; opens nothing that a cell refers to.
package final class EditProof: Sendable {
    private let reader = Lock(CellReader())

    /// An input as `certfleet` writes it, with nothing said about its columns.
    package init() {}

    /// The columns whose cells an input refuses, or reads as something else: `#N/A`, `env:NAME`, blanks at an end.
    package func unwritable(_ edit: CertificateEdit) -> [String] { reader.withLock { $0.unwritable(edit) } }
}

/// Reads back the cells of one edit after the other. Confined to one thread at a time.
private final class CellReader {
    private var cells: RowCells
    private var parser: RowParser
    private var buffer = CellBuffer()
    // Only the edit is looked at.
    private static let address = PBXAddress(scheme: .https, host: HostKey(name: "127.0.0.1", port: 443))

    init() {
        var settings = InputSettings()
        settings.needsCredentials = false
        parser = RowParser(settings, .openingNothing, onlyJudges: false)
        for name in EditRow.columns { buffer.append(name) }
        cells = RowCells(
            ColumnMap(header: buffer.record(0..<buffer.count), settings.choices, line: 1), settings.choices)
    }

    func unwritable(_ edit: CertificateEdit) -> [String] {
        let row = EditRow(address: Self.address, credentials: CredentialCells(), tlsPin: nil, edit: edit)
        buffer.removeAll()
        for cell in row.cells { buffer.append(cell) }
        _ = cells.take(buffer.record(0..<buffer.count), isUnended: false)
        let read = parser.read(cells, at: RowPosition(row: 1, line: 2))
        let texts = [
            ("name", edit.name, read.name?.text), ("issue_to", edit.issueTo, read.issueTo?.text),
            ("dns_provider", edit.dnsProvider, read.dnsProvider?.text),
        ]
        // By bytes: Swift calls texts equal that only look the same.
        let lost = texts.filter { _, text, back in text.map { Array($0.utf8) } != back.map { Array($0.utf8) } }
        return lost.map(\.0) + (edit.authInfo == nil || edit.authInfo == read.authInfo ? [] : ["auth_info_list"])
    }
}
