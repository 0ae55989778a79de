import JobModel
import Synchronization

/// The sessions of a run, one at most per host, and what was learned about credentials: shared by all workers.
///
/// Safe from any thread. That the rows of a host come one at a time is the caller's part.
package final class SessionStore: Sendable {
    private let hosts = Mutex<[HostKey: HostAccess]>([:])

    package init() {}

    /// Looks at or changes what is known of a host; hosts of which nothing is known take no memory.
    func withAccess<Result: Sendable>(to host: HostKey, _ body: @Sendable (inout HostAccess) -> Result) -> Result {
        hosts.withLock { hosts in
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
}
