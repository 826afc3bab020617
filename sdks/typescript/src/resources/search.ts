import type { SearchResults } from "../objects.js";
import type { ReadOptions, Transport } from "../transport.js";

/** Finding what a text names. Needs the scope `orders:read`; beside orders it finds what the key's other scopes read. */
export class Search {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Find by an id, an order's reference, a promotion code, a transaction hash, an address, or the beginnings of words of
   * a customer's name or e-mail address.
   */
  find(q: string, options?: ReadOptions): Promise<SearchResults> {
    return this.#transport.send({ method: "GET", path: ["search"], query: { q }, options });
  }
}
