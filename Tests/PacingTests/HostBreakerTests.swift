import FleetModel
import Testing

@testable import Pacing

@Suite("A host breaker")
struct HostBreakerTests {
    private static func row(_ errorClass: ErrorClass?) -> Outcome {
        Outcome(status: errorClass == nil ? .ok : .failed, errorClass: errorClass)
    }

    @Test(
        "gives up after rows in a row that did not reach the host",
        arguments: [
            (3, [.connect, .connect, .connect], 3), (3, [.timeout, .tls, .connect], 3),
            (3, [.connect, .tls, nil, .timeout, .connect], nil),
            (3, [.connect, .connect, .api, .connect, .connect], nil),
            (3, [.connect, .connect, nil, .tls, .tls, .tls], 6), (1, [.timeout], 1), (1, [nil, .api, .tls], 3),
            (2, [.connect, .protocol, .connect], nil), (2, [.connect, .auth, .connect, .connect], 4),
            (2, [.verify, .verify, .verify], nil), (5, [.tls, .tls, .tls, .tls], nil),
        ] as [(Int, [ErrorClass?], Int?)])
    func breaking(limit: Int, classes: [ErrorClass?], brokenAfter: Int?) {
        var breaker = HostBreaker(limit: limit)
        let firstBreak = classes.firstIndex { breaker.note(Self.row($0)) }
        #expect(firstBreak.map { $0 + 1 } == brokenAfter)
    }

    @Test("counts what could not connect, was not trusted or timed out, and nothing else")
    func classes() {
        let counting = ErrorClass.allCases.filter { errorClass in
            var breaker = HostBreaker(limit: 1)
            return breaker.note(Self.row(errorClass))
        }
        #expect(Set(counting) == [.connect, .tls, .timeout])
    }

    @Test("counts a row that is unknown because its answer did not come")
    func unknownRow() {
        var breaker = HostBreaker(limit: 1)
        let isBroken = breaker.note(Outcome(status: .unknown, errorClass: .timeout))
        #expect(isBroken)
    }

    @Test("goes on saying so while nothing changes, and bears three rows unless told otherwise")
    func afterBreaking() {
        var breaker = HostBreaker()
        let answers = (0..<5).map { _ in breaker.note(Self.row(.connect)) }
        #expect(answers == [false, false, true, true, true])
    }
}
