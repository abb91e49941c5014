// The log of a task: lines are added below, the oldest leave above. It stays at its end until the reader scrolls up.

import { el } from "../../parts/dom";
import { seconds } from "../../parts/format";
import { RunState, kMostLines } from "./run_state";

export class LogView {
  readonly node: HTMLElement;
  private readonly list = el("ol", { class: "log" });
  private shown = 0;

  constructor() {
    this.node = el("div", { class: "scroll log-box", role: "region", tabindex: "0", "aria-label": "Log of the task, the newest last" }, this.list);
  }

  update({ log, logged }: RunState): void {
    if (logged < this.shown) {
      this.list.replaceChildren();
      this.shown = 0;
    }
    const added = Math.min(logged - this.shown, log.length);
    if (added === 0) return;
    this.shown = logged;
    const atEnd = this.node.scrollTop + this.node.clientHeight >= this.node.scrollHeight - 20;
    for (const line of log.slice(log.length - added)) {
      const level = line.level === "info" ? "" : line.level;
      const at = el("span", { class: "at" }, seconds(Math.round(line.at_s * 10) / 10));
      const text = el("span", { class: "text" }, level && el("strong", {}, `${level}: `), line.text);
      this.list.append(el("li", { class: line.level }, at, text));
    }
    while (this.list.children.length > kMostLines) this.list.firstChild!.remove();
    if (atEnd) this.node.scrollTop = this.node.scrollHeight;
  }
}
