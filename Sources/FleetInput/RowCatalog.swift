package import FleetModel
import JSONText
package import Platform
package import TabularText

/// The rows of an input: a small index in memory, the rows themselves read again when they are wanted.
///
/// All calls may come from any thread, several at a time. Rows are numbered from 0 over those that stand
/// in the result.
package final class RowCatalog: JobSource, PassThroughSource, Sendable {
    /// How the input is written; its line end is LF where the input was not kept.
    package let shape: TableShape
    /// Whether the file as a whole is at fault, so that no row of it may run.
    package let isFileInvalid: Bool
    let index: RowIndex
    let settings: InputSettings
    let map: ColumnMap?
    let spool: Spool
    let secrets: SecretReader
    let files: FileNames
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
    /// - Throws: ``ToolError`` when the input can no longer be read, or there is no memory for its rows.
    package static func read(
        _ input: InputFile, settings: InputSettings, sliceSize: Int = TableReader.sliceSize,
        report: (Diagnostic) -> Void
    ) throws(ToolError) -> RowCatalog {
        // For slices of the text, and for a row and its cells as long as they may be.
        try Memory.require(32 << 20, hint: Memory.inputHint)
        let table = try TableReader(input, settings.table, sliceSize: sliceSize)
        var builder = CatalogBuilder(settings, input)
        var isFileInvalid = false
        try builder.read(table) { diagnostic in
            if diagnostic.severity == .file { isFileInvalid = true }
            report(diagnostic)
        }
        return RowCatalog(input.name, settings, table, builder, isFileInvalid: isFileInvalid)
    }

    private init(
        _ name: String, _ settings: InputSettings, _ table: TableReader, _ builder: borrowing CatalogBuilder,
        isFileInvalid: Bool
    ) {
        self.name = name
        self.settings = settings
        self.isFileInvalid = isFileInvalid
        spool = table.spool
        secrets = builder.secrets
        files = builder.files
        var shape = table.shape
        shape.header = builder.passedHeader
        self.shape = shape
        index = builder.index
        map = builder.map
        inputRowCount = builder.rowCount
    }

    /// Rows of the result, those that cannot or shall not run among them.
    package var rowCount: Int { index.count }
    /// Rows that are to run, those that cannot among them.
    package var selectedRowCount: Int { index.selectedCount }
    /// Rows that are to run and cannot.
    package var invalidRowCount: Int { index.selectedCount - index.validCount }
    /// All data rows of the input.
    package let inputRowCount: Int

    /// The columns of a CSV in their order: each name as the file writes it, and the name of the column that it is read
    /// as, nil for one that is only carried along. None for JSON lines.
    package var columns: [(name: String, meaning: String?)] { map?.columns ?? [] }

    /// Whether a row can run and is left out of this run.
    package func isLeftOut(_ row: Int) -> Bool { index.isValid(row) && !index.isSelected(row) }
    /// Whether a row, by its index, is to run, though perhaps it cannot.
    package func isSelected(_ row: Int) -> Bool { index.isSelected(row) }
    /// Where a row, by its index, stands.
    package func position(ofRow row: Int) -> RowPosition { index.position(row) }
    /// Distinct hosts of the rows that can run.
    package var hostCount: Int { index.hosts.laneCount }

    /// The host of a row, or nil when the row cannot or shall not run.
    package func host(ofRow row: Int) -> Int? { index.lane(row) }

    /// Whether a row that can run has a file sent to its PBX.
    package var hasFiles: Bool { !files.isEmpty }
    /// Whether a row, by its index, has a file.
    package func hasFile(_ row: Int) -> Bool { index.hasFile(row) }

    /// The id of the certificate that a row which can run edits; below 0 for a row that finds it by what it is.
    package func certificate(ofRow row: Int) -> Int64 { index.id(row) }

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

/// Puts the rows of an input into an index, one pass from front to back, and tells what is wrong with them on the way.
private struct CatalogBuilder: ~Copyable {
    /// What to call with each diagnostic.
    typealias Report = (Diagnostic) -> Void

    private(set) var index = RowIndex()
    /// What the columns mean; nil for JSON lines and before the header.
    private(set) var map: ColumnMap?
    /// The cells of the header as they were read.
    private var header: [[UInt8]] = []
    private let selection: Selection?
    private let keepsLeftOut: Bool
    private let namesHostsOnly: Bool
    private let needed: [Field]
    private let isStrict: Bool
    private var parser: RowParser
    private let choices: ColumnChoices
    /// The cells of the row that is read; those of JSON lines come by way of the next two.
    private var cells: RowCells
    private var meanings: MemberMeanings
    private var buffer = CellBuffer()
    private(set) var rowCount = 0
    private(set) var files = FileNames()
    /// Whether rows can be judged: there is a header, or none is needed.
    private var isReadable = false
    /// Whether others can read the input, and were not told so yet.
    private var isExposed: Bool
    /// Why no more rows are taken: there is no memory for them. The rest is read all the same, and dropped.
    private var lack: ToolError?

    init(_ settings: InputSettings, _ input: InputFile) {
        let secrets = SecretReader(folder: input.folder, environment: settings.environment)
        parser = RowParser(settings, secrets, onlyJudges: true)
        isExposed = input.isExposed
        selection = Selection(settings.only, shard: settings.shard)
        keepsLeftOut = settings.keepsLeftOut
        namesHostsOnly = settings.namesHostsOnly
        needed = settings.needed
        isStrict = settings.isStrict
        choices = settings.choices
        cells = RowCells(choices)
        meanings = MemberMeanings(choices)
    }

    /// What opened the secrets of the rows.
    var secrets: SecretReader { parser.secrets }

    /// The cells of the header that the result repeats.
    var passedHeader: [[UInt8]] {
        header.enumerated().filter { column, _ in map?.isDropped(column) == false }.map(\.element)
    }

    /// Reads a table from front to back.
    mutating func read(_ table: TableReader, _ report: Report) throws(ToolError) {
        switch table.shape.format {
        case .jsonl:
            var lastLine = 1
            isReadable = true
            try table.readLines(report: report) { line, span in
                lastLine = span.line
                whileThereIsMemory { (builder) throws(ToolError) in try builder.take(line, span, report) }
            }
            if let lack { throw lack }
            for diagnostic in choices.missing(meanings.chosen, line: lastLine) where rowCount > 0 { report(diagnostic) }
        case .csv:
            switch try table.dialect(score: { HeaderScore(of: $0, needed: needed, choices) }) {
            case .failure(let diagnostic): report(diagnostic)
            case .success(let dialect):
                try table.readRecords(dialect, report: report) { record, span in
                    whileThereIsMemory { (builder) throws(ToolError) in
                        try builder.take(record, span, likelyHeaderLine: dialect.likelyHeaderLine, report)
                    }
                }
                if let lack { throw lack }
            }
        }
    }

    /// Does something with the next row, unless there was no memory for one before.
    private mutating func whileThereIsMemory(_ body: (inout CatalogBuilder) throws(ToolError) -> Void) {
        guard lack == nil else { return }
        do { try body(&self) } catch { lack = error }
    }

    /// Takes a record of a CSV, the header first.
    private mutating func take(
        _ record: Record, _ span: RecordSpan, likelyHeaderLine: Int?, _ report: Report
    ) throws(ToolError) {
        if map == nil {
            if !record.isBlank { takeHeader(record, line: span.line, likelyLine: likelyHeaderLine, report) }
        } else if isReadable, cells.take(record, isUnended: span.isUnended) {
            try takeRow(span, report)
        }
    }

    /// Takes a line of JSON lines.
    private mutating func take(_ line: Bytes, _ span: RecordSpan, _ report: Report) throws(ToolError) {
        guard isReadable else { return }
        let members: [JSONMember]
        do throws(Diagnostic) {
            members = try JSONRow.members(in: Array(line))
        } catch {
            return try takeUnreadable(error, span, report)
        }
        if rowCount == 0, let key = meanings.wrapper(in: members) {
            isReadable = false
            return report(JSONRow.wrapped(in: key, line: span.line))
        }
        cells.take(members, &meanings, &buffer)
        try takeRow(span, report)
    }

    /// Takes a line that is no JSON object: as a row that cannot run.
    private mutating func takeUnreadable(
        _ diagnostic: Diagnostic, _ span: RecordSpan, _ report: Report
    ) throws(ToolError) {
        rowCount += 1
        let isSelected = selection?.includes(nil) ?? true
        guard isSelected || keepsLeftOut else { return }
        parser.start(at: RowPosition(row: rowCount, line: span.line))
        parser.add(diagnostic, nil)
        if isSelected { tell(report) }
        try index.append(span, number: rowCount, nil, isValid: false, isSelected: isSelected)
    }

    private mutating func takeHeader(_ record: Record, line: Int, likelyLine: Int?, _ report: Report) {
        let map = ColumnMap(header: record, choices, needed: needed, line: line, likelyLine: likelyLine)
        cells = RowCells(map, choices)
        for column in 0..<record.count { header.append(Array(record[column])) }
        for diagnostic in map.diagnostics { report(isStrict ? diagnostic.strict : diagnostic) }
        self.map = map
        isReadable = map.isUsable
    }

    private mutating func takeRow(_ span: RecordSpan, _ report: Report) throws(ToolError) {
        rowCount += 1
        // Before anything else is read, because the secrets that a row refers to are opened when it is.
        let isSelected = selection.map { parser.isHost(of: cells, in: $0) } ?? true
        guard isSelected || keepsLeftOut else { return }
        let row = parser.read(cells, at: RowPosition(row: rowCount, line: span.line), sheetRow: span.sheetRow)
        var isRepeated = false
        var certificate: RowIndex.Certificate?
        if let url = row.url, let id = row.id {
            let found = try index.certificate(host: url.name, port: url.port, id: id)
            certificate = found.certificate
            if let earlier = found.earlierRow {
                // A list of hosts may name one twice.
                if namesHostsOnly { return }
                isRepeated = true
                parser.add(.repeated(of: index.position(earlier)), nil)
            }
        }
        try index.append(
            span, number: rowCount, certificate, isValid: row.isValid && !isRepeated, isSelected: isSelected,
            hasFile: row.file != nil)
        guard isSelected else { return }
        if let file = row.file, let lane = index.lane(index.count - 1) { files.note(file, lane: lane) }
        if !parser.diagnostics.isEmpty { tell(report) }
        if !parser.exposures.isEmpty || isExposed && parser.hasPlainSecret { tellExposures(line: span.line, report) }
    }

    private mutating func tell(_ report: Report) {
        for diagnostic in parser.diagnostics { report(diagnostic) }
    }

    /// Tells, once for each, of files with secrets that others can read.
    private mutating func tellExposures(line: Int, _ report: Report) {
        var diagnostics = parser.exposures.map { column, diagnostic in
            Diagnostic(diagnostic.code, severity: .warning, line: line, column: column, diagnostic.message)
        }
        if isExposed, parser.hasPlainSecret {
            isExposed = false
            let message =
                "others than its owner can read this file, and secrets stand in it: use 'chmod 600', or references "
                + "(env:NAME, file:PATH)"
            diagnostics.append(Diagnostic(.sheetExposed, severity: .warning, line: line, message))
        }
        for diagnostic in diagnostics { report(isStrict ? diagnostic.strict : diagnostic) }
    }
}

extension Diagnostic {
    /// The same host and id stand in an earlier row.
    static func repeated(of earlier: RowPosition) -> Diagnostic {
        Diagnostic(.rowRepeated, "the row on line \(earlier.line) edits the same certificate on the same host")
    }
}

/// Reads rows of a catalog again from the spool, one after the other. Confined to one thread at a time.
final class RowDecoder {
    private let index: RowIndex
    private let files: FileNames
    private let map: ColumnMap?
    private let passThrough: [PassThrough]
    private var spool: SpoolReader
    private var cells: RowCells
    private var parser: RowParser
    private var meanings: MemberMeanings
    private var buffer = CellBuffer()
    /// The cells of the row shown last, whose room serves the next one.
    private var shown: [[UInt8]]

    init(for catalog: RowCatalog) {
        index = catalog.index
        files = catalog.files
        map = catalog.map
        passThrough = map?.passThrough ?? []
        spool = SpoolReader(catalog.spool, delimiter: catalog.shape.delimiter)
        shown = catalog.shape.header.map { _ in [] }
        let choices = catalog.settings.choices
        cells = catalog.map.map { RowCells($0, choices) } ?? RowCells(choices)
        meanings = MemberMeanings(choices)
        parser = RowParser(catalog.settings, catalog.secrets, onlyJudges: false)
    }

    /// A row made ready to run; nil when it can no longer be read, and the decoder is of no use then.
    func job(row: Int) throws(ToolError) -> Job? {
        guard var parsed = try parse(row) else { return nil }
        if let file = parsed.file, let lane = index.lane(row) { parsed.file = files.named(file, lane: lane) }
        return parsed.job(at: index.position(row))
    }

    /// A row as the result repeats it; nil when it can no longer be read.
    func passThrough(row: Int) throws(ToolError) -> PassThroughRow? {
        guard let content = map == nil ? try members(row) : try shownCells(row) else { return nil }
        let reason = index.isValid(row) ? nil : try reason(row)
        let position = index.position(row)
        return PassThroughRow(row: position.row, line: position.line, content: content, reason: reason)
    }

    private func parse(_ row: Int) throws(ToolError) -> ParsedRow? {
        let position = index.position(row)
        if map == nil {
            guard let line = try spool.line(at: index.span(row)) else { return nil }
            do throws(Diagnostic) {
                cells.take(try JSONRow.members(in: Array(line)), &meanings, &buffer)
            } catch {
                parser.start(at: position)
                parser.add(error, nil)
                return nil
            }
        } else {
            guard let record = try spool.record(at: index.span(row)),
                cells.take(record, isUnended: index.isUnended(row))
            else { return nil }
        }
        return parser.read(cells, at: position)
    }

    private func shownCells(_ row: Int) throws(ToolError) -> PassThroughRow.Content? {
        guard let record = try spool.record(at: index.span(row)) else { return nil }
        var place = 0
        let isShifted = record.isShifted(under: passThrough.count)
        for (column, kind) in passThrough.enumerated() where kind != .dropped {
            shown[place].removeAll(keepingCapacity: true)
            if column < record.count { kind.show(record[column], ofShiftedRow: isShifted, in: &shown[place]) }
            place += 1
        }
        return .cells(shown)
    }

    private func members(_ row: Int) throws(ToolError) -> PassThroughRow.Content? {
        guard let line = try spool.line(at: index.span(row)) else { return nil }
        var writer = JSONWriter()
        do throws(Diagnostic) {
            for member in try JSONRow.members(in: Array(line)) {
                let kind = meanings.passThrough(of: member.key)
                if kind != .dropped { writer.member(member.key, member.value.shown(as: kind)) }
            }
        } catch {
            return .members([])
        }
        return .members(writer.bytes)
    }

    /// Everything that is wrong with a row, in one sentence; found again rather than kept.
    private func reason(_ row: Int) throws(ToolError) -> String {
        _ = try parse(row)
        let first = index.firstRow(like: row)
        if first != row { parser.add(.repeated(of: index.position(first)), nil) }
        let sentences = parser.diagnostics.filter { $0.severity == .row }.map(\.sentence)
        return sentences.isEmpty ? "the file as a whole is at fault" : Self.joined(sentences)
    }

    /// The sentences in one, those that would make it too long left out.
    private static func joined(_ sentences: [String]) -> String {
        var text = ""
        for (index, sentence) in sentences.enumerated() {
            guard text.isEmpty || text.utf8.count + sentence.utf8.count <= sentenceLimit else {
                return text + "; and \(sentences.count - index) more"
            }
            text += text.isEmpty ? sentence : "; \(sentence)"
        }
        return text
    }

    private static let sentenceLimit = 500
}
