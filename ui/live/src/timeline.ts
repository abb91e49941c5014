// The time line of a run in bounded memory: for each operation, each group and the whole run, what happened in consecutive stretches
// of time. A time line either covers the whole run with at most kMostPoints stretches: beyond that their width doubles and
// neighbours are merged; or it keeps the newest part as it came. Merging adds counts and takes the higher of two response times, for
// percentiles cannot be added: the exact ones are in the result.

import { Cell, Interval } from "./api";

export const kMostPoints = 2000;

export type Quantity = "p50" | "p95" | "p99" | "max";
const kQuantities: Quantity[] = ["p50", "p95", "p99", "max"];

/** The columns of one line; all have an entry for each stretch. */
export class Track {
  completed: number[] = [];
  errors: number[] = [];
  retries: number[] = [];
  p50: (number | null)[] = [];
  p95: (number | null)[] = [];
  p99: (number | null)[] = [];
  max: (number | null)[] = [];

  /** `operation` "": the whole group; `group` "" too: the whole run. */
  constructor(
    readonly group: string,
    readonly operation: string,
    stretches: number,
  ) {
    for (let i = 0; i < stretches; i++) this.push(null);
  }

  push(cell: Cell | null): void {
    this.completed.push(cell?.completed ?? 0);
    this.errors.push(cell?.errors ?? 0);
    this.retries.push(cell?.retries ?? 0);
    for (const q of kQuantities) this[q].push(cell?.[`${q}_ms`] || null);
  }

  /** Adds the cell to the newest stretch. */
  add(cell: Cell): void {
    const i = this.completed.length - 1;
    this.completed[i] += cell.completed;
    this.errors[i] += cell.errors;
    this.retries[i] += cell.retries;
    for (const q of kQuantities) this[q][i] = higher(this[q][i], cell[`${q}_ms`]);
  }

  /** Stretch `from` becomes, or is added to, stretch `to` ≤ `from`. */
  move(from: number, to: number, merge: boolean): void {
    for (const column of [this.completed, this.errors, this.retries]) column[to] = merge ? column[to] + column[from] : column[from];
    for (const q of kQuantities) this[q][to] = merge ? higher(this[q][to], this[q][from]) : this[q][from];
  }

  cut(first: number, end: number): void {
    for (const column of [this.completed, this.errors, this.retries, this.p50, this.p95, this.p99, this.max]) {
      column.length = end;
      if (first > 0) column.splice(0, first);
    }
  }
}

/** Where nothing completed there is no time; 0 says the same. */
function higher(a: number | null, b: number | null): number | null {
  return !a ? b || null : !b ? a : Math.max(a, b);
}

export interface PhaseSpan {
  phase: string;
  from: number;
  to: number;
}

export class Timeline {
  start: number[] = [];
  length: number[] = [];
  readonly phases: PhaseSpan[] = [];
  readonly tracks = new Map<string, Track>();
  /** Stretches are filled up to this many seconds; 0: one for each interval. */
  private width = 0;

  /** `keep_s`: only the newest so many seconds are kept; 0: all. */
  constructor(private readonly keep_s = 0) {
    this.track("", "");
  }

  get points(): number {
    return this.start.length;
  }

  get end(): number {
    const last = this.points - 1;
    return last < 0 ? 0 : this.start[last] + this.length[last];
  }

  /** One that begins before the end of what is known was told before: it is left out, and the answer is false. */
  push(interval: Interval): boolean {
    const slack = interval.length_s / 1000;
    if (this.points > 0 && interval.start_s < this.end - slack) return false;
    // What was left out had nothing to tell; a line drawn over it would tell of throughput that was not there.
    if (this.points > 0 && interval.start_s > this.end + slack) this.open(this.end, interval.start_s - this.end);
    const last = this.points - 1;
    const fits = last >= 0 && this.length[last] + interval.length_s <= this.width * 1.001;
    if (fits) this.length[last] += interval.length_s;
    else this.open(interval.start_s, interval.length_s);
    const total = { completed: 0, errors: 0, retries: 0, p50_ms: null, p95_ms: null, p99_ms: null, max_ms: null };
    for (const group of interval.groups) {
      this.track(group.name, "").add(group.all);
      for (const cell of group.operations) this.track(group.name, cell.name ?? "?").add(cell);
      total.completed += group.all.completed;
      total.errors += group.all.errors;
      total.retries += group.all.retries;
    }
    this.track("", "").add(total);
    this.phase(interval);
    if (this.keep_s > 0) this.forget();
    else if (this.points > kMostPoints) this.halve(interval.length_s);
    return true;
  }

  /** Per second, of a column of counts. */
  rates(counts: number[]): number[] {
    return counts.map((count, i) => count / this.length[i]);
  }

  private track(group: string, operation: string): Track {
    const key = `${group}\n${operation}`;
    let track = this.tracks.get(key);
    if (!track) this.tracks.set(key, (track = new Track(group, operation, this.points)));
    return track;
  }

  private open(start: number, length: number): void {
    this.start.push(start);
    this.length.push(length);
    for (const track of this.tracks.values()) track.push(null);
  }

  private phase({ phase, start_s, length_s }: Interval): void {
    const last = this.phases[this.phases.length - 1];
    if (last?.phase === phase) last.to = start_s + length_s;
    else this.phases.push({ phase, from: start_s, to: start_s + length_s });
  }

  private forget(): void {
    const oldest = this.end - this.keep_s;
    let gone = 0;
    while (gone < this.points - 1 && this.start[gone] + this.length[gone] <= oldest) gone++;
    if (gone === 0) return;
    const end = this.points;
    for (const track of this.tracks.values()) track.cut(gone, end);
    this.start.splice(0, gone);
    this.length.splice(0, gone);
    while (this.phases.length > 1 && this.phases[0].to <= oldest) this.phases.shift();
  }

  private halve(interval: number): void {
    while (this.points > kMostPoints / 1.5) {
      this.width = Math.max(this.width, interval) * 2;
      let to = -1;
      for (let from = 0; from < this.points; from++) {
        const merge = to >= 0 && this.length[to] + this.length[from] <= this.width * 1.001;
        if (!merge) to++;
        for (const track of this.tracks.values()) track.move(from, to, merge);
        if (!merge) this.start[to] = this.start[from];
        this.length[to] = merge ? this.length[to] + this.length[from] : this.length[from];
      }
      const left = to + 1;
      for (const track of this.tracks.values()) track.cut(0, left);
      this.start.length = left;
      this.length.length = left;
    }
  }
}
