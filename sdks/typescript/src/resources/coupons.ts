import type { Coupon, CreateCoupon, ListCoupons, UpdateCoupon } from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import type { CallOptions, ReadOptions, Transport } from "../transport.js";

/** Coupons. Needs the scopes `coupons:read` and `coupons:write`. */
export class Coupons {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Create a coupon: an amount of a currency, or a percentage such as `"12.5"`. */
  create(params: CreateCoupon, options?: CallOptions): Promise<Coupon> {
    return this.#transport.send({ method: "POST", path: ["coupons"], body: params, options });
  }

  /** List coupons, newest first; `active` lists those switched on, or those switched off. */
  list(params: ListCoupons & Walk, options?: ReadOptions): AsyncIterable<Coupon>;
  list(params?: ListCoupons & OnePage, options?: ReadOptions): Listing<Page<Coupon>>;
  list(
    params: ListCoupons & (Walk | OnePage) = {},
    options?: ReadOptions,
  ): Listing<Page<Coupon>> {
    return list(this.#transport, ["coupons"], params, options);
  }

  /** Retrieve a coupon. */
  retrieve(id: string, options?: ReadOptions): Promise<Coupon> {
    return this.#transport.send({ method: "GET", path: ["coupons", id], options });
  }

  /** Change what is given; null clears, `metadata` is merged by key. What a coupon is worth never changes. */
  update(id: string, params: UpdateCoupon, options?: CallOptions): Promise<Coupon> {
    return this.#transport.send({ method: "PATCH", path: ["coupons", id], body: params, options });
  }
}
