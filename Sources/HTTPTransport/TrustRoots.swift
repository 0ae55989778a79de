import Platform
import CLibCurl
import Glibc

/// Where OpenSSL finds the authorities to trust.
///
/// The system's are looked up in its folder of hashed names: a connection then reads the one certificate it needs, where
/// the bundle is some 140 certificates that every worker would parse and keep. A system without such a folder, or with
/// one that holds nothing but the bundle, gets the bundle.
struct TrustRoots: Equatable {
    /// PEM file; nil when the folder serves.
    let file: String?
    /// Folder of certificates under their hashed names; nil when the file serves.
    let directory: String?

    private init(file: String?, directory: String?) {
        self.file = file
        self.directory = directory
    }

    /// The authorities of a PEM file.
    static func file(_ path: String) -> TrustRoots { TrustRoots(file: path, directory: nil) }

    /// The system's authorities, where libcurl was built to look for them.
    static var system: TrustRoots {
        let library = certfleet_library()?.pointee
        let bundle = library?.cainfo.map { String(cString: $0) }
        return library?.capath.flatMap { folder(String(cString: $0)) } ?? TrustRoots(file: bundle, directory: nil)
    }

    /// The authorities of a folder; nil when none in it has a name like `002c0b4f.0`.
    static func folder(_ path: String) -> TrustRoots? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if isHashedName(name) { return TrustRoots(file: nil, directory: path) }
        }
        return nil
    }

    private static func isHashedName(_ name: [UInt8]) -> Bool {
        name.count == 10 && name[8] == UInt8(ascii: ".") && name[9] == UInt8(ascii: "0")
            && name.prefix(8).allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
    }
}
