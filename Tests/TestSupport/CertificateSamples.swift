/// Files with certificates, good ones and those that are of no use to a PBX, made by openssl.
package struct CertificateSamples {
    /// The folder in which they are.
    package let folder: WorkDirectory

    /// Makes in the folder: `good.pem` (certificate for `pbx.example.com` and `*.voice.example.com`, and its key), `key.pem`
    /// (the key alone), `bare.pem` (the certificate alone), `chain.pem` (another certificate, the key, the certificate),
    /// `old.pem`, `other.pem` (the key of another), `locked.pem`, `broken.pem`, `empty.pem`, `huge.pem` (2 MiB), `good.p12`,
    /// `locked.p12`, `cert.der`, `noise.der`, and the folder `folder.pem`.
    package init(in folder: WorkDirectory) throws {
        self.folder = folder
        let shell = try ChildProcess.run("/bin/sh", ["-ec", Self.script], in: folder.path)
        precondition(shell.status == 0, "openssl made no certificates")
    }

    private static let script = """
        make() {
          openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $1.key -out $1.csr \
            -subj /CN=pbx.example.com -addext subjectAltName=DNS:pbx.example.com,DNS:*.voice.example.com
          openssl x509 -req -in $1.csr -signkey $1.key -copy_extensions copy -days $2 -out $1.crt
        }
        umask 077
        make a 90; make b 90; make c -1
        cat a.crt a.key > good.pem; cp a.key key.pem; cp a.crt bare.pem; cat b.crt a.key a.crt > chain.pem
        cat c.crt c.key > old.pem; cat a.crt b.key > other.pem
        (cat a.crt; openssl pkey -in a.key -aes256 -passout pass:x) > locked.pem
        (echo -----BEGIN CERTIFICATE-----; echo '***'; echo -----END CERTIFICATE-----) > broken.pem
        : > empty.pem; head -c 2097152 /dev/zero > huge.pem; mkdir folder.pem
        openssl pkcs12 -export -in a.crt -inkey a.key -out good.p12 -passout pass:
        openssl pkcs12 -export -in a.crt -inkey a.key -out locked.p12 -passout pass:x
        openssl x509 -in a.crt -outform der -out cert.der; head -c 900 cert.der | tail -c +40 > noise.der
        """
}
