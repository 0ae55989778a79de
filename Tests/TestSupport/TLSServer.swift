import Foundation
import Glibc
import Platform

/// nginx with a certificate made for it, on a loopback port of its own; answers `secure` to every request, or hands it on,
/// or says whether the TLS session was resumed.
package final class TLSServer {
    /// Apart from the address where other tests get free ports.
    package static let host = "127.0.0.2"

    /// How the server lets TLS sessions be resumed.
    package enum Resumption: String, Sendable, CaseIterable {
        case never, byID, byTicket
    }

    package let port: UInt16
    /// The server's first public key as a pin.
    package let pin: String
    /// The server's first certificate, which is its own authority.
    package var certificateFile: String { folder.file("first/cert.pem") }
    /// With a final slash.
    package var url: String { "https://\(Self.host):\(port)/" }

    private let folder: WorkDirectory
    private let process: ChildProcess

    /// Makes key and certificate, starts nginx, and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - name: the name that the certificate is for, as OpenSSL writes it.
    ///   - days: for how long the certificate holds; below 0 it has expired.
    ///   - upstream: the URL of the server that answers behind it, without a path; nil for none.
    ///   - resumption: how TLS sessions may be resumed; the answer is then `r` when one was, and `.` when not.
    ///   - version: of TLS, as nginx writes it; nil for its own choice.
    /// - Throws: when there is no folder, no free port, or no nginx to start.
    package init(
        name: String = "IP:127.0.0.2", days: Int = 2, upstream: String? = nil, resumption: Resumption = .never,
        version: String? = nil
    ) throws {
        folder = try WorkDirectory()
        let keys = ["first", "second"].map { Self.key(in: $0, name: name, days: days) }.joined(separator: "\n")
        let shell = """
            \(keys)
            ln -s first now; ln -s second next
            openssl pkey -in first/key.pem -pubout -outform der | openssl dgst -sha256 -binary | base64
            """
        let made = try ChildProcess.run("/bin/sh", ["-ec", shell], in: folder.path)
        pin = "sha256//" + made.text.trimmingCharacters(in: .whitespacesAndNewlines)
        port = try Self.freePort()
        let text = resumption == .never ? "secure" : "$ssl_session_reused"
        let answer = upstream.map { "proxy_pass \($0);" } ?? "return 200 \"\(text)\";"
        let sessions = resumption.configuration + (version.map { " ssl_protocols \($0);" } ?? "")
        try folder.write(
            "nginx.conf", Self.configuration(port: port, folder: folder.path, answer: answer, sessions: sessions))
        process = try ChildProcess(
            "/usr/sbin/nginx", ["-c", folder.file("nginx.conf"), "-e", folder.file("error.log")])
        while !LoopbackSocket.accepts(host: Self.host, port: port), process.isRunning { usleep(10_000) }
    }

    deinit {
        // The test's threads block the signals that end a process politely, and their children inherit that.
        process.send(SIGKILL)
        process.wait()
    }

    /// Shows another key and certificate from the next connection on.
    package func changeKey() {
        rename(folder.file("next"), folder.file("now"))
    }

    /// The commands that make a folder with a key and its certificate.
    private static func key(in folder: String, name: String, days: Int) -> String {
        """
        mkdir \(folder)
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(folder)/key.pem \
          -out request.pem -subj /CN=pbx -addext subjectAltName=\(name)
        openssl x509 -req -in request.pem -signkey \(folder)/key.pem -copy_extensions copy -days \(days) \
          -out \(folder)/cert.pem
        """
    }

    /// A certificate whose path holds a variable is read for every handshake; a session that is resumed has none.
    private static func configuration(port: UInt16, folder: String, answer: String, sessions: String) -> String {
        """
        daemon off; master_process off; pid \(folder)/nginx.pid;
        events { worker_connections 64; }
        http {
          access_log off; keepalive_timeout 0;
          client_body_temp_path \(folder)/a; proxy_temp_path \(folder)/b; fastcgi_temp_path \(folder)/c;
          uwsgi_temp_path \(folder)/d; scgi_temp_path \(folder)/e;
          map $ssl_server_name $key_folder { default \(folder)/now; }
          server {
            listen \(host):\(port) ssl;
            ssl_certificate $key_folder/cert.pem; ssl_certificate_key $key_folder/key.pem;
            \(sessions)
            location / { \(answer) }
          }
        }
        """
    }

    private static func freePort() throws -> UInt16 {
        try LoopbackSocket.listening(on: host, backlog: 1).port
    }
}

extension TLSServer.Resumption {
    fileprivate var configuration: String {
        switch self {
        case .never: "ssl_session_cache off; ssl_session_tickets off;"
        case .byID: "ssl_session_cache shared:sessions:1m; ssl_session_tickets off;"
        case .byTicket: "ssl_session_cache off; ssl_session_tickets on;"
        }
    }
}
