import type { RenderUsage } from "../objects.js";
import type { ReadOptions, Transport } from "../transport.js";

/** What live renders of documents are billed by. Needs the scope `usage:read`. */
export class Usage {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Count the renders of a month, such as `2026-11`, in UTC; of the current one where there is none. */
  retrieve(query: { month?: string } = {}, options?: ReadOptions): Promise<RenderUsage> {
    return this.#transport.send({ method: "GET", path: ["usage"], query, options });
  }
}
