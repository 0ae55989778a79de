import Platform
import RunRecord

// The bars are SVG that fills its place; what is written beside them is text of the page, so that it keeps its size.

/// Rows by when they came to their end, those that are not good in a color of their own.
struct TimelineChart {
    private let start: WallTime
    private let width: Int64
    private let slices: [Timeline.Slice]

    init(_ timeline: Timeline) {
        (start, width, slices) = timeline.evenly(atMost: 96)
    }

    var html: HTML {
        let most = slices.map { $0.good + $0.bad }.max() ?? 0
        guard most > 0 else { return "<p class=\"note\">No row came to its end.</p>" }
        let bars: [HTML] = slices.enumerated().map { index, slice in bar(index, slice, most) }
        return """
            <svg class="chart" viewBox="0 0 \(plain: max(24, slices.count) * 10) 100" preserveAspectRatio="none" role="img" \
            aria-label="Rows over time">\(bars)</svg>
            <div class="axis"><span>\(clock(0))</span><span>\(slices.count < 2 ? "" : clock(slices.count / 2))</span><span>\(clock(slices.count))</span></div>
            <p class="note">A bar is \(DurationWords.of(milliseconds: Double(width))); the highest is \(grouped(most)) rows. \
            <span class="key good">ok</span> <span class="key bad">not ok</span></p>
            """
    }

    private func bar(_ index: Int, _ slice: Timeline.Slice, _ most: Int) -> HTML {
        let (good, bad) = (100 * slice.good / most, Bars.height(slice.bad, of: most))
        let height = max(good, slice.good > 0 ? 1 : 0)
        guard slice.good + slice.bad > 0 else { return "" }
        let label = "\(clock(index)): \(grouped(slice.good)) ok, \(grouped(slice.bad)) not ok"
        return """
            <g><title>\(label)</title>\
            <rect class="good" x="\(plain: index * 10)" y="\(plain: 100 - height)" width="8" height="\(plain: height)"/>\
            <rect class="bad" x="\(plain: index * 10)" y="\(plain: max(0, 100 - height - bad))" width="8" height="\(plain: bad)"/></g>
            """
    }

    /// When a slice begins: with the date when all of them are longer than a day, to what tells them apart when they are
    /// short.
    private func clock(_ index: Int) -> String {
        let time = WallTime(milliseconds: start.milliseconds + Int64(index) * width)
        let (date, clock) = (time.localText().prefix(10), time.localText().dropFirst(11).prefix(8))
        let length = Int64(slices.count) * width
        if length > 86_400_000 { return "\(date.dropFirst(5)) \(clock.prefix(5))" }
        guard length < 20_000 else { return String(clock) }
        let milliseconds = String(1000 + time.milliseconds % 1000).dropFirst()
        return "\(clock).\(milliseconds.prefix(length < 2000 ? 3 : 1))"
    }
}

/// Requests by how long they took, and the percentiles.
struct LatencyChart {
    private let latency: LatencySummary?

    init(_ latency: LatencySummary?) {
        self.latency = latency
    }

    var html: HTML {
        guard let latency else {
            return "<p class=\"note\">The run does not say: it made no request, or has not ended.</p>"
        }
        let figures: [HTML] = [
            ("half within", latency.p50), ("95 % within", latency.p95), ("99 % within", latency.p99),
            ("longest", latency.max),
        ].map { name, time in
            "<li><b>\(DurationWords.of(milliseconds: time / .milliseconds(1)))</b> <span>\(name)</span></li>"
        }
        return "\(bars(latency.buckets))<ul class=\"counts four\">\(figures)</ul>"
    }

    private func bars(_ buckets: LatencyBuckets) -> HTML {
        let filled = buckets.counts.indices.filter { buckets.counts[$0] > 0 }
        guard let first = filled.first, let last = filled.last, let most = buckets.counts.max() else { return "" }
        let bounds = LatencyBuckets.bounds
        let range = max(0, first - 1)...min(bounds.count - 1, max(last, first + 5))
        let bars: [HTML] = range.map { index in
            let height = Bars.height(buckets.counts[index], of: most)
            let from = index == 0 ? 0 : bounds[index - 1]
            let label = "\(DurationWords.of(milliseconds: from)) to \(DurationWords.of(milliseconds: bounds[index])): "
            return """
                <g><title>\(label + grouped(buckets.counts[index]))</title><rect class="plain" \
                x="\(plain: (index - range.lowerBound) * 10)" y="\(plain: 100 - height)" width="8" height="\(plain: height)"/></g>
                """
        }
        let middle = (range.lowerBound + range.upperBound) / 2
        let ends = [range.lowerBound, middle, range.upperBound].map { DurationWords.of(milliseconds: bounds[$0]) }
        return """
            <svg class="chart low" viewBox="0 0 \(plain: range.count * 10) 100" preserveAspectRatio="none" role="img" \
            aria-label="Requests by how long they took">\(bars)</svg>
            <div class="axis"><span>\(ends[0])</span><span>\(ends[1])</span><span>\(ends[2])</span></div>
            """
    }
}

private enum Bars {
    /// Height of 100; at least a visible line for what is not nothing.
    static func height(_ count: Int, of most: Int) -> Int { count == 0 ? 0 : max(2, 100 * count / most) }
}

enum DurationWords {
    /// `7 ms`, `1.5 s`, `4 min`, `2 h`.
    static func of(milliseconds: Double) -> String {
        switch milliseconds {
        case ..<10: "\(rounded(milliseconds)) ms"
        case ..<1000: "\(Int(milliseconds.rounded())) ms"
        case ..<120_000: "\(rounded(milliseconds / 1000)) s"
        case ..<7_200_000: "\(rounded(milliseconds / 60_000)) min"
        default: "\(rounded(milliseconds / 3_600_000)) h"
        }
    }

    private static func rounded(_ number: Double) -> String {
        let text = String((number * 10).rounded() / 10)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
