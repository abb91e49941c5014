// The page of `assay report --format html`: reads the report that is embedded beside it and builds everything from it.

import { agents } from "./agents";
import { Charts, describePhases } from "./charts";
import { badge, el } from "../../parts/dom";
import { digits, figureTitle, grouped, latency, seconds } from "../../parts/format";
import { Report } from "./report";
import * as tables from "./tables";
import * as theme from "../../parts/theme";

function title(report: Report): string {
  const targets = report.targets.map((t) => [t.server || t.driver, t.server_version].filter(Boolean).join(" "));
  return report.workload.name + (targets.length ? ` on ${targets.join(", ")}` : "");
}

function tile(name: string, value: string, note: string, kind = ""): HTMLElement {
  return el("div", { class: `tile ${kind}` }, el("dt", {}, name), el("dd", {}, el("strong", {}, value), el("span", {}, note)));
}

function headline(report: Report): HTMLElement {
  const all = report.operations[report.operations.length - 1];
  const response = all?.response_ms ?? null;
  const tiles = el("dl", { class: "tiles" });
  for (const f of report.figures.slice(0, 3)) if (f.value !== null) tiles.append(tile(figureTitle(f.name), digits(f.value), f.unit));
  tiles.append(
    tile("throughput", digits(all?.rate ?? 0), "operations/s"),
    tile("response p50", latency(response?.p50), "half took longer"),
    tile("response p99", latency(response?.p99), "1 % took longer"),
    tile("errors", grouped(all?.errors ?? 0), `and ${grouped(all?.retries ?? 0)} retries`, (all?.errors ?? 0) > 0 ? "bad" : ""),
  );
  if (report.in_doubt > 0) tiles.append(tile("in doubt", grouped(report.in_doubt), "commits", "bad"));
  return tiles;
}

function header(report: Report, charts: Charts): HTMLElement {
  const verdict = report.verdict.verdict;
  const notes = el("ul", { class: "notes" });
  if (report.partial) notes.append(el("li", { class: "warning" }, "Partial: the run was interrupted; this is what was measured until then."));
  for (const reason of report.verdict.reasons) notes.append(el("li", { class: verdict }, reason));
  for (const warning of report.warnings) notes.append(el("li", { class: "warning" }, `Warning: ${warning}`));
  return el(
    "header",
    {},
    el("div", { class: "top" }, el("h1", {}, title(report), " ", badge(verdict)), theme.button(() => charts.draw())),
    el(
      "p",
      { class: "sub" },
      `${report.started.replace("T", " ").replace("Z", " UTC")}, measured for ${seconds(report.measured_s)}, seed ${report.seed}, assay ${report.assay_version}`,
    ),
    notes.children.length ? notes : null,
    headline(report),
  );
}

function contents(main: HTMLElement): HTMLElement {
  const nav = el("nav", { "aria-label": "Sections" });
  for (const part of main.querySelectorAll("section")) {
    nav.append(el("a", { href: `#${part.id}` }, part.querySelector("h2")?.textContent ?? part.id));
  }
  return nav;
}

function main(): void {
  const data = document.getElementById("report");
  const root = document.getElementById("page");
  if (!data || !root) throw new Error("the page has lost its data");
  const report = JSON.parse(data.textContent ?? "") as Report;
  document.title = `${title(report)}: ${report.verdict.verdict}`;
  const charts = new Charts(report);
  const top = header(report, charts);
  const body = el("main");
  const parts = [
    tables.operations(report),
    charts.timeline(),
    tables.events(report),
    tables.failures(report),
    charts.distribution(),
    tables.search(report),
    tables.requirements(report),
    tables.figures(report),
    tables.checks(report),
    agents(report),
    charts.target(),
    tables.environment(report, describePhases(report)),
  ];
  for (const part of parts) if (part) body.append(part);
  const licence = document.getElementById("licence")?.textContent ?? "";
  const foot = el(
    "footer",
    {},
    el("p", {}, `Made by assay ${report.assay_version} from the result ${report.id}. This page loads nothing from anywhere.`),
    el("details", {}, el("summary", {}, "Licence of the charts (uPlot)"), el("pre", {}, licence)),
  );
  root.replaceChildren(top, contents(body), body, foot);
  charts.draw();
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") charts.showAll();
  });
}

main();
