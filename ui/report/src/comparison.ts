// The page of `assay compare --format html`: results against the first of them, as src/results/render_comparison.h has it.

import { Bar, BarGroup, IntervalRow, barGroups, intervals } from "./bars";
import { Chart, Line } from "../../parts/chart";
import { optionsOf } from "./charts";
import { badge, el, section, table } from "../../parts/dom";
import {
  Against, Comparison, Figure, Side, change, effect, interval, isIdle, kStandings, percent, signed, statisticName, unitOf, value, Varying,
} from "./comparison_data";
import { counted, digits, seconds } from "../../parts/format";
import { ChartData } from "./report";
import * as theme from "../../parts/theme";

function kindOf(standing: Against["standing"]): "good" | "bad" | "soft" {
  return standing === "better" ? "good" : standing === "beyond" || standing === "worse" ? "bad" : "soft";
}

function verdictBadge(d: Against): HTMLElement | string {
  const text = kStandings[d.standing];
  if (!text) return "";
  const kind = d.standing === "beyond" || d.standing === "worse" ? "fail" : d.standing === "better" ? "pass" : "not_applicable";
  return el("span", { class: `badge ${kind}` }, text);
}

class Page {
  private readonly charts: Chart[] = [];
  private readonly shown: Figure[];

  constructor(private readonly c: Comparison) {
    this.shown = c.operations.filter((f) => !isIdle(f));
  }

  draw(): void {
    for (const chart of this.charts) chart.draw();
  }

  showAll(): void {
    for (const chart of this.charts) chart.showAll();
  }

  private keep(chart: Chart): HTMLElement {
    this.charts.push(chart);
    chart.onShowAll = () => this.showAll();
    return chart.node;
  }

  header(): HTMLElement {
    const { c } = this;
    const notes = el("ul", { class: "notes" });
    notes.append(el("li", { class: c.verdict === "pass" ? "" : c.verdict }, c.conclusion));
    for (const side of c.sides) {
      for (const remark of side.remarks) notes.append(el("li", { class: side.invalid ? "invalid" : "warning" }, `${side.label}: ${remark}`));
    }
    for (const note of c.notes) notes.append(el("li", {}, note));
    const judged = c.tolerance !== null || c.verdict !== "pass";
    const others = c.sides.slice(1).map((s) => s.label).join(", ");
    return el(
      "header",
      {},
      el(
        "div",
        { class: "top" },
        el("h1", {}, `${c.workload}: ${others} against ${c.sides[0].label} `, judged ? badge(c.verdict) : null),
        theme.button(() => this.draw()),
      ),
      el(
        "p",
        { class: "sub" },
        (c.pairs ? `${c.pairs} pairs of runs, ` : "") +
          `intervals at ${percent(c.confidence)}` +
          (c.tolerance === null ? "" : `, tolerance ${percent(c.tolerance)}`),
      ),
      notes,
    );
  }

  sides(): HTMLElement {
    const rows = this.c.sides.map((side) => ({
      cells: [
        side.label,
        side.name,
        side.target,
        this.c.pairs ? `${side.results.length} runs` : `${side.started.replace("T", " ").replace("Z", " UTC")}`,
        seconds(side.measured_s),
      ],
    }));
    const columns = [{ title: "" }, { title: "result" }, { title: "target" }, { title: "started" }, { title: "measured for", number: true }];
    const { differs, own_settings: own } = this.c;
    const varying = (caption: string, list: Varying[]) =>
      table(
        caption,
        [{ title: "" }, ...this.c.sides.map((s) => ({ title: s.label }))],
        list.map((d) => ({ cells: [d.name, ...d.values.map((v) => el("span", { class: "text" }, v || "–"))] })),
      );
    const what = differs.length
      ? varying("What is not the same in all results", differs)
      : el("p", {}, "Nothing that is recorded: configuration and environment are the same.");
    const summary = `${counted(own.length, "setting")} that not every kind of server here has`;
    const rest = own.length ? el("details", {}, el("summary", {}, summary), varying("Settings of one kind of server", own)) : null;
    return section("sides", "What is compared", table("Results", columns, rows), el("h3", {}, "What differs besides"), what, rest);
  }

  /** Two sides: each change with its interval, as a picture and as a table. */
  differences(): HTMLElement {
    const rows: IntervalRow[] = [];
    for (const f of this.shown) {
      const d = f.against[0];
      if (f.scale === "absolute" || d.change === null || d.low === null || d.high === null) continue;
      const text = [change(f, d), kStandings[d.standing]].filter(Boolean).join(" ");
      rows.push({ group: f.row, name: f.figure, at: d.change, low: d.low, high: d.high, text, kind: kindOf(d.standing) });
    }
    const [a, b] = this.c.sides;
    const picture = rows.length
      ? el(
          "figure",
          { id: "intervals", class: "chart" },
          el("figcaption", {}, el("strong", {}, `How much larger ${b.label} is than ${a.label}`), el("span", { class: "unit" }, "% of A, with intervals")),
          intervals(rows, this.c.tolerance ?? 0),
        )
      : el("p", {}, "No figure has an interval; the table says why.");
    return section(
      "differences",
      "Differences",
      rows.length
        ? el(
            "p",
            { class: "note" },
            "An interval that leaves 0 out is a difference that was seen: green better, red worse. ",
            this.c.tolerance ? "The ground is the tolerance. " : "",
            "Throughput is better when it is larger, response times when they are smaller.",
          )
        : null,
      picture,
      this.differenceTable(),
    );
  }

  private differenceTable(): HTMLElement {
    const number = (title: string) => ({ title, number: true });
    const columns = [
      { title: "operation" },
      { title: "figure" },
      ...this.c.sides.map((s) => number(s.label)),
      number("difference"),
      number(`${percent(this.c.confidence)} interval`),
      number("seen from"),
      number("effect"),
      { title: "" },
    ];
    const rows = this.shown.map((f) => {
      const d = f.against[0];
      return {
        cells: [
          f.row,
          f.figure,
          ...this.c.sides.map((_, i) => value(f, i)),
          change(f, d),
          interval(f, d),
          d.detectable === null ? "" : `${signed(d.detectable, "")} ${unitOf(f)}`,
          effect(d),
          d.why ? el("span", { class: "text soft" }, d.why) : verdictBadge(d),
        ],
      };
    });
    return el(
      "div",
      {},
      table("Differences", columns, rows),
      el(
        "p",
        { class: "note" },
        this.c.pairs
          ? "Seen from: half of the interval. "
          : "Seen from: a difference of this size would have been seen in four of five such comparisons. Effect: g in standard " +
              "deviations of the intervals' rates; δ how much more often an operation of B took longer than one of A, less the opposite. ",
        "pp: percentage points.",
      ),
    );
  }

  /** The matrix of operations × results: bars, grouped as the reader likes. */
  matrix(): HTMLElement {
    const statistics = [...new Set(this.shown.map((f) => f.figure))];
    const select = el("select", { id: "matrix-of" });
    for (const name of statistics) select.append(el("option", { value: name }, statisticName(name)));
    const by = el("select", { id: "matrix-by" });
    by.append(el("option", { value: "operation" }, "operation"), el("option", { value: "result" }, "result"));
    const place = el("div");
    const show = () => place.replaceChildren(this.bars(select.value, by.value === "result"));
    select.addEventListener("change", show);
    by.addEventListener("change", show);
    show();
    return section(
      "matrix",
      "Operations × results",
      el(
        "p",
        { class: "picker" },
        el("label", { for: "matrix-of" }, "Show "),
        select,
        el("label", { for: "matrix-by" }, " grouped by "),
        by,
      ),
      place,
      this.c.sides.length > 2 ? this.matrixTable(statistics) : null,
      this.c.sides.length > 2
        ? el("p", { class: "note" }, `Below each change its ${percent(this.c.confidence)} interval; pp: percentage points.`)
        : null,
    );
  }

  private bars(statistic: string, byResult: boolean): HTMLElement {
    const { sides } = this.c;
    const measured = new Set(this.shown.map((f) => f.row));
    const rows = this.c.operations.filter((f) => f.figure === statistic && measured.has(f.row));
    const bar = (f: Figure, side: number, name: string, index: number): Bar => {
      const d = side > 0 ? f.against[side - 1] : null;
      const note = d && d.change !== null ? `${change(f, d)} ${kStandings[d.standing]}`.trim() : "";
      return { name, value: f.values[side], text: value(f, side), note, noteKind: d ? kindOf(d.standing) : "", color: `line-${(index % 8) + 1}` };
    };
    const named = (side: Side) => `${side.label} ${side.title}`;
    const groups: BarGroup[] = byResult
      ? sides.map((side, s) => ({ name: named(side), bars: rows.map((f) => bar(f, s, f.row, s)) }))
      : rows.map((f) => ({ name: f.row, bars: sides.map((side, s) => bar(f, s, named(side), s)) }));
    const scale = byResult ? "All bars have one scale." : "The bars of an operation have a scale of their own.";
    return el("div", {}, barGroups(groups, byResult), el("p", { class: "note" }, `${scale} Changes are against ${sides[0].label}.`));
  }

  private matrixTable(statistics: string[]): HTMLElement {
    const { sides } = this.c;
    const columns = [
      { title: "operation" },
      { title: "figure" },
      { title: sides[0].label, number: true },
      ...sides.slice(1).flatMap((s) => ["value", "against A", ""].map((title, i) => ({ title, number: i < 2, group: `${s.label} ${s.title}` }))),
    ];
    const rows = statistics.flatMap((name) =>
      this.shown
        .filter((f) => f.figure === name)
        .map((f) => ({
          cells: [
            f.row,
            f.figure,
            value(f, 0),
            ...f.against.flatMap((d, i) => [
              value(f, i + 1),
              el("span", {}, change(f, d), el("span", { class: d.why ? "reaches why" : "reaches" }, d.why || interval(f, d))),
              verdictBadge(d),
            ]),
          ],
        })),
    );
    return table("All figures", columns, rows);
  }

  /** One operation of all results, in several charts; the reader chooses which. */
  overlays(): HTMLElement | null {
    const { list } = this.c.charts;
    if (list.length === 0) return null;
    const ids = [...new Set(list.map((data) => data.id))];
    const choices = [...new Set(list.map((data) => data.choice))];
    const of = (id: string, choice: string): ChartData | undefined => list.find((data) => data.id === id && data.choice === choice);
    const select = el("select", { id: "overlay-of" });
    for (const choice of choices) select.append(el("option", { value: choice }, choice));
    const charts = ids.map((id) => new Chart(optionsOf(list.find((data) => data.id === id)!, this.c.charts)));
    const show = (draw: boolean) =>
      charts.forEach((chart, i) => {
        const data = of(ids[i], select.value);
        chart.node.hidden = !data; // nothing was timed of an operation that always failed
        if (data && draw) chart.draw(optionsOf(data, this.c.charts));
      });
    select.addEventListener("change", () => show(true));
    show(false);
    return section(
      "overlays",
      "Over time, and how response times are spread",
      el("p", { class: "picker" }, el("label", { for: "overlay-of" }, "Operation "), select),
      el(
        "p",
        { class: "note" },
        "All results from the beginning of their measured time. ",
        this.c.charts.spans.length ? "Red bands and dashed lines: events, with the letter of their result. " : null,
        "Drag over a chart over time to enlarge a part of it in all of them, double-click or press Esc to see all again.",
      ),
      ...charts.map((chart) => this.keep(chart)),
    );
  }

  /** Of pairs: what each pair says, beside the median and its interval. */
  pairs(): HTMLElement | null {
    const { c } = this;
    if (!c.pairs) return null;
    const figures = [...this.shown, ...c.figures].filter((f) => f.runs);
    const select = el("select", { id: "pairs-of" });
    figures.forEach((f, i) => select.append(el("option", { value: String(i) }, f.row ? `${f.row}, ${statisticName(f.figure)}` : f.figure)));
    const chart = new Chart(this.pairOptions(figures[0]));
    select.addEventListener("change", () => chart.draw(this.pairOptions(figures[Number(select.value)])));
    return section(
      "pairs",
      "Pair by pair",
      el("p", { class: "picker" }, el("label", { for: "pairs-of" }, "Show "), select),
      this.keep(chart),
    );
  }

  private pairOptions(f: Figure) {
    const [a, b] = f.runs!;
    const d = f.against[0];
    const of = (x: number | null, y: number | null) =>
      x === null || y === null || (f.scale === "relative" && x === 0) ? null : 100 * (f.scale === "relative" ? (y - x) / Math.abs(x) : y - x);
    const level = (v: number | null): (number | null)[] => a.map(() => (v === null ? null : v * 100));
    const lines: Line[] = [{ name: "median", values: level(d.change), color: "all", width: 2, shape: "steps" }];
    if (d.low !== null) {
      lines.push({ name: "interval, low", values: level(d.low), color: "line-8", dash: [6, 4], shape: "steps" });
      lines.push({ name: "interval, high", values: level(d.high), color: "line-8", dash: [6, 4], shape: "steps" });
    }
    lines.push({ name: "a pair", values: a.map((v, i) => of(v, b[i])), color: "line-1", shape: "dots" });
    return {
      id: "pair-changes",
      title: `${f.row ? `${f.row}, ` : ""}${statisticName(f.figure)}: B against A`,
      summary: `Median ${change(f, d)}.`,
      x: a.map((_, i) => i + 1),
      xLabel: "pair",
      xText: (x: number) => `pair ${x}`,
      xTick: (x: number) => (Number.isInteger(x) ? String(x) : ""),
      xRange: [0.5, a.length + 0.5] as [number, number],
      y: unitOf(f),
      yTick: digits,
      fit: true,
      lines,
    };
  }

  wholeRun(): HTMLElement | null {
    const { sides, figures, pairs, confidence } = this.c;
    if (figures.length === 0) return null;
    const number = (title: string) => ({ title, number: true });
    const columns = [
      { title: "figure" },
      number(sides[0].label),
      ...sides.slice(1).flatMap((s) => [number(s.label), number("difference"), ...(pairs ? [number(`${percent(confidence)} interval`), { title: "" }] : [])]),
      { title: "what it is" },
    ];
    const rows = figures.map((f) => ({
      cells: [
        f.figure,
        value(f, 0),
        ...f.against.flatMap((d, i) => [value(f, i + 1), change(f, d), ...(pairs ? [interval(f, d), verdictBadge(d)] : [])]),
        el("span", { class: "text" }, f.note),
      ],
    }));
    return section(
      "whole-run",
      "Of the whole run",
      table("Figures of the whole run", columns, rows),
      pairs ? null : el("p", { class: "note" }, "One number of each result, so there is no interval."),
    );
  }
}

function main(): void {
  const data = document.getElementById("report");
  const root = document.getElementById("page");
  if (!data || !root) throw new Error("the page has lost its data");
  const comparison = JSON.parse(data.textContent ?? "") as Comparison;
  const page = new Page(comparison);
  document.title = `Comparison: ${comparison.workload}`;
  const body = el("main");
  const two = comparison.sides.length === 2;
  for (const part of [page.sides(), two ? page.differences() : null, page.matrix(), page.pairs(), page.overlays(), page.wholeRun()])
    if (part) body.append(part);
  const nav = el("nav", { "aria-label": "Sections" });
  for (const part of body.querySelectorAll("section")) {
    nav.append(el("a", { href: `#${part.id}` }, part.querySelector("h2")?.textContent ?? part.id));
  }
  const licence = document.getElementById("licence")?.textContent ?? "";
  const foot = el(
    "footer",
    {},
    el("p", {}, "Made by assay compare. This page loads nothing from anywhere."),
    el("details", {}, el("summary", {}, "Licence of the charts (uPlot)"), el("pre", {}, licence)),
  );
  root.replaceChildren(page.header(), nav, body, foot);
  page.draw();
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") page.showAll();
  });
}

main();
