// Fields of a form made from a table of options: label, input, help, default. What is left as it is, is not sent: the defaults are the
// server's.

import { el } from "../../parts/dom";
import { words } from "../../parts/format";
import { Option, Verb } from "./api";

type Input = HTMLInputElement | HTMLSelectElement;

const kNumeric = ["count", "whole", "number"];
/** What is never kept in the browser. */
const kSecret = /passw|secret|token|credential|key-?file/i;

export class Field {
  readonly node: HTMLElement;
  readonly input: Input;
  private readonly note: HTMLElement;
  private readonly wrong: HTMLElement;

  constructor(
    readonly option: Option,
    prefix: string,
  ) {
    const id = `${prefix}-${option.name}`;
    this.note = el("span", { class: "help", id: `${id}-help` }, help(option));
    this.wrong = el("span", { class: "wrong", id: `${id}-wrong`, hidden: "" });
    this.input = control(option, id);
    this.input.setAttribute("aria-describedby", this.note.id);
    const label = el("label", { for: id }, words(option.name.replace(/-/g, " ")));
    const flag = this.input instanceof HTMLInputElement && this.input.type === "checkbox";
    this.node = el("div", { class: flag ? "field flag" : "field" }, ...(flag ? [this.input, label] : [label, this.input]), this.wrong, this.note);
  }

  /** "": as the default is. */
  get value(): string {
    if (this.input instanceof HTMLInputElement && this.input.type === "checkbox") {
      const text = String(this.input.checked);
      return text === (this.option.default || "false") ? "" : text;
    }
    const text = this.input.value.trim();
    return text === this.option.default ? "" : text;
  }

  set value(text: string) {
    if (this.input instanceof HTMLInputElement && this.input.type === "checkbox") {
      this.input.checked = (text || this.option.default) === "true";
    } else {
      this.input.value = text || (this.input instanceof HTMLSelectElement ? this.option.default : "");
    }
  }

  get secret(): boolean {
    return kSecret.test(this.option.name);
  }

  serves(verb: Verb): boolean {
    return this.option.verbs[verb];
  }

  /** What is wrong is part of what describes the field; "": nothing is. */
  complain(text: string): void {
    this.wrong.textContent = text;
    this.wrong.hidden = text === "";
    this.input.setAttribute("aria-describedby", text === "" ? this.note.id : `${this.wrong.id} ${this.note.id}`);
    if (text !== "") this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }
}

function control(option: Option, id: string): Input {
  if (option.type === "flag") {
    const box = el("input", { id, type: "checkbox", name: option.name });
    box.checked = option.default === "true";
    return box;
  }
  if (option.choices?.length) {
    const select = el("select", { id, name: option.name });
    // Without a default of its own it depends on other options.
    if (!option.choices.includes(option.default)) select.append(el("option", { value: option.default }, "not given"));
    for (const choice of option.choices) select.append(el("option", { value: choice }, words(choice)));
    select.value = option.default;
    return select;
  }
  const input = el("input", { id, name: option.name, type: kSecret.test(option.name) ? "password" : "text", autocomplete: "off" });
  input.spellcheck = false;
  if (kNumeric.includes(option.type)) input.inputMode = "decimal";
  if (option.default !== "" && option.default !== "0") input.placeholder = option.default;
  return input;
}

function help(option: Option): string {
  const text = option.help;
  const shown = option.type !== "flag" && !option.choices?.length && option.default !== "" && !/without it|\b0 is\b|\b0:/.test(text);
  return shown ? `${text} (default ${option.default})` : text;
}
