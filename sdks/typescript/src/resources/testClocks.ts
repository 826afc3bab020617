import type { AdvanceTestClock, CreateTestClock, ListTestClocks, TestClock } from "../objects.js";
import { list, type Listing, type OnePage, type Page, type Walk } from "../pages.js";
import type { CallOptions, ReadOptions, Transport } from "../transport.js";

/** Test clocks, in test mode. Needs the scopes `sessions:read` and `sessions:write`. */
export class TestClocks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Create a clock; sessions follow it that are created with its id as `testClockId`. */
  create(params: CreateTestClock = {}, options?: CallOptions): Promise<TestClock> {
    return this.#transport.send({ method: "POST", path: ["test_clocks"], body: params, options });
  }

  /** List test clocks, newest first. */
  list(params: ListTestClocks & Walk, options?: ReadOptions): AsyncIterable<TestClock>;
  list(params?: ListTestClocks & OnePage, options?: ReadOptions): Listing<Page<TestClock>>;
  list(
    params: ListTestClocks & (Walk | OnePage) = {},
    options?: ReadOptions,
  ): Listing<Page<TestClock>> {
    return list(this.#transport, ["test_clocks"], params, options);
  }

  /** Retrieve a test clock. */
  retrieve(id: string, options?: ReadOptions): Promise<TestClock> {
    return this.#transport.send({ method: "GET", path: ["test_clocks", id], options });
  }

  /** Put a clock forward: its sessions' deadlines come nearer, and what is due has happened when this resolves. */
  advance(id: string, params: AdvanceTestClock, options?: CallOptions): Promise<TestClock> {
    return this.#transport.send({ method: "POST", path: ["test_clocks", id, "advance"], body: params, options });
  }
}
