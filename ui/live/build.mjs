// Builds the live page into one self-contained HTML file, and that into a C++ file.
//
// Usage: node build.mjs OUTPUT.cc OUTPUT.html

import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { cppBytes, styleColors } from "../texts.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const [source, html] = process.argv.slice(2);
if (!html) throw new Error("usage: node build.mjs OUTPUT.cc OUTPUT.html");

styleColors();
const { output } = await build({ root: here, configFile: `${here}/vite.config.mjs`, logLevel: "warn" });
if (output.length !== 1) throw new Error(`more than the page was built: ${output.map((file) => file.fileName).join(" ")}`);
const page = output[0].source;
writeFileSync(html, page);
writeFileSync(
  source,
  `// Made by ui/live/build.mjs.\n#include "page/live_page.h"\n\nnamespace assay {\nnamespace {\n${cppBytes("kLivePage", page)}` +
    "}  // namespace\n\nstd::string_view live_page() noexcept { return {kLivePageBytes, sizeof(kLivePageBytes)}; }\n\n}  // namespace assay\n",
);
