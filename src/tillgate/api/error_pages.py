"""A page for each error code: what it means, what it looks like, and what to do about it.

The meaning and the status are those of ``errors.ERRORS``; here is what a reader needs beyond them. A test in
``tests/house`` holds that each code has its page, one in ``tests/api`` that the server says what the page shows.
"""

import json
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec

from tillgate.api.errors import ERRORS, ErrorBody, ErrorEnvelope, ErrorKind

REQUEST_ID: Final = "req_01j9zk5v8e4w7m2q6r3t5y8x0a"

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


PAGES: Final[dict[str, ErrorPage]] = {
    "invalid_api_key": ErrorPage(
        "Look at `reason`:\n\n"
        "- `missing`: send `Authorization: Bearer <key>`. Some HTTP clients drop the header on a redirect.\n"
        "- `malformed`: the key was cut off, quoted or mistyped; its own checksum does not fit. Copy it anew.\n"
        "- `unknown`: it was made on another installation. Compare the address that you call.\n"
        "- `revoked`, `expired`: make a new key in the dashboard or with `tillgate keys create`.\n"
        "- `disabled`: enable it, or use another.\n"
        "- `superseded`: it was rotated; use the new secret.\n"
        "- `ambiguous`: two different credentials came; send one.\n"
        "- `key_in_url`: send it in a header, and replace it: URLs are logged.\n\n"
        "Sending the same request again does not help.",
        "No valid API key was provided.",
        {"reason": "missing", "detail": "Send the header 'Authorization: Bearer <key>'."},
        'WWW-Authenticate: Bearer realm="tillgate"',
    ),
    "missing_scope": ErrorPage(
        "Make a key with the scope in `requiredScope`, or use one that has it. A key's scopes are chosen when it is "
        "made, and none implies another. If the operation surprises you, the key may be the wrong one for this "
        "program: let each have one of its own with what it needs.",
        "This key lacks the scope sessions:write, which this operation requires.",
        {"required_scope": "sessions:write", "granted_scopes": ["links:read", "sessions:read"]},
        'WWW-Authenticate: Bearer realm="tillgate", error="insufficient_scope", scope="sessions:write"',
    ),
    "address_not_allowed": ErrorPage(
        "Call from one of the key's networks, or make a key with others. Behind a NAT or an egress proxy it is the "
        "outer address that counts.",
        "This key may not be used from this address; its networks are set where the key was made.",
    ),
    "https_required": ErrorPage(
        "Call the API over `https://`. It never redirects, because a key that was sent in clear text has been readable "
        "already: replace the key, too. Behind a proxy that ends TLS, let it send `X-Forwarded-Proto: https` and name "
        "it in `TILLGATE_TRUSTED_PROXIES`. For development on your own machine there is `tillgate serve --dev`.",
        "API requests are made over HTTPS; this one came in clear text, and so did its key. Use https, and replace the "
        "key: take it for known to others.",
    ),
    "project_suspended": ErrorPage(
        "Nothing that a program can do helps: whoever runs this server has suspended the project, with all its keys.",
        "The project of this key is suspended; ask whoever runs this server.",
    ),
    "wrong_mode": ErrorPage(
        "Use a key of the other mode. A test key has no place where live requests are served, nor the other way round.",
        "This is a test key, and only keys of the other mode are let in here.",
    ),
    "origin_not_allowed": ErrorPage(
        "Add the page's origin (scheme, host and port, such as `https://shop.example` or `http://localhost:3000`) to "
        "the key. A request that a browser did not send carries no `Origin`, and is refused for that: a server uses a "
        "secret key.",
        "This key may be used from its registered web origins only, and the request's Origin is none of them, or "
        "missing. Add the origin, such as http://localhost:3000, where the key was made.",
    ),
    "app_not_allowed": ErrorPage(
        "Send `x-app-identifier` with the bundle identifier (iOS) or package name (Android) that is registered for "
        "the key, on every request.",
        "This key may be used by its registered mobile apps only. Send the header x-app-identifier with the bundle "
        "identifier or package name that was registered where the key was made.",
    ),
    "secret_key_required": ErrorPage(
        "Make this call from your server, with a secret key. What a browser or an app can hold is known to everybody, "
        "so it reaches only what it made itself. Where `param` names a field, that field alone is the matter: leave it "
        "out, or, if it sets a price, see what can be [allowed on the key](../keys.md#what-a-page-may-set).",
        "A publishable key cannot do this; call it from your server, with a secret key.",
    ),
    "client_secret_missing": ErrorPage(
        "Keep the `clientSecret` from the answer that created the object, and send it with every later request about "
        "it: `x-api-key: <publishable key>` and `authorization: <client secret>`, without a scheme.",
        "With a publishable key this needs the object's client secret, which was in the answer that created it: send "
        "the key as x-api-key, and the client secret itself as authorization.",
    ),
    "client_secret_wrong": ErrorPage(
        "Send the client secret that was answered when this very object was created. A lost one cannot be shown "
        "again: create the object anew.",
        "This client secret does not open this object.",
    ),
    "test_mode_only": ErrorPage(
        "Use a test key and a test session. Live payments come from the chain and can be neither made up nor "
        "hurried: see [test mode](../test-mode.md).",
        "Payments can be simulated in test mode only; use a test key and a test session.",
    ),
    "invalid_body": ErrorPage(
        "Correct the field that `param` names; nested ones are dotted, as in `amount.value`. The "
        "[API reference](../reference/api.md) lists each operation's fields. Nothing was changed.",
        "amount.value: Required",
        {"param": "amount.value"},
    ),
    "invalid_query": ErrorPage(
        "Correct or leave out the parameter that `param` names. Unknown ones are refused, so that a misspelt filter "
        "does not pass for one that matched everything.",
        "limit: Expected int >= 1.",
        {"param": "limit"},
    ),
    "body_too_large": ErrorPage(
        "Send less. What belongs to an order but not to its payment is better kept on your side, under a reference in "
        "`metadata`; [limits](../reference/limits.md) lists them all.",
        "The body is larger than 256 KiB.",
    ),
    "unsupported_media_type": ErrorPage(
        "Send JSON with `Content-Type: application/json`. With curl, `-d` alone sends a form: add "
        '`-H "Content-Type: application/json"`.',
        "Content-Type: expected application/json, got text/plain.",
    ),
    "method_not_allowed": ErrorPage(
        "Use one of the methods in `Allow`. Objects are changed with PATCH, never with PUT.",
        "PUT is not possible here; use GET, HEAD, POST.",
        header="Allow: GET, HEAD, POST",
    ),
    "unknown_path": ErrorPage(
        "Compare the path with the [API reference](../reference/api.md), or with the OpenAPI document that the "
        "message names. A slash at the end, or a second one, makes another path.",
        "There is no /api/v1/payment_link; the paths are listed in /api/v1/openapi.json.",
    ),
    "not_found": ErrorPage(
        "Compare the id, and the project and mode of the key: a test key sees no live object. A caller who may not "
        "see an object gets the same answer as for one that never was.",
        "No such checkout session with the id 'cs_01j9zk5v8e4w7m2q6r3t5y8x0a' in this mode and project.",
    ),
    "conflict": ErrorPage(
        "Read the object again and decide anew. The same request will be refused again while the object stays as it "
        "is.",
        "The object is not in a state that allows this.",
    ),
    "link_inactive": ErrorPage(
        'Activate the link with `PATCH {"active": true}`, or open the session from another. An archived link stays '
        "archived.",
        "This payment link is deactivated, so no session can be made from it.",
    ),
    "link_archived": ErrorPage(
        "Create a new link. Archiving is for good, so that what buyers were once shown cannot change.",
        "This payment link is archived and cannot be changed; create a new one.",
    ),
    "live_mode_not_configured": ErrorPage(
        "Use a test key, or have the operator set up a live rail: [going live](../going-live.md#money). A session is "
        "never opened with an address that nobody owns.",
        "Live mode is not set up on this server: there is no wallet that live payments could go to. Use a test key, "
        "or ask the operator to set up a live rail.",
    ),
    "session_not_payable": ErrorPage(
        "Read the session: its `status` says where it stands, and "
        "[events and webhooks](../reference/events.md#where-a-session-can-go) where it can go from there. Open a new "
        "session for a new try.",
        "paid cannot be simulated for this session: it is failed, which is final.",
    ),
    "nothing_to_accept": ErrorPage(
        "Read the session. There is something to accept only while it is underpaid, overpaid, or paid after its "
        "expiry, and somebody may have decided already.",
        "This session is pending and has no money that waits for your decision.",
    ),
    "session_not_pending": ErrorPage(
        "Read the session. Once money was seen, it ends by what comes of that money.",
        "Only a pending session can be expired; this one is paid.",
    ),
    "session_not_cancelable": ErrorPage(
        "Read the session. Money that was seen is accepted or refunded; what is left of an authorisation is let go of "
        "with `POST /payments/{id}/cancel`; an expired session has ended already.",
        "Only a session without money can be canceled, one that is pending or authorised; this one is paid.",
    ),
    "session_changed": ErrorPage(
        "Read the session, then decide again. Two changes met; the other one was first, and yours did nothing.",
        "The session changed meanwhile; read it and try again.",
    ),
    "nothing_to_wait_for": ErrorPage(
        "Read the order. Only an `underpaid` one can wait for the rest; accept or refund what else is unusual.",
        "Only an underpaid session can wait for the rest; this one is pending.",
    ),
    "nothing_to_refund": ErrorPage(
        "Read the order. `excess` is for an overpaid one, `everything` for money that is too little, too much or too "
        "late. Money of a paid order is given back with `POST /refunds`.",
        "Only an overpaid order has an excess to give back.",
    ),
    "payment_not_capturable": ErrorPage(
        "Read the payment. Only one that is `requires_capture` can be captured, and before `captureBefore`.",
        "Only a payment that requires_capture can be captured; this one is awaiting.",
    ),
    "payment_not_cancelable": ErrorPage(
        "Read the payment. To end a session that waits for money, cancel or expire it; to give money back, create a "
        "refund.",
        "Only a payment that requires_capture can be canceled; this one is awaiting.",
    ),
    "capture_exceeds_authorization": ErrorPage(
        "Read the payment: `amounts.capturable` is what is left. Capture no more than that, or leave `amount` out to "
        "capture all of it.",
        "At most 50.00 USD can still be captured of this payment.",
        {"param": "amount"},
    ),
    "refund_exceeds_received": ErrorPage(
        "Read the payment: `amounts.refundable` is what is left. Refund no more than that, or leave `amount` out to "
        "refund all of it. A refund that is pending holds its amount until it fails or is canceled.",
        "At most 50.00 USD of what came for this payment can still be refunded.",
        {"param": "amount"},
    ),
    "refund_not_pending": ErrorPage(
        "Read the refund. What has succeeded is sent; what has failed or was canceled can be made anew.",
        "Only a pending refund can be settled or canceled; this one is succeeded.",
    ),
    "order_reference_taken": ErrorPage(
        "Find the order with `GET /orders?reference=…`. If it is open, send the buyer to its session once more; if it "
        "is paid, there is nothing to ask for. Ask for money a second time only under another reference, or after "
        "the first order is `canceled`.",
        "Another order that is not canceled has the unique reference 'A-1001'; look at that one first.",
        {"param": "reference"},
    ),
    "promotion_code_exists": ErrorPage(
        "Find the code with `GET /promotion_codes?code=…`, which takes it in whatever case. Use that one, or choose "
        "another text. A code that is switched off still takes its place.",
        "The promotion code SPRING already exists in this project and mode; case makes no difference.",
    ),
    "customer_exists": ErrorPage(
        "Find the customer by `email` or `reference` in the list, and update that one.",
        "Another customer of this project and mode has this e-mail address or reference; update that one instead.",
    ),
    "product_inactive": ErrorPage(
        "Leave the line out, or put the product on sale again with `PATCH /products/{id}` and `active`.",
        "lineItems[0].productId: this product is not for sale.",
        {"param": "lineItems[0].productId"},
    ),
    "discount_inactive": ErrorPage(
        "Open the session without it, or switch it on with `PATCH` and `active`. A coupon that is switched off takes "
        "all of its codes with it.",
        "promotionCode: this promotion code is switched off.",
        {"param": "promotionCode"},
    ),
    "discount_expired": ErrorPage(
        "Open the session without it. Sessions that have it already keep their price; for new ones make another coupon "
        "or promotion code.",
        "couponId: this coupon has expired.",
        {"param": "couponId"},
    ),
    "discount_used_up": ErrorPage(
        "Open the session without it. `redemptions` of the coupon and the code says how many were paid for, "
        "`reservedRedemptions` how many are held by open sessions: a place comes back when such a session expires, "
        "fails or is expired by you.",
        "couponId: this coupon has been used as often as it may be.",
        {"param": "couponId"},
    ),
    "discount_not_applicable": ErrorPage(
        "Read `message`. Where the code is for known customers, name one by `customerId`. Otherwise open the session "
        "without it and show the buyer the full price.",
        "promotionCode: this discount does not apply: the goods have to cost at least 20.00 USD.",
        {"param": "promotionCode"},
    ),
    "test_clock_full": ErrorPage(
        "Create another clock with `POST /test_clocks` and use its id. A clock takes 100 sessions, so that putting it "
        "forward stays one quick transaction.",
        "testClockId: this test clock has 100 sessions, which is all it may; create another.",
        {"param": "testClockId"},
    ),
    "too_many_webhook_endpoints": ErrorPage(
        "Delete an endpoint that is no longer used. One endpoint can take all events and hand them on.",
        "A project has at most 50 webhook endpoints in each mode; delete one first.",
    ),
    "delivery_not_replayable": ErrorPage(
        "Send another test with `POST /webhook_endpoints/{id}/test`.",
        "This was a test send, which has no event; use the endpoint's test instead.",
    ),
    "sequence_ahead": ErrorPage(
        "Check that the key is of the project and mode that you follow. If it is, the server's database was restored "
        "from a backup, and what happened after that backup is no longer in the log. Ask for everything that is kept "
        "(`after=0`), handle the events whose `id` you have not handled, and follow the log on from its `nextCursor`, "
        "with its `logId`. If you keep no ids, go on from `newestSequence`, and compare what you know of open orders "
        "with `GET /orders`.",
        "after: this event log ends at 40, before 57: the place is from before the database was restored, or of "
        "another project or mode.",
        {"param": "after", "newest_sequence": 40, "log_id": "log_3f0c8e21d5b94a7f60e2c1d8b7"},
    ),
    "invalid_idempotency_key": ErrorPage(
        "Send a UUID, or your order's number without spaces: [retries](../idempotency.md).",
        "Idempotency-Key: expected 1 to 255 visible ASCII characters without spaces, such as a UUID.",
        {"param": "Idempotency-Key"},
    ),
    "idempotency_key_reused": ErrorPage(
        "Use a fresh key for each new thing you want done, and the same key only for the very same request. A key "
        "made from an order's number needs the operation in it as well. More in [retries](../idempotency.md).",
        "This Idempotency-Key was used for another request within the last 24 hours; use a fresh one.",
    ),
    "idempotency_key_in_use": ErrorPage(
        "Wait for `Retry-After`, then send the same request with the same key: it gives the one answer.",
        "The request with this Idempotency-Key is still running.",
        header="Retry-After: 1",
    ),
    "rate_limited": ErrorPage(
        "Wait for `Retry-After`, then send the same request. `RateLimit` on every answer tells what is left, so that "
        "a program can slow down before. For many objects read lists, and let webhooks tell you instead of asking.",
        "Too many requests with this key: 1 a second are allowed, 1 at once. Try again in 1 s.",
        header="Retry-After: 1",
    ),
    "unavailable": ErrorPage(
        "Try again after `Retry-After`; where something is changed, with the same `Idempotency-Key`, because the "
        "first try may have been done. The clients do so by themselves. If it lasts, the operator looks at "
        "`/readyz` and the log.",
        "The database does not answer. Try again; if this was to change something, with the same Idempotency-Key: "
        "whether it was done may not be known.",
        header="Retry-After: 1",
    ),
    "internal_error": ErrorPage(
        "Look whether it was done before you try again, or try again with the same `Idempotency-Key`. Tell the "
        "operator the `requestId`: the log has the cause under it.",
        "Something went wrong on our side. Nothing is known of the outcome; check before retrying.",
    ),
}


def title_of(status: int) -> str:
    """A status with its phrase: ``404 Not Found``."""
    return f"{status} {_PHRASES.get(status) or HTTPStatus(status).phrase}"


def example(code: str) -> bytes:
    """A body with this code, as the server sends it."""
    page = PAGES[code]
    return msgspec.json.encode(
        ErrorEnvelope(
            ErrorBody(type=ERRORS[code].type, code=code, message=page.message, request_id=REQUEST_ID, **page.more)
        )
    )


def text_of(code: str, kind: ErrorKind, made: str) -> str:
    """The whole page.

    Args:
        made: the line that says where the page comes from.
    """
    page = PAGES[code]
    shown = json.dumps(json.loads(example(code)), indent=2, ensure_ascii=False)
    head = f"{title_of(kind.status)}, type `{kind.type}`."
    with_header = f"\n\nWith the header\n\n```\n{page.header}\n```" if page.header else ""
    return (
        f"# {code}\n\n{made}\n{head}\n\n{kind.meaning}\n\n## Example\n\n```json\n{shown}\n```{with_header}\n\n"
        f"## What to do\n\n{page.todo}\n\nAll codes: [errors](../reference/errors.md).\n"
    )
