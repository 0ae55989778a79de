import Platform
import Glibc

/// Cuts a text into records on a thread of its own, so that judging them costs no time on top of it.
///
/// Records are handed over in batches, in a ring that both sides walk round: memory stays the same however far one side
/// is ahead.
final class CSVPipeline: @unchecked Sendable {
    // Safe because a batch is touched by the one side that took it off its semaphore, and the rest is set before the
    // thread starts or read after it has ended.
    private let batches = (0..<4).map { _ in RecordBatch() }
    private let vacant = Semaphore(4)
    private let filled = Semaphore(0)
    private let text: TextReader
    private let delimiter: UInt8
    private let start: TextPosition
    private var outcome = Result<TextEnd, ToolError>.success(TextEnd())

    /// - Parameters:
    ///   - text: what to cut; it belongs to the pipeline from now on.
    ///   - delimiter: the byte between cells.
    ///   - start: where the records start.
    init(_ text: TextReader, delimiter: UInt8, _ start: TextPosition) {
        self.text = text
        self.delimiter = delimiter
        self.start = start
    }

    /// Calls `body` with each record, in order, on the calling thread; records are borrowed for the call.
    ///
    /// - Returns: how the text ended.
    /// - Throws: ``ToolError`` when the input can no longer be read.
    func run(_ body: CSVReader.Body) throws(ToolError) -> TextEnd {
        let thread = try startCutting()
        for turn in 0... {
            filled.wait()
            let batch = batches[turn % batches.count]
            batch.forEach(body)
            let isLast = batch.isLast
            vacant.signal()
            if isLast { break }
        }
        pthread_join(thread, nil)
        return try outcome.get()
    }

    private func startCutting() throws(ToolError) -> pthread_t {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<CSVPipeline>.fromOpaque(context).takeRetainedValue().cut()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw ToolError(
                .broken, "no thread can be started: \(ToolError.systemText(code))",
                hint: "is a limit of processes reached?")
        }
        return thread
    }

    /// The other side: fills batches until the text ends.
    private func cut() {
        var turn = 0
        vacant.wait()
        var reader = CSVReader(delimiter: delimiter, start)
        do throws(ToolError) {
            let diagnostic = try reader.read(text) { record, span in
                let batch = batches[turn % batches.count]
                batch.append(record, span)
                guard batch.isFull else { return }
                filled.signal()
                turn += 1
                vacant.wait()
                batches[turn % batches.count].removeAll()
            }
            outcome = .success(TextEnd(diagnostic: diagnostic, badEncodingLine: reader.position.badEncodingLine))
        } catch {
            outcome = .failure(error)
        }
        batches[turn % batches.count].isLast = true
        filled.signal()
    }
}

/// Records that are handed over together.
private final class RecordBatch {
    /// Whether no other batch comes after this one.
    var isLast = false
    private var cells = CellBuffer(capacity: RecordBatch.size)
    private var spans: [(span: RecordSpan, cellEnd: Int)] = []
    private static let size = 1 << 16

    /// Whether what is in it is worth handing over.
    var isFull: Bool { cells.byteCount >= Self.size || cells.count >= Self.size / 4 }

    func append(_ record: Record, _ span: RecordSpan) {
        cells.append(record)
        spans.append((span, cells.count))
    }

    func removeAll() {
        cells.removeAll()
        spans.removeAll(keepingCapacity: true)
    }

    func forEach(_ body: CSVReader.Body) {
        var start = 0
        for (span, end) in spans {
            body(cells.record(start..<end), span)
            start = end
        }
    }
}

/// A counter that a thread waits on until it is above zero.
private final class Semaphore: Sendable {
    // Safe because POSIX semaphores are made for being used from several threads.
    nonisolated(unsafe) private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init(_ value: UInt32) {
        sem_init(semaphore, 0, value)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Takes one off, waiting until there is one to take.
    func wait() {
        while sem_wait(semaphore) != 0, errno == EINTR {}
    }

    /// Puts one on, which lets a waiting thread go on.
    func signal() { sem_post(semaphore) }
}
