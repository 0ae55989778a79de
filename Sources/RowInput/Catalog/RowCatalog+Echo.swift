import Platform
import JSONText
package import FleetModel

/// Rows as the result repeats them.
extension RowCatalog {
    /// Calls `body` with each row of the run, in input order, read again from the kept input on the calling thread.
    ///
    /// - Throws: ``ToolError`` when the input can no longer be read, and what `body` throws.
    package func forEachRow(_ body: (EchoedRow) throws -> Void) throws {
        let desk = RowDesk(for: self)
        for row in 0..<rowCount {
            let content = map == nil ? try membersContent(row, at: desk) : try cellsContent(row, at: desk)
            let problem = index.isValid(row) ? nil : try problemText(row, at: desk)
            try body(EchoedRow(position: index.position(row), content: content, problem: problem))
        }
    }

    private func cellsContent(_ row: Int, at desk: RowDesk) throws(ToolError) -> EchoedRow.Content {
        let echoes = map?.echoes ?? []
        let cells = try withRecord(row, at: desk) { record in
            var cells: [[UInt8]] = []
            cells.reserveCapacity(echoes.count)
            for (column, echo) in echoes.enumerated() where echo != .dropped {
                cells.append(column < record.count ? echo.shown(record[column]) : [])
            }
            return cells
        }
        guard let cells else { throw lost(row) }
        return .cells(cells)
    }

    private func membersContent(_ row: Int, at desk: RowDesk) throws(ToolError) -> EchoedRow.Content {
        var writer = JSONWriter()
        guard case .success(let members) = try members(ofRow: row, at: desk) else { return .members([]) }
        for member in members {
            let echo = CellEcho(desk.meanings[member.key])
            if echo != .dropped { writer.member(member.key, member.value.shown(as: echo)) }
        }
        return .members(writer.bytes)
    }

    /// Everything that is wrong with a row, in one sentence; found again rather than kept.
    private func problemText(_ row: Int, at desk: RowDesk) throws(ToolError) -> String {
        let position = index.position(row)
        desk.reader.start(at: position)
        if map == nil, case .failure(let flaw) = try members(ofRow: row, at: desk) {
            desk.reader.add(flaw, nil)
        } else {
            _ = try withCells(ofRow: row, at: desk) { cells, reader in reader.read(cells, at: position).isFlawless }
        }
        let first = index.firstRow(like: row)
        if first != row { desk.reader.add(.repeated(of: index.position(first)), nil) }
        let sentences = desk.reader.problems.filter { $0.severity == .row }.map(\.sentence)
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
