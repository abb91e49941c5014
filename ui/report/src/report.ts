// The report as render_html() embeds it: the members of `assay report --format json` (docs/formats.md) and what charts need.

export interface Latency {
  mean: number;
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  p999: number;
  max: number;
}

export interface OperationRow {
  group: string;
  operation: string;
  count: number;
  completed: number;
  errors: number;
  retries: number;
  in_doubt: number;
  rate: number;
  response_ms: Latency | null;
  service_ms: Latency | null;
  wait_ms: Latency | null;
  lag_ms: Latency | null;
}

/** One of several agents. Null: it was lost before it told. */
export interface AgentRow {
  name: string;
  shard: number;
  /** Why; empty when it was there to the end. */
  lost: string;
  completed: number | null;
  errors: number | null;
  rate: number | null;
  share: number | null;
  cpu_cores: number | null;
  busiest_loop: number | null;
  lag_p99_ms: number | null;
  lag_max_ms: number | null;
  clock_offset_ms: number;
  clock_error_ms: number;
  late_ms: number | null;
  bottleneck: boolean;
  slow: boolean;
  began_late: boolean;
  remarks: string[];
}

/** A chart as charts_of() makes it; null is a hole in a line. */
export interface ChartData {
  section: "timeline" | "distribution" | "target";
  id: string;
  /** Charts of the same id are choices; empty when there is none. */
  choice: string;
  title: string;
  summary: string;
  axis: "time" | "percentile" | "duration";
  x_label: string;
  x_from: number;
  x_to: number;
  /** Left out: the time line's. */
  x?: number[];
  ticks: [number, string][];
  unit: string;
  log: boolean;
  height: number;
  lines: {
    name: string;
    color: string;
    width: number;
    hidden: boolean;
    dash: number[];
    shape: "line" | "bars" | "steps";
    values: (number | null)[];
  }[];
}

export interface Event {
  at_s: number;
  length_s: number;
  kind: string;
  text: string;
}

export type Settings = Record<string, string>;

export interface Report {
  id: string;
  assay_version: string;
  started: string;
  ended: string;
  partial: boolean;
  seed: string;
  verdict: { verdict: "pass" | "fail" | "invalid"; reasons: string[] };
  warnings: string[];
  workload: { name: string; options: Settings };
  targets: { name: string; driver: string; url: string; server: string; server_version: string; settings: Settings }[];
  schedule: string;
  phases: { phase: string; start_s: number; length_s: number }[];
  length_s: number;
  measured_s: number;
  groups: {
    name: string;
    target: string;
    clients: number;
    sessions: number;
    schedule: string;
    abandoned: number;
    round_trips: number;
    counters: { name: string; measured: number; whole_run: number }[];
  }[];
  operations: OperationRow[];
  failures: { group: string; operation: string; kind: string; native_code: string; message: string; count: number }[];
  figures: { name: string; value: number | null; unit: string; formula: string }[];
  search?: {
    condition: string;
    summary: string;
    steps: { rate: number; completed: number; held: boolean; why: string }[];
  };
  requirements: { name: string; clause: string; limit: string; actual: string; verdict: string; decides: boolean }[];
  checks: {
    when: string;
    state: string;
    conditions: number;
    findings: { condition: string; text: string; violations: number; rows: string[] }[];
  }[];
  events: Event[];
  in_doubt: number;
  own_cost: {
    cpu_seconds: number;
    operations: number;
    busiest_loop: number;
    cpu_us_per_operation: number | null;
    peak_rss_bytes: number;
    threads: number;
    lag_p99_ms: number | null;
  };
  machine: {
    os: string;
    kernel: string;
    cpu_model: string;
    cpus: number;
    memory_bytes: number;
    cgroup_version: number;
    cgroup_cpus: number | null;
    cgroup_memory_bytes: number | null;
  };
  /** Of a run that several agents carried out, with what is said of them together. */
  agents?: AgentRow[];
  driver_bottleneck?: string;
  agent_lag_limit_ms?: number;
  charts: {
    time: number[];
    spans: { from: number; to: number; kind: "phase" | "outage" | "instant"; label: string }[];
    list: ChartData[];
  };
}

/** Whether times are so short that they are better read in µs than in ms. */
export function inMicroseconds(operations: OperationRow[]): boolean {
  const response = operations[operations.length - 1]?.response_ms;
  return !!response && response.p50 < 0.1;
}

/** What a row is called: the group's name only where there is more than one group. */
export function rowName(report: Report, row: { group: string; operation: string }): string {
  if (report.groups.length <= 1) return row.operation;
  return row.group === "all" ? "all" : `${row.group} / ${row.operation}`;
}

/** Whether a row says nothing that another row does not say: totals of one operation, or of one group. */
export function isRedundant(report: Report, rows: { group: string; operation: string }[], index: number): boolean {
  const row = rows[index];
  if (row.operation !== "all") return false;
  if (row.group === "all" && index === rows.length - 1) return report.groups.length === 1;
  return report.groups.length > 1 && rows.filter((r) => r.group === row.group).length === 2;
}
