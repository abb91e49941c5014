// The charts of a report, as src/results/charts.h describes them. Those over time share one axis, one cursor and one zoom.

import { Chart, ChartOptions, timeText } from "../../parts/chart";
import { el, section } from "../../parts/dom";
import { latency, seconds, tick } from "../../parts/format";
import { ChartData, Report } from "./report";

/** What is read out at a place of the x axis, and what its ticks say where the chart names none. */
const kAxes: Record<ChartData["axis"], { text: (x: number, next?: number) => string; tick: (x: number) => string }> = {
  time: { text: timeText, tick },
  percentile: { text: (x) => `at ${percent(x)}`, tick: percent },
  duration: {
    text: (x, next) => (next === undefined ? `from ${latency(10 ** x)}` : `${latency(10 ** x)} to ${latency(10 ** next)}`),
    tick: (x) => latency(10 ** x),
  },
};

function percent(nines: number): string {
  return `${Number((100 * (1 - 10 ** -nines)).toPrecision(Math.max(2, Math.ceil(nines) + 1)))} %`;
}

export class Charts {
  private readonly charts: Chart[] = [];

  constructor(private readonly report: Report) {}

  showAll(): void {
    for (const chart of this.charts) chart.showAll();
  }

  /** Draws all of them; again when the colours change. */
  draw(): void {
    for (const chart of this.charts) chart.draw();
  }

  timeline(): HTMLElement {
    const list = this.of("timeline");
    if (list.length === 0) return section("timeline", "Over time", el("p", {}, "The run recorded no interval."));
    return section(
      "timeline",
      "Over time",
      el(
        "p",
        { class: "note" },
        "Grey ground: phases that do not count. Red bands and dashed lines: events, numbered as in the table below. ",
        "Drag over a chart to enlarge a part of it in all of them, double-click or press Esc to see all again.",
      ),
      ...list,
    );
  }

  distribution(): HTMLElement | null {
    const list = this.of("distribution");
    if (list.length === 0) return null;
    return section(
      "distribution",
      "Distribution of response times",
      el(
        "p",
        { class: "note" },
        "How long the operations took that were due while measuring. Above: how many of a hundred took about so long, the bins ",
        "are 12 % wide. Below: at 99 %, one in a hundred took longer.",
      ),
      ...list,
    );
  }

  target(): HTMLElement | null {
    const list = this.of("target");
    if (list.length === 0) return null;
    return section("target-series", "What the target says of itself", el("div", { class: "grid" }, ...list));
  }

  /** The charts of a section; of those with the same id one is shown, and the reader chooses which. */
  private of(name: ChartData["section"]): HTMLElement[] {
    const nodes: HTMLElement[] = [];
    const list = this.report.charts.list.filter((data) => data.section === name);
    for (let i = 0; i < list.length; ) {
      const choices = list.slice(i).filter((data, k) => list.slice(i, i + k + 1).every((other) => other.id === data.id));
      const chart = new Chart(optionsOf(choices[0], this.report.charts));
      this.charts.push(chart);
      chart.onShowAll = () => this.showAll();
      if (choices[0].choice) nodes.push(this.picker(chart, choices));
      nodes.push(chart.node);
      i += choices.length;
    }
    return nodes;
  }

  private picker(chart: Chart, choices: ChartData[]): HTMLElement {
    const id = `${choices[0].id}-of`;
    const select = el("select", { id });
    choices.forEach((data, i) => select.append(el("option", { value: String(i) }, data.choice)));
    select.addEventListener("change", () => chart.draw(optionsOf(choices[Number(select.value)], this.report.charts)));
    return el("p", { class: "picker" }, el("label", { for: id }, "Response time of "), select);
  }
}

/** How a chart of a result is drawn. */
export function optionsOf(data: ChartData, all: Report["charts"]): ChartOptions {
  const axis = kAxes[data.axis];
  const x = data.x ?? all.time;
  const ticks = new Map(data.ticks);
  const overTime = data.axis === "time";
  return {
    id: data.id,
    title: data.title,
    summary: data.summary,
    x,
    xLabel: data.x_label,
    xText: (v) => axis.text(v, x[x.indexOf(v) + 1]),
    xTick: (v) => ticks.get(v) ?? axis.tick(v),
    xSplits: ticks.size > 0 ? [...ticks.keys()] : undefined,
    xRange: [data.x_from, data.x_to],
    y: data.unit,
    yTick: tick,
    log: data.log,
    height: data.height,
    spans: overTime ? all.spans : undefined,
    sync: overTime ? "time" : undefined,
    lines: data.lines,
  };
}

export function describePhases(report: Report): string {
  return report.phases.map((p) => `${p.phase === "warmup" ? "warm-up" : p.phase} ${seconds(p.length_s)}`).join(", ");
}
