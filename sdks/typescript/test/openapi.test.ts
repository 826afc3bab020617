import { readFile } from "node:fs/promises";

import { expect, test } from "vitest";

// @ts-expect-error a script, without types of its own
import { TYPES, typesOf } from "../scripts/types.mjs";
import { client, server } from "./server.js";

interface Operation {
  operationId: string;
  tags: [string];
}

async function document(): Promise<{ paths: Record<string, Record<string, Operation>> }> {
  return (await (await fetch(`${server.url}/api/v1/openapi.json`)).json()) as Awaited<ReturnType<typeof document>>;
}

test("the types are those of the running server; `scripts/typescript.sh types` makes them anew", async () => {
  expect(await readFile(TYPES as string, "utf8")).toBe(await (typesOf as (d: object) => Promise<string>)(await document()));
});

test("every operation of the server has its method, and there is no other", async () => {
  const words: Record<string, string> = {
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
  const declared = Object.values((await document()).paths).flatMap((operations) =>
    Object.values(operations).map(({ operationId, tags: [noun] }) => {
      const verb = operationId.slice(noun.length + 1);
      return `${camel(noun)}.${camel(words[verb] ?? verb)}`;
    }),
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
