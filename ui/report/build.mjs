// Bundles the pages into one C++ file of texts: the style sheet, the script of each page, and the licence that goes with them;
// the hashes by which a page's Content-Security-Policy admits just these; and the colours of the style sheet by name.
//
// Usage: node build.mjs OUTPUT.cc

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2];
if (!output) throw new Error("usage: node build.mjs OUTPUT.cc");

const css = readFileSync(join(here, "src/style.css"), "utf8");
const dark = [...css.matchAll(/color-scheme: dark;([^}]*)}/g)].map((m) => m[1].replace(/\s+/g, " ").trim());
if (dark.length !== 2 || dark[0] !== dark[1]) throw new Error("style.css: the two lists of dark colours differ");
const light = css.match(/color-scheme: light;([^}]*)}/)[1];
const colors = (list) => new Map([...list.matchAll(/--([\w-]+): (#[0-9a-f]{6}(?:[0-9a-f]{2})?);/g)].map((m) => [m[1], m[2]]));
const [lightColors, darkColors] = [colors(light), colors(dark[0])];
for (const name of lightColors.keys()) if (!darkColors.has(name)) throw new Error(`style.css: --${name} has no dark colour`);

const common = { bundle: true, minify: true, write: false, legalComments: "none", absWorkingDir: here, logLevel: "warning" };
const target = ["chrome100", "firefox100", "safari15"];
/** The pages, by the name of what they show. */
const pages = { Report: "src/main.ts", History: "src/history.ts", Comparison: "src/comparison.ts" };
const scripts = {};
for (const [name, entry] of Object.entries(pages)) {
  const script = await build({ ...common, entryPoints: [entry], format: "iife", target, charset: "ascii" });
  scripts[`k${name}Script`] = script.outputFiles[0].text.trim();
}
const style = await build({
  ...common,
  stdin: { contents: '@import "uplot/dist/uPlot.min.css"; @import "./src/style.css";', resolveDir: here, loader: "css" },
});

const texts = {
  ...scripts,
  kReportStyle: style.outputFiles[0].text.trim(),
  kReportLicence: readFileSync(join(here, "node_modules/uplot/LICENSE"), "utf8").trim(),
};
if (Object.values(scripts).some((text) => /<\/script|<!--/i.test(text))) throw new Error("the script would end its own element");

const hash = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;
let code = '// Made by ui/report/build.mjs.\n#include "results/report_page.h"\n\nnamespace assay {\nnamespace {\n';
for (const [name, text] of Object.entries(texts)) {
  const bytes = Buffer.from(text, "utf8");
  // Signed, as char is: a value above 127 would be a narrowing.
  const lines = [];
  for (let i = 0; i < bytes.length; i += 40) lines.push([...bytes.subarray(i, i + 40)].map((b) => (b > 127 ? b - 256 : b)).join(","));
  code += `constexpr char ${name}Bytes[] = {\n${lines.join(",\n")}};\n`;
}
code += "}  // namespace\n\n";
for (const name of Object.keys(texts)) code += `const std::string_view ${name}(${name}Bytes, sizeof(${name}Bytes));\n`;
for (const name of [...Object.keys(scripts), "kReportStyle"]) code += `const std::string_view ${name}Hash = "${hash(texts[name])}";\n`;
code += "\nnamespace {\nconstexpr ReportColor kColors[] = {\n";
for (const [name, color] of lightColors) code += `    {"${name}", "${color}", "${darkColors.get(name)}"},\n`;
code += "};\n}  // namespace\nconst std::span<const ReportColor> kReportColors(kColors);\n";
writeFileSync(output, code + "\n}  // namespace assay\n");
