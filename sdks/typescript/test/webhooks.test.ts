import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { ConfigurationError, verifyWebhook, type Webhook, WebhookVerificationError } from "../src/index.js";

interface Vector extends Webhook {
  readonly name: string;
  readonly payload: string;
  readonly reason: string | null;
}

// One table for both clients.
const table = JSON.parse(
  readFileSync(new URL("../../../tests/client/webhook_vectors.json", import.meta.url), "utf8"),
) as { now: number; vectors: [Vector, ...Vector[]] };
const [genuine] = table.vectors;

beforeEach(() => {
  vi.useFakeTimers({ now: table.now * 1000, toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function reasonOf(webhook: Webhook): Promise<string | null> {
  try {
    const event = await verifyWebhook(webhook);
    expect(event).toMatchObject({ id: "evt_01hxyz", type: "session.paid", livemode: false, sequence: 7 });
    expect(event.type === "session.paid" && event.data.metadata).toEqual({ order: "Größe 1001 €" });
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(WebhookVerificationError);
    expect(String(error)).not.toContain(webhook.secret);
    return (error as WebhookVerificationError).reason;
  }
}

test.each(table.vectors)("$name", async ({ name: _, reason, ...webhook }) => {
  const bytes = new TextEncoder().encode(webhook.payload);
  // Bytes in the middle of others, as a pooled Buffer has them.
  const amid = new Uint8Array(bytes.length + 5);
  amid.set(bytes, 3);
  const ofAnotherRealm = runInNewContext("new Uint8Array(given).buffer", { given: [...bytes] }) as ArrayBuffer;
  const forms: Webhook["payload"][] = [webhook.payload, bytes, bytes.buffer, new DataView(bytes.buffer), ofAnotherRealm];
  forms.push(Buffer.from(webhook.payload), amid.subarray(3, bytes.length + 3));
  for (const payload of forms) expect(await reasonOf({ ...webhook, payload })).toBe(reason);
});

test.each(["", " ", undefined])("the secret %j is refused: with an empty one anybody could sign", async (secret) => {
  await expect(verifyWebhook({ ...genuine, secret: secret as string })).rejects.toThrow(ConfigurationError);
});

test.each(["\n", "\r\n", " ", "\u200b"])("a secret with a stray %j is named, and not repeated", async (stray) => {
  const error = await verifyWebhook({ ...genuine, secret: genuine.secret + stray }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(String(error)).toContain("use secret.trim()");
  expect(String(error)).not.toContain(genuine.secret);
});

test.each([0, -1, Number.NaN])("the tolerance %d is refused", async (toleranceSeconds) => {
  await expect(verifyWebhook({ ...genuine, toleranceSeconds })).rejects.toThrow(ConfigurationError);
});

test("the tolerance can be wider", async () => {
  vi.setSystemTime((table.now + 3000) * 1000);
  await expect(verifyWebhook(genuine)).rejects.toThrow(WebhookVerificationError);
  expect((await verifyWebhook({ ...genuine, toleranceSeconds: 3000 })).id).toBe("evt_01hxyz");
});

test("parsed JSON is refused with a word about the raw body", async () => {
  const payload = JSON.parse(genuine.payload) as string;
  await expect(verifyWebhook({ ...genuine, payload })).rejects.toThrow("raw body");
});

test("an event type that this client does not know is an event all the same", async () => {
  const payload = JSON.stringify({ id: "evt_1", type: "session.teleported", data: { status: "elsewhere" } });
  const stamp = String(table.now);
  const signature = `t=${stamp},v1=${createHmac("sha256", genuine.secret).update(`${stamp}.${payload}`).digest("hex")}`;
  const event = await verifyWebhook({ payload, signature, secret: genuine.secret });
  expect(event).toMatchObject({ type: "session.teleported", data: { status: "elsewhere" } });
});

test("where Web Crypto is missing, that is what is said", async () => {
  vi.stubGlobal("crypto", undefined);
  try {
    await expect(verifyWebhook(genuine)).rejects.toThrow("Web Crypto is missing");
  } finally {
    vi.unstubAllGlobals();
  }
});
