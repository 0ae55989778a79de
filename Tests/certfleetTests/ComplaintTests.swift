import Platform
import ArgumentParser
import Testing

@testable import HTTPTransport
@testable import PBXSimulator
@testable import RowInput
@testable import RunRecord
@testable import certfleet

/// Which error ends the process with which exit code.
@Suite struct ComplaintTests {
    private struct Unforeseen: Error {}

    private static func parserError(_ arguments: [String]) -> any Error {
        do {
            _ = try Certfleet.parseAsRoot(arguments)
            return certfleet.ExitStatus.success
        } catch {
            return error
        }
    }

    @Test(arguments: [
        (ToolError.cannot("open", "fleet.csv", code: 2, kind: .usage) as any Error, certfleet.ExitStatus.usage),
        (ToolError.exposedCredentials("logins.csv"), .usage), (ToolError.cannot("read", "fleet.csv", code: 5), .broken),
        (ToolError.holdsRun("run"), .usage), (ToolError.locked("run", by: 7), .broken),
        (ToolError.cannot("write", "run/ledger.jsonl", code: 28), .broken),
        (ToolError.malformedPin("x"), .usage), (ToolError.noCertificates("ca.pem"), .usage),
        (ToolError.unreadableCAFile("ca.pem", reason: "no such file or directory"), .usage),
        (ToolError.curlUnusable, .broken), (ToolError.refusedOption(code: 48), .broken),
        (SimulatorError.noFreePort(tries: 3), .broken), (ValidationError("--jobs 0 is too few"), .usage),
        (Complaint.usage("a"), .usage), (Complaint.noRows("a"), .noRows), (Complaint.broken("a"), .broken),
        (Unforeseen(), .broken), (CancellationError(), .broken),
    ])
    func onlyWhatTheUserCanMendIsUsage(error: any Error, expected: certfleet.ExitStatus) throws {
        #expect(try #require(Complaint(error)).status == expected)
    }

    @Test(arguments: [
        ["run"], ["run", "x.csv", "--jobs", "0"], ["fly"], ["check", "--format", "pdf", "x"], ["run", "-"],
    ])
    func whatTheParserRefusesIsUsage(arguments: [String]) throws {
        let complaint = try #require(Complaint(Self.parserError(arguments)))
        #expect(complaint.status == .usage && complaint.hint?.contains("--help") == true)
    }

    @Test(arguments: [["--help"], ["run", "--help"], ["--version"], ["help", "check"]])
    func aWishForHelpIsNoComplaint(arguments: [String]) throws {
        var error = Self.parserError(arguments)
        if error is certfleet.ExitStatus {
            var command = try Certfleet.parseAsRoot(arguments)
            error = try #require(throws: (any Error).self) { try command.run() }
        }
        #expect(Complaint(error) == nil)
    }

    @Test func whateverBreaksARunThatHasBegunIsTheToolsFailure() {
        let refusal = ToolError.unreadableCAFile("ca.pem", reason: "no such file or directory")
        let complaint = Complaint(breakingRun: refusal)
        #expect(complaint.status == .broken && complaint.message == refusal.description)
        let broken = ToolError.cannot("write", "run/ledger.jsonl", code: 28)
        #expect(Complaint(breakingRun: broken).hint == broken.hint)
    }
}
