import Foundation
import Platform
import Testing

@testable import PBXSimulator

@Suite("Fleet")
struct FleetTests {
    @Test func twoHundredHostsAtOnce() throws {
        var settings = SimulatorSettings(hosts: 200)
        settings.threads = 2
        try Simulator.run(settings) { simulator throws in
            #expect(Set(simulator.hosts.map(\.baseURL)).count == 200)
            let threads = simulator.hosts.map { host in
                Thread { try? Self.workOn(host) }
            }
            for thread in threads { thread.start() }
            #expect(becomesTrue { threads.allSatisfy(\.isFinished) })
            let record = simulator.record
            for host in simulator.hosts {
                let own = record.on(host.number)
                #expect(own.map(\.endpoint) == [.getToken, .certificateUpdate, .delToken])
                #expect(own.allSatisfy { $0.errcode == 0 })
                #expect(own.peakConcurrency == 1)
                #expect(simulator.connections(on: host.number) == 3)
                #expect(simulator.tokenCount(on: host.number) == 0)
            }
            #expect(record.count == 600)
        }
    }

    private static func workOn(_ host: SimulatedHost) throws {
        let client = RawClient(host: host)
        guard let token = try client.logIn().token else { return }
        _ = try client.update(#"{"id":1,"auto_renewal":0}"#, token: token)
        _ = try client.logOut(token: token)
    }

    @Test func theConnectionIsClosedAfterTheFirstAnswer() throws {
        try Simulator.run { simulator throws in
            let request = "GET /openapi/v1.0/del_token HTTP/1.1\r\nHost: x\r\nUser-Agent: OpenAPI\r\n\r\n"
            let reply = try simulator.client().send(request + request)
            #expect(reply.text.components(separatedBy: "HTTP/1.1 200 OK").count == 2)
            #expect(reply.text.contains("\r\nConnection: close\r\n"))
            #expect(simulator.record.count == 1)
        }
    }

    @Test(arguments: ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"])
    func whatIsNoHTTPIsAnsweredAsByAWebServer(text: String) throws {
        try Simulator.run { simulator throws in
            #expect(try simulator.client().send(text).text.hasPrefix("HTTP/1.1 400 "))
            #expect(try simulator.client().logIn().errcode == 0)
        }
    }

    @Test func aBodyBeyondAllReasonIsDropped() throws {
        try Simulator.run { simulator throws in
            let reply = try simulator.client().post("get_token", String(repeating: " ", count: 3 << 20))
            #expect(reply.text.isEmpty)
            #expect(simulator.record.isEmpty)
        }
    }

    @Test(arguments: [0, -1, 16_581_121])
    func aNumberOfHostsThatIsNotPossible(hosts: Int) {
        let error = #expect(throws: ToolError.self) { try Simulator.start(.make(hosts: hosts)) }
        #expect(error?.message == "'\(hosts)' simulated hosts are not possible: it must be 1 to 16581120")
    }

    @Test func openFilesThatDoNotSuffice() throws {
        try Simulator.checkOpenFiles(for: 5000, limit: 5256)
        let error = #expect(throws: ToolError.self) { try Simulator.checkOpenFiles(for: 5000, limit: 5255) }
        #expect(error?.message == "the simulated hosts need 5256 open files, and the limit is 5255")
        #expect(error?.hint == "raise the limit (ulimit -Hn), or simulate fewer hosts")
    }

    @Test func aPortThatIsTaken() throws {
        try Simulator.run(.make(hosts: 3)) { simulator throws in
            let settings = SimulatorSettings.make(hosts: 5) { $0.port = simulator.hosts[0].port }
            let error = #expect(throws: ToolError.self) { try Simulator.start(settings) }
            #expect(
                error?.message
                    == "cannot listen on '127.1.0.1:\(simulator.hosts[0].port)': address already in use")
            #expect(error?.hint != nil)
        }
    }

    @Test func aPortCanBeUsedAgainAfterAStop() throws {
        let port = try Simulator.run { simulator throws in
            _ = try simulator.token()
            return simulator.hosts[0].port
        }
        try Simulator.run(.make { $0.port = port }) { simulator throws in
            #expect(simulator.hosts[0].port == port)
            #expect(try simulator.client().logIn().errcode == 0)
        }
    }

    @Test func credentialsAreTheSameInEveryRun() throws {
        let runs = try (1...2).map { _ in try Simulator.run(.make(hosts: 3)) { $0.hosts.map(\.clientSecret) } }
        #expect(runs[0] == runs[1])
        #expect(Set(runs[0]).count == 3)
    }
}

@Suite("Addresses")
struct AddressTests {
    @Test(arguments: [
        (1, "127.1.0.1"), (254, "127.1.0.254"), (255, "127.1.1.1"), (5000, "127.1.19.174"), (65_024, "127.1.255.254"),
        (65_025, "127.2.0.1"), (16_581_120, "127.255.255.254"),
    ])
    func addressOfANumber(number: Int, expected: String) {
        #expect(SimulatedHost.address(number) == expected)
    }

    @Test func theFirstThousandsAreAllDifferent() {
        let addresses = (1...70_000).map(SimulatedHost.address)
        #expect(Set(addresses).count == addresses.count)
    }
}
