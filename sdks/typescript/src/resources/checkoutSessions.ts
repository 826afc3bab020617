import type {
  CheckoutSession,
  ChoosePaymentOption,
  CreateCheckoutSession,
  ListCheckoutSessions,
  ReceivePayment,
  SimulatePayment,
} from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import { guarded } from "../secrets.js";
import type { CallOptions, Expanding, ReadOptions, Transport } from "../transport.js";

/** Checkout sessions. Needs the scopes `sessions:read` and `sessions:write`. */
export class CheckoutSessions {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Create a session and its order: for an `amount`, from a link (`linkId`), or for `lineItems` in a `currency`. Send the
   * buyer to its `checkoutUrl`.
   */
  async create(params: CreateCheckoutSession, options?: CallOptions & Expanding): Promise<CheckoutSession> {
    const path = ["checkout_sessions"];
    return guarded(
      await this.#transport.send<CheckoutSession>({ method: "POST", path, body: params, options }),
      "clientSecret",
    );
  }

  /** List sessions, newest first. Filters combine; `createdAfter` is inclusive, `createdBefore` is not; `amount` is exact, with its `currency`. `q` finds by e-mail address where the key may read customers. */
  list(params: ListCheckoutSessions & Walk, options?: ReadOptions): AsyncIterable<CheckoutSession>;
  list(params?: ListCheckoutSessions & OnePage, options?: ReadOptions): Listing<Page<CheckoutSession>>;
  list(
    params: ListCheckoutSessions & (Walk | OnePage) = {},
    options?: ReadOptions,
  ): Listing<Page<CheckoutSession>> {
    return list(this.#transport, ["checkout_sessions"], params, options);
  }

  /** Retrieve a checkout session. */
  retrieve(id: string, options?: ReadOptions & Expanding): Promise<CheckoutSession> {
    return this.#transport.send({ method: "GET", path: ["checkout_sessions", id], options });
  }

  /** Accept the amount received as payment, although it is too little, too much or late. */
  accept(id: string, options?: CallOptions & Expanding): Promise<CheckoutSession> {
    return this.#transport.send({ method: "POST", path: ["checkout_sessions", id, "accept"], options });
  }

  /** Cancel a session; what was authorized for it is released. */
  cancel(id: string, options?: CallOptions & Expanding): Promise<CheckoutSession> {
    return this.#transport.send({ method: "POST", path: ["checkout_sessions", id, "cancel"], options });
  }

  /** Expire a pending session early; it can still be paid late. */
  expire(id: string, options?: CallOptions & Expanding): Promise<CheckoutSession> {
    return this.#transport.send({ method: "POST", path: ["checkout_sessions", id, "expire"], options });
  }

  /** Choose which of `paymentOptions` the session shows, by its CAIP-19 `asset`. */
  chooseOption(id: string, params: ChoosePaymentOption, options?: CallOptions & Expanding): Promise<CheckoutSession> {
    return this.#transport.send({
      method: "POST",
      path: ["checkout_sessions", id, "payment_option"],
      body: params,
      options,
    });
  }

  /** Mark a payment by mail as received: the price, or another `amount`. */
  receive(id: string, params: ReceivePayment = {}, options?: CallOptions & Expanding): Promise<CheckoutSession> {
    return this.#transport.send({ method: "POST", path: ["checkout_sessions", id, "receive"], body: params, options });
  }

  /** Undo that a payment by mail was received; its order is canceled, for good. */
  undoReceived(id: string, options?: CallOptions & Expanding): Promise<CheckoutSession> {
    return this.#transport.send({ method: "POST", path: ["checkout_sessions", id, "undo_received"], options });
  }

  /** Let a payment of a test session happen: one `outcome`, or all that a test `payer` does. */
  simulate(id: string, params: SimulatePayment, options?: CallOptions & Expanding): Promise<CheckoutSession> {
    return this.#transport.send({ method: "POST", path: ["checkout_sessions", id, "simulate"], body: params, options });
  }
}
