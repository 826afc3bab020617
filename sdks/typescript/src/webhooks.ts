/**
 * Whether a webhook is genuine: `X-Webhook-Signature: t=<unix seconds>,v1=<hex>`, HMAC-SHA256 over
 * `<t>.<raw body>` with the endpoint's whole secret as key.
 *
 * By Web Crypto, which Node, Workers and browsers have in common; it answers later, so this does too.
 */

import { ConfigurationError, WebhookVerificationError } from "./errors.js";
import type { CheckoutEvent } from "./objects.js";

export { CheckoutError, ConfigurationError, WebhookVerificationError, type WebhookProblem } from "./errors.js";
export type { CheckoutEvent, EventData, EventType } from "./objects.js";

const TOLERANCE_SECONDS = 300;

export interface Webhook {
  /** The body exactly as it came: text or bytes. Parsed and serialised again, it would not match its signature. */
  readonly payload: string | ArrayBuffer | ArrayBufferView;
  /** The value of the header `X-Webhook-Signature`. */
  readonly signature: string | null | undefined;
  /** The endpoint's secret, `whsec_` included. */
  readonly secret: string;
  /** The value of `X-Webhook-Timestamp`, for when the signature carries no `t=`. */
  readonly timestamp?: string | number | null | undefined;
  /** How far its time may be from this machine's, in both directions; 300 by default. */
  readonly toleranceSeconds?: number;
}

/**
 * The event that a webhook carries, once it is proved to come from your server and to be fresh.
 *
 * Events may arrive more than once: keep the `id` of those you have handled. Rejects with `WebhookVerificationError`
 * what is not to be trusted, and with `ConfigurationError` a call that cannot be made like this.
 */
export async function verifyWebhook(webhook: Webhook): Promise<CheckoutEvent> {
  const { payload, signature, secret, timestamp, toleranceSeconds = TOLERANCE_SECONDS } = webhook;
  // With an empty secret anybody could sign.
  if (typeof secret !== "string" || secret.trim() === "") {
    throw new ConfigurationError("secret: expected the webhook endpoint's secret (whsec_…), got none.");
  }
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    throw new ConfigurationError(
      "secret: it has a space, a line break or a character that no secret has; a line break at its end comes from a " +
        "file, as a rule: use secret.trim().",
    );
  }
  if (!(toleranceSeconds > 0)) {
    throw new ConfigurationError("toleranceSeconds: expected a positive number of seconds.");
  }
  const body = bytesOf(payload);
  if (typeof signature !== "string" || signature === "") {
    throw new WebhookVerificationError("signature_missing", "The header X-Webhook-Signature is missing.");
  }

  const parts = signature.split(",").map((part) => part.trim().split(/=(.*)/s) as [string, string?]);
  const valuesOf = (name: string): string[] => parts.filter(([n]) => n === name).map(([, value]) => value ?? "");
  const stamps = valuesOf("t");
  if (stamps.length === 0 && timestamp !== undefined && timestamp !== null) stamps.push(String(timestamp));
  const digests = valuesOf("v1").filter((digest) => /^[0-9a-f]{64}$/.test(digest));
  const [stamp] = stamps;
  if (stamp === undefined) {
    throw new WebhookVerificationError(
      "timestamp_missing",
      "The signature has no t=, and no X-Webhook-Timestamp was given instead.",
    );
  }
  if (stamps.length !== 1 || !/^\d{1,12}$/.test(stamp) || digests.length === 0) {
    throw new WebhookVerificationError(
      "signature_malformed",
      "X-Webhook-Signature: expected t=<unix seconds>,v1=<64 hex digits>.",
    );
  }

  if (!(await signedBy(secret, stamp, body, digests))) {
    throw new WebhookVerificationError(
      "signature_mismatch",
      "The signature does not fit: another endpoint's secret, or the body is not the raw one.",
    );
  }
  if (!(Math.abs(Date.now() / 1000 - Number(stamp)) <= toleranceSeconds)) {
    throw new WebhookVerificationError(
      "timestamp_out_of_tolerance",
      `The webhook was signed more than ${toleranceSeconds} seconds from now: an old one sent again, or a clock ` +
        "that is wrong.",
    );
  }
  try {
    const event = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as Partial<CheckoutEvent> | null;
    if (typeof event?.id === "string" && typeof event.type === "string" && typeof event.data === "object") {
      return event as CheckoutEvent;
    }
  } catch {
    // Told below, the same as JSON that is no event.
  }
  throw new WebhookVerificationError("payload_malformed", "The body is genuine, but it is no event.");
}

/** A copy of the bytes, so that nobody changes them while they are looked at. */
function bytesOf(payload: unknown): Uint8Array<ArrayBuffer> {
  if (typeof payload === "string") return new TextEncoder().encode(payload);
  if (ArrayBuffer.isView(payload)) {
    return new Uint8Array(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength));
  }
  // By its name: an `ArrayBuffer` of another realm, such as a frame's or a test runner's, is no `instanceof` ours.
  if (Object.prototype.toString.call(payload) === "[object ArrayBuffer]") {
    return new Uint8Array((payload as ArrayBuffer).slice(0));
  }
  throw new ConfigurationError("payload: expected the raw body as text or bytes, not parsed JSON.");
}

/** Whether one of the digests is the secret's; compared by Web Crypto, in a time that tells nothing. */
async function signedBy(
  secret: string,
  stamp: string,
  body: Uint8Array<ArrayBuffer>,
  digests: readonly string[],
): Promise<boolean> {
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) {
    throw new ConfigurationError("Web Crypto is missing here: it needs Node 20 or newer, and in a browser https.");
  }
  const encoder = new TextEncoder();
  const head = encoder.encode(`${stamp}.`);
  const signed = new Uint8Array(head.length + body.length);
  signed.set(head);
  signed.set(body, head.length);
  const key = await subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  for (const digest of digests) {
    const bytes = Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(digest.slice(2 * at, 2 * at + 2), 16));
    if (await subtle.verify("HMAC", key, bytes, signed)) return true;
  }
  return false;
}
