// A table whose rows stay: an update writes the cells that changed, adds the rows that are new and takes out those that are gone.

import { Column, el, table } from "../../parts/dom";

export interface LiveRow {
  key: string;
  cells: string[];
  /** Of a cell, by its column: a class. */
  kinds?: Record<number, string>;
  /** Of a cell, by its column: how long a bar behind its text is, 0…1. */
  bars?: Record<number, number>;
}

interface Held {
  row: HTMLTableRowElement;
  cells: HTMLElement[];
  shown: LiveRow;
}

export class LiveTable {
  readonly node: HTMLElement;
  private readonly body: HTMLTableSectionElement;
  private readonly held = new Map<string, Held>();

  constructor(
    caption: string,
    private readonly columns: Column[],
  ) {
    this.node = table(caption, columns, []);
    this.body = this.node.querySelector("tbody")!;
  }

  update(rows: LiveRow[]): void {
    const keys = new Set(rows.map((row) => row.key));
    for (const [key, held] of this.held) {
      if (keys.has(key)) continue;
      held.row.remove();
      this.held.delete(key);
    }
    rows.forEach((row, i) => {
      let held = this.held.get(row.key);
      if (!held) this.held.set(row.key, (held = this.add(row)));
      else this.write(held, row);
      if (this.body.children[i] !== held.row) this.body.insertBefore(held.row, this.body.children[i] ?? null);
    });
  }

  private add(row: LiveRow): Held {
    const line = el("tr");
    const cells = this.columns.map((column, i) => {
      const cell = el(i === 0 ? "th" : "td", { class: this.kind(column, row.kinds?.[i]) }, row.cells[i]);
      if (i === 0) cell.setAttribute("scope", "row");
      bar(cell, row.bars?.[i]);
      line.append(cell);
      return cell;
    });
    return { row: line, cells, shown: row };
  }

  private write(held: Held, row: LiveRow): void {
    held.cells.forEach((cell, i) => {
      // The text node itself, so that nothing is made anew.
      if (held.shown.cells[i] !== row.cells[i]) {
        if (cell.firstChild instanceof Text) cell.firstChild.data = row.cells[i];
        else cell.textContent = row.cells[i];
      }
      if (held.shown.kinds?.[i] !== row.kinds?.[i]) cell.className = this.kind(this.columns[i], row.kinds?.[i]);
      if (held.shown.bars?.[i] !== row.bars?.[i]) bar(cell, row.bars?.[i]);
    });
    held.shown = row;
  }

  private kind(column: Column, kind = ""): string {
    return [column.number ? "number" : "", kind].filter(Boolean).join(" ");
  }
}

function bar(cell: HTMLElement, share: number | undefined): void {
  if (share === undefined) return;
  cell.classList.add("barred");
  cell.style.setProperty("--share", `${Math.round(100 * Math.min(1, Math.max(0, share)))}%`);
}
