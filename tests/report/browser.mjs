// A real headless browser for the tests of the pages: opens a page, notes whatever goes wrong with it, looks at its canvases.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** `modules` is the node_modules with playwright-core. CHROMIUM names the browser; default: Debian's. Ends with 77 without one. */
export async function launch(modules) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) {
    console.log(`skipped: there is no ${executablePath}: apt install chromium`);
    process.exit(process.env.CI === "true" ? 1 : 77);
  }
  const { chromium } = createRequire(join(modules, "x.js"))("playwright-core");
  return chromium.launch({
    executablePath,
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--disable-quic",
    ],
  });
}

/** Opens the address and gives what went wrong while it was open. `may` says which requests are right. */
export async function visit(browser, address, { width = 1200, height = 900, scheme = "light", may = (url) => url === address } = {}) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
  const wrong = [];
  page.on("console", (message) => wrong.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!may(request.url())) wrong.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  await page.waitForSelector("footer");
  return { page, wrong };
}

/** Opens the file and gives what went wrong while it was open; that it loads anything is wrong. */
export const open = (browser, file, options = {}) => visit(browser, pathToFileURL(file).href, options);

/** Of each canvas: its size, and the colours of which more than `least` pixels were drawn. */
export const canvases = (page, least = 40) =>
  page.$$eval("canvas", (list, few) =>
    list.map((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const colors = new Map();
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] < 200) continue;
        const key = `${data[i]},${data[i + 1]},${data[i + 2]}`;
        colors.set(key, (colors.get(key) ?? 0) + 1);
      }
      return {
        chart: canvas.closest("figure").id,
        width: canvas.width,
        // Those that are drawn on purpose, not the in-between tones of their edges.
        colors: [...colors].filter(([, count]) => count > few).map(([color]) => color),
      };
    }),
    least,
  );

/** The value of a custom property of the style sheet as the canvas stores it. */
export const paint = (page, name) =>
  page.evaluate((property) => {
    const probe = document.createElement("span");
    probe.style.color = getComputedStyle(document.documentElement).getPropertyValue(property);
    document.body.append(probe);
    const color = getComputedStyle(probe).color.match(/\d+/g).slice(0, 3).join(",");
    probe.remove();
    return color;
  }, name);

/** Of a picture: its size, its ground, and the colours of more than a few pixels. */
export const picture = (page, file) =>
  page.evaluate(async (base64) => {
    const blob = new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: "image/png" });
    const image = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(image.width, image.height);
    const ctx = canvas.getContext("2d");
    ctx.drawImage(image, 0, 0);
    const { data } = ctx.getImageData(0, 0, image.width, image.height);
    const counts = new Map();
    for (let i = 0; i < data.length; i += 4) {
      const key = `${data[i]},${data[i + 1]},${data[i + 2]}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return {
      width: image.width,
      ground: `${data[0]},${data[1]},${data[2]}`,
      colors: [...counts].filter(([, n]) => n > 40).map(([c]) => c),
      counts: Object.fromEntries([...counts].filter(([, n]) => n > 40)),
    };
  }, readFileSync(file).toString("base64"));
