package import Platform
package import FleetModel
package import TabularText

/// The rows of an input: a small index in memory, the rows themselves read again when they are wanted.
///
/// All calls may come from any thread, several at a time. Rows are numbered from 0 over those that are part of the run.
package final class RowCatalog: JobSource, PassThroughSource, Sendable {
    /// How the input is written; its line end is LF where the input was not kept.
    package let shape: TableShape
    /// Whether the file as a whole is at fault, so that no row of it may run.
    package let hasFileProblem: Bool
    let index: RowIndex
    let settings: InputSettings
    let map: ColumnMap?
    let spool: Spool
    let secrets: SecretReader
    private let name: String
    /// Those that no thread reads rows with.
    private let decoders = Lock<[RowDecoder]>([])

    /// Reads an input once, from front to back, judging each row. Blocks until it is at its end.
    ///
    /// - Parameters:
    ///   - input: where the bytes come from; a kept one, if rows are to be read again.
    ///   - settings: how to read and judge.
    ///   - sliceSize: bytes that are read and cut at once, at least 1; it makes no difference but in speed.
    ///   - report: called with each diagnostic as it is found, in the order of lines.
    /// - Throws: ``ToolError`` when the input can no longer be read.
    package static func read(
        _ input: InputFile, settings: InputSettings, sliceSize: Int = TableReader.sliceSize,
        report: (Diagnostic) -> Void
    ) throws(ToolError) -> RowCatalog {
        let table = try TableReader(input, settings.table, sliceSize: sliceSize)
        var builder = CatalogBuilder(settings, folder: input.folder)
        var hasFileProblem = false
        try builder.read(table) { diagnostic in
            if diagnostic.severity == .file { hasFileProblem = true }
            report(diagnostic)
        }
        return RowCatalog(input.name, settings, table, builder, hasFileProblem: hasFileProblem)
    }

    private init(
        _ name: String, _ settings: InputSettings, _ table: TableReader, _ builder: borrowing CatalogBuilder,
        hasFileProblem: Bool
    ) {
        self.name = name
        self.settings = settings
        self.hasFileProblem = hasFileProblem
        spool = table.spool
        secrets = builder.secrets
        var shape = table.shape
        shape.header = builder.passedHeader
        self.shape = shape
        index = builder.index
        map = builder.map
    }

    /// Rows that are part of the run, those that cannot run among them.
    package var rowCount: Int { index.count }
    /// Rows that cannot run.
    package var invalidRowCount: Int { index.count - index.validCount }
    /// Distinct hosts of the rows that can run.
    package var hostCount: Int { index.hosts.laneCount }

    /// The host of a row, or nil when the row cannot run.
    package func host(ofRow row: Int) -> Int? { index.lane(row) }

    /// The row made ready to run, read again from the kept input.
    ///
    /// - Throws: ``ToolError`` when it can no longer be read.
    package func job(row: Int) throws -> Job {
        guard index.isValid(row) else { throw lost(row) }
        let decoder = decoders.withLock { $0.popLast() } ?? RowDecoder(for: self)
        guard let job = try decoder.job(row: row) else { throw lost(row) }
        decoders.withLock { $0.append(decoder) }
        return job
    }

    /// Calls `body` with each row of the run, in input order, read again from the kept input on the calling thread.
    ///
    /// - Throws: ``ToolError`` when the input can no longer be read, and what `body` throws.
    package func forEachRow(_ body: (PassThroughRow) throws -> Void) throws {
        let decoder = RowDecoder(for: self)
        for row in 0..<rowCount {
            guard let passed = try decoder.passThrough(row: row) else { throw lost(row) }
            try body(passed)
        }
    }

    /// A row was asked for again that this input cannot give.
    private func lost(_ row: Int) -> ToolError {
        ToolError(
            .broken, "\(Quotation.escaped(name)):\(index.position(row).line): the row can no longer be read")
    }
}
