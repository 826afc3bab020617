import { readFileSync } from "node:fs";

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

function reasonOf(webhook: Webhook): string | null {
  try {
    const event = verifyWebhook(webhook);
    expect(event).toMatchObject({ id: "evt_01hxyz", type: "session.paid", livemode: false, sequence: 7 });
    expect(event.type === "session.paid" && event.data.metadata).toEqual({ order: "Größe 1001 €" });
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(WebhookVerificationError);
    expect(String(error)).not.toContain(webhook.secret);
    return (error as WebhookVerificationError).reason;
  }
}

test.each(table.vectors)("$name", ({ name: _, reason, ...webhook }) => {
  expect(reasonOf(webhook)).toBe(reason);
  expect(reasonOf({ ...webhook, payload: new TextEncoder().encode(webhook.payload) })).toBe(reason);
  expect(reasonOf({ ...webhook, payload: Buffer.from(webhook.payload) })).toBe(reason);
});

test.each(["", " ", undefined])("the secret %j is refused: with an empty one anybody could sign", (secret) => {
  expect(() => verifyWebhook({ ...genuine, secret: secret as string })).toThrow(ConfigurationError);
});

test.each([0, -1, Number.NaN])("the tolerance %d is refused", (toleranceSeconds) => {
  expect(() => verifyWebhook({ ...genuine, toleranceSeconds })).toThrow(ConfigurationError);
});

test("the tolerance can be wider", () => {
  vi.setSystemTime((table.now + 3000) * 1000);
  expect(() => verifyWebhook(genuine)).toThrow(WebhookVerificationError);
  expect(verifyWebhook({ ...genuine, toleranceSeconds: 3000 }).id).toBe("evt_01hxyz");
});

test("parsed JSON is refused with a word about the raw body", () => {
  const payload = JSON.parse(genuine.payload) as string;
  expect(() => verifyWebhook({ ...genuine, payload })).toThrow("raw body");
});
