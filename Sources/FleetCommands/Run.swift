import FleetInput
import Platform
package import PBXClient

/// What the command line asks of `certfleet run`.
package struct RunRequest: Sendable {
    /// What to run.
    package var input: InputRequest
    /// Whether the valid rows run although others are invalid.
    package var skipsInvalid = false
    /// Whether the requests are printed instead of sent.
    package var isDry = false
    /// Path of the run directory; nil for one named by the time.
    package var directory: String?
    /// Whether the run in that directory goes on.
    package var resumes = false
    /// What is read of the certificates.
    package var reading = ReadingPolicy()
    /// How PBXs are worked on.
    package var work = WorkSettings()

    /// A run of an input with nothing else asked for.
    package init(_ input: InputRequest) {
        self.input = input
    }

    /// Applies every row, or prints what would be sent. Blocks.
    ///
    /// - Throws: what keeps the run from starting or breaks it; its ``ExitCode`` when not all rows are as they were
    ///   wanted.
    package func run() throws {
        Say.messages = work.messages
        let work = try FleetWork(work, reading)
        let input = try ValidatedInput(input, skipsInvalid: skipsInvalid, keepsLeftOut: resumes) {
            $0.keepsCells = reading.readsFirst
        }
        if isDry {
            let dryRun = DryRun(
                catalog: input.catalog, transport: work.settings.transport, reading: reading,
                resumed: resumes ? directory : nil)
            return try dryRun.printAll()
        }
        let session = RunSession(
            input: input, work: work, directory: directory, resumes: resumes, begin: work.clock.now())
        let code = try session.run()
        if code != .success { throw code }
    }
}
