import CLibCurl
import Glibc

/// Where OpenSSL finds the authorities to trust.
///
/// The system's are looked up in its folder of hashed names: a connection then reads the one certificate it needs, where
/// the bundle is some 140 certificates that every worker would parse and keep. A system without such a folder, or with
/// one that holds nothing but the bundle, gets the bundle.
struct TrustRoots {
    /// PEM file; nil when the folder serves.
    let file: String?
    /// Folder of certificates under their hashed names; nil when the file serves.
    let directory: String?

    init(_ settings: TransportSettings) {
        let library = certfleet_library()?.pointee
        let systemDirectory = library?.capath.map { String(cString: $0) }
        if let caFile = settings.caFile {
            (file, directory) = (caFile, nil)
        } else if let systemDirectory, Self.holdsHashedNames(systemDirectory) {
            (file, directory) = (nil, systemDirectory)
        } else {
            (file, directory) = (library?.cainfo.map { String(cString: $0) }, nil)
        }
    }

    /// Whether a folder holds a name like `002c0b4f.0`.
    private static func holdsHashedNames(_ path: String) -> Bool {
        guard let directory = opendir(path) else { return false }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if isHashedName(name) { return true }
        }
        return false
    }

    private static func isHashedName(_ name: [UInt8]) -> Bool {
        name.count == 10 && name[8] == UInt8(ascii: ".") && name[9] == UInt8(ascii: "0")
            && name.prefix(8).allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
    }
}
