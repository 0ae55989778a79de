import Platform

/// How the page looks, and the little that its script does.
enum PageLook {
    static let style: HTML = """
        :root{--paper:#f6f6f3;--card:#fff;--ink:#1d2023;--soft:#62686e;--line:#e2e2dd;--hover:#f3f3ef;\
        --ok:#2e7d5b;--no_change:#7fb39d;--failed:#c0392b;--unknown:#b9770e;--invalid:#8e44ad;--skipped:#8a9098;--not_attempted:#b4b9bf;--plain:#4a6f96}
        @media (prefers-color-scheme:dark){:root{--paper:#141618;--card:#1c1f21;--ink:#e7e7e3;--soft:#9aa1a7;--line:#2e3235;--hover:#24282a;\
        --ok:#57b78e;--no_change:#3f7f66;--failed:#ee6b5c;--unknown:#e0a63f;--invalid:#bd83d6;--skipped:#7d848b;--not_attempted:#565c62;--plain:#7fa6d1}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        main{max-width:1480px;margin:0 auto;padding:28px 24px 40px}
        header{margin:0 0 20px}
        .brand{margin:0;color:var(--soft);font-size:13px;letter-spacing:.04em}
        h1{margin:2px 0 4px;font-size:32px;line-height:1.2;font-weight:650;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
        h1.good{color:var(--ok)}
        .sub{margin:0 0 18px;color:var(--soft);overflow-wrap:anywhere}
        .sub i{font-style:normal;opacity:.5;margin:0 2px}
        .bar{display:flex;gap:2px;height:10px;border-radius:5px;overflow:hidden;background:var(--line)}
        .bar span{min-width:3px}
        .bar .ok{background:var(--ok)}.bar .no_change{background:var(--no_change)}.bar .failed{background:var(--failed)}\
        .bar .unknown{background:var(--unknown)}.bar .invalid{background:var(--invalid)}.bar .skipped{background:var(--skipped)}\
        .bar .not_attempted{background:var(--not_attempted)}
        .counts{display:flex;flex-wrap:wrap;gap:8px 28px;list-style:none;margin:14px 0 0;padding:0}
        .counts li{display:flex;flex-direction:column;min-width:64px}
        .counts b{font-size:20px;font-weight:600;line-height:1.2;font-variant-numeric:tabular-nums}
        .counts span{color:var(--soft);font-size:13px}
        .counts .none{opacity:.4}
        header li.ok b{color:var(--ok)}header li.failed:not(.none) b{color:var(--failed)}\
        header li.unknown:not(.none) b{color:var(--unknown)}header li.invalid:not(.none) b{color:var(--invalid)}
        .gap{margin:16px 0 0;font-weight:600;color:var(--failed)}
        section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px 18px;margin:0 0 16px;min-width:0}
        .pair{display:grid;grid-template-columns:3fr 2fr;gap:16px}
        h2{margin:0 0 12px;font-size:15px;font-weight:650}
        h2 small{font-weight:400;color:var(--soft);font-size:13px;margin-left:6px}
        .note{margin:8px 0 0;color:var(--soft);font-size:13px}
        .chart{display:block;width:100%;height:150px;border-bottom:1px solid var(--line)}
        .chart.low{height:90px}
        .chart .good{fill:var(--ok)}.chart .bad{fill:var(--failed)}.chart .plain{fill:var(--plain)}
        .chart g:hover{opacity:.7}
        .axis{display:flex;justify-content:space-between;color:var(--soft);font-size:12px;margin-top:4px;font-variant-numeric:tabular-nums}
        .key{margin-left:10px;white-space:nowrap}
        .key::before{content:"";display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:5px}
        .key.good::before{background:var(--ok)}.key.bad::before{background:var(--failed)}
        .scroll{overflow-x:auto;margin:0 -18px;padding:0 18px}
        .tall{max-height:78vh;overflow-y:auto}
        table{border-collapse:collapse;width:100%;font-size:14px}
        th,td{text-align:left;vertical-align:top;padding:6px 14px 6px 0;border-bottom:1px solid var(--line)}
        th:last-child,td:last-child{padding-right:0}
        tbody tr:last-child td{border-bottom:0}
        tbody tr:hover{background:var(--hover)}
        th{color:var(--soft);font-weight:500;font-size:13px;white-space:nowrap}
        .tall th{position:sticky;top:0;background:var(--card);z-index:1}
        .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        th button{all:unset;cursor:pointer;border-radius:3px}
        th button:hover,th[aria-sort] button{color:var(--ink)}
        th button:focus-visible{outline:2px solid var(--plain);outline-offset:2px}
        th[aria-sort=ascending] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
        .badge{display:inline-block;white-space:nowrap;font-size:13px}
        .badge::before{content:"";display:inline-block;width:8px;height:8px;border-radius:50%;margin-right:6px;background:currentColor}
        .badge.ok,.badge.no_change{color:var(--ok)}.badge.failed{color:var(--failed)}.badge.unknown{color:var(--unknown)}\
        .badge.invalid{color:var(--invalid)}.badge.skipped,.badge.not_attempted{color:var(--soft)}
        .say{min-width:280px;overflow-wrap:anywhere}
        #rows q{overflow-wrap:anywhere}
        #rows q{display:block;color:var(--soft);font-size:13px;max-height:9em;overflow:auto;unicode-bidi:isolate}
        .diff{display:block;font-size:13px;overflow-wrap:anywhere}
        .own{max-width:260px;min-width:120px;overflow-wrap:break-word}.lines{white-space:nowrap}
        td{unicode-bidi:isolate}
        .fill{width:100%}.meter{min-width:90px}
        .meter span{display:block;height:8px;margin-top:7px;border-radius:4px;background:var(--plain);min-width:2px}
        #tools{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 12px}
        #tools[hidden],tr[hidden],.short tr:nth-child(n+501){display:none!important}
        #more{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:5px 12px;margin:12px 0 0;cursor:pointer}
        #tools input,#tools select{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:5px 10px}
        #tools input{flex:1 1 220px;max-width:420px}
        dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:12px 24px;margin:0}
        dl+dl{margin-top:18px;padding-top:18px;border-top:1px solid var(--line)}
        dl div{min-width:0}dl .wide{grid-column:span 2}
        dt{color:var(--soft);font-size:13px}
        dd{margin:0;overflow-wrap:anywhere}
        code{font:13px/1.5 ui-monospace,"DejaVu Sans Mono",Menlo,monospace}
        footer{color:var(--soft);font-size:13px;margin-top:20px}
        @media (max-width:860px){.pair{grid-template-columns:1fr;gap:0}}
        @media (max-width:560px){main{padding:18px 12px 28px}h1{font-size:25px}section{padding:14px;border-radius:8px}\
        .scroll{margin:0 -14px;padding:0 14px}dl .wide{grid-column:auto}.counts{gap:8px 20px}
        :is(#causes,#changes) thead{display:none}:is(#causes,#changes) tr{display:flex;flex-wrap:wrap;gap:0 12px;padding:8px 0;border-bottom:1px solid var(--line)}
        :is(#causes,#changes) td{border:0;padding:0;min-width:0;max-width:100%}#causes td:empty{display:none}#causes .say{flex:0 0 100%;order:1}#causes .lines{order:2}
        :is(#causes,#changes) .lines::before{content:"line "}:is(#causes td:first-child,#changes td.n)::before{content:"rows "}#causes td:nth-child(2)::before{content:"hosts "}
        #changes td:first-child{flex:0 0 100%}#changes td:nth-child(3)::before{content:"→ "}}
        @media (max-width:560px),print{#rows thead{display:none}
        #rows tr{display:flex;flex-wrap:wrap;gap:0 12px;padding:8px 0;border-bottom:1px solid var(--line)}
        #rows td{border:0;padding:0;max-width:none;min-width:0}#rows td:empty{display:none}
        #rows .say{flex:0 0 100%;order:1}#rows .say~td{order:2;color:var(--soft)}
        #rows td:first-child::before{content:"line "}#rows td:nth-child(3)::before{content:"id "}#rows td:nth-child(5)::before{content:"errcode "}
        #rows td:nth-last-child(2)::before{content:"tries "}#rows td:last-child::after{content:" ms"}}
        @media print{@page{size:A4;margin:14mm}
        :root{--paper:#fff;--card:#fff;--ink:#000;--soft:#555;--line:#ccc;--ok:#2e7d5b;--no_change:#7fb39d;--failed:#b03022;\
        --unknown:#a5690c;--invalid:#7d3c98;--skipped:#777;--not_attempted:#aaa;--plain:#4a6f96}
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
        body{font-size:9.5pt}main{max-width:none;padding:0}section{border:0;border-top:1px solid var(--line);border-radius:0;padding:8px 0 4px;margin:0}
        h1{font-size:20pt}table{font-size:8pt}th,td{padding:3px 8px 3px 0}th,.badge,h2 small,.note,.counts span,dt,footer{font-size:8pt}
        .scroll,.tall{overflow:visible;max-height:none;margin:0;padding:0}.tall th{position:static}#tools,#more{display:none!important}
        #rows:has(.short tr:nth-child(501))::after{content:"The first 500 are printed; once all are shown, all are.";font-size:8pt}
        #rows q{max-height:none;overflow:visible}#rows q,.diff,code{font-size:8pt}.say,.own{min-width:0}#rows tr{padding:4px 0}
        .chart{height:90px}.chart.low{height:60px}tr,.pair section,dl{break-inside:avoid}h2{break-after:avoid}}

        """

    static let script: HTML = #"""
        "use strict";
        (() => {
          const table = document.getElementById("rows");
          if (!table) return;
          const body = table.tBodies[0], rows = Array.from(body.rows), shown = document.getElementById("shown");
          const find = document.getElementById("find"), only = document.getElementById("only");
          const more = document.getElementById("more");
          const text = (row, column) => row.cells[column].textContent;
          const number = (value) => value === "" ? NaN : Number(value.replaceAll(",", ""));
          const statuses = new Map(rows.map((row) => [row, text(row, 3)]));
          for (const status of new Set(statuses.values())) only.add(new Option(status, status));
          const group = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");
          // A browser lays out the first rows at once, and takes many seconds for ten thousand.
          const tell = (count) => {
            shown.textContent = group(count);
            more.textContent = `Show all ${group(count)}`;
            more.hidden = count <= 500 || !body.classList.contains("short");
          };
          let order = rows, texts = null;
          const filter = () => {
            texts ??= new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
            const words = find.value.toLowerCase().split(/\s+/).filter(Boolean), kept = [], left = [];
            for (const row of order) {
              row.hidden = !((only.value === "" || statuses.get(row) === only.value)
                && words.every((word) => texts.get(row).includes(word)));
              (row.hidden ? left : kept).push(row);
            }
            // Those that are left out come last, so that the first ones are counted right.
            body.append(...kept, ...left);
            tell(kept.length);
          };
          find.addEventListener("input", filter);
          only.addEventListener("change", filter);
          more.addEventListener("click", () => {
            body.classList.remove("short");
            more.hidden = true;
          });
          tell(rows.length);
          document.getElementById("tools").hidden = false;
          const heads = Array.from(table.tHead.rows[0].cells);
          heads.forEach((head, column) => {
            const button = document.createElement("button");
            button.type = "button";
            button.append(...head.childNodes);
            head.append(button);
            button.addEventListener("click", () => {
              const isUp = head.getAttribute("aria-sort") !== "ascending";
              heads.forEach((other) => other.removeAttribute("aria-sort"));
              head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
              const keys = new Map(rows.map((row) => [row, text(row, column)]));
              const isNumeric = head.classList.contains("n");
              const compare = (a, b) => {
                const [x, y] = [keys.get(a), keys.get(b)];
                if (x === "" || y === "") return (x === "") - (y === "") || 0;
                const order = isNumeric ? number(x) - number(y) : x < y ? -1 : x > y ? 1 : 0;
                return isUp ? order : -order;
              };
              order = Array.from(rows).sort(compare);
              filter();
            });
          });
        })();

        """#

    /// The base64 text of the script's SHA-256, by which a browser knows it from any other.
    static var scriptDigest: String {
        let words = SHA256.digest(of: script.bytes).words
        let bytes = [words.0, words.1, words.2, words.3].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        // 32 bytes are 42 digits of 6 bits, a digit of 4 bits, and a sign that fills up.
        let bits = { (index: Int) in
            let first = index * 6
            let pair = UInt16(bytes[first / 8]) << 8 | (first / 8 + 1 < bytes.count ? UInt16(bytes[first / 8 + 1]) : 0)
            return Int(pair >> UInt16(10 - first % 8)) & 63
        }
        return String((0..<43).map { digits[bits($0)] }) + "="
    }
}
