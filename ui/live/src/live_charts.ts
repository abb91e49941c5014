// The charts of a run that goes on: throughput, response time of one operation, failures. All over the same time.

import { Chart, ChartOptions, Line, timeText } from "../../parts/chart";
import { el, section } from "../../parts/dom";
import { tick, words } from "../../parts/format";
import { Span } from "../../parts/spans";
import { RunState, kRecent_s } from "./run_state";
import { Timeline, Track, kMostPoints } from "./timeline";

const kColors = 8;
/** Short runs do not begin with a single point that is as wide as the chart. */
const kLeastSpan_s = 10;

type Base = Omit<ChartOptions, "id" | "title" | "summary" | "y" | "lines" | "log">;

const nameOf = (track: Track, groups: number): string =>
  [groups > 1 ? track.group : "", track.operation || "all"].filter(Boolean).join(" / ");

/** Groups with one operation have no line of their own beside it. */
function operations(time: Timeline): Track[] {
  return [...time.tracks.values()].filter((track) => track.operation !== "");
}

const groupsOf = (time: Timeline): number => new Set([...time.tracks.values()].map((track) => track.group)).size - 1;

export class LiveCharts {
  readonly node: HTMLElement;
  private readonly throughput = blank("throughput", "Throughput");
  private readonly latency = blank("latency", "Response time");
  private readonly failures = blank("failures-over-time", "Failures and retries");
  private readonly select = el("select", { id: "latency-of" });
  private readonly span = el("select", { id: "span-of" });
  /** Of the response time, as in Timeline.tracks. */
  private choices: string[] = [];

  constructor(private readonly changed: () => void) {
    this.span.append(el("option", { value: "whole" }, "the whole run"), el("option", { value: "recent" }, `the last ${kRecent_s / 60} minutes`));
    for (const select of [this.select, this.span]) select.addEventListener("change", () => this.changed());
    for (const chart of this.all) chart.onShowAll = () => this.showAll();
    this.node = section(
      "timeline",
      "Over time",
      el(
        "p",
        { class: "picker" },
        el("label", { for: "span-of" }, "Shown: "),
        this.span,
        " ",
        el("label", { for: "latency-of" }, "Response time of "),
        this.select,
      ),
      this.throughput.node,
      this.latency.node,
      this.failures.node,
      el(
        "p",
        { class: "note" },
        "Grey ground: phases that do not count. Dashed lines: when changes were asked for on this page, numbered as in the log. Drag over a chart to ",
        "enlarge a part of it in all of them, double-click or press Esc to see all again and follow the run. ",
        `Of a long run at most ${kMostPoints} points are kept: neighbours are merged, their rates averaged, and of two response times `,
        "the higher is shown. The report has the exact figures.",
      ),
    );
  }

  showAll(): void {
    for (const chart of this.all) chart.showAll();
  }

  /** In the colours of now. */
  repaint(): void {
    for (const chart of this.all) chart.draw();
  }

  draw(state: RunState): void {
    const time = this.span.value === "recent" ? state.recent : state.whole;
    this.offer(time);
    const base = baseOf(state, time, this.span.value === "recent");
    this.throughput.update({
      ...base,
      ...ids("throughput", "Throughput", "Completed operations per second over time."),
      y: "operations/s",
      lines: throughputLines(time),
    });
    const track = time.tracks.get(this.select.value);
    const quantity = (q: "p50" | "p95" | "p99" | "max", color: string, dash?: number[]): Line => ({
      name: q,
      values: track ? track[q] : time.start.map(() => null),
      color,
      dash,
    });
    this.latency.update({
      ...base,
      ...ids("latency", "Response time", "Percentiles of the response time over time, on a logarithmic scale."),
      y: "ms",
      log: true,
      lines: [quantity("p50", "line-1"), quantity("p95", "line-3"), quantity("p99", "line-2"), quantity("max", "line-8", [2, 3])],
    });
    const total = time.tracks.get("\n");
    this.failures.update({
      ...base,
      ...ids("failures-over-time", "Failures and retries", "Failed operations and retries per second over time."),
      y: "per second",
      height: 150,
      lines: [
        { name: "errors", values: total ? time.rates(total.errors) : [], color: "bad", width: 2 },
        { name: "retries", values: total ? time.rates(total.retries) : [], color: "line-5", dash: [6, 3] },
      ],
    });
  }

  private get all(): Chart[] {
    return [this.throughput, this.latency, this.failures];
  }

  private offer(time: Timeline): void {
    const groups = groupsOf(time);
    const keys = [...time.tracks.keys()].filter((key) => key !== "\n");
    if (keys.length === this.choices.length && keys.every((key, i) => key === this.choices[i])) return;
    const chosen = this.select.value;
    this.choices = keys;
    this.select.replaceChildren(...keys.map((key) => el("option", { value: key }, words(nameOf(time.tracks.get(key)!, groups)))));
    this.select.value = keys.includes(chosen) ? chosen : (keys[0] ?? "");
  }
}

const ids = (id: string, title: string, summary: string) => ({ id, title, summary });

function blank(id: string, title: string): Chart {
  const chart = new Chart({
    ...ids(id, title, ""),
    x: [],
    xLabel: "seconds since the load began",
    xText: timeText,
    xRange: [0, kLeastSpan_s],
    y: "",
    yTick: tick,
    lines: [],
  });
  return chart;
}

function baseOf(state: RunState, time: Timeline, recent: boolean): Base {
  const end = Math.max(time.end, kLeastSpan_s);
  const from = recent ? Math.max(0, end - kRecent_s) : 0;
  const grounds: Span[] = time.phases
    .filter((p) => p.phase !== "measure" && p.to > from)
    .map((p) => ({ from: Math.max(p.from, from), to: p.to, kind: "phase", label: p.phase === "warmup" ? "warm-up" : p.phase }));
  const marks: Span[] = state.marks
    .filter((mark) => mark.at_s >= from)
    .map((mark) => ({ from: mark.at_s, to: mark.at_s, kind: "instant", label: mark.text }));
  return {
    // The middle of a stretch is where its value belongs.
    x: time.start.map((start, i) => start + time.length[i] / 2),
    xLabel: "seconds since the load began",
    xText: timeText,
    xTick: tick,
    xRange: [from, end],
    yTick: tick,
    spans: [...grounds, ...marks],
    sync: "live",
  };
}

function throughputLines(time: Timeline): Line[] {
  const total = time.tracks.get("\n")!;
  const all: Line = { name: "all", values: time.rates(total.completed), color: "all", width: 2 };
  const list = operations(time);
  if (list.length < 2) return [all];
  const groups = groupsOf(time);
  return [
    all,
    ...list.slice(0, kColors).map((track, i) => ({
      name: words(nameOf(track, groups)),
      values: time.rates(track.completed),
      color: `line-${i + 1}`,
    })),
  ];
}
