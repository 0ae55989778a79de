import ArgumentParser
import HTTPTransport
import Pacing

/// The flags that say how a PBX is reached and trusted.
struct TransportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Time to connect.", valueName: "duration"))
    var connectTimeout = DurationText(.seconds(10))

    @Option(help: ArgumentHelp("Time for a whole request.", valueName: "duration"))
    var timeout = DurationText(.seconds(30))

    @Option(help: ArgumentHelp("Authorities to trust instead of the system's, a PEM file.", valueName: "file"))
    var cacert: String?

    @Option(
        help: ArgumentHelp(
            "The key that every PBX must have, as sha256//BASE64; a row's tls_pin beats it.", valueName: "pin"))
    var pin: String?

    @Flag(help: "Trust any certificate; a pin is checked all the same.")
    var insecure = false

    mutating func validate() throws {
        for (flag, time) in [("connect-timeout", connectTimeout), ("timeout", timeout)] where time.duration <= .zero {
            throw ValidationError("--\(flag) must be longer than \(time)")
        }
    }

    var settings: TransportSettings {
        TransportSettings(
            connectTimeout: connectTimeout.duration, timeout: timeout.duration, caFile: cacert, pin: pin,
            isInsecure: insecure)
    }
}
