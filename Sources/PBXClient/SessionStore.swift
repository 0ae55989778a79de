import Platform
import FleetModel

/// The sessions of a run, one at most per host, and what was learned about credentials: shared by all workers.
///
/// Safe from any thread. That the rows of a host come one at a time is the caller's part.
package final class SessionStore: Sendable {
    /// Hosts under a lock of their own: workers that wait for one lock burn time that the requests need.
    private final class Shelf: Sendable {
        let hosts = Lock<[HostKey: HostAccess]>([:])
        let trails = Lock(SecretTrails())
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
        SecretMask(secrets + note(secrets, of: host)).clean(text)
    }

    /// Notes secrets that a host was given or gave, and returns those that are known of it.
    @discardableResult
    func note(_ secrets: [Secret], of host: HostKey) -> [Secret] {
        shelf(of: host).trails.withLock { $0.note(secrets, of: host) }
    }

    private func shelf(of host: HostKey) -> Shelf {
        shelves[Int(UInt(bitPattern: host.hashValue) % UInt(shelves.count))]
    }
}
