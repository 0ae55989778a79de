import FleetModel
import Glibc
import Platform
import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Files that are sent to PBXs")
struct CertificateFilesTests {
    private let samples: CertificateSamples

    init() throws { samples = try CertificateSamples(in: WorkDirectory()) }

    private func read(_ text: String) throws -> (catalog: RowCatalog, texts: [String]) {
        let input = try InputFile.open(try samples.folder.write("fleet.csv", text), kept: true)
        var texts: [String] = []
        let catalog = try RowCatalog.read(input, settings: InputSettings()) { texts.append($0.text(file: "fleet")) }
        return (catalog, texts)
    }

    @Test("A file that is of no use to a PBX makes its row invalid, and says why")
    func useless() throws {
        let clauses = [
            "none.pem": "is no file that exists", "folder.pem": "is no regular file", "empty.pem": "is empty",
            "huge.pem": "is larger than 1 MiB", "key.pem": "holds no certificate",
            "old.pem": "holds a certificate that expired on",
            "other.pem": "holds a private key that is not that of its certificate",
            "locked.pem": "holds a private key with a password, which no PBX can be told",
            "locked.p12": "is PKCS#12 that does not open without a password, which no PBX can be told",
            "broken.pem": "holds a block of PEM that cannot be read", "cert.der": "is neither PEM nor PKCS#12",
            "noise.der": "is neither PEM nor PKCS#12",
        ]
        for (file, clause) in clauses {
            let (catalog, texts) = try read("host,id,access_token,cert_file\na,1,t,\(file)\n")
            #expect(texts.count == 1 && texts[0].contains("'cert_file': the file '\(file)' \(clause)"), "\(texts)")
            #expect(catalog.invalidRowCount == 1)
        }
        // Nothing of it is left for a connection to stumble over.
        #expect(try CertificateFiles(in: samples.folder.path).file("good.pem").file.holdsKey)
    }

    @Test(
        "What is inside decides, and the certificate may stand behind others",
        arguments: ["good.pem", "good.p12", "chain.pem"])
    func useful(name: String) throws {
        let found = try CertificateFiles(in: samples.folder.path).file(name)
        #expect(found.file.holdsKey && !found.isExposed && found.file.name == name)
        let daysLeft = (found.file.end - SystemClock().wallTime()) / .seconds(86_400)
        #expect((89...90).contains(daysLeft))
        #expect(found.covers("PBX.example.com") && found.covers("*.voice.example.com"))
        #expect(!found.covers("voice.example.com") && !found.covers("other.example.com"))
    }

    @Test("A server certificate needs a key, where the row tells that it is one")
    func missingKey() throws {
        #expect(try read("host,id,access_token,cert_file\na,1,t,bare.pem\n").texts == [])
        for (column, value) in [("auto_renewal", "0"), ("dns_provider", "alidns"), ("auth.APIKey", "k")] {
            let texts = try read("host,id,access_token,cert_file,\(column)\na,1,t,bare.pem,\(value)\n").texts
            #expect(texts.count == 1 && texts[0].contains("holds no private key"), "\(texts)")
        }
        #expect(try read("host,match,access_token,cert_file\na,only,t,bare.pem\n").texts.count == 1)
    }

    @Test("A key is a secret however its file and whoever repeats it writes it")
    func keyForms() throws {
        let files = CertificateFiles(in: samples.folder.path)
        let text = try samples.folder.read("good.pem")
        let lines = Set(
            text.split(separator: "\n").drop { !$0.contains("PRIVATE KEY") }.dropFirst()
                .prefix { !$0.contains("-----") }.filter { $0.utf8.count >= 8 }.map(String.init))
        #expect(lines.count > 1)
        try samples.folder.write("marked.pem", "\u{FEFF}" + text.replacing("\n", with: " \t\r\n"))
        for name in ["good.pem", "good.p12", "marked.pem"] {
            let secrets = Set(try files.file(name).file.secrets.map { $0.reveal() })
            #expect(secrets.isSuperset(of: lines), "\(name)")
        }
    }

    @Test("Rows of a host get files of one name apart, and what was read stays as it was")
    func names() throws {
        let folder = samples.folder
        #expect(mkdir(folder.file("b"), 0o700) == 0)
        #expect(rename(folder.file("chain.pem"), folder.file("b/good.pem")) == 0)
        let catalog = try read(
            "host,id,access_token,cert_file\na,1,t,good.pem\na,2,t,b/good.pem\na,3,t,good.pem\nb,1,t,b/good.pem\n"
        ).catalog
        try folder.write("good.pem", "gone")
        let files = try (0..<4).map { try #require(try catalog.job(row: $0).edit.file) }
        let digest = files[1].digest.description.prefix(8)
        #expect(files.map(\.name) == ["good.pem", "good-\(digest).pem", "good.pem", "good.pem"])
        #expect(files[0].digest == files[2].digest && files[1].digest == files[3].digest)
        #expect(catalog.hasFiles)
    }

    @Test("A private key that others can read is told once; no line of it is ever shown")
    func exposure() throws {
        #expect(
            chmod(samples.folder.file("good.pem"), 0o644) == 0 && chmod(samples.folder.file("bare.pem"), 0o644) == 0)
        let rows = "a,1,t,good.pem\nb,1,t,good.pem\nc,1,t,bare.pem\n"
        let texts = try read("host,id,access_token,cert_file\n" + rows).texts
        #expect(texts.count == 1 && texts[0].contains("'good.pem' can be read by others"), "\(texts)")
        let file = try CertificateFiles(in: samples.folder.path).file("good.pem").file
        let lines = file.secrets.map { $0.reveal() }
        #expect(lines.count { String(decoding: file.reveal(), as: UTF8.self).contains($0) } >= 2)
        var dumped = ""
        dump(file, to: &dumped)
        #expect("\(file)" == "good.pem" && !lines.contains { dumped.contains($0) })
    }

    @Test("All of them have a limit")
    func limits() throws {
        let files = CertificateFiles(in: samples.folder.path, limit: 2500)
        _ = try files.file("good.pem")
        _ = try files.file("good.pem")
        #expect(throws: Diagnostic.self) {
            for _ in 0..<9 { _ = try files.file("chain.pem"); _ = try files.file("bare.pem") }
        }
    }

    @Test("What is no regular file is not waited for, and a link to one is followed", .timeLimit(.minutes(1)))
    func kinds() throws {
        let folder = samples.folder
        #expect(mkfifo(folder.file("pipe.pem"), 0o600) == 0)
        #expect(symlink("good.pem", folder.file("link.pem")) == 0 && symlink("pipe.pem", folder.file("pipes.pem")) == 0)
        for file in ["pipe.pem", "pipes.pem", "/dev/null"] {
            let texts = try read("host,id,access_token,cert_file\na,1,t,\(file)\n").texts
            #expect(texts.count == 1 && texts[0].contains("the file '\(file)' is no regular file"), "\(texts)")
        }
        #expect(try CertificateFiles(in: folder.path).file("link.pem").file.name == "link.pem")
    }

    @Test("Whatever bytes a file has, it is refused in words or can be sent")
    func fuzz() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let sources = try ["good.pem", "chain.pem", "locked.pem", "good.p12", "cert.der"].map { name in
            try SecretFile.bytes(name, in: samples.folder.path, patience: nil).bytes
        }
        var sent = 0
        for round in 0..<1500 {
            var content = sources[round % sources.count]
            for _ in 0...Int.random(in: 0...3, using: &generator) where !content.isEmpty {
                let place = Int.random(in: 0..<content.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: content[place] = UInt8.random(in: .min ... .max, using: &generator)
                case 1: content.removeSubrange(place...)
                case 2: content.remove(at: place)
                default: content.insert(contentsOf: content[place...].prefix(40), at: place)
                }
            }
            do throws(SecretFile.Failure) {
                sent += try CertificateBundle(content).certificate.isEmpty ? 0 : 1
            } catch {
                #expect(!error.clause.isEmpty, "seed \(seed)")
            }
        }
        #expect(sent > 0 && sent < 1500, "seed \(seed)")
        #expect(try CertificateFiles(in: samples.folder.path).file("good.pem").file.holdsKey, "seed \(seed)")
    }
}
