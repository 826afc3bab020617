import { readFile } from "node:fs/promises";

import { expect, test } from "vitest";

// @ts-expect-error a script, without types of its own
import { TYPES, typesOf } from "../scripts/types.mjs";
import { client, server } from "./server.js";

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  enum?: string[];
}

interface Operation {
  operationId: string;
  tags: [string];
  parameters: { name: string; in: string }[];
  requestBody?: { content: { "application/json": { schema: Schema } } };
  responses: Record<string, { content?: { "application/json": { schema: Schema } } }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

async function document(): Promise<Document> {
  return (await (await fetch(`${server.url}/openapi.json`)).json()) as Document;
}

const WORDS: Record<string, string> = {
  list_all: "list",
  list_deliveries: "deliveries",
  replay_event: "replay",
  replay_range: "replay",
  retrieve_delivery: "retrieve",
  list_transactions: "list",
  retrieve_transaction: "retrieve",
  delete: "del",
  archive: "del",
};
const camel = (name: string): string => name.replace(/_[a-z]/g, (found) => (found[1] ?? "").toUpperCase());

/** `orders.retrieve`: where an operation is found in the client. */
function methodOf({ operationId, tags: [noun] }: Operation): [noun: string, verb: string] {
  const verb = operationId.slice(noun.length + 1);
  return [camel(noun), camel(WORDS[verb] ?? verb)];
}

test("the types are those of the running server; `scripts/typescript.sh types` makes them again", async () => {
  expect(await readFile(TYPES as string, "utf8")).toBe(await (typesOf as (d: object) => Promise<string>)(await document()));
});

test("every operation of the server has its method, and there is no other", async () => {
  const declared = Object.values((await document()).paths).flatMap((operations) =>
    Object.values(operations).map((operation) => methodOf(operation).join(".")),
  );
  const offered = Object.entries(client())
    .filter(([, resource]) => typeof resource === "object")
    .flatMap(([noun, resource]) =>
      Object.getOwnPropertyNames(Object.getPrototypeOf(resource))
        .filter((name) => name !== "constructor")
        .map((name) => `${noun}.${name}`),
    );
  expect(offered.sort()).toEqual(declared.sort());
});

test("each method asks what its operation declares: method, path, query and body", async () => {
  const { paths, components } = await document();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const [noun, verb] = methodOf(operation);
      const fields = operation.requestBody?.content["application/json"].schema.$ref?.split("/").pop() ?? "";
      const body = Object.keys(components.schemas[fields]?.properties ?? {});
      const query = operation.parameters.filter((one) => one.in === "query").map((one) => one.name);
      const listing = query.some((name) => name !== "expand");
      const params = Object.fromEntries((listing ? query : body).map((name) => [name, name]));
      const options = query.includes("expand") && !listing ? { expand: ["expand"] } : {};

      let asked: { url: URL; init: RequestInit } | undefined;
      const stub: typeof fetch = (url, init) => {
        asked = { url: new URL(url as string), init: init ?? {} };
        return Promise.resolve(Response.json({ data: [] }));
      };
      const resource = (client({ fetch: stub }) as unknown as Record<string, Record<string, Function>>)[noun];
      const names = [...path.matchAll(/{(\w+)}/g)].map(([, name]) => (name === "n" ? "1" : "the_id"));
      await resource?.[verb]?.(...names, ...(listing || operation.requestBody ? [params] : []), options);

      const what = `${noun}.${verb}`;
      expect(asked?.init.method, what).toBe(method.toUpperCase());
      expect(asked?.url.pathname, what).toBe(path.replace(/{(id|hash)}/, "the_id").replace("{n}", "1"));
      expect([...(asked?.url.searchParams.keys() ?? [])].sort(), what).toEqual([...query].sort());
      const sent = asked?.init.body as string | undefined;
      expect(sent === undefined ? undefined : JSON.parse(sent), what).toEqual(operation.requestBody && params);
      expect("Idempotency-Key" in (asked?.init.headers as object), what).toBe(method !== "get");
    }
  }
});

test("every object that the server answers with has its type here", async () => {
  const { paths, components } = await document();
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const name = "$ref" in value ? String(value.$ref).split("/schemas/")[1] : undefined;
    if (name !== undefined && !found.has(name)) {
      found.add(name);
      look(components.schemas[name]);
    }
    Object.values(value).forEach(look);
  };
  for (const operation of Object.values(paths).flatMap((operations) => Object.values(operations))) {
    for (const [status, { content }] of Object.entries(operation.responses)) if (status < "300") look(content);
  }
  const named = (await readFile(new URL("../src/objects.ts", import.meta.url), "utf8")).matchAll(/Schemas\["(\w+)"\]/g);
  const types = new Set([...named].map(([, name]) => name));
  // Lists have types of their own; states within an answer are words.
  const wanted = [...found].filter((name) => !/^ListObject_|^(Customer|Event)ListObject$/.test(name));
  expect(wanted.filter((name) => components.schemas[name]?.properties && !types.has(name))).toEqual([]);
  expect(wanted.length).toBeGreaterThan(20);
});
