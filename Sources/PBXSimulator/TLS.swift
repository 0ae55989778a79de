import CLibCrypto
import NIOCore
import Platform

/// The key and the self-signed certificate that all PBXs of a simulator show, made for it.
///
/// OpenSSL rather than swift-nio-ssl: it is linked anyway, and the other one brings a TLS library of its own to build.
// Safe because OpenSSL shares a context between threads, and nothing here changes it.
final class TLSIdentity: @unchecked Sendable {
    fileprivate let context: OpaquePointer
    /// The key as a pin.
    let pin: String

    /// - Throws: ``ToolError`` when OpenSSL makes none.
    init() throws(ToolError) {
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw .noIdentity }
        self.context = context
        guard let key = Self.makeKey() else { throw .noIdentity }
        defer { EVP_PKEY_free(key) }
        guard let certificate = Self.makeCertificate(of: key) else { throw .noIdentity }
        defer { X509_free(certificate) }
        guard SSL_CTX_use_certificate(context, certificate) == 1, SSL_CTX_use_PrivateKey(context, key) == 1 else {
            throw .noIdentity
        }
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = i2d_PUBKEY(key, &encoded)
        pin = PublicKeyPin.text(of: Array(UnsafeBufferPointer(start: encoded, count: Int(length))))
        CRYPTO_free(encoded, #file, #line)
    }

    deinit {
        SSL_CTX_free(context)
    }

    private static func makeKey() -> OpaquePointer? {
        let generator = EVP_PKEY_CTX_new_from_name(nil, "EC", nil)
        defer { EVP_PKEY_CTX_free(generator) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(generator) == 1, EVP_PKEY_CTX_set_group_name(generator, "prime256v1") == 1,
            EVP_PKEY_generate(generator, &key) == 1
        else { return nil }
        return key
    }

    /// As a PBX's own: for no address that it has.
    private static func makeCertificate(of key: OpaquePointer) -> OpaquePointer? {
        guard let certificate = X509_new(), let name = X509_NAME_new() else { return nil }
        defer { X509_NAME_free(name) }
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1)
        X509_gmtime_adj(X509_getm_notBefore(certificate), -86_400)
        X509_gmtime_adj(X509_getm_notAfter(certificate), 365 * 86_400)
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, "Simulated PBX", -1, -1, 0)
        X509_set_subject_name(certificate, name)
        X509_set_issuer_name(certificate, name)
        X509_set_pubkey(certificate, key)
        guard X509_sign(certificate, key, EVP_sha256()) > 0 else {
            X509_free(certificate)
            return nil
        }
        return certificate
    }
}

/// Speaks TLS on one connection: what is behind it in the pipeline reads and writes plain bytes.
final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: OpaquePointer?
    // What came from the client, and what goes to it; the connection owns them.
    private let (incoming, outgoing) = (BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))

    /// As nginx answers.
    private static let answerToPlainHTTP = {
        let body = Array("The plain HTTP request was sent to HTTPS port\n".utf8)
        return Array(Answer(status: 400, body: body).head(length: body.count).utf8) + body
    }()

    init(_ identity: TLSIdentity) {
        connection = SSL_new(identity.context)
        SSL_set_bio(connection, incoming, outgoing)
        SSL_set_accept_state(connection)
    }

    deinit {
        SSL_free(connection)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        _ = unwrapInboundIn(data).withUnsafeReadableBytes { BIO_write(incoming, $0.baseAddress, Int32($0.count)) }
        var buffer = context.channel.allocator.buffer(capacity: 1 << 14)
        var result: Int32 = 0
        repeat {
            // Errors of other connections would be taken for this one's.
            ERR_clear_error()
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 1 << 14) { bytes in
                result = SSL_read(connection, bytes.baseAddress, Int32(bytes.count))
                return max(0, Int(result))
            }
        } while result > 0
        let error = SSL_get_error(connection, result)
        // The alert that tells the client why, if there is one.
        flushOutgoing(context: context)
        if buffer.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(buffer)) }
        guard error == SSL_ERROR_SSL else { return }
        if ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: Self.answerToPlainHTTP)), promise: nil)
        }
        context.close(promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        _ = unwrapOutboundIn(data).withUnsafeReadableBytes { SSL_write(connection, $0.baseAddress, Int32($0.count)) }
        context.write(wrapOutboundOut(takeOutgoing(context: context)), promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        SSL_shutdown(connection)
        flushOutgoing(context: context)
        context.close(mode: mode, promise: promise)
    }

    private func flushOutgoing(context: ChannelHandlerContext) {
        let bytes = takeOutgoing(context: context)
        if bytes.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }
    }

    private func takeOutgoing(context: ChannelHandlerContext) -> ByteBuffer {
        var buffer = context.channel.allocator.buffer(capacity: 1 << 12)
        while true {
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 1 << 12) { bytes in
                max(0, Int(BIO_read(outgoing, bytes.baseAddress, Int32(bytes.count))))
            }
            if count == 0 { return buffer }
        }
    }
}

extension ToolError {
    fileprivate static let noIdentity = ToolError(.broken, "OpenSSL makes no key for the simulated hosts")
}
