// One chart: a figure with its title, a legend of buttons, the canvas of uPlot, a line that reads out the numbers under the
// cursor, and the same numbers as a table. The cursor moves with the mouse, a finger, or the arrow keys.

import uPlot from "uplot";
import { el, table } from "./dom";
import { digits, seconds } from "./format";
import { Span, drawLabels, drawSpans, labelStrip } from "./spans";
import { color } from "./theme";

export interface Line {
  name: string;
  values: (number | null)[];
  /** A name of the style sheet: "all", "line-1" … "line-8", "bad". */
  color: string;
  width?: number;
  /** Lengths of strokes and gaps; empty: drawn through. */
  dash?: number[];
  /** Bars stand on 0, one for each x; of steps each value holds until the next x; dots have no line. */
  shape?: "line" | "bars" | "steps" | "dots";
  hidden?: boolean;
}

export interface ChartOptions {
  id: string;
  title: string;
  /** What a reader who sees no chart should know of it. */
  summary: string;
  x: number[];
  xLabel: string;
  xText: (x: number) => string;
  xTick?: (x: number) => string;
  xSplits?: number[];
  xRange: [number, number];
  y: string;
  yTick: (v: number) => string;
  log?: boolean;
  /** The axis shows the values and what is around them, and does not begin at 0. */
  fit?: boolean;
  height?: number;
  spans?: Span[];
  sync?: string;
  lines: Line[];
}

const kFont = "12px system-ui, sans-serif";
/** So many points are seen each by itself. */
const kFewPoints = 30;

export class Chart {
  readonly node: HTMLElement;
  private plot: uPlot | null = null;
  private readonly box: HTMLElement;
  private readonly readout: HTMLElement;
  private shown: boolean[];
  private readonly legend: HTMLElement;
  private readonly title: HTMLElement;
  private readonly details: HTMLDetailsElement;
  /** The height of the names above the chart. */
  private strip = 0;

  constructor(private options: ChartOptions) {
    this.shown = options.lines.map((line) => !line.hidden);
    this.box = el("div", {
      class: "plot",
      tabindex: "0",
      role: "application", // or a screen reader keeps the arrow keys for itself
      "aria-roledescription": "chart",
      "aria-label": `${options.title}. ${options.summary} Arrow keys read out the values.`,
    });
    this.readout = el("p", { class: "readout", "aria-live": "off" });
    this.legend = el("div", { class: "legend", role: "group", "aria-label": `Lines of ${options.title}` });
    this.title = el("strong", {}, options.title);
    this.details = el("details", {}, el("summary", {}, "The numbers of this chart"));
    this.details.addEventListener("toggle", () => this.fillNumbers());
    this.node = el(
      "figure",
      { id: options.id, class: "chart" },
      el("figcaption", {}, this.title, el("span", { class: "unit" }, options.y)),
      this.legend,
      this.box,
      this.readout,
      this.details,
    );
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("focus", () => this.readout.setAttribute("aria-live", "polite"));
    this.box.addEventListener("blur", () => this.readout.setAttribute("aria-live", "off"));
    new ResizeObserver(() => this.resize()).observe(this.box);
    this.readNothing();
  }

  /** What a double-click does; the page shows all again in every chart. */
  onShowAll: () => void = () => this.showAll();

  showAll(): void {
    this.plot?.setScale("x", { min: this.options.xRange[0], max: this.options.xRange[1] });
  }

  /** Draws it anew, in the colours of now. */
  draw(options?: ChartOptions): void {
    if (options) this.show(options);
    this.plot?.destroy();
    this.fillLegend();
    this.plot = new uPlot(this.plotOptions(), this.data(), this.box);
  }

  /**
   * More of the same lines, for a chart that goes on growing. Where the reader has enlarged a part, that part stays; the table of the
   * numbers stays as it was when it was opened.
   */
  update(options: ChartOptions): void {
    const same = this.plot && options.lines.length === this.options.lines.length &&
      options.lines.every((line, i) => line.name === this.options.lines[i].name && line.color === this.options.lines[i].color);
    if (!this.plot || !same || options.log !== this.options.log) return this.draw(options);
    const plot = this.plot;
    const { min, max } = plot.scales.x;
    const [from, to] = this.options.xRange;
    const followed = min === from && max === to;
    const title = options.title !== this.options.title || options.summary !== this.options.summary;
    this.options = options;
    if (title) this.say();
    if (this.strip !== this.stripHeight()) {
      this.strip = this.stripHeight();
      return this.draw();
    }
    plot.batch(() => {
      plot.setData(this.data(), false);
      plot.setScale("x", followed ? { min: options.xRange[0], max: options.xRange[1] } : { min: min ?? from, max: max ?? to });
    });
  }

  private say(): void {
    this.title.textContent = this.options.title;
    this.box.setAttribute("aria-label", `${this.options.title}. ${this.options.summary} Arrow keys read out the values.`);
  }

  private show(options: ChartOptions): void {
    const before = new Map(this.options.lines.map((line, i) => [line.name, this.shown[i]]));
    this.shown = options.lines.map((line) => before.get(line.name) ?? !line.hidden);
    this.options = options;
    this.say();
    this.details.querySelector(".scroll")?.remove();
    this.fillNumbers();
  }

  /** The table is made when somebody opens it: it may have thousands of rows. */
  private fillNumbers(): void {
    if (this.details.open && !this.details.querySelector(".scroll")) this.details.append(this.numbers());
  }

  private data(): uPlot.AlignedData {
    const positive = (v: number | null) => (v !== null && v > 0 ? v : null);
    const { x, lines, log } = this.options;
    return [x, ...lines.map((line) => (log ? line.values.map(positive) : line.values))] as uPlot.AlignedData;
  }

  private plotOptions(): uPlot.Options {
    const o = this.options;
    const axis = { stroke: color("text-soft"), font: kFont, labelFont: kFont, ticks: { stroke: color("grid"), width: 1 } };
    this.strip = this.stripHeight();
    return {
      width: this.width(),
      height: this.height(),
      padding: this.strip > 0 ? [this.strip, null, null, null] : undefined,
      scales: {
        x: { time: false, auto: false, min: o.xRange[0], max: o.xRange[1], range: (_u, from, to) => [from, to] },
        y: this.yScale(),
      },
      axes: [
        {
          ...axis,
          label: o.xLabel,
          labelSize: 20,
          size: 32,
          grid: { stroke: color("grid"), width: 1 },
          values: (_, splits) => splits.map((v) => (o.xTick ? o.xTick(v) : String(v))),
          ...(o.xSplits ? { splits: o.xSplits } : {}),
        },
        {
          ...axis,
          label: o.y,
          labelSize: 20,
          size: (_u, values) => 22 + 7 * Math.max(4, ...(values ?? []).map((v) => v.length)),
          grid: { stroke: color("grid"), width: 1 },
          values: (_, splits) => splits.map((v) => (v === null ? "" : o.yTick(v))),
        },
      ],
      series: [{}, ...o.lines.map((line, i) => this.series(line, i))],
      legend: { show: false },
      cursor: {
        sync: o.sync ? { key: o.sync, setSeries: false, scales: ["x", null] } : undefined,
        drag: { x: true, y: false },
        points: { size: 7 },
        bind: { dblclick: () => () => (this.onShowAll(), null) },
      },
      hooks: {
        drawClear: [(u) => drawSpans(u, this.options.spans ?? [])],
        draw: [(u) => drawLabels(u, this.options.spans ?? [], this.strip)],
        setCursor: [(u) => this.read(u.cursor.idx ?? null)],
      },
    };
  }

  private yScale(): uPlot.Scale {
    if (this.options.log) return { distr: 3, range: (_u, low, high) => logRange(low, high) };
    if (this.options.fit) return { range: (_u, low, high) => fitRange(low, high) };
    return { range: (_u, _low, high) => [0, high > 0 ? high * 1.08 : 1] };
  }

  private series(line: Line, index: number): uPlot.Series {
    const stroke = color(line.color);
    const dots = line.shape === "dots";
    return {
      label: line.name,
      show: this.shown[index],
      stroke,
      width: line.width ?? 1.5,
      dash: line.dash?.length ? line.dash : undefined,
      fill: line.shape === "bars" ? stroke : undefined,
      paths: this.paths(line),
      // A value between two holes has no line to be seen by.
      points: {
        show: line.shape !== "bars" && line.shape !== "steps",
        size: dots ? 5 : 4,
        fill: dots ? stroke : undefined,
        filter: dots ? undefined : () => (this.options.x.length <= kFewPoints ? null : alone(this.options.lines[index].values)),
      },
      spanGaps: false,
    };
  }

  private paths(line: Line): uPlot.Series.PathBuilder | undefined {
    if (line.shape === "bars") return uPlot.paths.bars?.({ size: [0.9, 60], align: 0 });
    if (line.shape === "steps") return uPlot.paths.stepped?.({ align: 1 });
    return line.shape === "dots" ? () => null : undefined;
  }

  private fillLegend(): void {
    this.legend.replaceChildren();
    this.options.lines.forEach((line, i) => {
      const swatch = el("span", { class: line.dash?.length ? "swatch dashed" : "swatch", "aria-hidden": "true" });
      swatch.style.borderColor = color(line.color);
      const button = el("button", { type: "button", "aria-pressed": String(this.shown[i]) }, swatch, line.name);
      button.addEventListener("click", () => {
        this.shown[i] = !this.shown[i];
        button.setAttribute("aria-pressed", String(this.shown[i]));
        this.plot?.setSeries(i + 1, { show: this.shown[i] });
      });
      this.legend.append(button);
    });
  }

  private read(index: number | null): void {
    if (index === null) return this.readNothing();
    const parts = this.options.lines
      .map((line, i) => ({ line, value: line.values[index], shown: this.shown[i] }))
      .filter(({ value, shown }) => shown && value !== null && value !== undefined)
      .map(({ line, value }) => `${line.name} ${digits(value)}`);
    const nothing = parts.length ? "" : "nothing";
    this.readout.textContent = `${this.options.xText(this.options.x[index])}: ${parts.join(", ")}${nothing} ${this.options.y}`;
  }

  private readNothing(): void {
    this.readout.textContent = "\u00a0";
  }

  private key(event: KeyboardEvent): void {
    if (!this.plot) return;
    const count = this.options.x.length;
    if (count === 0) return;
    const at = this.plot.cursor.idx ?? -1;
    const page = Math.max(1, Math.round(count / 10));
    const steps: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowLeft: at < 0 ? count - 1 : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: count - 1,
    };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const next = Math.min(Math.max(steps[event.key], 0), count - 1);
    this.plot.setCursor({ left: this.plot.valToPos(this.options.x[next], "x"), top: 10 });
    this.read(next);
  }

  private numbers(): HTMLElement {
    const o = this.options;
    return table(
      `${o.title}, ${o.y}`,
      [{ title: o.xLabel }, ...o.lines.map((line) => ({ title: line.name, number: true }))],
      o.x.map((x, i) => ({
        cells: [o.xText(x), ...o.lines.map((line) => (line.values[i] === null ? "–" : digits(line.values[i])))],
      })),
    );
  }

  private width(): number {
    return Math.max(this.box.clientWidth, 200);
  }

  private height(): number {
    return (this.options.height ?? 240) + this.strip;
  }

  private stripHeight(): number {
    return labelStrip(this.options.spans ?? [], this.options.xRange, this.width());
  }

  private resize(): void {
    if (!this.plot || this.plot.width === this.width()) return;
    if (this.strip !== this.stripHeight()) return this.draw();
    this.plot.setSize({ width: this.width(), height: this.height() });
  }
}

/** The values with some room around them: small changes fill the chart, and noise of far less than a per cent does not. */
function fitRange(low: number, high: number): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const room = Math.max(0.15 * (high - low), 0.02 * Math.abs(high)) || 1;
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

/** Whole powers of ten, unless that would leave most of the chart empty. */
function logRange(low: number, high: number): [number, number] {
  if (!(low > 0) || !(high > 0)) return [0.1, 10];
  const down = (v: number) => {
    const ten = 10 ** Math.floor(Math.log10(v));
    return [5, 2, 1].map((k) => k * ten).find((k) => k <= v) ?? ten;
  };
  const bottom = down(low);
  let top = down(high);
  while (top < high) top = Math.abs(top / 10 ** Math.floor(Math.log10(top)) - 2) < 0.01 ? top * 2.5 : top * 2;
  return [bottom, Math.max(top, bottom * 10)];
}

function alone(values: (number | null)[]): number[] {
  const none = (i: number) => values[i] === null || values[i] === undefined;
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) if (!none(i) && none(i - 1) && none(i + 1)) found.push(i);
  return found;
}

export function timeText(at: number): string {
  return `at ${seconds(at)}`;
}
