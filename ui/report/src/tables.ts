// The tables of a report: everything that is not a chart.

import { Column, Row, badge, el, facts, section, table } from "../../parts/dom";
import { bytes, counted, digits, grouped, latency, seconds, words } from "../../parts/format";
import { Latency, Report, Settings, inMicroseconds, isRedundant, rowName } from "./report";

export function operations(report: Report): HTMLElement {
  const micros = inMicroseconds(report.operations);
  const unit = micros ? "µs" : "ms";
  const time = (l: Latency | null, key: keyof Latency) => (l === null ? "–" : digits(micros ? l[key] * 1e3 : l[key]));
  const kinds: [keyof Latency, string][] = [
    ["mean", "mean"],
    ["p50", "p50"],
    ["p90", "p90"],
    ["p95", "p95"],
    ["p99", "p99"],
    ["p999", "p99.9"],
    ["max", "max"],
  ];
  const number = (title: string, group?: string): Column => ({ title, number: true, group });
  const columns: Column[] = [
    { title: "operation" },
    number("count"),
    number("rate/s"),
    number("errors"),
    number("retries"),
    ...kinds.map(([, title]) => number(title, `response, ${unit}`)),
    number("p50", `service, ${unit}`),
    number("p99", `service, ${unit}`),
    number("p99", `wait, ${unit}`),
    number("p99", `lag, ${unit}`),
  ];
  const rows: Row[] = [];
  report.operations.forEach((row, i) => {
    if (isRedundant(report, report.operations, i)) return;
    rows.push({
      kind: row.operation === "all" ? "total" : undefined,
      cells: [
        rowName(report, row),
        grouped(row.count),
        digits(row.rate),
        row.errors > 0 ? el("span", { class: "bad" }, grouped(row.errors)) : "0",
        grouped(row.retries),
        ...kinds.map(([key]) => time(row.response_ms, key)),
        time(row.service_ms, "p50"),
        time(row.service_ms, "p99"),
        time(row.wait_ms, "p99"),
        time(row.lag_ms, "p99"),
      ],
    });
  });
  return section(
    "operations",
    "Operations",
    table(`Operations, measured for ${seconds(report.measured_s)}`, columns, rows),
    el(
      "p",
      { class: "note" },
      "Response counts from the moment an operation was due, service from the moment it was sent. Wait: no session was free, ",
      "which is the target's doing. Lag: a session was free and assay was late, which is ours. Failed operations are in no time.",
    ),
  );
}

export function failures(report: Report): HTMLElement | null {
  if (report.failures.length === 0) return null;
  return section(
    "failures",
    "Failures over the whole run",
    table(
      "Failures by kind",
      [{ title: "operation" }, { title: "count", number: true }, { title: "kind" }, { title: "code" }, { title: "first message" }],
      report.failures.map((f) => ({
        cells: [rowName(report, f), grouped(f.count), words(f.kind), f.native_code, el("span", { class: "text" }, f.message)],
      })),
    ),
  );
}

export function requirements(report: Report): HTMLElement | null {
  if (report.requirements.length === 0) return null;
  return section(
    "requirements",
    "Requirements",
    table(
      "Requirements",
      [{ title: "requirement" }, { title: "verdict" }, { title: "actual" }, { title: "limit" }, { title: "clause" }],
      report.requirements.map((r) => ({
        cells: [
          r.name,
          badge(r.verdict),
          r.actual,
          r.limit,
          [r.clause, r.decides ? "(decides the verdict)" : ""].filter(Boolean).join(" "),
        ],
      })),
    ),
  );
}

export function search(report: Report): HTMLElement | null {
  const found = report.search;
  if (!found) return null;
  return section(
    "search",
    "Search for the highest rate",
    el("p", {}, el("code", {}, found.condition), ": ", found.summary),
    table(
      "Steps of the search",
      [{ title: "rate/s", number: true }, { title: "completed/s", number: true }, { title: "held" }, { title: "why" }],
      found.steps.map((s) => ({
        cells: [digits(s.rate), digits(s.completed), s.held ? "yes" : "no", el("span", { class: "text" }, s.why)],
      })),
    ),
  );
}

export function figures(report: Report): HTMLElement | null {
  const rows: Row[] = report.figures.map((f) => ({
    cells: [f.name, digits(f.value), f.value === null ? "" : f.unit, el("span", { class: "text" }, f.formula)],
  }));
  for (const g of report.groups) {
    for (const c of g.counters) {
      const name = report.groups.length > 1 ? `${g.name} / ${c.name}` : c.name;
      rows.push({ cells: [name, grouped(c.measured), "", `counted while measuring; ${grouped(c.whole_run)} over the whole run`] });
    }
  }
  if (rows.length === 0) return null;
  const columns = [{ title: "figure" }, { title: "value", number: true }, { title: "unit" }, { title: "formula" }];
  return section("figures", "Figures", table("Figures and how they are computed", columns, rows));
}

export function checks(report: Report): HTMLElement | null {
  if (report.checks.length === 0) return null;
  const list = el("ul", { class: "plain" });
  for (const check of report.checks) {
    const shown = check.state === "not_run" ? "not run" : check.state;
    const item = el(
      "li",
      {},
      `${check.when} the run: `,
      el("span", { class: `badge ${check.state === "failed" ? "fail" : check.state === "passed" ? "pass" : "not_applicable"}` }, shown),
      check.state === "not_run" ? "" : ` ${counted(check.conditions, "condition")}`,
    );
    for (const f of check.findings) {
      item.append(
        el(
          "div",
          { class: "finding" },
          el("strong", {}, f.condition),
          ` ${f.text} (${counted(f.violations, "violation")})`,
          el("ul", {}, ...f.rows.map((row) => el("li", {}, el("code", {}, row)))),
        ),
      );
    }
    list.append(item);
  }
  return section("checks", "Consistency of the data", list);
}

export function events(report: Report): HTMLElement | null {
  if (report.events.length === 0 && report.in_doubt === 0) return null;
  const doubt =
    report.in_doubt > 0
      ? el("p", {}, `In doubt: ${counted(report.in_doubt, "commit")} whose outcome nobody knows.`)
      : null;
  const columns = [{ title: "no." }, { title: "at", number: true }, { title: "length", number: true }, { title: "kind" }, { title: "what" }];
  const rows = report.events.map((e, i) => ({
    cells: [
      String(i + 1),
      seconds(e.at_s),
      e.length_s > 0 ? seconds(e.length_s) : "–",
      words(e.kind),
      el("span", { class: "text" }, e.text),
    ],
  }));
  return section("events", "Events", rows.length ? table("Events on the time line", columns, rows) : null, doubt);
}

function settings(title: string, values: Settings): HTMLElement | null {
  const list = Object.entries(values);
  if (list.length === 0) return null;
  return el("div", {}, el("h3", {}, title), facts(list.map(([k, v]) => [k, v === "" ? "(empty)" : v])));
}

export function environment(report: Report, phases: string): HTMLElement {
  const m = report.machine;
  const own = report.own_cost;
  const limits = [
    m.cgroup_cpus !== null ? `${m.cgroup_cpus} processors` : "",
    m.cgroup_memory_bytes !== null ? bytes(m.cgroup_memory_bytes) : "",
  ].filter(Boolean);
  const run = facts([
    ["started", report.started],
    ["ended", report.ended],
    ["phases", phases],
    ["schedule", report.schedule],
    ["seed", report.seed],
    ["assay", report.assay_version],
    ["result", report.id],
    ...report.groups.map((g): [string, string] => [
      `group ${g.name}`,
      `${counted(g.clients, "client")} over ${counted(g.sessions, "session")}${g.schedule ? `, ${g.schedule}` : ""}` +
        (g.round_trips ? `; ${grouped(g.round_trips)} round trips` : "") +
        (g.abandoned ? `; ${grouped(g.abandoned)} operations never sent` : ""),
    ]),
  ]);
  const machine = facts([
    ["system", m.os],
    ["kernel", m.kernel],
    ["processor", m.cpu_model],
    ["processors", m.cpus ? String(m.cpus) : ""],
    ["memory", m.memory_bytes ? bytes(m.memory_bytes) : ""],
    ["control group", m.cgroup_version ? `version ${m.cgroup_version}, ${limits.length ? `limited to ${limits.join(", ")}` : "no limit"}` : ""],
  ]);
  const cost = facts([
    ["client CPU", `${digits(own.cpu_seconds)} s while measuring`],
    ["per operation", own.cpu_us_per_operation === null ? "n/a" : `${digits(own.cpu_us_per_operation)} µs`],
    ["peak memory", bytes(own.peak_rss_bytes)],
    ["threads", String(own.threads)],
    ["busiest loop", own.busiest_loop > 0 ? `${digits(100 * own.busiest_loop)} % of a processor` : ""],
    ["lag p99", latency(own.lag_p99_ms)],
  ]);
  const columns = el(
    "div",
    { class: "grid" },
    el("div", {}, el("h3", {}, "The run"), run),
    ...report.targets.map((t) => {
      const server = [t.server, t.server_version].filter(Boolean).join(" ");
      const title = report.targets.length > 1 ? `The target ${t.name}` : "The target";
      return el("div", {}, el("h3", {}, title), facts([["driver", t.driver], ["url", t.url], ["server", server], ...Object.entries(t.settings)]));
    }),
    settings(`Options of ${report.workload.name}`, report.workload.options),
    machine.children.length > 0 && el("div", {}, el("h3", {}, "The machine that made the load"), machine),
    el("div", {}, el("h3", {}, "What measuring cost"), cost),
  );
  return section("environment", "Environment", columns);
}
