// What the live page costs in the browser: a day, second by second, of a run on 64 agents is replayed to it, and Chromium's own counters
// tell the heap and the time in scripts.
//
// Usage: node bench/live_page.mjs [PAGE] [--seconds 86400] [--agents 64]
//   PAGE is the page as it is built; without it build/src/page/live_page.html. Prints one line of JSON: heap_mb and script_ms, each a list.
//
// An update is one second of the run: an interval with five operations and the live figures with all agents. The day is replayed as fast as
// the page takes it, where many updates are drawn together. The cost of one update is taken after that, with the day in the page: one at a
// time, each drawn before the next comes.

import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "../tests/report/browser.mjs";
import { ReplayServer } from "../tests/page/replay.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const words = process.argv.slice(2);
const named = (name, otherwise) => (words.includes(name) ? Number(words.splice(words.indexOf(name), 2)[1]) : otherwise);
const seconds = named("--seconds", 86_400);
const agents = named("--agents", 64);
const page = readFileSync(resolve(words[0] ?? join(root, "build/src/page/live_page.html")), "utf8");
const kPaced = 60;
const kBetween_ms = 400; // longer than the page waits between two drawings of its charts

const server = await new ReplayServer(page, { tick_ms: 0, agents }).listen();
const browser = await launch(join(root, "ui/node_modules"));
const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
await tab.goto(server.url);
await tab.fill("#target", "sqlite:bench.db");
await tab.fill("#load-duration", `${seconds + 10 * kPaced}s`);
await tab.click("button.primary");
await tab.waitForSelector("#run");

const cdp = await tab.context().newCDPSession(tab);
await cdp.send("Performance.enable");
const counters = async () => Object.fromEntries((await cdp.send("Performance.getMetrics")).metrics.map((m) => [m.name, m.value]));
const heap_MB = async () => (await counters()).JSHeapUsedSize / 1e6;

const play = server.newest;
const heap = [];
const begin = await counters();
for (let i = 0; i < seconds; i++) {
  play.tick();
  if (i % 200 !== 199) continue;
  // No faster than the page reads: the memory of this process is bounded too.
  for (const response of play.listeners) if (response.writableNeedDrain) await new Promise((done) => response.once("drain", done));
  if (i % 4000 === 3999) heap.push(await heap_MB());
}
await tab.waitForFunction(
  (n) => Number(document.querySelectorAll("#run .tile strong")[3]?.textContent.replace(/\D/g, "")) === n,
  play.operations,
  { timeout: 600_000, polling: 500 },
);
heap.push(await heap_MB());
const replayed = await counters();
await cdp.send("HeapProfiler.collectGarbage");
const kept = await heap_MB();

await tab.waitForTimeout(1000);
const updates = [];
for (let i = 0, before = await counters(); i < kPaced; i++) {
  play.tick();
  await tab.waitForTimeout(kBetween_ms);
  const after = await counters();
  const spent = (name) => (after[name] - before[name]) * 1e3;
  updates.push({ script: spent("ScriptDuration"), layout: spent("LayoutDuration") + spent("RecalcStyleDuration") });
  before = after;
}
const round = (value) => Number(value.toFixed(3));
console.log(
  JSON.stringify({
    seconds, agents,
    heap_mb: heap.map(round), heap_kept_mb: round(kept),
    replay_script_ms: round(((replayed.ScriptDuration - begin.ScriptDuration) / seconds) * 1e3),
    script_ms: updates.map((update) => round(update.script)), layout_ms: updates.map((update) => round(update.layout)),
  }),
);
await browser.close();
await server.close();
