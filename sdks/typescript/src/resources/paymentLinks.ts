import type { CreatePaymentLink, ListPaymentLinks, PaymentLink, UpdatePaymentLink } from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import type { CallOptions, ReadOptions, Transport } from "../transport.js";

/** Payment links. Needs the scopes `links:read` and `links:write`. */
export class PaymentLinks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Create a payment link. */
  create(params: CreatePaymentLink, options?: CallOptions): Promise<PaymentLink> {
    return this.#transport.send({ method: "POST", path: ["payment_links"], body: params, options });
  }

  /** List payment links, newest first; `archived: true` lists those that were put away instead. */
  list(params: ListPaymentLinks & Walk, options?: ReadOptions): AsyncIterable<PaymentLink>;
  list(params?: ListPaymentLinks & OnePage, options?: ReadOptions): Listing<Page<PaymentLink>>;
  list(
    params: ListPaymentLinks & (Walk | OnePage) = {},
    options?: ReadOptions,
  ): Listing<Page<PaymentLink>> {
    return list(this.#transport, ["payment_links"], params, options);
  }

  /** Retrieve a payment link. */
  retrieve(id: string, options?: ReadOptions): Promise<PaymentLink> {
    return this.#transport.send({ method: "GET", path: ["payment_links", id], options });
  }

  /** Change what is given; null clears what may be empty, and all else stays. */
  update(id: string, params: UpdatePaymentLink, options?: CallOptions): Promise<PaymentLink> {
    return this.#transport.send({ method: "PATCH", path: ["payment_links", id], body: params, options });
  }

  /** Archive a payment link for good; sessions that were made from it go on. */
  del(id: string, options?: CallOptions): Promise<PaymentLink> {
    return this.#transport.send({ method: "DELETE", path: ["payment_links", id], options });
  }
}
