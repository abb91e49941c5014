// Charts made of elements rather than drawn: bars in groups, and intervals on a common scale. They follow the width of the
// window and the colours of the page by themselves.

import { el } from "../../parts/dom";

export interface Bar {
  name: string;
  value: number | null;
  /** The value as people read it, and what is said behind it. */
  text: string;
  note?: string;
  noteKind?: string;
  /** A name of the style sheet. */
  color: string;
}

export interface BarGroup {
  name: string;
  bars: Bar[];
}

/** Groups of bars. `shared`: one scale for all groups, else each group has its own. */
export function barGroups(groups: BarGroup[], shared: boolean): HTMLElement {
  const largest = (bars: Bar[]) => Math.max(0, ...bars.map((b) => b.value ?? 0));
  const overall = largest(groups.flatMap((g) => g.bars));
  return el(
    "div",
    { class: "bars" },
    ...groups.map((group) => {
      const most = shared ? overall : largest(group.bars);
      return el(
        "div",
        { class: "bar-group" },
        el("h3", {}, group.name),
        ...group.bars.map((bar) => {
          const fill = bar.value ? el("span", { class: "bar" }) : null;
          if (fill) {
            fill.style.width = `${(100 * bar.value!) / most}%`;
            fill.style.backgroundColor = `var(--${bar.color})`;
          }
          return el(
            "div",
            { class: "bar-row" },
            el("span", { class: "bar-name" }, bar.name),
            el("span", { class: "bar-track", "aria-hidden": "true" }, fill),
            el("span", { class: "bar-value" }, bar.text),
            el("span", { class: `bar-note ${bar.noteKind ?? ""}` }, bar.note ?? ""),
          );
        }),
      );
    }),
  );
}

export interface IntervalRow {
  group: string;
  name: string;
  at: number;
  low: number;
  high: number;
  text: string;
  kind: "good" | "bad" | "soft";
}

/** Where the scale ends: what lies beyond is drawn as far as the edge, with an arrow there. */
const kMost = 2;

/** Changes with their intervals around 0, as fractions; `band` is shaded to both sides of 0. */
export function intervals(rows: IntervalRow[], band: number): HTMLElement {
  const reach = Math.max(0.01, band * 1.3, ...rows.flatMap((r) => [Math.abs(r.low), Math.abs(r.high)]));
  const scale = Math.min(kMost, reach) * 1.04;
  const place = (v: number) => 50 + (50 * Math.max(-scale, Math.min(scale, v))) / scale;
  const step = niceStep(scale);
  const ticks: number[] = [];
  for (let k = -Math.floor(scale / step); k <= Math.floor(scale / step); k++) ticks.push(k * step);
  const grid = () =>
    ticks.map((t) => {
      const line = el("span", { class: t === 0 ? "mark zero" : "mark" });
      line.style.left = `${place(t)}%`;
      return line;
    });
  const track = (row: IntervalRow) => {
    const shade = el("span", { class: "band" });
    shade.style.left = `${place(-band)}%`;
    shade.style.width = `${place(band) - place(-band)}%`;
    const line = el("span", { class: `reach ${row.kind}` });
    line.style.left = `${place(row.low)}%`;
    line.style.width = `${Math.max(0.4, place(row.high) - place(row.low))}%`;
    const dot = el("span", { class: `dot ${row.kind}` });
    dot.style.left = `${place(row.at)}%`;
    const beyond = [
      row.low < -scale ? el("span", { class: `beyond left ${row.kind}` }, "◀") : null,
      row.high > scale ? el("span", { class: `beyond right ${row.kind}` }, "▶") : null,
    ];
    return el("span", { class: "interval-track", "aria-hidden": "true" }, band > 0 ? shade : null, ...grid(), line, dot, ...beyond);
  };
  const axis = el("span", { class: "interval-axis", "aria-hidden": "true" });
  for (const t of ticks) {
    const label = el("span", {}, `${t > 0 ? "+" : t < 0 ? "−" : ""}${Number(Math.abs(t * 100).toPrecision(3))} %`);
    label.style.left = `${place(t)}%`;
    axis.append(label);
  }
  let before = "";
  return el(
    "div",
    { class: "intervals" },
    ...rows.map((row) => {
      const first = row.group !== before;
      before = row.group;
      return el(
        "div",
        { class: first ? "interval-row first" : "interval-row" },
        el("span", { class: "interval-group" }, first ? row.group : ""),
        el("span", { class: "interval-name" }, row.name),
        track(row),
        el("span", { class: `interval-text ${row.kind}` }, row.text),
      );
    }),
    el("div", { class: "interval-row axis" }, el("span"), el("span"), axis, el("span")),
  );
}

function niceStep(scale: number): number {
  const ten = 10 ** Math.floor(Math.log10(scale / 2));
  return [1, 2, 5, 10].map((k) => k * ten).find((step) => scale / step <= 3) ?? 10 * ten;
}
