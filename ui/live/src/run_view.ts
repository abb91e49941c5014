// A task on the page: what it is, how it stands, its figures of now, its tables. The parts that do not apply are hidden.

import { badge, el, section } from "../../parts/dom";
import { counted, digits, figureTitle, grouped, latency, seconds, words } from "../../parts/format";
import { Task, isOver, path } from "./api";
import { Controls } from "./controls";
import { LiveCharts } from "./live_charts";
import { LogView } from "./log_view";
import { LiveRow, LiveTable } from "./rows";
import { RunState } from "./run_state";

interface Tile {
  node: HTMLElement;
  value: HTMLElement;
  note: HTMLElement;
}

/** Options that say where something is, or that stand elsewhere on the page. */
const kElsewhere = ["target", "agents", "agent-token-file", "agent-ca", "ui", "result"];
const number = (title: string, group?: string) => ({ title, number: true, group });
/** Where nothing completed there is no time, or 0. */
const time = (value: number | null | undefined): string => (value ? latency(value) : "–");
const kDoing: Record<string, string> = { prepare: "preparing", run: "running", check: "checking", cleanup: "cleaning up" };

export function stateText(task: Task): string {
  if (task.state === "running") return kDoing[task.verb] ?? "running";
  if (task.state === "waiting" || task.state === "ready") return task.state === "ready" ? "ready, waiting to begin" : "waiting to begin";
  return task.state;
}

export const phaseText = (phase: string | undefined): string => (phase === "warmup" ? "warm-up" : words(phase ?? ""));

export class RunView {
  readonly node: HTMLElement;
  readonly controls: Controls;
  readonly charts: LiveCharts;
  private readonly title = el("h2", { id: "run-title", tabindex: "-1" });
  private readonly state = el("p", { class: "state" });
  private readonly progress = el("progress", { max: "1", "aria-label": "Progress of the task" });
  private readonly progressText = el("span", { class: "soft" });
  private readonly bar = el("p", { class: "progress" }, this.progress, this.progressText);
  private readonly outcome = el("div", { class: "outcome" });
  private readonly tiles = el("dl", { class: "tiles" });
  private readonly throughput = tile("throughput");
  private readonly p50 = tile("response p50");
  private readonly p99 = tile("response p99");
  private readonly count = tile("operations");
  private readonly errors = tile("errors");
  private readonly groups = new LiveTable("Groups of clients, the newest second", [
    { title: "group" }, number("rate/s"), number("p50"), number("p99"), number("max"), number("errors"), number("retries"),
  ]);
  private readonly operations = new LiveTable("Operations, the newest interval and what was counted while measuring", [
    { title: "operation" },
    number("rate/s", "newest interval"), number("p50", "newest interval"), number("p95", "newest interval"),
    number("p99", "newest interval"), number("max", "newest interval"), number("errors", "newest interval"),
    number("completed", "while measuring"), number("errors", "while measuring"), number("retries", "while measuring"),
  ]);
  private readonly agents = new LiveTable("Agents", [
    { title: "agent" }, { title: "state" }, number("rate/s"), number("CPU"), number("lag p99"), number("clock offset"), number("errors/s"),
  ]);
  private readonly failures = new LiveTable("Failures by kind", [
    { title: "operation" }, number("count"), { title: "kind" }, { title: "code" }, { title: "first message" },
  ]);
  private readonly agentStates = el("p", { class: "note" });
  private readonly log = new LogView();
  private readonly groupsPart = el("div", { class: "groups" }, this.groups.node);
  private readonly parts: Record<"operations" | "agents" | "failures" | "log", HTMLElement>;
  private readonly facts = el("p", { class: "sub" });
  private shownOutcome = "";

  constructor(state: RunState, redraw: () => void) {
    this.controls = new Controls(state.task, (text) => {
      state.mark(text);
      redraw();
    });
    this.charts = new LiveCharts(redraw);
    for (const t of [this.throughput, this.p50, this.p99, this.count, this.errors]) this.tiles.append(t.node);
    const top = el(
      "section",
      { id: "run", "aria-labelledby": "run-title" },
      this.title, this.facts, this.state, this.bar, this.outcome, this.controls.node, this.tiles, this.groupsPart,
    );
    this.parts = {
      operations: section("operations", "Operations", this.operations.node),
      agents: section("agents", "Agents", this.agentStates, this.agents.node),
      failures: section("failures", "Failures", this.failures.node),
      log: section("log", "Log", this.log.node),
    };
    this.node = el("div", {}, top, this.charts.node, ...Object.values(this.parts));
  }

  focus(): void {
    this.title.focus();
  }

  /** Everything but the charts. */
  update(state: RunState): void {
    const { task } = state;
    const run = task.verb === "run";
    this.title.textContent = `${task.verb === "run" ? "" : `${words(task.verb)}: `}${task.workload} on ${task.target}`;
    const options = Object.entries(task.options ?? {}).filter(([name]) => !kElsewhere.includes(name)).map(([name, value]) => `${name} ${value}`);
    this.facts.textContent = [task.started ? `started ${task.started.replace("T", " ").replace("Z", " UTC")}` : "", ...options].filter(Boolean).join(", ");
    this.updateState(state);
    this.controls.update(task);
    this.updateOutcome(state);
    this.tiles.hidden = this.charts.node.hidden = !run;
    if (run) this.updateTiles(state);
    const groups = state.live?.groups ?? [];
    this.groupsPart.hidden = groups.length < 2;
    if (groups.length > 1) this.updateGroups(state);
    this.updateOperations(state);
    this.updateAgents(state);
    this.updateFailures(state);
    this.log.update(state);
    this.parts.log.hidden = state.log.length === 0;
  }

  private updateState({ task, live, progress }: RunState): void {
    const over = isOver(task);
    const phase = task.state === "running" && task.phase !== task.verb ? phaseText(task.phase) : "";
    const left = !over && live?.left_s !== null && live?.left_s !== undefined ? `${seconds(Math.ceil(live.left_s))} left` : "";
    const at = live && task.verb === "run" ? seconds(Math.round(live.at_s)) : "";
    this.state.textContent = [stateText(task), phase, over ? "" : at, left].filter(Boolean).join(" · ");
    this.state.dataset.state = task.state;
    const [share, text] = progressOf(task, live, progress);
    this.bar.hidden = over || share === null;
    if (share === null) return;
    this.progress.value = share;
    this.progressText.textContent = text;
  }

  private updateOutcome({ task }: RunState): void {
    const { summary } = task;
    const shown = JSON.stringify([task.state, task.verdict, task.error, task.exit_code, task.has_result, summary]);
    if (shown === this.shownOutcome) return;
    this.shownOutcome = shown;
    this.outcome.hidden = !isOver(task);
    if (!isOver(task)) return;
    const notes = el("ul", { class: "notes" });
    const verdict = task.verdict ?? "";
    if (task.state === "stopped") notes.append(el("li", { class: "warning" }, "Stopped before its end: what was measured is a partial result."));
    if (task.error) notes.append(el("li", { class: "fail" }, task.error));
    for (const reason of summary?.reasons ?? []) notes.append(el("li", { class: verdict }, reason));
    for (const warning of summary?.warnings ?? []) notes.append(el("li", { class: "warning" }, `Warning: ${warning}`));
    const figures = (summary?.figures ?? []).filter((f) => f.value !== null);
    const head = el("p", { class: "verdict" }, verdict ? badge(verdict) : badge(task.state === "failed" ? "fail" : task.state));
    for (const f of figures) head.append(el("span", {}, `${figureTitle(f.name)} `, el("strong", {}, digits(f.value)), ` ${f.unit}`));
    if (task.exit_code) head.append(el("span", { class: "soft" }, `exit code ${task.exit_code}`));
    this.outcome.replaceChildren(head);
    if (notes.children.length) this.outcome.append(notes);
    if (!task.has_result) return;
    const link = (text: string, file: string, download: boolean) =>
      el("a", download ? { href: path("tasks", task.id, file), download: `${task.id}.json` } : { href: path("tasks", task.id, file) }, text);
    this.outcome.append(
      el("p", { class: "links" }, link("Open the report", "report.html", false), link("Download the result", "result.json", true)),
    );
  }

  private updateTiles({ live, task }: RunState): void {
    const groups = live?.groups ?? [];
    const worst = (key: "p50_ms" | "p99_ms") => {
      const values = groups.map((g) => g[key]).filter((v): v is number => !!v);
      return values.length ? Math.max(...values) : null;
    };
    const note = isOver(task) ? "in the last second" : "in this second";
    const slowest = groups.length > 1 ? `${note}, slowest group` : note;
    set(this.throughput, live ? digits(groups.reduce((sum, g) => sum + g.rate, 0)) : "–", "operations/s");
    set(this.p50, time(worst("p50_ms")), slowest);
    set(this.p99, time(worst("p99_ms")), slowest);
    set(this.count, live ? grouped(live.operations) : "–", "since the begin");
    set(this.errors, live ? grouped(live.errors) : "–", "since the begin");
    this.errors.node.classList.toggle("bad", (live?.errors ?? 0) > 0);
  }

  private updateGroups({ live }: RunState): void {
    this.groups.update(
      (live?.groups ?? []).map((g) => ({
        key: g.name,
        cells: [g.name, digits(g.rate), time(g.p50_ms), time(g.p99_ms), time(g.max_ms), grouped(g.errors), grouped(g.retries)],
        kinds: { 5: g.errors > 0 ? "bad" : "" },
      })),
    );
  }

  private updateOperations(state: RunState): void {
    const list = [...state.operations.values()];
    this.parts.operations.hidden = list.length === 0;
    const groups = new Set(list.map((o) => o.group)).size;
    const single = (group: string) => list.filter((o) => o.group === group && o.operation !== "").length === 1;
    const rows = list
      .filter((o) => o.operation !== "" || !single(o.group))
      .map((o): LiveRow => {
        return {
          key: `${o.group}\n${o.operation}`,
          cells: [
            (groups > 1 ? `${o.group} / ` : "") + words(o.operation || "all"),
            digits(o.now.completed / o.length_s), time(o.now.p50_ms), time(o.now.p95_ms), time(o.now.p99_ms), time(o.now.max_ms), grouped(o.now.errors),
            grouped(o.completed), grouped(o.errors), grouped(o.retries),
          ],
          kinds: { 6: o.now.errors > 0 ? "bad" : "", 8: o.errors > 0 ? "bad" : "" },
        };
      });
    this.operations.update(rows);
  }

  private updateAgents({ agents }: RunState): void {
    this.parts.agents.hidden = agents.length === 0;
    const states = new Map<string, number>();
    for (const a of agents) states.set(a.state, (states.get(a.state) ?? 0) + 1);
    const lost = agents.filter((a) => a.state === "lost").map((a) => a.name); // of many they may be out of sight
    const summary = `${counted(agents.length, "agent")}: ${[...states].map(([state, n]) => `${n} ${state}`).join(", ")}${lost.length ? ` (lost: ${lost.join(", ")})` : ""}.`;
    if (this.agentStates.textContent !== summary) this.agentStates.textContent = summary;
    const most = agents.reduce((max, a) => Math.max(max, a.rate), 0) || 1;
    this.agents.update(
      agents.map((a) => ({
        key: a.name,
        cells: [
          a.name, a.state, digits(a.rate), a.cpu === null ? "–" : `${digits(100 * a.cpu)} %`,
          time(a.p99_lag_ms), latency(a.clock_offset_ms), digits(a.error_rate),
        ],
        kinds: { 1: a.state === "lost" ? "bad" : "", 6: a.error_rate > 0 ? "bad" : "" },
        bars: { 2: Math.round((50 * a.rate) / most) / 50 },
      })),
    );
  }

  private updateFailures({ failures }: RunState): void {
    this.parts.failures.hidden = failures.length === 0;
    this.failures.update(
      failures.map((f) => ({
        key: [f.group ?? "", f.operation, f.kind, f.native_code ?? ""].join("\n"),
        cells: [words(f.operation), grouped(f.count), words(f.kind), f.native_code ?? "", f.message ?? ""],
        kinds: { 4: "text" },
      })),
    );
  }
}

function tile(name: string): Tile {
  const value = el("strong", {}, "–");
  const note = el("span");
  return { node: el("div", { class: "tile" }, el("dt", {}, name), el("dd", {}, value, note)), value, note };
}

function set(t: Tile, value: string, note: string): void {
  if (t.value.textContent !== value) t.value.textContent = value;
  if (t.note.textContent !== note) t.note.textContent = note;
}

/** How much of the task is done, 0…1; null: nobody knows. */
function progressOf(task: Task, live: RunState["live"], progress: RunState["progress"]): [number | null, string] {
  const loading = task.verb !== "run" || task.phase === "prepare" || task.phase === "check";
  if (loading && progress && progress.total > 0) {
    const left = progress.rate > 0 ? (progress.total - progress.done) / progress.rate : null;
    const text = [
      `${progress.what}: ${grouped(progress.done)} of ${grouped(progress.total)} ${progress.unit}`,
      progress.rate > 0 ? `${digits(progress.rate)}/s` : "",
      left !== null ? `${seconds(Math.ceil(left))} left` : "",
    ];
    return [progress.done / progress.total, text.filter(Boolean).join(", ")];
  }
  if (live && live.left_s !== null && live.at_s + live.left_s > 0) return [live.at_s / (live.at_s + live.left_s), ""];
  return [null, ""];
}
