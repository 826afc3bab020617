// Makes src/openapi.ts out of the server's OpenAPI document.
//
//   node scripts/types.mjs http://127.0.0.1:8080/openapi.json
//   node scripts/types.mjs openapi.json

import { readFile, writeFile } from "node:fs/promises";
import { argv, exit, stderr } from "node:process";
import { fileURLToPath } from "node:url";

import openapiTS, { astToString } from "openapi-typescript";

export const TYPES = fileURLToPath(new URL("../src/openapi.ts", import.meta.url));
const MADE = "// Made from the server's OpenAPI document by scripts/types.mjs; change the server, not this file.\n\n";

/** The text of src/openapi.ts for a document. */
export async function typesOf(document) {
  // A field with a default may be left out of a request; what an answer always has is said in objects.ts.
  const options = { defaultNonNullable: false, emptyObjectsUnknown: true, alphabetize: true };
  const nodes = await openapiTS(withoutWords(document), options);
  return MADE + astToString(nodes);
}

/** Shapes, and what each field means; titles and examples are left to the reference. */
function withoutWords(value) {
  if (Array.isArray(value)) return value.map(withoutWords);
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(
    // A field may be called `title`; then its value is a schema, not text.
    ([name, inner]) =>
      !(["title", "summary"].includes(name) && typeof inner === "string") &&
      !(name === "examples" && Array.isArray(inner)) &&
      !(name === "example" && typeof inner !== "object"),
  );
  return {
    ...Object.fromEntries(kept.map(([name, inner]) => [name, withoutWords(inner)])),
    ...("openapi" in value ? { info: { title: "Tillgate", version: "1" } } : {}),
  };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const source = argv[2];
  if (source === undefined) {
    stderr.write("usage: node scripts/types.mjs URL-OR-FILE\n");
    exit(2);
  }
  const text = source.startsWith("http") ? await (await fetch(source)).text() : await readFile(source, "utf8");
  await writeFile(TYPES, await typesOf(JSON.parse(text)));
}
