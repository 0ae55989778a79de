import JSONText
import FleetInput
import TabularText

/// `certfleet check`: judges an input without sending anything.
package struct Check: Sendable {
    private let input: InputRequest
    private let printsJSON: Bool
    private let limit: Int

    /// - Parameters:
    ///   - input: what to judge.
    ///   - printsJSON: whether each problem is printed as a JSON object.
    ///   - limit: problems to print, from 0; the others are counted.
    package init(_ input: InputRequest, printsJSON: Bool, limit: Int) {
        self.input = input
        self.printsJSON = printsJSON
        self.limit = limit
    }

    /// Prints the problems, or that there is none.
    ///
    /// - Throws: `ToolError`, and ``ExitCode/inputInvalid`` when there are problems.
    package func run() throws {
        let file = try InputFile.open(input.path, kept: false)
        var printer = ProblemPrinter(file: file.name, isJSON: printsJSON, limit: limit)
        let catalog = try RowCatalog.read(file, settings: input.settings()) { printer.print($0) }
        try printer.finish()
        if catalog.isFileInvalid || catalog.invalidRowCount > 0 { throw ExitCode.inputInvalid }
        if catalog.rowCount == 0 { throw input.noRows }
        if !printsJSON { try Console.output("\(catalog.rowCount) rows, \(catalog.hostCount) hosts: valid\n") }
    }
}

/// Prints the problems of an input on standard output, as lines or as JSON objects, up to a limit.
private struct ProblemPrinter {
    private let file: String
    private let isJSON: Bool
    private let limit: Int
    private var count = 0
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
        count += 1
        guard count <= limit, failure == nil else { return }
        do {
            try Console.output((isJSON ? json(problem) : problem.text(file: file)) + "\n")
        } catch {
            failure = error
        }
    }

    /// Says how many problems were not printed.
    ///
    /// - Throws: when those to be printed could not be written.
    func finish() throws {
        if let failure { throw failure }
        if count > limit { Console.log("certfleet: \(count - limit) more problems are not shown; see --max-problems") }
    }

    private func json(_ problem: Diagnostic) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("file", file)
        writer.member("line", Int64(problem.line))
        writer.member("row", problem.row.map { JSONValue.number(String($0)) } ?? .null)
        writer.member("column", problem.column.map { JSONValue.string($0) } ?? .null)
        writer.member("code", problem.code.rawValue)
        writer.member("severity", problem.severity.rawValue)
        writer.member("message", problem.message)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
