package import Platform
package import FleetModel

/// The rows of an input: a small index in memory, the rows themselves read again when they are wanted.
///
/// All calls may come from any thread, several at a time. Rows are numbered from 0 over those that are part of the run.
package final class RowCatalog: JobSource, EchoSource, Sendable {
    /// How the input is written; its line end is LF where the input was not kept.
    package let shape: InputShape
    /// Whether the file as a whole is at fault, so that no row of it may run.
    package let hasFileProblem: Bool
    let index: RowIndex
    let settings: InputSettings
    let map: ColumnMap?
    let input: InputFile
    let text: KeptText
    let secrets: SecretReader
    /// Those that no thread reads rows at.
    let desks = Lock<[RowDesk]>([])

    /// Reads an input once, from front to back, judging each row. Blocks until it is at its end.
    ///
    /// - Parameters:
    ///   - input: where the bytes come from; a kept one, if rows are to be read again.
    ///   - settings: how to read and judge.
    ///   - report: called with each problem as it is found, in the order of lines.
    /// - Throws: ``ToolError`` when the input can no longer be read.
    package static func read(
        _ input: InputFile, settings: InputSettings, report: (Problem) -> Void
    ) throws(ToolError) -> RowCatalog {
        try read(input, settings: settings, sliceSize: TextReader.sliceSize, report: report)
    }

    /// The same with slices of a size of one's own, which must make no difference.
    static func read(
        _ input: InputFile, settings: InputSettings, sliceSize: Int, report: (Problem) -> Void
    ) throws(ToolError) -> RowCatalog {
        let text = try TextReader(input, encoding: settings.encoding, sliceSize: sliceSize)
        var shape = InputShape(
            format: try settings.format(of: input, text), encoding: text.encoding,
            hasByteOrderMark: text.hasByteOrderMark)
        var builder = CatalogBuilder(settings, folder: input.folder)
        switch shape.format {
        case .csv: try builder.readCSV(text, settings.delimiter, &shape, report)
        case .jsonl: try builder.readJSONLines(text, report)
        }
        if let place = builder.firstPlace { shape.lineEnding = try LineEnding.after(place, in: text.kept) }
        return RowCatalog(input, settings, text.kept, shape, builder)
    }

    private init(
        _ input: InputFile, _ settings: InputSettings, _ text: KeptText, _ shape: InputShape,
        _ builder: borrowing CatalogBuilder
    ) {
        self.input = input
        self.settings = settings
        self.text = text
        secrets = builder.secrets
        self.shape = shape
        index = builder.index
        map = builder.map
        hasFileProblem = builder.hasFileProblem
    }

    /// Rows that are part of the run, those that cannot run among them.
    package var rowCount: Int { index.count }
    /// Rows that cannot run.
    package var invalidRowCount: Int { index.count - index.validCount }
    /// Distinct hosts of the rows that can run.
    package var hostCount: Int { index.hosts.laneCount }

    /// The host of a row, or nil when the row cannot run.
    package func host(ofRow row: Int) -> Int? { index.lane(row) }
}

extension InputSettings {
    /// The format chosen, or else by the name's ending, or else by the first character.
    fileprivate func format(of input: InputFile, _ text: TextReader) throws(ToolError) -> InputShape.Format {
        switch format {
        case .csv: return .csv
        case .jsonl: return .jsonl
        case .automatic: break
        }
        let name = input.name.lowercased()
        if [".csv", ".tsv", ".tab"].contains(where: { name.hasSuffix($0) }) { return .csv }
        if [".jsonl", ".ndjson"].contains(where: { name.hasSuffix($0) }) { return .jsonl }
        let start = try text.prefix(1024)
        let first = start.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? .jsonl : .csv
    }
}
