// The page of a comparison in a real browser: it lays the results' charts over each other, says the numbers that theory gives for
// the samples (comparison_page() of src/results/sample_main.cc), loads nothing, works by keyboard, in both colour schemes, on a
// phone.
//
// Usage: node comparison_test.mjs RESULTS_SAMPLE MODULES SCREENSHOTS (report_test.mjs says what they are)

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import * as pages from "./browser.mjs";

const [sample, modules, screenshots] = process.argv.slice(2).map((p) => resolve(p));
const folder = mkdtempSync(join(tmpdir(), "assay-comparison-"));
const made = (name, ...args) => {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, execFileSync(sample, args, { encoding: "utf8" }));
  const data = readFileSync(file, "utf8").match(/<script type="application\/json" id="report">([^]*?)<\/script>/)[1];
  return { name, file, data: JSON.parse(data) };
};
const two = made("two", "compare", "2");
const three = made("three", "compare", "3");
const four = made("four", "compare", "4");
const pairs = made("pairs", "pairs", "8");
mkdirSync(screenshots, { recursive: true });

let browser;
before(async () => (browser = await pages.launch(modules)));
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});
const open = (sampled, options) => pages.open(browser, sampled.file, options);
const texts = (page, selector) => page.$$eval(selector, (list) => list.map((node) => node.textContent.replace(/\u202f/g, "")));
const rowsOf = (page, label) =>
  page.$$eval(`[aria-label="${label}"] tbody tr`, (list) => list.map((row) => [...row.cells].map((cell) => cell.textContent.replace(/\u202f/g, ""))));
const ids = ["throughput", "response-p50", "response-p99", "histogram", "percentiles"];

for (const scheme of ["light", "dark"]) {
  test(`every result has its line in every chart in ${scheme} colours, without a complaint and without a request`, async () => {
    for (const sampled of [two, four]) {
      const { page, wrong } = await open(sampled, { scheme });
      const drawn = await pages.canvases(page, 30);
      assert.deepEqual(drawn.map((c) => c.chart), ids);
      const colors = await Promise.all(sampled.data.sides.map((_, i) => pages.paint(page, `--line-${i + 1}`)));
      assert.equal(new Set(colors).size, sampled.data.sides.length);
      for (const canvas of drawn)
        colors.forEach((color, i) => assert.ok(canvas.colors.includes(color), `${canvas.chart} of ${sampled.name} lacks line ${i + 1}`));
      assert.deepEqual(await texts(page, "#throughput .legend button"), sampled.data.sides.map((s) => `${s.label} ${s.title}`));
      await page.screenshot({ path: join(screenshots, `comparison-${sampled.name}-${scheme}.png`), fullPage: true });
      assert.deepEqual(wrong, []);
      await page.close();
    }
  });
}

test("the lines are those of the results, from the beginning of the measured time", () => {
  const chart = (id, choice) => four.data.charts.list.find((c) => c.id === id && c.choice === choice);
  const x = (c) => c.x ?? four.data.charts.time;
  const rate = chart("throughput", "get");
  assert.deepEqual([rate.unit, rate.x_from, rate.x_to, x(rate).length, x(rate)[0]], ["operations/s", 0, 60, 60, 0.5]);
  // 200, 200 / 1.5, … a second, by turns 10 more and 10 fewer; of those of B 2 % fail.
  const means = rate.lines.map((line) => line.values.reduce((sum, v) => sum + v, 0) / line.values.length);
  [200, (200 / 1.5) * 0.98, 100, 80].forEach((expected, i) => assert.ok(Math.abs(means[i] - expected) < 1.5, `${i}: ${means[i]}`));
  assert.deepEqual(chart("throughput", "scan").lines.map((line) => line.name), ["A SQLite 1.1", "C MariaDB 3.1", "D etcd <b> 4.1"]);
  // The times are exponential: of the mean m half are below m ln 2.
  const half = chart("percentiles", "put");
  const at = x(half).findIndex((nines) => nines >= Math.log10(2));
  const quantile = (nines) => -2 * Math.log(10 ** -nines);
  for (const line of half.lines) assert.ok(Math.abs(line.values[at] / quantile(x(half)[at]) - 1) < 0.1, line.name);
  const spread = chart("histogram", "put");
  for (const line of spread.lines) {
    const sum = line.values.reduce((total, v) => total + (v ?? 0), 0);
    assert.ok(Math.abs(sum - 100) < 1e-3, `${line.name}: the shares add up to ${sum}`);
  }
  // The event was at 21 s, of which the first was warm-up.
  assert.deepEqual(four.data.charts.spans.map((s) => [s.from, s.to, s.label]), [[20, 24, "B outage"]]);
});

test("names of events near each other are neither covered nor crossed by a stem", async () => {
  for (const width of [1200, 500]) {
    const { page, wrong } = await open(two, { width });
    await page.evaluate(() => {
      window.drawn = [];
      const note = (name, make) => {
        const before = CanvasRenderingContext2D.prototype[name];
        CanvasRenderingContext2D.prototype[name] = function (...args) {
          const made = this.canvas.closest("figure")?.id === "throughput" && make(this, args);
          if (made) window.drawn.push(made);
          return before.apply(this, args);
        };
      };
      note("fillText", (ctx, [text, x, y]) => /^1[01]px/.test(ctx.font) && { text, left: x, right: x + ctx.measureText(text).width, top: y, bottom: y + 11 });
      note("fillRect", (_, [x, top, wide, height]) => wide <= 1 && { stem: x, top, bottom: top + height });
    });
    await page.getByRole("button", { name: "Dark colours" }).click(); // draws anew
    const drawn = await page.evaluate(() => window.drawn);
    const names = drawn.filter((d) => d.text);
    const stems = drawn.filter((d) => d.stem !== undefined);
    assert.ok(names.length >= 5 && stems.length === names.length, JSON.stringify(drawn));
    for (const name of names) {
      const crossed = stems.filter((s) => name.left < s.stem && s.stem < name.right && s.top < name.bottom && name.top < s.bottom);
      const covered = names.filter((n) => n !== name && n.top === name.top && n.left < name.right && name.left < n.right);
      assert.deepEqual([...crossed, ...covered], [], `${name.text} at ${name.left}`);
    }
    assert.deepEqual(wrong, []);
    await page.close();
  }
});

test("the differences are told as a picture and as a table, and text stays text", async () => {
  const { page, wrong } = await open(two);
  const rows = await rowsOf(page, "Differences");
  const row = (operation, figure) => rows.find((cells) => cells[0] === operation && cells[1] === figure);
  const [, , a, b, difference, interval, seen, effect, badge] = row("get", "rate");
  // 130.7 of 200: in each second 143 or 123 are due, of which 2 % fail.
  assert.deepEqual([a, badge], ["200 /s", "WORSE"]);
  assert.match(b, /^13[01] \/s$/);
  assert.match(difference, /^−3[45]\.\d %$/);
  assert.match(interval, /^−3\d\.\d … −3\d\.\d %$/);
  assert.match(seen, /^\d(\.\d+)? %$/);
  assert.match(effect, /^g −\d/);
  assert.match(row("get", "errors")[4], /^\+[12]\.\d\d pp$/);
  assert.equal(row("get", "mean")[8], "WORSE");
  assert.match(row("get", "mean")[4], /^\+(4[5-9]|5[0-5])\.\d %$/);
  assert.match(row("get", "mean")[7], /^δ 0\.[12]\d$/); // 1.5 to 1: 2 · 1.5 / 2.5 - 1 = 0.2
  assert.deepEqual([row("put", "rate")[4], row("put", "rate")[8]], ["0.00 %", "same"]);
  assert.equal(row("put", "errors"), undefined);
  assert.deepEqual(row("scan", "mean").slice(3), ["–", "–", "", "", "", "B measured nothing of it"]);
  assert.equal(await page.locator("h1 .badge").textContent(), "FAIL");
  assert.match(await page.textContent("header"), /FAIL: worse by more than 10 %: get \(rate, errors, mean, p50, p99\)/);
  assert.match(await page.textContent("header"), /B measured nothing of scan: its totals are of other operations/);
  assert.match(await page.textContent("header"), /intervals at 95 %, tolerance 10 %/);

  // The picture: a row for each relative difference with an interval, where the table has it.
  const picture = await texts(page, "#intervals .interval-text");
  assert.equal(picture.filter((text) => text !== "").length, rows.filter((cells) => cells[5] !== "" && cells[1] !== "errors").length);
  assert.equal(picture[0], `${difference} WORSE`);
  const places = await page.$$eval("#intervals .interval-row:not(.axis)", (list) =>
    list.map((node) => {
      const middle = (part) => {
        const { left, width } = node.querySelector(part).getBoundingClientRect();
        return left + width / 2;
      };
      return { dot: middle(".dot"), zero: middle(".mark.zero"), bad: node.querySelector(".dot").classList.contains("bad") };
    }),
  );
  assert.ok(places[0].dot < places[0].zero - 20 && places[0].bad, "a lower rate lies left of 0 and is bad");
  assert.ok(places[1].dot > places[1].zero + 20 && places[1].bad, "a longer time lies right of 0 and is bad");
  assert.ok(Math.abs(places[4].dot - places[4].zero) < 3 && !places[4].bad, "no difference lies on 0");
  assert.equal(await page.locator("#page b, #page i").count(), 0);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("what differs besides is told, settings of one kind of server behind a button", async () => {
  const { page, wrong } = await open(four);
  assert.deepEqual(await rowsOf(page, "What is not the same in all results"), [
    ["target.main.server", "SQLite", "PostgreSQL", "MariaDB", "etcd <b>"],
    ["target.main.server_version", "1.1", "2.1", "3.1", "4.1"],
  ]);
  const details = page.locator("#sides details");
  assert.equal(await details.locator("summary").textContent(), "1 setting that not every kind of server here has");
  assert.equal(await details.locator("table").isVisible(), false);
  await details.locator("summary").click();
  assert.deepEqual(await rowsOf(page, "Settings of one kind of server"), [["target.main.setting.log_bin", "–", "–", "OFF", "–"]]);
  assert.equal(await page.locator("#page b").count(), 0);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("the bars of the matrix are as long as their values, by operation or by result", async () => {
  const { page, wrong } = await open(four);
  const groups = () =>
    page.$$eval(".bar-group", (list) =>
      list.map((group) => ({
        name: group.querySelector("h3").textContent,
        bars: [...group.querySelectorAll(".bar-row")].map((row) => ({
          name: row.querySelector(".bar-name").textContent,
          text: row.querySelector(".bar-value").textContent,
          note: row.querySelector(".bar-note").textContent,
          share: row.querySelector(".bar") ? row.querySelector(".bar").getBoundingClientRect().width / row.querySelector(".bar-track").getBoundingClientRect().width : null,
        })),
      })),
    );
  const close = (a, b) => assert.ok(Math.abs(a - b) < 0.03, `${a} is not ${b}`);
  const byOperation = await groups();
  assert.deepEqual(byOperation.map((g) => g.name), ["get", "put", "scan", "all"]);
  const [get, , scan] = byOperation;
  assert.deepEqual(get.bars.map((b) => b.name), ["A SQLite 1.1", "B PostgreSQL 2.1", "C MariaDB 3.1", "D etcd <b> 4.1"]);
  [1, 0.653, 0.5, 0.4].forEach((share, i) => close(get.bars[i].share, share));
  assert.match(get.bars[2].note, /^−50\.0 % WORSE$/);
  assert.deepEqual([scan.bars[1].text, scan.bars[1].share, scan.bars[1].note], ["–", null, ""]);

  await page.selectOption("#matrix-by", "result");
  const byResult = await groups();
  assert.deepEqual(byResult.map((g) => g.name), four.data.sides.map((s) => `${s.label} ${s.title}`));
  // One scale for all: the largest is the 320 of all operations of A.
  close(byResult[0].bars.find((b) => b.name === "get").share, 200 / 320);
  close(byResult[3].bars.find((b) => b.name === "put").share, 100 / 320);

  await page.selectOption("#matrix-of", "p99");
  const p99 = (await groups())[2].bars.find((b) => b.name === "get");
  assert.match(p99.text, /^(8\.[5-9]\d|9\.\d\d) ms$/); // 2 ms · ln 100 = 9.2 ms
  const rows = await rowsOf(page, "All figures");
  const rate = rows.find((cells) => cells[0] === "get" && cells[1] === "rate");
  assert.equal(rate[6], "100 /s");
  assert.match(rows.find((cells) => cells[0] === "scan" && cells[1] === "rate")[4], /^–B measured nothing of it$/);
  assert.match(rate[7], /^−50\.0 %−5\d\.\d … −4\d\.\d %$/);
  assert.equal(rate[8], "WORSE");
  await page.screenshot({ path: join(screenshots, "comparison-by-result.png"), fullPage: true });
  assert.deepEqual(wrong, []);
  await page.close();
});

test("another operation is shown in all charts, and a line that was switched off stays off", async () => {
  const { page, wrong } = await open(four);
  const legend = (id) => page.$$eval(`#${id} .legend button`, (list) => list.map((b) => [b.textContent.slice(0, 1), b.getAttribute("aria-pressed")]));
  await page.locator("#throughput .legend button").nth(2).click();
  await page.selectOption("#overlay-of", "scan");
  assert.deepEqual(await legend("throughput"), [["A", "true"], ["C", "false"], ["D", "true"]]);
  assert.deepEqual(await texts(page, "figure.chart strong"), [
    "Throughput, scan", "Response time p50, scan", "Response time p99, scan", "How response times are spread, scan", "Response time by percentile, scan",
  ]);
  await page.selectOption("#overlay-of", "get");
  assert.deepEqual(await legend("throughput"), [["A", "true"], ["B", "true"], ["C", "false"], ["D", "true"]]);
  assert.deepEqual((await legend("percentiles")).map(([, on]) => on), ["true", "true", "true", "true"]);
  const drawn = await pages.canvases(page, 30);
  const [second, third] = await Promise.all([pages.paint(page, "--line-2"), pages.paint(page, "--line-3")]);
  const { colors } = drawn.find((c) => c.chart === "throughput");
  assert.ok(colors.includes(second) && !colors.includes(third));
  assert.deepEqual(wrong, []);
  await page.close();
});

test("of an operation that always failed there is a throughput, and no response time", async () => {
  const { page, wrong } = await open(three);
  const visible = () => page.$$eval("figure.chart", (list) => list.filter((n) => n.getBoundingClientRect().height > 0).map((n) => n.id));
  await page.selectOption("#overlay-of", "drop");
  assert.deepEqual(await visible(), ["throughput"]);
  assert.equal(await page.locator("#throughput strong").textContent(), "Throughput, drop");
  await page.selectOption("#overlay-of", "get");
  assert.deepEqual(await visible(), ids);
  await page.selectOption("#matrix-of", "errors");
  assert.deepEqual(await texts(page, ".bar-group:nth-child(4) .bar-value"), ["100 %", "100 %", "100 %"]);
  await page.selectOption("#matrix-of", "p50");
  assert.deepEqual(await texts(page, ".bar-group:nth-child(4) .bar-value"), ["–", "–", "–"]);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("a chart can be read by keyboard, is there as a table, and is enlarged with all others over time", async () => {
  const { page, wrong } = await open(two);
  const chart = page.locator("#throughput");
  await page.selectOption("#overlay-of", "put");
  await chart.locator(".plot").focus();
  await page.keyboard.press("Home");
  // 100 a second, by turns 5 fewer and 5 more.
  assert.equal(await chart.locator(".readout").textContent(), "at 500 ms: A SQLite 1.1 95, B PostgreSQL 2.1 95 operations/s");
  await chart.locator("summary").click();
  await page.waitForSelector("#throughput tbody tr");
  assert.equal(await chart.locator("tbody tr").count(), 60);
  const ticks = async () => createHash("sha256").update(await page.locator("#response-p99 canvas").screenshot()).digest("hex");
  const before = await ticks();
  await chart.locator(".plot").scrollIntoViewIfNeeded();
  const area = await chart.locator(".u-over").boundingBox();
  await page.mouse.move(area.x + area.width * 0.2, area.y + area.height / 2);
  await page.mouse.down();
  await page.mouse.move(area.x + area.width * 0.5, area.y + area.height / 2, { steps: 5 });
  await page.mouse.up();
  await page.waitForTimeout(200); // for uPlot's own drawing, which comes with the next frame
  assert.notEqual(await ticks(), before);
  await page.keyboard.press("Escape");
  await page.mouse.move(0, 0);
  await page.waitForTimeout(200);
  assert.equal(await ticks(), before);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("of pairs every pair is a point, beside the median and its interval", async () => {
  const { page, wrong } = await open(pairs);
  await page.selectOption("#pairs-of", { label: "get, mean response time" });
  const [drawn] = await pages.canvases(page, 15);
  assert.equal(drawn.chart, "pair-changes");
  for (const name of ["--line-1", "--all", "--line-8"]) assert.ok(drawn.colors.includes(await pages.paint(page, name)), name);
  await page.locator("#pair-changes .plot").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(await page.locator("#pair-changes .readout").textContent(), /^pair 3: median (1|2)\d\.\d, interval, low \d+\.\d+, interval, high (9\d\.\d|1\d\d), a pair (9\d\.\d|1\d\d) %$/);
  const rows = await rowsOf(page, "Differences");
  const mean = rows.find((cells) => cells[0] === "get" && cells[1] === "mean");
  assert.deepEqual(mean.slice(7), ["8 of 8 larger", "worse"]);
  assert.match(mean[4], /^\+(1[6-9]|2[0-4])\.\d %$/);
  const nopm = (await rowsOf(page, "Figures of the whole run")).find((cells) => cells[0] === "nopm");
  assert.deepEqual(nopm.slice(0, 6), ["nopm", "12000 1/min", "10000 1/min", "−16.7 %", "−50.0 … −16.7 %", "worse"]);
  assert.match(await page.textContent("header"), /8 pairs of runs/);
  await page.screenshot({ path: join(screenshots, "comparison-pairs.png"), fullPage: true });
  assert.deepEqual(wrong, []);
  await page.close();
});

test("what the page draws is there as pictures too, in the colours of the page", async () => {
  const statistics = ["rate", "errors", "mean", "p50", "p99"];
  for (const [sampled, scheme] of [[two, "dark"], [four, "light"], [pairs, "light"]]) {
    const pictures = join(folder, `${sampled.name}-${scheme}`);
    mkdirSync(pictures);
    const [kind, number] = sampled === pairs ? ["pairs", "8"] : ["compare", String(sampled.data.sides.length)];
    execFileSync(sample, [scheme === "dark" ? `${kind},png,dark` : `${kind},png`, number, pictures]);
    const { page } = await open(sampled, { scheme });
    const charts = sampled.data.charts.list.map((c) => `${c.id}-${c.choice.replace(" ", "-")}.png`);
    const matrix = (sampled === pairs ? statistics.filter((s) => s !== "errors") : statistics).map((s) => `matrix-${s}.png`);
    const byPair = [...sampled.data.operations.filter((f) => f.values.some((v) => v)), ...sampled.data.figures].map((f) => `${["pairs", f.row, f.figure].filter(Boolean).join("-")}.png`);
    const wanted = [...charts, ...matrix, ...(sampled === four ? [] : ["differences.png"]), ...(sampled === pairs ? byPair : [])];
    assert.deepEqual(readdirSync(pictures).sort(), wanted.sort());
    const paint = Object.fromEntries(
      await Promise.all(["card", "line-1", "line-2", "line-3", "line-4", "line-8", "all", "good", "bad", "ground"].map(async (name) => [name, await pages.paint(page, `--${name}`)])),
    );
    const has = async (name, colors) => {
      const found = await pages.picture(page, join(pictures, name));
      assert.deepEqual([found.width, found.ground], [1800, paint.card]);
      for (const color of colors) assert.ok(found.colors.includes(paint[color]), `${scheme} ${name} has no ${color}`);
      return found;
    };
    const lines = sampled.data.sides.map((_, i) => `line-${i + 1}`);
    if (sampled !== pairs) for (const id of ids) await has(`${id}-get.png`, lines);
    const { counts } = await has("matrix-rate.png", [...lines, "bad"]);
    // The bars of get, put, scan and all: each on its own scale, 26 pixels high and as long as their values say.
    if (sampled === four) assert.ok(Math.abs(counts[paint["line-3"]] / counts[paint["line-1"]] - (0.5 + 1 + 1 + 220 / 320) / 4) < 0.02);
    if (sampled === two) await has("differences.png", ["good", "bad", "ground"]);
    if (sampled === pairs) await has("pairs-get-mean.png", ["line-1", "line-8", "all"]);
    for (const name of wanted) copyFileSync(join(pictures, name), join(screenshots, `comparison-${sampled.name}-${scheme}-${name}`));
    await page.close();
  }
});

test("a phone shows it without scrolling sideways", async () => {
  for (const sampled of [two, four, pairs]) {
    const { page, wrong } = await open(sampled, { width: 390, height: 800 });
    const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= window, `${sampled.name}: ${wide} > ${window}`);
    const cut = await page.$$eval(".bar-row *, .interval-row *", (list) =>
      list
        .filter((n) => {
          const edge = n.closest("section").getBoundingClientRect().right - 8;
          const overflows = n.className.startsWith("bar-") && n.scrollWidth > n.clientWidth + 1;
          return overflows || n.getBoundingClientRect().right > edge;
        })
        .map((n) => `${n.className}: ${n.textContent}`),
    );
    assert.deepEqual(cut, []);
    await page.screenshot({ path: join(screenshots, `comparison-${sampled.name}-phone.png`), fullPage: true });
    assert.deepEqual(wrong, []);
    await page.close();
  }
});
