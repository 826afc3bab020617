import { inspect } from "node:util";

import { afterEach, expect, test, vi } from "vitest";

import {
  ApiConnectionError,
  ApiError,
  ApiTimeoutError,
  CheckoutClient,
  type CheckoutClientOptions,
  ConfigurationError,
  QuotaExceededError,
  RateLimitedError,
  ServerError,
  UnexpectedAnswerError,
} from "../src/index.js";
import * as errors from "../src/errors.js";
import { originOf, retryAfterSeconds, waitMs } from "../src/transport.js";
import { type Answer, scripted } from "./server.js";

// Put together, so that nothing that looks like a key lies in the tree.
const KEY = ["ck", "test", "0123456789abcdefghijABCDEFGHIJ01"].join("_");
const LIST = { body: '{"data":[],"hasMore":false,"nextCursor":null}' };
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function against(answers: Answer[], options: Partial<CheckoutClientOptions> = {}) {
  vi.spyOn(Math, "random").mockReturnValue(0); // the back-off is proved on its own; here there is none
  const script = await scripted(...answers);
  closers.push(script.close);
  return { asked: script.asked, checkout: new CheckoutClient({ apiKey: KEY, baseUrl: script.url, ...options }) };
}

async function thrownBy(promise: Promise<unknown>): Promise<ApiError> {
  return promise.then(
    () => expect.unreachable("this should have failed"),
    (error: unknown) => error as ApiError,
  );
}

function envelope(type: string, message = "No."): string {
  return JSON.stringify({ error: { type, code: "some_code", message, requestId: "req_01hxyz", future: 1 } });
}

test.each(["break", 429, 502, 503, 504] as const)("%s is tried again under the same idempotency key", async (failure) => {
  const answer: Answer = failure === "break" ? failure : { status: failure, body: "busy" };
  const { asked, checkout } = await against([answer, answer, { status: 201, body: '{"id":"cs_1"}' }]);
  const session = await checkout.checkoutSessions.create({ amount: { value: "1.00", currency: "USD" } });
  expect(session.id).toBe("cs_1");
  expect(asked).toHaveLength(3);
  expect(new Set(asked.map((one) => `${one.headers["idempotency-key"] as string} ${one.body}`)).size).toBe(1);
  expect(asked[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test.each([400, 401, 403, 404, 409, 413, 500, 501])("%d is the answer and not tried again", async (status) => {
  const { asked, checkout } = await against([{ status, body: "" }]);
  expect((await thrownBy(checkout.events.list())).status).toBe(status);
  expect(asked).toHaveLength(1);
});

test("a request that is still running is asked for again", async () => {
  const running = { status: 409, body: envelope("conflict"), headers: { "Retry-After": "0" } };
  const { asked, checkout } = await against(["break", running, LIST]);
  expect((await checkout.events.list()).data).toEqual([]);
  expect(asked).toHaveLength(3);
});

test("after the last retry the answer is told, with the pause that the server asked for", async () => {
  const limited = { status: 429, body: envelope("rate_limited"), headers: { "Retry-After": "0" } };
  const { asked, checkout } = await against([limited, limited, limited]);
  const error = await thrownBy(checkout.events.list());
  expect(error).toBeInstanceOf(RateLimitedError);
  expect(error).toMatchObject({ status: 429, type: "rate_limited", retryAfterSeconds: 0, requestId: "req_01hxyz" });
  expect(asked).toHaveLength(3);
});

test("a quota that is used up is told at once, also where the next month begins in a second", async () => {
  for (const seconds of [1, 1_209_600]) {
    const body = envelope("rate_limited").replace("some_code", "quota_exceeded");
    const { asked, checkout } = await against([{ status: 429, body, headers: { "Retry-After": String(seconds) } }]);
    const error = await thrownBy(checkout.events.list());
    expect(error).toBeInstanceOf(QuotaExceededError);
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error).toMatchObject({ code: "quota_exceeded", retryAfterSeconds: seconds });
    expect((error as unknown as QuotaExceededError).resetsAt?.getTime()).toBeGreaterThan(Date.now());
    expect(asked).toHaveLength(1);
  }
});

test("Retry-After is honoured, and a pause that is too long is the caller's", async () => {
  const soon = await against([{ status: 503, body: "", headers: { "Retry-After": "1" } }, LIST]);
  const started = performance.now();
  await soon.checkout.events.list();
  expect(performance.now() - started).toBeGreaterThanOrEqual(995);
  const late = await against([{ status: 429, body: envelope("rate_limited"), headers: { "Retry-After": "3600" } }]);
  expect((await thrownBy(late.checkout.events.list())).retryAfterSeconds).toBe(3600);
  expect(late.asked).toHaveLength(1);
});

test("maxRetries: 0 tries once", async () => {
  const { asked, checkout } = await against([{ status: 503, body: "" }], { maxRetries: 0 });
  expect(await thrownBy(checkout.events.list())).toBeInstanceOf(ServerError);
  expect(asked).toHaveLength(1);
});

test("nobody there is a connection error that keeps the idempotency key", async () => {
  const script = await scripted();
  await script.close();
  vi.spyOn(Math, "random").mockReturnValue(0);
  const checkout = new CheckoutClient({ apiKey: KEY, baseUrl: script.url });
  const error = await thrownBy(checkout.paymentLinks.del("pl_1", { idempotencyKey: "order-1" }));
  expect(error).toBeInstanceOf(ApiConnectionError);
  expect(error).toMatchObject({ name: "ApiConnectionError", idempotencyKey: "order-1" });
  expect(error.message).toContain("3 attempts");
});

test("no answer in time is a time-out", async () => {
  const { checkout } = await against(["hang", "hang"], { timeoutMs: 60, maxRetries: 1 });
  expect(await thrownBy(checkout.events.list())).toBeInstanceOf(ApiTimeoutError);
});

test("a signal gives up at once, and is not taken for a lost connection", async () => {
  const { asked, checkout } = await against(["hang"]);
  const abort = new AbortController();
  const call = checkout.events.list({}, { signal: abort.signal });
  setTimeout(() => abort.abort(new Error("enough")), 20);
  expect((await thrownBy(call)).message).toBe("enough");
  expect(asked.length).toBeLessThanOrEqual(1);
});

test("the back-off doubles, is bounded, and jitters over all of it", () => {
  const most = (attempt: number): number | undefined => waitMs(attempt, undefined, () => 1);
  expect([0, 1, 2, 10].map(most)).toEqual([500, 1000, 2000, 8000]);
  expect(waitMs(3, undefined, () => 0)).toBe(0);
  expect(waitMs(0, new Response("", { status: 503, headers: { "Retry-After": "7" } }), () => 1)).toBe(7500);
});

test.each([
  ["0", 0], ["17", 17], ["9".repeat(400), 1e9], ["Fri, 31 Dec 9999 23:59:59 GMT", 1e9], ["Sun, 06 Nov 1994 08:49:37 GMT", 0],
  ["", undefined], ["soon", undefined], ["1e3", undefined], ["-5", undefined], ["1.5", undefined], ["Mon, never", undefined],
])(
  "Retry-After: %s",
  (text, seconds) => {
    expect(retryAfterSeconds(new Response("", { headers: { "Retry-After": text } }))).toBe(seconds);
  },
);

test("Retry-After is read as a date", () => {
  const at = new Date(Date.now() + 30_000).toUTCString();
  const seconds = retryAfterSeconds(new Response("", { headers: { "Retry-After": at } }));
  expect(seconds).toBeGreaterThan(27);
  expect(seconds).toBeLessThanOrEqual(30);
});

test.each(["<html>Bad gateway</html>", "", "[]", '{"error":"no"}'])("an answer of somebody else: %s", async (body) => {
  const { checkout } = await against([{ status: 404, body }, { status: 200, body: `${body}x` }, { status: 500, body }]);
  const error = await thrownBy(checkout.events.list());
  expect(error).toBeInstanceOf(UnexpectedAnswerError);
  expect(error.message).not.toContain("html");
  expect(await thrownBy(checkout.events.list())).toBeInstanceOf(UnexpectedAnswerError);
  expect(await thrownBy(checkout.events.list())).toBeInstanceOf(ServerError);
});

test("a redirect is not followed: the key goes to nobody else", async () => {
  const { asked, checkout } = await against([{ status: 307, headers: { Location: "/elsewhere" } }, LIST]);
  expect((await thrownBy(checkout.events.list())).message).toContain("redirect");
  expect(asked).toHaveLength(1);
});

test("the key is sent with every request and told to nobody", async () => {
  const { asked, checkout } = await against([LIST, { status: 400, body: envelope("invalid_request", `What is ${KEY}?`) }]);
  await checkout.events.list();
  const error = await thrownBy(checkout.events.list());
  expect(asked.map((one) => one.headers.authorization)).toEqual([`Bearer ${KEY}`, `Bearer ${KEY}`]);
  const told = [checkout, checkout.events, error].flatMap((one) => [
    inspect(one, { depth: 9, showHidden: true }),
    JSON.stringify(one),
    String(one),
    JSON.stringify(Object.entries(one)),
  ]);
  expect(told.filter((text) => text.includes(KEY.slice(8)))).toEqual([]);
});

test("a fetch of one's own is used", async () => {
  const fetch = vi.fn<typeof globalThis.fetch>(() => Promise.resolve(new Response(LIST.body)));
  await new CheckoutClient({ apiKey: KEY, baseUrl: "https://your-domain.com", fetch }).events.list({ limit: 2 });
  expect(fetch.mock.calls[0]?.[0]).toBe("https://your-domain.com/api/v1/events?limit=2");
});

test.each(["https://your-domain.com", "https://your-domain.com/", "https://your-domain.com/api/v1", "https://your-domain.com/api/v1/"])(
  "%s is the bare origin",
  (given) => {
    expect(originOf(given)).toBe("https://your-domain.com");
  },
);

test.each(["", "your-domain.com", "ftp://a.b", "https://a.b/shop", "https://a.b/?x=1", "https://a.b/#x", "https://u:p@a.b"])(
  "%s is no origin",
  (given) => {
    expect(() => originOf(given)).toThrow(ConfigurationError);
  },
);

test.each([undefined, "", "ck_test_a\n", " ck_test_a", "ck_tëst"])("the key %j is refused", (apiKey) => {
  expect(() => new CheckoutClient({ apiKey: apiKey as string, baseUrl: "https://a.b" })).toThrow("apiKey");
});

test.each(["", "..", "a/b", "a?b", "a b", "ä", "evt_1\n", undefined])("the id %j never becomes another operation", async (id) => {
  const { asked, checkout } = await against([]);
  await expect(checkout.events.retrieve(id as string)).rejects.toThrow(ConfigurationError);
  expect(asked).toEqual([]);
});

test.each(["", "a b", "a\nb", "ü", "x".repeat(256)])("the idempotency key %j is refused", async (idempotencyKey) => {
  const { asked, checkout } = await against([]);
  await expect(checkout.paymentLinks.del("pl_1", { idempotencyKey })).rejects.toThrow("idempotencyKey");
  expect(asked).toEqual([]);
});

test.each([{ timeoutMs: 0 }, { timeoutMs: Number.NaN }, { maxRetries: -1 }, { maxRetries: 1.5 }])("%j is refused", async (options) => {
  expect(() => new CheckoutClient({ apiKey: KEY, baseUrl: "https://a.b", ...options })).toThrow(ConfigurationError);
  const { asked, checkout } = await against([]);
  await expect(checkout.events.list({}, options)).rejects.toThrow(ConfigurationError);
  expect(asked).toEqual([]);
});

test("one call may have other limits than the client", async () => {
  const busy = { status: 503, body: "" };
  const { asked, checkout } = await against([busy, busy, LIST, "hang"], { maxRetries: 1 });
  await expect(checkout.events.list({}, { maxRetries: 0 })).rejects.toThrow(ServerError);
  expect(asked).toHaveLength(1);
  expect((await checkout.events.list()).data).toEqual([]);
  expect(asked).toHaveLength(3);
  await expect(checkout.paymentLinks.del("pl_1", { maxRetries: 0, timeoutMs: 60 })).rejects.toThrow(ApiTimeoutError);
});

test.each([Number.POSITIVE_INFINITY, 2 ** 40])("a limit of %d ms is none", async (timeoutMs) => {
  const { checkout } = await against([LIST], { timeoutMs });
  expect((await checkout.events.list()).data).toEqual([]);
});

test("a proxy's broken encoding is a connection error that says so", async () => {
  const broken: Answer = { body: "this is not gzip", headers: { "Content-Encoding": "gzip" } };
  const { asked, checkout } = await against([broken, broken, broken]);
  const error = await thrownBy(checkout.events.list());
  expect(error).toBeInstanceOf(ApiConnectionError);
  expect(error.message).toMatch(/answered 200.*Content-Encoding.*3 attempts/);
  expect(asked).toHaveLength(3);
});

test.each(['{"error":null}', '{"data":null}', '{"data":{}}', "{}"])("%s is no list", async (body) => {
  const { checkout } = await against([{ body }, { body }]);
  expect(await thrownBy(checkout.events.list())).toBeInstanceOf(UnexpectedAnswerError);
  const walk = checkout.customers.list({ autoPaginate: true })[Symbol.asyncIterator]();
  expect(await thrownBy(walk.next())).toBeInstanceOf(UnexpectedAnswerError);
});

test("a body that cannot be written, and a date that is none, are the caller's", async () => {
  const { asked, checkout } = await against([LIST]);
  const metadata: Record<string, unknown> = { big: 1n };
  await expect(checkout.customers.create({ metadata })).rejects.toThrow(ConfigurationError);
  metadata["big"] = metadata;
  await expect(checkout.customers.create({ metadata })).rejects.toThrow(ConfigurationError);
  const since = (date: Date) => checkout.events.list({ createdAfter: date as unknown as string });
  await expect(since(new Date(Number.NaN))).rejects.toThrow("createdAfter");
  await since(new Date(0));
  expect(asked.map((one) => one.path)).toEqual(["/api/v1/events?createdAfter=1970-01-01T00%3A00%3A00.000Z"]);
});

test("pages that lead back to one another end the walk", async () => {
  const page = (cursor: string): Answer => ({ body: JSON.stringify({ data: [{ id: cursor }], hasMore: true, nextCursor: cursor }) });
  const { asked, checkout } = await against([page("a"), page("b"), page("a"), page("b")]);
  const walked: string[] = [];
  const walk = async (): Promise<void> => {
    for await (const one of checkout.events.list()) walked.push(one.id);
  };
  expect(await thrownBy(walk())).toBeInstanceOf(UnexpectedAnswerError);
  expect(asked).toHaveLength(3);
});

test("words that a newer server knows come through as they are", async () => {
  const payment = { id: "pay_1", status: "teleported", captureMethod: "by_hand", exceptions: ["haunted"], order: { status: "lost" } };
  const { checkout } = await against([{ body: JSON.stringify(payment) }]);
  const read = await checkout.payments.retrieve("pay_1");
  expect(read).toEqual(payment);
  // The compiler lets each be another word, and offers those it knows.
  const word: (typeof read)["captureMethod"] = "by_hand";
  expect([read.captureMethod === "manual", read.captureMethod === word]).toEqual([false, true]);
});

test("the key and the origin are read from the environment, where there is one", async () => {
  const { asked, checkout } = await against([LIST]);
  vi.stubEnv("CHECKOUT_API_KEY", KEY);
  vi.stubEnv("CHECKOUT_BASE_URL", `${checkout.baseUrl}/`);
  try {
    await new CheckoutClient().events.list();
    expect(asked[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(new CheckoutClient({ baseUrl: "https://a.b" }).baseUrl).toBe("https://a.b");
    vi.stubEnv("CHECKOUT_BASE_URL", "");
    expect(() => new CheckoutClient()).toThrow("CHECKOUT_BASE_URL");
    vi.stubGlobal("process", undefined);
    expect(() => new CheckoutClient({ baseUrl: "https://a.b" })).toThrow("CHECKOUT_API_KEY");
  } finally {
    vi.unstubAllGlobals();
    vi.unstubAllEnvs();
  }
});

test("an error says its name in a class that a bundler has renamed", () => {
  const renamed = class extends UnexpectedAnswerError {};
  Object.defineProperty(renamed, "name", { value: "a" });
  expect(new renamed("x", { status: 1, type: "", code: "" }).name).toBe("UnexpectedAnswerError");
  for (const Kind of Object.values(errors)) expect((Kind.prototype as Error).name).toBe(Kind.name);
  expect(Object.values(errors).length).toBeGreaterThan(15);
});

test("reads carry no idempotency key, and each mutating call a new one", async () => {
  const { asked, checkout } = await against([LIST, ...Array<Answer>(4).fill({ body: "{}" })]);
  await checkout.events.list();
  await checkout.paymentLinks.create({ title: "a", fiatAmount: "1" });
  await checkout.paymentLinks.update("pl_1", { title: "b" });
  await checkout.paymentLinks.del("pl_1");
  await checkout.webhookEndpoints.test("we_1");
  expect(asked.map((one) => one.method)).toEqual(["GET", "POST", "PATCH", "DELETE", "POST"]);
  expect(asked[0]?.headers).not.toHaveProperty("idempotency-key");
  expect(new Set(asked.slice(1).map((one) => one.headers["idempotency-key"])).size).toBe(4);
});
