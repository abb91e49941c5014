// Modules of the page for tests without a browser: bundled from their TypeScript.

import { createRequire } from "node:module";
import { join } from "node:path";

export async function load(modules, file) {
  const { build } = createRequire(join(modules, "x.js"))("esbuild");
  const { outputFiles } = await build({ entryPoints: [file], bundle: true, write: false, format: "esm", target: "es2020" });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`);
}
