// A server that speaks the interface of /api/v1 and plays runs that nobody makes: for tests of the page that a real run cannot give (a hostile
// name, 64 agents, a day in a minute). Its runs obey what the page asks: they stop, and they change their rate and their clients.

import { createServer } from "node:http";
import { randomBytes } from "node:crypto";

/** Uniform numbers of [0, 1), the same in every run. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const verbs = (...list) => Object.fromEntries(["prepare", "run", "check", "cleanup"].map((verb) => [verb, list.length === 0 || list.includes(verb)]));
const option = (name, type, value, help, more = {}) => ({ name, type, default: value, help, choices: [], verbs: verbs(), ...more });
const load = (name, type, value, help, more = {}) => option(name, type, value, help, { verbs: verbs("run"), ...more });

export const catalogue = {
  version: "0.1.0",
  starts_tasks: true,
  drivers: [
    { name: "sqlite", summary: "SQLite, an embedded SQL database in one file", schemes: ["sqlite"], example: "sqlite:bench.db" },
    {
      name: "postgres", summary: "PostgreSQL 10 and later, by libpq: prepared statements, pipelining, COPY",
      schemes: ["postgres", "postgresql"], example: "postgres://user@host:5432/database",
    },
  ],
  workloads: [
    {
      name: "tpcc",
      summary: "TPC-C: orders, payments and deliveries of a wholesale supplier, with consistency checks",
      options: [
        option("warehouses", "count", "", "warehouses to load, or to use of those loaded; without it 1 is loaded"),
        option("terminals", "count", "0", "terminals of the whole job; 0: ten a warehouse with think times, a few without", { verbs: verbs("run") }),
        option("think-times", "flag", "true", "terminals key in and think as the specification says", { verbs: verbs("run") }),
        option("isolation-level", "choice", "default", "isolation level of the transactions", {
          choices: ["default", "read_committed", "repeatable_read", "serializable"], verbs: verbs("run"),
        }),
        option("mix", "choice", "deck", "how a terminal chooses transactions", { choices: ["deck", "weighted"], verbs: verbs("run") }),
        option("foreign-keys", "flag", "true", "create foreign keys after the load", { verbs: verbs("prepare") }),
      ],
    },
    {
      name: "kv",
      summary: "key-value operations in any mix, YCSB's core workloads; every value verified",
      options: [option("rows", "count", "", "keys to prepare; without it 100k"), option("mix", "text", "", "operations and their weights")],
    },
  ],
  load: [
    load("duration", "duration", "15s", "how long is measured"),
    load("warmup", "duration", "0", "load before the measured time that does not count"),
    load("ramp-up", "duration", "0", "before that: clients come in one by one"),
    load("clients", "count", "0", "simulated users; 0 is what the workload proposes"),
    load("sessions", "count", "0", "connections that the clients share; 0 is what the workload proposes"),
    load("rate", "rate", "", "open loop: 1000, 30/m, a ramp 100..1000@30s; without it a closed loop"),
    load("arrival", "choice", "constant", "how a rate's operations are spaced", { choices: ["constant", "poisson"] }),
    load("prepare", "flag", "", "make the data first"),
    load("check", "flag", "", "check the data before and after the run"),
    load("seed", "whole", "1", "of everything random", { verbs: verbs("prepare", "run") }),
    load("fail-if", "text", "", "conditions that fail the run, such as 'p99(new_order) > 50ms'"),
  ],
};

const kOperations = [["new_order", 0.45, 4.2], ["payment", 0.43, 1.9], ["order_status", 0.04, 1.1], ["delivery", 0.04, 7.5], ["stock_level", 0.04, 3.3]];
const seconds = (text) => Number(/^(\d+)/.exec(text ?? "")?.[1] ?? 0) * (/m$/.test(text ?? "") ? 60 : /h$/.test(text ?? "") ? 3600 : 1);

/** One interval of the run, as it would be with this rate and so many clients. */
export function interval(index, phase, { rate, clients, draw, outage = false, length = 1 }) {
  const cell = (name, share, base) => {
    const load = Math.min(1, (rate || 900) / 2600);
    const slow = base * (1 + 2 * load * load) * (0.9 + 0.2 * draw()) * (1 + clients / 64);
    const hiccup = draw() < 0.02 ? 6 : 1;
    const completed = outage ? 0 : Math.round((rate || 70 * clients) * share * length * (0.94 + 0.12 * draw()));
    const errors = outage ? 9 : draw() < 0.03 ? 1 : 0;
    const at = (factor) => (completed === 0 ? null : Number((slow * factor).toFixed(3)));
    return { name, completed, errors, retries: draw() < 0.3 ? 2 : 0, p50_ms: at(1), p95_ms: at(2.1), p99_ms: at(3.4 * hiccup), max_ms: at(6 * hiccup) };
  };
  const operations = kOperations.map(([name, share, base]) => cell(name, share, base));
  const sum = (key) => operations.reduce((n, c) => n + c[key], 0);
  const most = (key) => operations.reduce((n, c) => (c[key] === null ? n : Math.max(n ?? 0, c[key])), null);
  const all = {
    completed: sum("completed"), errors: sum("errors"), retries: sum("retries"),
    p50_ms: operations[0].p50_ms, p95_ms: operations[0].p95_ms, p99_ms: most("p99_ms"), max_ms: most("max_ms"),
  };
  return { index, start_s: index * length, length_s: length, phase, groups: [{ name: "terminals", operations, all }] };
}

export function agents(count, rate, draw, lost = -1) {
  return Array.from({ length: count }, (_, index) => ({
    name: `10.0.${index >> 4}.${10 + (index & 15)}:8080`, state: index === lost ? "lost" : "running",
    rate: index === lost ? 0 : (rate / count) * (0.95 + 0.1 * draw()), error_rate: index % 31 === 30 ? 0.5 : 0,
    cpu: index === lost ? null : 0.2 + 0.3 * draw(), p99_lag_ms: 0.05 + 0.2 * draw(), clock_offset_ms: draw() - 0.5,
  }));
}

/** A task and what was told of it. */
class Play {
  constructor(body, settings) {
    this.settings = settings;
    this.events = [];
    this.listeners = new Set();
    this.draw = random(7);
    this.at = 0;
    this.operations = this.errors = 0;
    const { verb, workload, target, options } = body;
    this.length = verb === "run" ? seconds(options.duration || "15s") : 12;
    this.warmup = seconds(options.warmup);
    this.rate = Number(options.rate) || 0;
    this.clients = Number(options.clients) || 10;
    const id = `2026-11-21T13-00-${String(settings.count).padStart(2, "0")}-${randomBytes(3).toString("hex")}`;
    this.task = {
      id, verb, workload, target: target.replace(/:[^:@/]*@/, "@"), state: "running", phase: verb === "run" ? "opening" : verb,
      accepted: new Date().toISOString(), accepted_unix_ns: `${Date.now()}000000`, started: new Date().toISOString(), has_result: false, options, shard: "0/1",
    };
    this.groups();
    this.tell("state", this.task);
    this.tell("log", { at_s: 0, level: "info", text: `${verb} of ${workload} begins` });
    this.timer = settings.tick_ms > 0 ? setInterval(() => this.tick(), settings.tick_ms) : null;
  }

  groups() {
    if (this.task.verb !== "run") return;
    const schedule = this.rate > 0 ? `constant ${this.rate}/s` : "closed loop";
    const operations = kOperations.map(([name]) => name);
    this.task.groups = [{ name: "terminals", operations, clients: this.clients, sessions: Math.min(this.clients, 10), schedule, triggered: false }];
  }

  tell(event, data) {
    const entry = { id: this.events.length + 1, text: `event: ${event}\ndata: ${JSON.stringify(data)}\n\n` };
    // As a server would: of what is only true for a moment the newest is enough for who comes later.
    if (event !== "live" && event !== "progress") this.events.push(entry);
    else entry.id = this.events.length;
    for (const response of this.listeners) response.write(`id: ${entry.id}\n${entry.text}`);
  }

  phase() {
    return this.at < this.warmup ? "warmup" : "measure";
  }

  tick() {
    if (this.task.verb !== "run") return this.load();
    const phase = this.phase();
    if (this.task.phase !== phase) this.tell("state", Object.assign(this.task, { phase }));
    const outage = this.settings.outage_at?.includes(this.at) ?? false;
    const made = interval(this.at, phase, { rate: this.rate, clients: this.clients, draw: this.draw, outage });
    this.tell("interval", made);
    if (outage) this.tell("log", { at_s: this.at, level: "warning", text: "all sessions lost: server closed the connection unexpectedly" });
    this.at++;
    const { all } = made.groups[0];
    this.operations += all.completed;
    this.errors += all.errors;
    const { p50_ms, p99_ms, max_ms, errors, retries } = all;
    this.tell("live", {
      at_s: this.at, phase, left_s: this.warmup + this.length - this.at, operations: this.operations, errors: this.errors,
      groups: [{ name: "terminals", rate: all.completed, p50_ms, p99_ms, max_ms, errors, retries }],
      ...(this.settings.agents ? { agents: agents(this.settings.agents, all.completed, this.draw, this.at > 20 ? 17 : -1) } : {}),
      ...(this.errors > 0
        ? { failures: [{ group: "terminals", operation: "new_order", kind: "disconnected", native_code: "08006", count: this.errors, message: "server closed the connection unexpectedly" }] }
        : {}),
    });
    if (this.at >= this.warmup + this.length) this.end("done");
  }

  load() {
    this.at++;
    this.tell("progress", { what: "order_line", unit: "rows", done: this.at * 25_000, total: this.length * 25_000, rate: 25_000 });
    if (this.at >= this.length) this.end("done");
  }

  end(state) {
    clearInterval(this.timer);
    const over = { state, phase: "", ended: "2026-11-21T13:01:00Z", exit_code: state === "done" ? 0 : 130 };
    if (this.task.verb === "run") Object.assign(over, { has_result: true, verdict: this.errors > 0 ? "fail" : "pass", summary: this.summary() });
    this.tell("end", Object.assign(this.task, over));
    for (const response of this.listeners) response.end();
    this.listeners.clear();
  }

  summary() {
    const message = "server closed the connection unexpectedly";
    return {
      reasons: this.errors > 0 ? ["errors > 0.1%: 1.2 % of the operations failed"] : [],
      warnings: [],
      figures: [{ name: "nopm", value: (27 * this.operations) / Math.max(1, this.at), unit: "new orders/min" }],
      failures: this.errors > 0 ? [{ group: "terminals", operation: "new_order", kind: "disconnected", native_code: "08006", message, count: this.errors }] : [],
      lost: [],
    };
  }
}

/**
 * `page`: text of the page. Settings: tick_ms, how long a second of a run lasts (0: only when `tick()` of the play is called); agents, how many;
 * outage_at, seconds in which nothing completes; results, past runs.
 */
export class ReplayServer {
  constructor(page, settings = {}) {
    this.page = page;
    this.settings = { tick_ms: 1000, results: [], ...settings };
    this.plays = new Map();
    this.keys = new Map();
    this.requests = [];
    this.server = createServer((request, response) => {
      this.serve(request, response).catch((error) => this.json(response, 500, { error: String(error) }));
    });
  }

  async listen(port = 0) {
    await new Promise((done) => this.server.listen(port, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${this.server.address().port}/`;
    return this;
  }

  async close() {
    for (const play of this.plays.values()) clearInterval(play.timer);
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** Ends every connection, as a network does. */
  cut() {
    this.server.closeAllConnections();
  }

  get newest() {
    return [...this.plays.values()].pop();
  }

  json(response, status, body) {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  }

  html(response, text) {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
    response.end(text);
  }

  async serve(request, response) {
    const url = new URL(request.url, this.url);
    this.requests.push(`${request.method} ${url.pathname}`);
    const parts = url.pathname.split("/").filter(Boolean).map(decodeURIComponent);
    if (parts.length === 0) return this.html(response, this.page);
    let text = "";
    for await (const piece of request) text += piece;
    const body = text === "" ? {} : JSON.parse(text);
    const [, , kind, id, what] = parts;
    if (kind === "catalogue") return this.json(response, 200, this.settings.catalogue ?? catalogue);
    if (kind === "tasks" && !id && request.method === "POST") return this.create(request, response, body);
    if (kind === "tasks" && !id) return this.json(response, 200, { tasks: [...this.plays.values()].map((p) => p.task).reverse() });
    if (kind === "tasks") return this.task(request, response, this.plays.get(id), what, body);
    if (kind === "results" && !id) return this.json(response, 200, { results: this.results() });
    if (kind === "results" && what === "report.html") return this.html(response, `<!doctype html><title>Report</title><h1>Report of ${id}</h1>`);
    if (kind === "results") return this.json(response, 200, { id });
    if (kind === "compare") {
      return this.html(response, `<!doctype html><title>Comparison</title><h1>${url.searchParams.get("a")} with ${url.searchParams.get("b")}</h1>`);
    }
    return this.json(response, 404, { error: `${url.pathname}: there is nothing` });
  }

  results() {
    const made = [...this.plays.values()].filter((p) => p.task.has_result).map((p, i) => ({
      id: p.task.id, file: `results/${p.task.id}.json`, workload: p.task.workload, driver: "sqlite", started: `2026-11-21T13:0${i % 10}:00Z`,
      verdict: p.task.verdict, duration_s: p.at, figures: p.summary().figures,
    }));
    return [...made, ...this.settings.results];
  }

  create(request, response, body) {
    const key = request.headers["idempotency-key"];
    if (this.keys.has(key)) return this.json(response, 200, this.keys.get(key).task);
    if ([...this.plays.values()].some((p) => !p.task.ended)) return this.json(response, 409, { error: "another task is under way; nothing was changed" });
    const wrong = [];
    if (body.target === undefined) wrong.push("run: --target is missing; expected for example --target sqlite:bench.db");
    else if (!/^(sqlite|postgres(ql)?):/.test(body.target)) wrong.push(`target: '${body.target}': no driver has this scheme (sqlite, postgres)`);
    for (const name of ["duration", "warmup"]) {
      const value = body.options[name];
      if (value !== undefined && !/^\d+(ms|s|m|h)?$/.test(value)) wrong.push(`--${name}: '${value}' is not a duration (expected e.g. 30s, 5m)`);
    }
    if (body.options.warehouses && !/^\d+k?$/.test(body.options.warehouses)) wrong.push(`--warehouses: '${body.options.warehouses}' is not a whole number`);
    if (wrong.length) return this.json(response, 400, { error: wrong.join("\n") });
    const play = new Play(body, { ...this.settings, count: this.plays.size });
    this.plays.set(play.task.id, play);
    this.keys.set(key, play);
    return this.json(response, 201, play.task);
  }

  task(request, response, play, what, body) {
    if (!play) return this.json(response, 404, { error: "there is no such task" });
    if (!what) return this.json(response, 200, play.task);
    if (what === "events") return this.events(request, response, play);
    if (what === "result.json") return this.json(response, 200, { format: "assay-result", id: play.task.id });
    if (what === "report.html") return this.html(response, `<!doctype html><title>Report</title><h1>Report of ${play.task.id}</h1>`);
    if (what === "stop") {
      play.tell("log", { at_s: play.at, level: "info", text: "a stop was asked for" });
      setTimeout(() => play.end("stopped"), 5);
      return this.json(response, 200, play.task);
    }
    if (what === "change") {
      if (body.rate !== undefined && !/^\d+(\.\d+)?$/.test(body.rate)) return this.json(response, 400, { error: `rate: '${body.rate}' is not a rate (expected e.g. 1000, 30/m)` });
      if (body.rate !== undefined) play.rate = Number(body.rate);
      if (body.clients !== undefined) play.clients = body.clients;
      play.groups();
      play.tell("state", play.task);
      return this.json(response, 200, { status: "ok" });
    }
    return this.json(response, 404, { error: `${what}: there is nothing` });
  }

  events(request, response, play) {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.flushHeaders();
    const since = Number(request.headers["last-event-id"] ?? 0);
    // As the agent does: the past in short, without numbers; after a loss what came since.
    const told = since > 0 ? play.events.slice(since) : play.events.filter((e) => /^event: (interval|log)/.test(e.text)).map((e) => ({ text: e.text }));
    if (since === 0) told.unshift({ text: `event: ${play.task.ended ? "end" : "state"}\ndata: ${JSON.stringify(play.task)}\n\n` });
    if (since === 0 && play.task.ended) told.push(told.shift());
    response.write(told.map((e) => (e.id ? `id: ${e.id}\n` : "") + e.text).join(""));
    if (play.task.ended) return response.end();
    play.listeners.add(response);
    response.on("close", () => play.listeners.delete(response));
  }
}
