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

/** One page of a list that counts: `page` from 1, `total` objects in all, counted up to 10,000 beyond this page. */
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
  { autoPaginate = false, ...query }: Params,
  options?: ReadOptions,
): Promise<NumberedPage<T>> | AsyncIterable<T> {
  const page = (query: object): Promise<NumberedPage<T>> => transport.send({ method: "GET", path, query, options });
  const next = (query: object): Promise<Page<T>> => transport.send({ method: "GET", path, query, options });
  return autoPaginate ? { [Symbol.asyncIterator]: () => walkNumbered(page, next, query) } : page(query);
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

/** The first page by its number, and from there on by cursor: what is added meanwhile would move the pages. */
async function* walkNumbered<T>(
  fetchPage: (query: object) => Promise<NumberedPage<T>>,
  fetchNext: (query: object) => Promise<Page<T>>,
  query: object,
): AsyncGenerator<T, void> {
  const first = await fetchPage(query);
  yield* first.data;
  const last = first.data.at(-1) as { readonly id: string } | undefined;
  if (last === undefined || first.page * first.limit >= first.total) return;
  yield* walk(fetchNext, { ...query, page: undefined, starting_after: last.id });
}
