// The comparison that a page is made of, as src/results/render_comparison_json.cc writes it, and its parts as people read them: the
// same words as src/results/comparison_text.h.

import { digits, latency } from "../../parts/format";
import { Report } from "./report";

export interface Against {
  side: string;
  change: number | null;
  low: number | null;
  high: number | null;
  p: number | null;
  effect: number;
  effect_kind: "" | "g" | "delta" | "pairs";
  detectable: number | null;
  values_a: number;
  standing: "beyond" | "worse" | "better" | "within" | "unclear" | "unknown";
  why: string;
}

export interface Figure {
  row: string;
  figure: string;
  quantity: "duration" | "rate" | "share" | "count" | "number";
  unit: string;
  note: string;
  scale: "relative" | "absolute";
  /** 0 where nothing is judged. */
  tolerance: number;
  values: (number | null)[];
  /** Of pairs: by side, by run. */
  runs?: (number | null)[][];
  against: Against[];
}

export interface Side {
  label: string;
  name: string;
  target: string;
  title: string;
  started: string;
  measured_s: number;
  invalid: boolean;
  remarks: string[];
  results: string[];
}

export interface Varying {
  name: string;
  values: string[];
}

export interface Comparison {
  workload: string;
  verdict: "pass" | "fail" | "invalid";
  conclusion: string;
  confidence: number;
  tolerance: number | null;
  pairs: number;
  sides: Side[];
  differs: Varying[];
  /** Settings of servers of different kinds, that not all of them have. */
  own_settings: Varying[];
  operations: Figure[];
  figures: Figure[];
  notes: string[];
  charts: Report["charts"];
}

export const kStandings = { beyond: "WORSE", worse: "worse", better: "better", within: "same", unclear: "", unknown: "" };

export function value(figure: Figure, side: number): string {
  const v = figure.values[side];
  if (v === null) return "–";
  if (figure.quantity === "duration") return latency(v);
  if (figure.quantity === "rate") return `${digits(v)} /s`;
  if (figure.quantity === "share") return `${digits(v * 100)} %`;
  return `${digits(v)} ${figure.unit}`.trim();
}

/** "95 %". */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`;
}

/** A change without its unit, with as many digits as show where it lies beside these sizes. */
export function signed(change: number, plus = "+", beside: number[] = []): string {
  const size = Math.abs(change * 100);
  const order = (a: number, b: number) => (Math.abs(a - b) <= 1e-12 * Math.max(a, b) ? 0 : Math.sign(a - b));
  const misplaced = (text: string) => beside.some((limit) => order(Number(text), 100 * limit) !== order(size, 100 * limit));
  let behind = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  while (behind < 17 && misplaced(size.toFixed(behind))) behind++;
  const text = size.toFixed(behind);
  return `${Number(text) === 0 ? "" : change < 0 ? "−" : plus}${text}`;
}

export function unitOf(figure: Figure): string {
  return figure.scale === "absolute" ? "pp" : "%";
}

export function change(figure: Figure, d: Against): string {
  return d.change === null ? "–" : `${signed(d.change)} ${unitOf(figure)}`;
}

export function interval(figure: Figure, d: Against): string {
  const end = (v: number) => signed(v, "+", [0, figure.tolerance]);
  return d.low === null || d.high === null ? "" : `${end(d.low)} … ${end(d.high)} ${unitOf(figure)}`;
}

export function effect(d: Against): string {
  if (d.effect_kind === "g") return `g ${d.effect.toFixed(1).replace("-", "−")}`;
  if (d.effect_kind === "delta") return `δ ${d.effect.toFixed(2).replace("-", "−")}`;
  if (d.effect_kind === "pairs") return `${Math.round(((d.effect + 1) / 2) * d.values_a)} of ${d.values_a} larger`;
  return "";
}

/** It says nothing: no operation failed anywhere, or none was measured. */
export function isIdle(figure: Figure): boolean {
  return figure.values.every((v) => v === null || v === 0);
}

export function statisticName(name: string): string {
  return name === "rate" ? "throughput" : name === "mean" ? "mean response time" : /^p\d/.test(name) ? `response time ${name}` : name;
}
