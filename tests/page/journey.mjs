// What anybody does with the live page, as tests on whatever serves it: start a run, watch it, change its rate, stop it, open its report,
// compare two. The server is a parameter: the replay server of this folder, or the program.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import * as pages from "../report/browser.mjs";

/** Opens the page; `wrong` is what went wrong, but for answers of the server that refuse something and what we do to its canvases. */
export async function open(browser, address, options = {}) {
  const origin = new URL(address).origin;
  const { page, wrong } = await pages.visit(browser, address, { may: (url) => url.startsWith(`${origin}/`), ...options });
  return { page, wrong: () => wrong.filter((text) => !/status of 4\d\d|getImageData/.test(text)) };
}

/** Fills the form: names of fields as they stand in their labels' targets, e.g. "#load-duration". */
export async function fill(page, values) {
  await page.evaluate(() => {
    for (const fold of document.querySelectorAll("#start, #start details")) fold.open = true;
  });
  for (const [field, value] of Object.entries(values)) {
    const tag = await page.$eval(field, (node) => `${node.tagName} ${node.type}`);
    if (tag.startsWith("SELECT")) await page.selectOption(field, value);
    else if (tag.endsWith("checkbox")) await page.setChecked(field, value === "true");
    else await page.fill(field, value);
  }
}

export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
export const state = (page) => page.textContent("#run .state");
export const over = (page) => page.waitForSelector("#run .verdict", { timeout: 60_000 });

/**
 * `under()` gives {browser, address, screenshots}; `runs` the values of a form that starts a run of this server: `long` goes on until it is
 * stopped and can be given another rate, `short` ends by itself; `past` false: this server lists no past runs.
 */
export function journeys(under, runs) {
  test("a run is started, watched, given another rate, stopped, and its report opened", async () => {
    const { browser, address, screenshots } = under();
    const { page, wrong } = await open(browser, address);
    await fill(page, runs.long);
    await press(page, "Start the run");
    await page.waitForSelector("#run .state[data-state=running]");
    assert.equal(await page.$eval("#start", (node) => node.open), false, "the form makes room");
    assert.ok(await page.$eval("#start fieldset", (node) => node.disabled), "nothing can be started beside it");
    await page.waitForFunction(() => Number(document.querySelector("#operations tbody td:nth-child(8)")?.textContent.replace(/\D/g, "")) > 0);
    await page.fill(".change input >> nth=0", "40");
    await press(page, "Change");
    await page.waitForFunction(() => /Changed: .*rate 40/.test(document.querySelector(".answer").textContent));
    await page.waitForFunction(() => /40/.test(document.querySelector(".change .now").textContent));
    await page.waitForFunction(() => /change 1: .*rate 40/.test(document.querySelector("#log").textContent));
    const other = (await open(browser, address)).page; // who comes later sees what was before
    await other.waitForFunction(() => Number(document.querySelector("#operations tbody td:nth-child(8)")?.textContent.replace(/\D/g, "")) > 0);
    await other.waitForFunction(() => document.querySelectorAll("#log li").length > 0);
    await other.waitForFunction(() => /40/.test(document.querySelector(".change .now").textContent));
    await other.close();
    const event = await pages.paint(page, "--event");
    await page.waitForFunction(
      (rgb) => {
        const canvas = document.querySelector("#throughput canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        for (let i = 0; i < data.length; i += 4) if (`${data[i]},${data[i + 1]},${data[i + 2]}` === rgb && data[i + 3] > 200) return true;
        return false;
      },
      event,
      { polling: 100 },
    );
    await page.screenshot({ path: join(screenshots, "running.png"), fullPage: true });
    await press(page, "Stop");
    await over(page);
    assert.equal(await state(page), "stopped");
    assert.match(await page.textContent("#run .outcome"), /partial/);
    if (runs.past !== false) await page.waitForFunction(() => document.querySelectorAll("#past tbody tr").length > 0);
    await page.screenshot({ path: join(screenshots, "stopped.png"), fullPage: true });
    assert.deepEqual(wrong(), []);
    await page.getByRole("link", { name: "Open the report" }).click();
    await page.waitForURL(/report\.html$/);
    await page.waitForSelector("h1");
    await page.close();
  });

  test("a run ends by itself with a verdict, and two runs are compared, the newer with the older", { skip: runs.past === false }, async () => {
    const { browser, address } = under();
    const { page, wrong } = await open(browser, address);
    await page.waitForSelector("#past tbody, #past .note");
    const before = await page.$$eval("#past tbody tr", (rows) => rows.length);
    for (let i = 1; i <= 2; i++) {
      await fill(page, runs.short);
      await press(page, "Start the run");
      await page.waitForFunction((n) => document.querySelectorAll("#past tbody tr").length === n, before + i, { timeout: 60_000 });
      await over(page);
      assert.equal(await state(page), "done");
      assert.match(await page.textContent("#run .verdict"), /^(PASS|FAIL|INVALID)/);
      await page.waitForFunction(() => !document.querySelector("#start fieldset").disabled);
    }
    const links = await page.$$eval("#past tbody a[download]", (list) => list.map((a) => a.href));
    const [newer, older] = links.map((href) => decodeURIComponent(/results\/([^/]+)\//.exec(href)[1]));
    const boxes = page.locator("#past tbody input[type=checkbox]");
    await boxes.nth(0).check();
    assert.ok(await page.getByRole("button", { name: "Compare the two" }).isDisabled());
    await boxes.nth(1).check();
    assert.deepEqual(wrong(), []);
    await press(page, "Compare the two");
    await page.waitForURL(/\/compare\?/);
    const asked = new URL(page.url()).searchParams;
    assert.deepEqual([asked.get("a"), asked.get("b")], [older, newer]);
    await page.waitForSelector("h1");
    await page.close();
  });

  test("a mistake in the form is said there, and nothing is started", async () => {
    const { browser, address } = under();
    const { page, wrong } = await open(browser, address);
    await fill(page, { ...runs.short, "#load-duration": "soon" });
    await press(page, "Start the run");
    await page.waitForSelector(".mistakes li");
    assert.match(await page.textContent(".mistakes"), /soon/);
    assert.equal(await page.getAttribute("#load-duration", "aria-invalid"), "true");
    assert.match(await page.evaluate(() => document.querySelector("#load-duration").getAttribute("aria-describedby").split(" ")
      .map((id) => document.getElementById(id).textContent).join(" ")), /soon/, "who comes back to the field hears what is wrong");
    assert.equal(await page.evaluate(() => document.activeElement.id), "load-duration");
    assert.equal(await page.$("#run"), null);
    assert.deepEqual(wrong(), []);
    await page.close();
  });
}

/// Presses the three buttons of the data, one after the other, for what the form says of kv; each does what it is for.
export async function makeCheckAndRemove(page) {
  for (const [button, verb] of [["Prepare", "prepare"], ["Check", "check"], ["Clean up", "cleanup"]]) {
    await page.evaluate(() => (document.querySelector("#start").open = true));
    await press(page, button);
    await page.waitForFunction((name) => document.querySelector("#run-title")?.textContent.startsWith(`${name}: kv`), verb);
    await over(page);
    assert.equal(await state(page), "done", await page.textContent("#run .outcome"));
  }
}
