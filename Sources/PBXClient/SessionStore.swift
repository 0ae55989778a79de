import Platform
import FleetModel

/// The sessions of a run, one at most per host, and what was learned about credentials: shared by all workers.
///
/// Safe from any thread. That the rows of a host come one at a time is the caller's part.
package final class SessionStore: Sendable {
    /// Hosts under a lock of their own: workers that wait for one lock burn time that the requests need.
    private final class Shelf: Sendable {
        let hosts = Lock<[HostKey: HostAccess]>([:])
        let redactors = Lock(Redactors())
    }

    private let shelves = (0..<64).map { _ in Shelf() }

    /// Nothing is known of any host yet.
    package init() {}

    /// Looks at or changes what is known of a host; hosts of which nothing is known take no memory.
    func withAccess<Result: Sendable>(to host: HostKey, _ body: @Sendable (inout HostAccess) -> Result) -> Result {
        shelf(of: host).hosts.withLock { hosts in
            var access = hosts[host] ?? HostAccess()
            let wasEmpty = access.isEmpty
            let result = body(&access)
            if !access.isEmpty {
                hosts[host] = access
            } else if !wasEmpty {
                hosts[host] = nil
            }
            return result
        }
    }

    /// Makes a text from a host fit to be shown: without these secrets, nor those that it was given or gave before.
    func clean(_ text: String, from host: HostKey, without secrets: [Secret]) -> String {
        note(secrets, of: host).redact(text, alsoWithout: secrets)
    }

    /// Notes secrets that a host was given or gave, and returns what knows all of it.
    @discardableResult
    func note(_ secrets: [Secret], of host: HostKey) -> Redactor {
        shelf(of: host).redactors.withLock { $0.note(secrets, of: host) }
    }

    private func shelf(of host: HostKey) -> Shelf {
        shelves[Int(UInt(bitPattern: host.hashValue) % UInt(shelves.count))]
    }
}

/// The redactors of some hosts, the last ones that are new, so that a large fleet takes no more memory than a small one.
struct Redactors {
    private static let mostHosts = 64

    private var byHost: [HostKey: Redactor] = [:]
    /// The hosts in the order in which they came, as a ring.
    private var hosts: [HostKey] = []
    private var oldest = 0

    /// Notes secrets of a host.
    mutating func note(_ secrets: [Secret], of host: HostKey) -> Redactor {
        var redactor = Redactor()
        if let known = byHost[host] { redactor = known } else { makeRoom(for: host) }
        redactor.note(secrets)
        byHost[host] = redactor
        return redactor
    }

    private mutating func makeRoom(for host: HostKey) {
        guard hosts.count == Self.mostHosts else { return hosts.append(host) }
        byHost[hosts[oldest]] = nil
        hosts[oldest] = host
        oldest = (oldest + 1) % Self.mostHosts
    }
}
