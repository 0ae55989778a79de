package import Platform

/// What a simulator is to be.
package struct SimulatorSettings: Sendable {
    /// Who can log in.
    package enum Credentials: Sendable {
        /// Each PBX has a pair of its own, derived from its number and the same in every run.
        case perHost
        /// All PBXs take the same pair.
        case shared(id: String, secret: String)
    }

    /// How many PBXs; from 1.
    package var hosts: Int
    /// TCP port of all PBXs; 0 picks one that is free on every address.
    package var port: UInt16 = 0
    /// Whether they speak TLS, all with one key of their own.
    package var usesTLS = false
    /// Who can log in; default a pair per PBX.
    package var credentials = Credentials.perHost
    /// Tokens that every PBX accepts without a login. They never expire and do not count for the cap.
    package var presetTokens: [String] = []
    /// How long a token of a login is good, by ``clock``; default 1800 s.
    package var tokenLifetime: Duration = .seconds(1800)
    /// The certificates each PBX starts with; default three server certificates and one trusted certificate, which
    /// refuses the fields that only a server certificate has.
    package var certificates: [SimulatedCertificate] = SimulatedCertificate.defaults
    /// How the issuing of certificates goes that a PBX applies for.
    package var issuing = Issuing()
    /// The most certificates that a page of `certificate/list` holds, whatever is asked for; default 100.
    package var largestPage = 100
    /// How long each answer takes at least; default no time.
    package var latency = Duration.zero
    /// Event loops, from 1; nil, the default, takes one per core.
    package var threads: Int?
    /// Whether every request stays in memory for ``Simulator/record``; default yes.
    package var keepsRecord = true
    /// Where to write every request as a JSON line, secrets masked; nil writes nothing.
    package var recordFile: String?
    /// The clock that tokens and the issuing of certificates live by.
    package var clock: any RunClock = SystemClock()

    /// - Parameter hosts: how many PBXs; from 1.
    package init(hosts: Int) {
        self.hosts = hosts
    }
}
