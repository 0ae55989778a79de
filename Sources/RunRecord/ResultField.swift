/// The names of what the result says about a row, in order; a CSV puts `result.` before each.
enum ResultField: String, CaseIterable {
    case row, line, status, errcode, errmsg
    case httpStatus = "http_status"
    case errorClass = "error_class"
    case error, attempts
    case startedAt = "started_at"
    case finishedAt = "finished_at"
    case durationMilliseconds = "duration_ms"
    case verified
}
