/** Lists, a page at a time or all of it. */

import type { ReadOptions, Transport } from "./transport.js";

/**
 * One page, newest first. `nextCursor` is the `starting_after` of the next; null on the last. Of events that are
 * caught up with (`after`), oldest first, and `nextCursor` is the `after` to go on from, also later.
 */
export interface Page<T> {
  readonly data: T[];
  readonly hasMore: boolean;
  readonly nextCursor: string | null;
  /** Of events, the log that they are in: keep it with `nextCursor` and give it as `log`. */
  readonly logId?: string;
}

/** One page of a list that counts: `page` from 1, of `total` objects in all. */
export interface NumberedPage<T> {
  readonly data: T[];
  readonly total: number;
  readonly page: number;
  readonly limit: number;
}

/** With `autoPaginate: true`, a list is walked to its end, fetched as you go. */
export interface Walk {
  readonly autoPaginate: true;
}

/** Without, it is one page. */
export interface OnePage {
  readonly autoPaginate?: false;
}

type Params = { readonly autoPaginate?: boolean };

/** A page, or a walk from there on. */
export function list<T>(
  transport: Transport,
  path: readonly string[],
  { autoPaginate = false, ...query }: Params,
  options?: ReadOptions,
): Promise<Page<T>> | AsyncIterable<T> {
  const page = (query: object): Promise<Page<T>> => transport.send({ method: "GET", path, query, options });
  return autoPaginate ? { [Symbol.asyncIterator]: () => walk(page, query) } : page(query);
}

/** The same for a list that counts. */
export function listNumbered<T>(
  transport: Transport,
  path: readonly string[],
  { autoPaginate = false, ...query }: Params & { readonly page?: number },
  options?: ReadOptions,
): Promise<NumberedPage<T>> | AsyncIterable<T> {
  const page = (query: object): Promise<NumberedPage<T>> => transport.send({ method: "GET", path, query, options });
  return autoPaginate ? { [Symbol.asyncIterator]: () => walkNumbered(page, query) } : page(query);
}

async function* walk<T>(fetchPage: (query: object) => Promise<Page<T>>, query: object): AsyncGenerator<T, void> {
  const catchesUp = "after" in query && query.after !== undefined;
  for (let page = await fetchPage(query); ; ) {
    yield* page.data;
    if (!page.hasMore || page.nextCursor === null) return;
    const onward = catchesUp ? { after: page.nextCursor, log: page.logId } : { starting_after: page.nextCursor };
    page = await fetchPage({ ...query, ...onward });
  }
}

async function* walkNumbered<T>(
  fetchPage: (query: object) => Promise<NumberedPage<T>>,
  query: { readonly page?: number },
): AsyncGenerator<T, void> {
  for (let page = await fetchPage(query); ; ) {
    yield* page.data;
    if (page.data.length === 0 || page.page * page.limit >= page.total) return;
    page = await fetchPage({ ...query, page: page.page + 1 });
  }
}
