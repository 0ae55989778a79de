import RowInput

/// An input that was read to its end and found fit to run.
struct CheckedInput {
    let file: InputFile
    let catalog: RowCatalog

    /// Reads the input and prints every problem on standard error.
    ///
    /// - Throws: what the files throw; ``ExitStatus/inputInvalid`` and ``ExitStatus/noRows`` once the reason is printed.
    init(_ options: InputOptions, skipsInvalid: Bool) throws {
        let file = try InputFile.open(options.input, kept: true)
        catalog = try RowCatalog.read(file, settings: options.settings()) { Console.log($0.text(file: file.name)) }
        self.file = file
        try refuseProblems(skipsInvalid: skipsInvalid)
        if catalog.rowCount == 0 { throw CheckedInput.noRows(in: file, only: options.only) }
    }

    private func refuseProblems(skipsInvalid: Bool) throws {
        guard catalog.hasFileProblem || catalog.invalidRowCount > 0 && !skipsInvalid else { return }
        if catalog.hasFileProblem {
            Console.error("'\(file.name)' cannot be read as it is: nothing was sent")
        } else {
            Console.error(
                "\(catalog.invalidRowCount) of \(catalog.rowCount) rows are invalid: nothing was sent",
                hint: "mend them, or run the others with --skip-invalid")
        }
        throw ExitStatus.inputInvalid
    }

    /// What an input without rows means.
    static func noRows(in file: InputFile, only: String?) -> Complaint {
        let what =
            only.map { "no row of '\(file.name)' has a host that matches '\($0)'" } ?? "'\(file.name)' has no rows"
        return .noRows(what)
    }
}
