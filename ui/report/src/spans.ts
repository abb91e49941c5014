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

/**
 * Each name in the first row that has room between `from` and `to`, phases first. An event without room is its number alone, if
 * that; the name of a phase that is shorter than it is left out.
 */
function place(ctx: CanvasRenderingContext2D, spans: Span[], at: (x: number) => number, from: number, to: number, px: number): Label[] {
  setFont(ctx, px);
  const placed: Label[] = [];
  const fits = (span: Span, text: string): boolean => {
    if (text === "") return false;
    const begin = at(span.from);
    const end = span.kind === "instant" ? begin : at(span.to);
    if (begin > to || end < from) return true; // not in the part that is shown
    const anchor = Math.max(begin, from);
    const width = ctx.measureText(text).width + 8 * px;
    if (span.kind === "phase" && anchor + width > Math.min(end, to)) return true;
    const left = anchor + width <= to ? anchor + 4 * px : anchor - width + 4 * px;
    const right = left + width - 4 * px;
    for (let row = 0; row < kRows; row++) {
      if (placed.some((p) => p.row === row && left < p.right && p.left - 4 * px < right)) continue;
      placed.push({ at: begin, left, right, row, text, color: span.kind === "phase" ? "text-soft" : "event" });
      return true;
    }
    return false;
  };
  for (const span of spans.filter((s) => s.kind === "phase")) fits(span, span.label);
  for (const span of spans.filter((s) => s.kind !== "phase")) if (!fits(span, span.label)) fits(span, /^\d*/.exec(span.label)?.[0] ?? "");
  return placed;
}

/** The height of the rows that the names need while all is shown: a chart does not move up and down while it is enlarged. */
export function labelStrip(spans: Span[], [low, high]: [number, number], width: number): number {
  const ctx = document.createElement("canvas").getContext("2d");
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
