// The live page as `assay ui` serves it: key-value operations on SQLite, in a real browser.
//
// Usage: node ui_test.mjs ASSAY MODULES SCREENSHOTS
//   ASSAY is the program, MODULES the node_modules with playwright-core. Ends with 77 without a browser.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import * as pages from "../report/browser.mjs";
import { fill, journeys, makeCheckAndRemove, open, over, press, state } from "./journey.mjs";

const [assay, modules, screenshots] = process.argv.slice(2).map((p) => resolve(p));
const folder = mkdtempSync(join(tmpdir(), "assay-page-"));
mkdirSync(screenshots, { recursive: true });

let agent, address, browser;
before(async () => {
  browser = await pages.launch(modules);
  agent = spawn(assay, ["ui", join(folder, "data")], { stdio: ["ignore", "ignore", "pipe"], cwd: folder });
  address = await new Promise((found, failed) => {
    agent.on("exit", (code) => failed(new Error(`assay ui ended with ${code}`)));
    createInterface({ input: agent.stderr }).on("line", (line) => {
      const said = /^ui: (\S+)/.exec(line);
      if (said) found(said[1]);
    });
  });
});
after(async () => {
  await browser?.close();
  if (agent && agent.exitCode === null) {
    const ended = new Promise((done) => agent.once("exit", done));
    agent.kill("SIGTERM");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

const kTarget = { "#workload": "kv", "#target": `sqlite:${join(folder, "kv.db")}`, "#option-rows": "2000", "#load-prepare": "true", "#load-clients": "4" };
journeys(() => ({ browser, address, screenshots }), {
  long: { ...kTarget, "#load-duration": "1h", "#load-warmup": "1s" },
  short: { ...kTarget, "#load-duration": "2s" },
  past: true,
});

test("data is prepared, checked and removed with a button each, and what cannot be done says why", async () => {
  const { page, wrong } = await open(browser, address);
  await fill(page, kTarget);
  await makeCheckAndRemove(page);
  await fill(page, { "#load-prepare": "false" });
  await press(page, "Start the run");
  await page.waitForFunction(() => document.querySelector("#run-title").textContent.startsWith("kv on"));
  await over(page);
  assert.equal(await state(page), "failed");
  assert.match(await page.textContent("#run .outcome"), /not prepared/);
  assert.deepEqual(wrong(), []);
  await page.close();
});
