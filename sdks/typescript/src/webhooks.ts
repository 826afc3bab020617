/**
 * Whether a webhook is genuine: `X-Webhook-Signature: t=<unix seconds>,v1=<hex>`, HMAC-SHA256 over
 * `<t>.<raw body>` with the endpoint's whole secret as key.
 */

import { createHmac, timingSafeEqual } from "node:crypto";

import { ConfigurationError, WebhookVerificationError } from "./errors.js";
import type { CheckoutEvent } from "./objects.js";

const TOLERANCE_SECONDS = 300;

export interface Webhook {
  /** The body exactly as it came. Parsed and serialised again, it would not match its signature. */
  readonly payload: string | Uint8Array;
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
 * Events may arrive more than once: keep the `id` of those you have handled. Throws `WebhookVerificationError`.
 */
export function verifyWebhook(webhook: Webhook): CheckoutEvent {
  const { payload, signature, secret, timestamp, toleranceSeconds = TOLERANCE_SECONDS } = webhook;
  // With an empty secret anybody could sign.
  if (typeof secret !== "string" || secret.trim() === "") {
    throw new ConfigurationError("secret: expected the webhook endpoint's secret (whsec_…), got none.");
  }
  if (!(toleranceSeconds > 0)) {
    throw new ConfigurationError("toleranceSeconds: expected a positive number of seconds.");
  }
  if (typeof payload !== "string" && !(payload instanceof Uint8Array)) {
    throw new ConfigurationError("payload: expected the raw body as text or bytes, not parsed JSON.");
  }
  if (typeof signature !== "string" || signature === "") {
    throw new WebhookVerificationError("signature_missing", "The header X-Webhook-Signature is missing.");
  }
  const body = Buffer.from(payload as Uint8Array);

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

  const expected = createHmac("sha256", secret).update(`${stamp}.`).update(body).digest();
  if (!digests.some((digest) => timingSafeEqual(expected, Buffer.from(digest, "hex")))) {
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
