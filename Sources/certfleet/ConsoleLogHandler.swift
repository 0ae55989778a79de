import Platform
import JSONText
import FleetModel
import Logging

/// Writes log lines to standard error: `certfleet: warning: …`, or one JSON object a line.
struct ConsoleLogHandler: LogHandler {
    let isJSON: Bool
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        Console.log(isJSON ? json(event) : text(event))
    }

    private func text(_ event: LogEvent) -> String {
        let label = event.level >= .warning ? "\(event.level): " : ""
        return "certfleet: \(label)\(event.message)"
    }

    private func json(_ event: LogEvent) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("time", SystemClock().wallTime().description)
        writer.member("level", event.level.rawValue)
        writer.member("message", event.message.description)
        for (key, value) in event.metadata ?? [:] { writer.member(key, value.description) }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
