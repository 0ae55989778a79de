import Foundation
import Platform
import TestSupport
import Testing

@testable import PBXSimulator

@Suite("Record")
struct RecordTests {
    private let edit = #"{"id":1,"auth_info_list":[{"k":"A","sv":"s3cr3t"},{"k":"B","iv":5}]}"#

    @Test func holdsEveryRequestAsItCame() throws {
        try Simulator.run(.make(hosts: 3)) { simulator throws in
            let client = simulator.client(of: 3)
            let token = try simulator.token(on: 3)
            _ = try client.update(edit, token: token)
            _ = try client.exchange("PUT", "/elsewhere?x=%20", "no json")
            let record = simulator.record
            #expect(record.map(\.call) == ["get_token", "certificate/update", "/elsewhere"])
            #expect(record.map(\.endpoint) == [.getToken, .certificateUpdate, nil])
            #expect(record.map(\.method) == ["POST", "POST", "PUT"])
            #expect(record.map(\.query) == ["", "access_token=\(token)", "x=%20"])
            #expect(record.dropFirst().map(\.text) == [edit, "no json"])
            #expect(record.map(\.errcode) == [0, 0, 10001])
            #expect(record.allSatisfy { $0.host == 3 && $0.address == "127.1.0.3" && $0.client == "127.0.0.1" })
            #expect(record.allSatisfy { $0.status == 200 && $0.started <= $0.ended })
            #expect(record.of(.certificateUpdate).count == 1)
            #expect(record.on(2).isEmpty)
            #expect(simulator.connections(on: 3) == 3)
        }
    }

    @Test func canBeOff() throws {
        try Simulator.run(.make { $0.keepsRecord = false }) { simulator throws in
            _ = try simulator.token()
            #expect(simulator.record.isEmpty)
            #expect(simulator.requests(on: 1) == 1)
        }
    }

    @Test func theFileHasALineForEachRequestAtOnceAndMasksSecrets() throws {
        let folder = try WorkDirectory()
        let settings = SimulatorSettings.make {
            $0.recordFile = folder.file("record.jsonl")
            $0.presetTokens = ["t0ken"]
        }
        try Simulator.run(settings) { simulator throws in
            let client = simulator.client()
            _ = try client.update(edit, token: "t0ken")
            let line = try folder.read("record.jsonl")
            #expect(!line.contains("s3cr3t") && !line.contains("t0ken"))
            #expect(line.hasPrefix(#"{"host":1,"address":"127.1.0.1","client":"127.0.0.1","started_ns":"#))
            #expect(
                line.hasSuffix(
                    #""method":"POST","call":"certificate/update","query":"access_token=***","#
                        + #""body":{"id":1,"auth_info_list":[{"k":"A","sv":"***"},{"k":"B","iv":5}]},"#
                        + #""status":200,"errcode":0}"# + "\n"))
        }
    }

    @Test func theFileIsCompleteOnceStopped() throws {
        let folder = try WorkDirectory()
        let settings = SimulatorSettings.make { $0.recordFile = folder.file("record.jsonl") }
        let simulator = try Simulator.start(settings)
        simulator.set(.silence(at: .delToken), on: 1)
        var client = simulator.client()
        _ = try client.logIn()
        _ = try client.post("get_token", #"{"username":"a\"\n","password":"p4ss"#)
        _ = try client.post("get_token", #""p4ss""#)
        client.timeout = .milliseconds(50)
        _ = try client.logOut(token: "t0ken")
        try simulator.stop()
        try simulator.stop()
        let lines = try folder.read("record.jsonl").split(separator: "\n")
        let bodies = try lines.map { line in
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            return String(describing: object["body"] ?? "")
        }
        #expect(bodies.count == 4)
        #expect(bodies[1...2] == ["***", "***"])
        #expect(lines[3].hasSuffix(#""status":null,"errcode":null}"#))
        #expect(!lines.joined().contains("p4ss") && !lines.joined().contains(simulator.hosts[0].clientSecret))
    }

    @Test func aFileThatCannotBeWritten() throws {
        let folder = try WorkDirectory()
        let path = folder.file("missing/record.jsonl")
        let error = #expect(throws: ToolError.self) {
            try Simulator.start(.make { $0.recordFile = path })
        }
        #expect(error?.message == "cannot open '\(path)': no such file or directory")
    }

    @Test func aFileThatFillsUpIsReportedOnStop() throws {
        let simulator = try Simulator.start(.make { $0.recordFile = "/dev/full" })
        #expect(try simulator.client().logIn().errcode == 0)
        let error = #expect(throws: ToolError.self) { try simulator.stop() }
        #expect(error?.message == "cannot write '/dev/full': no space left on device")
    }

    @Test func concurrencyCountsRequestsThatOverlap() {
        func request(_ started: Int, _ ended: Int) -> RecordedRequest {
            RecordedRequest.make(started: .milliseconds(started), ended: .milliseconds(ended))
        }
        #expect([RecordedRequest]().peakConcurrency == 0)
        #expect([request(0, 5), request(5, 9), request(9, 9)].peakConcurrency == 1)
        #expect([request(0, 5), request(4, 9), request(4, 6), request(6, 7)].peakConcurrency == 3)
        #expect([request(0, 5), request(3, 3)].peakConcurrency == 2)
    }
}

extension RecordedRequest {
    /// A request of which only the times matter.
    static func make(started: Duration, ended: Duration) -> RecordedRequest {
        RecordedRequest(
            host: 1, address: "127.1.0.1", client: "127.0.0.1", method: "POST", call: "certificate/update", query: "",
            body: [], started: started, ended: ended, status: 200, errcode: 0)
    }
}
