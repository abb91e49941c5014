// The live page on a real agent: key-value operations on SQLite, in a real browser.
//
// Usage: node agent_test.mjs ASSAY PAGE MODULES SCREENSHOTS
//   ASSAY is the program, PAGE the page as it is built, MODULES the node_modules with playwright-core. Ends with 77 without a browser.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import * as pages from "../report/browser.mjs";
import { Front } from "./front.mjs";
import { fill, journeys, open, over, press, state } from "./journey.mjs";

const [assay, file, modules, screenshots] = process.argv.slice(2).map((p) => resolve(p));
const folder = mkdtempSync(join(tmpdir(), "assay-page-"));
mkdirSync(screenshots, { recursive: true });

let agent, front, browser;
before(async () => {
  browser = await pages.launch(modules);
  agent = spawn(assay, ["agent", "--listen", "127.0.0.1:0", "--data", join(folder, "data")], { stdio: ["ignore", "ignore", "pipe"], cwd: folder });
  const url = await new Promise((found, failed) => {
    agent.on("exit", (code) => failed(new Error(`the agent ended with ${code}`)));
    createInterface({ input: agent.stderr }).on("line", (line) => {
      const said = /listening on (\S+)/.exec(line);
      if (said) found(said[1]);
    });
  });
  front = await new Front(readFileSync(file, "utf8"), url).listen();
});
after(async () => {
  await browser?.close();
  await front?.close();
  if (agent && agent.exitCode === null) {
    const ended = new Promise((done) => agent.once("exit", done));
    agent.kill("SIGTERM");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

const kTarget = { "#workload": "kv", "#target": `sqlite:${join(folder, "kv.db")}`, "#option-rows": "2000", "#load-prepare": "true", "#load-clients": "4" };
journeys(() => ({ browser, address: front.url, screenshots }), {
  long: { ...kTarget, "#load-duration": "1h", "#load-warmup": "1s" },
  short: { ...kTarget, "#load-duration": "2s" },
  past: false, // an agent lists none
});

test("data is prepared, checked and removed with a button each, and what cannot be done says why", async () => {
  const { page, wrong } = await open(browser, front.url);
  await fill(page, kTarget);
  for (const [button, verb] of [["Prepare", "prepare"], ["Check", "check"], ["Clean up", "cleanup"]]) {
    await page.evaluate(() => (document.querySelector("#start").open = true));
    await press(page, button);
    await page.waitForFunction((name) => document.querySelector("#run-title")?.textContent.startsWith(`${name}: kv`), verb);
    await over(page);
    assert.equal(await state(page), "done", await page.textContent("#run .outcome"));
  }
  await fill(page, { "#load-prepare": "false" });
  await press(page, "Start the run");
  await page.waitForFunction(() => document.querySelector("#run-title").textContent.startsWith("kv on"));
  await over(page);
  assert.equal(await state(page), "failed");
  assert.match(await page.textContent("#run .outcome"), /not prepared/);
  assert.deepEqual(wrong(), []);
  await page.close();
});
