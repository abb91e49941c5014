// Building the page. Text always goes in as text: nothing of the result is ever parsed as HTML.

type Child = Node | string | null | undefined | false;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  for (const child of children) if (child) node.append(child);
  return node;
}

export interface Column {
  title: string;
  /** Numbers are aligned to the right. */
  number?: boolean;
  /** Columns with the same group stand under one heading. */
  group?: string;
}

export interface Row {
  cells: (string | Node)[];
  kind?: string;
}

function headings(columns: Column[]): HTMLElement {
  const head = el("thead");
  if (columns.some((c) => c.group)) {
    const groups = el("tr");
    for (let i = 0; i < columns.length; ) {
      let end = i + 1;
      while (end < columns.length && columns[end].group === columns[i].group) end++;
      const name = columns[i].group;
      const cell = el(name ? "th" : "td", { colspan: String(end - i) }, name ?? "");
      if (name) cell.setAttribute("scope", "colgroup");
      if (name) cell.className = "begins";
      groups.append(cell);
      i = end;
    }
    head.append(groups);
  }
  const row = el("tr");
  columns.forEach((column, i) => row.append(el("th", { scope: "col", class: classes(columns, i) }, column.title)));
  head.append(row);
  return head;
}

function classes(columns: Column[], i: number): string {
  const begins = i > 0 && columns[i].group !== columns[i - 1].group;
  return [columns[i].number ? "number" : "", begins ? "begins" : ""].filter(Boolean).join(" ");
}

/** A table that scrolls sideways by itself, also by keyboard, when the window is narrow. */
export function table(caption: string, columns: Column[], rows: Row[]): HTMLElement {
  const body = el("tbody");
  for (const row of rows) {
    const line = el("tr", row.kind ? { class: row.kind } : {});
    row.cells.forEach((cell, i) => {
      const node = el(i === 0 ? "th" : "td", { class: classes(columns, i) }, cell);
      if (i === 0) node.setAttribute("scope", "row");
      line.append(node);
    });
    body.append(line);
  }
  const node = el("table", {}, el("caption", { class: "unseen" }, caption), headings(columns), body);
  return el("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": caption }, node);
}

/** Names with their values. */
export function facts(list: [string, string | Node][]): HTMLElement {
  const node = el("dl", { class: "facts" });
  for (const [name, value] of list) if (value !== "") node.append(el("div", {}, el("dt", {}, name), el("dd", {}, value)));
  return node;
}

export function section(id: string, title: string, ...children: Child[]): HTMLElement {
  return el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), ...children);
}

export function badge(verdict: string): HTMLElement {
  const shown = verdict === "not_applicable" ? "n/a" : verdict.toUpperCase();
  return el("span", { class: `badge ${verdict}` }, shown);
}
