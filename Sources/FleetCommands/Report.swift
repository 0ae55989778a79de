import FleetModel
import FleetReport
import Logging
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
        let report = try RunReport(of: directories, listsAllRows: form == .json)
        switch form {
        case .html:
            let path = output ?? Report.path(for: report)
            try Report.write(ReportPage.of(report).bytes, to: path)
            Say.say(.info, ReportText(report).totals, text: ReportText(report).lines.joined(separator: "\n"))
            try Say.print(path + "\n")
        case .text: try deliver(Array((ReportText(report).lines.joined(separator: "\n") + "\n").utf8))
        case .json: try deliver(report.json)
        }
    }

    /// Writes `report.html` of the run in a directory.
    ///
    /// - Throws: `ToolError` when that fails.
    static func write(for directory: RunDirectory) throws(ToolError) {
        let report = try RunReport(of: [directory.path])
        try write(ReportPage.of(report).bytes, to: directory.file(fileName))
    }

    private static let fileName = "report.html"

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

    private func deliver(_ bytes: [UInt8]) throws {
        guard let output else { return try Say.print(String(decoding: bytes, as: UTF8.self)) }
        try Report.write(bytes, to: output)
    }
}

extension ReportPage {
    fileprivate static func of(_ report: RunReport) -> ReportPage {
        ReportPage(report, version: ThisProcess.version)
    }
}

/// A report as lines of at most 80 columns.
private struct ReportText {
    private let report: RunReport

    init(_ report: RunReport) {
        self.report = report
    }

    var lines: [String] { [totals] }

    var totals: String {
        let good = report.count(.ok) + report.count(.noChange)
        return "\(good) of \(counted(report.rows, "row")) ok, \(counted(report.hosts.total, "host"))"
    }
}
