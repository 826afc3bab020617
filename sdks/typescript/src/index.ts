export { CheckoutClient, type CheckoutClientOptions } from "./client.js";
export * from "./errors.js";
export type * from "./objects.js";
export type { Listing, NumberedPage, OnePage, Page, Walk } from "./pages.js";
export { etagOf, type CallOptions, type Expanding, type Limits, type ReadOptions } from "./transport.js";
export { verifyWebhook, type Webhook } from "./webhooks.js";
