import type { CapturePayment, ListPayments, Payment, UpdatePayment } from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import type { CallOptions, Expanding, ReadOptions, Transport } from "../transport.js";

/** Payments. Needs the scopes `payments:read` and `payments:write`. */
export class Payments {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** List payments, newest first. Filters combine; `createdAfter` is inclusive, `createdBefore` is not; `amount` is exact, with its `currency`. `customerId` and `q` need `orders:read` as well. `q` finds by e-mail address where the key may read customers. */
  list(params: ListPayments & Walk, options?: ReadOptions): AsyncIterable<Payment>;
  list(params?: ListPayments & OnePage, options?: ReadOptions): Listing<Page<Payment>>;
  list(params: ListPayments & (Walk | OnePage) = {}, options?: ReadOptions): Listing<Page<Payment>> {
    return list(this.#transport, ["payments"], params, options);
  }

  /** Retrieve a payment. */
  retrieve(id: string, options?: ReadOptions & Expanding): Promise<Payment> {
    return this.#transport.send({ method: "GET", path: ["payments", id], options });
  }

  /** Change a payment's metadata. */
  update(id: string, params: UpdatePayment, options?: CallOptions & Expanding): Promise<Payment> {
    return this.#transport.send({ method: "PATCH", path: ["payments", id], body: params, options });
  }

  /** Take what was authorized, or a part of it; the rest is released unless `cancelRemainder` is false. */
  capture(id: string, params: CapturePayment, options?: CallOptions & Expanding): Promise<Payment> {
    return this.#transport.send({ method: "POST", path: ["payments", id, "capture"], body: params, options });
  }

  /** Release what was authorized and not captured. */
  cancel(id: string, options?: CallOptions & Expanding): Promise<Payment> {
    return this.#transport.send({ method: "POST", path: ["payments", id, "cancel"], options });
  }
}
