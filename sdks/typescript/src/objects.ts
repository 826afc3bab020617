/**
 * What the server takes and answers. The shapes are generated from its OpenAPI document (`openapi.ts`); here they
 * get their names, and what the document cannot say.
 *
 * Instants are RFC 3339 text in UTC, money is decimal text. Words such as a status may grow: the known ones are
 * offered, and a new one is no type error.
 *
 * What `expand` asks for stands beside the id that names it (`customer` beside `customerId`): undefined where nobody
 * asked, null where nothing is named.
 */

import type { components, operations } from "./openapi.js";

type Schemas = components["schemas"];

/** One flat type instead of a chain of operators, for whoever reads it in an editor. */
type Flat<T> = { [K in keyof T]: T[K] } & {};

/** One of these, or a word that a newer server knows. */
type Open<Known extends string> = Known | (string & {});

/** A value of an answer whose words may all be ones that a newer server knows; what it is, `object`, is none of them. */
type Opened<V> = V extends string
  ? string extends V
    ? V
    : Open<V>
  : V extends readonly (infer Item)[]
    ? Opened<Item>[]
    : V extends object
      ? { [K in keyof V]: K extends "object" ? V[K] : Opened<V[K]> }
      : V;

/** An answer with what the document leaves open said exactly. */
type Answer<T, Exact extends object = object> = Flat<
  Opened<Omit<T, "object" | keyof Exact>> &
    (T extends { object?: infer O } ? { object: Exclude<O, undefined> } : object) &
    Exact
>;

/** A part of an answer. */
type Part<T> = Flat<Opened<T>>;

type Query<Operation extends keyof operations> = Flat<
  Exclude<operations[Operation]["parameters"]["query"], undefined>
>;

/** A list that `expand` put into an object: the newest. The list's own method goes on from `nextCursor`. */
export interface ListOf<T> {
  data: T[];
  hasMore: boolean;
  nextCursor: string | null;
}

/** What you keep with an object: at most 50 keys. */
export type Metadata = Record<string, unknown>;

export type Amount = Flat<Schemas["Amount"]>;
export type CryptoAmount = Part<Schemas["CryptoAmount"]>;
export type FiatAmount = Part<Schemas["FiatAmount"]>;

export type SessionStatus = Schemas["SessionStatus"];
/** What is unusual about money; several may be true at once. */
export type MoneyException = Schemas["CheckoutSessionObject"]["exceptions"][number];
export type Outcome = Schemas["Outcome"];

export type PaymentLink = Answer<Schemas["PaymentLinkObject"]>;
export type LineItem = Answer<Schemas["LineItemObject"], { product?: Product | null }>;
export type Discount = Answer<
  Schemas["DiscountObject"],
  { coupon?: Coupon | null; promotionCode?: PromotionCode | null }
>;
export type OrderAmounts = Part<Schemas["OrderAmounts"]>;
export type OrderStatus = Schemas["OrderStatus"];
export type Order = Answer<
  Schemas["OrderObject"],
  {
    status: Open<OrderStatus>;
    exceptions: Open<MoneyException>[];
    lineItems: LineItem[];
    discounts: Discount[];
    amounts: OrderAmounts;
    metadata: Metadata | null;
    session?: CheckoutSession | null;
    payment?: Payment | null;
    customer?: Customer | null;
    refunds?: ListOf<Refund>;
  }
>;
export type PaymentStatus = Schemas["PaymentState"];
export type PaymentAmounts = Part<Schemas["PaymentAmounts"]>;
export type Decline = Part<Schemas["DeclineObject"]>;
export type Payment = Answer<
  Schemas["PaymentObject"],
  {
    amounts: PaymentAmounts;
    lastDecline: Decline | null;
    status: Open<PaymentStatus>;
    exceptions: Open<MoneyException>[];
    metadata: Metadata | null;
    order?: Order | null;
    session?: CheckoutSession | null;
    customer?: Customer | null;
    transactions?: ListOf<Transaction>;
    refunds?: ListOf<Refund>;
  }
>;
export type Transaction = Answer<Schemas["TransactionObject"], { payment?: Payment | null; order?: Order | null }>;
export type UnassignedStatus = Schemas["UnassignedStatus"];
export type UnassignedTransfer = Answer<
  Schemas["UnassignedTransferObject"],
  { status: Open<UnassignedStatus>; suggestedOrder?: Order | null; order?: Order | null }
>;
export type RefundLink = Answer<Schemas["RefundLinkObject"]>;
export type RefundStatus = Schemas["RefundStatus"];
export type Refund = Answer<
  Schemas["RefundObject"],
  {
    status: Open<RefundStatus>;
    metadata: Metadata | null;
    payment?: Payment | null;
    order?: Order | null;
    transaction?: Transaction | null;
  }
>;
/** The exchange rate that was locked, and the rates that it is made of. */
export type ExchangeRate = Part<Schemas["RateObject"]>;
export type ExchangeRateLeg = Part<Schemas["RateLegObject"]>;
/** One way to pay a session on a network. */
export type PaymentOption = Part<Schemas["PaymentOptionObject"]>;
/** What the recipient of an item got on a chain. */
export type Token = Part<Schemas["Token"]>;
export type Delivery = Part<Schemas["DeliveryObject"]>;
export type CheckoutSession = Answer<
  Schemas["CheckoutSessionObject"],
  {
    status: Open<SessionStatus>;
    exceptions: Open<MoneyException>[];
    metadata: Metadata | null;
    order?: Order | null;
    payment?: Payment | null;
    customer?: Customer | null;
    paymentLink?: PaymentLink | null;
    coupon?: Coupon | null;
    promotionCode?: PromotionCode | null;
    testClock?: TestClock | null;
  }
>;
export type WebhookEndpoint = Answer<Schemas["WebhookEndpointObject"]>;
/**
 * `secret` is there this one time; null when this is the repeated answer to a repeated request whose first answer was
 * lost: then `rotateSecret` gives another.
 */
export type CreatedWebhookEndpoint = Answer<Schemas["CreatedWebhookEndpointObject"]>;
export type DeletedWebhookEndpoint = Answer<Schemas["DeletedObject"], { deleted: boolean }>;
export type DeliveryAttempt = Part<Schemas["AttemptObject"]>;
export type WebhookTest = Answer<Schemas["WebhookTestObject"]>;
export type WebhookReplay = Answer<Schemas["WebhookReplayObject"]>;
export type DeliveryStatus = Schemas["WebhookDeliveryObject"]["status"];
export type WebhookDelivery = Answer<Schemas["WebhookDeliveryObject"], { status: Open<DeliveryStatus> }>;
export type Customer = Answer<Schemas["CustomerObject"], { metadata: Metadata | null }>;
export type Product = Answer<Schemas["ProductObject"], { metadata: Metadata | null }>;
export type Coupon = Answer<Schemas["CouponObject"], { metadata: Metadata | null }>;
export type PromotionCode = Answer<
  Schemas["PromotionCodeObject"],
  { metadata: Metadata | null; coupon?: Coupon | null }
>;

/** The outcome of a transaction, the networks that know it first. */
export type TransferMovement = Part<Schemas["MovementObject"]>;
export type TransferOnNetwork = Part<Schemas["OnNetworkObject"]>;
export type SearchResult = Answer<Schemas["SearchResultObject"]>;
export type MonthlyReport = Answer<Schemas["MonthlyReportObject"]>;
export type ReportLine = Part<Schemas["ReportLineObject"]>;
export type Balances = Part<Schemas["BalancesObject"]>;
export type SearchResults = Answer<Schemas["SearchResultsObject"]>;
export type RenderUsage = Answer<Schemas["UsageObject"]>;
export type KeyUsage = Part<Schemas["KeyUsageObject"]>;
export type TransferExplanation = Answer<Schemas["TransferExplanationObject"]>;

export type RedemptionStatus = Schemas["RedemptionStatus"];
/** One session's place in a coupon: `amount` is what is taken off its order. */
export type Redemption = Answer<
  Schemas["RedemptionObject"],
  {
    status: Open<RedemptionStatus>;
    coupon?: Coupon | null;
    promotionCode?: PromotionCode | null;
    customer?: Customer | null;
    session?: CheckoutSession | null;
    order?: Order | null;
  }
>;

/** An API key as events show it: never its text. */
export interface ApiKey {
  id: string;
  object: "api_key";
  livemode: boolean;
  kind: Open<"secret" | "publishable">;
  name: string;
  prefix: string;
  lastFour: string;
  scopes: string[];
  status: Open<"active" | "disabled" | "revoked">;
  canary: boolean;
  createdAt: string;
  expiresAt: string | null;
  exposedAt: string | null;
  exposedHow: string | null;
  disabledAt: string | null;
  disabledReason: string | null;
  revokedAt: string | null;
  revokedReason: string | null;
}
/** What a shopper approves once, and orders are made with later; as events show it. */
export interface PaymentToken {
  id: string;
  object: "payment_token";
  livemode: boolean;
  status: Open<"requires_authorization" | "active" | "disabled" | "rejected" | "deleted">;
  reference: string | null;
  metadata: Metadata | null;
  createdAt: string;
  updatedAt: string;
}
/** A document that was asked for, as events show it. */
export interface Render {
  id: string;
  object: "render";
  livemode: boolean;
  templateId: string;
  versionNumber: number;
  status: Open<"succeeded" | "failed">;
  errorMessage: string | null;
  pages: number | null;
  createdAt: string;
  completedAt: string | null;
}

export interface Alert {
  id: string;
  object: "alert";
  livemode: boolean;
  kind: Open<
    | "needs_review"
    | "unassigned_transfer"
    | "endpoint_failing"
    | "key_expiring"
    | "key_exposed"
    | "new_device"
    | "setting_changed"
    | "refund_reorganized"
    | "network_behind"
    | "network_disagreement"
    | "network_reorganized"
    | "token_changed"
  >;
  subjectId: string;
  detail: Record<string, string>;
  createdAt: string;
}
export type TestClock = Answer<Schemas["TestClockObject"]>;

/** What each event type is about. */
export interface EventData {
  "session.created": CheckoutSession;
  "session.detected": CheckoutSession;
  "session.paid": CheckoutSession;
  "session.paid_late": CheckoutSession;
  "session.underpaid": CheckoutSession;
  "session.overpaid": CheckoutSession;
  "session.expired": CheckoutSession;
  "session.failed": CheckoutSession;
  "session.updated": CheckoutSession;
  "payment_link.created": PaymentLink;
  "payment_link.updated": PaymentLink;
  "customer.created": Customer;
  "customer.updated": Customer;
  "customer.erased": Customer;
  "webhook_endpoint.failing": WebhookEndpoint;
  "webhook_endpoint.disabled": WebhookEndpoint;
  "product.created": Product;
  "product.updated": Product;
  "coupon.created": Coupon;
  "coupon.updated": Coupon;
  "promotion_code.created": PromotionCode;
  "promotion_code.updated": PromotionCode;
  "order.processing": Order;
  "order.review": Order;
  "order.paid": Order;
  "order.expired": Order;
  "order.canceled": Order;
  "order.refunded": Order;
  "order.delivered": Order;
  "order.delivery_failed": Order;
  "order.updated": Order;
  "api_key.exposed": ApiKey;
  "api_key.canary_used": ApiKey;
  "api_key.disabled": ApiKey;
  "api_key.enabled": ApiKey;
  "api_key.revoked": ApiKey;
  "api_key.expiring": ApiKey;
  "api_key.expired": ApiKey;
  "payment.detected": Payment;
  "payment.declined": Payment;
  "payment.requires_capture": Payment;
  "payment.captured": Payment;
  "payment.review": Payment;
  "payment.succeeded": Payment;
  "payment.expired": Payment;
  "payment.canceled": Payment;
  "payment.failed": Payment;
  "payment.updated": Payment;
  "refund.created": Refund;
  "refund.succeeded": Refund;
  "refund.failed": Refund;
  "refund.canceled": Refund;
  "refund.reorganized": Refund;
  "refund.updated": Refund;
  "unassigned_transfer.created": UnassignedTransfer;
  "unassigned_transfer.assigned": UnassignedTransfer;
  "unassigned_transfer.returned": UnassignedTransfer;
  "unassigned_transfer.updated": UnassignedTransfer;
  "payment_token.created": PaymentToken;
  "payment_token.approved": PaymentToken;
  "payment_token.rejected": PaymentToken;
  "payment_token.enabled": PaymentToken;
  "payment_token.disabled": PaymentToken;
  "payment_token.deleted": PaymentToken;
  "payment_token.used": PaymentToken;
  "render.succeeded": Render;
  "render.failed": Render;
  "alert.needs_review": Alert;
  "alert.unassigned_transfer": Alert;
  "alert.endpoint_failing": Alert;
  "alert.key_expiring": Alert;
  "alert.key_exposed": Alert;
  "alert.new_device": Alert;
  "alert.setting_changed": Alert;
  "alert.refund_reorganized": Alert;
  "alert.network_behind": Alert;
  "alert.network_disagreement": Alert;
  "alert.network_reorganized": Alert;
  "alert.token_changed": Alert;
}

export type EventType = keyof EventData;

/**
 * Something that happened. `data` is the object as it was at that moment, `previousAttributes` what its changed
 * fields held before. Branch on `type`, with a default.
 */
export type CheckoutEvent = {
  [Type in EventType]: Answer<
    Schemas["EventObject"],
    { type: Type; data: EventData[Type]; previousAttributes: Partial<EventData[Type]> | null }
  >;
}[EventType];

export type CreatePaymentLink = Flat<Schemas["CreatePaymentLink"]>;
export type UpdatePaymentLink = Flat<Schemas["UpdatePaymentLink"]>;
export type ListPaymentLinks = Query<"payment_links_list_all">;
export type CreateCheckoutSession = Flat<Schemas["CreateCheckoutSession"]>;
export type ListCheckoutSessions = Query<"checkout_sessions_list_all">;
export type ListOrders = Query<"orders_list_all">;
export type UpdateOrder = Flat<Schemas["UpdateOrder"]>;
export type DeliverItems = Flat<Schemas["DeliverItems"]>;
export type FailDelivery = Flat<Schemas["FailDelivery"]>;
export type RefundOrder = Flat<Schemas["RefundOrder"]>;
export type ChoosePaymentOption = Flat<Schemas["ChoosePaymentOption"]>;
export type ReceivePayment = Flat<Schemas["ReceivePayment"]>;
export type SimulatePayment = Flat<Schemas["SimulatePayment"]>;
export type ListPayments = Query<"payments_list_all">;
export type UpdatePayment = Flat<Schemas["UpdatePayment"]>;
export type CapturePayment = Flat<Schemas["CapturePayment"]>;
export type ListTransactions = Query<"transactions_list_transactions">;
export type CreateRefund = Flat<Schemas["CreateRefund"]>;
export type ListRefunds = Query<"refunds_list_all">;
export type UpdateRefund = Flat<Schemas["UpdateRefund"]>;
export type SettleRefund = Flat<Schemas["SettleRefund"]>;
export type CreateRefundLink = Flat<Schemas["CreateRefundLink"]>;
export type ListUnassigned = Query<"unassigned_transfers_list_all">;
export type AssignTransfer = Flat<Schemas["AssignTransfer"]>;
export type ReturnTransfer = Flat<Schemas["ReturnTransfer"]>;
export type CreateWebhookEndpoint = Flat<Schemas["CreateWebhookEndpoint"]>;
export type UpdateWebhookEndpoint = Flat<Schemas["UpdateWebhookEndpoint"]>;
export type ListWebhookEndpoints = Query<"webhook_endpoints_list_all">;
export type ListWebhookDeliveries = Query<"webhook_endpoints_list_deliveries">;
export type RotateSecret = Flat<Schemas["RotateSecret"]>;
export type ReplayRange = Flat<Schemas["ReplayRange"]>;
export type ReplayEvent = Flat<Schemas["ReplayEvent"]>;
export type ListEvents = Query<"events_list_all">;
export type CreateCustomer = Flat<Schemas["CreateCustomer"]>;
export type UpdateCustomer = Flat<Schemas["UpdateCustomer"]>;
export type ListCustomers = Query<"customers_list_all">;
export type CreateProduct = Flat<Schemas["CreateProduct"]>;
export type UpdateProduct = Flat<Schemas["UpdateProduct"]>;
export type ListProducts = Query<"products_list_all">;
export type CreateCoupon = Flat<Schemas["CreateCoupon"]>;
export type UpdateCoupon = Flat<Schemas["UpdateCoupon"]>;
export type ListCoupons = Query<"coupons_list_all">;
export type CreatePromotionCode = Flat<Schemas["CreatePromotionCode"]>;
export type UpdatePromotionCode = Flat<Schemas["UpdatePromotionCode"]>;
export type ListRedemptions = Query<"redemptions_list_all">;
export type CreateTestClock = Flat<Schemas["CreateTestClock"]>;
export type AdvanceTestClock = Flat<Schemas["AdvanceTestClock"]>;
export type ListTestClocks = Query<"test_clocks_list_all">;
export type ListPromotionCodes = Query<"promotion_codes_list_all">;
