/** Lists, a page at a time or all of it. */

import { UnexpectedAnswerError } from "./errors.js";
import type { ReadOptions, Transport } from "./transport.js";

/**
 * One page, newest first. `nextCursor` is the `starting_after` of the next; null on the last. Of events that are
 * caught up with (`after`), oldest first, and `nextCursor` is the `after` to go on from, also later.
 *
 * `for await` over it goes on to the end of the list, fetched as it goes; `data` is this page alone.
 */
export interface Page<T> extends AsyncIterable<T> {
  readonly data: T[];
  readonly hasMore: boolean;
  readonly nextCursor: string | null;
  /** Of events, the log that they are in: keep it with `nextCursor` and give it as `log`. */
  readonly logId?: string;
}

/** One page of a list that counts: `page` from 1, `total` objects in all, counted up to 10,000 beyond this page. */
export interface NumberedPage<T> extends AsyncIterable<T> {
  readonly data: T[];
  readonly total: number;
  readonly page: number;
  readonly limit: number;
}

/** What `list` gives: `await` it for a page, or `for await` over it for each object of the list, once. */
export type Listing<P extends AsyncIterable<unknown>> = Promise<P> &
  AsyncIterable<P extends AsyncIterable<infer T> ? T : never>;

/** With `autoPaginate: true`, a list is a walk and nothing else. */
export interface Walk {
  readonly autoPaginate: true;
}

/** Without, it is a page as well. */
export interface OnePage {
  readonly autoPaginate?: false;
}

type Params = { readonly autoPaginate?: boolean };
type Answered<P> = Omit<P, typeof Symbol.asyncIterator>;

/** A list: its first page, and the walk from there on. */
export function list<T>(
  transport: Transport,
  path: readonly string[],
  params: Params,
  options?: ReadOptions,
): Listing<Page<T>> {
  return listing(params, async (query) => {
    const answer = await answered<Page<T>>(transport, path, query, options);
    return walked(answer, () => walk(transport, path, query, options, answer));
  });
}

/** The same for a list that counts. */
export function listNumbered<T>(
  transport: Transport,
  path: readonly string[],
  params: Params,
  options?: ReadOptions,
): Listing<NumberedPage<T>> {
  return listing(params, async (query) => {
    const answer = await answered<NumberedPage<T>>(transport, path, query, options);
    return walked(answer, () => walkNumbered(transport, path, query, options, answer));
  });
}

/** Asks at once for a page, and of a walk when it is begun. */
function listing<P extends AsyncIterable<T>, T>(
  { autoPaginate = false, ...query }: Params,
  fetchPage: (query: object) => Promise<P>,
): Listing<P> {
  const first = autoPaginate ? undefined : fetchPage(query);
  const each = async function* (): AsyncGenerator<T, void> {
    yield* await (first ?? fetchPage(query));
  };
  return Object.assign(first ?? {}, { [Symbol.asyncIterator]: each }) as unknown as Listing<P>;
}

async function answered<P extends { readonly data: unknown }>(
  transport: Transport,
  path: readonly string[],
  query: object,
  options: ReadOptions | undefined,
): Promise<Answered<P>> {
  const answer = await transport.send<P>({ method: "GET", path, query, options });
  if (!Array.isArray(answer.data)) throw unexpected(`The answer to GET ${path.join("/")} is no list: it has no data.`);
  return answer;
}

/** A page that can be walked. What it prints and is copied as is the answer alone. */
function walked<P extends AsyncIterable<T>, T>(answer: Answered<P>, each: () => AsyncGenerator<T, void>): P {
  return Object.defineProperty(answer, Symbol.asyncIterator, { value: each }) as P;
}

async function* walk<T>(
  transport: Transport,
  path: readonly string[],
  query: object,
  options: ReadOptions | undefined,
  first: Answered<Page<T>>,
): AsyncGenerator<T, void> {
  const catchesUp = "after" in query && query.after !== undefined;
  const passed = new Set<string>();
  for (let page = first; ; ) {
    yield* page.data;
    const cursor = page.nextCursor;
    if (!page.hasMore || cursor === null || cursor === undefined) return;
    if (passed.has(cursor)) throw unexpected(`The pages of ${path.join("/")} lead back to ${cursor}: a walk would not end.`);
    passed.add(cursor);
    const onward = catchesUp ? { after: cursor, log: page.logId } : { starting_after: cursor };
    page = await answered<Page<T>>(transport, path, { ...query, ...onward }, options);
  }
}

/** The first page by its number, and from there on by cursor: what is added meanwhile would move the pages. */
async function* walkNumbered<T>(
  transport: Transport,
  path: readonly string[],
  query: object,
  options: ReadOptions | undefined,
  first: Answered<NumberedPage<T>>,
): AsyncGenerator<T, void> {
  yield* first.data;
  const last = first.data.at(-1) as { readonly id: string } | undefined;
  if (last === undefined || first.page * first.limit >= first.total) return;
  const onward = { ...query, page: undefined, starting_after: last.id };
  yield* walk(transport, path, onward, options, await answered<Page<T>>(transport, path, onward, options));
}

function unexpected(message: string): UnexpectedAnswerError {
  return new UnexpectedAnswerError(message, { status: 200, type: "unexpected", code: "unexpected_answer" });
}
