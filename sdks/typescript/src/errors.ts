/**
 * Everything this package throws.
 *
 *     CheckoutError
 *     ├── ConfigurationError         the client, or a call, cannot be made like this; nothing was sent
 *     ├── WebhookVerificationError   this webhook is not to be trusted
 *     ├── ApiConnectionError         no answer came
 *     │   └── ApiTimeoutError        … in time
 *     └── ApiError                   the server answered, and it was not a success
 *         ├── AuthenticationError    401  no valid key
 *         ├── PermissionDeniedError  403  the key lacks a scope, or test mode only
 *         ├── InvalidRequestError    400, 405, 413, 415  something in the request is wrong
 *         ├── NotFoundError          404  no such object, or not yours
 *         ├── ConflictError          409, 412  the object's state, an idempotency key used twice, or `ifMatch`
 *         │   └── SequenceAheadError      …  a place in the event log that is not in this one
 *         ├── RateLimitedError       429  too many requests
 *         │   └── QuotaExceededError      …  the month's quota is used up
 *         ├── ServerError            5xx
 *         └── UnexpectedAnswerError  not an answer of this API at all: look at baseUrl and at what is in between
 *
 * None of them holds the API key, in any form.
 */

/**
 * The root of the tree. Each class tells its name in words of its own: a bundler that shortens names would change that of
 * the class.
 */
export class CheckoutError extends Error {
  override get name(): string {
    return "CheckoutError";
  }
}

/** The client, or a call, cannot be made like this; nothing was sent. */
export class ConfigurationError extends CheckoutError {
  override get name(): string {
    return "ConfigurationError";
  }
}

export type WebhookProblem =
  | "signature_missing"
  | "signature_malformed"
  | "timestamp_missing"
  | "signature_mismatch"
  | "timestamp_out_of_tolerance"
  | "payload_malformed";

/** A webhook that is not to be trusted: answer it with 400 and do nothing. `reason` is the check it failed. */
export class WebhookVerificationError extends CheckoutError {
  readonly reason: WebhookProblem;

  override get name(): string {
    return "WebhookVerificationError";
  }

  constructor(reason: WebhookProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/**
 * No answer came, also after the retries. Whether the server did it is not known: repeat a mutating call with
 * `idempotencyKey`, and it is done once.
 */
export class ApiConnectionError extends CheckoutError {
  readonly idempotencyKey: string | undefined;

  override get name(): string {
    return "ApiConnectionError";
  }

  constructor(message: string, idempotencyKey?: string, options?: ErrorOptions) {
    super(message, options);
    this.idempotencyKey = idempotencyKey;
  }
}

/** No answer came in time. */
export class ApiTimeoutError extends ApiConnectionError {
  override get name(): string {
    return "ApiTimeoutError";
  }
}

/** What an `ApiError` is told. */
export interface ApiErrorFacts {
  /** The HTTP status. */
  readonly status: number;
  /** The category to branch on. */
  readonly type: string;
  /** Stable and finer; `docUrl` leads to its page. */
  readonly code: string;
  /** The page about `code`, on the server's own installation. */
  readonly docUrl?: string | undefined;
  /** On `invalid_request`, the field that is wrong. */
  readonly param?: string | undefined;
  /** What to tell whoever runs the server. */
  readonly requestId?: string | undefined;
  /** On 401: `missing`, `malformed`, `unknown`, `revoked` or `expired`. */
  readonly reason?: string | undefined;
  /** What to do about it, where the server says. */
  readonly detail?: string | undefined;
  /** On 403, the scope that is missing, and those the key has. */
  readonly requiredScope?: string | undefined;
  readonly grantedScopes?: readonly string[] | undefined;
  /** When the server asked for a pause. */
  readonly retryAfterSeconds?: number | undefined;
  /** The one that was sent; none for a read. */
  readonly idempotencyKey?: string | undefined;
  /** On `sequence_ahead`, where the event log ends, and which one it is. */
  readonly newestSequence?: number | undefined;
  readonly logId?: string | undefined;
}

/** The server answered, and it was not a success. `message` is for logs, not for your customers. */
export class ApiError extends CheckoutError implements ApiErrorFacts {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly docUrl: string | undefined;
  readonly param: string | undefined;
  readonly requestId: string | undefined;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly requiredScope: string | undefined;
  readonly grantedScopes: readonly string[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly idempotencyKey: string | undefined;
  readonly newestSequence: number | undefined;
  readonly logId: string | undefined;

  override get name(): string {
    return "ApiError";
  }

  constructor(message: string, facts: ApiErrorFacts) {
    super(message);
    this.status = facts.status;
    this.type = facts.type;
    this.code = facts.code;
    this.docUrl = facts.docUrl;
    this.param = facts.param;
    this.requestId = facts.requestId;
    this.reason = facts.reason;
    this.detail = facts.detail;
    this.requiredScope = facts.requiredScope;
    this.grantedScopes = facts.grantedScopes;
    this.retryAfterSeconds = facts.retryAfterSeconds;
    this.idempotencyKey = facts.idempotencyKey;
    this.newestSequence = facts.newestSequence;
    this.logId = facts.logId;
  }
}

/** 401: the key is missing, malformed, unknown, revoked or expired; `reason` says which. */
export class AuthenticationError extends ApiError {
  override get name(): string {
    return "AuthenticationError";
  }
}
/** 403: the key is valid but may not do this. */
export class PermissionDeniedError extends ApiError {
  override get name(): string {
    return "PermissionDeniedError";
  }
}
/** The request is wrong; `param` names the field. */
export class InvalidRequestError extends ApiError {
  override get name(): string {
    return "InvalidRequestError";
  }
}
/** 404: there is no such object, or it belongs to another project or to the other mode. */
export class NotFoundError extends ApiError {
  override get name(): string {
    return "NotFoundError";
  }
}
/** 409: the object's state does not allow it, or the idempotency key was used with another body. */
export class ConflictError extends ApiError {
  override get name(): string {
    return "ConflictError";
  }
}
/**
 * 409 `sequence_ahead`: the place that you follow events from is not in this log. As a rule the server's database was
 * restored from a backup; else the key is of another project or mode. List with `after: 0`, handle the events whose `id`
 * you have not handled, and follow on from there with that page's `logId`. If you keep no ids, go on from
 * `newestSequence`.
 */
export class SequenceAheadError extends ConflictError {
  override get name(): string {
    return "SequenceAheadError";
  }

  constructor(message: string, facts: ApiErrorFacts) {
    const place = facts.newestSequence === undefined ? "" : ` or go on from after: ${facts.newestSequence}`;
    super(
      `${message} What to do: list with after: 0 and handle the events whose id you have not handled,${place} if you ` +
        "keep no ids; follow on with the page's logId.",
      facts,
    );
  }
}
/** 429: too many requests; `retryAfterSeconds` says how long to pause. */
export class RateLimitedError extends ApiError {
  override get name(): string {
    return "RateLimitedError";
  }
}
/**
 * 429 `quota_exceeded`: the key has made the requests of this calendar month (UTC). It is never tried again here: the next
 * month may be weeks away. Wait until `resetsAt`, or have the quota raised.
 */
export class QuotaExceededError extends RateLimitedError {
  /** When the next month begins, as far as `Retry-After` says. */
  readonly resetsAt: Date | undefined;

  override get name(): string {
    return "QuotaExceededError";
  }

  constructor(message: string, facts: ApiErrorFacts) {
    super(message, facts);
    const seconds = facts.retryAfterSeconds;
    this.resetsAt = seconds === undefined ? undefined : new Date(Date.now() + seconds * 1000);
  }
}
/** 5xx: something went wrong on the server. */
export class ServerError extends ApiError {
  override get name(): string {
    return "ServerError";
  }
}
/** What answered does not speak this API: often a wrong `baseUrl`, or a proxy's own page. */
export class UnexpectedAnswerError extends ApiError {
  override get name(): string {
    return "UnexpectedAnswerError";
  }
}
