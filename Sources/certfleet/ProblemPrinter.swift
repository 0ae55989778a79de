import JSONText
import RowInput

/// Prints the problems of an input on standard output, as lines or as JSON objects, up to a limit.
struct ProblemPrinter {
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

    mutating func print(_ problem: Problem) {
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

    private func json(_ problem: Problem) -> String {
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
