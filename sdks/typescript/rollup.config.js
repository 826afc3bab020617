// Out of what the compiler made in build/, the package: ES modules and CommonJS, with types beside each.

import { readFileSync, readdirSync } from "node:fs";

const ENTRIES = { index: "build/index.js", webhooks: "build/webhooks.js" };

/** A folder of the package. What both entries need is one file, so that an error is `instanceof` the same class in each. */
function folder(format, type) {
  return {
    input: ENTRIES,
    output: {
      dir: `dist/${format}`,
      format,
      chunkFileNames: "shared.js",
      manualChunks: (id) => (id.endsWith("/errors.js") ? "shared" : undefined),
      exports: "named",
    },
    plugins: [{ name: "types", generateBundle: emitTypes(type) }],
    onwarn(warning) {
      throw new Error(warning.message);
    },
  };
}

/** The declarations as the compiler wrote them, and of which kind the folder's files are. */
function emitTypes(type) {
  return function () {
    for (const fileName of readdirSync("build", { recursive: true })) {
      if (!fileName.endsWith(".d.ts")) continue;
      this.emitFile({ type: "asset", fileName, source: readFileSync(`build/${fileName}`) });
    }
    this.emitFile({ type: "asset", fileName: "package.json", source: `${JSON.stringify({ type, sideEffects: false })}\n` });
  };
}

export default [folder("esm", "module"), folder("cjs", "commonjs")];
