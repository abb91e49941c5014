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

/** A row of a table that can be sorted: what each cell is sorted by; null is nothing, and stands at the end. */
export interface SortableRow extends Row {
  keys: (number | string | null)[];
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

/**
 * Such a table whose headings are buttons that sort its rows: numbers from the largest, text from the first, and the other way
 * round when pressed again. A long one scrolls by itself below its headings.
 */
export function sortable(caption: string, columns: Column[], rows: SortableRow[]): HTMLElement {
  const node = table(caption, columns, rows);
  node.classList.add("sorts");
  const body = node.querySelector("tbody")!;
  const lines = [...body.rows].map((line, i) => ({ line, keys: rows[i].keys }));
  const heads = [...node.querySelectorAll<HTMLElement>("thead tr:last-child th")];
  heads.forEach((head, at) => {
    const button = el("button", { type: "button" }, head.textContent);
    const group = columns[at].group;
    if (group) button.setAttribute("aria-label", `${group} ${columns[at].title}`);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const first = columns[at].number ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? (first === "descending" ? "ascending" : "descending") : first;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      lines.sort((a, b) => {
        const [x, y] = [a.keys[at], b.keys[at]];
        const [none, noneOther] = [x === null || x === "", y === null || y === ""];
        if (none || noneOther) return Number(none) - Number(noneOther);
        if (typeof x === "number" && typeof y === "number") return sign * (x - y);
        return sign * String(x).localeCompare(String(y), "en", { numeric: true });
      });
      body.append(...lines.map((l) => l.line));
    });
  });
  return node;
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
