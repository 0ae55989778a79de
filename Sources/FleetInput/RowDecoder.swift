import Platform
import JSONText
import FleetModel
import TabularText

/// Reads rows of a catalog again from the spool, one after the other. Confined to one thread at a time.
final class RowDecoder {
    private let index: RowIndex
    private let map: ColumnMap?
    private var spool: SpoolReader
    private var cells: RowCells
    private var parser: RowParser
    private var meanings = MemberMeanings()
    private var buffer = CellBuffer()

    init(for catalog: RowCatalog) {
        index = catalog.index
        map = catalog.map
        spool = SpoolReader(catalog.spool, delimiter: catalog.shape.delimiter)
        cells = catalog.map.map { RowCells($0) } ?? RowCells()
        parser = RowParser(catalog.settings, catalog.secrets)
    }

    /// A row made ready to run; nil when it can no longer be read, and the decoder is of no use then.
    func job(row: Int) throws(ToolError) -> Job? {
        guard let parsed = try parse(row) else { return nil }
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
            guard let record = try spool.record(at: index.span(row)), cells.take(record) else { return nil }
        }
        return parser.read(cells, at: position)
    }

    private func shownCells(_ row: Int) throws(ToolError) -> PassThroughRow.Content? {
        guard let record = try spool.record(at: index.span(row)) else { return nil }
        let passThrough = map?.passThrough ?? []
        var shown: [[UInt8]] = []
        shown.reserveCapacity(passThrough.count)
        for (column, kind) in passThrough.enumerated() where kind != .dropped {
            shown.append(column < record.count ? kind.shown(record[column]) : [])
        }
        return .cells(shown)
    }

    private func members(_ row: Int) throws(ToolError) -> PassThroughRow.Content? {
        guard let line = try spool.line(at: index.span(row)) else { return nil }
        var writer = JSONWriter()
        do throws(Diagnostic) {
            for member in try JSONRow.members(in: Array(line)) {
                let kind = PassThrough(meanings[member.key])
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
