import Glibc

/// Has something done by a thread of its own, which nobody waits for.
///
/// Unlike a Dispatch queue, which waits for a thread as long as there is none, it says so at once.
///
/// - Parameters:
///   - stackSize: in bytes; nil for the system's choice, mostly 8 MiB.
///   - body: what the thread does.
/// - Throws: ``ToolError`` when this machine has no thread, or no memory for one.
package func startThread(stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void) throws(ToolError) {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    if let stackSize { pthread_attr_setstacksize(&attributes, stackSize) }
    let box = Unmanaged.passRetained(Box(body))
    var thread = pthread_t()
    let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
        return nil
    }
    let code = pthread_create(&thread, &attributes, run, box.toOpaque())
    guard code != 0 else { return }
    box.release()
    throw ToolError(
        .broken, "cannot start a thread: \(ToolError.systemText(code))",
        hint: "raise the limits on threads and memory (ulimit -u, ulimit -v)")
}
