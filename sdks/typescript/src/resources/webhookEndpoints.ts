import type {
  CreatedWebhookEndpoint,
  CreateWebhookEndpoint,
  DeletedWebhookEndpoint,
  ListWebhookDeliveries,
  ListWebhookEndpoints,
  ReplayRange,
  RotateSecret,
  UpdateWebhookEndpoint,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookReplay,
  WebhookTest,
} from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import { guarded } from "../secrets.js";
import type { CallOptions, ReadOptions, Transport } from "../transport.js";

/** Webhook endpoints. Needs the scopes `webhooks:read` and `webhooks:write`. */
export class WebhookEndpoints {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Create a webhook endpoint for event types, patterns (`session.*`) or all: `["*"]`. Its `secret` is in this answer only. */
  async create(params: CreateWebhookEndpoint, options?: CallOptions): Promise<CreatedWebhookEndpoint> {
    const path = ["webhook_endpoints"];
    return guarded(
      await this.#transport.send<CreatedWebhookEndpoint>({ method: "POST", path, body: params, options }),
      "secret",
    );
  }

  /** List webhook endpoints, newest first. */
  list(params: ListWebhookEndpoints & Walk, options?: ReadOptions): AsyncIterable<WebhookEndpoint>;
  list(params?: ListWebhookEndpoints & OnePage, options?: ReadOptions): Listing<Page<WebhookEndpoint>>;
  list(
    params: ListWebhookEndpoints & (Walk | OnePage) = {},
    options?: ReadOptions,
  ): Listing<Page<WebhookEndpoint>> {
    return list(this.#transport, ["webhook_endpoints"], params, options);
  }

  /** Retrieve a webhook endpoint. */
  retrieve(id: string, options?: ReadOptions): Promise<WebhookEndpoint> {
    return this.#transport.send({ method: "GET", path: ["webhook_endpoints", id], options });
  }

  /** Change what is given; null clears the description, and all else stays. */
  update(id: string, params: UpdateWebhookEndpoint, options?: CallOptions): Promise<WebhookEndpoint> {
    return this.#transport.send({ method: "PATCH", path: ["webhook_endpoints", id], body: params, options });
  }

  /** Delete a webhook endpoint. */
  del(id: string, options?: CallOptions): Promise<DeletedWebhookEndpoint> {
    return this.#transport.send({ method: "DELETE", path: ["webhook_endpoints", id], options });
  }

  /** Give it a new `secret`, in this answer only; for `overlapSeconds` the one before signs as well. */
  async rotateSecret(
    id: string,
    params: RotateSecret = {},
    options?: CallOptions,
  ): Promise<CreatedWebhookEndpoint> {
    const path = ["webhook_endpoints", id, "rotate_secret"];
    return guarded(
      await this.#transport.send<CreatedWebhookEndpoint>({ method: "POST", path, body: params, options }),
      "secret",
    );
  }

  /** Send the events between two sequences again, both excluded, or those of them that never arrived. */
  replay(id: string, params: ReplayRange, options?: CallOptions): Promise<WebhookReplay> {
    return this.#transport.send({ method: "POST", path: ["webhook_endpoints", id, "replay"], body: params, options });
  }

  /** Send a synthetic `session.paid` there at once, and say what it answered. */
  test(id: string, options?: CallOptions): Promise<WebhookTest> {
    return this.#transport.send({ method: "POST", path: ["webhook_endpoints", id, "test"], options });
  }

  /** List what was sent there, newest first; with `status`, what was given up. */
  deliveries(id: string, params: ListWebhookDeliveries & Walk, options?: ReadOptions): AsyncIterable<WebhookDelivery>;
  deliveries(
    id: string,
    params?: ListWebhookDeliveries & OnePage,
    options?: ReadOptions,
  ): Listing<Page<WebhookDelivery>>;
  deliveries(
    id: string,
    params: ListWebhookDeliveries & (Walk | OnePage) = {},
    options?: ReadOptions,
  ): Listing<Page<WebhookDelivery>> {
    return list(this.#transport, ["webhook_endpoints", id, "deliveries"], params, options);
  }
}
