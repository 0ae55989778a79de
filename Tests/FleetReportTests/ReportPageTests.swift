import RunRecord
import FleetModel
import Foundation
import TestSupport
import Testing

@testable import FleetReport

/// The page as a browser shows it.
@Suite struct ReportPageTests {
    private let work: WorkDirectory

    init() throws {
        work = try WorkDirectory()
    }

    private func page(_ rows: [RecordedRow]) throws -> String {
        let report = try RunReport(of: [RunFiles(rows).write("run", in: work)])
        return try work.write("report.html", bytes: ReportPage(report, version: "0.1.0").bytes)
    }

    @Test func numbersAreThoseOfTheSummary() throws {
        let statuses: [RowStatus] = [.ok, .ok, .failed, .noChange, .unknown, .invalid, .skipped, .notAttempted, .ok]
        let rows = (1...2500).map { RecordedRow.make($0, statuses[$0 % 9], .api, "x") }
        let path = try page(rows)
        let summary = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: work.file("run/summary.json"))))
        let counts = try #require((summary as? [String: Any])?["counts"] as? [String: Int])
        let answers = try Browser.ask(
            path,
            RowStatus.allCases.map { "document.querySelector('[data-count=\($0.rawValue)]').textContent" } + [
                "document.querySelector('h1').textContent", "document.querySelectorAll('#rows tbody tr').length",
            ])
        #expect(answers.dropLast(2).map { "\($0)" } == RowStatus.allCases.map { grouped(counts[$0.rawValue] ?? -1) })
        let good = try #require(counts["ok"]) + #require(counts["no_change"])
        #expect(answers[7] as? String == "\(grouped(good)) of 2,500 rows are ok")
        #expect(answers[8] as? Int == 2500 - good)
    }

    @Test func rowsAreSortedAndFiltered() throws {
        let rows = [
            RecordedRow.make(1, host: "b.example.com", .failed, errcode: 40002, .api, "wrong parameter", site: "Oslo"),
            .make(2, host: "c.example.com", .skipped, .hostStopped, "its host was stopped", site: "Bergen"),
            .make(10, host: "a.example.com", .failed, errcode: -2, .api, "server error", site: "Oslo"),
            .make(11, host: "d.example.com"),
        ]
        let lines =
            "[...document.querySelectorAll('#rows tbody tr')].filter((r) => !r.hidden).map((r) => r.cells[0].textContent).join()"
        let click = { (column: Int) in "document.querySelectorAll('#rows th button')[\(column)].click()" }
        let find = { (text: String) in
            "{ const f = document.getElementById('find'); f.value = '\(text)'; f.dispatchEvent(new Event('input')); } shown.textContent"
        }
        let answers = try Browser.ask(
            page(rows),
            [
                lines, click(0), lines, click(0), lines, click(1), lines, click(4), lines, find("oslo SERVER"), lines,
                find(""),
                "only.value = 'skipped'; only.dispatchEvent(new Event('change')); shown.textContent", lines,
                "[...only.options].map((o) => o.value).join()",
            ])
        let texts = answers.map { $0 as? String ?? "" }
        #expect([0, 2, 4].map { texts[$0] } == ["2,3,11", "2,3,11", "11,3,2"])
        #expect(texts[6] == "11,2,3")
        // Rows without an errcode come last.
        #expect(texts[8] == "11,2,3")
        #expect(texts[9...] == ["1", "11", "3", "1", "3", ",failed,skipped"])
    }

    @Test func onlyTheFirstRowsAreLaidOutUntilAllAreWanted() throws {
        let rows = (1...1200).map {
            RecordedRow.make($0, .failed, errcode: $0 % 2 == 0 ? 1 : 2, .api, "r\($0)", site: "Oslo")
        }
        let laidOut = "[...document.querySelectorAll('#rows tbody tr')].filter((r) => r.offsetHeight > 0).length"
        let state = "\(laidOut) + ' ' + (more.hidden ? 'all' : more.textContent)"
        let first = "document.querySelectorAll('#rows tbody tr')[0].cells[0].textContent"
        let find = { (text: String) in
            "{ const f = document.getElementById('find'); f.value = '\(text)'; f.dispatchEvent(new Event('input')); } "
        }
        let click = "document.querySelectorAll('#rows th button')[0].click(); "
        let answers = try Browser.ask(
            page(rows),
            [
                state, "\(click)\(click)\(first)", state, find("r7") + state, find("r") + state,
                "more.click(); \(state)", find("r11") + state,
            ])
        let everyRow = "500 Show all 1,200"
        #expect(
            answers.compactMap { $0 as? String } == [
                everyRow, "1201", everyRow, "111 all", everyRow, "1200 all", "111 all",
            ])
    }

    @Test func hostileValuesShowAsText() throws {
        let texts = [
            "<script>document.title='gone'</script>", "=cmd()", "\u{1B}[31mred", "\u{202E}exe.gnp",
            #"" onmouseover="x" '"#,
            "</td></table><img src=x onerror=alert(1)>", "{{name}}", "\"\u{301}><\u{338}svg onload=x>",
            String(repeating: "long ", count: 2000),
        ]
        let rows = texts.enumerated().map { index, text in
            RecordedRow.make(
                index + 1, host: index == 5 ? text.replacing("/", with: "") : nil, .failed, errcode: 1, errmsg: text,
                .api, text, site: text)
        }
        let answers = try Browser.ask(
            page(rows),
            [
                "document.title", "document.querySelectorAll('script').length", "document.images.length",
                "document.querySelectorAll('#rows tbody tr').length",
                "[...document.querySelectorAll('#rows tbody tr')].map((r) => r.cells[6].textContent)",
                "[...document.querySelectorAll('#rows q')].map((q) => q.textContent)",
                "document.querySelectorAll('[onmouseover],[onerror],[onload]').length",
            ])
        #expect(answers[0] as? String == "0 of 9 rows ok – certfleet")
        #expect(answers[1] as? Int == 1)
        #expect(answers[2] as? Int == 0)
        #expect(answers[3] as? Int == 9)
        var shown = texts
        shown[2] = "␛[31mred"
        shown[3] = "[U+202E]exe.gnp"
        #expect(answers[4] as? [String] == shown)
        #expect(answers[5] as? [String] == shown)
        #expect(answers[6] as? Int == 0)
    }

    @Test func whatWasChangedAndWhyRowsAreNotOkFitANarrowScreen() throws {
        let files = RunFiles([.make(1), .make(2, .failed, errcode: 0, .verify, "another value of name")])
        let path = try files.write("run", in: work)
        try files.writeLedger("run", in: work)
        let name = String(repeating: "long-name-", count: 12) + ".pem"
        let change = #""changes":[{"field":"name","old":"\#(name)","new":"b \#(name)"}]"#
        let ledger = try work.read("run/ledger.jsonl").replacing(#""id":1,"#, with: #""id":1,\#(change),"#)
        try work.write("run/ledger.jsonl", ledger)
        try work.write("run/undo.csv", "")
        let page = ReportPage(try RunReport(of: [path]), version: "0.1.0").bytes
        let widest =
            "Math.max(...[...document.querySelectorAll('.scroll:has(#changes, #causes), html')].map((e) => e.scrollWidth - e.clientWidth))"
        let cell = { (column: Int) in "document.querySelector('#changes tbody tr').cells[\(column)].textContent" }
        let answers = try Browser.ask(
            work.write("report.html", bytes: page), width: 390, [widest, "innerWidth", cell(1), cell(2)])
        #expect(answers.map { "\($0)" } == ["0", "390", name, "b \(name)"])
    }

    @Test func anEditThatWasAcceptedAndCameToNothingIsNoSuccess() throws {
        _ = try page([
            .make(1), .make(2, .failed, errcode: 0, .verify, "x"), .make(3, .failed, errcode: 40002, .api, "x"),
        ])
        let rows = try work.read("report.html").matches(of: #/<td class="n">(\d+)</td><td>([^<]*)</td>/#).map {
            "\($0.1) \($0.2)"
        }
        #expect(rows.prefix(3) == ["0 SUCCESS", "0 read back, and not as wanted", "40002 PARAMETER ERROR"])
    }

    @Test(arguments: [[10], [10, 20], [10, 30, 60], [10, 1500, 1900], [10, 3000, 19_000], [10, 60_000, 3_600_000]])
    func noTwoTimesOfAnAxisAreTheSame(ends: [Int64]) throws {
        _ = try page(ends.enumerated().map { .make($0 + 1, after: $1) })
        let axis = try #require(
            work.read("report.html").firstMatch(
                of: #/class="axis"><span>([^<]*)</span><span>([^<]*)</span><span>([^<]*)</span>/#))
        let times = [axis.1, axis.2, axis.3].filter { !$0.isEmpty }
        #expect(Set(times).count == times.count && times.count >= 2, "\(times)")
    }

    @Test func aSecretOfTheInputIsNowhere() throws {
        _ = try page([RecordedRow.make(1, .failed, .api, "x")])
        let result = try work.read("run/result.csv").replacing("site", with: "password").replacing(
            ",***,,", with: ",***,hunter2,")
        try work.write("run/result.csv", result)
        let report = try RunReport(of: [work.file("run")])
        #expect(report.details.rows[0].own.isEmpty)
        #expect(!String(decoding: ReportPage(report, version: "1").bytes, as: UTF8.self).contains("hunter2"))
    }

    @Test func aHundredThousandRowsStayUnderTenMegabytes() throws {
        let error = "the PBX refused the edit: errcode 40002 (PARAMETER ERROR)"
        let rows = (1...100_000).map { row in
            row % 2 == 0
                ? RecordedRow.make(
                    row, host: "pbx\(row / 10).example.com:8088", .failed, errcode: 40002, errmsg: "PARAMETER ERROR",
                    .api, error, site: "branch office \(row)")
                : .make(row, host: "pbx\(row / 10).example.com:8088")
        }
        let report = try RunReport(of: [RunFiles(rows).write("run", in: work)])
        #expect(report.tally.rows == 100_000)
        #expect(report.details.rows.count + report.details.leftOut == 50_000)
        #expect(report.details.rows.count >= 5000)
        let bytes = ReportPage(report, version: "0.1.0").bytes
        #expect(bytes.count < 10_000_000)
        try work.write("report.html", bytes: bytes)
        let rowCount = try Browser.ask(work.file("report.html"), ["document.querySelectorAll('#rows tbody tr').length"])
        #expect(rowCount[0] as? Int == report.details.rows.count)
    }
}
