// The live page in a real browser, against the replay server: what anybody does with it, and what a real run cannot give.
//
// Usage: node page_test.mjs PAGE MODULES SCREENSHOTS
//   PAGE is the page as it is built, MODULES the node_modules with playwright-core, SCREENSHOTS the folder for pictures, for people to
//   look at. Ends with 77 when there is no browser.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import * as pages from "../report/browser.mjs";
import { fill, journeys, open, over, press, state } from "./journey.mjs";
import { ReplayServer, catalogue } from "./replay.mjs";

const [file, modules, screenshots] = process.argv.slice(2).map((p) => resolve(p));
mkdirSync(screenshots, { recursive: true });
const text = readFileSync(file, "utf8");

let browser;
let server;
const serve = async (settings) => {
  await server?.close();
  server = await new ReplayServer(text, { tick_ms: 30, ...settings }).listen();
};
before(async () => {
  browser = await pages.launch(modules);
});
beforeEach(() => serve({}));
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await server.close();
  server = undefined;
});
after(() => browser?.close());

const kTarget = { "#target": "sqlite:bench.db" };
const kLong = { ...kTarget, "#load-duration": "9h", "#load-warmup": "5s", "#option-warehouses": "2" };
journeys(() => ({ browser, address: server.url, screenshots }), { long: kLong, short: { ...kTarget, "#load-duration": "5s" } });

const begin = async (values = kLong, options = {}) => {
  const opened = await open(browser, server.url, options);
  await fill(opened.page, values);
  await press(opened.page, "Start the run");
  await opened.page.waitForSelector("#run");
  return opened;
};
/** A number of a cell of the table of operations. */
const cell = (page, row, column) =>
  page.$eval(`#operations tbody tr:nth-child(${row}) > :nth-child(${column})`, (node) => Number(node.textContent.replace(/\u202f/g, "")));
const seen = (page, n) => page.waitForFunction((least) => document.querySelector("#run .state")?.textContent.match(/(\d+) s/)?.[1] >= least, n);

test("only what was entered is sent, and each verb gets the options that it takes", async () => {
  const { page } = await open(browser, server.url);
  await fill(page, { ...kLong, "#load-prepare": "true", "#option-think-times": "false", "#option-mix": "weighted", "#load-seed": "7" });
  await press(page, "Start the run");
  await page.waitForSelector("#run");
  const expected = { duration: "9h", warmup: "5s", warehouses: "2", prepare: "true", "think-times": "false", mix: "weighted", seed: "7" };
  assert.deepEqual(server.newest.task.options, expected);
  await press(page, "Stop");
  await over(page);
  await fill(page, { "#option-foreign-keys": "false" });
  await press(page, "Prepare");
  await page.waitForFunction(() => document.querySelector("#run-title").textContent.startsWith("prepare"));
  assert.deepEqual(server.newest.task.options, { warehouses: "2", seed: "7", "foreign-keys": "false" });
  await page.waitForFunction(() => document.querySelector("#run progress").value > 0.3);
  assert.match(await page.textContent("#run .progress"), /order_line: \d+.000 of 300.000 rows, 25.000\/s/);
  assert.ok(await page.isHidden("#timeline"), "a load has no charts");
  await over(page);
});

for (const scheme of ["light", "dark"]) {
  test(`the charts grow in ${scheme} colours, without a complaint and without another's request`, async () => {
    await serve({ agents: 64, outage_at: [12, 13, 14], tick_ms: 60 });
    const { page, wrong } = await begin(kLong, { scheme });
    await seen(page, 30);
    const drawn = Object.fromEntries((await pages.canvases(page)).map((c) => [c.chart, c.colors]));
    for (const [chart, line] of [["throughput", "--all"], ["throughput", "--line-1"], ["latency", "--line-3"], ["latency", "--line-2"], ["failures-over-time", "--bad"], ["throughput", "--ground"]]) {
      const color = await pages.paint(page, line);
      assert.ok(drawn[chart].includes(color), `${chart} has no ${line} (${color}): ${drawn[chart].join(" ")}`);
    }
    await page.screenshot({ path: join(screenshots, `live-${scheme}.png`), fullPage: true });
    assert.deepEqual(wrong(), []);
  });

  test(`every text can be read in ${scheme} colours`, async () => {
    await serve({ agents: 3, outage_at: [2], results: [{ id: "x", file: "x.json", workload: "kv", driver: "null", started: "2026-01-01T00:00:00Z", verdict: "invalid", duration_s: 1, figures: [] }] });
    const { page } = await begin(kLong, { scheme });
    await seen(page, 25);
    await page.evaluate(() => document.querySelectorAll("details").forEach((fold) => (fold.open = true)));
    const poor = await page.evaluate(() => {
      const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      const rgba = (color) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
      };
      const luminance = ([r, g, b]) => {
        const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
      };
      const ground = (node) => {
        for (let at = node; at; at = at.parentElement) {
          const color = rgba(getComputedStyle(at).backgroundColor);
          if (color[3] > 250) return color;
        }
        return [255, 255, 255, 255];
      };
      const found = [];
      for (const node of document.querySelectorAll("#page *")) {
        const says = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== "") || node.matches("input, select");
        // What is switched off need not have the contrast (WCAG 1.4.3).
        if (!says || !node.checkVisibility() || node.matches("fieldset:disabled *, :disabled")) continue;
        const [a, b] = [luminance(rgba(getComputedStyle(node).color)), luminance(ground(node))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) found.push(`${node.tagName}.${node.className} "${node.textContent.slice(0, 30)}": ${contrast.toFixed(2)}`);
      }
      return found;
    });
    assert.deepEqual(poor, []);
  });
}

test("hostile names are shown as text", async () => {
  const evil = '<img src=x onerror="window.bad=1"><script>window.bad=1</script>';
  const hostile = structuredClone(catalogue);
  hostile.workloads[0].summary = evil;
  hostile.workloads[0].options[0].help = evil;
  hostile.drivers[0].example = `sqlite:${evil}`;
  hostile.version = evil;
  const past = [{ id: evil, file: evil, workload: evil, driver: evil, started: "2026-01-01T00:00:00Z", verdict: "pass", duration_s: 1, figures: [{ name: evil, value: 1, unit: evil }] },
    { file: `damaged ${evil}`, changed: "2026-01-02T00:00:00Z", damaged: `not to be read: ${evil}` }];
  await serve({ catalogue: hostile, results: past });
  const { page, wrong } = await begin({ ...kLong, "#target": `sqlite:${evil}` });
  const play = server.newest;
  play.tell("log", { at_s: 1, level: "error", text: evil });
  play.tell("state", Object.assign(play.task, { workload: evil }));
  // Again and again: the replay goes on, and its next figures take the place of these.
  const figures = setInterval(() => play.tell("live", {
    at_s: 3, phase: evil, left_s: 5, operations: 1, errors: 1, groups: [{ name: evil, rate: 1, p50_ms: 1, p99_ms: 1, max_ms: 1, errors: 1, retries: 0 }, { name: "b", rate: 1, p50_ms: 1, p99_ms: 1, max_ms: 1, errors: 1, retries: 0 }],
    agents: [{ name: evil, state: evil, rate: 1, error_rate: 0, cpu: 0, p99_lag_ms: 0, clock_offset_ms: 0 }],
    failures: [{ operation: evil, kind: evil, native_code: evil, count: 1, message: evil }],
  }), 20);
  await page.waitForFunction((name) => document.querySelector("#failures")?.textContent.includes(name), evil);
  clearInterval(figures);
  for (const part of ["#run", "#log", "#past", "#start"]) assert.ok((await page.textContent(part)).includes(evil), part);
  // What cannot be read is named with its reason, and there is nothing to open.
  const damaged = page.locator("#past tr", { hasText: "not to be read" });
  assert.deepEqual(await damaged.locator("th, td").allTextContents(), [`damaged ${evil}`, "2026-01-02 00:00:00 UTC", "DAMAGED", `not to be read: ${evil}`]);
  assert.equal(await damaged.locator("a, input").count(), 0);
  play.end("stopped");
  await over(page);
  assert.equal(await page.evaluate(() => window.bad), undefined);
  assert.equal(await page.$("#page img, #page script"), null);
  assert.deepEqual(wrong(), []);
});

test("what was entered last is there again, without its passwords", async () => {
  const { page } = await begin({ ...kLong, "#target": "postgres://bench:geheim@db:5432/tpcc?sslpassword=geheim", "#load-clients": "12" });
  const stored = await page.evaluate(() => JSON.stringify(Object.entries(localStorage)));
  assert.ok(stored.includes("bench@db:5432"), stored);
  assert.ok(!stored.includes("geheim"), stored);
  server.newest.end("done");
  await over(page);
  await page.reload();
  await page.waitForSelector("#target");
  assert.equal(await page.inputValue("#target"), "postgres://bench@db:5432/tpcc");
  assert.equal(await page.inputValue("#load-clients"), "12");
  assert.equal(await page.inputValue("#option-warehouses"), "2");
  await page.selectOption("#workload", "kv");
  assert.equal(await page.inputValue("#option-rows"), "");
  await page.selectOption("#workload", "tpcc");
  assert.equal(await page.inputValue("#option-warehouses"), "2");
});

test("every mistake is listed, with the way to its field", async () => {
  const { page } = await open(browser, server.url);
  await fill(page, { "#load-duration": "soon", "#option-warehouses": "many" });
  await press(page, "Start the run");
  await page.waitForSelector(".mistakes li");
  assert.match(await page.textContent(".mistakes"), /--target is missing/);
  assert.equal(await page.evaluate(() => document.activeElement.id), "target");
  await fill(page, { "#target": "nosuch:thing" });
  await press(page, "Start the run");
  await page.waitForFunction(() => /nosuch/.test(document.querySelector(".mistakes").textContent));
  assert.equal((await page.$$(".mistakes li")).length, 3);
  assert.equal(await page.getAttribute(".mistakes", "role"), "alert");
  const wrong = await page.$$eval("[aria-invalid]", (list) => list.map((node) => node.id).sort());
  assert.deepEqual(wrong, ["load-duration", "option-warehouses", "target"]);
  await page.screenshot({ path: join(screenshots, "mistakes.png") });
  await page.locator(".mistakes li", { hasText: "warehouses" }).getByRole("button").click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "option-warehouses");
  await fill(page, { ...kTarget, "#load-duration": "5s", "#option-warehouses": "1" });
  await press(page, "Start the run");
  await page.waitForSelector("#run");
  assert.deepEqual(await page.$$("[aria-invalid]"), []);
});

test("a change that is refused says why and leaves no mark", async () => {
  const { page } = await begin();
  await page.waitForSelector(".change");
  for (const [field, value, reason] of [["rate", "fast", /'fast' is not a rate/], ["clients", "1.5", /'1.5' is not a whole number/], ["rate", "", /Nothing to change/]]) {
    await page.fill("#change-0-rate", "");
    await page.fill("#change-0-clients", "");
    await page.fill(`#change-0-${field}`, value);
    await press(page, "Change");
    await page.waitForFunction((source) => new RegExp(source).test(document.querySelector(".answer").textContent), reason.source);
  }
  assert.ok(!/change \d/.test(await page.textContent("#log")));
  await page.fill("#change-0-rate", "500");
  await page.fill("#change-0-clients", "30");
  await page.press("#change-0-clients", "Enter");
  await page.waitForFunction(() => /30 clients.*500\/s/.test(document.querySelector(".change .now").textContent));
  assert.equal(server.newest.rate, 500);
  assert.equal(server.newest.clients, 30);
});

test("a task that somebody else started is shown where it is met", async () => {
  const { page } = await open(browser, server.url);
  const other = await begin();
  await fill(page, { ...kTarget, "#load-duration": "5s" });
  await press(page, "Start the run");
  await page.waitForSelector("#run");
  assert.match(await page.textContent(".mistakes"), /another task is under way/);
  assert.equal(server.plays.size, 1);
  await seen(page, 3);
  await other.page.close();
});

test("64 agents: their rows stay the same elements, and one that is lost is named so", async () => {
  await serve({ agents: 64 });
  const { page } = await begin();
  await page.waitForSelector("#agents tbody tr");
  const before = await page.$$eval("#agents tbody tr, #operations tbody tr", (rows) => rows.map((row, i) => (row.mine = i)).length);
  await page.waitForFunction(() => /63 running, 1 lost \(lost: 10\.0\.1\.11:8080\)/.test(document.querySelector("#agents .note").textContent));
  const rows = await page.$$eval("#agents tbody tr, #operations tbody tr", (list) => list.map((row) => row.mine));
  assert.deepEqual(rows, [...Array(before).keys()]);
  const lost = page.locator("#agents tbody tr", { hasText: "lost" });
  assert.equal(await lost.count(), 1);
  assert.match(await lost.textContent(), /^10\.0\.1\.11:8080lost0/);
});

test("a connection that is cut is taken up again, and nothing is counted twice or missed", async () => {
  await serve({ tick_ms: 20 });
  const { page } = await begin({ ...kTarget, "#load-duration": "400s" });
  await seen(page, 20);
  server.cut();
  await page.waitForFunction(() => /lost/.test(document.querySelector("header .connection").textContent));
  await over(page);
  assert.ok(await page.isHidden("header .connection"));
  assert.equal(server.newest.at, 400);
  await page.waitForFunction(
    (n) => Number(document.querySelector("#operations tbody tr:last-child > :nth-child(8)").textContent.replace(/\u202f/g, "")) === n,
    server.newest.operations,
  );
  assert.ok(server.requests.filter((r) => /events$/.test(r)).length >= 2);
});

test("a page that is loaded again shows the run from its begin", async () => {
  const { page } = await begin();
  await seen(page, 30);
  await page.reload();
  await seen(page, 35);
  assert.ok((await cell(page, 6, 8)) > 0);
  await page.locator("#throughput summary").click();
  const first = await page.textContent("#throughput tbody tr:first-child th");
  assert.equal(first, "at 500 ms");
});

test("a task that the server no longer knows is given up, with its reason", async () => {
  const { page } = await begin();
  await seen(page, 3);
  const { port } = server.server.address();
  await server.close();
  await page.waitForFunction(() => /lost/.test(document.querySelector("header .connection").textContent));
  server = await new ReplayServer(text).listen(port);
  await page.waitForFunction(() => /no longer knows/.test(document.querySelector("#run").textContent), undefined, { timeout: 60_000 });
  assert.equal(await state(page), "failed");
  assert.ok(!(await page.$eval("#start fieldset", (node) => node.disabled)));
});

test("a page that nobody sees draws nothing, and is right when it is seen again", async () => {
  const { page } = await open(browser, server.url);
  await page.evaluate(() => {
    window.strokes = 0;
    const { stroke } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.stroke = function (...args) {
      window.strokes++;
      return stroke.apply(this, args);
    };
    window.pretend = (hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    };
  });
  await fill(page, kLong);
  await press(page, "Start the run");
  await seen(page, 10);
  await page.evaluate(() => window.pretend(true));
  await page.evaluate(() => new Promise((done) => setTimeout(done, 400))); // what was due is drawn by then
  const { strokes, said } = await page.evaluate(() => ({ strokes: window.strokes, said: document.querySelector("#run .state").textContent }));
  const at = server.newest.at;
  while (server.newest.at < at + 30) await new Promise((done) => setTimeout(done, 50));
  assert.deepEqual(await page.evaluate(() => ({ strokes: window.strokes, said: document.querySelector("#run .state").textContent })), { strokes, said });
  await page.evaluate(() => window.pretend(false));
  await seen(page, at + 30);
  await page.waitForFunction((n) => window.strokes > n, strokes);
});

test("a screen reader is told of states and phases, not of seconds", async () => {
  const { page } = await begin({ ...kTarget, "#load-duration": "40s", "#load-warmup": "10s" });
  const told = await page.evaluate(
    () =>
      new Promise((done) => {
        const list = [];
        const node = document.querySelector("header [role=status]");
        new MutationObserver(() => {
          list.push(node.textContent);
          if (/done|verdict/.test(node.textContent)) done(list);
        }).observe(node, { childList: true, characterData: true, subtree: true });
      }),
  );
  assert.ok(told.length <= 3, told.join(" | "));
  assert.match(told[told.length - 1], /^run of tpcc: done, verdict (pass|fail)$/);
  const live = await page.$$eval("[aria-live=polite], [role=status], [role=alert], [role=log]", (list) => list.map((node) => node.className).sort());
  assert.deepEqual(live, ["answer", "connection", "mistakes", "note", "unseen"]);
});

test("all of it works by keyboard", async () => {
  const { page } = await open(browser, server.url);
  await page.keyboard.press("Alt+Shift+N");
  assert.equal(await page.evaluate(() => document.activeElement.id), "workload");
  const order = [];
  for (let i = 0; i < 18; i++) {
    order.push(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent));
    await page.keyboard.press("Tab");
  }
  assert.deepEqual(order.slice(0, 6), ["workload", "target", "load-duration", "load-clients", "load-rate", "load-warmup"]);
  assert.deepEqual(order.slice(-4), ["Start the run", "Prepare", "Check", "Clean up"]);
  await page.focus("#target");
  await page.keyboard.type("sqlite:bench.db");
  await page.focus("#load-duration");
  await page.keyboard.type("9h");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(".change");
  assert.equal(await page.evaluate(() => document.activeElement.id), "run-title");
  await seen(page, 12);
  await page.keyboard.press("Alt+Shift+R");
  assert.equal(await page.evaluate(() => document.activeElement.id), "change-0-rate");
  await page.focus("#throughput .plot");
  await page.keyboard.press("Home");
  assert.match(await page.textContent("#throughput .readout"), /^at 500 ms: all \d/);
  await page.keyboard.press("Alt+Shift+X");
  await over(page);
  assert.equal(await state(page), "stopped");
  for (const key of ["Alt+Shift+N", "Alt+Shift+R", "Alt+Shift+X", "Ctrl+Enter", "Esc"]) assert.ok((await page.textContent("#keyboard")).includes(key), key);
});

test("every field has a name, every table a caption, every heading cell a scope", async () => {
  await serve({ agents: 2, outage_at: [1], results: [{ id: "x", file: "x.json", workload: "kv", driver: "null", started: "2026-01-01T00:00:00Z", verdict: "pass", duration_s: 1, figures: [] }] });
  const { page } = await begin();
  await seen(page, 5);
  const nameless = await page.$$eval("input, select, button, a, progress", (list) =>
    list.filter((n) => !n.labels?.length && !n.getAttribute("aria-label") && n.textContent.trim() === "").map((n) => n.outerHTML));
  assert.deepEqual(nameless, []);
  assert.deepEqual(await page.$$eval("table", (list) => list.filter((t) => !t.caption?.textContent).map((t) => t.outerHTML.slice(0, 90))), []);
  assert.deepEqual(await page.$$eval("th", (list) => list.filter((c) => !c.scope).map((c) => c.textContent)), []);
  const levels = await page.$$eval("h1, h2, h3", (list) => list.filter((h) => h.checkVisibility()).map((h) => Number(h.tagName[1])));
  levels.forEach((level, i) => assert.ok(i === 0 ? level === 1 : level <= levels[i - 1] + 1, levels.join(" ")));
  const ids = await page.$$eval("[id]", (list) => list.map((n) => n.id));
  assert.equal(new Set(ids).size, ids.length, "an id is there twice");
});

test("a narrow window scrolls only downwards", async () => {
  await serve({ agents: 4, outage_at: [1] });
  const { page } = await begin(kLong, { width: 360, height: 740 });
  await seen(page, 12);
  for (const fold of [false, true]) {
    await page.evaluate((open) => (document.querySelector("#start").open = open), fold);
    const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide[0] <= wide[1], `${wide}`);
    await page.screenshot({ path: join(screenshots, `narrow-${fold ? "form" : "run"}.png`), fullPage: true });
  }
});

test("a part that was enlarged stays while the run goes on, until all is asked for", async () => {
  const { page } = await begin();
  await seen(page, 30);
  const box = await page.locator("#throughput .u-over").boundingBox();
  await page.mouse.move(box.x + box.width * 0.2, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 50, { steps: 4 });
  await page.mouse.up();
  // What time stands in the middle of the chart.
  const middle = async () => {
    await page.mouse.move(box.x + box.width / 2 + 3, box.y + 60);
    await page.mouse.move(box.x + box.width / 2, box.y + 60);
    return Number(/^at ([\d.]+) s/.exec(await page.textContent("#throughput .readout"))[1]);
  };
  const enlarged = await middle();
  const at = server.newest.at;
  assert.ok(enlarged > 0.2 * 30 && enlarged < 0.4 * at, `${enlarged} of ${at}`);
  await seen(page, at + 40);
  assert.equal(await middle(), enlarged);
  await page.keyboard.press("Escape");
  const whole = await middle();
  assert.ok(Math.abs(whole - server.newest.at / 2) < 10, `${whole} of ${server.newest.at}`);
});
