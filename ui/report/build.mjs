// Bundles the pages into one C++ file of texts: the style sheet, the script of each page, and the licence that goes with them;
// the hashes by which a page's Content-Security-Policy admits just these; and the colours of the style sheet by name.
//
// Usage: node build.mjs OUTPUT.cc

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { cppBytes, hash, mayStandInAPage, styleColors, target } from "../texts.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2];
if (!output) throw new Error("usage: node build.mjs OUTPUT.cc");

const common = { bundle: true, minify: true, write: false, legalComments: "none", absWorkingDir: here, logLevel: "warning" };
/** The pages, by the name of what they show. */
const pages = { Report: "src/main.ts", History: "src/history.ts", Comparison: "src/comparison.ts" };
const scripts = {};
for (const [name, entry] of Object.entries(pages)) {
  const script = await build({ ...common, entryPoints: [entry], format: "iife", target, charset: "ascii" });
  scripts[`k${name}Script`] = mayStandInAPage(script.outputFiles[0].text.trim());
}
const sheets = ["uplot/dist/uPlot.min.css", "../parts/style.css", "./src/style.css"];
const style = await build({
  ...common,
  stdin: { contents: sheets.map((sheet) => `@import "${sheet}";`).join(" "), resolveDir: here, loader: "css" },
});

const texts = {
  ...scripts,
  kReportStyle: style.outputFiles[0].text.trim(),
  kReportLicence: readFileSync(join(here, "../node_modules/uplot/LICENSE"), "utf8").trim(),
};
let code = '// Made by ui/report/build.mjs.\n#include "results/report_page.h"\n\nnamespace assay {\nnamespace {\n';
for (const [name, text] of Object.entries(texts)) code += cppBytes(name, text);
code += "}  // namespace\n\n";
for (const name of Object.keys(texts)) code += `const std::string_view ${name}(${name}Bytes, sizeof(${name}Bytes));\n`;
for (const name of [...Object.keys(scripts), "kReportStyle"]) code += `const std::string_view ${name}Hash = "${hash(texts[name])}";\n`;
code += "\nnamespace {\nconstexpr ReportColor kColors[] = {\n";
for (const [name, light, dark] of styleColors()) code += `    {"${name}", "${light}", "${dark}"},\n`;
code += "};\n}  // namespace\nconst std::span<const ReportColor> kReportColors(kColors);\n";
writeFileSync(output, code + "\n}  // namespace assay\n");
