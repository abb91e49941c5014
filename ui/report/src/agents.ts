// The agents of a run: a table that can be sorted by each of its columns, with bars that show who is slower or later than the
// rest. What is too much is said by the report (results/agents.h), never decided here.

import { Column, el, section, sortable } from "../../parts/dom";
import { digits, grouped, latency } from "../../parts/format";
import { AgentRow, Report } from "./report";

/** A number above a bar that is `of` of the cell's width, in a colour of the style sheet. */
function barred(text: string, of: number, color: string): HTMLElement {
  const bar = el("span", { class: "bar" });
  bar.style.width = `${100 * Math.max(0, Math.min(1, of))}%`;
  bar.style.backgroundColor = `var(--${color})`;
  return el("span", { class: "barred" }, text, el("span", { class: "bar-track", "aria-hidden": "true" }, bar));
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

const offset = (a: AgentRow) => `${a.clock_offset_ms < 0 ? "−" : "+"}${latency(Math.abs(a.clock_offset_ms))} ± ${latency(a.clock_error_ms)}`;

/** "−0.2 ms" too: the instant is known only as well as the clocks are. */
const delay = (ms: number) => `${ms < 0 ? "−" : ""}${latency(Math.abs(ms))}`;

interface AgentColumn extends Column {
  value: (a: AgentRow) => number | string | null;
  cell: (a: AgentRow) => string | Node;
}

function columns(report: Report, rows: AgentRow[]): AgentColumn[] {
  const most = (value: (a: AgentRow) => number | null) => Math.max(0, ...rows.map((a) => value(a) ?? 0));
  const fastest = most((a) => a.rate) || 1;
  // The whole width is the limit, or what goes beyond it: lag that does not matter looks like it.
  const lagScale = Math.max(report.agent_lag_limit_ms ?? 0, most((a) => a.lag_p99_ms)) || 1;
  const lateScale = Math.max(100, most((a) => a.late_ms));
  const number = (title: string, value: (a: AgentRow) => number | null, cell: (a: AgentRow, v: number) => string | Node, group?: string) => ({
    title,
    group,
    number: true,
    value,
    cell: (a: AgentRow) => {
      const v = value(a);
      return v === null ? "–" : cell(a, v);
    },
  });
  return [
    { title: "agent", value: (a) => a.name, cell: (a) => (gravity(a) < 2 ? el("span", { class: "bad" }, a.name) : a.name) },
    number("shard", (a) => a.shard, (a) => String(a.shard)),
    number("rate/s", (a) => a.rate, (a, v) => barred(digits(v), v / fastest, a.slow ? "odd" : "line-1")),
    number("share", (a) => a.share, (_, v) => percent(v)),
    number("errors", (a) => a.errors, (_, v) => (v > 0 ? el("span", { class: "bad" }, grouped(v)) : "0")),
    number("cores", (a) => a.cpu_cores, (_, v) => digits(v), "CPU"),
    number("busiest loop", (a) => a.busiest_loop, (_, v) => (v > 0 ? percent(v) : "–"), "CPU"),
    number("p99", (a) => a.lag_p99_ms, (a, v) => barred(latency(v), v / lagScale, a.bottleneck ? "bad" : "line-1"), "lag"),
    number("max", (a) => a.lag_max_ms, (_, v) => latency(v), "lag"),
    number("clock offset", (a) => a.clock_offset_ms, (a) => offset(a)),
    number("began late", (a) => a.late_ms, (a, v) => barred(delay(v), v / lateScale, a.began_late ? "odd" : "line-1")),
    { title: "remarks", value: (a) => notes(a).join("; "), cell: (a) => said(a) },
  ];
}

const notes = (a: AgentRow) => [...(a.lost ? [`lost: ${a.lost}`] : []), ...a.remarks];

function said(a: AgentRow): Node | string {
  if (notes(a).length === 0) return "";
  const kind = a.lost || a.bottleneck ? "text bad" : "text";
  return el("span", { class: kind }, notes(a).join("; "));
}

/** First those of whom something is to be said, the gravest first. */
function gravity(a: AgentRow): number {
  return a.lost ? 0 : a.bottleneck ? 1 : a.remarks.length > 0 ? 2 : 3;
}

export function agents(report: Report): HTMLElement | null {
  const rows = report.agents;
  if (!rows) return null;
  const list = columns(report, rows);
  const ordered = [...rows].sort((a, b) => gravity(a) - gravity(b) || a.shard - b.shard);
  const lost = rows.filter((a) => a.lost).length;
  const count = `${grouped(rows.length)} agent${rows.length === 1 ? "" : "s"} carried out the run together${lost > 0 ? `, ${grouped(lost)} of which ${lost === 1 ? "was" : "were"} lost` : ""}.`;
  const node = sortable(
    "Agents",
    list,
    ordered.map((a) => ({ cells: list.map((c) => c.cell(a)), keys: list.map((c) => c.value(a)) })),
  );
  return section(
    "agents",
    "Agents",
    report.driver_bottleneck ? el("p", { class: "callout bad" }, report.driver_bottleneck) : null,
    el("p", { class: "note" }, count, " Bars compare the rate with the fastest agent's, and the lag with ",
      `the ${latency(report.agent_lag_limit_ms)} beyond which the agent itself counts as the bottleneck, or the largest beyond that. The headings sort.`),
    node,
  );
}
