// The agents of a run on the HTML report, in a real browser: of a run that three real agents carried out, and of samples with 3
// and 64 agents of which one was lost.
//
// Usage: node agents_test.mjs ASSAY RESULTS_SAMPLE MODULES SCREENSHOTS (see report_test.mjs)
// Ends with 77 when there is no browser.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import * as pages from "./browser.mjs";

const [assay, sample, modules, screenshots] = process.argv.slice(2).map((p) => resolve(p));
const folder = mkdtempSync(join(tmpdir(), "assay-agents-"));
mkdirSync(screenshots, { recursive: true });
const processes = [];

let browser;
before(async () => {
  browser = await pages.launch(modules);
});
after(async () => {
  await browser?.close();
  for (const process of processes) {
    if (process.exitCode !== null || process.signalCode !== null) continue;
    const ended = new Promise((done) => process.once("exit", done));
    process.kill();
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** A page of a sample with so many agents, and its report. */
function sampled(count) {
  const file = join(folder, `${count}.html`);
  const make = (format) => execFileSync(sample, [`${format},agents=${count}`, "60", "5"], { encoding: "utf8", maxBuffer: 1 << 30 });
  writeFileSync(file, make("html"));
  return { file, report: JSON.parse(make("json")) };
}

const open = (file, options = {}) => pages.open(browser, file, options);
const plain = (text) => text.replace(/\u202f/g, "");
/** The rows of the table as texts, by the heading of each cell. */
const rows = (page) =>
  page.$$eval("#agents tbody tr", (list) => {
    const heads = [...document.querySelectorAll("#agents thead tr:last-child th")].map((cell) => {
      const button = cell.querySelector("button");
      return button.getAttribute("aria-label") ?? button.textContent;
    });
    return list.map((row) => Object.fromEntries([...row.children].map((cell, i) => [heads[i], cell.textContent])));
  });
const shot = async (page, name) => {
  await page.locator("#agents").screenshot({ path: join(screenshots, `agents-${name}.png`) });
};

/** Starts an agent; answers its address. */
function agent(number) {
  const process = spawn(assay, ["agent", "--listen", "127.0.0.1:0", "--data", `agent${number}`], {
    stdio: ["ignore", "ignore", "pipe"],
    cwd: folder,
  });
  processes.push(process);
  return new Promise((found, failed) => {
    process.on("exit", (code) => failed(new Error(`assay agent ended with ${code}`)));
    createInterface({ input: process.stderr }).on("line", (line) => {
      const said = /http:\/\/([0-9.:]+)/.exec(line);
      if (said) found(said[1]);
    });
  });
}

test("a run that three agents carried out shows each of them with what it did", async () => {
  const addresses = await Promise.all([0, 1, 2].map(agent));
  const result = join(folder, "real.json");
  const file = join(folder, "real.html");
  // The machine may take the processor away: then the run is invalid (5), which is no matter here.
  await promisify(execFile)(assay, ["run", "kv", "--target", "null:?latency=1ms&memory=true", "--rows", "1000", "--prepare", "--agents", addresses.join(","),
    "--rate", "600", "--count", "1000", "--clients", "9", "--result", result, "--quiet"], { cwd: folder, timeout: 120_000 })
    .catch((error) => assert.equal(error.code, 5, error.stderr));
  writeFileSync(file, execFileSync(assay, ["report", result, "--format", "html"], { maxBuffer: 1 << 30 }));
  const document = JSON.parse(readFileSync(result, "utf8"));
  const { page, wrong } = await open(file);
  const shown = (await rows(page)).sort((a, b) => a.shard - b.shard);
  assert.deepEqual(shown.map((r) => r.agent), addresses);
  const all = document.groups.flatMap((g) => g.operations).reduce((sum, o) => sum + o.phases.measure.completed, 0);
  const seconds = document.phases.find((p) => p.phase === "measure").length_ns / 1e9;
  shown.forEach((row, i) => {
    const of = document.agents[i];
    assert.ok(Math.abs(Number(plain(row["rate/s"])) - of.completed / seconds) <= (0.0051 * of.completed) / seconds, row["rate/s"]);
    assert.equal(row.share, `${((100 * of.completed) / all).toFixed(1)} %`);
    assert.equal(row.errors, String(of.errors));
    assert.match(row["lag p99"], /^[\d.]+ (ns|µs|ms|s)$/);
    assert.match(row["clock offset"], /^[+−][\d.]+ (ns|µs|ms|s) ± [\d.]+ (ns|µs|ms|s)$/);
  });
  assert.ok((await page.locator("#agents").textContent()).includes("3 agents carried out the run together."));
  assert.deepEqual(wrong, []);
  await shot(page, "real-3");
  await page.close();
});

for (const scheme of ["light", "dark"]) {
  test(`the bottleneck, the slow and the lost of the agents are told in ${scheme} colours`, async () => {
    for (const count of [3, 64]) {
      const { file, report } = sampled(count);
      const { page, wrong } = await open(file, { scheme, width: 1280 });
      const section = page.locator("#agents");
      const text = await section.textContent();
      assert.ok(text.includes(report.driver_bottleneck) && report.driver_bottleneck.startsWith("The driver was the bottleneck"));
      assert.ok(text.includes("1 of which was lost"));
      assert.equal(await section.locator("b").count(), 0, "what an agent said is text");
      const [lost, late] = await rows(page); // the gravest first
      assert.equal(lost.agent, report.agents[count - 1].name);
      assert.equal(lost["rate/s"], "–");
      assert.equal(lost.remarks, `lost: ${report.agents[count - 1].lost}`);
      assert.equal(late.agent, "10.0.0.1:8080");
      for (const said of ["lag p99 25.0 ms", "busy 97 %", "began 80.0 ms late"]) assert.ok(late.remarks.includes(said), late.remarks);
      const bars = await page.$$eval("#agents tbody tr", (list) =>
        list.map((row) => [...row.querySelectorAll(".bar")].map((bar) => [bar.getBoundingClientRect().width, getComputedStyle(bar).backgroundColor])));
      const color = async (name) => `rgb(${(await pages.paint(page, name)).split(",").join(", ")})`;
      const [, lagBar, lateBar] = bars[1];
      assert.equal(lagBar[1], await color("--bad"));
      assert.equal(lateBar[1], await color("--odd"));
      const others = bars.slice(2).map((b) => b[1][0]);
      assert.ok(others.every((width) => width < lagBar[0] / 10), "lag that does not matter has a short bar");
      if (count === 64) {
        const slow = (await rows(page)).findIndex((r) => r.agent === report.agents[2].name);
        assert.ok(bars[slow][0][0] < 0.6 * Math.max(...bars.map((b) => b[0]?.[0] ?? 0)), "the slow one has a short bar");
        assert.equal(bars[slow][0][1], await color("--odd"));
      }
      assert.deepEqual(wrong, []);
      await shot(page, `${count}-${scheme}`);
      await page.close();
    }
  });
}

test("64 agents scroll below their headings and are sorted by them, by keyboard too", async () => {
  const { file, report } = sampled(64);
  const { page, wrong } = await open(file, { width: 1280 });
  assert.equal((await rows(page)).length, 64);
  const box = page.locator("#agents .scroll");
  const [visible, whole, wide, room] = await box.evaluate((node) => [node.clientHeight, node.scrollHeight, node.scrollWidth, node.clientWidth]);
  assert.ok(visible <= 640 && whole > visible, `${visible} of ${whole}`);
  assert.ok(wide <= room, `${wide - room} px of the table are hidden`);
  await box.evaluate((node) => (node.scrollTop = node.scrollHeight));
  const [head, edge] = await box.evaluate((node) => [node.querySelector("thead").getBoundingClientRect().top, node.getBoundingClientRect().top]);
  assert.ok(Math.abs(head - edge) < 2, "the headings stay");
  const told = report.agents.filter((a) => a.rate !== null);
  const rate = page.getByRole("button", { name: "rate/s" });
  const order = async () => (await rows(page)).map((r) => r.agent);
  await rate.focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#agents th[aria-sort]").getAttribute("aria-sort"), "descending");
  const falling = [...told].sort((a, b) => b.rate - a.rate).map((a) => a.name);
  assert.deepEqual((await order()).slice(0, 63), falling);
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#agents th[aria-sort]").getAttribute("aria-sort"), "ascending");
  assert.deepEqual((await order()).slice(0, 63), falling.reverse());
  assert.equal((await order())[63], report.agents[63].name, "who told nothing stands at the end");
  await page.getByRole("button", { name: "agent", exact: true }).click();
  assert.deepEqual((await order()).slice(9, 12), ["10.0.0.9:8080", "10.0.1.0:8080", "10.0.1.1:8080"]);
  assert.equal(await page.locator("#agents th[aria-sort]").count(), 1);
  await page.getByRole("button", { name: "lag p99" }).click();
  assert.equal((await order())[0], "10.0.0.1:8080");
  assert.deepEqual(wrong, []);
  await page.close();
});

test("a phone shows the agents without scrolling the page sideways", async () => {
  for (const count of [3, 64]) {
    const { page, wrong } = await open(sampled(count).file, { width: 390, height: 800 });
    const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= window, `${wide} > ${window}`);
    assert.deepEqual(wrong, []);
    await shot(page, `${count}-phone`);
    await page.close();
  }
});

test("a screen reader finds the table's caption, its headings and what they sort by", async () => {
  const { page } = await open(sampled(3).file);
  const missing = await page.evaluate(() => {
    const out = [];
    const section = document.getElementById("agents");
    if (!document.getElementById(section.getAttribute("aria-labelledby"))?.textContent) out.push("heading");
    if (!section.querySelector("caption")?.textContent) out.push("caption");
    for (const row of section.querySelectorAll("tbody tr")) if (row.cells[0].tagName !== "TH") out.push("row heading");
    for (const bar of section.querySelectorAll(".bar")) if (!bar.closest("[aria-hidden=true]")) out.push("a bar is read out");
    const names = [...section.querySelectorAll("thead button")].map((b) => b.getAttribute("aria-label") ?? b.textContent);
    if (new Set(names).size !== names.length || names.includes("")) out.push(`names: ${names}`);
    return out;
  });
  assert.deepEqual(missing, []);
  assert.ok(await page.locator("nav a[href='#agents']").isVisible());
  await page.close();
});

test("a run without agents has no such section", async () => {
  const file = join(folder, "alone.html");
  writeFileSync(file, execFileSync(sample, ["html", "60", "5"], { maxBuffer: 1 << 30 }));
  const { page } = await open(file);
  assert.equal(await page.locator("#agents").count(), 0);
  await page.close();
});
