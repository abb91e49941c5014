// The interface under /api/v1, as the page uses it: what its documents hold, and requests. Durations are seconds, times of a run
// count from its begin.

/** An option of a workload or of a run. Values are text, as on the command line. */
export interface Option {
  name: string;
  type: string;
  default: string;
  help: string;
  choices: string[];
  /** The verbs that take it. */
  verbs: Record<Verb, boolean>;
}

export interface DriverInfo {
  name: string;
  summary: string;
  schemes: string[];
  example: string;
}

export interface WorkloadInfo {
  name: string;
  summary: string;
  options: Option[];
}

export interface Catalogue {
  version: string;
  /** false: the process carries out one run, ends with it, and starts no other. */
  starts_tasks: boolean;
  drivers: DriverInfo[];
  workloads: WorkloadInfo[];
  load: Option[];
}

export type Verb = "prepare" | "run" | "check" | "cleanup";

export interface Group {
  name: string;
  operations: string[];
  clients: number;
  sessions: number;
  schedule: string;
  triggered: boolean;
}

export interface Task {
  id: string;
  verb: Verb;
  workload: string;
  target: string;
  state: "waiting" | "ready" | "running" | "done" | "failed" | "stopped";
  phase?: string;
  accepted?: string;
  accepted_unix_ns?: string;
  started?: string;
  ended?: string;
  error?: string;
  exit_code?: number;
  verdict?: "pass" | "fail" | "invalid";
  /** Of a run that has ended. */
  summary?: Summary;
  has_result: boolean;
  options?: Record<string, string>;
  groups?: Group[];
}

/** What the result of a run says in short. */
export interface Summary {
  /** Why the verdict is not a pass. */
  reasons: string[];
  warnings: string[];
  figures: { name: string; value: number | null; unit: string }[];
  failures: Failure[];
  /** Agents that were not there to the end. */
  lost: string[];
}

export interface LiveGroup {
  name: string;
  rate: number;
  p50_ms: number | null;
  p99_ms: number | null;
  max_ms: number | null;
  errors: number;
  retries: number;
}

/** One of several that carry a run out together; rates are of the last second. */
export interface Agent {
  name: string;
  state: "running" | "lost" | "ended";
  rate: number;
  error_rate: number;
  /** Processors that it kept busy; null: it did not tell. */
  cpu: number | null;
  p99_lag_ms: number;
  clock_offset_ms: number;
}

/** As in a result: failures by operation, kind and native code, with the first message. While a run goes on, by kind only. */
export interface Failure {
  group?: string;
  operation: string;
  kind: string;
  native_code?: string;
  count: number;
  message?: string;
}

export interface Live {
  at_s: number;
  phase: string;
  left_s: number | null;
  operations: number;
  errors: number;
  groups: LiveGroup[];
  agents?: Agent[];
  failures?: Failure[];
}

export interface Cell {
  name?: string;
  completed: number;
  errors: number;
  retries: number;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  max_ms: number | null;
}

export interface Interval {
  index: number;
  start_s: number;
  length_s: number;
  phase: string;
  groups: { name: string; operations: Cell[]; all: Cell }[];
}

export interface LogLine {
  at_s: number;
  level: "info" | "warning" | "error";
  text: string;
}

export interface Progress {
  what: string;
  unit: string;
  done: number;
  total: number;
  rate: number;
}

export interface PastRun {
  id: string;
  file: string;
  workload: string;
  driver: string;
  started: string;
  verdict: string;
  duration_s: number;
  figures: { name: string; value: number | null; unit: string }[];
}

/** A file that was to be a result and cannot be read, with the reason. */
export interface DamagedResult {
  file: string;
  changed: string;
  damaged: string;
}

export const isOver = (task: Task): boolean => task.state === "done" || task.state === "failed" || task.state === "stopped";

/** The server's answer to what it will not do. `status` 0: it did not answer at all. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const kRoot = "/api/v1";

export const path = (...parts: string[]): string => [kRoot, ...parts.map(encodeURIComponent)].join("/");

export async function get<T>(...parts: string[]): Promise<T> {
  return request<T>("GET", path(...parts));
}

export async function post<T>(body: unknown, headers: Record<string, string>, ...parts: string[]): Promise<T> {
  return request<T>("POST", path(...parts), body, headers);
}

async function request<T>(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const init: RequestInit = { method, cache: "no-store", headers: { ...headers } };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...headers, "Content-Type": "application/json" };
  }
  let answer: Response;
  try {
    answer = await fetch(url, init);
  } catch {
    throw new Refusal(0, "assay does not answer: is it still running?");
  }
  const text = await answer.text();
  let said: unknown = null;
  try {
    said = JSON.parse(text);
  } catch {
    if (answer.ok) throw new Refusal(answer.status, `${method} ${url}: the answer is not JSON`);
  }
  if (answer.ok) return said as T;
  const error = (said as { error?: unknown } | null)?.error;
  throw new Refusal(answer.status, typeof error === "string" ? error : `${method} ${url}: ${answer.status} ${answer.statusText}`);
}

export const says = (error: unknown): string => (error instanceof Error ? error.message : String(error));
