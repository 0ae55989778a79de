import Platform
import Glibc

/// Cuts a text into records on a thread of its own, so that judging them costs no time on top of it.
///
/// Records are handed over in batches, in a ring that both sides walk round: memory stays the same however far one side
/// is ahead.
final class RecordPipeline: @unchecked Sendable {
    // Safe because a batch is touched by the one side that took it off its semaphore, and the rest is set before the
    // thread starts or read after it has ended.
    private let batches = (0..<4).map { _ in RecordBatch() }
    private let vacant = Semaphore(4)
    private let filled = Semaphore(0)
    private let text: TextReader
    private let delimiter: UInt8
    private let start: TextPlace
    private var outcome = Result<TextEnd, ToolError>.success(TextEnd())

    /// - Parameters:
    ///   - text: what to cut; it belongs to the pipeline from now on.
    ///   - delimiter: the byte between cells.
    ///   - start: where the records start.
    init(_ text: TextReader, delimiter: UInt8, _ start: TextPlace) {
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
                Unmanaged<RecordPipeline>.fromOpaque(context).takeRetainedValue().cut()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw .noThread(errno: code)
        }
        return thread
    }

    /// The other side: fills batches until the text ends.
    private func cut() {
        var turn = 0
        vacant.wait()
        var reader = CSVReader(delimiter: delimiter, start)
        do throws(ToolError) {
            let fault = try reader.read(text) { record, place in
                let batch = batches[turn % batches.count]
                batch.append(record, place)
                guard batch.isFull else { return }
                filled.signal()
                turn += 1
                vacant.wait()
                batches[turn % batches.count].removeAll()
            }
            outcome = .success(TextEnd(fault: fault, badEncodingLine: reader.place.badEncodingLine))
        } catch {
            outcome = .failure(error)
        }
        batches[turn % batches.count].isLast = true
        filled.signal()
    }
}
