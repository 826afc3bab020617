import { CheckoutSessions } from "./resources/checkoutSessions.js";
import { Coupons } from "./resources/coupons.js";
import { Customers } from "./resources/customers.js";
import { Events } from "./resources/events.js";
import { Orders } from "./resources/orders.js";
import { PaymentLinks } from "./resources/paymentLinks.js";
import { Payments } from "./resources/payments.js";
import { Products } from "./resources/products.js";
import { PromotionCodes } from "./resources/promotionCodes.js";
import { TestClocks } from "./resources/testClocks.js";
import { Redemptions } from "./resources/redemptions.js";
import { Refunds } from "./resources/refunds.js";
import { Transactions } from "./resources/transactions.js";
import { Reports } from "./resources/reports.js";
import { Search } from "./resources/search.js";
import { Transfers } from "./resources/transfers.js";
import { UnassignedTransfers } from "./resources/unassignedTransfers.js";
import { Usage } from "./resources/usage.js";
import { WebhookDeliveries } from "./resources/webhookDeliveries.js";
import { WebhookEndpoints } from "./resources/webhookEndpoints.js";
import { Transport, type TransportOptions } from "./transport.js";

export type CheckoutClientOptions = TransportOptions;

/**
 * A checkout server, as seen with one API key.
 *
 * The key is set once, here, and sent with every request. Every mutating call carries an `Idempotency-Key`, a fresh
 * UUID unless you give one. Calls are repeated, with the same one, when no answer came, when the server was busy
 * (429, 502, 503, 504), and when the first attempt is still running (409 with `Retry-After`).
 */
export class CheckoutClient {
  /** The server's origin. */
  readonly baseUrl: string;
  readonly paymentLinks: PaymentLinks;
  readonly checkoutSessions: CheckoutSessions;
  readonly webhookEndpoints: WebhookEndpoints;
  readonly webhookDeliveries: WebhookDeliveries;
  readonly events: Events;
  readonly customers: Customers;
  readonly products: Products;
  readonly coupons: Coupons;
  readonly promotionCodes: PromotionCodes;
  readonly redemptions: Redemptions;
  readonly testClocks: TestClocks;
  readonly orders: Orders;
  readonly payments: Payments;
  readonly transactions: Transactions;
  readonly refunds: Refunds;
  readonly transfers: Transfers;
  readonly unassignedTransfers: UnassignedTransfers;
  readonly search: Search;
  readonly usage: Usage;
  readonly reports: Reports;

  /** Throws `ConfigurationError` if the key or `baseUrl` is missing or malformed. */
  constructor(options: CheckoutClientOptions = {}) {
    const transport = new Transport(options);
    this.baseUrl = transport.baseUrl;
    this.paymentLinks = new PaymentLinks(transport);
    this.checkoutSessions = new CheckoutSessions(transport);
    this.webhookEndpoints = new WebhookEndpoints(transport);
    this.webhookDeliveries = new WebhookDeliveries(transport);
    this.events = new Events(transport);
    this.customers = new Customers(transport);
    this.products = new Products(transport);
    this.coupons = new Coupons(transport);
    this.promotionCodes = new PromotionCodes(transport);
    this.redemptions = new Redemptions(transport);
    this.testClocks = new TestClocks(transport);
    this.orders = new Orders(transport);
    this.payments = new Payments(transport);
    this.transactions = new Transactions(transport);
    this.refunds = new Refunds(transport);
    this.transfers = new Transfers(transport);
    this.unassignedTransfers = new UnassignedTransfers(transport);
    this.search = new Search(transport);
    this.usage = new Usage(transport);
    this.reports = new Reports(transport);
  }
}
