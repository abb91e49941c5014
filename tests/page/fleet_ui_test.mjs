// The live page of a run that several agents carry out: `assay run --ui`, with agents and alone, and `assay ui --agents`. Real agents,
// a real browser.
//
// Usage: node fleet_ui_test.mjs ASSAY MODULES SCREENSHOTS
//   As ui_test.mjs.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, test } from "node:test";
import * as pages from "../report/browser.mjs";
import { fill, makeCheckAndRemove, open, over, press, state } from "./journey.mjs";

const [assay, modules, screenshots] = process.argv.slice(2).map((p) => resolve(p));
const folder = mkdtempSync(join(tmpdir(), "assay-fleet-page-"));
mkdirSync(screenshots, { recursive: true });
const kTarget = "null:?latency=1ms&memory=true";
const kCount = "#operations tbody td:nth-child(8)";

let browser;
const started = [];
before(async () => {
  browser = await pages.launch(modules);
});
afterEach(async () => {
  for (const one of started.splice(0)) await one.end("SIGKILL");
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The program; `said(pattern)` waits for a line of its stderr, `ended` is its exit code. */
function start(...words) {
  const child = spawn(assay, words, { stdio: ["ignore", "pipe", "pipe"], cwd: folder });
  const lines = [], waiting = new Set();
  let out = "";
  child.stdout.on("data", (text) => (out += text));
  const ended = new Promise((done) => child.on("close", (code) => done(code)));
  createInterface({ input: child.stderr }).on("line", (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const one = {
    ended,
    out: () => out,
    err: () => lines.join("\n"),
    said: (pattern) =>
      new Promise((found, failed) => {
        const look = () => {
          const match = lines.map((line) => pattern.exec(line)).find(Boolean);
          if (match) found(match[1]);
          return match;
        };
        if (look()) return;
        waiting.add(look);
        ended.then((code) => failed(new Error(`it ended with ${code} and did not say ${pattern}: ${lines.join("\n")}`)));
      }),
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return ended;
    },
  };
  started.push(one);
  return one;
}

let numbers = 0;
async function agents(count) {
  const all = Array.from({ length: count }, () => start("agent", "--listen", "127.0.0.1:0", "--data", `agent${numbers++}`));
  for (const one of all) one.address = await one.said(/listening on http:\/\/([0-9.:]+)/);
  return all;
}

const addresses = (list) => list.map((one) => one.address).join(",");
const kv = (...more) => ["run", "kv", "--target", kTarget, "--prepare", "--rows", "1000", ...more];
const measured = (page) => page.waitForFunction((cell) => Number(document.querySelector(cell)?.textContent.replace(/\D/g, "")) > 0, kCount);
/** The exit code is the one that the page tells, and the result is the one that it shows. What the verdict is depends on the machine, too. */
async function endsAsShown(page, run, result) {
  const code = await run.ended;
  assert.match(await page.textContent("#run .verdict"), new RegExp(`exit code ${code}$`), run.err());
  const document = JSON.parse(readFileSync(result, "utf8"));
  const outcome = await page.textContent("#run .outcome");
  assert.ok(outcome.startsWith(document.verdict.verdict.toUpperCase()), outcome);
  for (const reason of document.verdict.reasons) assert.ok(outcome.includes(reason), `${reason} in ${outcome}`);
  await page.waitForFunction(() => /assay with it/.test(document.querySelector(".connection").textContent));
  return document;
}
const agentRows = (page) => page.$$eval("#agents tbody tr", (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));

test("what is said while the agents of a run are started stands in the log at its time", async () => {
  const run = start(...kv("--rate", "60", "--clients", "4", "--duration", "1h", "--agents", "2", "--ui", "--result", join(folder, "started.json")));
  const address = await run.said(/^ui: (\S+)/);
  const { page } = await open(browser, address);
  const line = page.locator("#log li", { hasText: "2 agents of this machine" });
  assert.match(await line.locator(".at").textContent(), /^[\d.]+ (ms|s)$/);
  await run.end("SIGTERM");
  await page.close();
});

test("a run of two agents on the command line has a page: its agents, a change that both share, one that is lost, its end", async () => {
  const two = await agents(2);
  const result = join(folder, "two.json");
  const run = start(...kv("--rate", "60", "--clients", "4", "--duration", "1h", "--agents", addresses(two), "--ui", "--result", result));
  const address = await run.said(/^ui: (\S+)/);
  const { page, wrong } = await open(browser, address);
  await measured(page);
  assert.ok(await page.isHidden("#start"), "nothing else is started here");
  await page.waitForFunction(() => [...document.querySelectorAll("#agents tbody td:nth-child(3)")].filter((cell) => Number(cell.textContent) > 0).length === 2);
  const rows = await agentRows(page);
  assert.deepEqual(rows.map((cells) => cells.slice(0, 2)), two.map((one) => [one.address, "running"]));
  await page.screenshot({ path: join(screenshots, "two-agents.png"), fullPage: true });

  await page.fill(".change input >> nth=0", "301");
  await page.fill(".change input >> nth=1", "7");
  await press(page, "Change");
  await page.waitForFunction(() => /7 clients.*301\/s/.test(document.querySelector(".change .now").textContent));
  await page.waitForFunction(() => /constant 60\/s → constant 301\/s, 4 → 7 clients/.test(document.querySelector("#log").textContent));
  for (const one of two) {  // each was told of the whole rate, of which it takes every second operation, and its share of the clients
    const group = async () => (await (await fetch(`http://${one.address}/api/v1/tasks`)).json()).tasks[0].groups[0];
    while ((await group()).schedule === "constant 60/s") await new Promise((later) => setTimeout(later, 50));  // the test has a limit
    assert.equal((await group()).schedule, "constant 301/s");
    assert.equal((await group()).clients, one === two[0] ? 4 : 3);
  }
  await page.waitForFunction(() => [...document.querySelectorAll("#agents tbody td:nth-child(3)")].every((cell) => Number(cell.textContent) > 60));

  await page.fill(".change input >> nth=1", "1");
  await press(page, "Change");
  await page.waitForFunction(() => /Not changed: .*at least 2/.test(document.querySelector(".answer").textContent));

  await two[1].end("SIGKILL");
  await page.waitForFunction(() => /1 running, 1 lost/.test(document.querySelector("#agents .note").textContent), null, { timeout: 60_000 });
  await page.waitForFunction((name) => [...document.querySelectorAll("#log li")].some((li) => li.textContent.includes("agent_lost") && li.textContent.includes(name)), two[1].address);
  await page.screenshot({ path: join(screenshots, "one-lost.png"), fullPage: true });

  await press(page, "Stop");
  await over(page);
  assert.equal(await state(page), "stopped");
  const document = await endsAsShown(page, run, result);
  assert.ok(document.partial);
  assert.match(await page.textContent("#run .outcome"), /partial/);
  assert.match(await page.textContent("#run .outcome"), new RegExp(`the agent ${two[1].address} was lost`));
  assert.match(await page.textContent("#agents .note"), /1 ended, 1 lost/);
  assert.ok(await page.isHidden("#past"));
  await page.screenshot({ path: join(screenshots, "ended.png"), fullPage: true });
  assert.deepEqual(wrong(), []);
  await page.close();

  assert.match(run.err(), /change: kv: constant 60\/s → constant 301\/s, 4 → 7 clients/);
  const changes = document.events.filter((event) => event.kind === "change");
  assert.equal(changes.filter((event) => /^kv: constant 60\/s → constant 301\/s, 4 → 7 clients$/.test(event.text)).length, 1, JSON.stringify(changes));
});

test("a run alone has a page that keeps it from nothing: it ends by itself, with its result and its code, while the page is open", async () => {
  const result = join(folder, "alone.json");
  const run = start(...kv("--rate", "50", "--clients", "2", "--duration", "4s", "--quiet", "--json", "--fail-if", "rate > 1/s", "--ui", "--result", result));
  const { page, wrong } = await open(browser, await run.said(/^ui: (\S+)/));
  await measured(page);
  assert.ok(await page.isHidden("#agents"));
  await over(page);
  const document = await endsAsShown(page, run, result);
  assert.ok([4, 5].includes(await run.ended), "what --fail-if asks for did not hold, or the machine stood still");
  assert.match(run.err(), /^ui: \S+$/, "and nothing else");
  assert.equal(JSON.parse(run.out()).id, document.id);
  assert.deepEqual(wrong(), []);
  await page.close();
});

test("Ctrl-C ends a run with a page as one without", async () => {
  const result = join(folder, "stopped.json");
  const run = start(...kv("--duration", "1h", "--clients", "2", "--rate", "50", "--ui=127.0.0.1:0", "--result", result));
  const { page } = await open(browser, await run.said(/^ui: (\S+)/));
  await measured(page);
  await run.end("SIGINT");
  await over(page);
  assert.ok((await endsAsShown(page, run, result)).partial);
  assert.equal(await state(page), "stopped");
  await page.close();
});

test("agents make, check and remove the data with a button each", async () => {
  const ui = start("ui", "shared", "--agents", addresses(await agents(2)));
  const { page, wrong } = await open(browser, await ui.said(/^ui: (\S+)/));
  await fill(page, { "#workload": "kv", "#target": `sqlite:${join(folder, "shared.db")}`, "#option-rows": "2000" });
  await makeCheckAndRemove(page);
  assert.deepEqual(wrong(), []);
  await page.close();
});

test("the page of a machine's runs has agents carry them out, and says what they would refuse", async () => {
  const two = await agents(2);
  const ui = start("ui", "results", "--agents", addresses(two));
  const { page, wrong } = await open(browser, await ui.said(/^ui: (\S+)/));
  const values = { "#workload": "kv", "#target": kTarget, "#option-rows": "1000", "#load-prepare": "true", "#load-rate": "200", "#load-duration": "1h" };
  await fill(page, { ...values, "#load-clients": "1" });
  await press(page, "Start the run");
  await page.waitForFunction(() => /--clients is 1 for 2 agents/.test(document.querySelector(".mistakes").textContent));
  await fill(page, { ...values, "#load-clients": "4" });
  await press(page, "Start the run");
  await measured(page);
  assert.deepEqual((await agentRows(page)).map((cells) => cells.slice(0, 2)), two.map((one) => [one.address, "running"]));
  await page.fill(".change input >> nth=0", "100");
  await press(page, "Change");
  await page.waitForFunction(() => /constant 200\/s → constant 100\/s/.test(document.querySelector("#log").textContent));
  await press(page, "Stop");
  await over(page);
  assert.equal(await state(page), "stopped");
  await page.waitForFunction(() => document.querySelectorAll("#past tbody tr").length === 1);
  await page.getByRole("link", { name: "Open the report" }).click();
  await page.waitForURL(/report\.html$/);
  assert.ok((await page.textContent("body")).includes(two[1].address), "the report names the agents");
  assert.deepEqual(wrong(), []);
  await page.close();
  assert.equal(await ui.end("SIGTERM"), 0);
});
