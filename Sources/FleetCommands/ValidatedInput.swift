import Logging
import Platform
import FleetInput
package import TabularText

/// What the command line says about an input.
package struct InputRequest: Sendable {
    /// A path, or `-` for standard input.
    package let path: String
    /// How the input is written: format, delimiter, encoding.
    package var table = TableChoices()
    /// Only rows whose host matches one of these patterns are part of the command; none takes all.
    package var only: [String] = []
    /// Only rows whose host falls to this part of the fleet, `K/N`, are part of the command; nil takes all.
    package var shard: String?
    /// What headers mean, `HEADER=COLUMN` each.
    package var columns: [String] = []
    /// What the empty cells of columns hold, `COLUMN=VALUE` each.
    package var values: [String] = []
    /// Whether whatever is doubtful is wrong.
    package var isStrict = false
    /// Path of the file of credentials; nil for none.
    package var credentials: String?
    /// Whether plain `http` may go to other machines.
    package var allowsPlainHTTP = false

    /// An input about which everything is found by itself.
    package init(path: String) {
        self.path = path
    }

    /// What a command needs that goes on with what this one wrote.
    var followingFlags: [String] {
        (credentials.map { ["--credentials", $0] } ?? []) + (allowsPlainHTTP ? ["--allow-plain-http"] : [])
    }

    /// Why a text can be no pattern of `--only`, and what to write instead; nil for a pattern.
    package static func problem(withOnly pattern: String) -> String? { Selection.problem(with: pattern) }

    /// Whether a text is a part of the fleet as `--shard` takes it.
    package static func isShard(_ text: String) -> Bool { Shard(text) != nil }

    /// Why something cannot be said of columns, and what to write instead; nil when it can.
    ///
    /// - Parameters:
    ///   - columns: `HEADER=COLUMN` each.
    ///   - values: `COLUMN=VALUE` each.
    package static func problem(withColumns columns: [String], values: [String]) -> String? {
        do throws(ToolError) {
            _ = try ColumnChoices(columns: columns, values: values)
            return nil
        } catch {
            return error.description
        }
    }

    /// What the input is read by.
    ///
    /// - Parameter keepsLeftOut: whether rows that do not match stand in the result all the same.
    /// - Throws: `ToolError` when the credentials file cannot be used.
    func settings(keepsLeftOut: Bool = false) throws(ToolError) -> InputSettings {
        let environment = ProcessEnvironment.variables
        var settings = InputSettings(
            table: table, only: only, allowsPlainHTTP: allowsPlainHTTP,
            credentials: try CredentialBook(file: credentials, environment: environment), environment: environment)
        settings.shard = shard.flatMap(Shard.init)
        for doubt in settings.credentials.doubts {
            if isStrict { throw ToolError(.usage, doubt) }
            Say.say(.warning, doubt)
        }
        settings.columns = try ColumnChoices(columns: columns, values: values)
        // Those of the variable are not beside the flag's.
        let isOnCommandLine = ThisProcess.arguments.contains { $0 == "--set" || $0.hasPrefix("--set=") }
        if settings.columns.hasPlainSecret, isOnCommandLine {
            Say.say(.warning, "--set: others see a secret on the command line: give env:NAME or file:PATH instead")
        }
        settings.keepsLeftOut = keepsLeftOut
        settings.isStrict = isStrict
        return settings
    }

    /// Opens the input. From then on USR1 tells how far it is read.
    ///
    /// - Parameter kept: whether rows will be read again, and sent then.
    /// - Throws: `ToolError` when it cannot be opened.
    func open(kept: Bool) throws(ToolError) -> InputFile {
        let name = Quotation.escaped(path)
        let note = kept ? ": nothing was sent" : ""
        Signals.set(
            Signals.Answers(
                note: note, report: { Say.say(.notice, "waiting for '\(name)'", waits: false, insists: true) }))
        let file = try InputFile.open(path, kept: kept)
        Signals.set(Signals.Answers(note: note, report: { Self.progress(of: file).say(waits: false, insists: true) }))
        return file
    }

    /// How many rows are taken and by which filter, which may have been left in the environment; nil when all are.
    func share(of catalog: RowCatalog) -> String? {
        guard catalog.selectedRowCount < catalog.inputRowCount, !only.isEmpty || shard != nil else { return nil }
        let filters = only.map { "--only \($0)" } + [shard.map { "--shard \($0)" }].compactMap(\.self)
        return "\(catalog.selectedRowCount) of \(counted(catalog.inputRowCount, "row")), "
            + filters.joined(separator: " ")
    }

    /// Reads the input, and shows how far it is read when that takes long.
    ///
    /// - Parameters:
    ///   - file: the input.
    ///   - settings: what it is read by.
    ///   - report: told each problem.
    /// - Throws: `ToolError` when the file cannot be read, or there is no memory for its rows.
    static func read(
        _ file: InputFile, _ settings: InputSettings, report: (Diagnostic) -> Void
    ) throws(ToolError) -> RowCatalog {
        let progress = progress(of: file)
        progress.start()
        defer { progress.stop() }
        return try RowCatalog.read(file, settings: settings, report: report)
    }

    private static func progress(of file: InputFile) -> ProgressReporter {
        let clock = SystemClock()
        return ProgressReporter(Say.messages) { [begin = clock.now()] in
            ProgressLine(reading: file, elapsed: clock.now() - begin)
        }
    }

    /// What an input without rows means.
    var noRows: ToolError {
        let conditions = [
            only.isEmpty ? nil : "matches \(only.map { "'\($0)'" }.joined(separator: " or "))",
            shard.map { "falls to shard \($0)" },
        ].compactMap(\.self).joined(separator: " and ")
        guard !conditions.isEmpty else {
            return ToolError(
                .noRows, "'\(Quotation.escaped(path))' has no rows",
                hint: "write rows below its header, or name another one")
        }
        return ToolError(
            .noRows, "no row of '\(Quotation.escaped(path))' has a host that \(conditions)",
            hint: "hosts are compared as base_url names them, without scheme and port")
    }
}

/// An input that was read to its end and found fit to run.
struct ValidatedInput {
    let file: InputFile
    let catalog: RowCatalog

    /// Reads the input and prints every problem on standard error.
    ///
    /// - Throws: what the files throw; ``ExitCode/inputInvalid`` once the reason is printed.
    ///
    /// - Parameters:
    ///   - request: what is asked for.
    ///   - skipsInvalid: whether the valid rows will do.
    ///   - keepsLeftOut: whether rows that do not match stand in the result all the same.
    ///   - file: what to read; nil opens what the request names.
    ///   - advice: what to do about invalid rows; nil says to mend them, or to skip them.
    ///   - change: what else holds for reading it.
    init(
        _ request: InputRequest, skipsInvalid: Bool = false, keepsLeftOut: Bool = false, file: InputFile? = nil,
        advice: String? = nil, change: (inout InputSettings) -> Void = { _ in }
    ) throws {
        let file = try file ?? request.open(kept: true)
        var settings = try request.settings(keepsLeftOut: keepsLeftOut)
        change(&settings)
        catalog = try InputRequest.read(file, settings) { $0.say(file: file.name) }
        self.file = file
        do {
            try ExitCode.refuse(catalog, of: request, skipsInvalid: skipsInvalid)
        } catch let code as ExitCode {
            sayProblems(advice)
            throw code
        }
        if let share = request.share(of: catalog) { Say.say(.info, share) }
    }

    private func sayProblems(_ advice: String?) {
        if catalog.isFileInvalid {
            Say.error("'\(file.name)' cannot be read as it is: nothing was sent")
        } else {
            let verb = catalog.invalidRowCount == 1 ? "is" : "are"
            let mend = catalog.invalidRowCount == 1 ? "mend it" : "mend them"
            let hasOthers = catalog.invalidRowCount < catalog.selectedRowCount
            Say.error(
                "\(catalog.invalidRowCount) of \(counted(catalog.selectedRowCount, "row")) \(verb) invalid: nothing was sent",
                hint: advice ?? (hasOthers ? "\(mend), or run the others with --skip-invalid" : mend))
        }
    }
}
