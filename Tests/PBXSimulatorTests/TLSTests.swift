import Foundation
import PBXSimulator
import TestSupport
import Testing

/// Simulated PBXs that speak TLS, asked by Python. Whether the pin is right is seen by those who compare it.
@Suite struct TLSTests {
    private let simulator: Simulator

    init() throws {
        var settings = SimulatorSettings(hosts: 2)
        settings.usesTLS = true
        settings.presetTokens = ["t"]
        simulator = try Simulator.start(settings)
    }

    /// Asks for what stands behind a path, and with a body of so many letters in it when there are any.
    ///
    /// - Parameter trust: the lines that make Python's `context`.
    private func ask(_ url: String, _ call: String, letters: Int = 0, _ trust: String = unchecked) throws -> String {
        let script = """
            import ssl, urllib.request
            \(trust)
            body = b'{"id":1,"name":"' + b'x' * \(letters) + b'"}' if \(letters) else None
            request = urllib.request.Request('\(url)/openapi/v1.0/\(call)?access_token=t', body)
            try: print(urllib.request.urlopen(request, context=context, timeout=60).read().decode())
            except OSError as error: print(error)
            """
        return try ChildProcess.run("/usr/bin/env", ["python3", "-c", script]).text
    }

    private static let unchecked = "context = ssl._create_unverified_context()"

    @Test(arguments: ["TLSv1_2", "TLSv1_3"])
    func eachSpeaksEveryVersionWithACertificateOfItsOwnMaking(version: String) throws {
        defer { try? simulator.stop() }
        #expect(simulator.pin?.count == 52)
        for host in simulator.hosts {
            #expect(host.baseURL.hasPrefix("https://"))
            let only = "context.minimum_version = context.maximum_version = ssl.TLSVersion.\(version)"
            let answer = try ask(host.baseURL, "certificate/list", "\(Self.unchecked)\n\(only)")
            #expect(answer.contains("\"total_number\":4"), "\(answer)")
        }
        let url = simulator.hosts[0].baseURL
        let refused = try ask(url, "certificate/list", "context = ssl.create_default_context()")
        #expect(refused.contains("CERTIFICATE_VERIFY_FAILED"), "\(refused)")
        let plain = try ask(url.replacing("https", with: "http"), "certificate/list", "context = None")
        #expect(!plain.contains("total_number"), "\(plain)")
        #expect(simulator.record.count == 2)
    }

    @Test func aLargeRequestAndALargeAnswerComeWhole() throws {
        defer { try? simulator.stop() }
        let url = simulator.hosts[0].baseURL
        #expect(try ask(url, "certificate/update", letters: 900_000).contains("\"errcode\":0"))
        #expect(try ask(url, "certificate/list").utf8.count > 900_000)
    }
}
