import type { AssignTransfer, ListUnassigned, ReturnTransfer, UnassignedTransfer } from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import type { CallOptions, Expanding, ReadOptions, Transport } from "../transport.js";

/** Money that fits no payment. Needs `payments:read`; `assign` needs `orders:write`, `markReturned` `refunds:write`. */
export class UnassignedTransfers {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** List unassigned transfers, newest first. Filters combine; `createdAfter` is inclusive, `createdBefore` is not. */
  list(params: ListUnassigned & Walk, options?: ReadOptions): AsyncIterable<UnassignedTransfer>;
  list(params?: ListUnassigned & OnePage, options?: ReadOptions): Listing<Page<UnassignedTransfer>>;
  list(
    params: ListUnassigned & (Walk | OnePage) = {},
    options?: ReadOptions,
  ): Listing<Page<UnassignedTransfer>> {
    return list(this.#transport, ["unassigned_transfers"], params, options);
  }

  /** Retrieve an unassigned transfer. */
  retrieve(id: string, options?: ReadOptions & Expanding): Promise<UnassignedTransfer> {
    return this.#transport.send({ method: "GET", path: ["unassigned_transfers", id], options });
  }

  /** Assign a transfer to an order, which then waits for your decision. */
  assign(id: string, params: AssignTransfer, options?: CallOptions & Expanding): Promise<UnassignedTransfer> {
    return this.#transport.send({ method: "POST", path: ["unassigned_transfers", id, "assign"], body: params, options });
  }

  /** Mark a transfer as returned: you sent the money back. */
  markReturned(
    id: string,
    params: ReturnTransfer = {},
    options?: CallOptions & Expanding,
  ): Promise<UnassignedTransfer> {
    return this.#transport.send({ method: "POST", path: ["unassigned_transfers", id, "return"], body: params, options });
  }
}
