// What is done to a task under way: stop it, give a group another rate or other clients.

import { el } from "../../parts/dom";
import { counted } from "../../parts/format";
import { Group, Task, isOver, post, says } from "./api";

interface GroupControl {
  node: HTMLElement;
  now: HTMLElement;
  rate: HTMLInputElement;
  shown: string;
}

export class Controls {
  readonly node: HTMLElement;
  private readonly stop = el("button", { type: "button", class: "stop" }, "Stop");
  private readonly groups = el("div", { class: "changes" });
  private readonly answer = el("p", { class: "answer", role: "status" });
  private readonly held = new Map<string, GroupControl>();
  private readonly stopNote = el("span", { class: "note" });
  private task: Task;

  /** `changed`: a group was changed, in words. */
  constructor(
    task: Task,
    private readonly changed: (text: string) => void,
  ) {
    this.task = task;
    this.stop.addEventListener("click", () => void this.stopTask());
    this.stopNote.textContent =
      task.verb === "run" ? "What was measured until then is kept as a partial result." : "What was done until then stays as it is.";
    this.node = el("div", { class: "controls" }, el("div", { class: "buttons" }, this.stop, this.stopNote), this.groups, this.answer);
  }

  update(task: Task): void {
    this.task = task;
    this.node.hidden = isOver(task);
    const changeable = task.verb === "run" && task.state === "running" ? (task.groups ?? []).filter((g) => !g.triggered) : [];
    for (const [name, control] of this.held) {
      if (changeable.some((g) => g.name === name)) continue;
      control.node.remove();
      this.held.delete(name);
    }
    for (const group of changeable) {
      let control = this.held.get(group.name);
      if (!control) {
        control = this.make(group, this.held.size);
        this.held.set(group.name, control);
        this.groups.append(control.node);
      }
      const text = [counted(group.clients, "client"), `over ${counted(group.sessions, "session")}`, group.schedule].filter(Boolean).join(", ");
      if (text !== control.shown) control.now.textContent = control.shown = text;
    }
  }

  focus(): void {
    [...this.held.values()][0]?.rate.focus();
  }

  async stopTask(): Promise<void> {
    if (isOver(this.task) || this.stop.disabled) return;
    this.stop.disabled = true;
    this.say("Stopping …", false);
    try {
      await post<Task>({}, {}, "tasks", this.task.id, "stop");
      this.say("Stopping: operations under way are waited for.", false);
    } catch (error) {
      this.stop.disabled = false;
      this.say(`It was not stopped: ${says(error)}`, true);
    }
  }

  private make(group: Group, index: number): GroupControl {
    const id = `change-${index}`;
    const rate = el("input", { id: `${id}-rate`, type: "text", autocomplete: "off", size: "10", placeholder: "as it is", inputmode: "decimal" });
    const clients = el("input", { id: `${id}-clients`, type: "text", autocomplete: "off", size: "6", placeholder: "as it is", inputmode: "numeric" });
    const button = el("button", { type: "submit" }, "Change");
    const now = el("span", { class: "now" });
    const form = el(
      "form",
      { class: "change", novalidate: "", "aria-label": `Change the group ${group.name}` },
      el("span", { class: "who" }, el("strong", {}, group.name), " ", now),
      el("label", { for: rate.id }, "rate, operations/s"),
      rate,
      el("label", { for: clients.id }, "clients"),
      clients,
      button,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.change(group.name, rate, clients, button);
    });
    return { node: form, now, rate, shown: "" };
  }

  private async change(group: string, rate: HTMLInputElement, clients: HTMLInputElement, button: HTMLButtonElement): Promise<void> {
    const [newRate, newClients] = [rate.value.trim(), clients.value.trim()];
    const body: Record<string, unknown> = { group };
    const parts: string[] = [];
    for (const input of [rate, clients]) input.removeAttribute("aria-invalid");
    if (newRate !== "") {
      body.rate = newRate;
      parts.push(`rate ${newRate}`);
    }
    if (newClients !== "") {
      body.clients = Number(newClients);
      parts.push(counted(Number(newClients), "client"));
      if (!/^\d+$/.test(newClients)) {
        clients.setAttribute("aria-invalid", "true");
        return this.say(`clients: '${newClients}' is not a whole number`, true);
      }
    }
    if (parts.length === 0) return this.say("Nothing to change: enter a rate, a number of clients, or both.", true);
    button.disabled = true;
    try {
      await post(body, {}, "tasks", this.task.id, "change");
      const text = `${group}: ${parts.join(", ")}`;
      this.say(`Changed: ${text}`, false);
      rate.value = clients.value = "";
      this.changed(text);
    } catch (error) {
      this.say(`Not changed: ${says(error)}`, true);
    } finally {
      button.disabled = false;
    }
  }

  private say(text: string, bad: boolean): void {
    this.answer.className = bad ? "answer bad" : "answer";
    this.answer.textContent = text;
  }
}
