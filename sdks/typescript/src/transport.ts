/** Sends calls, and sends them again where that helps. */

import {
  ApiConnectionError,
  ApiError,
  type ApiErrorFacts,
  ApiTimeoutError,
  AuthenticationError,
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
const RETRIED: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const ETAGS = new WeakMap<object, string>();

/** The ETag that came with an object, for `ifMatch`; undefined where none did, such as with what stands in a list. */
export function etagOf(answer: object): string | undefined {
  return ETAGS.get(answer);
}

/** What can be said about one call, beside what it is to do. */
export interface CallOptions {
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

export interface TransportOptions {
  /** The API key. Keep it on the server: whoever has it can do all that it may do. */
  readonly apiKey: string;
  /** The bare origin, `https://your-domain.com`; a trailing slash or `/api/v1` is taken away. */
  readonly baseUrl: string;
  /** Your own `fetch`, for a proxy or a test. */
  readonly fetch?: typeof globalThis.fetch;
  /** For each attempt; 30 seconds by default. */
  readonly timeoutMs?: number;
  /** Attempts after the first; 2 by default. */
  readonly maxRetries?: number;
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
  readonly #timeoutMs: number;
  readonly #maxRetries: number;

  constructor(options: TransportOptions) {
    this.#apiKey = checkedKey(options.apiKey);
    this.baseUrl = originOf(options.baseUrl);
    this.#fetch = options.fetch;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#maxRetries = options.maxRetries ?? RETRIES_MAX;
    if (!(this.#timeoutMs > 0)) throw new ConfigurationError("timeoutMs: expected a positive number.");
    if (!Number.isInteger(this.#maxRetries) || this.#maxRetries < 0) {
      throw new ConfigurationError("maxRetries: expected a whole number, 0 or more.");
    }
  }

  /** The answer to a call. Throws `ApiError`, `ApiConnectionError`, or what your signal was aborted with. */
  async send<T>(call: Call): Promise<T> {
    const path = pathOf(call.path);
    const what = `${call.method} ${path}`;
    const idempotencyKey = call.method === "GET" ? undefined : checkedIdempotencyKey(call.options?.idempotencyKey);
    const headers: Record<string, string> = {
      Authorization: `Bearer ${this.#apiKey}`,
      Accept: call.file === true ? "application/pdf, application/json" : "application/json",
      "User-Agent": `tillgate-client-typescript/${VERSION}`,
    };
    if (call.body !== undefined) headers["Content-Type"] = "application/json";
    if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
    if (call.options?.ifMatch !== undefined) headers["If-Match"] = checkedIfMatch(call.options.ifMatch);
    const init: RequestInit = {
      method: call.method,
      headers,
      // A redirect would carry the key to somebody who was not chosen.
      redirect: "manual",
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    };
    const url = this.baseUrl + path + queryOf({ ...call.query, ...expandOf(call.options) });
    const signal = call.options?.signal;

    for (let attempt = 0; ; attempt += 1) {
      signal?.throwIfAborted();
      const last = attempt >= this.#maxRetries;
      let wait: number | undefined;
      try {
        const answer = await this.#attempt(url, init, signal);
        wait = last || isUsedUp(answer) ? undefined : waitMs(attempt, answer.response);
        if (wait === undefined) {
          // A file is handed over as it is; what is wrong is told as everywhere.
          if (call.file === true && answer.response.ok) return answer.bytes as T;
          return this.#result<T>(what, answer, idempotencyKey);
        }
      } catch (error) {
        if (error instanceof ApiError) throw error;
        signal?.throwIfAborted();
        wait = last ? undefined : waitMs(attempt);
        if (wait === undefined) throw unreachable(what, error, attempt + 1, idempotencyKey);
      }
      await pause(wait, signal);
    }
  }

  async #attempt(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Answered> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    // Looked up at each call: `fetch` may be replaced after the client was made, by a tracer for example.
    const response = await (this.#fetch ?? globalThis.fetch)(url, {
      ...init,
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    // Read here, so that an answer that breaks off is retried as well.
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { response, bytes, text: new TextDecoder().decode(bytes) };
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
      const hint = response.status >= 300 && response.status < 400;
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

/** `Retry-After` (RFC 9110, 10.2.3): seconds, or an HTTP date. */
export function retryAfterSeconds(response: Response): number | undefined {
  const text = response.headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}

/** The bare origin of a server. */
export function originOf(given: string): string {
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
    throw new ConfigurationError("apiKey: none was given. Is CHECKOUT_API_KEY set?");
  }
  if (!/^[\x21-\x7e]+$/.test(given)) {
    throw new ConfigurationError("apiKey: it has a space, a line break or a character that no key has.");
  }
  return given;
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
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}

function unexpected(response: Response): ApiErrorFacts {
  const requestId = response.headers.get("x-request-id") ?? undefined;
  return { status: response.status, type: "unexpected", code: "unexpected_answer", requestId };
}

function unreachable(what: string, error: unknown, attempts: number, key: string | undefined): ApiConnectionError {
  const timedOut = error instanceof Error && error.name === "TimeoutError";
  const Kind = timedOut ? ApiTimeoutError : ApiConnectionError;
  const times = attempts > 1 ? `${attempts} attempts` : "1 attempt";
  return new Kind(`${what} got no answer in ${times}.`, key, { cause: error });
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
