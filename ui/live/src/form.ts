// The form that starts a task: workload, target, options of both and of the load, a button for each verb. Made from the server's catalogue. What
// was entered last is kept in the browser, without passwords. Mistakes that the server finds are shown here, each with the way to
// its field.

import { el } from "../../parts/dom";
import { Catalogue, Refusal, Task, Verb, WorkloadInfo, post, says } from "./api";
import { Field } from "./fields";
import { withoutSecrets } from "./secrets";

const kKey = "assay-form";
/** Of the load, what most people change comes first; the rest stands under a fold. */
const kCommonLoad = ["duration", "clients", "rate", "warmup", "prepare", "check"];
/** What has a place of its own in a request, and what only a coordinator says. */
const kElsewhere = ["target", "shard"];
/** Of a workload, as many as stand first in its table. */
const kCommonOptions = 4;
const kVerbs: [Verb, string, string][] = [
  ["run", "Start the run", "measures the workload against the target"],
  ["prepare", "Prepare", "makes the data that the workload needs"],
  ["check", "Check", "checks the data that is there"],
  ["cleanup", "Clean up", "removes from the target what assay made there"],
];

interface Stored {
  workload: string;
  target: string;
  load: Record<string, string>;
  workloads: Record<string, Record<string, string>>;
}

export interface FormListener {
  started(task: Task): void;
  /** The server says that another task is under way. */
  taken(): Promise<void> | undefined;
}

export class StartForm {
  readonly node: HTMLDetailsElement;
  private readonly form = el("form", { novalidate: "", "aria-labelledby": "start-title" });
  private readonly fieldset = el("fieldset");
  private readonly workload = el("select", { id: "workload", name: "workload" });
  private readonly workloadHelp = el("span", { class: "help", id: "workload-help" });
  private readonly target = el("input", {
    id: "target", name: "target", type: "text", list: "targets", autocomplete: "off", spellcheck: "false", "aria-describedby": "target-help",
  });
  private readonly targetHelp = el("span", { class: "help", id: "target-help" });
  private readonly workloadFields = el("div");
  private readonly mistakes = el("div", { class: "mistakes", role: "alert" });
  private readonly busy = el("p", { class: "note busy", hidden: "" }, "A task is under way: another can be started when it has ended.");
  private readonly load: Field[];
  private options: Field[] = [];
  private stored: Stored;
  private sending = false;
  private taken = false;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly listener: FormListener,
  ) {
    this.stored = read();
    this.load = catalogue.load.filter((option) => !kElsewhere.includes(option.name)).map((option) => new Field(option, "load"));
    for (const field of this.load) field.value = this.stored.load[field.option.name] ?? "";
    for (const w of catalogue.workloads) this.workload.append(el("option", { value: w.name }, w.name));
    if (catalogue.workloads.some((w) => w.name === this.stored.workload)) this.workload.value = this.stored.workload;
    this.target.value = this.stored.target;
    this.workload.addEventListener("change", () => this.choose());
    this.target.addEventListener("input", () => this.describe());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send("run");
    });
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void this.send("run");
    });
    this.build();
    this.node = el("details", { id: "start", class: "card", open: "" }, el("summary", {}, el("h2", { id: "start-title" }, "Start a run")), this.form);
    this.choose();
    this.describe();
  }

  /** Whether a task is under way: then nothing can be started. */
  set running(running: boolean) {
    // It makes room for what is under way; at the end it does not push away what is read then.
    if (running && !this.taken) this.node.open = false;
    this.taken = running;
    this.fieldset.disabled = running || this.sending;
    this.busy.hidden = !running;
  }

  focus(): void {
    this.node.open = true;
    this.workload.focus();
  }

  private build(): void {
    const examples = el("datalist", { id: "targets" });
    for (const driver of this.catalogue.drivers) examples.append(el("option", { value: driver.example }, driver.summary));
    const common = kCommonLoad.flatMap((name) => this.load.filter((field) => field.option.name === name));
    const rest = this.load.filter((field) => !common.includes(field));
    const buttons = kVerbs.map(([verb, name, what]) => {
      const button = el("button", { type: verb === "run" ? "submit" : "button", class: verb === "run" ? "primary" : "", title: what }, name);
      if (verb !== "run") button.addEventListener("click", () => void this.send(verb));
      return button;
    });
    this.fieldset.append(
      el("legend", { class: "unseen" }, "What is started"),
      el(
        "div",
        { class: "fields wide" },
        el("div", { class: "field" }, el("label", { for: "workload" }, "workload"), this.workload, this.workloadHelp),
        el("div", { class: "field" }, el("label", { for: "target" }, "target"), this.target, examples, this.targetHelp),
      ),
      el("div", { class: "fields" }, ...common.map((field) => field.node)),
      this.workloadFields,
      ...fold("More about the load", rest),
      this.mistakes,
      el("div", { class: "buttons" }, ...buttons),
    );
    this.form.append(this.busy, this.fieldset);
  }

  private get chosen(): WorkloadInfo | undefined {
    return this.catalogue.workloads.find((w) => w.name === this.workload.value);
  }

  private choose(): void {
    this.keep();
    const chosen = this.chosen;
    this.workloadHelp.textContent = chosen?.summary ?? "";
    this.options = (chosen?.options ?? []).map((option) => new Field(option, "option"));
    const last = this.stored.workloads[chosen?.name ?? ""] ?? {};
    for (const field of this.options) field.value = last[field.option.name] ?? "";
    const [common, rest] = [this.options.slice(0, kCommonOptions), this.options.slice(kCommonOptions)];
    const parts: HTMLElement[] = [];
    if (common.length) parts.push(el("h3", {}, `Options of ${chosen?.name}`), el("div", { class: "fields" }, ...common.map((f) => f.node)));
    parts.push(...fold(`More options of ${chosen?.name}`, rest));
    this.workloadFields.replaceChildren(...parts);
    this.complain("");
  }

  /** Which driver it is that the target names, or how targets are written. */
  private describe(): void {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(this.target.value.trim())?.[1].toLowerCase();
    const driver = this.catalogue.drivers.find((d) => scheme !== undefined && d.schemes.includes(scheme));
    this.target.placeholder = this.catalogue.drivers.map((d) => d.example).find((e) => e.startsWith("sqlite")) ?? "";
    this.targetHelp.textContent = driver
      ? `${driver.name}: ${driver.summary}`
      : `for example ${this.catalogue.drivers.map((d) => d.example).join(", ")}`;
  }

  private values(verb: Verb): Record<string, string> {
    const options: Record<string, string> = {};
    for (const field of [...this.load, ...this.options]) {
      if (field.serves(verb) && field.value !== "") options[field.option.name] = field.value;
    }
    return options;
  }

  private async send(verb: Verb): Promise<void> {
    if (this.sending || this.taken) return;
    this.keep();
    this.complain("");
    this.sending = true;
    this.fieldset.disabled = true;
    try {
      // Without a target it is the server's own, if it has one.
      const target = this.target.value.trim();
      const body = { verb, workload: this.workload.value, ...(target ? { target } : {}), options: this.values(verb) };
      // Sent twice, by whatever chance, it is started once.
      const task = await post<Task>(body, { "Idempotency-Key": key() }, "tasks");
      this.listener.started(task);
    } catch (error) {
      const taken = error instanceof Refusal && error.status === 409;
      this.fieldset.disabled = false; // or the field with the mistake could not take the focus
      this.complain(says(error));
      if (taken) await this.listener.taken()?.catch(() => undefined); // what is wrong was said
    } finally {
      this.sending = false;
      this.fieldset.disabled = this.taken;
    }
  }

  /** One mistake a line; "" takes back what was said. */
  private complain(text: string): void {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    const fields = [...this.options, ...this.load];
    for (const field of fields) field.complain("");
    this.target.removeAttribute("aria-invalid");
    if (lines.length === 0) return this.mistakes.replaceChildren();
    let first: HTMLElement | null = null;
    const list = el("ul");
    for (const line of lines) {
      const field = named(fields, line);
      const input = field?.input ?? (/\btarget\b|:\/\//.test(line) ? this.target : null);
      field?.complain(line);
      if (input === this.target) this.target.setAttribute("aria-invalid", "true");
      const item = el("li", {}, line);
      if (input) {
        first ??= input;
        const go = el("button", { type: "button", class: "link" }, "to the field");
        go.addEventListener("click", () => show(input));
        item.append(" ", go);
      }
      list.append(item);
    }
    this.mistakes.replaceChildren(el("strong", {}, lines.length > 1 ? "These are not right:" : "This is not right:"), list);
    if (first) show(first);
  }

  /** Remembers what was entered. */
  private keep(): void {
    const kept = (fields: Field[]) =>
      Object.fromEntries(fields.filter((f) => !f.secret && f.value !== "").map((f) => [f.option.name, withoutSecrets(f.value)]));
    this.stored.target = withoutSecrets(this.target.value.trim());
    this.stored.load = kept(this.load);
    const shown = this.form.dataset.workload;
    if (shown) this.stored.workloads[shown] = kept(this.options);
    this.stored.workload = this.workload.value;
    this.form.dataset.workload = this.workload.value;
    try {
      localStorage.setItem(kKey, JSON.stringify(this.stored));
    } catch {
      // Then they last as long as the page.
    }
  }
}

/** A key that no other start has. Without a secure context there is no randomUUID. */
function key(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fold(title: string, fields: Field[]): HTMLElement[] {
  if (fields.length === 0) return [];
  return [el("details", { class: "fold" }, el("summary", {}, title), el("div", { class: "fields" }, ...fields.map((f) => f.node)))];
}

/** The field that the text is about: as an option of the command line, or by its name at the begin. */
function named(fields: Field[], text: string): Field | undefined {
  const name = /(?:^|\s)--([\w-]+)/.exec(text)?.[1] ?? /^([\w-]+):/.exec(text)?.[1];
  return fields.find((f) => f.option.name === name);
}

function show(input: HTMLElement): void {
  for (let at = input.parentElement; at; at = at.parentElement) if (at instanceof HTMLDetailsElement) at.open = true;
  input.focus();
}

function read(): Stored {
  const none: Stored = { workload: "", target: "", load: {}, workloads: {} };
  try {
    const text = localStorage.getItem(kKey);
    return text ? { ...none, ...(JSON.parse(text) as Partial<Stored>) } : none;
  } catch {
    return none;
  }
}
