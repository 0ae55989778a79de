import Platform
import ArgumentParser
import HTTPTransport
import PBXSimulator
import RowInput
import RunRecord

/// Why a command was refused or broke off, as the operator reads it on standard error.
struct Complaint: Error, Hashable {
    let status: ExitStatus
    /// What is wrong: one sentence in lower case without a full stop.
    let message: String
    /// What to do about it; nil when there is nothing to say.
    let hint: String?

    static func usage(_ message: String, hint: String? = nil) -> Complaint {
        Complaint(status: .usage, message: message, hint: hint)
    }

    static func noRows(_ message: String) -> Complaint {
        Complaint(status: .noRows, message: message, hint: "nothing was sent")
    }

    static func broken(_ message: String, hint: String? = nil) -> Complaint {
        Complaint(status: .broken, message: message, hint: hint)
    }

    /// What broke a run that had begun: whatever it is, it is the tool's failure by then.
    init(breakingRun error: any Error) {
        let cause = Complaint(error)
        self.init(status: .broken, message: cause?.message ?? String(describing: error), hint: cause?.hint)
    }

    /// The one place where errors meet exit codes; nil when the error is no error but a wish for help.
    init?(_ error: any Error) {
        switch error {
        case let complaint as Complaint: self = complaint
        case let error as ToolError: self.init(error)
        case let error as SimulatorError: self.init(status: .broken, message: error.description, hint: error.hint)
        default: self.init(parsing: error)
        }
    }

    private init(status: ExitStatus, message: String, hint: String?) {
        self.status = status
        self.message = message
        self.hint = hint
    }

    private init(_ error: ToolError) {
        let status: ExitStatus =
            switch error.kind {
            case .usage: .usage
            case .noRows: .noRows
            case .broken: .broken
            }
        self.init(status: status, message: error.message, hint: error.hint)
    }

    /// An error of the command line's parser, or one that nobody foresaw.
    private init?(parsing error: any Error) {
        let message = Certfleet.message(for: error)
        switch Certfleet.exitCode(for: error) {
        case .success: return nil
        case .validationFailure:
            let hint = "see 'certfleet --help' or 'certfleet COMMAND --help'"
            self = .usage(message.prefix(1).lowercased() + message.dropFirst(), hint: hint)
        default: self = .broken(message)
        }
    }
}

extension Complaint {
    /// Says what an error means.
    ///
    /// - Returns: the exit status that goes with it.
    static func report(_ error: any Error) -> ExitStatus {
        guard let complaint = Complaint(error) else { return answer(error) }
        Console.error(complaint.message, hint: complaint.hint)
        return complaint.status
    }

    /// Prints help or the version: they are asked for, so they go to standard output.
    private static func answer(_ wish: any Error) -> ExitStatus {
        do {
            try Console.output(Certfleet.fullMessage(for: wish) + "\n")
            return .success
        } catch let status as ExitStatus {
            return status
        } catch {
            return report(error)
        }
    }
}
