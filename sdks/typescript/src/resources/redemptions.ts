import type { ListRedemptions, Redemption } from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import type { Expanding, ReadOptions, Transport } from "../transport.js";

/** Redemptions of coupons. Needs the scope `coupons:read`. */
export class Redemptions {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** List redemptions, newest first. Filters combine; `createdAfter` is inclusive, `createdBefore` is not. */
  list(params: ListRedemptions & Walk, options?: ReadOptions): AsyncIterable<Redemption>;
  list(params?: ListRedemptions & OnePage, options?: ReadOptions): Listing<Page<Redemption>>;
  list(
    params: ListRedemptions & (Walk | OnePage) = {},
    options?: ReadOptions,
  ): Listing<Page<Redemption>> {
    return list(this.#transport, ["redemptions"], params, options);
  }

  /** Retrieve a redemption. */
  retrieve(id: string, options?: ReadOptions & Expanding): Promise<Redemption> {
    return this.#transport.send({ method: "GET", path: ["redemptions", id], options });
  }
}
