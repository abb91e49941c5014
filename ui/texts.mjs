// What the builds of the pages share: texts as C++, their hashes for a Content-Security-Policy, the colours of the style sheet.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The browsers that the pages are made for. */
export const target = ["chrome100", "firefox100", "safari15"];

export const hash = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;

/** The text as the C++ array NAMEBytes. As numbers, for a literal would be longer than compilers take. */
export function cppBytes(name, text) {
  // Signed, as char is: a value above 127 would be a narrowing.
  const bytes = [...Buffer.from(text, "utf8")].map((b) => (b > 127 ? b - 256 : b));
  const lines = [];
  for (let i = 0; i < bytes.length; i += 40) lines.push(bytes.slice(i, i + 40).join(","));
  return `constexpr char ${name}Bytes[] = {\n${lines.join(",\n")}};\n`;
}

/** The colours of parts/style.css: name, light, dark. Throws unless every colour is there for both, and the two dark lists agree. */
export function styleColors() {
  const css = readFileSync(fileURLToPath(new URL("parts/style.css", import.meta.url)), "utf8");
  const dark = [...css.matchAll(/color-scheme: dark;([^}]*)}/g)].map((m) => m[1].replace(/\s+/g, " ").trim());
  if (dark.length !== 2 || dark[0] !== dark[1]) throw new Error("style.css: the two lists of dark colours differ");
  const light = css.match(/color-scheme: light;([^}]*)}/)[1];
  const colors = (list) => new Map([...list.matchAll(/--([\w-]+): (#[0-9a-f]{6}(?:[0-9a-f]{2})?);/g)].map((m) => [m[1], m[2]]));
  const [lightColors, darkColors] = [colors(light), colors(dark[0])];
  for (const name of lightColors.keys()) if (!darkColors.has(name)) throw new Error(`style.css: --${name} has no dark colour`);
  return [...lightColors].map(([name, color]) => [name, color, darkColors.get(name)]);
}

/** Throws where a script would end the element that it stands in. */
export function mayStandInAPage(script) {
  if (/<\/script|<!--/i.test(script)) throw new Error("the script would end its own element");
  return script;
}
