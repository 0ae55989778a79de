import Foundation
import PBXSimulator
import Testing

/// Simulated PBXs that speak TLS, asked by curl.
@Suite struct TLSTests {
    private static func curl(_ arguments: String...) throws -> (status: Int32, output: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["curl", "-s", "-A", "OpenAPI", "-m", "60"] + arguments
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    @Test func aRightPinIsAnsweredAndAWrongOneGetsNothing() throws {
        var settings = SimulatorSettings(hosts: 2)
        settings.usesTLS = true
        settings.presetTokens = ["t"]
        let simulator = try Simulator.start(settings)
        defer { try? simulator.stop() }
        let pin = try #require(simulator.pin)
        for host in simulator.hosts {
            #expect(host.baseURL.hasPrefix("https://"))
            let url = "\(host.baseURL)/openapi/v1.0/certificate/list?access_token=t"
            for version in ["1.2", "1.3"] {
                let right = try Self.curl("-k", "--tls-max", version, "--pinnedpubkey", pin, url)
                #expect(right.status == 0 && right.output.contains("\"total_number\":4"), "\(right)")
            }
            let other = "sha256//" + String(repeating: "A", count: 43) + "="
            #expect(try Self.curl("-k", "--pinnedpubkey", other, url).status == 90)
            #expect(try Self.curl(url).status == 60)
            #expect(try Self.curl(url.replacing("https", with: "http")).status != 0)
        }
        #expect(simulator.record.count == 4)
    }

    @Test func aLargeRequestAndALargeAnswerComeWhole() throws {
        var settings = SimulatorSettings(hosts: 1)
        settings.usesTLS = true
        settings.presetTokens = ["t"]
        let simulator = try Simulator.start(settings)
        defer { try? simulator.stop() }
        let url = "\(simulator.hosts[0].baseURL)/openapi/v1.0/certificate/update?access_token=t"
        let body = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: body) }
        try Data("{\"id\":1,\"name\":\"\(String(repeating: "x", count: 900_000))\"}".utf8).write(to: body)
        #expect(try Self.curl("-k", "-d", "@\(body.path)", url).output.contains("\"errcode\":0"))
        let list = try Self.curl("-k", url.replacing("certificate/update", with: "certificate/list"))
        #expect(list.status == 0 && list.output.utf8.count > 900_000)
    }
}
