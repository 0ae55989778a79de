import Platform
import Testing

@Suite struct SHA256Tests {
    @Test(
        "digests are those of the standard's own examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func knownDigests(text: String, digest: String) {
        #expect(SHA256.digest(of: Array(text.utf8)).description == digest)
    }

    @Test("bytes that come in pieces have the digest of the whole", arguments: 1...9)
    func pieces(size: Int) {
        let bytes = Array("the quick brown fox".utf8)
        var hash = SHA256()
        for start in stride(from: 0, to: bytes.count, by: size) {
            hash.update(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        let digest = hash.finish()
        #expect(digest == SHA256.digest(of: bytes))
    }

    @Test func digestsThatDifferInTheLastBitsDiffer() {
        #expect(SHA256.digest(of: [1]) != SHA256.digest(of: [2]))
    }
}
