import { format, inspect } from "node:util";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import {
  AuthenticationError,
  type CheckoutEvent,
  ConflictError,
  etagOf,
  InvalidRequestError,
  NotFoundError,
  PermissionDeniedError,
  SequenceAheadError,
  verifyWebhook,
} from "../src/index.js";
import { client, scripted, server } from "./server.js";

const checkout = client();
const amount = { value: "50.00", currency: "USD" };

async function all<T>(walk: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of walk) found.push(one);
  return found;
}

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable("this should have failed"),
    (error: unknown) => error,
  );
}

test("a payment link lives from creation to the archive", async () => {
  const link = await checkout.paymentLinks.create({ title: "Pro plan", fiatAmount: "99", description: "All of it" });
  expect(link).toMatchObject({ object: "payment_link", livemode: false, fiatAmount: "99.00", fiatCurrency: "USD" });
  expect(await checkout.paymentLinks.retrieve(link.id)).toEqual(link);
  const changed = await checkout.paymentLinks.update(link.id, { active: false, description: null });
  expect(changed).toMatchObject({ active: false, description: null, title: "Pro plan" });
  expect((await checkout.paymentLinks.list({ limit: 100 })).data.map((one) => one.id)).toContain(link.id);
  expect((await checkout.paymentLinks.del(link.id)).archived).toBe(true);
  const archived = await all(checkout.paymentLinks.list({ archived: true, autoPaginate: true }));
  expect(archived.map((one) => one.id)).toContain(link.id);
});

test("a change is made to what was read, or not at all", async () => {
  const made = await checkout.customers.create({ name: "Ada" });
  const tag = etagOf(await checkout.customers.retrieve(made.id)) ?? "";
  const changed = await checkout.customers.update(made.id, { name: "Bo" }, { ifMatch: tag });
  const refused = await thrownBy(checkout.customers.update(made.id, { name: "Cy" }, { ifMatch: tag }));
  expect(refused).toBeInstanceOf(ConflictError);
  expect(refused).toMatchObject({ status: 412, code: "precondition_failed" });
  expect((await checkout.customers.update(made.id, { name: "Cy" }, { ifMatch: etagOf(changed) ?? "" })).name).toBe("Cy");
  expect(etagOf((await checkout.customers.list()).data[0] ?? {})).toBeUndefined();
});

test("a session is created both ways, found by filters and paid", async () => {
  const link = await checkout.paymentLinks.create({ title: "Sticker", fiatAmount: "5", fiatCurrency: "EUR" });
  const byLink = await checkout.checkoutSessions.create({ linkId: link.id });
  expect(byLink).toMatchObject({ linkId: link.id, fiat: { amount: "5.00", currency: "EUR" } });
  const session = await checkout.checkoutSessions.create({
    amount,
    metadata: { order: "1001" },
    successUrl: "https://merchant.example/thanks",
    expiresInSeconds: 600,
  });
  expect(session).toMatchObject({ status: "pending", metadata: { order: "1001" } });
  const paid = await checkout.checkoutSessions.simulate(session.id, { outcome: "paid" });
  expect(paid.status).toBe("paid");
  expect(await checkout.checkoutSessions.retrieve(session.id)).toEqual(paid);
  expect((await checkout.checkoutSessions.list({ linkId: link.id })).data).toEqual([byLink]);
  expect((await checkout.checkoutSessions.list({ status: "paid" })).data.map((one) => one.id)).toContain(session.id);
});

test("the merchant accepts unusual money and ends a session early", async () => {
  const session = await checkout.checkoutSessions.create({ amount });
  await checkout.checkoutSessions.simulate(session.id, { outcome: "underpaid" });
  expect((await checkout.checkoutSessions.accept(session.id)).status).toBe("paid");
  const other = await checkout.checkoutSessions.create({ amount });
  expect((await checkout.checkoutSessions.expire(other.id)).status).toBe("expired");
  const third = await checkout.checkoutSessions.create({ amount });
  const canceled = await checkout.checkoutSessions.cancel(third.id);
  expect([canceled.status, typeof canceled.canceledAt]).toEqual(["failed", "string"]);
});

test("the same idempotency key makes one session", async () => {
  const options = { idempotencyKey: "ts-order-1001" };
  const first = await checkout.checkoutSessions.create({ amount }, options);
  expect(await checkout.checkoutSessions.create({ amount }, options)).toEqual(first);
  const error = await thrownBy(checkout.checkoutSessions.create({ amount: { ...amount, value: "51.00" } }, options));
  expect(error).toBeInstanceOf(ConflictError);
  expect(error).toMatchObject({ code: "idempotency_key_reused", idempotencyKey: "ts-order-1001" });
});

test("a list is a page, and a loop over it or over its page is the whole list", async () => {
  const link = await checkout.paymentLinks.create({ title: "Looped", fiatAmount: "1" });
  const made: string[] = [];
  for (let n = 0; n < 5; n += 1) made.unshift((await checkout.checkoutSessions.create({ linkId: link.id })).id);
  const listing = checkout.checkoutSessions.list({ linkId: link.id, limit: 2 });
  const page = await listing;
  expect(page.data.map((one) => one.id)).toEqual(made.slice(0, 2));
  expect(Object.keys(page).sort()).toEqual(["data", "hasMore", "nextCursor"]);
  for (const walk of [listing, page, listing]) expect((await all(walk)).map((one) => one.id)).toEqual(made);
});

test("a walk gives each object once, also while new ones come", async () => {
  const link = await checkout.paymentLinks.create({ title: "Walked", fiatAmount: "1" });
  const made: string[] = [];
  for (let n = 0; n < 7; n += 1) made.unshift((await checkout.checkoutSessions.create({ linkId: link.id })).id);
  const walked: string[] = [];
  for await (const session of checkout.checkoutSessions.list({ linkId: link.id, limit: 3, autoPaginate: true })) {
    walked.push(session.id);
    await checkout.checkoutSessions.create({ linkId: link.id });
  }
  expect(walked).toEqual(made);
});

test("the event log is walked, and caught up with by sequence", async () => {
  const session = await checkout.checkoutSessions.create({ amount });
  const [created] = (await checkout.events.list({ type: "session.created", limit: 1 })).data;
  expect(created?.data.id).toBe(session.id);
  await checkout.checkoutSessions.simulate(session.id, { outcome: "detected" });
  await checkout.checkoutSessions.simulate(session.id, { outcome: "paid" });
  const since = await all(checkout.events.list({ after: created?.sequence ?? 0, limit: 1, autoPaginate: true }));
  const ofSession = since.filter((event) => event.type.startsWith("session."));
  expect(ofSession.map((event) => event.type)).toEqual(["session.detected", "session.paid"]);
  expect(since.map((event) => event.sequence)).toEqual(since.map((_, place) => (created?.sequence ?? 0) + 1 + place));
  const [detected] = ofSession;
  expect(detected?.type === "session.detected" && detected.previousAttributes?.status).toBe("pending");
  expect(await checkout.events.retrieve(since[0]?.id ?? "")).toEqual(since[0]);
});

test("a place that is not in the event log is an error of its own, which says where the log ends", async () => {
  const page = await checkout.events.list({ after: 0, limit: 1 });
  const newest = (await checkout.events.list({ limit: 1 })).data[0]?.sequence;
  for (const place of [{ after: 1_000_000_000 }, { after: 0, log: `log_${"0".repeat(26)}` }]) {
    const error = await thrownBy(checkout.events.list(place));
    expect(error).toBeInstanceOf(SequenceAheadError);
    expect(error).toMatchObject({ code: "sequence_ahead", logId: page.logId, newestSequence: newest });
    expect(String(error)).toContain(`list with after: 0`);
    expect(String(error)).toContain(`go on from after: ${newest}`);
  }
  expect((await checkout.events.list({ after: newest ?? 0, log: page.logId ?? "" })).data).toEqual([]);
});

test("money is captured, refunded and decided on", async () => {
  const open = (more: object) => checkout.checkoutSessions.create({ amount, ...more }, { expand: "order" });
  const held = await open({ captureMethod: "manual" });
  await checkout.checkoutSessions.simulate(held.id, { payer: "payer_authorizes" });
  const paymentId = held.order?.paymentId ?? "";
  await checkout.payments.capture(paymentId, { amount: "20.00", cancelRemainder: false });
  expect((await checkout.payments.cancel(paymentId)).status).toBe("succeeded");
  const refund = await checkout.refunds.create({ paymentId, reason: "other", destination: "refund_stays_pending" });
  expect((await checkout.refunds.settle(refund.id, { txHash: "0xa" })).status).toBe("succeeded");
  expect((await checkout.refunds.retrieve(refund.id)).amount).toBe("20.00");
  expect((await checkout.refunds.list({ paymentId })).data).toHaveLength(1);
  expect((await checkout.refunds.update(refund.id, { metadata: { a: 1 } })).metadata).toEqual({ a: 1 });
  await expect(checkout.refunds.cancel(refund.id)).rejects.toThrow();
  const moved = (await checkout.transactions.list({ paymentId })).data;
  expect(moved.map((one) => one.kind)).toEqual(["refund", "capture"]);
  expect(await checkout.transactions.retrieve(moved[0]?.id ?? "")).toEqual(moved[0]);
  expect((await checkout.payments.update(paymentId, { metadata: null })).amounts.refunded).toBe("20.00");
  expect((await checkout.payments.retrieve(paymentId)).captureMethod).toBe("manual");
  expect((await checkout.payments.list({ sessionId: held.id })).data).toHaveLength(1);

  const unusual = async (outcome: "underpaid" | "overpaid") => {
    const session = await open({});
    await checkout.checkoutSessions.simulate(session.id, { outcome });
    return session.order?.id ?? "";
  };
  expect((await checkout.orders.accept(await unusual("underpaid"))).status).toBe("paid");
  expect((await checkout.orders.wait(await unusual("underpaid"))).decision).toBe("waiting");
  const overpaid = await checkout.orders.refund(await unusual("overpaid"), { what: "excess" });
  expect([overpaid.status, overpaid.refunded]).toEqual(["paid", "25.00"]);
  expect((await checkout.orders.update(overpaid.id, { fulfillment: "fulfilled" })).fulfillment).toBe("fulfilled");
  expect((await checkout.orders.list({ sessionId: overpaid.sessionId })).data[0]?.id).toBe(overpaid.id);
  expect((await checkout.checkoutSessions.retrieve(overpaid.sessionId, { expand: "order" })).order?.id).toBe(overpaid.id);
});

test("what an object names is put into it, as deep as it is asked for", async () => {
  const customer = await checkout.customers.create({ email: `ada-${Date.now()}@example.com` });
  const expand = ["order.customer", "payment.transactions"];
  const session = await checkout.checkoutSessions.create({ amount, customerId: customer.id }, { expand });
  expect(session.order?.customer).toEqual(customer);
  expect(session.payment?.transactions).toEqual({ data: [], hasMore: false, nextCursor: null });
  await checkout.checkoutSessions.simulate(session.id, { outcome: "paid" });
  const payment = await checkout.payments.retrieve(session.payment?.id ?? "", { expand: "transactions,order.session" });
  expect(payment.transactions?.data[0]?.kind).toBe("transfer");
  expect([payment.order?.session?.status, payment.customer]).toEqual(["paid", undefined]);
  for await (const order of checkout.orders.list({ customerId: customer.id, expand: ["customer"], autoPaginate: true })) {
    expect(order.customer?.email).toBe(customer.email);
  }
});

test("products, coupons and promotion codes are made, found and changed", async () => {
  const product = await checkout.products.create({ name: "Mug", price: "12.00", metadata: { shelf: 3 } });
  expect(await checkout.products.retrieve(product.id)).toEqual(product);
  expect((await checkout.products.update(product.id, { pricing: "buyer", priceMin: "5" })).priceMin).toBe("5.00");
  expect((await checkout.products.list({ limit: 1 })).data[0]?.pricing).toBe("buyer");
  const coupon = await checkout.coupons.create({
    name: "Spring",
    discountType: "percentage",
    discountPercentage: "12.50",
    maxRedemptions: 5,
  });
  expect(coupon.discountPercentage).toBe("12.5");
  const code = `spring-${Date.now()}`;
  const promotion = await checkout.promotionCodes.create({ code, couponId: coupon.id });
  const found = await checkout.promotionCodes.list({ code: code.toUpperCase(), expand: ["coupon"] });
  expect(found.data).toEqual([{ ...promotion, coupon }]);
  expect((await checkout.promotionCodes.retrieve(promotion.id)).coupon).toBeUndefined();
  const session = await checkout.checkoutSessions.create({ amount, promotionCode: code });
  const [redemption] = (await checkout.redemptions.list({ couponId: coupon.id, expand: ["session"] })).data;
  expect([redemption?.status, redemption?.amount]).toEqual(["reserved", "6.25"]);
  expect(redemption?.session).toEqual(session);
  const again = await checkout.redemptions.retrieve(redemption?.id ?? "", { expand: "promotionCode" });
  expect(again.promotionCode?.reservedRedemptions).toBe(1);
  expect((await checkout.promotionCodes.update(promotion.id, { active: false })).active).toBe(false);
  expect((await checkout.coupons.update(coupon.id, { name: "Summer" })).name).toBe("Summer");
  expect(await checkout.coupons.list({ active: true, limit: 1 })).toMatchObject({ data: [{ id: coupon.id }] });
});

test("customers are made, found, changed and paged by number", async () => {
  const tag = `ts-${Date.now()}`;
  const made = [];
  for (const n of [1, 2, 3]) {
    made.unshift(await checkout.customers.create({ reference: `${tag}-${n}`, metadata: { n } }));
  }
  expect(await checkout.customers.retrieve(made[0]?.id ?? "")).toEqual(made[0]);
  expect((await checkout.customers.update(made[0]?.id ?? "", { name: "Ada" })).name).toBe("Ada");
  expect((await checkout.customers.list({ reference: `${tag}-2` })).data).toEqual([made[1]]);
  const page = await checkout.customers.list({ limit: 2 });
  expect(page).toMatchObject({ page: 1, limit: 2 });
  const walked = await all(checkout.customers.list({ limit: 2 }));
  expect(walked).toHaveLength(page.total);
  expect(walked.slice(0, 3).map((one) => one.id)).toEqual(made.map((one) => one.id));
});

describe("webhooks", () => {
  let receiver: Awaited<ReturnType<typeof scripted>>;

  beforeAll(async () => {
    receiver = await scripted();
  });
  afterAll(() => receiver.close());

  test("an endpoint is made, tested, changed and deleted; what it was sent is verified and sent again", async () => {
    const endpoint = await checkout.webhookEndpoints.create({ url: `${receiver.url}/in`, events: ["session.paid"] });
    const { secret } = endpoint;
    if (secret === null) return expect.unreachable("a new endpoint shows its secret");
    expect(secret.startsWith(endpoint.secretPrefix)).toBe(true);
    expect(await checkout.webhookEndpoints.retrieve(endpoint.id)).not.toHaveProperty("secret");
    expect((await checkout.webhookEndpoints.test(endpoint.id)).delivered).toBe(true);

    const session = await checkout.checkoutSessions.create({ amount, metadata: { order: "größer" } });
    await checkout.checkoutSessions.simulate(session.id, { outcome: "paid" });
    const [, sent] = await receiver.arrived(2);
    const verify = (payload = sent?.body ?? ""): Promise<CheckoutEvent> =>
      verifyWebhook({ payload, signature: sent?.headers["x-webhook-signature"] as string, secret });
    const event = await verify();
    expect(event.type).toBe("session.paid");
    if (event.type === "session.paid") expect(event.data.metadata).toEqual({ order: "größer" });
    expect(event.data.id).toBe(session.id);
    await expect(verify(`${sent?.body} `)).rejects.toThrow("does not fit");

    const { data } = await checkout.webhookEndpoints.deliveries(endpoint.id);
    const delivery = data.find((one) => one.eventId === event.id);
    const again = await checkout.webhookDeliveries.replay(delivery?.id ?? "");
    const [, , replayed] = await receiver.arrived(3);
    expect(JSON.parse(replayed?.body ?? "")).toMatchObject({ id: event.id });
    expect((await checkout.webhookDeliveries.retrieve(again.id)).eventId).toBe(event.id);

    const [also] = await checkout.events.replay(event.id, { endpointId: endpoint.id });
    expect(also?.eventId).toBe(event.id);
    // What is still on its way is left out of a replay.
    await vi.waitUntil(async () => (await checkout.webhookDeliveries.retrieve(also?.id ?? "")).status === "delivered", {
      timeout: 15_000,
    });
    const range = { after: event.sequence - 1, before: event.sequence + 1 };
    expect((await checkout.webhookEndpoints.replay(endpoint.id, range)).deliveries).toBe(1);
    await receiver.arrived(5);
    const rotated = await checkout.webhookEndpoints.rotateSecret(endpoint.id, { overlapSeconds: 60 });
    expect(rotated.secret).not.toBe(secret);
    for (const made of [endpoint, rotated]) {
      const printed = [inspect(made, { showHidden: true, depth: 9 }), format("%o %O %j", made, made, made)];
      printed.push(JSON.stringify({ made }), inspect(new Map([[1, [made]]]), { depth: 9 }));
      for (const text of printed) {
        expect(text).not.toContain(made.secret);
        expect(text).toContain(`${made.secretPrefix}…`);
      }
    }

    expect((await checkout.webhookEndpoints.update(endpoint.id, { active: false })).active).toBe(false);
    expect((await checkout.webhookEndpoints.list({ limit: 100 })).data.map((one) => one.id)).toContain(endpoint.id);
    expect((await checkout.webhookEndpoints.del(endpoint.id)).deleted).toBe(true);
  });
});

describe("errors of the real server", () => {
  test("400 names the field", async () => {
    const error = await thrownBy(checkout.paymentLinks.create({ title: "Pro plan", fiatAmount: "10.005" }));
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({ name: "InvalidRequestError", status: 400, type: "invalid_request", param: "fiatAmount" });
    expect((error as InvalidRequestError).requestId).toMatch(/^req_/);
    expect((error as InvalidRequestError).docUrl).toMatch(/\/docs\/errors\/invalid_body$/);
  });

  test("401 says what is wrong with the key, and does not repeat it", async () => {
    const error = await thrownBy(client({ apiKey: server.revokedKey }).events.list());
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: "invalid_api_key", reason: "revoked" });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(server.revokedKey);
  });

  test("403 names both sides of the missing scope", async () => {
    const error = await thrownBy(client({ apiKey: server.narrowKey }).paymentLinks.list());
    expect(error).toBeInstanceOf(PermissionDeniedError);
    expect(error).toMatchObject({ status: 403, requiredScope: "links:read", grantedScopes: ["events:read"] });
  });

  test("404 is the same for absent and forbidden", async () => {
    const error = await thrownBy(checkout.events.retrieve("evt_01hxyz0000000000000000000"));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ status: 404, type: "not_found", code: "not_found" });
  });
});

test("what the types refuse", () => {
  // Never called: the compiler reads it.
  const refused = (): void => {
    // @ts-expect-error a price is text, never a float
    void checkout.paymentLinks.create({ title: "a", fiatAmount: 9.99 });
    // @ts-expect-error an unknown field
    void checkout.checkoutSessions.create({ amont: amount });
    // @ts-expect-error an unknown outcome
    void checkout.checkoutSessions.simulate("cs_1", { outcome: "stolen" });
    // @ts-expect-error a walk is no promise of a page
    void checkout.events.list({ autoPaginate: true }).then();
    // @ts-expect-error a webhook is verified later, so what comes back at once is no event
    void verifyWebhook({ payload: "", signature: "", secret: "" }).type;
    // @ts-expect-error a read carries no idempotency key
    void checkout.events.retrieve("evt_1", { idempotencyKey: "x" });
  };
  expect(refused).toBeTypeOf("function");
});
