import type { WebhookDelivery } from "../objects.js";
import type { CallOptions, ReadOptions, Transport } from "../transport.js";

/** Deliveries of webhooks. Needs the scopes `webhooks:read` and `webhooks:write`. */
export class WebhookDeliveries {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Retrieve a delivery with its attempts. */
  retrieve(id: string, options?: ReadOptions): Promise<WebhookDelivery> {
    return this.#transport.send({ method: "GET", path: ["webhook_deliveries", id], options });
  }

  /** Replay a delivery, under the same event id. */
  replay(id: string, options?: CallOptions): Promise<WebhookDelivery> {
    return this.#transport.send({ method: "POST", path: ["webhook_deliveries", id, "replay"], options });
  }
}
