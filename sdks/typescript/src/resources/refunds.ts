import type {
  CreateRefund,
  CreateRefundLink,
  ListRefunds,
  Refund,
  RefundLink,
  SettleRefund,
  UpdateRefund,
} from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import type { CallOptions, Expanding, ReadOptions, Transport } from "../transport.js";

/** Refunds. Needs the scopes `refunds:read` and `refunds:write`. */
export class Refunds {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Give money of a payment back: an `amount`, or all that is left. */
  create(params: CreateRefund, options?: CallOptions & Expanding): Promise<Refund> {
    return this.#transport.send({ method: "POST", path: ["refunds"], body: params, options });
  }

  /** List refunds, newest first. Filters combine; `createdAfter` is inclusive, `createdBefore` is not; `amount` is exact, with its `currency`. `customerId` and `q` need `orders:read` as well. `q` finds by e-mail address where the key may read customers. */
  list(params: ListRefunds & Walk, options?: ReadOptions): AsyncIterable<Refund>;
  list(params?: ListRefunds & OnePage, options?: ReadOptions): Listing<Page<Refund>>;
  list(params: ListRefunds & (Walk | OnePage) = {}, options?: ReadOptions): Listing<Page<Refund>> {
    return list(this.#transport, ["refunds"], params, options);
  }

  /** Retrieve a refund. */
  retrieve(id: string, options?: ReadOptions & Expanding): Promise<Refund> {
    return this.#transport.send({ method: "GET", path: ["refunds", id], options });
  }

  /** Change a refund's metadata. */
  update(id: string, params: UpdateRefund, options?: CallOptions & Expanding): Promise<Refund> {
    return this.#transport.send({ method: "PATCH", path: ["refunds", id], body: params, options });
  }

  /** Mark a pending refund as sent. */
  settle(id: string, params: SettleRefund, options?: CallOptions & Expanding): Promise<Refund> {
    return this.#transport.send({ method: "POST", path: ["refunds", id, "settle"], body: params, options });
  }

  /** Cancel a pending refund. */
  cancel(id: string, options?: CallOptions & Expanding): Promise<Refund> {
    return this.#transport.send({ method: "POST", path: ["refunds", id, "cancel"], options });
  }

  /** Make a link with which the buyer enters where a refund on a network goes; with `mail` it is mailed to the order's customer. */
  createDestinationLink(id: string, params: CreateRefundLink = {}, options?: CallOptions): Promise<RefundLink> {
    return this.#transport.send({ method: "POST", path: ["refunds", id, "destination_link"], body: params, options });
  }
}
