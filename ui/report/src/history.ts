// The page of `assay history --format html`: how each value went over the runs of a setup, and where it changed.

import { Chart, Line } from "../../parts/chart";
import { el, facts, section, table } from "../../parts/dom";
import { digits, grouped } from "../../parts/format";
import { Span } from "../../parts/spans";
import * as theme from "../../parts/theme";

interface Change {
  /** Of the first value of the new segment. */
  index: number;
  p: number;
  mean_before: number;
  mean_after: number;
}

interface Series {
  value: string;
  unit: string;
  better: "larger" | "smaller" | "neither";
  state: "too_short" | "unjudged" | "steady" | "better" | "worse" | "changed";
  /** With state too_short: so many runs would do. */
  needed?: number;
  /** With state unjudged: so many of the newest runs lie outside of all before. */
  unlike?: number;
  newest: number;
  baseline: number;
  /** Indexes into the setup's runs. */
  runs: number[];
  values: number[];
  changes: Change[];
}

interface Run {
  id: string;
  started: string;
  verdict: string;
}

interface Setup {
  title: string;
  level: number;
  shared: [string, string][];
  runs: Run[];
  left_out: { path: string; reason: string }[];
  /** What was different from the run before, by the index of a run with which a value changed. */
  new_with: { run: number; name: string; before: string; after: string }[];
  series: Series[];
}

interface History {
  worse: boolean;
  /** Whether it can be said that nothing is worse. */
  decided: boolean;
  setups: Setup[];
  skipped: { path: string; reason: string }[];
}

function stateText(series: Series): string {
  if (series.state === "worse") return "WORSE";
  if (series.state === "too_short") return `too few runs to tell: ${series.needed} needed`;
  if (series.state === "unjudged") return `too few to judge: newest ${series.unlike === 1 ? "run" : `${series.unlike} runs`} unlike all before`;
  return series.state;
}

function verdict(history: History): string {
  return history.worse ? "worse" : history.decided ? "not worse" : "cannot tell";
}

function day(run: Run): string {
  return run.started.slice(0, 10);
}

function moment(run: Run): string {
  return run.started.replace("T", " ").replace("Z", " UTC");
}

/** In which unit a series is read, and by what its numbers are multiplied for that. */
function scaleOf(series: Series): { unit: string; factor: number } {
  const size = Math.max(...series.values.map(Math.abs), 0);
  if (series.unit === "ns") {
    if (size < 1e3) return { unit: "ns", factor: 1 };
    if (size < 1e6) return { unit: "µs", factor: 1e-3 };
    return size < 1e10 ? { unit: "ms", factor: 1e-6 } : { unit: "s", factor: 1e-9 };
  }
  if (series.unit === "share") return { unit: "%", factor: 100 };
  return { unit: series.unit, factor: 1 };
}

function shown(series: Series, value: number): string {
  const { unit, factor } = scaleOf(series);
  return `${digits(value * factor)} ${unit}`.trim();
}

function percent(from: number, to: number): string {
  if (from === to) return "–";
  if (from === 0) return "from 0";
  const change = 100 * (to / from - 1);
  return `${change < 0 ? "−" : "+"}${Math.abs(change).toFixed(1)} %`;
}

function direction(series: Series, change: Change): string {
  if (series.better === "neither") return "changed";
  return change.mean_after > change.mean_before === (series.better === "larger") ? "better" : "worse";
}

function stateBadge(state: string, text: string): HTMLElement {
  const kind = state === "worse" ? "fail" : state === "better" ? "pass" : "not_applicable";
  return el("span", { class: `badge ${kind}` }, text);
}

/** The mean of the segment that each value is in. */
function means(series: Series): number[] {
  return series.values.map((_, i) => {
    let mean = series.changes.length ? series.changes[0].mean_before : series.newest;
    for (const change of series.changes) if (change.index <= i) mean = change.mean_after;
    return mean;
  });
}

class SetupView {
  readonly node: HTMLElement;
  readonly charts: Chart[] = [];

  constructor(
    private readonly setup: Setup,
    private readonly index: number,
  ) {
    const { runs } = setup;
    const span = runs.length ? `${grouped(runs.length)} runs from ${moment(runs[0])} to ${moment(runs[runs.length - 1])}.` : "";
    const grid = el("div", { class: "grid" });
    setup.series.forEach((series, i) => grid.append(this.chart(series, i)));
    this.node = section(
      `setup-${index}`,
      setup.title,
      el("p", { class: "sub" }, span),
      this.leftOut(),
      setup.series.length ? this.values() : el("p", {}, "No run of this setup counts."),
      this.changes(),
      setup.series.length ? el("h3", {}, "Over the runs") : null,
      setup.series.length
        ? el("p", { class: "note" }, "Each point is a run, the line the mean of its segment; dashed lines are changes. The axis does not begin at 0.")
        : null,
      grid,
      el("details", {}, el("summary", {}, "What these runs have in common"), facts(setup.shared)),
    );
  }

  private leftOut(): HTMLElement | null {
    if (!this.setup.left_out.length) return null;
    const list = el("ul", { class: "notes" });
    for (const run of this.setup.left_out) list.append(el("li", { class: "warning" }, `Left out ${run.path}: ${run.reason}`));
    return list;
  }

  private runOf(series: Series, index: number): Run {
    return this.setup.runs[series.runs[index]];
  }

  private values(): HTMLElement {
    const rows = this.setup.series.map((series, i) => {
      const last = series.changes[series.changes.length - 1];
      return {
        cells: [
          el("a", { href: `#chart-${this.index}-${i}` }, series.value),
          shown(series, series.newest),
          last ? shown(series, series.baseline) : "–",
          last ? percent(series.baseline, series.newest) : "–",
          last ? day(this.runOf(series, last.index)) : "–",
          grouped(series.values.length - (last ? last.index : 0)),
          stateBadge(series.state, stateText(series)),
        ],
      };
    });
    const number = (title: string) => ({ title, number: true });
    return table(
      `Values of ${this.setup.title}`,
      [{ title: "value" }, number("newest segment"), number("before"), number("change"), { title: "since" }, number("runs"), { title: "" }],
      rows,
    );
  }

  private changes(): HTMLElement | null {
    const list = this.setup.series.flatMap((series) => series.changes.map((change) => ({ series, change, run: series.runs[change.index] })));
    if (!list.length) return null;
    list.sort((a, b) => b.run - a.run);
    const rows = list.map(({ series, change, run }) => {
      const news = this.setup.new_with.filter((n) => n.run === run);
      const text = news.map((n) => `${n.name}: ${n.before || "none"} → ${n.after || "none"}`).join("; ");
      return {
        cells: [
          `${moment(this.setup.runs[run])}, ${this.setup.runs[run].id}`,
          series.value,
          `${shown(series, change.mean_before)} → ${shown(series, change.mean_after)}`,
          percent(change.mean_before, change.mean_after),
          stateBadge(direction(series, change), direction(series, change)),
          change.p.toPrecision(2),
          el("span", { class: "text" }, text),
        ],
      };
    });
    const columns = [
      { title: "first run" },
      { title: "value" },
      { title: "from … to" },
      { title: "change", number: true },
      { title: "" },
      { title: "p", number: true },
      { title: "new with it" },
    ];
    return el("div", {}, el("h3", {}, "Changes, newest first"), table(`Changes of ${this.setup.title}`, columns, rows));
  }

  private chart(series: Series, index: number): HTMLElement {
    const { runs } = this.setup;
    const { unit, factor } = scaleOf(series);
    const values: (number | null)[] = runs.map(() => null);
    const mean: (number | null)[] = runs.map(() => null);
    const segment = means(series);
    series.runs.forEach((run, i) => {
      values[run] = series.values[i] * factor;
      // Also over runs that do not have the value.
      const next = series.runs[i + 1] ?? run + 1;
      mean.fill(segment[i] * factor, run, next);
    });
    const spans: Span[] = series.changes.map((change) => ({
      from: series.runs[change.index] + 1,
      to: series.runs[change.index] + 1,
      kind: "instant",
      label: percent(change.mean_before, change.mean_after),
    }));
    const lines: Line[] = [
      { name: "run", values, color: "line-1", shape: "dots" },
      { name: "mean of the segment", values: mean, color: series.state === "worse" ? "bad" : "all", width: 2, shape: "steps" },
    ];
    const at = (x: number) => runs[Math.min(Math.max(Math.round(x), 1), runs.length) - 1];
    const step = Math.max(1, Math.ceil(runs.length / 6));
    const chart = new Chart({
      id: `chart-${this.index}-${index}`,
      title: series.value,
      summary: `${stateText(series)}; ${shown(series, series.newest)} in the newest segment.`,
      x: runs.map((_, i) => i + 1),
      xLabel: "run, by its start",
      xText: (x) => `${moment(at(x))}, ${at(x).id}`,
      xTick: (x) => day(at(x)).slice(5),
      xSplits: runs.map((_, i) => i + 1).filter((_, i) => i % step === 0),
      xRange: [0.5, runs.length + 0.5],
      y: unit || "value",
      yTick: digits,
      fit: true,
      height: 190,
      spans,
      sync: `setup-${this.index}`,
      lines,
    });
    this.charts.push(chart);
    chart.onShowAll = () => this.showAll();
    return chart.node;
  }

  showAll(): void {
    for (const chart of this.charts) chart.showAll();
  }
}

function header(history: History, redraw: () => void): HTMLElement {
  const series = history.setups.flatMap((setup) => setup.series);
  const tile = (name: string, value: number, note: string, kind = "") =>
    el("div", { class: `tile ${kind}` }, el("dt", {}, name), el("dd", {}, el("strong", {}, grouped(value)), el("span", {}, note)));
  const count = (state: string) => series.filter((s) => s.state === state).length;
  const notes = el("ul", { class: "notes" });
  for (const file of history.skipped) notes.append(el("li", { class: "warning" }, `Skipped ${file.path}: ${file.reason}`));
  return el(
    "header",
    {},
    el(
      "div",
      { class: "top" },
      el("h1", {}, "History of results ", stateBadge(history.worse ? "worse" : history.decided ? "better" : "", verdict(history).toUpperCase())),
      theme.button(redraw),
    ),
    el("p", { class: "sub" }, "Whether the newest segment of each value is worse than what it is compared with, by more than the tolerance."),
    notes.children.length ? notes : null,
    el(
      "dl",
      { class: "tiles" },
      tile("runs", history.setups.reduce((sum, s) => sum + s.runs.length, 0), "that count"),
      tile("setups", history.setups.length, "comparable runs each"),
      tile("worse", count("worse"), "values", count("worse") > 0 ? "bad" : ""),
      tile("better", count("better"), "values"),
      tile("steady", count("steady"), "values"),
      tile("not to be judged", count("too_short") + count("unjudged"), "values"),
    ),
  );
}

function page(history: History): { nodes: HTMLElement[]; draw: () => void; showAll: () => void } {
  document.title = `History of results: ${verdict(history)}`;
  const views = history.setups.map((setup, i) => new SetupView(setup, i));
  const draw = () => views.forEach((view) => view.charts.forEach((chart) => chart.draw()));
  return {
    nodes: [header(history, draw), el("main", {}, ...views.map((view) => view.node))],
    draw,
    showAll: () => views.forEach((view) => view.showAll()),
  };
}

function main(): void {
  const data = document.getElementById("report");
  const root = document.getElementById("page");
  if (!data || !root) throw new Error("the page has lost its data");
  const { nodes, draw, showAll } = page(JSON.parse(data.textContent ?? "") as History);
  const licence = document.getElementById("licence")?.textContent ?? "";
  const foot = el(
    "footer",
    {},
    el("p", {}, "Made by assay history. This page loads nothing from anywhere."),
    el("details", {}, el("summary", {}, "Licence of the charts (uPlot)"), el("pre", {}, licence)),
  );
  root.replaceChildren(...nodes, foot);
  draw();
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") showAll();
  });
}

main();
