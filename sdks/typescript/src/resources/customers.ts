import type { CreateCustomer, Customer, ListCustomers, UpdateCustomer } from "../objects.js";
import { listNumbered, type Listing, type NumberedPage, type OnePage, type Walk } from "../pages.js";
import type { CallOptions, ReadOptions, Transport } from "../transport.js";

/** Customers. Needs the scopes `customers:read` and `customers:write`. */
export class Customers {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Create a customer; `email` and `reference` are unique where given. */
  create(params: CreateCustomer, options?: CallOptions): Promise<Customer> {
    return this.#transport.send({ method: "POST", path: ["customers"], body: params, options });
  }

  /** List customers, newest first, by page number; `email` and `reference` match exactly. */
  list(params: ListCustomers & Walk, options?: ReadOptions): AsyncIterable<Customer>;
  list(params?: ListCustomers & OnePage, options?: ReadOptions): Listing<NumberedPage<Customer>>;
  list(
    params: ListCustomers & (Walk | OnePage) = {},
    options?: ReadOptions,
  ): Listing<NumberedPage<Customer>> {
    return listNumbered(this.#transport, ["customers"], params, options);
  }

  /** Retrieve a customer. */
  retrieve(id: string, options?: ReadOptions): Promise<Customer> {
    return this.#transport.send({ method: "GET", path: ["customers", id], options });
  }

  /** Change what is given; null clears, `metadata` is merged by key, and all else stays. */
  update(id: string, params: UpdateCustomer, options?: CallOptions): Promise<Customer> {
    return this.#transport.send({ method: "PATCH", path: ["customers", id], body: params, options });
  }

  /** Erase a customer's personal data, for good; orders and issued documents stay. */
  erase(id: string, options?: CallOptions): Promise<Customer> {
    return this.#transport.send({ method: "DELETE", path: ["customers", id], options });
  }
}
