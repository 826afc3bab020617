import type { CreateProduct, ListProducts, Product, UpdateProduct } from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import type { CallOptions, ReadOptions, Transport } from "../transport.js";

/** Products. Needs the scopes `products:read` and `products:write`. */
export class Products {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Create a product; with `pricing: "buyer"` the buyer says what they pay, within the bounds given. */
  create(params: CreateProduct, options?: CallOptions): Promise<Product> {
    return this.#transport.send({ method: "POST", path: ["products"], body: params, options });
  }

  /** List products, newest first; `active` lists those for sale, or those that are not, `reference` the one that has it. */
  list(params: ListProducts & Walk, options?: ReadOptions): AsyncIterable<Product>;
  list(params?: ListProducts & OnePage, options?: ReadOptions): Listing<Page<Product>>;
  list(
    params: ListProducts & (Walk | OnePage) = {},
    options?: ReadOptions,
  ): Listing<Page<Product>> {
    return list(this.#transport, ["products"], params, options);
  }

  /** Retrieve a product. */
  retrieve(id: string, options?: ReadOptions): Promise<Product> {
    return this.#transport.send({ method: "GET", path: ["products", id], options });
  }

  /** Change what is given; null clears, `metadata` is merged by key, and all else stays. */
  update(id: string, params: UpdateProduct, options?: CallOptions): Promise<Product> {
    return this.#transport.send({ method: "PATCH", path: ["products", id], body: params, options });
  }
}
