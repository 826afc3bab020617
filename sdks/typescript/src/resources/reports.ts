import type { MonthlyReport } from "../objects.js";
import type { ReadOptions, Transport } from "../transport.js";

/** Months of the books. Needs the scope `payments:read`. */
export class Reports {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Retrieve a month, such as `2026-11`: what was sold, received and refunded in it, by currency and network, and the
   * balances that it began and ended with. Its days are those of the project's time zone, unless another is named.
   */
  monthly(query: { month: string; timeZone?: string }, options?: ReadOptions): Promise<MonthlyReport> {
    return this.#transport.send({ method: "GET", path: ["reports", "monthly"], query, options });
  }
}
