import Foundation
import TestSupport
import Testing

/// Inputs that nobody means well with, given to the built binary: it judges them, whatever they are, and soon.
@Suite struct InputFuzzTests {
    /// How many mutated inputs are tried: one for each 200 of those that the reader's own test is told to try.
    private static let count = variable("CERTFLEET_FUZZ_INPUTS").map { max(1, Int($0) / 200) } ?? 60
    private static let seed = variable("CERTFLEET_FUZZ_SEED") ?? 4180

    private static let exitCodes: Set<Int32> = [0, 3, 9]
    private static let processorLimit = Duration.seconds(2)
    private static let memoryLimit = 200 << 20
    /// After this a process hangs, however busy the machine is.
    private static let hangLimit = Duration.seconds(20)

    private static let commands = [
        ["check"], ["check", "--json"], ["check", "--encoding", "windows-1252"], ["check", "--encoding", "utf-16"],
        ["check", "--format", "csv"], ["check", "--format", "jsonl"], ["check", "--delimiter", "semicolon"],
        ["check", "--max-problems", "0"], ["check", "--only", "p*", "--allow-plain-http"], ["run", "--dry-run"],
        ["run", "--dry-run", "--skip-invalid"],
    ]

    @Test func mutatedInputsAreJudgedInTimeAndWithinMemory() throws {
        var random = SeededGenerator(seed: Self.seed)
        let (work, seeds) = (try WorkDirectory(), try FuzzSeeds.all())
        for turn in 0..<Self.count {
            var mutator = Mutator(seeds.randomElement(using: &random) ?? [])
            mutator.mutate(&random, among: seeds)
            let name = ["x.csv", "x.jsonl", "x"].randomElement(using: &random) ?? "x"
            let command = Self.commands.randomElement(using: &random) ?? ["check"]
            let path = try work.write(name, bytes: mutator.bytes)
            let run = try MeasuredTool.run(command + [path], limit: Self.hangLimit)
            guard let fault = Self.fault(of: run, Self.exitCodes) else { continue }
            let kept = try Self.keep(mutator.bytes, as: "certfleet-fuzz-\(Self.seed)-\(turn)-\(name)")
            let words = (command + [kept]).joined(separator: " ")
            Issue.record("seed \(Self.seed), turn \(turn): 'certfleet \(words)' \(fault)")
        }
    }

    @Test(arguments: HostileInput.all)
    func aHostileInputIsJudgedInTimeAndWithinMemory(input: HostileInput) throws {
        let work = try WorkDirectory()
        let path = try work.write(input.name, bytes: input.bytes)
        for command in [["check"], ["run", "--dry-run"]] {
            let run = try MeasuredTool.run(command + [path], limit: Self.hangLimit)
            guard let fault = Self.fault(of: run, [input.exitCode]) else { continue }
            let kept = try Self.keep(input.bytes, as: "certfleet-\(input.name)")
            Issue.record("'certfleet \((command + [kept]).joined(separator: " "))' \(fault)")
        }
    }

    private static func variable(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    /// What a run did that none may; nil when it did nothing of the kind.
    private static func fault(of run: MeasuredTool, _ allowed: Set<Int32>) -> String? {
        // Up to the memory that this process had itself, nothing can be told.
        let memoryLimit = max(memoryLimit, MeasuredTool.ownPeakMemory)
        if run.status == -SIGKILL { return "was killed, perhaps because it did not end" }
        if run.status < 0 { return "was ended by signal \(-run.status)" }
        if !allowed.contains(run.status) { return "exited with \(run.status), not one of \(allowed.sorted())" }
        if run.processorTime > processorLimit { return "took \(run.processorTime) of processor time" }
        if run.peakMemory > memoryLimit { return "took \(run.peakMemory >> 20) MiB of memory" }
        return nil
    }

    /// Puts an input where it outlives the test.
    private static func keep(_ bytes: [UInt8], as name: String) throws -> String {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try Data(bytes).write(to: url)
        return url.path
    }
}
