import JobModel
import Testing

@Suite("A certificate edit")
struct CertificateEditTests {
    @Test("is empty when it sets no field")
    func noFields() {
        #expect(CertificateEdit(id: 5).isEmpty)
    }

    @Test(
        "is not empty as soon as one field is set, be it to nothing",
        arguments: [
            CertificateEdit(id: 5, name: ""), CertificateEdit(id: 5, issueTo: ""),
            CertificateEdit(id: 5, autoRenewal: false),
            CertificateEdit(id: 5, dnsProvider: ""), CertificateEdit(id: 5, authInfo: []),
        ])
    func oneField(edit: CertificateEdit) {
        #expect(!edit.isEmpty)
    }
}
