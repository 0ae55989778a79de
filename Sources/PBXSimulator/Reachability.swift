/// Whether a connection to a PBX can be made at all.
package enum Reachability: Sendable {
    /// Connections are accepted.
    case open
    /// Nobody listens: a connection is refused at once.
    case refusing
    /// Attempts to connect get no answer at all, as behind a firewall that drops packets.
    case blackholed
}
