// The HTML report in a real browser: it draws, says the numbers of the result, loads nothing, works by keyboard, in both
// colour schemes, on a phone.
//
// Usage: node report_test.mjs RESULTS_SAMPLE MODULES SCREENSHOTS
//   RESULTS_SAMPLE prints sample reports (src/results/sample_main.cc), MODULES is the node_modules with playwright-core,
//   SCREENSHOTS the folder for pictures, for people to look at. CHROMIUM names the browser; default: Debian's.
// Ends with 77 when there is no browser.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import * as pages from "./browser.mjs";
import { bucketsOf } from "./histograms.mjs";

const [sample, modules, screenshots] = process.argv.slice(2).map((p) => resolve(p));
const run = (...args) => execFileSync(sample, args, { encoding: "utf8", maxBuffer: 1 << 30 });
const folder = mkdtempSync(join(tmpdir(), "assay-report-"));
const page60 = join(folder, "report.html");
writeFileSync(page60, run("html", "60", "5"));
const report = JSON.parse(run("json", "60", "5"));
mkdirSync(screenshots, { recursive: true });

let browser;
before(async () => {
  browser = await pages.launch(modules);
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = ({ file = page60, ...rest } = {}) => pages.open(browser, file, rest);
const { canvases, paint, picture } = pages;

for (const scheme of ["light", "dark"]) {
  test(`the charts are drawn in ${scheme} colours, without a complaint and without a request`, async () => {
    const { page, wrong } = await open({ scheme });
    const drawn = await canvases(page);
    const ids = drawn.map((c) => c.chart);
    assert.deepEqual(ids, ["throughput", "latency", "errors", "histogram", "percentiles", "target-0", "target-1"]);
    const colors = Object.fromEntries(drawn.map((c) => [c.chart, c.colors]));
    const has = async (chart, name) =>
      assert.ok(colors[chart].includes(await paint(page, name)), `${chart} has no ${name}: ${colors[chart].join(" ")}`);
    await has("throughput", "--all");
    for (const line of ["--line-1", "--line-2", "--line-3"]) await has("throughput", line);
    for (const line of ["--line-1", "--line-2", "--line-3"]) await has("latency", line);
    await has("errors", "--bad");
    await has("percentiles", "--all");
    for (const line of ["--all", "--line-1", "--line-5"]) await has("histogram", line);
    await has("target-0", "--line-1");
    for (const chart of ["throughput", "latency", "errors"]) await has(chart, "--ground");
    for (const chart of ["throughput", "latency", "errors"]) {
      assert.ok(!colors[chart].includes(await paint(page, "--card")), `${chart}: the lines are covered`);
    }
    await page.screenshot({ path: join(screenshots, `${scheme}.png`), fullPage: true });
    assert.deepEqual(wrong, []);
    await page.close();
  });
}

test("the names of phases and events stand above the charts, each beside where its time begins", async () => {
  const { page } = await open();
  const event = await paint(page, "--event");
  const found = await page.$$eval("#throughput canvas, #errors canvas", (list, rgb) =>
    list.map((canvas) => {
      const over = canvas.parentElement.querySelector(".u-over").getBoundingClientRect();
      const box = canvas.getBoundingClientRect();
      const [left, top] = [over.left - box.left, Math.round(over.top - box.top)];
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, top);
      const columns = new Set();
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] > 200 && `${data[i]},${data[i + 1]},${data[i + 2]}` === rgb) columns.add((i / 4) % canvas.width);
      }
      return { top, places: [...columns].map((x) => (x - left) / over.width).sort((a, b) => a - b) };
    }), event);
  for (const { top, places } of found) {
    assert.ok(top >= 15, `no room above the chart: ${top} px`);
    for (const { at_s: at } of report.events) {
      const begin = at / report.length_s;
      assert.ok(places.some((x) => Math.abs(x - begin) < 0.005), `nothing at ${begin}: ${places}`);
      assert.ok(places.some((x) => x > begin + 0.01 && x < begin + 0.06), `no name beside ${begin}: ${places}`);
    }
  }
  await page.close();
});

test("the outage is a band on every chart over time", async () => {
  const { page } = await open();
  const outage = report.events.find((e) => e.kind === "outage");
  const at = (seconds) => seconds / report.length_s;
  const inside = await page.$$eval(
    "#throughput canvas, #latency canvas, #errors canvas, #target-0 canvas",
    (list, [middle, before]) =>
      list.map((canvas) => {
        // The chart's area is where the element of the cursor lies.
        const over = canvas.parentElement.querySelector(".u-over").getBoundingClientRect();
        const box = canvas.getBoundingClientRect();
        const scale = canvas.width / box.width;
        const pixel = (share) => {
          const x = Math.round((over.left - box.left + share * over.width) * scale);
          const column = canvas.getContext("2d").getImageData(x, (over.top - box.top + 3) * scale, 1, 8).data;
          return [column[0], column[1], column[2], column[3]];
        };
        return [pixel(middle), pixel(before)];
      }),
    [at(outage.at_s + outage.length_s / 2), at(outage.at_s - 3)],
  );
  assert.equal(inside.length, 4);
  for (const [band, beside] of inside) {
    assert.ok(band[3] > 20 && band[0] > band[2], `no red band: ${band}`);
    assert.equal(beside[3], 0, `ground where there is none: ${beside}`);
  }
  await page.close();
});

test("the table of operations has the numbers of the result", async () => {
  const { page } = await open();
  const rows = await page.$$eval("#operations tbody tr", (list) =>
    list.map((row) => [...row.children].map((cell) => cell.textContent)),
  );
  const number = (text) => Number(text.replace(/\u202f/g, ""));
  const close = (text, value) => {
    // Three significant digits are shown: the last one is half a unit off at most.
    const off = Math.abs(number(text) - value);
    assert.ok(off <= Math.max(Math.abs(value) * 0.0051, 0.0001), `${text} is shown for ${value}`);
  };
  let seen = 0;
  for (const row of rows) {
    const [group, operation] = row[0] === "all" ? ["all", "all"] : row[0].split(" / ");
    const of = report.operations.find((o) => o.group === group && o.operation === operation);
    assert.ok(of, `no ${row[0]} in the result`);
    assert.equal(number(row[1]), of.count);
    close(row[2], of.rate);
    assert.equal(number(row[3]), of.errors);
    assert.equal(number(row[4]), of.retries);
    ["mean", "p50", "p90", "p95", "p99", "p999", "max"].forEach((key, i) => close(row[5 + i], of.response_ms[key]));
    close(row[12], of.service_ms.p50);
    close(row[13], of.service_ms.p99);
    close(row[14], of.wait_ms.p99);
    close(row[15], of.lag_ms.p99);
    seen++;
  }
  assert.equal(seen, report.operations.length - 1); // the group with one operation has no total of its own
  await page.close();
});

test("everything that the result states is said, and its texts are never taken for HTML", async () => {
  const { page } = await open();
  const text = (await page.textContent("#page")).replace(/\u202f/g, "");
  const stated = [
    ...report.verdict.reasons, ...report.warnings, ...report.requirements.flatMap((r) => [r.name, r.limit, r.actual]),
    ...report.figures.flatMap((f) => [f.name, f.formula]), ...report.events.map((e) => e.text),
    ...report.failures.map((f) => f.message), ...report.checks.flatMap((c) => c.findings.flatMap((f) => [f.text, ...f.rows])),
    ...Object.values(report.workload.options), ...report.target_series?.map((s) => s.name) ?? [],
    report.seed, report.targets[0].url, report.machine.cpu_model, report.machine.kernel, "Leon Sorokin",
  ];
  assert.ok(stated.length > 30);
  for (const words of stated) assert.ok(text.includes(words), `not said: ${words}`);
  assert.equal(await page.locator("#events b").count(), 0);
  assert.equal(await page.locator("h1 .badge").textContent(), "FAIL");
  await page.close();
});

test("the reader's choice of colours wins over the system's and redraws the charts", async () => {
  const { page, wrong } = await open({ scheme: "light" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  const button = page.getByRole("button", { name: "Dark colours" });
  await button.click();
  assert.notEqual(await ground(), light);
  const [first] = await canvases(page);
  assert.ok(first.colors.includes(await paint(page, "--line-1")));
  await page.getByRole("button", { name: "Light colours" }).click();
  assert.equal(await ground(), light);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("the charts can be read and the lines switched by keyboard alone", async () => {
  const { page, wrong } = await open();
  const plot = page.locator("#throughput .plot");
  await plot.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  const said = (await page.locator("#throughput .readout").textContent()).replace(/\u202f/g, "");
  assert.match(said, /^at 1\.5 s: .*terminals \/ new_order \d+.* operations\/s$/);
  assert.equal(await page.locator("#throughput .readout").getAttribute("aria-live"), "polite");
  const line = page.locator("#throughput .legend button").first();
  await line.focus();
  await page.keyboard.press("Space");
  assert.equal(await line.getAttribute("aria-pressed"), "false");
  const [throughput] = await canvases(page);
  assert.ok(!throughput.colors.includes(await paint(page, "--line-1")));
  assert.deepEqual(wrong, []);
  await page.close();
});

test("what is dragged over is enlarged in all charts over time, and Escape shows all again", async () => {
  const { page, wrong } = await open();
  const before = await page.locator("#errors canvas").evaluate((c) => c.toDataURL());
  const area = page.locator("#throughput .u-over");
  await area.scrollIntoViewIfNeeded();
  const box = await area.boundingBox();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await page.mouse.move(0, 0);
  assert.notEqual(await page.locator("#errors canvas").evaluate((c) => c.toDataURL()), before);
  await page.keyboard.press("Escape");
  await page.waitForTimeout(50); // uPlot draws in the next frame
  assert.equal(await page.locator("#errors canvas").evaluate((c) => c.toDataURL()), before);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("another operation's response times are drawn when it is chosen", async () => {
  const { page } = await open();
  const canvas = page.locator("#latency canvas");
  const before = await canvas.evaluate((c) => c.toDataURL());
  await page.getByLabel("Response time of").selectOption({ label: "terminals / payment" });
  assert.notEqual(await canvas.evaluate((c) => c.toDataURL()), before);
  assert.match(await page.locator("#latency .plot").getAttribute("aria-label"), /^Response time, terminals \/ payment\./);
  assert.match(await page.locator("#latency figcaption").textContent(), /^Response time, terminals \/ payment/);
  await page.locator("#latency summary").click();
  assert.match(await page.locator("#latency table caption").textContent(), /^Response time, terminals \/ payment/);
  await page.getByLabel("Response time of").selectOption({ label: "terminals / delivery" });
  assert.match(await page.locator("#latency table caption").textContent(), /^Response time, terminals \/ delivery/);
  await page.close();
});

test("the distribution shows which share of the operations took how long", async () => {
  const { page } = await open();
  await page.locator("#histogram summary").click();
  await page.waitForSelector("#histogram tbody tr");
  const names = await page.$$eval("#histogram thead th", (list) => list.map((cell) => cell.textContent));
  const rows = await page.$$eval("#histogram tbody tr", (list) => list.map((row) => [...row.children].map((cell) => cell.textContent)));
  const units = { ns: 1, "µs": 1e3, ms: 1e6, s: 1e9 };
  const edges = rows.map(([label]) => {
    const [, value, unit] = label.match(/^(?:from )?([\d.]+) (ns|µs|ms|s)/);
    return Number(value) * units[unit];
  });
  const result = JSON.parse(run("result", "60", "5"));
  for (const operation of ["new_order", "stock_level"]) {
    const buckets = bucketsOf(result.groups[0].operations.find((o) => o.name === operation).phases.measure.response);
    const count = buckets.reduce((sum, [, , n]) => sum + n, 0);
    assert.equal(count, report.operations.find((o) => o.operation === operation).count);
    const shown = rows.map((row) => Number(row[names.indexOf(`terminals / ${operation}`)].replace("–", "0")));
    assert.ok(Math.abs(shown.reduce((a, b) => a + b) - 100) < 0.5, "all operations are in a bin");
    // Edges are printed with three digits: a bucket at an edge may be on its other side. Up to there the shares add up.
    let sum = 0;
    edges.forEach((edge, i) => {
      const below = (limit) => (100 * buckets.reduce((n, [low, high, k]) => n + ((low + high) / 2 < limit ? k : 0), 0)) / count;
      assert.ok(sum >= below(edge * 0.99) - 0.5 && sum <= below(edge * 1.01) + 0.5, `${operation} below ${edge} ns: ${sum}`);
      sum += shown[i];
    });
  }
  const peak = await page.locator("#histogram .plot").getAttribute("aria-label");
  assert.match(peak, /Of all operations most, [\d.]+ %, took between [\d.]+ ms and [\d.]+ ms\./);
  await page.close();
});

test("the numbers of a chart are there as a table", async () => {
  const { page } = await open();
  await page.locator("#throughput summary").click();
  await page.waitForSelector("#throughput tbody tr");
  assert.equal(await page.locator("#throughput tbody tr").count(), 60);
  await page.close();
});

/** The report of a longer run: what embed() changes in it, in a page of its own. */
function changed(name, embed) {
  const path = join(folder, `${name}.html`);
  const page = readFileSync(page60, "utf8");
  const [, head, json, tail] = page.match(/^(.*<script[^>]*id="report"[^>]*>)(.*?)(<\/script>.*)$/s);
  const data = JSON.parse(json);
  embed(data);
  writeFileSync(path, head + JSON.stringify(data).replace(/</g, "\\u003c") + tail);
  return path;
}

test("at 1280 pixels every column of the operations can be seen, with the numbers of a long run", async () => {
  const file = changed("long", (data) => {
    for (const row of data.operations) {
      row.count *= 10_000;
      row.errors = 12_345;
      row.retries = 123_456;
      row.rate *= 50;
      // Seconds at the end of the distribution; a wait that hides behind no three digits.
      for (const times of [row.response_ms, row.service_ms]) for (const key of ["p95", "p99", "p999", "max"]) times[key] *= 200;
      row.wait_ms.p99 = 12_345;
      row.lag_ms.p99 = 0.1234;
    }
  });
  for (const scheme of ["light", "dark"]) {
    const { page, wrong } = await open({ width: 1280, scheme, file });
    const [cut, beyond] = await page.$eval("#operations .scroll", (box) => {
      const right = box.getBoundingClientRect().right;
      const last = [...box.querySelectorAll("tr > :last-child")].map((cell) => cell.getBoundingClientRect().right);
      return [box.scrollWidth - box.clientWidth, Math.max(...last) - Math.min(right, innerWidth)];
    });
    assert.ok(cut <= 0, `${cut} px of the table are hidden`);
    assert.ok(beyond <= 0.5, `the last column ends ${beyond} px too far to the right`);
    assert.deepEqual(wrong, []);
    await page.screenshot({ path: join(screenshots, `1280-${scheme}.png`) });
    await page.close();
  }
});

test("the edge of a table that is wider than the window is shaded until its end is seen", async () => {
  const { page } = await open({ width: 700 });
  const table = page.locator("#operations .scroll");
  await table.scrollIntoViewIfNeeded();
  const box = await table.boundingBox();
  const edge = async () => {
    const clip = { x: box.x + box.width - 2, y: box.y + 4, width: 1, height: 1 }; // in the empty part of the headings
    return (await page.screenshot({ clip })).toString("base64");
  };
  const hidden = await edge();
  await table.evaluate((node) => (node.scrollLeft = node.scrollWidth));
  const end = await edge();
  assert.notEqual(hidden, end);
  await table.evaluate((node) => (node.scrollLeft = 0));
  assert.equal(await edge(), hidden);
  await page.close();
});

test("the cards show first what the workload is about, whole numbers without a fraction", async () => {
  const file = changed("cards", (data) => {
    data.figures = [
      { name: "nopm", value: 1234, unit: "1/min", formula: "" },
      { name: "transactions_per_minute", value: 7, unit: "1/min", formula: "" },
      { name: "efficiency", value: 97.25, unit: "%", formula: "" },
      { name: "warehouses", value: 1, unit: "", formula: "" },
    ];
  });
  const { page } = await open({ file });
  const cards = await page.$$eval(".tile", (list) =>
    list.map((tile) => [tile.querySelector("dt").textContent, tile.querySelector("strong").textContent.replace(/\u202f/g, "")]));
  assert.deepEqual(cards.slice(0, 3), [["NOPM", "1234"], ["transactions per minute", "7"], ["efficiency", "97.3"]]);
  assert.equal(cards[3][0], "throughput");
  const figures = await page.$$eval("#figures tbody tr", (list) => list.map((row) => row.children[1].textContent.replace(/\u202f/g, "")));
  assert.deepEqual(figures.slice(0, 4), ["1234", "7", "97.3", "1"]);
  await page.close();
});

test("a phone shows it without scrolling sideways", async () => {
  const { page, wrong } = await open({ width: 390, height: 800 });
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= window, `${wide} > ${window}`);
  await page.screenshot({ path: join(screenshots, "phone.png"), fullPage: true });
  await page.setViewportSize({ width: 800, height: 390 }); // turned
  await page.waitForFunction(() => document.querySelector("#throughput canvas").getBoundingClientRect().width > 500);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("a screen reader finds headings, captions and names", async () => {
  const { page } = await open();
  const missing = await page.evaluate(() => {
    const out = [];
    if (document.documentElement.lang !== "en") out.push("language");
    if (document.querySelectorAll("h1").length !== 1) out.push("one h1");
    for (const s of document.querySelectorAll("section")) if (!document.getElementById(s.getAttribute("aria-labelledby"))) out.push(s.id);
    for (const t of document.querySelectorAll("table")) {
      if (!t.caption?.textContent) out.push("caption");
      for (const row of t.tBodies[0].rows) if (row.cells[0].tagName !== "TH") out.push("row heading");
    }
    for (const p of document.querySelectorAll(".plot")) if (!p.getAttribute("aria-label") || p.tabIndex !== 0) out.push("chart");
    for (const b of document.querySelectorAll("button")) if (!b.textContent.trim()) out.push("button");
    return out;
  });
  assert.deepEqual(missing, []);
  await page.close();
});

test("text can be told from its ground in both colour schemes", async () => {
  for (const scheme of ["light", "dark"]) {
    const { page } = await open({ scheme });
    const luminance = (rgb) => {
      const [r, g, b] = rgb.split(",").map((v) => {
        const c = Number(v) / 255;
        return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (a, b) => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);
    const card = await paint(page, "--card");
    for (const name of ["--text", "--text-soft", "--link", "--bad", "--good", "--odd", "--event"]) {
      const found = contrast(await paint(page, name), card);
      assert.ok(found >= 4.5, `${scheme} ${name}: ${found.toFixed(2)}`); // WCAG 2.1, 1.4.3
    }
    for (let line = 1; line <= 8; line++) {
      const found = contrast(await paint(page, `--line-${line}`), card);
      assert.ok(found >= 3, `${scheme} line ${line}: ${found.toFixed(2)}`); // WCAG 2.1, 1.4.11
    }
    await page.close();
  }
});

test("every chart of the page is also a picture, in the colours of the page", async () => {
  for (const scheme of ["light", "dark"]) {
    const pictures = join(folder, scheme);
    mkdirSync(pictures);
    run(scheme === "dark" ? "png,dark" : "png", "60", "5", pictures);
    const names = readdirSync(pictures).map((name) => name.replace(/\.png$/, ""));
    const { page } = await open({ scheme });
    const choices = await page.$$eval("#latency-of option", (list) => list.map((o) => o.textContent));
    const file = (text) => text.replace(/[^\w.]+/g, "-");
    const titles = await page.$$eval("#target-series figure strong", (list) => list.map((node) => node.textContent));
    const wanted = ["throughput", "errors", "histogram", "percentiles",
      ...choices.map((c) => `latency-${file(c)}`), ...titles.map((t) => `target-${file(t)}`)];
    assert.deepEqual(names.sort(), wanted.sort());
    const expected = {
      throughput: ["all", "line-1", "line-5", "ground", "text-soft", "event"], errors: ["bad", "ground"],
      histogram: ["all", "line-1", "line-6"], percentiles: ["all", "line-2"],
      "latency-all-operations": ["line-1", "line-2", "line-3"], "target-waiting-sessions": ["line-2"],
    };
    for (const [name, colors] of Object.entries(expected)) {
      const found = await picture(page, join(pictures, `${name}.png`));
      assert.equal(found.width, 1800);
      assert.equal(found.ground, await paint(page, "--card"));
      for (const color of colors) {
        assert.ok(found.colors.includes(await paint(page, `--${color}`)), `${scheme} ${name}.png has no ${color}`);
      }
    }
    for (const name of names) copyFileSync(join(pictures, `${name}.png`), join(screenshots, `${scheme}-${name}.png`));
    await page.close();
  }
});

test("the page could not reach the network if it tried", async () => {
  const { page } = await open();
  const blocked = await page.evaluate(
    () =>
      new Promise((done) => {
        document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
        fetch("http://127.0.0.1:9/").catch(() => setTimeout(() => done("nothing was blocked"), 500));
      }),
  );
  assert.equal(blocked, "connect-src");
  await page.close();
});
