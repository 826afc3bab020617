"""A page for each error code: what it means, what it looks like, and what to do about it.

The meaning and the status are those of ``errors.ERRORS``; here is what a reader needs beyond them. A test in
``tests/house`` holds that each code has its page, one in ``tests/api`` that the server says what the page shows.
"""

import json
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec

from tillgate.api.errors import ERRORS, PAGES_PATH, ErrorBody, ErrorEnvelope, ErrorKind

REQUEST_ID: Final = "req_01j9zk5v8e4w7m2q6r3t5y8x0a"
EXAMPLE_URL: Final = "https://your-domain.com"

# RFC 9110's words, which Python learnt in 3.13.
_PHRASES: Final = {413: "Content Too Large"}


class ErrorPage(NamedTuple):
    """What a page says beyond the table.

    Attributes:
        todo: what the reader is to do, in Markdown.
        message: of the example, as the server words it.
        more: the example's other fields, by their names in ``ErrorBody``.
        header: a header that comes with it and matters, as one line.
    """

    todo: str
    message: str
    more: dict[str, Any] = {}  # noqa: RUF012 — a NamedTuple's default, never changed
    header: str = ""


# Codes that are met in the same places, or taken for one another.
RELATED: Final = (
    ("invalid_api_key", "missing_scope", "secret_key_required", "wrong_mode", "https_required", "project_suspended"),
    ("address_not_allowed", "origin_not_allowed", "app_not_allowed"),
    ("client_secret_missing", "client_secret_wrong", "secret_key_required"),
    ("test_mode_only", "live_mode_not_configured", "currency_not_accepted", "wrong_mode"),
    ("invalid_body", "invalid_query", "body_too_large", "unsupported_media_type"),
    ("unknown_path", "method_not_allowed", "not_found"),
    ("conflict", "session_changed"),
    ("link_inactive", "link_expired", "link_used_up", "link_archived"),
    ("session_not_payable", "session_not_pending", "session_not_cancelable"),
    ("nothing_to_accept", "nothing_to_wait_for", "nothing_to_refund", "order_not_deliverable"),
    ("payment_not_capturable", "payment_not_cancelable", "capture_exceeds_authorization"),
    ("refund_exceeds_received", "refund_not_pending", "refund_being_sent", "nothing_to_refund"),
    ("refund_not_proved", "refund_without_destination", "refund_being_sent"),
    ("refund_asks_no_address", "refund_without_email", "refund_without_destination"),
    ("transfer_not_open", "nothing_to_accept"),
    ("discount_inactive", "discount_expired", "discount_used_up", "discount_not_applicable", "promotion_code_exists"),
    ("order_reference_taken", "product_reference_taken", "customer_exists", "promotion_code_exists"),
    ("customer_erased", "customer_exists"),
    ("product_inactive", "link_inactive"),
    ("too_many_webhook_endpoints", "delivery_not_replayable", "sequence_ahead"),
    ("test_clock_full", "test_mode_only"),
    ("idempotency_key_reused", "idempotency_key_in_use", "invalid_idempotency_key"),
    ("precondition_failed", "invalid_if_match", "session_changed"),
    ("document_not_issued", "document_not_ready", "documents_not_installed"),
    ("rate_limited", "quota_exceeded", "unavailable", "internal_error"),
)

PAGES: Final[dict[str, ErrorPage]] = {
    "invalid_api_key": ErrorPage(
        "Look at `reason`:\n\n"
        "- `missing`: send `Authorization: Bearer <key>`. Some HTTP clients drop the header on a redirect.\n"
        "- `malformed`: the key was cut off, quoted or mistyped; its checksum does not match. Copy it again.\n"
        "- `unknown`: the key was created on another installation. Check the address that you call.\n"
        "- `revoked`, `expired`: create a new key in the dashboard or with `tillgate keys create`.\n"
        "- `disabled`: enable it, or use another.\n"
        "- `superseded`: the key was rotated; use the new secret.\n"
        "- `ambiguous`: two different credentials were sent; send one.\n"
        "- `key_in_url`: send the key in a header, and replace this key: URLs are logged.\n\n"
        "Sending the same request again does not help.",
        "No valid API key was provided.",
        {"reason": "missing", "detail": "Send the header 'Authorization: Bearer <key>'."},
        'WWW-Authenticate: Bearer realm="tillgate"',
    ),
    "missing_scope": ErrorPage(
        "Use a key that has the scope in `requiredScope`: create one, or add the scope to this key. No scope "
        "implies another. If you did not expect this operation, the program may use the wrong key: give each "
        "program its own key with only the scopes it needs.",
        "This key lacks the scope sessions:write, which this operation requires.",
        {"required_scope": "sessions:write", "granted_scopes": ["links:read", "sessions:read"]},
        'WWW-Authenticate: Bearer realm="tillgate", error="insufficient_scope", scope="sessions:write"',
    ),
    "address_not_allowed": ErrorPage(
        "Call from one of the key's networks, or add your address to them. Behind a NAT or an egress proxy, the "
        "outer address counts.",
        "This key cannot be used from this IP address. Add the address to the key's networks, or call from one of "
        "them.",
    ),
    "https_required": ErrorPage(
        "Call the API over `https://`. It does not redirect: a key that was sent over plain HTTP may have been "
        "read, so replace the key as well. Behind a proxy that terminates TLS, have it send `X-Forwarded-Proto: "
        "https` and list it in `TILLGATE_TRUSTED_PROXIES`. For development on your own machine, use `tillgate serve "
        "--dev`.",
        "This request came over plain HTTP, and its key with it. Use https, and replace the key: others may have "
        "read it.",
    ),
    "project_suspended": ErrorPage(
        "The operator of this server has suspended the project, and only the operator can resume it.",
        "The project of this key is suspended. Contact the operator of this server.",
    ),
    "wrong_mode": ErrorPage(
        "Use a key of the other mode. Test keys are refused where live requests are served, and the reverse.",
        "This is a test key. This server accepts keys of the other mode only.",
    ),
    "origin_not_allowed": ErrorPage(
        "Add the page's origin (scheme, host and port, such as `https://shop.example` or `http://localhost:3000`) to "
        "the key. Only browsers send `Origin`; from a server, use a secret key.",
        "This key can be used from its registered web origins only, and the request's Origin header is missing or "
        "not one of them. Add the origin, such as http://localhost:3000, to the key.",
    ),
    "app_not_allowed": ErrorPage(
        "Send `x-app-identifier` with the bundle identifier (iOS) or package name (Android) that is registered for "
        "the key, on every request.",
        "This key can be used by its registered mobile apps only. Send the header x-app-identifier with a bundle "
        "identifier or package name that is registered for the key.",
    ),
    "secret_key_required": ErrorPage(
        "Make this call from your server, with a secret key. Anybody can read a key in a browser or an app, so it "
        "can access only the objects that it created. Where `param` names a field, leave that field out; for a field "
        "that sets a price, see what can be [allowed on the key](../keys.md#what-a-page-may-set).",
        "A publishable key cannot do this. Call from your server, with a secret key.",
    ),
    "client_secret_missing": ErrorPage(
        "Keep the `clientSecret` that was returned when the object was created, and send it with every later "
        "request for that object: `x-api-key: <publishable key>` and `authorization: <client secret>`, without a "
        "scheme.",
        "With a publishable key, this operation requires the object's client secret, which was returned when the "
        "object was created. Send the key as x-api-key and the client secret as authorization.",
    ),
    "client_secret_wrong": ErrorPage(
        "Send the client secret that was returned when this object was created. A lost client secret cannot be "
        "shown again: create a new object.",
        "This client secret does not belong to this object.",
    ),
    "test_mode_only": ErrorPage(
        "Use a test key and a test session. Live payments come from the chain and cannot be simulated: see [test "
        "mode](../test-mode.md).",
        "Payments can be simulated in test mode only; use a test key and a test session.",
    ),
    "invalid_body": ErrorPage(
        "Correct the field that `param` names; nested fields are written with dots, such as `amount.value`. The "
        "[API reference](../reference/api.md) lists each operation's fields. Nothing was changed.",
        "amount.value: Required",
        {"param": "amount.value"},
    ),
    "invalid_query": ErrorPage(
        "Correct or omit the parameter that `param` names. Unknown parameters are refused, so that a misspelt "
        "filter does not return everything.",
        "limit: Expected int >= 1.",
        {"param": "limit"},
    ),
    "body_too_large": ErrorPage(
        "Send a smaller body. Store other data on your side, under a reference in `metadata`; "
        "[limits](../reference/limits.md) lists all limits.",
        "The body is larger than 256 KiB.",
    ),
    "unsupported_media_type": ErrorPage(
        "Send JSON with `Content-Type: application/json`. With curl, `-d` alone sends a form: add "
        '`-H "Content-Type: application/json"`.',
        "Content-Type: expected application/json, got text/plain.",
    ),
    "method_not_allowed": ErrorPage(
        "Use one of the methods in `Allow`. Objects are changed with PATCH, never with PUT.",
        "PUT is not allowed here; use GET, HEAD, POST.",
        header="Allow: GET, HEAD, POST",
    ),
    "unknown_path": ErrorPage(
        "Compare the path with the [API reference](../reference/api.md), or with the OpenAPI document that the "
        "message names. A trailing slash or a double slash makes a different path.",
        "There is no /api/v1/payment_link; the paths are listed in /openapi.json.",
    ),
    "not_found": ErrorPage(
        "Check the id, and the project and mode of the key: a test key cannot read live objects. The answer is the "
        "same for an object that never existed and for one that the caller may not read.",
        "No such checkout session with the id 'cs_01j9zk5v8e4w7m2q6r3t5y8x0a' in this mode and project.",
    ),
    "conflict": ErrorPage(
        "Read the object, then decide again. The same request is refused until the object changes.",
        "The object is not in a state that allows this.",
    ),
    "link_inactive": ErrorPage(
        'Activate the link with `PATCH {"active": true}`, or open the session from another. An archived link stays '
        "archived.",
        "This payment link is deactivated, so no session can be made from it.",
    ),
    "link_expired": ErrorPage(
        'Set a later instant with `PATCH {"expiresAt": …}`, or `null` for none. Sessions that were open when it passed '
        "can still be paid.",
        "This payment link has expired, so no session can be made from it. Set a later expiresAt, or null.",
    ),
    "link_used_up": ErrorPage(
        'Raise the limit with `PATCH {"maxCompletedSessions": …}`, or set it to `null`. A use is a session that was '
        "paid, whatever was refunded later; sessions that were open when the limit was reached can still be paid, and "
        "count too.",
        "This payment link has reached its number of completed sessions, so no session can be made from it. Raise "
        "maxCompletedSessions, or set it to null.",
    ),
    "link_archived": ErrorPage(
        "Create a new link. Archiving is permanent, so that a price that buyers were shown does not change.",
        "This payment link is archived and cannot be changed; create a new one.",
    ),
    "live_mode_not_configured": ErrorPage(
        "Name a network, and set and confirm the project's wallet: [live mode](../live.md). For a treasury, its "
        "contract has to be on a network: `tillgate wallets factory` says how. Sessions are never created with an "
        "address that nobody owns.",
        "No network is set up on this server that serves live payments. Ask the operator to name one: tillgate "
        "networks add.",
    ),
    "currency_not_accepted": ErrorPage(
        "Ask for one of the currencies in the message, let the project take a token that is worth yours, or set a "
        "rate: [tokens](../live.md#tokens), [exchange rates](../live.md#exchange-rates).",
        "No token that this project takes is worth JPY. It can be paid in EUR, USD (EURC, USDC).",
    ),
    "session_not_payable": ErrorPage(
        "Read the session's `status`; [events and webhooks](../reference/events.md#where-a-session-can-go) lists "
        "the statuses that can follow it. To try again, create a new session.",
        "late cannot be simulated for this session: it is paid; only a second payment can still arrive.",
    ),
    "nothing_to_accept": ErrorPage(
        "Read the session. Only a session that is underpaid, overpaid or paid late can be accepted, and somebody "
        "may have decided already.",
        "This session is pending and has no money that waits for your decision.",
    ),
    "session_not_pending": ErrorPage(
        "Read the session. Once money was seen, the outcome of that money decides how the session ends.",
        "Only a pending session can be expired; this one is paid.",
    ),
    "session_not_cancelable": ErrorPage(
        "Read the session. Accept or refund money that was seen; release an authorization with `POST "
        "/payments/{id}/cancel`; an expired session has already ended.",
        "Only a session without money can be canceled, one that is pending or authorized; this one is paid.",
    ),
    "session_changed": ErrorPage(
        "Read the session, then decide again. Another change came first, and yours was not made.",
        "The session was changed by another request. Read it again, then decide.",
    ),
    "order_not_deliverable": ErrorPage(
        "Read the order. Wait until it is `paid`, and name in `lineItemIds` the items that are still open. A delivery "
        "that ended stays as it is: refund a delivered item with `POST /refunds`.",
        "Items can be delivered once their order is paid; this one is open.",
    ),
    "nothing_to_wait_for": ErrorPage(
        "Read the order. Only an `underpaid` one can wait for the rest; accept or refund other unusual payments.",
        "Only an underpaid session can wait for the rest; this one is pending.",
    ),
    "nothing_to_refund": ErrorPage(
        "Read the order. Use `excess` for an overpaid order, and `everything` for an order that is underpaid, "
        "overpaid or paid late. Refund a paid order with `POST /refunds`.",
        "Only an overpaid order has an excess to give back.",
    ),
    "payment_not_capturable": ErrorPage(
        "Read the payment. Only one that is `requires_capture` can be captured, and before `captureBefore`.",
        "Only a payment that requires_capture can be captured; this one is awaiting.",
    ),
    "payment_not_cancelable": ErrorPage(
        "Read the payment. To end a pending session, cancel or expire it; to return money, create a refund.",
        "Only a payment that requires_capture can be canceled; this one is awaiting.",
    ),
    "capture_exceeds_authorization": ErrorPage(
        "Read `amounts.capturable` of the payment. Capture at most that amount, or omit `amount` to capture all of it.",
        "At most 50.00 USD can still be captured of this payment.",
        {"param": "amount"},
    ),
    "refund_exceeds_received": ErrorPage(
        "Read `amounts.refundable` of the payment. Refund at most that amount, or omit `amount` to refund all of "
        "it. A pending refund reserves its amount until it fails or is canceled.",
        "At most 50.00 USD of what came for this payment can still be refunded.",
        {"param": "amount"},
    ),
    "refund_being_sent": ErrorPage(
        "Wait for `refund.succeeded` or `refund.failed`: the network's answer ends it. What failed has not left, and "
        "can be refunded again.",
        "This refund is being sent, and the money may have left already; it can be neither canceled nor recorded by "
        "hand. It ends once its network reports the outcome.",
    ),
    "refund_not_pending": ErrorPage(
        "Read the refund. One that succeeded is already sent; one that failed or was canceled can be created again.",
        "Only a pending refund can be settled or canceled; this one is succeeded.",
    ),
    "refund_not_proved": ErrorPage(
        "Read the message: it says what is different. Compare the transaction with the refund's own `transaction`: its "
        "`asset` and amount, and the refund's whole `destination`. Settle with the transaction that paid exactly that, "
        "once it is in a block.",
        "This transaction pays nothing to the refund's destination.",
        {"param": "txHash"},
    ),
    "refund_without_destination": ErrorPage(
        "Make a link with `POST /refunds/{id}/destination_link`, or have it mailed. `refund.updated` says that the "
        "buyer has confirmed an address; send the money there, and then settle the refund.",
        "This refund has no destination yet. Let its buyer enter one with a link: POST /refunds/{id}/destination_link.",
    ),
    "refund_asks_no_address": ErrorPage(
        "Read the refund. Links are for refunds of payments that came on a network, until their money is sent. Any "
        "other one you send in the way that its payment came.",
        "This refund asks for no address: its payment did not come on a network, or its money was sent already.",
    ),
    "refund_without_email": ErrorPage(
        "Make the link without `mail`, and hand its `url` to the buyer yourself.",
        "The order has no customer with an e-mail address, or one that anybody could have stated. Make a link and hand "
        "it to the buyer yourself.",
    ),
    "transfer_not_open": ErrorPage(
        "Read the transfer. One that is `confirming` can be decided once it is final; one that is `orphaned` is no "
        "part of its chain, and counts again if it comes back. A decision stands: to give back what was assigned, "
        "refund the order.",
        "Only a transfer that is final and open can be assigned or marked returned; this one is orphaned.",
    ),
    "order_reference_taken": ErrorPage(
        "Find the order with `GET /orders?reference=…`. If it is open, send the buyer to its session again; if it "
        "is paid, the money has arrived. To ask for money again, use another reference, or cancel the first order; an "
        "order that has expired or was refunded in full frees its reference, too.",
        "The order ord_01j00000000000000000000000, which is open, has the unique reference 'A-1001'. Go on with that "
        "order and its session; the reference is free again once it is canceled, expired or refunded in full.",
        {"param": "reference"},
    ),
    "promotion_code_exists": ErrorPage(
        "Find the code with `GET /promotion_codes?code=…`, which ignores case. Use that code, or choose another "
        "text. A code that is switched off frees its text.",
        "The promotion code SPRING already exists in this project and mode. Case does not matter. Switch that one off "
        "first, which frees its text.",
    ),
    "product_reference_taken": ErrorPage(
        "Find the product with `GET /products?reference=…`. Update that one, choose another reference, or clear "
        'that product\'s with `PATCH` and `"reference": null`.',
        "reference: another product of this project and mode has this reference.",
        {"param": "reference"},
    ),
    "customer_exists": ErrorPage(
        "Find the customer by `email` or `reference` in the list, and update that one.",
        "Another customer of this project and mode has this e-mail address or reference; update that one instead.",
    ),
    "customer_erased": ErrorPage(
        "Create a new customer with `POST /customers`. Orders of the erased one keep its id.",
        "This customer was erased, and nothing is kept of them any more. Create a new customer.",
    ),
    "product_inactive": ErrorPage(
        "Omit the line, or put the product on sale again with `PATCH /products/{id}` and `active`.",
        "lineItems[0].productId: this product is not for sale.",
        {"param": "lineItems[0].productId"},
    ),
    "discount_inactive": ErrorPage(
        "Create the session without it, or activate it with `PATCH` and `active`. Deactivating a coupon deactivates "
        "all of its codes.",
        "promotionCode: this promotion code is deactivated.",
        {"param": "promotionCode"},
    ),
    "discount_expired": ErrorPage(
        "Create the session without it. Sessions that already use it keep their price; for new ones, create another "
        "coupon or promotion code.",
        "couponId: this coupon has expired.",
        {"param": "couponId"},
    ),
    "discount_used_up": ErrorPage(
        "Create the session without it. `redemptions` counts the paid redemptions of the coupon or code, "
        "`reservedRedemptions` those held by open sessions. A reserved redemption is freed when its session expires "
        "or fails.",
        "couponId: this coupon has reached its redemption limit.",
        {"param": "couponId"},
    ),
    "discount_not_applicable": ErrorPage(
        "Read `message`. If the code is for registered customers, set `customerId`. Otherwise create the session "
        "without the code and show the buyer the full price.",
        "promotionCode: this discount does not apply: the minimum purchase is 20.00 USD.",
        {"param": "promotionCode"},
    ),
    "test_clock_full": ErrorPage(
        "Create another clock with `POST /test_clocks` and use its id. A clock has at most 100 sessions, so that "
        "advancing it stays one short transaction.",
        "testClockId: this test clock has 100 sessions, the maximum. Create another.",
        {"param": "testClockId"},
    ),
    "too_many_webhook_endpoints": ErrorPage(
        "Delete an endpoint that is no longer used. One endpoint can receive all events.",
        "A project has at most 50 webhook endpoints in each mode. Delete one first.",
    ),
    "delivery_not_replayable": ErrorPage(
        "Send another test with `POST /webhook_endpoints/{id}/test`.",
        "This is a test delivery, which has no event. Send another test instead.",
    ),
    "sequence_ahead": ErrorPage(
        "Check that the key is of the right project and mode. If it is, the server's database was restored from a "
        "backup, and events after that backup are no longer in the log. List all stored events (`after=0`), handle "
        "those whose `id` you have not handled, and continue from the `nextCursor`, with the new `logId`. If you "
        "store no event ids, continue from `newestSequence`, and compare your open orders with `GET /orders`.",
        "after: this event log ends at 40, before 57: the position is from before the database was restored, or of "
        "another project or mode.",
        {"param": "after", "newest_sequence": 40, "log_id": "log_3f0c8e21d5b94a7f60e2c1d8b7"},
    ),
    "invalid_if_match": ErrorPage(
        "Send the `ETag` header of the answer in which you read the object, as it came: the double quotes belong to "
        "it. `*` means any state of an object that exists. Lists, searches, files and operations that create something "
        "take no `If-Match`.",
        "If-Match: expected * or the ETag of an answer, in its double quotes, or several with commas between them, in "
        "at most 2000 characters; got 'abc'.",
    ),
    "precondition_failed": ErrorPage(
        "Somebody else has changed the object, or its money has moved. Read it again, make your change to what it is "
        "now, and send the `ETag` of that answer. Sending the same request again does not help. If the ETag begins "
        "with `W/`, something between you and the server has made it weak, such as a proxy that compresses; leave the "
        "API's answers uncompressed there.",
        "The object is not what it was when you read the ETag in If-Match, and nothing was changed. Read it again, and "
        "make your change to what it is now.",
    ),
    "invalid_idempotency_key": ErrorPage(
        "Send a UUID, or your order's number without spaces: [retries](../idempotency.md).",
        "Idempotency-Key: expected 1 to 255 visible ASCII characters without spaces, such as a UUID.",
        {"param": "Idempotency-Key"},
    ),
    "idempotency_key_reused": ErrorPage(
        "Use a new key for each new operation, and the same key only to repeat the same request. If you derive the "
        "key from an order number, include the operation. More in [retries](../idempotency.md).",
        "This Idempotency-Key was used for another request within the last 24 hours. Use a new key.",
    ),
    "idempotency_key_in_use": ErrorPage(
        "Wait for `Retry-After`, then send the same request with the same key: it returns the answer of the first.",
        "The first request with this Idempotency-Key is still running.",
        header="Retry-After: 1",
    ),
    "rate_limited": ErrorPage(
        "Wait for `Retry-After`, then send the same request. The `RateLimit` header of every answer says how many "
        "requests are left, so that a client can slow down in time. Read lists instead of single objects, and use "
        "webhooks instead of polling.",
        "Too many requests with this key: 1 a second, 1 at once are allowed. Try again in 1 s.",
        header="Retry-After: 1",
    ),
    "quota_exceeded": ErrorPage(
        "Wait until the next month begins (UTC), or have the key's monthly quota raised. The item `month` of the "
        "`RateLimit` header of every answer says how many requests are left.",
        "The monthly quota of 2 requests is used up. It begins again at 2027-01-01T00:00:00.000Z.",
        header="Retry-After: 86400",
    ),
    "document_not_issued": ErrorPage(
        "A receipt is issued when an order is paid, an invoice when it is first asked for, unless the order expired or "
        "was canceled, and a credit note when a refund succeeds: the first one of an order is `credit_notes/1`. Wait "
        "for the event `order.paid` or `refund.succeeded`.",
        "This order has no receipt: one is issued when the order is paid.",
    ),
    "document_not_ready": ErrorPage(
        "Try again after `Retry-After`: the document has its number, and the same file is made of it whoever asks. If "
        "this goes on, look at the jobs named `documents.print` in the dashboard.",
        "The document is issued, and its file is still being made. Try again in a moment.",
        header="Retry-After: 5",
    ),
    "documents_not_installed": ErrorPage(
        "Install what makes documents with `pip install 'tillgate[documents]'`, and start the server again. What was "
        "issued meanwhile has its number and its data; its file is made when it is next asked for.",
        "This server makes no documents: its operator installs what that needs with: pip install 'tillgate[documents]'",
    ),
    "unavailable": ErrorPage(
        "Try again after `Retry-After`. Retry a change with the same `Idempotency-Key`, because the first attempt "
        "may have been made. The clients do so automatically. If the error persists, check `/readyz` and the "
        "server's log.",
        "The database does not answer. Try again; repeat a change with the same Idempotency-Key, because its "
        "outcome may be unknown.",
        header="Retry-After: 1",
    ),
    "internal_error": ErrorPage(
        "Check whether the change was made before you try again, or retry with the same `Idempotency-Key`. Give the "
        "operator the `requestId`: the server's log has the cause under it.",
        "Something went wrong on the server. The outcome is unknown; check before you retry.",
    ),
}


def title_of(status: int) -> str:
    """A status with its phrase: ``404 Not Found``."""
    return f"{status} {_PHRASES.get(status) or HTTPStatus(status).phrase}"


def example(code: str, public_url: str = EXAMPLE_URL) -> bytes:
    """A body with this code, as a server with this address sends it."""
    page = PAGES[code]
    return msgspec.json.encode(
        ErrorEnvelope(
            ErrorBody(
                type=ERRORS[code].type,
                code=code,
                message=page.message,
                doc_url=f"{public_url}{PAGES_PATH}/{code}",
                request_id=REQUEST_ID,
                **page.more,
            )
        )
    )


def text_of(code: str, kind: ErrorKind, made: str = "", public_url: str = EXAMPLE_URL) -> str:
    """The whole page, in Markdown. Its links are those of a folder ``errors`` beside the guides.

    Args:
        made: the line that says where the page comes from.
    """
    page = PAGES[code]
    shown = json.dumps(json.loads(example(code, public_url)), indent=2, ensure_ascii=False)
    head = f"{title_of(kind.status)}, type `{kind.type}`."
    before = f"{made}\n" if made else ""
    with_header = f"\n\nWith the header\n\n```\n{page.header}\n```" if page.header else ""
    return (
        f"# {code}\n\n{before}{head}\n\n{kind.meaning}\n\n## Example\n\n```json\n{shown}\n```{with_header}\n\n"
        f"## What to do\n\n{page.todo}\n\n{_related_to(code)}All codes: [errors](../reference/errors.md).\n"
    )


def _related_to(code: str) -> str:
    others = dict.fromkeys(one for group in RELATED if code in group for one in group if one != code)
    return f"See also: {', '.join(f'[{one}]({one}.md)' for one in others)}.\n\n" if others else ""


def index_text(head: str = "", public_url: str = EXAMPLE_URL) -> str:
    """All codes, in Markdown, each with a link to its page.

    Args:
        head: what stands between the title and the first sentence.
    """
    rows = [
        f"| [{code}](../errors/{code}.md) | {kind.status} | `{kind.type}` | {kind.meaning} |"
        for code, kind in sorted(ERRORS.items())
    ]
    shown = json.dumps(json.loads(example("invalid_body", public_url)), indent=2)
    about = (
        f"Every error has the same form:\n\n```json\n{shown}\n```\n\nBranch on `type`; `code` is stable; `message` "
        "is for logs. `param` names the field that is wrong. `docUrl` is the page about the code, on your own "
        "installation. On 401, `reason` is `missing`, `malformed`, `unknown`, `revoked`, `disabled` or `expired` and "
        "`detail` says what to do; `revoked`, `disabled` and `expired` are disclosed only to a caller who presented "
        "the complete key. `requestId` is also in the server's log. Each code has a page with the fix.\n"
    )
    lines = ["# Errors\n", *([head] if head else []), about, "| code | status | type | meaning |\n|---|---|---|---|"]
    return "\n".join([*lines, *rows]) + "\n"


def served(public_url: str) -> dict[str, str]:
    """The text of each page that a server with this address shows, by its code; all codes under the empty one."""
    of_codes = {code: text_of(code, kind, public_url=public_url) for code, kind in ERRORS.items()}
    return {"": index_text(public_url=public_url), **of_codes}
