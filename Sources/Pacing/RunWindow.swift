/// The time in which requests may start so that none is in flight after the end.
///
/// `lastStart = end - timeout`. With an end at 600 s and a timeout of 30 s: at 0 s and at 570 s a request may start, at
/// 570.001 s it may not.
package struct RunWindow: Hashable, Sendable {
    /// The last moment at which a request may start; in the past when the window is shorter than the timeout.
    package let lastStart: Duration
    /// When nothing may be in flight any more.
    package let end: Duration

    /// - Parameters:
    ///   - end: when nothing may be in flight any more, by the clock that gives `now`.
    ///   - timeout: the longest that one request takes.
    package init(end: Duration, timeout: Duration) {
        self.end = end
        lastStart = end - timeout
    }

    /// Whether a request may start.
    package func mayStart(now: Duration) -> Bool { now <= lastStart }
}
