import FleetInput
import JSONText
import Logging
import Platform
import TabularText

/// `certfleet check`: judges an input without sending anything.
package struct Check: Sendable {
    private let input: InputRequest
    private let printsJSON: Bool
    private let limit: Int
    private let messages: Messages

    /// - Parameters:
    ///   - input: what to judge.
    ///   - printsJSON: whether each problem is printed as a JSON object.
    ///   - limit: problems to print, from 0; the others are counted.
    ///   - messages: what standard error shows.
    package init(_ input: InputRequest, printsJSON: Bool, limit: Int, messages: Messages) {
        self.input = input
        self.printsJSON = printsJSON
        self.limit = limit
        self.messages = messages
    }

    /// Prints the problems, or that there is none.
    ///
    /// - Throws: `ToolError`, and ``ExitCode/inputInvalid`` when there are problems.
    package func run() throws {
        Say.messages = messages
        let file = try input.open(kept: false)
        var lastLine: Int?
        var printer = DiagnosticPrinter(file: file.name, isJSON: printsJSON, limit: limit)
        let catalog = try InputRequest.read(file, input.settings()) { problem in
            printer.print(problem)
            if problem.endsReading { lastLine = problem.line }
        }
        try printer.finish()
        if let lastLine { Say.say(.notice, "nothing behind line \(lastLine) was read: mend it, and check again") }
        if !printsJSON { tell(catalog, warnings: printer.warnings) }
        try ExitCode.refuse(catalog, of: input)
        if !printsJSON {
            try Say.print("\(counted(catalog.selectedRowCount, "row")), \(counted(catalog.hostCount, "host")): valid\n")
        }
    }
}

extension Check {
    /// Says what was made of the header, and how many rows of which hosts there are.
    private func tell(_ catalog: RowCatalog, warnings: Int) {
        let used = catalog.columns.compactMap { column in
            column.meaning.map { $0 == column.name ? $0 : "\(quoted(column.name)) as \($0)" }
        }
        let carried = catalog.columns.filter { $0.meaning == nil }.map { quoted($0.name) }
        if !used.isEmpty, !catalog.isFileInvalid { Say.say(.notice, "columns: \(used.joined(separator: ", "))") }
        if !carried.isEmpty, !catalog.isFileInvalid {
            let told = catalog.columns.contains { Export.columns.contains($0.name) }
            let note = told ? "; those with 'cert.' tell what an export found, and change nothing" : ""
            Say.say(.notice, "carried along into the result: \(carried.joined(separator: ", "))\(note)")
        }
        guard catalog.selectedRowCount > 0, !catalog.isFileInvalid else { return }
        let edits = counted(catalog.selectedRowCount - catalog.invalidRowCount, "edit")
        let invalid = catalog.invalidRowCount > 0 ? ", \(catalog.invalidRowCount) invalid" : ""
        let share = input.share(of: catalog).map { " (\($0))" } ?? ""
        let doubts = warnings > 0 ? ", \(counted(warnings, "warning"))" : ""
        Say.say(.notice, "\(edits) on \(counted(catalog.hostCount, "PBX"))\(invalid)\(doubts)\(share)")
    }

    private func quoted(_ name: String) -> String { Quotation.of(name.utf8) }
}

/// Prints the problems of an input on standard output, as lines or as JSON objects, up to a limit.
private struct DiagnosticPrinter {
    private let file: String
    private let isJSON: Bool
    private let limit: Int
    private var count = 0
    private(set) var warnings = 0
    /// Why standard output takes no more problems.
    private var failure: (any Error)?

    /// - Parameters:
    ///   - file: what the problems call the input.
    ///   - isJSON: whether each problem is a JSON object of file, line, row, column, code and message.
    ///   - limit: problems to print; the others are counted.
    init(file: String, isJSON: Bool, limit: Int) {
        self.file = file
        self.isJSON = isJSON
        self.limit = limit
    }

    mutating func print(_ problem: Diagnostic) {
        // About the file's rights and no row of it, so that the answer of a sheet that is fine stays one line.
        if problem.code == .sheetExposed, problem.severity == .warning { return problem.say(file: file) }
        count += 1
        if problem.severity == .warning { warnings += 1 }
        guard count <= limit, failure == nil else { return }
        do {
            try Say.print((isJSON ? json(problem) : problem.text(file: file)) + "\n")
        } catch {
            failure = error
        }
    }

    /// Says how many problems were not printed.
    ///
    /// - Throws: when those to be printed could not be written.
    func finish() throws {
        if let failure { throw failure }
        guard count > limit else { return }
        let problems = count - limit == 1 ? "1 more problem is" : "\(count - limit) more problems are"
        Say.say(.notice, "\(problems) not shown; see --max-problems")
    }

    private func json(_ problem: Diagnostic) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for field in problem.fields(file: file) { writer.member(field.key, field.value) }
        writer.member("message", problem.message)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension Diagnostic {
    /// Says it on standard error.
    func say(file: String) {
        Say.say(severity == .warning ? .warning : .error, message, text: text(file: file), fields: fields(file: file))
    }

    /// All about it but the message.
    fileprivate func fields(file: String) -> [JSONMember] {
        [
            JSONMember(key: "file", value: .string(file)),
            JSONMember(key: "line", value: JSONValue(line)),
            JSONMember(key: "row", value: row.map { JSONValue($0) } ?? .null),
            JSONMember(key: "sheet_row", value: sheetRow > 0 ? JSONValue(sheetRow) : .null),
            JSONMember(key: "column", value: column.map { .string($0) } ?? .null),
            JSONMember(key: "code", value: .string(code.rawValue)),
            JSONMember(key: "severity", value: .string(severity.rawValue)),
        ]
    }
}
