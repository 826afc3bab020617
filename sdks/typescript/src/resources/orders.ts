import type { ListOrders, Order, UpdateOrder } from "../objects.js";
import { list, type OnePage, type Page, type Walk } from "../pages.js";
import type { CallOptions, ReadOptions, Transport } from "../transport.js";

/** Orders: each is made with its session. Needs the scopes `orders:read` and `orders:write`. */
export class Orders {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** List orders, newest first. Filters combine; `createdAfter` is inclusive. */
  list(params: ListOrders & Walk, options?: ReadOptions): AsyncIterable<Order>;
  list(params?: ListOrders & OnePage, options?: ReadOptions): Promise<Page<Order>>;
  list(params: ListOrders & (Walk | OnePage) = {}, options?: ReadOptions): Promise<Page<Order>> | AsyncIterable<Order> {
    return list(this.#transport, ["orders"], params, options);
  }

  /** Retrieve an order. */
  retrieve(id: string, options?: ReadOptions): Promise<Order> {
    return this.#transport.send({ method: "GET", path: ["orders", id], options });
  }

  /** Change what is given; `metadata` is replaced as a whole, and all else stays. */
  update(id: string, params: UpdateOrder, options?: CallOptions): Promise<Order> {
    return this.#transport.send({ method: "PATCH", path: ["orders", id], body: params, options });
  }
}
