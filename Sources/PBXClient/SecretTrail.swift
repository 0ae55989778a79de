import Platform
import FleetModel

/// The secrets that a PBX was given or gave, the last ones: it may write any of them into any later answer.
struct SecretTrail {
    /// Shorter ones are left out, because they stand in too many texts that do not mean them.
    private static let shortest = 4
    private static let mostBytes = 16_384
    private static let mostSecrets = 128

    private(set) var secrets: [Secret] = []
    private var byteCount = 0

    /// Puts secrets at the end; those that were used longest ago make room.
    mutating func note(_ news: [Secret]) {
        for secret in news {
            let size = secret.reveal().utf8.count
            guard size >= Self.shortest, size <= Self.mostBytes / 2 else { continue }
            if let index = secrets.lastIndex(of: secret) {
                secrets.remove(at: index)
            } else {
                byteCount += size
            }
            secrets.append(secret)
        }
        while byteCount > Self.mostBytes || secrets.count > Self.mostSecrets {
            byteCount -= secrets.removeFirst().reveal().utf8.count
        }
    }
}

/// The trails of some hosts, the last ones that are new, so that a large fleet takes no more memory than a small one.
struct SecretTrails {
    private static let mostHosts = 64

    private var byHost: [HostKey: SecretTrail] = [:]
    /// The hosts in the order in which they came, as a ring.
    private var hosts: [HostKey] = []
    private var oldest = 0

    /// Notes secrets of a host, and returns all of its trail.
    mutating func note(_ secrets: [Secret], of host: HostKey) -> [Secret] {
        var trail = SecretTrail()
        if let known = byHost[host] { trail = known } else { makeRoom(for: host) }
        trail.note(secrets)
        byHost[host] = trail
        return trail.secrets
    }

    private mutating func makeRoom(for host: HostKey) {
        guard hosts.count == Self.mostHosts else { return hosts.append(host) }
        byHost[hosts[oldest]] = nil
        hosts[oldest] = host
        oldest = (oldest + 1) % Self.mostHosts
    }
}
