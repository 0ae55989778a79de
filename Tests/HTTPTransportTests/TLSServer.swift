import Foundation
import Glibc
import TestSupport

/// nginx with a certificate made for it, on a loopback port of its own; answers `secure` to every request.
final class TLSServer {
    /// Apart from the address where other tests get free ports.
    static let host = "127.0.0.2"

    let port: UInt16
    /// The server's public key as a pin.
    let pin: String
    /// The certificate, which is its own authority.
    var certificateFile: String { folder.file("cert.pem") }
    var url: String { "https://\(Self.host):\(port)/" }

    private let folder: WorkDirectory
    private let process = Process()

    /// Makes key and certificate, starts nginx, and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - name: the name that the certificate is for, as OpenSSL writes it.
    ///   - days: for how long the certificate holds; below 0 it has expired.
    init(name: String = "IP:127.0.0.2", days: Int = 2) throws {
        folder = try WorkDirectory()
        let shell = """
            openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out request.pem \
              -subj /CN=pbx -addext subjectAltName=\(name)
            openssl x509 -req -in request.pem -signkey key.pem -copy_extensions copy -days \(days) -out cert.pem
            openssl pkey -in key.pem -pubout -outform der | openssl dgst -sha256 -binary | base64
            """
        pin = "sha256//" + (try Self.output(of: shell, in: folder.path))
        port = try Self.freePort()
        try folder.write("nginx.conf", Self.configuration(port: port, folder: folder.path))
        process.executableURL = URL(fileURLWithPath: "/usr/sbin/nginx")
        process.arguments = ["-c", folder.file("nginx.conf"), "-e", folder.file("error.log")]
        try process.run()
        while !LoopbackSocket.accepts(host: Self.host, port: port), process.isRunning { usleep(10_000) }
    }

    deinit {
        // The test's threads block the signals that end a process politely, and their children inherit that.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static func configuration(port: UInt16, folder: String) -> String {
        """
        daemon off; master_process off; pid \(folder)/nginx.pid;
        events { worker_connections 64; }
        http {
          access_log off; keepalive_timeout 0;
          client_body_temp_path \(folder)/a; proxy_temp_path \(folder)/b; fastcgi_temp_path \(folder)/c;
          uwsgi_temp_path \(folder)/d; scgi_temp_path \(folder)/e;
          server {
            listen \(host):\(port) ssl;
            ssl_certificate \(folder)/cert.pem; ssl_certificate_key \(folder)/key.pem;
            location / { return 200 "secure"; }
          }
        }
        """
    }

    private static func freePort() throws -> UInt16 {
        let listener = try LoopbackSocket.listening(host: host, backlog: 1)
        defer { LoopbackSocket.close(listener) }
        return LoopbackSocket.port(of: listener)
    }

    private static func output(of shell: String, in folder: String) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-ec", shell]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
