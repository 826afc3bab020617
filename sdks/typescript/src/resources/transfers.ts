import type { TransferExplanation } from "../objects.js";
import type { ReadOptions, Transport } from "../transport.js";

/** Transactions on the networks. Needs the scope `payments:read`. */
export class Transfers {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Explain a transaction: on which network it is, what it moved where, and whether that counts. */
  explain(txHash: string, options?: ReadOptions): Promise<TransferExplanation> {
    return this.#transport.send({ method: "GET", path: ["transfers", txHash], options });
  }
}
