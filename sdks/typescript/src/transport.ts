/** Sends calls, and sends them again where that helps. */

import {
  ApiConnectionError,
  ApiError,
  type ApiErrorFacts,
  ApiTimeoutError,
  AuthenticationError,
  CheckoutError,
  ConfigurationError,
  ConflictError,
  InvalidRequestError,
  NotFoundError,
  PermissionDeniedError,
  QuotaExceededError,
  RateLimitedError,
  SequenceAheadError,
  ServerError,
  UnexpectedAnswerError,
} from "./errors.js";

export const VERSION = "0.1.0";
const ROOT = "/api/v1";
const TIMEOUT_MS = 30_000;
const RETRIES_MAX = 2;
const BACKOFF_MS = 500;
const BACKOFF_MS_MAX = 8_000;
/** A server that asks for a longer pause than this gets it from the caller, not from a call that hangs. */
const RETRY_AFTER_SECONDS_MAX = 60;
/** What a longer `Retry-After` is read as: thirty years, however absurd the number is. */
const PAUSE_SECONDS_MAX = 1e9;
/** A timer of more than this ends at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const KEY_VARIABLE = "CHECKOUT_API_KEY";
const BASE_URL_VARIABLE = "CHECKOUT_BASE_URL";
const RETRIED: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const ETAGS = new WeakMap<object, string>();

/** The ETag that came with an object, for `ifMatch`; undefined where none did, such as with what stands in a list. */
export function etagOf(answer: object): string | undefined {
  return ETAGS.get(answer);
}

/** How patient one call is; the client's own limits where nothing is said. */
export interface Limits {
  /** For each attempt; 30 seconds by default. `Infinity` is no limit. */
  readonly timeoutMs?: number;
  /** Attempts after the first; 2 by default. */
  readonly maxRetries?: number;
}

/** What can be said about one call, beside what it is to do. */
export interface CallOptions extends Limits {
  /** Your own, such as your order's number: the same order is then never made twice. A fresh UUID by default. */
  readonly idempotencyKey?: string;
  /** What `etagOf` gives of an object that you have read: nothing is done where it is another by now. */
  readonly ifMatch?: string;
  /** Gives up, also between retries. */
  readonly signal?: AbortSignal;
}

/** For what names other objects. */
export interface Expanding {
  /** Objects to include in the answer, next to their ids: `["customer", "order.payment"]`. */
  readonly expand?: string | readonly string[];
}

/** A call that only reads has no idempotency key. */
export type ReadOptions = Omit<CallOptions, "idempotencyKey" | "ifMatch">;

export interface TransportOptions extends Limits {
  /**
   * The API key; by default `CHECKOUT_API_KEY` of the environment, where there is one. Keep a secret key on the server:
   * whoever has it can do all that it may do.
   */
  readonly apiKey?: string | undefined;
  /**
   * The bare origin, `https://your-domain.com`; a trailing slash or `/api/v1` is taken away. By default
   * `CHECKOUT_BASE_URL` of the environment, where there is one.
   */
  readonly baseUrl?: string | undefined;
  /** Your own `fetch`, for a proxy or a test. */
  readonly fetch?: typeof globalThis.fetch;
}

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

export interface Call {
  readonly method: Method;
  /** The segments below `/api/v1`. */
  readonly path: readonly string[];
  readonly query?: object | undefined;
  readonly body?: object | undefined;
  /** Whether it answers with a file. */
  readonly file?: boolean;
  readonly options?: (CallOptions & Expanding) | undefined;
}

export class Transport {
  readonly baseUrl: string;
  readonly #apiKey: string;
  readonly #fetch: typeof globalThis.fetch | undefined;
  readonly #limits: Required<Limits>;

  constructor(options: TransportOptions) {
    this.#apiKey = checkedKey(options.apiKey ?? fromEnvironment(KEY_VARIABLE));
    this.baseUrl = originOf(options.baseUrl ?? fromEnvironment(BASE_URL_VARIABLE));
    this.#fetch = options.fetch;
    this.#limits = checkedLimits({ timeoutMs: TIMEOUT_MS, maxRetries: RETRIES_MAX }, options);
  }

  /** The answer to a call. Throws one of this package's errors, or what your signal was aborted with. */
  async send<T>(call: Call): Promise<T> {
    const path = pathOf(call.path);
    const what = `${call.method} ${path}`;
    const limits = checkedLimits(this.#limits, call.options);
    const idempotencyKey = call.method === "GET" ? undefined : checkedIdempotencyKey(call.options?.idempotencyKey);
    const headers: Record<string, string> = {
      Authorization: `Bearer ${this.#apiKey}`,
      Accept: call.file === true ? "application/pdf, application/json" : "application/json",
      // A browser says its own name, and would ask a server of another origin whether this one may be said.
      ...("document" in globalThis ? {} : { "User-Agent": `tillgate-client-typescript/${VERSION}` }),
    };
    if (call.body !== undefined) headers["Content-Type"] = "application/json";
    if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
    if (call.options?.ifMatch !== undefined) headers["If-Match"] = checkedIfMatch(call.options.ifMatch);
    const init: RequestInit = {
      method: call.method,
      headers,
      // A redirect would carry the key to somebody who was not chosen.
      redirect: "manual",
      ...(call.body === undefined ? {} : { body: textOf(call.body) }),
    };
    const url = this.baseUrl + path + queryOf({ ...call.query, ...expandOf(call.options) });
    const signal = call.options?.signal;

    for (let attempt = 0; ; attempt += 1) {
      signal?.throwIfAborted();
      const last = attempt >= limits.maxRetries;
      let wait: number | undefined;
      try {
        const answer = await this.#attempt(url, init, limits.timeoutMs, signal);
        wait = last || isUsedUp(answer) ? undefined : waitMs(attempt, answer.response);
        if (wait === undefined) {
          // A file is handed over as it is; what is wrong is told as everywhere.
          if (call.file === true && answer.response.ok) return answer.bytes as T;
          return this.#result<T>(what, answer, idempotencyKey);
        }
      } catch (error) {
        if (error instanceof CheckoutError) throw error;
        signal?.throwIfAborted();
        wait = last ? undefined : waitMs(attempt);
        if (wait === undefined) throw unreachable(what, error, attempt + 1, idempotencyKey);
      }
      await pause(wait, signal);
    }
  }

  /** Throws `NoAnswer`, which says how far it came. */
  async #attempt(url: string, init: RequestInit, timeoutMs: number, signal: AbortSignal | undefined): Promise<Answered> {
    // Looked up at each call: `fetch` may be replaced after the client was made, by a tracer for example.
    const fetch = this.#fetch ?? (globalThis.fetch as typeof globalThis.fetch | undefined);
    if (fetch === undefined) throw new ConfigurationError("fetch: there is none here; give one of your own.");
    // One signal out of two by hand: `AbortSignal.any` is younger than the runtimes that this is for.
    const limit = new AbortController();
    const giveUp = (): void => limit.abort(signal?.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
    let late = false;
    const expire = (): void => {
      late = true;
      limit.abort();
    };
    const timer = timeoutMs <= TIMER_MS_MAX ? setTimeout(expire, timeoutMs) : undefined;
    let status: number | undefined;
    try {
      const response = await fetch(url, { ...init, signal: limit.signal });
      status = response.status;
      // Read here, so that an answer that breaks off is retried as well.
      const bytes = new Uint8Array(await response.arrayBuffer());
      return { response, bytes, text: new TextDecoder().decode(bytes) };
    } catch (error) {
      throw new NoAnswer(late, status, error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  #result<T>(what: string, { response, text }: Answered, idempotencyKey: string | undefined): T {
    const json = parsed(text);
    if (response.ok) {
      if (isRecord(json)) {
        const etag = response.headers.get("etag");
        if (etag !== null) ETAGS.set(json, etag);
        return json as T;
      }
      throw new UnexpectedAnswerError(`The answer to ${what} is not what was expected: it is no JSON object.`, {
        ...unexpected(response),
        idempotencyKey,
      });
    }
    const said = isRecord(json) && isRecord(json["error"]) ? json["error"] : undefined;
    const word = (name: string): string | undefined => {
      const value = said?.[name];
      return typeof value === "string" ? value : undefined;
    };
    const [type, code, message] = [word("type"), word("code"), word("message")];
    const onServer = response.status >= 500;
    if (type === undefined || code === undefined || message === undefined) {
      // Not the server's own words: a proxy's page, or another program altogether. It is not repeated here.
      const Kind = response.status === 429 ? RateLimitedError : onServer ? ServerError : UnexpectedAnswerError;
      // A browser shows nothing of a redirect but that it was one.
      const hint = (response.status >= 300 && response.status < 400) || response.type === "opaqueredirect";
      throw new Kind(
        `${what} was answered ${response.status} without an error envelope` +
          (hint ? "; a redirect is not followed, so look at baseUrl." : "."),
        { ...unexpected(response), retryAfterSeconds: retryAfterSeconds(response), idempotencyKey },
      );
    }
    const scopes = said?.["grantedScopes"];
    const newest = said?.["newestSequence"];
    const Kind = BY_CODE[code] ?? BY_TYPE[type] ?? (onServer ? ServerError : ApiError);
    // Should somebody have sent the key back, it still does not get into an error.
    throw new Kind(message.replaceAll(this.#apiKey, "…"), {
      status: response.status,
      type,
      code,
      docUrl: word("docUrl"),
      param: word("param"),
      requestId: word("requestId") ?? response.headers.get("x-request-id") ?? undefined,
      reason: word("reason"),
      detail: word("detail"),
      requiredScope: word("requiredScope"),
      grantedScopes: Array.isArray(scopes) ? scopes.map(String) : undefined,
      retryAfterSeconds: retryAfterSeconds(response),
      idempotencyKey,
      newestSequence: typeof newest === "number" ? newest : undefined,
      logId: word("logId"),
    });
  }
}

/** An attempt that brought nothing: too late, or broken off, before or after the head of the answer. */
class NoAnswer {
  constructor(
    readonly late: boolean,
    readonly status: number | undefined,
    readonly cause: unknown,
  ) {}
}

interface Answered {
  readonly response: Response;
  readonly bytes: Uint8Array;
  readonly text: string;
}

const BY_CODE: Readonly<Record<string, new (message: string, facts: ApiErrorFacts) => ApiError>> = {
  quota_exceeded: QuotaExceededError,
  sequence_ahead: SequenceAheadError,
};

const BY_TYPE: Readonly<Record<string, new (message: string, facts: ApiErrorFacts) => ApiError>> = {
  authentication: AuthenticationError,
  permission: PermissionDeniedError,
  invalid_request: InvalidRequestError,
  not_found: NotFoundError,
  conflict: ConflictError,
  rate_limited: RateLimitedError,
  server: ServerError,
};

/** Whether a month's quota is used up, which no pause of ours outlasts. */
function isUsedUp({ response, text }: Answered): boolean {
  if (response.status !== 429) return false;
  const json = parsed(text);
  return isRecord(json) && isRecord(json["error"]) && json["error"]["code"] === "quota_exceeded";
}

/** Milliseconds until the next attempt; undefined if there is to be none. Full jitter, on top of what was asked for. */
export function waitMs(attempt: number, response?: Response, random: () => number = Math.random): number | undefined {
  let asked = 0;
  if (response !== undefined) {
    const named = retryAfterSeconds(response);
    // A 409 that names a pause: the first attempt with this idempotency key is still running.
    if (!RETRIED.has(response.status) && !(response.status === 409 && named !== undefined)) return undefined;
    asked = named ?? 0;
    if (asked > RETRY_AFTER_SECONDS_MAX) return undefined;
  }
  return asked * 1000 + random() * Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** attempt);
}

/** `Retry-After` (RFC 9110, 10.2.3): seconds, or an HTTP date. An absurd number is a very long pause. */
export function retryAfterSeconds(response: Response): number | undefined {
  const text = response.headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(Number(text), PAUSE_SECONDS_MAX);
  // Each form of a date begins with its day; `Date.parse` takes much that is none, such as `-5`.
  const at = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, (at - Date.now()) / 1000), PAUSE_SECONDS_MAX);
}

/** A variable of the environment, where there is one: not in a browser, nor in a Worker without Node's names. */
function fromEnvironment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name];
}

/** The bare origin of a server. */
export function originOf(given: string | undefined): string {
  if (given === undefined || given === "") {
    throw new ConfigurationError(`baseUrl: none was given. Give it, or set ${BASE_URL_VARIABLE}.`);
  }
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new ConfigurationError("baseUrl: expected an origin such as https://your-domain.com.");
  }
  const path = url.pathname.replace(/\/+$/, "").replace(/\/api\/v1$/, "");
  if (!["http:", "https:"].includes(url.protocol) || path !== "" || url.search !== "" || url.hash !== "") {
    throw new ConfigurationError(
      "baseUrl: expected the bare origin of your server, such as https://your-domain.com, without a path.",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new ConfigurationError("baseUrl: expected no user name or password in it.");
  }
  return url.origin;
}

function checkedKey(given: unknown): string {
  if (typeof given !== "string" || given === "") {
    throw new ConfigurationError(`apiKey: none was given. Is ${KEY_VARIABLE} set?`);
  }
  if (!/^[\x21-\x7e]+$/.test(given)) {
    throw new ConfigurationError(
      "apiKey: it has a space, a line break or a character that no key has; a line break at its end comes from a file, " +
        "as a rule: use apiKey.trim().",
    );
  }
  return given;
}

/** The limits that are given, and those that stand where none is. */
function checkedLimits(standing: Required<Limits>, given: Limits | undefined): Required<Limits> {
  const timeoutMs = given?.timeoutMs ?? standing.timeoutMs;
  const maxRetries = given?.maxRetries ?? standing.maxRetries;
  if (typeof timeoutMs !== "number" || !(timeoutMs > 0)) {
    throw new ConfigurationError("timeoutMs: expected a positive number.");
  }
  if (!Number.isInteger(maxRetries) || maxRetries < 0) {
    throw new ConfigurationError("maxRetries: expected a whole number, 0 or more.");
  }
  return { timeoutMs, maxRetries };
}

function textOf(body: object): string {
  try {
    return JSON.stringify(body);
  } catch (error) {
    throw new ConfigurationError(`The body cannot be written as JSON: ${String(error)}`, { cause: error });
  }
}

function checkedIdempotencyKey(given: string | undefined): string {
  if (given === undefined) return globalThis.crypto.randomUUID();
  if (!/^[\x21-\x7e]{1,255}$/.test(given)) {
    throw new ConfigurationError("idempotencyKey: expected 1 to 255 visible ASCII characters without spaces.");
  }
  return given;
}

function checkedIfMatch(given: string): string {
  if (!/^[\x20-\x7e]{1,2000}$/.test(given)) throw new ConfigurationError("ifMatch: expected what etagOf gives, or *.");
  return given;
}

/** Odd segments are ids; sent as it is, something else would lead to another operation. */
function pathOf(segments: readonly string[]): string {
  segments.forEach((segment, at) => {
    if (at % 2 === 1 && !(typeof segment === "string" && /^[A-Za-z0-9_-]{1,200}$/.test(segment))) {
      throw new ConfigurationError(`id: expected the id of one of ${segments[0]}: letters, digits and _ only.`);
    }
  });
  return `${ROOT}/${segments.join("/")}`;
}

function expandOf(options: Expanding | undefined): Expanding {
  return options?.expand === undefined ? {} : { expand: options.expand };
}

function queryOf(query: object | undefined): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(given.map(([name, value]) => [name, queryText(name, value)])).toString();
  return text === "" ? "" : `?${text}`;
}

function queryText(name: string, value: unknown): string {
  if (Object.prototype.toString.call(value) !== "[object Date]") return String(value);
  if (Number.isNaN(Number(value))) throw new ConfigurationError(`${name}: expected a date, got an invalid one.`);
  return (value as Date).toISOString();
}

function unexpected(response: Response): ApiErrorFacts {
  const requestId = response.headers.get("x-request-id") ?? undefined;
  return { status: response.status, type: "unexpected", code: "unexpected_answer", requestId };
}

function unreachable(what: string, error: unknown, attempts: number, key: string | undefined): ApiConnectionError {
  const times = attempts > 1 ? `${attempts} attempts` : "1 attempt";
  const { late, status, cause } = error instanceof NoAnswer ? error : new NoAnswer(false, undefined, error);
  if (late) return new ApiTimeoutError(`${what} got no answer in time, in ${times}.`, key, { cause });
  const read =
    status === undefined
      ? "got no answer"
      : `was answered ${status}, but what followed broke off, or is not in the encoding that its Content-Encoding says`;
  return new ApiConnectionError(`${what} ${read}, in ${times}.`, key, { cause });
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", giveUp);
      resolve();
    }, ms);
    signal?.addEventListener("abort", giveUp, { once: true });
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
