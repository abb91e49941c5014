// What the page knows of the task that it shows. It grows neither with time nor with operations: the time line is bounded, of the log
// and of the marks the newest are kept, the rest is the newest value of everything.

import { Agent, Cell, Failure, Interval, Live, LogLine, Progress, Summary, Task, isOver } from "./api";
import { EventKind } from "./stream";
import { Timeline } from "./timeline";

export const kMostLines = 500;
const kMostMarks = 50;
export const kRecent_s = 300;

/** A change that was made on this page, at a time of the run. */
export interface Mark {
  at_s: number;
  text: string;
}

/** Of an operation: the newest interval, and what was counted while measuring. */
export interface OperationState {
  group: string;
  operation: string;
  now: Cell;
  length_s: number;
  completed: number;
  errors: number;
  retries: number;
}

export class RunState {
  live: Live | null = null;
  agents: Agent[] = [];
  failures: Failure[] = [];
  progress: Progress | null = null;
  whole = new Timeline();
  recent = new Timeline(kRecent_s);
  readonly operations = new Map<string, OperationState>();
  readonly log: LogLine[] = [];
  /** Lines ever added to the log: who shows it knows how many are new. */
  logged = 0;
  readonly marks: Mark[] = [];
  private marked = 0;

  constructor(public task: Task) {}

  /** Everything is told again from the begin. */
  reset(): void {
    this.whole = new Timeline();
    this.recent = new Timeline(kRecent_s);
    this.operations.clear();
    this.log.length = 0;
    this.logged = 0;
  }

  apply(kind: EventKind, data: unknown): void {
    if (kind === "state" || kind === "end") {
      // Of a task that is over, its states are told once more from the begin.
      if (kind === "end" || !isOver(this.task)) this.task = data as Task;
      if (kind === "end") this.conclude(this.task.summary);
    } else if (kind === "live") {
      this.live = data as Live;
      if (this.live.agents) this.agents = this.live.agents;
      if (this.live.failures) this.failures = this.live.failures;
      this.task.phase = this.live.phase;
    } else if (kind === "interval") {
      this.interval(data as Interval);
    } else if (kind === "log") {
      this.say(data as LogLine);
    } else if (kind === "progress") {
      this.progress = data as Progress;
    }
  }

  say(line: LogLine): void {
    this.log.push(line);
    this.logged++;
    if (this.log.length > kMostLines) this.log.shift();
  }

  /** Of a change asked for now: a line of the log and a mark on the charts. */
  mark(text: string): void {
    this.marks.push({ at_s: this.now(), text: `${++this.marked} ${text}` });
    if (this.marks.length > kMostMarks) this.marks.shift();
    this.note("info", `change ${this.marked}: ${text}`);
  }

  /** A line of this page's own. Lines of the log count from when the task was accepted, the time line from when its load began. */
  note(level: LogLine["level"], text: string): void {
    const accepted = Number(this.task.accepted_unix_ns ?? NaN) / 1e6; // ms, as Date.now()
    this.say({ at_s: Number.isNaN(accepted) ? this.now() : Math.max(0, (Date.now() - accepted) / 1000), level, text });
  }

  now(): number {
    return Math.max(this.live?.at_s ?? 0, this.whole.end);
  }

  /** The result's failures take the place of those counted live, and no agent is at work any more. */
  private conclude(summary: Summary | undefined): void {
    if (summary && summary.failures.length > 0) this.failures = summary.failures;
    this.agents = this.agents.map((a) => ({ ...a, state: summary?.lost.includes(a.name) ? "lost" : "ended" }));
  }

  private interval(interval: Interval): void {
    if (!this.whole.push(interval)) return;
    this.recent.push(interval);
    const measured = interval.phase === "measure";
    for (const group of interval.groups) {
      for (const cell of [...group.operations, group.all]) {
        const operation = cell === group.all ? "" : (cell.name ?? "?");
        const key = `${group.name}\n${operation}`;
        let state = this.operations.get(key);
        if (!state) {
          state = { group: group.name, operation, now: cell, length_s: interval.length_s, completed: 0, errors: 0, retries: 0 };
          this.operations.set(key, state);
        }
        state.now = cell;
        state.length_s = interval.length_s;
        if (!measured) continue;
        state.completed += cell.completed;
        state.errors += cell.errors;
        state.retries += cell.retries;
      }
    }
  }
}
