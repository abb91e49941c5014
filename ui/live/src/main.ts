// The live page of assay: starts tasks, shows the one under way as it goes on, lists past runs.

import uplotLicence from "uplot/LICENSE?raw";
import "uplot/dist/uPlot.min.css";
import "../../parts/style.css";
import "./live.css";
import { el } from "../../parts/dom";
import * as theme from "../../parts/theme";
import { Catalogue, Task, get, isOver, says } from "./api";
import { StartForm } from "./form";
import { PastRuns } from "./past";
import { RunState } from "./run_state";
import { RunView, phaseText, stateText } from "./run_view";
import { EventKind, Stream } from "./stream";

/** Charts are drawn at most so often: what comes in between is drawn together. */
const kBetweenCharts_ms = 200;

const kKeys: [string, string][] = [
  ["Alt+Shift+N", "to the form that starts a run"],
  ["Ctrl+Enter", "in that form: start the run"],
  ["Alt+Shift+R", "to the rate of the first group"],
  ["Alt+Shift+X", "stop the task"],
  ["Esc", "show the whole time line in all charts again"],
  ["Arrow keys, Page up, Page down, Home, End", "in a chart: read out its values"],
];

/** Of these, the ones that start a run. */
const kToStart = ["Alt+Shift+N", "Ctrl+Enter"];

interface Shown {
  state: RunState;
  view: RunView;
  stream: Stream;
}

class Page {
  private readonly status = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
  private readonly connection = el("p", { class: "connection", role: "alert", hidden: "" });
  private readonly place = el("div");
  private readonly past = new PastRuns();
  private shown: Shown | null = null;
  private announced = "";
  private frame = 0;
  private chartsDue = false;
  private lastCharts = -Infinity;
  private timer = 0;

  constructor(
    root: HTMLElement,
    private readonly form: StartForm,
    private readonly catalogue: Catalogue,
  ) {
    form.node.hidden = !catalogue.starts_tasks;
    const top = el("header", {}, el("div", { class: "top" }, el("h1", {}, "assay"), theme.button(() => this.shown?.view.charts.repaint())), this.connection, this.status);
    const keys = el("dl", { class: "keys" });
    for (const [key, what] of kKeys) if (catalogue.starts_tasks || !kToStart.includes(key)) keys.append(el("div", {}, el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)));
    const foot = el(
      "footer",
      {},
      el("details", { id: "keyboard" }, el("summary", {}, "Keyboard"), keys),
      el("details", {}, el("summary", {}, "Licence of the charts (uPlot)"), el("pre", {}, uplotLicence)),
      el("p", {}, `assay ${catalogue.version}. This page talks to the process that serves it, and to nobody else.`),
    );
    root.replaceChildren(top, el("main", {}, form.node, this.place, this.past.node), foot);
    document.addEventListener("visibilitychange", () => this.seen());
    document.addEventListener("keydown", (event) => this.key(event));
  }

  async begin(): Promise<void> {
    await this.past.load();
    const asked = decodeURIComponent(/^#task=(.+)$/.exec(location.hash)?.[1] ?? "");
    await this.attach(asked);
  }

  /** Shows the task under way, whoever started it; without one that which is `asked` for. */
  async attach(asked = ""): Promise<void> {
    const { tasks } = await get<{ tasks: Task[] }>("tasks");
    const task = tasks.find((t) => !isOver(t)) ?? tasks.find((t) => t.id === asked);
    if (task && task.id !== this.shown?.state.task.id) this.show(task);
  }

  show(task: Task): void {
    this.shown?.stream.close();
    history.replaceState(null, "", `#task=${encodeURIComponent(task.id)}`);
    this.announced = "";
    const state = new RunState(task);
    const view = new RunView(state, () => this.redraw(true));
    const stream = new Stream(task.id, {
      begins: () => state.reset(),
      event: (kind, data) => this.event(kind, data),
      connection: (trouble) => this.trouble(trouble),
      unknown: (why) => {
        state.task = { ...state.task, state: "failed", error: `assay no longer knows this task: ${why}` };
        this.form.running = false;
        this.redraw(true);
      },
    });
    this.shown = { state, view, stream };
    this.place.replaceChildren(view.node);
    this.form.running = !isOver(task);
    this.redraw(true);
  }

  focusRun(): void {
    this.shown?.view.focus();
  }

  private seen(): void {
    if (document.hidden) return;
    this.redraw(true);
    if (!this.catalogue.starts_tasks) return;
    if (!this.shown || isOver(this.shown.state.task)) this.attach().catch(() => undefined); // it says so when it is used
  }

  private event(kind: EventKind, data: unknown): void {
    const shown = this.shown;
    if (!shown) return;
    shown.state.apply(kind, data);
    if (kind === "state" || kind === "end") this.form.running = !isOver(shown.state.task);
    if (kind === "end") this.ended();
    this.announce(shown.state);
    this.redraw(kind === "interval" || kind === "end");
  }

  private ended(): void {
    if (this.catalogue.starts_tasks) return void this.past.load();
    this.connection.classList.add("over");
    this.trouble("The run has ended, and assay with it. This page keeps what it shows; the terminal says where the result is.");
    this.past.node.hidden = true; // nobody answers its links any more
  }

  /** What a screen reader is told: when the state or the phase changes, not each second. */
  private announce({ task }: RunState): void {
    const phase = isOver(task) ? "" : phaseText(task.phase);
    const text = [stateText(task), phase, task.verdict ? `verdict ${task.verdict}` : "", task.error ?? ""].filter(Boolean).join(", ");
    if (text === this.announced) return;
    this.announced = text;
    this.status.textContent = `${task.verb} of ${task.workload}: ${text}`;
    document.title = `${isOver(task) ? (task.verdict ?? task.state) : stateText(task)}: ${task.workload} – assay`;
  }

  private trouble(text: string): void {
    if (this.connection.textContent === text) return;
    this.connection.textContent = text;
    this.connection.hidden = text === "";
  }

  /** Draws with the next frame; a hidden page draws nothing until it is seen again. */
  private redraw(charts: boolean): void {
    this.chartsDue ||= charts;
    if (document.hidden || this.frame) return;
    this.frame = requestAnimationFrame((now) => this.draw(now));
  }

  private draw(now: number): void {
    this.frame = 0;
    const shown = this.shown;
    if (!shown) return;
    // The charts first: they ask for widths and colours, which costs nothing as long as nothing else was changed.
    if (this.chartsDue && shown.state.task.verb === "run") this.drawCharts(shown, now);
    shown.view.update(shown.state);
  }

  private drawCharts(shown: Shown, now: number): void {
    const wait = this.lastCharts + kBetweenCharts_ms - now;
    clearTimeout(this.timer);
    if (wait > 0) {
      this.timer = window.setTimeout(() => this.redraw(true), wait);
      return;
    }
    this.chartsDue = false;
    this.lastCharts = now;
    shown.view.charts.draw(shown.state);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") this.shown?.view.charts.showAll();
    if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return;
    // By the place of the key: with Alt its letter may be another.
    const actions: Record<string, () => void> = {
      KeyN: () => this.catalogue.starts_tasks && this.form.focus(),
      KeyR: () => this.shown?.view.controls.focus(),
      KeyX: () => void this.shown?.view.controls.stopTask(),
    };
    if (!(event.code in actions)) return;
    event.preventDefault();
    actions[event.code]();
  }
}

async function main(): Promise<void> {
  const root = document.getElementById("page");
  if (!root) throw new Error("the page has lost its place");
  try {
    const catalogue = await get<Catalogue>("catalogue");
    let page: Page | null = null;
    const form = new StartForm(catalogue, {
      started: (task) => {
        page?.show(task);
        page?.focusRun();
      },
      taken: () => page?.attach(),
    });
    page = new Page(root, form, catalogue);
    await page.begin();
  } catch (error) {
    root.prepend(el("p", { class: "connection", role: "alert" }, says(error)));
  }
}

void main();
