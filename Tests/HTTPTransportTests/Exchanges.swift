import HTTPTransport
import TestSupport

extension TransportSettings {
    /// Settings with limits that a test can wait for.
    static func make(
        connectTimeout: Duration = .seconds(5), timeout: Duration = .seconds(5), caFile: String? = nil,
        pin: String? = nil, isInsecure: Bool = false
    ) -> TransportSettings {
        TransportSettings(
            connectTimeout: connectTimeout, timeout: timeout, caFile: caFile, pin: pin, isInsecure: isInsecure)
    }
}

/// Makes one request with a transport of its own.
func exchange(
    _ url: String, _ method: HTTPRequest.Method = .get, settings: TransportSettings = .make()
) throws -> HTTPExchange.Ending {
    try HTTPTransport(settings).send(HTTPRequest(method, url: url)).ending
}

extension ScriptedServer {
    /// The server's URL with a scheme.
    func url(_ scheme: String = "http", _ path: String = "/") -> String { "\(scheme)://\(host):\(port)\(path)" }
}
