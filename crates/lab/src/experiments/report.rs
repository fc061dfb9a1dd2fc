//! The report: one page that needs nothing else.

use std::fmt::Write;

use figures::Figure;

use super::cell::Status;
use super::folder::Counts;
use super::plan::TOOL;
use super::{Finished, Plan, Row, Scenario};

/// What the table shows; the rest is in `summary.csv`.
const SHOWN: [&str; 7] = [
    "latency_us_p50",
    "latency_us_p99",
    "throughput_per_s",
    "messages_per_decision",
    "within_1s_share",
    "no_progress",
    "diverged",
];
/// Most cells that are named one by one.
const NAMED_MAX: usize = 20;

const STYLE: &str = "
body{font:15px/1.5 system-ui,'Helvetica Neue',Arial,'PingFang SC','Noto Sans CJK SC',sans-serif;color:#222;background:#fff;
  max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}.lead{font-size:1.1rem;color:#444;margin:.3rem 0 1.2rem}
figure{margin:1.2rem 0}figure svg{width:100%;height:auto;border:1px solid #e3e3e3}
table{border-collapse:collapse;font-size:.85rem;width:100%}.wide{overflow-x:auto}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #e3e3e3;white-space:nowrap}th{border-bottom:2px solid #222}
th.p,td.p{text-align:left}small{color:#666}code,pre{font:13px/1.45 ui-monospace,Menlo,Consolas,monospace}
pre{background:#f6f6f6;padding:.8rem;overflow-x:auto}ul{padding-left:1.2rem}
";

/// The page.
pub(crate) fn page(
    plan: &Plan,
    counts: &Counts,
    rows: &[Row],
    cells: &[Finished],
    drawn: &[(Figure, String)],
) -> String {
    let Scenario { name, question, .. } = &plan.scenario;
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{0}</title><style>{STYLE}</style></head><body>\n\
         <h1>{0}</h1>\n<p class=\"lead\">{1}</p>\n",
        escape(name),
        escape(question)
    );
    out.push_str(&counted(plan, counts, cells));
    if !drawn.is_empty() {
        out.push_str("<h2>Figures</h2>\n");
    }
    for (figure, svg) in drawn {
        let name = figure.source.as_ref().map_or("", |source| source.figure.as_str());
        let _ = writeln!(
            out,
            "<figure>{svg}<figcaption><small>figures/{0}.svg, figures/{0}.pdf; fingerprint \
             <code>{1}</code></small></figcaption></figure>",
            escape(name),
            &figures::fingerprint(figure)[..12]
        );
    }
    out.push_str(&table(plan, rows));
    out.push_str(&method(plan));
    out.push_str("</body></html>\n");
    out
}

fn counted(plan: &Plan, counts: &Counts, cells: &[Finished]) -> String {
    let Counts { planned, ok, failed, timed_out, left, errors } = *counts;
    let sum = |of: fn(&Finished) -> u64| cells.iter().map(of).sum::<u64>();
    let mut out = format!(
        "<p>{planned} runs planned: {ok} ok, {failed} failed ({errors} could not be run), {timed_out} timed out, \
         {left} left. {} requests sent: {} ok, {} failed, {} timed out.</p>\n",
        sum(|cell| cell.requests.sent),
        sum(|cell| cell.requests.ok),
        sum(|cell| cell.requests.failed),
        sum(|cell| cell.requests.timed_out),
    );
    if left > 0 {
        out.push_str("<p><strong>This run is not complete.</strong></p>\n");
    }
    let bad: Vec<&Finished> = cells.iter().filter(|cell| cell.status != Status::Ok).collect();
    if !bad.is_empty() {
        out.push_str("<details><summary>What did not end well</summary><ul>\n");
        for cell in bad.iter().take(NAMED_MAX) {
            let axes = plan.axes.iter().filter_map(|axis| Some((axis, cell.params.get(axis)?)));
            let axes: Vec<String> = axes.map(|(axis, value)| format!("{axis}={value}")).collect();
            let _ = writeln!(
                out,
                "<li>cell {} ({}): {}<br><code>{}</code></li>",
                cell.cell,
                escape(&axes.join(" ")),
                escape(&cell.why),
                escape(&cell.replay)
            );
        }
        if bad.len() > NAMED_MAX {
            let _ = writeln!(out, "<li>and {} more in cells.jsonl</li>", bad.len() - NAMED_MAX);
        }
        out.push_str("</ul></details>\n");
    }
    out
}

fn table(plan: &Plan, rows: &[Row]) -> String {
    let mut out = "<h2>Numbers</h2>\n<div class=\"wide\"><table><thead><tr>".to_owned();
    for axis in &plan.axes {
        let _ = write!(out, "<th class=\"p\">{}</th>", escape(axis));
    }
    for name in SHOWN {
        let _ = write!(out, "<th>{}</th>", escape(&head(name)));
    }
    out.push_str("</tr></thead><tbody>\n");
    for group in rows.chunk_by(|a, b| a.params == b.params) {
        out.push_str("<tr>");
        for axis in &plan.axes {
            let value = group[0].params.get(axis).map_or("", String::as_str);
            let _ = write!(out, "<td class=\"p\">{}</td>", escape(value));
        }
        for name in SHOWN {
            let row = group.iter().find(|row| row.metric.name == name);
            let _ = write!(out, "<td>{}</td>", row.map(cell).unwrap_or_default());
        }
        out.push_str("</tr>\n");
    }
    out.push_str(
        "</tbody></table></div>\n<p><small>Means over runs; behind ± or in brackets their 95 % interval. All metrics, with \
         their quantiles, are in summary.csv and summary.json; single requests in samples.csv.gz.</small></p>\n",
    );
    out
}

fn head(name: &str) -> String {
    name.replace("_us", "_ms").replace('_', " ")
}

fn cell(row: &Row) -> String {
    let scale = if row.metric.name.contains("_us") { 1_000.0 } else { 1.0 };
    let mean = row.summary.mean / scale;
    match row.interval {
        Some((low, high, "student")) => {
            format!("{} <small>± {}</small>", short(mean), short((high - low) / (2.0 * scale)))
        }
        Some((low, high, _)) => {
            format!("{} <small>[{}, {}]</small>", short(mean), short(low), short(high))
        }
        None => short(mean),
    }
}

/// Three significant digits.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    let decimals = (2 - size.log10().floor() as i32).clamp(0, 6) as usize;
    format!("{value:.decimals$}")
}

fn method(plan: &Plan) -> String {
    let Scenario { name, seed, repeats, .. } = &plan.scenario;
    format!(
        "<h2>Method</h2>\n<p>Every cell is a run of whole replicas, the real protocol cores among them, in virtual time \
         ({TOOL}); a cell with protocol <code>custom</code> is a parametric model and no protocol. {} combinations of \
         parameters were run {repeats} times each. Each run drew its own seed from scenario seed {seed}, its parameters and \
         its number, so that runs are independent and can be repeated one by one. Latency is counted from a client's \
         request to the proof that it is committed. Intervals of means over runs are Student's, of shares of runs \
         Wilson's, of quantiles those of order statistics; requests within a run depend on each other, so that no \
         interval is given for their pooled mean.</p>\n\
         <h2>Reproduce</h2>\n<pre>unisono lab run config.toml      # the file beside this report; ends with the same bytes\n\
         unisono lab verify {}   # recomputes cells and compares</pre>\n\
         <p><small>Run {}.</small></p>\n<details><summary>Resolved configuration</summary><pre>{}</pre></details>\n",
        plan.combinations(),
        escape(&format!("runs/{name}/{}", plan.short())),
        plan.fingerprint,
        escape(&plan.config),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
