import Foundation
import Glibc
import Platform
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

/// A file that would bring down a careless reader.
struct HostileInput: Sendable, CustomStringConvertible {
    /// The name of the file, which says what it is.
    let name: String
    /// What a reader must say about it: 0 that it is valid, 3 that it is not, 9 that it has no rows.
    let exitCode: Int32
    private let make: @Sendable () -> [UInt8]

    var bytes: [UInt8] { make() }
    var description: String { name }

    private init(_ name: String, _ exitCode: Int32, _ make: @escaping @Sendable () -> String) {
        self.init(name, exitCode, bytes: { Array(make().utf8) })
    }

    private init(_ name: String, _ exitCode: Int32, bytes: @escaping @Sendable () -> [UInt8]) {
        self.name = name
        self.exitCode = exitCode
        make = bytes
    }

    private static let header = "host,id,auto_renewal,access_token"
    private static let row = "a,1,0,t\n"
    private static let object = #"{"host":"a","id":1,"auto_renewal":0,"access_token":"t""#

    static let all: [HostileInput] = cells + lines + bytes

    private static let cells = [
        HostileInput("a-thousand-columns.csv", 0) {
            let names = (0..<1000).map { "note\($0)," }.joined()
            return "\(names)\(header)\n" + (1...20).map { times("x,", 1000) + "a,\($0),0,t\n" }.joined()
        },
        HostileInput("a-column-too-many.csv", 3) { times(",", 16_384) },
        HostileInput("a-quoted-cell-of-10-mb.csv", 3) { "\(header)\n\"\(times("x", 10_000_000))\",1,0,t\n" },
        HostileInput("a-quote-that-swallows-lines.csv", 3) { "\(header)\na,1,0,\"t\n" + times(row, 1_000_000) },
        HostileInput("cells-of-1-mb.csv", 3) {
            "\(header)\n" + "a19t".map { times("\($0)", 1_000_000) }.joined(separator: ",")
        },
        HostileInput("an-id-of-1-mb-of-zeros.csv", 0) { "\(header)\na,\(times("0", 1_000_000))1,0,t\n" },
        HostileInput("a-name-of-1-mb.csv", 3) { "\(header),auth.\(times("k", 1 << 20))\n\(row)" },
        HostileInput("names-that-are-near-misses.csv", 3) { "\(header)" + times(",auto_renewl", 3000) + "\n\(row)" },
        HostileInput("only-carriage-returns.csv", 9) { times("\r", 50_000) },
    ]

    private static let lines = [
        HostileInput("empty-rows-at-the-end.csv", 0) { "\(header)\n\(row)" + times(",,,\n", 50_000) },
        HostileInput("empty-rows-at-the-top.csv", 0) {
            times(";;;\n", 20_000) + "host;id;auto_renewal;access_token\na;1;0;t"
        },
        HostileInput("empty-rows-alone.csv", 9) { times("|||\n", 20_000) },
        HostileInput("blank-lines.csv", 0) { times("\n", 50_000) + "\(header)\n\(row)" },
        HostileInput("an-array-never-closed.jsonl", 3) { "\(object),\"x\":\(times("[", 3_000_000))\n" },
        HostileInput("objects-never-closed.jsonl", 3) { "\(object),\"x\":\(times("{\"x\":", 600_000))\n" },
        HostileInput("deep-arrays.jsonl", 0) {
            "\(object),\"x\":[\(times(times("[", 60) + times("]", 60) + ",", 500))1]}\n"
        },
        HostileInput("many-keys.jsonl", 0) { "\(object)" + (0..<10_000).map { ",\"k\($0)\":1" }.joined() + "}\n" },
        HostileInput("many-wrong-keys.jsonl", 3) {
            "\(object)" + (0..<5000).map { ",\"auth.k\($0):\":1" }.joined() + "}\n"
        },
        HostileInput("numbers-of-1-mb.jsonl", 3) {
            "{\"id\":1e\(times("9", 1_000_000)),\"host\":0.\(times("1", 1_000_000))}"
        },
        HostileInput("a-line-of-5-mb.jsonl", 3) { "{\"host\":\"\(times("x", 5 << 20))\"}" },
    ]

    private static let bytes = [
        HostileInput("half-a-character-of-utf-16.csv", 3, bytes: { utf16("\u{FEFF}\(header)\n\(row)") + [0x61] }),
        HostileInput("half-a-pair-of-utf-16.csv", 3, bytes: { utf16("\u{FEFF}\(header)\n\(row)") + [0x00, 0xD8] }),
        HostileInput("a-mark-alone.csv", 9, bytes: { [0xFF, 0xFE] }),
        HostileInput("a-mark-and-a-header.csv", 9, bytes: { [0xEF, 0xBB, 0xBF] + Array(header.utf8) }),
        HostileInput("nul-bytes.csv", 3, bytes: { Array(repeating: 0, count: 1 << 20) }),
        HostileInput("nul-bytes.jsonl", 3, bytes: { Array(repeating: 0, count: 5 << 20) }),
        HostileInput("nul-bytes-in-cells.csv", 3, bytes: { Array("\(header)\n\0a,1,0,t\na,1\0,0,t\na,2,0,\0\n".utf8) }),
        HostileInput("bytes-that-are-no-utf-8.csv", 3, bytes: { Array(repeating: 0xFC, count: 1 << 20) }),
    ]

    private static func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    private static func utf16(_ text: String) -> [UInt8] { text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }
}

/// One run of the built binary, with what it took from the machine.
private struct MeasuredTool {
    /// Exit status, or minus the signal that ended it.
    let status: Int32
    /// Time on a processor, its own and the kernel's for it.
    let processorTime: Duration
    /// Bytes of memory that it had at most; never less than what this process had at most, which is where the kernel
    /// starts counting.
    let peakMemory: Int

    /// Bytes of memory that this process had at most.
    static var ownPeakMemory: Int {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return usage.ru_maxrss * 1024
    }

    /// Runs the binary to its end, without input and output, and with next to no environment.
    ///
    /// - Parameters:
    ///   - arguments: what follows the name.
    ///   - limit: how long to wait before it is killed.
    static func run(_ arguments: [String], limit: Duration) throws -> MeasuredTool {
        let process = try start(arguments)
        let clock = ContinuousClock()
        let end = clock.now + limit
        var (status, usage) = (Int32(0), rusage())
        while wait4(process, &status, WNOHANG, &usage) == 0 {
            if clock.now > end { kill(process, SIGKILL) }
            usleep(500)
        }
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        let signal = status & 0x7F
        return MeasuredTool(
            status: signal == 0 ? status >> 8 & 0xFF : -signal,
            processorTime: .seconds(seconds) + .microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
            peakMemory: usage.ru_maxrss * 1024)
    }

    private static func start(_ arguments: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        // Else it would hold the pipes of what other tests run at the same time; closing what is not open is no error.
        for number in 3..<Int32(min(1024, sysconf(Int32(_SC_OPEN_MAX)))) {
            posix_spawn_file_actions_addclose(&actions, number)
        }
        let path = try BuiltTool.path
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        // A crash shall be over at once, not be explained.
        var variables = ["SWIFT_BACKTRACE=enable=no"]
        if let folders = getenv("LD_LIBRARY_PATH") { variables.append("LD_LIBRARY_PATH=\(String(cString: folders))") }
        let environment = variables.map { strdup($0) } + [nil]
        defer { environment.forEach { free($0) } }
        var process = pid_t()
        let code = posix_spawn(&process, path, &actions, nil, words, environment)
        try #require(code == 0, "'\(path)' cannot be started: \(String(cString: strerror(code)))")
        return process
    }
}
