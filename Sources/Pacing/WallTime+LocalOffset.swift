import Glibc
package import JobModel

extension WallTime {
    /// How far the machine's local time is ahead of UTC at this moment, by the time zone in `TZ` or of the system.
    package var localOffset: Duration {
        var seconds = time_t(milliseconds / 1000)
        var fields = tm()
        // Without this, localtime_r may go by a time zone that was never loaded.
        tzset()
        guard localtime_r(&seconds, &fields) != nil else { return .zero }
        return .seconds(fields.tm_gmtoff)
    }
}
