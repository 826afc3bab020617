import type { CheckoutEvent, ListEvents, ReplayEvent, WebhookDelivery } from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import type { CallOptions, ReadOptions, Transport } from "../transport.js";

/** The event log. Needs the scope `events:read`; `replay` needs `webhooks:write`. */
export class Events {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * List events, newest first. `type` matches exactly; `createdAfter` is inclusive, `createdBefore` is not. `after` catches up: the events
   * behind that `sequence`, oldest first; keep the last one you handled, and with it the page's `logId`, to be given as
   * `log`. A place that is not in this log is a `SequenceAheadError`.
   */
  list(params: ListEvents & Walk, options?: ReadOptions): AsyncIterable<CheckoutEvent>;
  list(params?: ListEvents & OnePage, options?: ReadOptions): Listing<Page<CheckoutEvent>>;
  list(
    params: ListEvents & (Walk | OnePage) = {},
    options?: ReadOptions,
  ): Listing<Page<CheckoutEvent>> {
    return list(this.#transport, ["events"], params, options);
  }

  /** Retrieve an event. */
  retrieve(id: string, options?: ReadOptions): Promise<CheckoutEvent> {
    return this.#transport.send({ method: "GET", path: ["events", id], options });
  }

  /** Replay an event to one webhook endpoint or to all subscribed ones; the deliveries that it makes. */
  async replay(id: string, params: ReplayEvent = {}, options?: CallOptions): Promise<WebhookDelivery[]> {
    const path = ["events", id, "replay"];
    return (await this.#transport.send<Page<WebhookDelivery>>({ method: "POST", path, body: params, options })).data;
  }
}
