import type { DeliverItems, FailDelivery, ListOrders, Order, RefundOrder, UpdateOrder } from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import type { CallOptions, Expanding, ReadOptions, Transport } from "../transport.js";

/** Orders: each is made with its session. Needs the scopes `orders:read` and `orders:write`. */
export class Orders {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** List orders, newest first. Filters combine; `createdAfter` is inclusive, `createdBefore` is not; `amount` is exact, with its `currency`. `q` finds by e-mail address where the key may read customers. */
  list(params: ListOrders & Walk, options?: ReadOptions): AsyncIterable<Order>;
  list(params?: ListOrders & OnePage, options?: ReadOptions): Listing<Page<Order>>;
  list(params: ListOrders & (Walk | OnePage) = {}, options?: ReadOptions): Listing<Page<Order>> {
    return list(this.#transport, ["orders"], params, options);
  }

  /** Retrieve an order. */
  retrieve(id: string, options?: ReadOptions & Expanding): Promise<Order> {
    return this.#transport.send({ method: "GET", path: ["orders", id], options });
  }

  /** The receipt of a paid order, as a PDF file. Whoever asks first waits until it is made. */
  receipt(id: string, options?: ReadOptions): Promise<Uint8Array> {
    return this.#transport.send({ method: "GET", path: ["orders", id, "receipt"], file: true, options });
  }

  /** The invoice of an order, as a PDF file; it is issued when it is first asked for. */
  invoice(id: string, options?: ReadOptions): Promise<Uint8Array> {
    return this.#transport.send({ method: "GET", path: ["orders", id, "invoice"], file: true, options });
  }

  /** The credit note of an order's first, second, … refund that succeeded, as a PDF file. */
  creditNote(id: string, n: number, options?: ReadOptions): Promise<Uint8Array> {
    return this.#transport.send({ method: "GET", path: ["orders", id, "credit_notes", String(n)], file: true, options });
  }

  /** Change what is given; `metadata` is merged by key, and all else stays. */
  update(id: string, params: UpdateOrder, options?: CallOptions & Expanding): Promise<Order> {
    return this.#transport.send({ method: "PATCH", path: ["orders", id], body: params, options });
  }

  /** Accept the amount received as payment, although it is too little, too much, late, or partly reversed. */
  accept(id: string, options?: CallOptions & Expanding): Promise<Order> {
    return this.#transport.send({ method: "POST", path: ["orders", id, "accept"], options });
  }

  /** Wait for the rest of an underpaid order: a further payment settles it automatically. */
  wait(id: string, options?: CallOptions & Expanding): Promise<Order> {
    return this.#transport.send({ method: "POST", path: ["orders", id, "wait"], options });
  }

  /** Mark items of a paid order as delivered: those that are named, or all that are still open. */
  deliver(id: string, params: DeliverItems = {}, options?: CallOptions & Expanding): Promise<Order> {
    return this.#transport.send({ method: "POST", path: ["orders", id, "deliver"], body: params, options });
  }

  /** Mark items of a paid order as not delivered, and refund their price. Needs `refunds:write` as well. */
  failDelivery(id: string, params: FailDelivery = {}, options?: CallOptions & Expanding): Promise<Order> {
    return this.#transport.send({ method: "POST", path: ["orders", id, "fail_delivery"], body: params, options });
  }

  /** Give back money that waits for your decision. */
  refund(id: string, params: RefundOrder, options?: CallOptions & Expanding): Promise<Order> {
    return this.#transport.send({ method: "POST", path: ["orders", id, "refund"], body: params, options });
  }
}
