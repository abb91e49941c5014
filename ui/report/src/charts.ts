// The charts of a report. Those over time share one axis, one cursor and one zoom.

import { Chart, ChartOptions, Line, Span, timeText } from "./chart";
import { el, section } from "./dom";
import { digits, latency, seconds, tick } from "./format";
import { Report, SeriesRow, inMicroseconds, isRedundant, rowName } from "./report";

const kColors = 8;

function lineStyle(index: number): Pick<Line, "color" | "dash"> {
  const dash = [undefined, [6, 4], [2, 3], [8, 3, 2, 3]][Math.floor(index / kColors) % 4];
  return { color: `line-${(index % kColors) + 1}`, dash };
}

/** A style for each row, the same in every chart: totals are drawn in the colour of text. */
function styled(report: Report, rows: { group: string; operation: string }[]) {
  let next = 0;
  return rows
    .map((row, index) => {
      const total = row.operation === "all";
      const style = total ? { color: "all", dash: row.group === "all" || report.groups.length === 1 ? undefined : [6, 4] } : lineStyle(next++);
      return { index, name: rowName(report, row), total, style };
    })
    .filter(({ index }) => !isRedundant(report, rows, index));
}

function spansOf(report: Report): Span[] {
  const phases: Span[] = report.phases
    .filter((p) => p.phase !== "measure" && p.length_s > 0)
    .map((p) => ({
      from: p.start_s,
      to: p.start_s + p.length_s,
      kind: "phase",
      label: p.phase === "warmup" ? "warm-up" : p.phase,
    }));
  const events: Span[] = report.events.map((e, i) => ({
    from: e.at_s,
    to: e.at_s + e.length_s,
    kind: e.length_s > 0 ? "outage" : "instant",
    label: `${i + 1} ${e.kind}`,
  }));
  return [...phases, ...events];
}

export class Charts {
  private readonly charts: Chart[] = [];
  private readonly spans: Span[];
  private readonly latencyChart: Chart | null = null;
  private selected: number;

  constructor(private readonly report: Report) {
    this.spans = spansOf(report);
    this.selected = report.series.rows.length - 1;
    if (report.series.start_s.length > 0) this.latencyChart = new Chart(this.latencyOptions());
  }

  showAll(): void {
    for (const chart of this.charts) chart.showAll();
  }

  /** Draws all of them; again when the colours change. */
  draw(): void {
    for (const chart of this.charts) chart.draw();
  }

  timeline(): HTMLElement {
    if (!this.latencyChart) return section("timeline", "Over time", el("p", {}, "The run recorded no interval."));
    return section(
      "timeline",
      "Over time",
      el(
        "p",
        { class: "note" },
        "Grey ground: phases that do not count. Red bands and dashed lines: events, numbered as in the table below. ",
        "Drag over a chart to enlarge a part of it in all of them, double-click or press Esc to see all again.",
      ),
      this.keep(new Chart(this.throughputOptions())),
      this.picker(),
      this.keep(this.latencyChart),
      this.keep(new Chart(this.errorOptions())),
    );
  }

  distribution(): HTMLElement | null {
    if (this.report.distribution.length === 0) return null;
    return section(
      "distribution",
      "Distribution of response times",
      el("p", { class: "note" }, "How long the operations took that were due while measuring: at 99 %, one in a hundred took longer."),
      this.keep(new Chart(this.distributionOptions())),
    );
  }

  target(): HTMLElement | null {
    const series = this.report.target_series.filter((s) => s.at_s.length > 0);
    if (series.length === 0) return null;
    const grid = el("div", { class: "grid" });
    series.forEach((s, i) => grid.append(this.keep(new Chart(this.targetOptions(s, i)))));
    return section("target-series", "What the target says of itself", grid);
  }

  private keep(chart: Chart): HTMLElement {
    this.charts.push(chart);
    chart.onShowAll = () => this.showAll();
    return chart.node;
  }

  private overTime(
    rest: Pick<ChartOptions, "id" | "title" | "summary" | "y" | "lines"> & Partial<ChartOptions>,
  ): ChartOptions {
    const { start_s, length_s } = this.report.series;
    const middles = start_s.map((s, i) => s + length_s[i] / 2);
    return {
      x: middles,
      xLabel: "time since the start, s",
      xText: timeText,
      xTick: tick,
      xRange: [0, Math.max(this.report.length_s, ...middles.slice(-1))],
      yTick: tick,
      spans: this.spans,
      sync: "time",
      ...rest,
    };
  }

  private throughputOptions(): ChartOptions {
    const rows = this.report.series.rows;
    const all = rows[rows.length - 1];
    const lines: Line[] = styled(this.report, rows).map(({ index, name, total, style }) => ({
      name,
      values: rows[index].rate,
      width: total ? 2 : 1.5,
      ...style,
    }));
    const least = Math.min(...all.rate);
    const most = Math.max(...all.rate);
    return this.overTime({
      id: "throughput",
      title: "Throughput",
      summary: `All operations: between ${digits(least)} and ${digits(most)} a second.`,
      y: "operations/s",
      lines,
    });
  }

  private picker(): HTMLElement {
    const rows = this.report.series.rows;
    const select = el("select", { id: "latency-of" });
    for (const { index, name } of styled(this.report, rows).reverse()) {
      const option = el("option", { value: String(index) }, name === "all" ? "all operations" : name);
      select.append(option);
    }
    this.selected = Number(select.value);
    select.addEventListener("change", () => {
      this.selected = Number(select.value);
      this.latencyChart?.draw(this.latencyOptions());
    });
    return el("p", { class: "picker" }, el("label", { for: "latency-of" }, "Response time of "), select);
  }

  /** Very short times are shown in µs, as in the table. */
  private timeUnit(): { y: string; scaled: (ms: (number | null)[]) => (number | null)[] } {
    const { operations } = this.report;
    if (!inMicroseconds(operations)) return { y: "ms", scaled: (ms) => ms };
    return { y: "µs", scaled: (ms) => ms.map((v) => (v === null ? null : v * 1000)) };
  }

  private latencyOptions(): ChartOptions {
    const { y, scaled } = this.timeUnit();
    const row: SeriesRow = this.report.series.rows[this.selected];
    const known = row.max_ms.filter((v): v is number => v !== null);
    const worst = known.length ? Math.max(...known) : null;
    return this.overTime({
      id: "latency",
      title: `Response time, ${rowName(this.report, row)}`,
      summary: worst === null ? "Nothing was timed." : `The longest took ${latency(worst)}.`,
      y,
      log: true,
      lines: [
        { name: "p50", values: scaled(row.p50_ms), color: "line-1" },
        { name: "p99", values: scaled(row.p99_ms), color: "line-2" },
        { name: "max", values: scaled(row.max_ms), color: "line-3", dash: [2, 3] },
      ],
    });
  }

  private errorOptions(): ChartOptions {
    const rows = this.report.series.rows;
    const all = rows[rows.length - 1];
    const total = all.errors.reduce((sum, v, i) => sum + v * this.report.series.length_s[i], 0);
    const failing = styled(this.report, rows).filter(({ index, total: t }) => !t && rows[index].errors.some((v) => v > 0));
    const lines: Line[] = [{ name: "all", values: all.errors, color: "bad", bars: true, width: 0 }];
    if (failing.length > 1) {
      for (const { index, name, style } of failing) lines.push({ name, values: rows[index].errors, hidden: true, ...style });
    }
    return this.overTime({
      id: "errors",
      title: "Errors",
      summary: total > 0 ? `${digits(Math.round(total))} operations failed in the run.` : "No operation failed.",
      y: "failed operations/s",
      height: 160,
      lines,
    });
  }

  private distributionOptions(): ChartOptions {
    const { y, scaled } = this.timeUnit();
    const rows = this.report.distribution;
    const longest = rows.reduce((a, b) => (b.nines.length > a.nines.length ? b : a));
    const x = longest.nines;
    const percent = (nines: number) => `${Number((100 * (1 - 10 ** -nines)).toPrecision(Math.max(2, Math.ceil(nines) + 1)))} %`;
    const most = x[x.length - 1];
    const marks = [0, 0.30103, 1, 2, 3, 4, 5, 6, 7, 8].filter((v) => v <= most);
    const lines: Line[] = styled(this.report, rows).map(({ index, name, total, style }) => ({
      name,
      // A shorter curve ends at a place of its own: its last point is moved to the next one of the longest curve.
      values: scaled(x.map((_, i) => rows[index].response_ms[i] ?? null)),
      width: total ? 2 : 1.5,
      ...style,
    }));
    return {
      id: "percentiles",
      title: "Response time by percentile",
      summary: `All operations: the longest took ${latency(rows[rows.length - 1].response_ms.slice(-1)[0])}.`,
      x,
      xLabel: "percentile of the operations",
      xText: (v) => `at ${percent(v)}`,
      xTick: percent,
      xSplits: marks,
      xRange: [0, most],
      y,
      yTick: tick,
      log: true,
      height: 280,
      lines,
    };
  }

  private targetOptions(s: Report["target_series"][number], index: number): ChartOptions {
    const values = s.counter ? perSecond(s.at_s, s.value) : s.value;
    const [at, shown] = withGaps(s.at_s, values);
    const known = shown.filter((v): v is number => v !== null);
    const unit = s.counter ? `${s.unit || "count"}/s` : s.unit || "value";
    return {
      ...this.overTime({
        id: `target-${index}`,
        title: s.name,
        summary: known.length ? `Between ${digits(Math.min(...known))} and ${digits(Math.max(...known))} ${unit}.` : "No value.",
        y: unit,
        height: 170,
        lines: [{ name: s.counter ? "per second" : "value", values: shown, ...lineStyle(index) }],
      }),
      x: at,
    };
  }
}

/** A counter's growth between samples, shown at the later one. */
function perSecond(at: number[], value: (number | null)[]): (number | null)[] {
  return value.map((v, i) => {
    const before = i > 0 ? value[i - 1] : null;
    if (v === null || before === null || at[i] <= at[i - 1]) return null;
    return Math.max(0, (v - before) / (at[i] - at[i - 1])); // a server that restarted counts from 0 again
  });
}

/** A hole where samples are missing, so that no line is drawn over the time in which the target did not answer. */
function withGaps(at: number[], value: (number | null)[]): [number[], (number | null)[]] {
  const steps = at.slice(1).map((t, i) => t - at[i]).sort((a, b) => a - b);
  const usual = steps.length ? steps[Math.floor(steps.length / 2)] : 0;
  const outAt: number[] = [];
  const outValue: (number | null)[] = [];
  at.forEach((t, i) => {
    if (i > 0 && usual > 0 && t - at[i - 1] > 2.5 * usual) {
      outAt.push((t + at[i - 1]) / 2);
      outValue.push(null);
    }
    outAt.push(t);
    outValue.push(value[i]);
  });
  return [outAt, outValue];
}

export function describePhases(report: Report): string {
  return report.phases.map((p) => `${p.phase === "warmup" ? "warm-up" : p.phase} ${seconds(p.length_s)}`).join(", ");
}
