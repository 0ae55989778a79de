import Foundation
import PBXSimulator
import TestSupport
import Testing

/// The progress line as a terminal gets it, and what a file gets instead.
@Suite(.sideBySide) struct ProgressTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("terminal.py").path

    /// What `env` is told for a terminal with colors.
    private static let terminal = "-u NO_COLOR TERM=xterm"

    /// What standard error shows of a run of about two seconds.
    private func shown(_ sizes: String, _ flags: String = "", environment: String = Self.terminal) throws -> String {
        let fleet = try Fleet(hosts: 2, edits: 6)
        defer { try? fleet.simulator.stop() }
        for host in 1...2 { fleet.simulator.set(.delay(.milliseconds(300), at: .certificateUpdate), on: host) }
        fleet.simulator.set([.errcode(60001, at: .certificateUpdate, times: 1)], on: 2)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let command = "python3 '\(Self.script)' \(sizes) '\(try BuiltTool.path)' run fleet.csv --out run \(flags)"
        let run = try Shell.run("env \(environment) \(command)", in: work.path)
        #expect(run.status == 2, "\(run.output)\(run.errors)")
        return run.output
    }

    /// The progress lines in what a terminal got, without colors.
    private func lines(_ shown: String) -> [String] {
        let plain = shown.replacing(/\u{1B}\[[0-9]*m/, with: "")
        let pieces = plain.replacing("\r\u{1B}[K", with: "\n").replacing(/\r\u{1B}\[[0-9]+A\u{1B}\[J/, with: "\n")
        return pieces.split(whereSeparator: \.isNewline).map(String.init).filter { $0.contains(/^[0-9]+\/12/) }
    }

    @Test(arguments: [40, 80, 200])
    func theLineRenewsItselfAndFits(columns: Int) throws {
        let shown = try shown("\(columns)", "--max-duration 1h")
        let lines = lines(shown)
        #expect(lines.count >= 3, "\(shown)")
        #expect(lines.allSatisfy { $0.count < columns }, "\(lines)")
        // Where there is little room, the rows that went wrong stay.
        #expect(lines.last?.contains("failed 1") == true, "\(lines)")
        #expect(lines.contains { $0.contains("window ends") } == (columns > 40), "\(lines)")
        #expect(shown.contains("\u{1B}[31mfailed 1\u{1B}[0m"))
        // Nothing of it is left when the table comes.
        #expect(shown.contains("\r\u{1B}[Kstatus  "))
    }

    @Test func theLineFollowsTheTerminalsSize() throws {
        let shown = try shown("120,40")
        let parts = shown.components(separatedBy: "<resized>")
        #expect(parts.count == 2)
        #expect(lines(parts[0]).contains { $0.count > 40 }, "\(shown)")
        // One that was longer than the terminal is wide by then is taken away with the lines that it wraps over.
        #expect(parts.last?.contains(/\r\u{1B}\[1A\u{1B}\[J/) == true, "\(shown)")
        #expect(lines(parts[1]).dropFirst().allSatisfy { $0.count < 40 }, "\(shown)")
    }

    @Test(arguments: [("", "NO_COLOR=1 TERM=xterm"), ("--no-color", terminal)])
    func noColorsWhereTheyAreNotWanted(flag: String, environment: String) throws {
        let shown = try shown("80", flag, environment: environment)
        #expect(!shown.contains("\u{1B}[3"))
        #expect(lines(shown).count >= 3)
    }

    @Test(arguments: [("-q", "TERM=xterm"), ("--progress never", "TERM=xterm"), ("", "TERM=dumb")])
    func noLineWhereItIsNotWanted(flag: String, environment: String) throws {
        let shown = try shown("80", flag, environment: environment)
        #expect(lines(shown).isEmpty && !shown.contains("\u{1B}"), "\(shown)")
    }

    @Test(arguments: [
        "plan fleet.csv --rate 20/s", "list fleet.csv --rate 20/s", "export fleet.csv --rate 20/s",
        "pins tls.csv --retries 0 --rate 6/s",
    ])
    func commandsThatReadShowTheLineToo(command: String) throws {
        let fleet = try Fleet(hosts: 12, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        try work.write("tls.csv", fleet.csv.replacing("http:", with: "https:"))
        for flag in ["", "-q", "--progress never"] {
            let line = "env \(Self.terminal) python3 '\(Self.script)' 60 '\(try BuiltTool.path)' \(command) \(flag)"
            let run = try Shell.run(line, in: work.path)
            let lines = lines(run.output)
            #expect([0, 2].contains(run.status) && (lines.count >= 3) == flag.isEmpty, "\(run.output)\(run.errors)")
            #expect(lines.allSatisfy { $0.count < 60 }, "\(lines)")
        }
    }

    @Test(arguments: ["", "-q", "--progress never"])
    func aLongCheckShowsHowFarItHasRead(flag: String) throws {
        let work = try WorkDirectory()
        let script = """
            mkfifo pipe
            { echo base_url,access_token,id,auto_renewal
              for id in 1 2 3 4 5; do echo http://127.0.0.1:1,t,$id,0; sleep 0.3; done; } > pipe &
            env \(Self.terminal) python3 '\(Self.script)' 60 '\(try BuiltTool.path)' check pipe \(flag)
            """
        let run = try Shell.run("{ \(script); }", in: work.path)
        let lines = run.output.components(separatedBy: "\r\u{1B}[K").filter { $0.hasPrefix("reading 'pipe': ") }
        #expect(run.status == 0 && (lines.count >= 3) == flag.isEmpty, "\(run.output)\(run.errors)")
        // Nothing of it is left when the answer comes.
        #expect(!run.output.contains("bytescertfleet"), "\(run.output)")
    }

    @Test func aFileGetsNoLineThatRenewsItself() throws {
        let fleet = try Fleet(hosts: 1, edits: 2)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let run = try BuiltTool.run(
            ["run", "fleet.csv", "--out", "run"], environment: ["TERM": "xterm"], in: work.path)
        #expect(run.status == 0 && !run.errors.contains("\u{1B}") && !run.errors.contains("\r"), "\(run.errors)")
    }
}
