// What happened beside the lines of a chart over time: phases that do not count, outages, instants. Their grounds lie behind the
// lines, their names stand above the chart, where they hide nothing.

import uPlot from "uplot";
import { color } from "./theme";

export interface Span {
  from: number;
  to: number;
  kind: "outage" | "instant" | "phase";
  label: string;
}

/** A name: where its span begins and where the text stands, in the pixels in which it was measured. */
interface Label {
  at: number;
  left: number;
  right: number;
  row: number;
  text: string;
  color: string;
}

const kRows = 3;
const kRowHeight = 15;
/** Measures texts; it is never shown. */
let ruler: CanvasRenderingContext2D | null = null;

function setFont(ctx: CanvasRenderingContext2D, px: number): void {
  ctx.font = `${Math.round(11 * px)}px system-ui, sans-serif`;
}

/** Outages as bands, instants as dashed lines, phases as a grey ground. */
export function drawSpans(u: uPlot, spans: Span[]): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  for (const span of spans) {
    const from = u.valToPos(span.from, "x", true);
    const to = u.valToPos(span.to, "x", true);
    if (span.kind === "instant") {
      ctx.strokeStyle = color("event");
      ctx.lineWidth = Math.max(1, devicePixelRatio);
      ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
      const at = Math.round(from) + (ctx.lineWidth % 2) / 2; // in the middle of a pixel, so that it is crisp
      ctx.beginPath();
      ctx.moveTo(at, top);
      ctx.lineTo(at, top + height);
      ctx.stroke();
    } else {
      ctx.fillStyle = color(span.kind === "outage" ? "outage" : "ground");
      ctx.fillRect(from, top, Math.max(to - from, 2 * devicePixelRatio), height);
    }
  }
  ctx.restore();
}

/** Names do not cover each other, and no stem, which goes down from a name, crosses one. */
function disturb(a: Label, b: Label, gap: number): boolean {
  const covered = a.row === b.row && a.left < b.right + gap && b.left < a.right + gap;
  const crosses = (stem: Label, text: Label) => stem.row < text.row && text.left - gap < stem.at && stem.at < text.right + gap / 2;
  return covered || crosses(a, b) || crosses(b, a);
}

/**
 * Each name in the first row that has room between `from` and `to`, phases first, as in src/results/span_labels.h. An event without
 * room is its number or letter alone, if that; the name of a phase that is shorter than it is left out.
 */
function place(ctx: CanvasRenderingContext2D, spans: Span[], at: (x: number) => number, from: number, to: number, px: number): Label[] {
  setFont(ctx, px);
  const gap = 4 * px;
  const placed: Label[] = [];
  const shown = (span: Span) => at(span.from) <= to && (span.kind === "instant" ? at(span.from) : at(span.to)) >= from;
  const wide = (text: string) => ctx.measureText(text).width + 2 * gap;
  const anchor = (span: Span) => Math.max(at(span.from), from);
  const fits = (span: Span, text: string): boolean => {
    if (text === "") return false;
    if (span.kind === "phase" && anchor(span) + wide(text) > Math.min(at(span.to), to)) return true;
    const left = anchor(span) + wide(text) <= to ? anchor(span) + gap : anchor(span) - wide(text) + gap;
    for (let row = 0; row < kRows; row++) {
      const label = { at: at(span.from), left, right: left + wide(text) - 2 * gap, row, text, color: span.kind === "phase" ? "text-soft" : "event" };
      if (placed.some((other) => disturb(label, other, gap))) continue;
      placed.push(label);
      return true;
    }
    return false;
  };
  // The text of one that comes first lies above the stems of those that follow, or, at the right edge, of those before.
  const events = spans.filter((s) => s.kind !== "phase" && shown(s)).sort((a, b) => a.from - b.from);
  const right = (span: Span) => anchor(span) + wide(span.label) <= to;
  for (const span of spans.filter((s) => s.kind === "phase" && shown(s))) fits(span, span.label);
  for (const span of [...events.filter(right), ...events.filter((s) => !right(s)).reverse()])
    if (!fits(span, span.label)) fits(span, span.label.split(" ")[0]);
  return placed;
}

/** The height of the rows that the names need while all is shown: a chart does not move up and down while it is enlarged. */
export function labelStrip(spans: Span[], [low, high]: [number, number], width: number): number {
  const ctx = (ruler ??= document.createElement("canvas").getContext("2d"));
  if (!ctx || spans.length === 0) return 0;
  const [left, right] = [70, width - 20]; // about: uPlot lays out its axes later
  const at = (x: number) => left + ((x - low) / (high - low)) * (right - left);
  return kRowHeight * Math.max(0, ...place(ctx, spans, at, left, right, 1).map((label) => label.row + 1));
}

export function drawLabels(u: uPlot, spans: Span[], strip: number): void {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  ctx.save();
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  for (const label of place(ctx, spans, (x) => u.valToPos(x, "x", true), bbox.left, bbox.left + bbox.width, px)) {
    if ((label.row + 1) * kRowHeight > strip) continue;
    const top = bbox.top - (strip - label.row * kRowHeight) * px;
    ctx.fillStyle = color(label.color);
    if (label.at >= bbox.left) ctx.fillRect(Math.round(label.at), top, Math.max(1, Math.round(px)), bbox.top - top);
    ctx.fillText(label.text, label.left, top + px);
  }
  ctx.restore();
}
