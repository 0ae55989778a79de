import FleetReport
import Platform
import RunRecord

/// `certfleet report`: what became of one run, or of several together.
package struct Report: Sendable {
    /// How the report is written.
    package enum Form: String, CaseIterable, Sendable {
        /// A page for people, in a file.
        case html
        /// A table for a terminal.
        case text
        /// One object for programs.
        case json
    }

    private let directories: [String]
    private let form: Form
    private let output: String?

    /// - Parameters:
    ///   - directories: paths of run directories, at least one.
    ///   - form: how the report is written.
    ///   - output: path of the file it goes to; nil for the run directory's `report.html`, or of several runs a new file in
    ///     the current folder; and for standard output where it is no page.
    package init(_ directories: [String], as form: Form, output: String?) {
        self.directories = directories
        self.form = form
        self.output = output
    }

    /// Reads the runs and writes the report; of a page, prints the path, and says the counts on standard error.
    ///
    /// - Throws: `ToolError` when a directory holds no run, or a file cannot be read or written.
    package func run() throws {
        let file = try output.map { path throws(ToolError) in try OutputFile(path) }
        let report = try RunReport(of: directories, listsAllRows: form == .json)
        switch form {
        case .html:
            let path = output ?? Report.path(for: report)
            let bytes = ReportPage.of(report).bytes
            if let file { try file.write(bytes, isPrivate: false) } else { try Report.write(bytes, to: path) }
            SummaryTable(report, shownCauses: 5, style: TextStyle(isColored: false)).say()
            try Say.print(path + "\n")
        case .text:
            let table = SummaryTable(report, shownCauses: 100, style: TextStyle(isColored: false))
            try deliver(Array((table.text + "\n").utf8), to: file)
        case .json: try deliver(report.json, to: file)
        }
    }

    /// Writes `report.html` of the run in a directory.
    ///
    /// - Parameters:
    ///   - directory: where result and summary are.
    ///   - ending: what was counted as the result was written; nil when the ledger could not be read.
    /// - Returns: what it tells.
    /// - Throws: `ToolError` when that fails.
    static func write(for directory: RunDirectory, _ ending: EndingReport?) throws(ToolError) -> RunReport {
        guard let ending else { throw ToolError(.broken, "the ledger cannot be read") }
        let report = try ending.finish()
        try write(ReportPage.of(report).bytes, to: directory.file(fileName))
        return report
    }

    static let fileName = "report.html"

    private static func path(for report: RunReport) -> String {
        guard report.runs.count > 1 else { return report.runs[0].folder.path(of: fileName) }
        return "certfleet-report-\(SystemClock().wallTime().compact).html"
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(ToolError) {
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last.flatMap { String(Substring($0)) } ?? path
        let file = try AtomicFile(name, in: Folder(containing: path))
        try file.append(bytes)
        try file.commit()
    }

    private func deliver(_ bytes: [UInt8], to file: OutputFile?) throws {
        guard let file else { return try Say.print(String(decoding: bytes, as: UTF8.self)) }
        try file.write(bytes, isPrivate: false)
    }
}

extension ReportPage {
    fileprivate static func of(_ report: RunReport) -> ReportPage {
        ReportPage(report, version: ThisProcess.version)
    }
}
