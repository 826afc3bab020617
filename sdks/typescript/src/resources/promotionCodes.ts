import type { CreatePromotionCode, ListPromotionCodes, PromotionCode, UpdatePromotionCode } from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import type { CallOptions, Expanding, ReadOptions, Transport } from "../transport.js";

/** Promotion codes. Needs the scopes `coupons:read` and `coupons:write`. */
export class PromotionCodes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Create a promotion code for a coupon; `code` is unique whatever its case. */
  create(params: CreatePromotionCode, options?: CallOptions & Expanding): Promise<PromotionCode> {
    return this.#transport.send({ method: "POST", path: ["promotion_codes"], body: params, options });
  }

  /** List promotion codes, newest first; `code` ignoring case. */
  list(params: ListPromotionCodes & Walk, options?: ReadOptions): AsyncIterable<PromotionCode>;
  list(params?: ListPromotionCodes & OnePage, options?: ReadOptions): Listing<Page<PromotionCode>>;
  list(
    params: ListPromotionCodes & (Walk | OnePage) = {},
    options?: ReadOptions,
  ): Listing<Page<PromotionCode>> {
    return list(this.#transport, ["promotion_codes"], params, options);
  }

  /** Retrieve a promotion code. */
  retrieve(id: string, options?: ReadOptions & Expanding): Promise<PromotionCode> {
    return this.#transport.send({ method: "GET", path: ["promotion_codes", id], options });
  }

  /** Change what is given; null clears, `metadata` is merged by key, and all else stays. */
  update(id: string, params: UpdatePromotionCode, options?: CallOptions & Expanding): Promise<PromotionCode> {
    return this.#transport.send({ method: "PATCH", path: ["promotion_codes", id], body: params, options });
  }
}
