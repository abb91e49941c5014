// The list of past runs: open a report, download a result, compare two.

import { badge, el, section, table } from "../../parts/dom";
import { digits, figureTitle, seconds } from "../../parts/format";
import { DamagedResult, PastRun, Refusal, get, path, says } from "./api";

/** More are shown on demand. */
const kFirst = 50;

const utc = (time: string): string => time.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");

export class PastRuns {
  readonly node: HTMLElement;
  private readonly place = el("div");
  private readonly compare = el("button", { type: "button" }, "Compare the two");
  private readonly hint = el("span", { class: "note", role: "status" });
  private chosen: string[] = [];
  private runs: PastRun[] = [];
  private damaged: DamagedResult[] = [];
  private all = false;

  constructor() {
    this.compare.addEventListener("click", () => this.open());
    this.node = section("past", "Past runs", this.place, el("p", { class: "buttons" }, this.compare, this.hint));
    this.say();
  }

  async load(): Promise<void> {
    try {
      const { results } = await get<{ results: (PastRun | DamagedResult)[] }>("results");
      this.runs = results.filter((r): r is PastRun => "id" in r).sort((a, b) => b.started.localeCompare(a.started));
      this.damaged = results.filter((r): r is DamagedResult => "damaged" in r).sort((a, b) => b.changed.localeCompare(a.changed));
      this.chosen = this.chosen.filter((id) => this.runs.some((run) => run.id === id));
      this.show();
    } catch (error) {
      this.compare.hidden = this.hint.hidden = true;
      // An agent keeps none.
      this.node.hidden = error instanceof Refusal && error.status === 404;
      this.place.replaceChildren(el("p", { class: "note" }, `The list could not be had: ${says(error)}`));
    }
  }

  private show(): void {
    this.compare.hidden = this.hint.hidden = this.runs.length < 2;
    if (this.runs.length === 0) {
      this.place.replaceChildren(el("p", { class: "note" }, "There are none yet."), ...this.unreadable());
      return;
    }
    const shown = this.all ? this.runs : this.runs.slice(0, kFirst);
    const columns = [
      { title: "compare" }, { title: "started" }, { title: "workload" }, { title: "driver" }, { title: "verdict" },
      { title: "measured", number: true }, { title: "figures" }, { title: "report" }, { title: "result" },
    ];
    const rows = shown.map((run) => ({ cells: this.cells(run) }));
    this.place.replaceChildren(table("Past runs, the newest first", columns, rows), ...this.unreadable());
    if (shown.length === this.runs.length) return this.say();
    const more = el("button", { type: "button" }, `Show all ${this.runs.length}`);
    more.addEventListener("click", () => {
      this.all = true;
      this.show();
    });
    this.place.append(more);
    this.say();
  }

  private cells(run: PastRun): (string | Node)[] {
    const name = `${run.workload} of ${run.started}`;
    const box = el("input", { type: "checkbox", "aria-label": `Compare ${name}` });
    box.checked = this.chosen.includes(run.id);
    box.addEventListener("change", () => {
      this.chosen = box.checked ? [...this.chosen, run.id] : this.chosen.filter((id) => id !== run.id);
      this.say();
    });
    const figures = run.figures.filter((f) => f.value !== null).slice(0, 2);
    return [
      box,
      utc(run.started),
      run.workload,
      run.driver,
      badge(run.verdict),
      seconds(run.duration_s),
      figures.map((f) => `${figureTitle(f.name)} ${digits(f.value)} ${f.unit}`.trim()).join(", "),
      el("a", { href: path("results", run.id, "report.html"), "aria-label": `Report of ${name}` }, "open"),
      el("a", { href: path("results", run.id, "result.json"), download: run.file.split("/").pop() ?? "", "aria-label": `Download the result of ${name}` }, "download"),
    ];
  }

  /** What cannot be opened, and why. */
  private unreadable(): Node[] {
    if (this.damaged.length === 0) return [];
    const rows = this.damaged.map((d) => ({ cells: [d.file, utc(d.changed), badge("damaged"), d.damaged] }));
    const columns = [{ title: "file" }, { title: "changed" }, { title: "state" }, { title: "why it cannot be read" }];
    return [el("h3", {}, "Damaged results"), table("Damaged results, the newest first", columns, rows)];
  }

  private say(): void {
    const n = this.chosen.length;
    this.compare.disabled = n !== 2;
    this.hint.textContent =
      n === 2 ? "The older of the two is the one compared with." : n < 2 ? `Choose ${n === 1 ? "one more" : "two"}.` : "Two can be compared, not more.";
  }

  private open(): void {
    const started = (id: string) => this.runs.find((run) => run.id === id)?.started ?? "";
    const [a, b] = [...this.chosen].sort((x, y) => started(x).localeCompare(started(y)));
    location.assign(`${path("compare")}?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`);
  }
}
