import type { ListTransactions, Transaction } from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import type { Expanding, ReadOptions, Transport } from "../transport.js";

/** Movements of money. Needs the scope `payments:read`. */
export class Transactions {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** List transactions, newest first. Filters combine; `createdAfter` is inclusive, `createdBefore` is not. */
  list(params: ListTransactions & Walk, options?: ReadOptions): AsyncIterable<Transaction>;
  list(params?: ListTransactions & OnePage, options?: ReadOptions): Listing<Page<Transaction>>;
  list(params: ListTransactions & (Walk | OnePage) = {}, options?: ReadOptions): Listing<Page<Transaction>> {
    return list(this.#transport, ["transactions"], params, options);
  }

  /** Retrieve a transaction. */
  retrieve(id: string, options?: ReadOptions & Expanding): Promise<Transaction> {
    return this.#transport.send({ method: "GET", path: ["transactions", id], options });
  }
}
