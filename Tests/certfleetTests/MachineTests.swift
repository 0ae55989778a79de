import Foundation
import Glibc
import PBXSimulator
import TestSupport
import Testing

/// A machine that has little left, and what the process keeps to itself, with the built binary run by another user.
@Suite(.sideBySide, .enabled(if: geteuid() == 0, "only root can become another user"))
struct MachineTests {
    /// A folder of the other user's with the binary and an input in it.
    private static func folder(user: Int) throws -> WorkDirectory {
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv([InputRow(url: "http://127.0.0.1:1", id: 1, access: .token("t"))]))
        let made = try Shell.run("cp '\(try BuiltTool.path)' tool && chown -R \(user) .", in: work.path)
        try #require(made.status == 0, "\(made.errors)")
        return work
    }

    /// Each number of threads with a user of its own, because the limit counts all that a user has.
    @Test(.timeLimit(.minutes(5)), arguments: [1, 2, 3, 4, 5, 6, 8, 10, 12, 16])
    func whereThreadsRunOutARunEndsOrNeverBegins(threads: Int) throws {
        let user = 61_000 + threads
        let work = try Self.folder(user: user)
        let command = "ulimit -u \(threads); exec ./tool run fleet.csv --out run --retries 0"
        let run = try Shell.run("setpriv --reuid=\(user) --clear-groups bash -c '\(command)'", in: work.path)
        if run.status == 1 {
            #expect(run.errors.contains("hint: "), "\(run.errors)")
            #expect(!FileManager.default.fileExists(atPath: work.file("run/ledger.jsonl")))
        } else {
            #expect(run.status == 2 && run.output == "run/result.csv\n", "\(run.status) \(run.errors)")
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [120_000, 160_000, 200_000])
    func aRunHasTheMemoryForAllItsRowsOrNeverBegins(kilobytes: Int) throws {
        let work = try WorkDirectory()
        let rows = (0..<20_000).map { row in
            InputRow(
                url: "http://127.8.\(row % 2000 / 200).\(1 + row % 200):1", id: 1 + row / 2000, access: .token("t"))
        }
        try work.write("fleet.csv", InputRow.csv(rows))
        let command = "ulimit -v \(kilobytes); exec '\(try BuiltTool.path)' run fleet.csv --out run --retries 0 -q"
        let run = try Shell.run(command, in: work.path)
        if run.status == 1 {
            #expect(run.errors.contains("hint: ") && !FileManager.default.fileExists(atPath: work.file("run")))
        } else {
            let isWhole = try run.status == 2 && Records(csv: work.file("run/result.csv")).rows.count == rows.count
            #expect(isWhole, "\(run.status) \(run.errors)")
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [("csv", 1), ("jsonl", 4)])
    func anInputWithMoreRowsThanThereIsMemoryForIsRefused(format: String, rowsPerHost: Int) throws {
        let work = try WorkDirectory()
        let rows = (0..<400_000).map { row in
            let (host, id) = ("https://h\(row / rowsPerHost).example", 1 + row % rowsPerHost)
            return format == "csv"
                ? "\(host),t,\(id),0\n"
                : #"{"base_url":"\#(host)","access_token":"t","id":\#(id),"auto_renewal":0}"# + "\n"
        }
        try work.write("fleet", (format == "csv" ? "base_url,access_token,id,auto_renewal\n" : "") + rows.joined())
        let command = "ulimit -v 85000; exec '\(try BuiltTool.path)' check fleet --format \(format)"
        let run = try Shell.run(command, in: work.path)
        let isTold =
            run.errors.contains("of memory are needed") && run.errors.contains("hint: cut the input into parts")
        #expect(run.status == 1 && isTold, "\(run.status) \(run.errors)")
    }

    /// Whatever is short, a run that was begun answers signals and writes its result.
    @Test(
        .timeLimit(.minutes(5)),
        arguments: ["-u 12", "-v 200000", "-v 150000", "-n 32", "-n 16", "-n 12", "-n 11", "-n 9"])
    func aRunThatHasLittleLeftAnswersSignals(limit: String) throws {
        let fleet = try Fleet(hosts: 40, edits: 1)
        defer { try? fleet.simulator.stop() }
        for host in fleet.simulator.hosts {
            fleet.simulator.set(host.number.isMultiple(of: 5) ? .dropBeforeReading() : .silence(), on: host.number)
        }
        let user = 61_100
        let work = try Self.folder(user: user)
        try work.write("fleet.csv", fleet.csv)
        let script = """
            setpriv --reuid=\(user) --clear-groups bash -c 'ulimit \(limit); exec ./tool run fleet.csv --out run' &
            process=$!
            for signal in 1 2; do sleep 1; kill -TERM $process; done
            wait $process
            """
        let run = try Shell.run("{ \(script); }", in: work.path)
        if run.status == 1 {
            #expect(run.errors.contains("hint: ") && fleet.simulator.record.isEmpty, "\(run.errors)")
        } else {
            #expect(run.status == 143, "\(run.status) \(run.errors)")
            let isBegun = FileManager.default.fileExists(atPath: work.file("run/ledger.jsonl"))
            #expect(try !isBegun || Records(csv: work.file("run/result.csv")).rows.count == 40)
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["-u 1", "-u 6", "-n 6", "-v 100000"])
    func whatReadsItsInputWithLittleLeftAnswersSignals(limit: String) throws {
        let user = 61_200
        let work = try Self.folder(user: user)
        let script = """
            mkfifo pipe; chown \(user) pipe; exec 3<>pipe
            setpriv --reuid=\(user) --clear-groups bash -c 'ulimit \(limit); exec ./tool run pipe' & process=$!
            # It waits for USR1, the tenth signal, by itself from its first moment on.
            until grep -qs '^SigBlk:.*[2367abef]..$' /proc/$process/status; do sleep 0.1; kill -0 $process || break; done
            until grep -q reading shell-stderr; do kill -USR1 $process || break; sleep 0.5; done
            kill -TERM $process
            wait $process
            """
        let run = try Shell.run("{ \(script)\n}", in: work.path)
        if run.status == 1 {
            #expect(run.errors.contains("hint: "), "\(run.errors)")
        } else {
            let told = Set(run.errors.split(separator: "\n"))
            let expected: Set<Substring> = [
                "certfleet: reading 'pipe': 0 bytes", "certfleet: error: stopped by SIGTERM: nothing was sent",
            ]
            #expect(run.status == 143 && told == expected, "\(run.status) \(run.errors)")
        }
    }

    /// Whatever memory there is, so many requests at once do not kill a run: they have room, or it never begins.
    @Test(.timeLimit(.minutes(5)), arguments: [400_000, 300_000, 200_000, 180_000, 160_000, 140_000, 120_000])
    func whereMemoryIsLimitedARunEndsOrNeverBegins(kibibytes: Int) throws {
        let fleet = try Fleet(hosts: 300, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(fleet.withoutLogin))
        let command = "ulimit -v \(kibibytes); exec '\(try BuiltTool.path)' run fleet.csv --out run --jobs 300"
        let run = try Shell.run(command, in: work.path)
        if run.status == 1 {
            #expect(run.errors.contains("hint: ") && fleet.simulator.record.isEmpty, "\(run.errors)")
        } else {
            #expect(run.status == 0 && fleet.simulator.record.count == 300, "\(run.status) \(run.errors)")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func answersThatTakeMoreMemoryThanThereIsEndNoRun() throws {
        let fleet = try Fleet(hosts: 300, edits: 1)
        defer { try? fleet.simulator.stop() }
        for host in fleet.simulator.hosts { fleet.simulator.set(.endless(), on: host.number) }
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(fleet.withoutLogin))
        let flags = "--out run --jobs 300 --retries 0"
        let command = "ulimit -v 160000; exec '\(try BuiltTool.path)' run fleet.csv \(flags)"
        let run = try Shell.run(command, in: work.path)
        #expect(run.status == 2, "\(run.status) \(run.errors)")
        let rows = try Records(csv: work.file("run/result.csv")).rows
        #expect(rows.map { $0["result.status"] } == Array(repeating: "unknown", count: 300))
    }

    @Test(.timeLimit(.minutes(5)))
    func threadsDoNotGrowWithTheRequestsUnderWay() throws {
        let fleet = try Fleet(hosts: 300, edits: 1)
        defer { try? fleet.simulator.stop() }
        for host in fleet.simulator.hosts { fleet.simulator.set(.silence(), on: host.number) }
        let requests = { fleet.simulator.hosts.reduce(0) { $0 + fleet.simulator.requests(on: $1.number) } }
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(fleet.withoutLogin))
        let threads = try [4, 300].map { jobs in
            let before = requests()
            let flags = ["--out", "run-\(jobs)", "--jobs", "\(jobs)", "--timeout", "1h"]
            let tool = try RunningTool(["run", "fleet.csv"] + flags, in: work.path)
            defer {
                tool.send(SIGKILL)
                _ = tool.wait()
            }
            RunningTool.poll { requests() == before + jobs }
            let tasks = "/proc/\(tool.process.pid)/task"
            return try FileManager.default.contentsOfDirectory(atPath: tasks).count
        }
        #expect(threads[0] == threads[1], "\(threads)")
    }

    private static let hasNamespaces = (try? Shell.run("unshare -m true", in: "/tmp").status) == 0

    /// Names of which the name server says nothing, or is not even there, fail alone.
    @Test(.enabled(if: hasNamespaces), .timeLimit(.minutes(5)), arguments: [true, false])
    func aNameServerThatDoesNotAnswerHoldsNobodyElseUp(isListening: Bool) throws {
        let fleet = try Fleet(hosts: 20, edits: 3)
        defer { try? fleet.simulator.stop() }
        let server = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(server) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(53).bigEndian
        address.sin_addr.s_addr = inet_addr("127.53.53.53")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { isListening ? bind(server, $0.baseAddress, size) : 0 }
        }
        try #require(bound == 0)
        let names = (1...70).map { InputRow(url: "http://pbx\($0).test:8088", id: 1, access: .token("t")) }
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(names + fleet.logins))
        try work.write("resolv.conf", "nameserver 127.53.53.53\noptions timeout:1 attempts:1\n")
        let flags = "--out run --allow-plain-http --retries 0 --connect-timeout 5s"
        let script = "mount --bind resolv.conf /etc/resolv.conf; exec '\(try BuiltTool.path)' run fleet.csv \(flags)"
        let run = try Shell.run("unshare -m bash -c \"\(script)\"", in: work.path)
        #expect(run.status == 2, "\(run.errors)")
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == Array(repeating: "failed", count: 70) + Array(repeating: "ok", count: 60))
        #expect(Set(result["result.error_class"].prefix(70)) == ["connect"])
    }

    /// Names cannot be asked for without a file either; whoever gets none is not to blame.
    @Test(.enabled(if: hasNamespaces), .timeLimit(.minutes(5)))
    func namesWaitForTheFilesOfOthers() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let url = try #require(URLComponents(string: fleet.simulator.hosts[0].baseURL))
        let (address, port) = (try #require(url.host), try #require(url.port))
        let work = try WorkDirectory()
        let rows = (1...80).map {
            InputRow(url: "http://pbx\($0).test:\(port)", id: 1, access: .token(Fleet.tokens[0]))
        }
        try work.write("fleet.csv", InputRow.csv(rows))
        try work.write("resolv.conf", "nameserver 127.53.53.54\n")
        try work.write("names.py", Self.nameServer)
        let flags = "--out run --allow-plain-http --retries 0"
        let script = """
            mount --bind resolv.conf /etc/resolv.conf
            python3 names.py \(address) & names=$!
            until test -e ready; do sleep 0.1; done
            (ulimit -n 32; exec '\(try BuiltTool.path)' run fleet.csv \(flags)); status=$?
            kill -KILL $names; exit $status
            """
        try work.write("script", script)
        let run = try Shell.run("unshare -m bash script", in: work.path)
        #expect(run.status == 0, "\(run.errors)")
        #expect(fleet.requests(.certificateUpdate) == 80)
    }

    /// Gives every name the one address.
    private static let nameServer = """
        import socket, sys
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.53.53.54", 53))
        open("ready", "w")
        while True:
            query, client = server.recvfrom(4096)
            end = query.index(b"\\0", 12) + 5
            address = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + socket.inet_aton(sys.argv[1])
            answer = address if query[end - 4:end - 2] == b"\\0\\1" else b""
            head = query[:2] + b"\\x81\\x80\\0\\1\\0" + bytes([answer != b""]) + b"\\0\\0\\0\\0"
            server.sendto(head + query[12:end] + answer, client)
        """

    /// Through a proxy all connections go to one address, so that a few ports are all there are.
    @Test(.enabled(if: hasNamespaces), .timeLimit(.minutes(5)))
    func withoutPortsRequestsWaitForOthers() throws {
        let work = try WorkDirectory()
        let rows = (1...12).map { InputRow(url: "http://pbx\($0).test", id: 1, access: .token("t")) }
        try work.write("fleet.csv", InputRow.csv(rows))
        try work.write("proxy.py", Self.proxy)
        let flags = "--out run --allow-plain-http --retries 0 --connect-timeout 60s --timeout 2m"
        let script = """
            python3 -c 'import socket, fcntl, struct
            fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0x41))'
            python3 proxy.py & proxy=$!
            until test -e ready; do sleep 0.1; done
            echo 40000 40003 > /proc/sys/net/ipv4/ip_local_port_range
            http_proxy=http://127.0.0.1:18779 '\(try BuiltTool.path)' run fleet.csv \(flags); status=$?
            kill -KILL $proxy; exit $status
            """
        try work.write("script", script)
        let run = try Shell.run("unshare -n bash script", in: work.path)
        #expect(run.status == 0, "\(run.errors)")
        #expect(try Records(csv: work.file("run/result.csv"))["result.status"] == Array(repeating: "ok", count: 12))
    }

    /// Answers one request after the other, each after a moment.
    private static let proxy = """
        import socket, time
        server = socket.socket()
        server.bind(("127.0.0.1", 18779))
        server.listen(64)
        open("ready", "w")
        while True:
            client, _ = server.accept()
            text = b""
            while b"\\r\\n\\r\\n" not in text or not text.endswith(b"}"): text += client.recv(65536)
            time.sleep(0.02)
            client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 13\\r\\n\\r\\n{\\"errcode\\":0}")
            client.close()
        """

    @Test(.timeLimit(.minutes(5)))
    func aDirectoryThatMayNoLongerBeWrittenStillHasItsLedgerAndTheCountsPrinted() throws {
        let fleet = try Fleet(hosts: 1, edits: 2)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.delay(.seconds(1), at: .certificateUpdate), on: 1)
        let user = 61_300
        let work = try Self.folder(user: user)
        try work.write("fleet.csv", InputRow.csv(fleet.withoutLogin))
        let script = """
            setpriv --reuid=\(user) --clear-groups ./tool run fleet.csv --out run & process=$!
            until grep -qs sent run/ledger.jsonl; do sleep 0.1; done
            chmod 555 run; wait $process
            """
        let run = try Shell.run("{ \(script); }", in: work.path)
        #expect(run.status == 1 && run.errors.contains("2 rows, 1 host"), "\(run.errors)")
        #expect(run.errors.contains("error: cannot open 'run/result.csv.part': permission denied"))
        #expect(try Ledger(work.file("run/ledger.jsonl")).rows("done") == [1, 2])
    }

    @Test func noOtherProcessOfTheUserCanLookAtTheMemory() throws {
        let user = 61_000
        let work = try Self.folder(user: user)
        let script = """
            mkfifo pipe; chown \(user) pipe
            setpriv --reuid=\(user) --clear-groups ./tool check pipe & process=$!
            exec 3>pipe
            stat -c %u /proc/$process/mem /proc/$process/environ
            kill $process; wait
            """
        let looked = try Shell.run("{ \(script); }", in: work.path)
        #expect(looked.output == "0\n0\n", "\(looked.errors)")
    }
}
