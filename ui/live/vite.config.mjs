// The live page. `npx vite live` in ui/ serves it from its sources, with the interface of an assay at ASSAY (http://127.0.0.1:8080).

import { hash, mayStandInAPage, target } from "../texts.mjs";

/** Puts the style sheet and the script into the page, and a policy that admits just these and requests to the page's own server. */
const oneFile = {
  name: "one-file",
  enforce: "post",
  apply: "build",
  generateBundle(_, bundle) {
    const take = (ends) => {
      const found = Object.keys(bundle).filter((name) => name.endsWith(ends));
      if (found.length !== 1) throw new Error(`one ${ends} is expected, found: ${found.join(" ")}`);
      const { code, source } = bundle[found[0]];
      delete bundle[found[0]];
      return String(code ?? source).trim();
    };
    const script = mayStandInAPage(take(".js"));
    const style = take(".css");
    const policy =
      `default-src 'none'; script-src '${hash(script)}'; style-src '${hash(style)}'; connect-src 'self'; ` +
      "base-uri 'none'; form-action 'none'";
    const page = bundle["index.html"];
    page.source = page.source
      .replace(/<script type="module"[^>]*><\/script>\s*/, "")
      .replace(/<link rel="stylesheet"[^>]*>\s*/, "")
      .replace("<title>", `<meta http-equiv="Content-Security-Policy" content="${policy}">\n<title>`)
      .replace("</head>", () => `<style>${style}</style>\n</head>`)
      .replace("</body>", () => `<script>${script}</script>\n</body>`);
    if (/<link|src=/.test(page.source.replace(script, ""))) throw new Error("the page would load something");
  },
};

export default {
  base: "./",
  plugins: [oneFile],
  build: {
    target,
    write: false,
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 1 << 20,
    rollupOptions: { output: { format: "iife" } },
  },
  esbuild: { charset: "ascii", legalComments: "none" },
  server: { host: "127.0.0.1", proxy: { "/api": process.env.ASSAY ?? "http://127.0.0.1:8080" } },
};
