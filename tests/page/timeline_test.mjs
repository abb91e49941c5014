// The time line of the live page and what it keeps of a form, without a browser.
//
// Usage: node timeline_test.mjs MODULES UI

import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { load } from "./sources.mjs";

const [modules, ui] = process.argv.slice(2).map((p) => resolve(p));
const { Timeline, kMostPoints } = await load(modules, join(ui, "live/src/timeline.ts"));
const { withoutSecrets } = await load(modules, join(ui, "live/src/secrets.ts"));
const { RunState, kMostLines } = await load(modules, join(ui, "live/src/run_state.ts"));

/** An interval with two operations: `a` completed n, `b` completed 2 n, p99 = p. */
function interval(index, { n = 10, p = 1, length = 1, phase = "measure", start = index * length } = {}) {
  const cell = (name, completed) => ({ name, completed, errors: 1, retries: 2, p50_ms: p / 2, p95_ms: p, p99_ms: p, max_ms: p });
  return { index, start_s: start, length_s: length, phase, groups: [{ name: "g", operations: [cell("a", n), cell("b", 2 * n)], all: cell("", 3 * n) }] };
}
const sum = (list) => list.reduce((x, y) => x + y, 0);

test("a day of seconds is held in a bounded number of equally wide points that lose no operation", () => {
  const time = new Timeline();
  for (let i = 0; i < 86_400; i++) {
    time.push(interval(i, { n: 1 + (i % 7) }));
    assert.ok(time.points <= kMostPoints, `${time.points} after ${i + 1}`);
  }
  assert.equal(time.end, 86_400);
  assert.ok(time.points > kMostPoints / 3, `only ${time.points}`);
  let expected = 0;
  for (let i = 0; i < 86_400; i++) expected += 1 + (i % 7);
  assert.equal(sum(time.tracks.get("g\na").completed), expected);
  assert.equal(sum(time.tracks.get("g\nb").completed), 2 * expected);
  assert.equal(sum(time.tracks.get("\n").completed), 3 * expected);
  assert.equal(sum(time.tracks.get("g\na").errors), 86_400);
  assert.equal(sum(time.length), 86_400);
  // 64 s is the first doubling of a second by which a day fits into 2,000 points.
  assert.deepEqual([...new Set(time.length.slice(0, -1))], [64]);
});

test("of merged neighbours the higher response time is kept and the rate is their mean", () => {
  const time = new Timeline();
  for (let i = 0; i <= kMostPoints; i++) time.push(interval(i, { n: i === 10 ? 70 : 10, p: i === 11 ? 50 : 1 }));
  const track = time.tracks.get("g\na");
  assert.equal(time.length[5], 2);
  assert.equal(time.start[5], 10);
  assert.equal(time.rates(track.completed)[5], 40);
  assert.equal(track.p99[5], 50);
  assert.equal(track.p99[4], 1);
});

test("what is told twice is counted once", () => {
  const time = new Timeline();
  for (const i of [0, 1, 2, 0, 1, 2, 3]) time.push(interval(i));
  assert.equal(time.points, 4);
  assert.equal(sum(time.tracks.get("g\na").completed), 40);
});

test("time in which nothing was told has no throughput and no response time", () => {
  const time = new Timeline();
  time.push(interval(0));
  time.push(interval(5));
  assert.deepEqual(time.start, [0, 1, 5]);
  assert.deepEqual(time.length, [1, 4, 1]);
  assert.deepEqual(time.rates(time.tracks.get("g\na").completed), [10, 0, 10]);
  assert.deepEqual(time.tracks.get("g\na").p99, [1, null, 1]);
});

test("an operation that comes later has nothing before", () => {
  const time = new Timeline();
  time.push(interval(0));
  const later = interval(1);
  later.groups[0].operations.push({ ...later.groups[0].operations[0], name: "c", completed: 5 });
  time.push(later);
  assert.deepEqual(time.tracks.get("g\nc").completed, [0, 5]);
  assert.deepEqual(time.tracks.get("g\nc").p50, [null, 0.5]);
});

test("the newest part holds the newest minutes second by second", () => {
  const time = new Timeline(300);
  for (let i = 0; i < 5000; i++) time.push(interval(i, { phase: i < 100 ? "warmup" : "measure" }));
  assert.equal(time.points, 300);
  assert.equal(time.start[0], 4700);
  assert.deepEqual(time.phases, [{ phase: "measure", from: 100, to: 5000 }]);
  for (const track of time.tracks.values()) assert.equal(track.completed.length, 300);
});

test("phases are told apart, and only what is measured is counted", () => {
  const state = new RunState({ id: "1", verb: "run", workload: "w", target: "t", state: "running", has_result: false });
  for (let i = 0; i < 10; i++) state.apply("interval", interval(i, { phase: i < 4 ? "warmup" : "measure" }));
  assert.deepEqual(state.whole.phases, [{ phase: "warmup", from: 0, to: 4 }, { phase: "measure", from: 4, to: 10 }]);
  assert.equal(state.operations.get("g\na").completed, 60);
  assert.equal(state.operations.get("g\n").completed, 180);
});

test("of the log the newest lines are kept", () => {
  const state = new RunState({ id: "1", verb: "run", workload: "w", target: "t", state: "running", has_result: false });
  for (let i = 0; i < 3 * kMostLines; i++) state.apply("log", { at_s: i, level: "info", text: String(i) });
  assert.equal(state.log.length, kMostLines);
  assert.equal(state.log[kMostLines - 1].text, String(3 * kMostLines - 1));
  assert.equal(state.logged, 3 * kMostLines);
});

test("at the end no agent runs any more, and those that the result misses are lost", () => {
  const state = new RunState({ id: "1", verb: "run", workload: "w", target: "t", state: "running", has_result: false });
  const agent = (name) => ({ name, state: "running", rate: 5, error_rate: 0, cpu: null, p99_lag_ms: 0, clock_offset_ms: 0 });
  const failure = { group: "g", operation: "a", kind: "timeout", count: 1 };
  state.apply("live", { at_s: 1, phase: "measure", left_s: 1, operations: 1, errors: 1, groups: [], agents: [agent("x"), agent("y")], failures: [failure] });
  assert.deepEqual(state.agents.map((a) => a.state), ["running", "running"]);
  const summary = { reasons: [], warnings: [], figures: [], failures: [{ ...failure, count: 3, message: "slow" }], lost: ["y"] };
  state.apply("end", { ...state.task, state: "done", summary });
  assert.deepEqual(state.agents.map((a) => a.state), ["ended", "lost"]);
  assert.deepEqual(state.failures.map((f) => [f.count, f.message]), [[3, "slow"]]);
});

test("no password of a target is kept", () => {
  const cases = [
    ["sqlite:bench.db", "sqlite:bench.db"],
    ["postgres://bench@host:5432/tpcc", "postgres://bench@host:5432/tpcc"],
    ["postgres://bench:geheim@host:5432/tpcc", "postgres://bench@host:5432/tpcc"],
    ["postgres://bench:ge/h@e:im@host/tpcc", "postgres://bench@host/tpcc"],
    ["postgres://host/tpcc?user=bench&password=geheim&sslmode=require", "postgres://host/tpcc?user=bench&sslmode=require"],
    ["postgres://host/tpcc?sslpassword=geheim", "postgres://host/tpcc"],
    ["mysql://u:geheim@h/d?secret_key=geheim&a=1", "mysql://u@h/d?a=1"],
    ["host=db user=bench password=geheim dbname=x", "host=db user=bench  dbname=x"],
    ["host=db password='ge heim'", "host=db "],
  ];
  for (const [target, kept] of cases) {
    assert.equal(withoutSecrets(target).trim(), kept.trim(), target);
    assert.ok(!/ge.?.?h.?e?.?im/.test(withoutSecrets(target)));
  }
});
