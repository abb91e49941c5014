// The page of a history in a real browser: it draws each value with its changes, says the numbers, loads nothing, works by
// keyboard, in both colour schemes, on a phone.
//
// Usage: node history_test.mjs RESULTS_SAMPLE MODULES SCREENSHOTS (report_test.mjs says what they are)

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import * as pages from "./browser.mjs";

const [sample, modules, screenshots] = process.argv.slice(2).map((p) => resolve(p));
const folder = mkdtempSync(join(tmpdir(), "assay-history-"));
const file = join(folder, "history.html");
writeFileSync(file, execFileSync(sample, ["history", "60"], { encoding: "utf8" }));
const data = JSON.parse(readFileSync(file, "utf8").match(/<script type="application\/json" id="report">([^]*?)<\/script>/)[1]);
mkdirSync(screenshots, { recursive: true });

let browser;
before(async () => (browser = await pages.launch(modules)));
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});
const open = (options) => pages.open(browser, file, options);

test("the sample has what these tests look for", () => {
  assert.equal(data.setups.length, 2);
  assert.equal(data.setups[0].runs.length, 60);
  const changes = Object.fromEntries(data.setups[0].series.map((s) => [s.value, s.changes.map((c) => s.runs[c.index])]));
  assert.deepEqual([changes["p50(new_order)"], changes["p99(payment)"], changes.errors, changes.rate], [[18], [36], [54], []]);
});

for (const scheme of ["light", "dark"]) {
  test(`each value has its chart in ${scheme} colours, without a complaint and without a request`, async () => {
    const { page, wrong } = await open({ scheme });
    const drawn = await pages.canvases(page, 15); // the line of a segment covers much of that of its change
    assert.equal(drawn.length, data.setups.reduce((sum, setup) => sum + setup.series.length, 0));
    const [dot, mean, bad, event] = await Promise.all(["--line-1", "--all", "--bad", "--event"].map((name) => pages.paint(page, name)));
    data.setups[0].series.forEach((series, i) => {
      const { colors } = drawn.find((c) => c.chart === `chart-0-${i}`);
      assert.ok(colors.includes(dot), `${series.value} has no points`);
      assert.ok(colors.includes(series.state === "worse" ? bad : mean), `${series.value} has no mean`);
      assert.equal(colors.includes(event), series.changes.length > 0, `the change of ${series.value}`);
    });
    await page.screenshot({ path: join(screenshots, `history-${scheme}.png`), fullPage: true });
    assert.deepEqual(wrong, []);
    await page.close();
  });
}

test("the table says of each value where it stands, and the changes say with what they came", async () => {
  const { page } = await open();
  const tables = await page.$$eval("#setup-0 > .scroll tbody, #setup-0 > div > .scroll tbody", (list) =>
    list.map((body) => [...body.rows].map((row) => [...row.cells].map((cell) => cell.textContent.replace(/\u202f/g, "")))),
  );
  const row = (table, value, at) => tables[table].find((cells) => cells[at] === value);
  assert.deepEqual(row(0, "p99(payment)", 0).slice(4), ["2026-10-16", "24", "WORSE"]);
  assert.match(row(0, "p99(payment)", 0).slice(1, 4).join("|"), /^1[78]\.\d ms\|1[12]\.\d ms\|\+\d\d\.\d %$/);
  assert.equal(row(0, "p50(new_order)", 0)[6], "better");
  assert.equal(row(0, "errors", 0)[3], "from 0");
  assert.equal(row(0, "figure(efficiency)", 0)[6], "changed"); // nobody knows whether less is worse
  assert.deepEqual(row(0, "rate", 0).slice(2), ["–", "–", "–", "60", "steady"]);
  assert.match(row(1, "p99(payment)", 1)[6], /server_version: 15\.14 <b>"old"<\/b> & <\/script> → 16\.1/);
  assert.match(row(1, "p50(new_order)", 1)[6], /shared_buffers: 128MB → 1GB/);
  const text = await page.textContent("#page");
  for (const words of ["lag p99 was 80 ms <i>", "this is no result of assay <img src=x>", "option.warehouses 100", "too few runs"])
    assert.ok(text.includes(words), `not said: ${words}`);
  assert.equal(await page.locator("#page b, #page i, #page img").count(), 0);
  assert.equal(await page.locator("h1 .badge").textContent(), "WORSE");
  await page.close();
});

test("a chart can be read by keyboard, and is there as a table", async () => {
  const { page, wrong } = await open();
  const chart = page.locator("#chart-0-0");
  await chart.locator(".plot").focus();
  await page.keyboard.press("Home");
  assert.match((await chart.locator(".readout").textContent()).replace(/\u202f/g, ""), /^2026-09-10 \d\d:\d\d:\d\d UTC, day-000: run \d{4}, mean of the segment \d{4} 1\/s$/);
  await chart.locator("summary").click();
  await page.waitForSelector("#chart-0-0 tbody tr");
  assert.equal(await chart.locator("tbody tr").count(), 60);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("a phone shows it without scrolling sideways", async () => {
  const { page, wrong } = await open({ width: 390, height: 800 });
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= window, `${wide} > ${window}`);
  await page.screenshot({ path: join(screenshots, "history-phone.png"), fullPage: true });
  assert.deepEqual(wrong, []);
  await page.close();
});
