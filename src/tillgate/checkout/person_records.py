"""Where the checkout's rows may name a person. The lines of orders and issued documents are books, and stay."""

from typing import Final

from tillgate.checkout.metadata_records import rewritten
from tillgate.store.erasing import Place

_OWN: Final = "project_id = $1 AND livemode = $2"
_OF_SESSION: Final = (
    "EXISTS (SELECT 1 FROM checkout_sessions s WHERE s.id = session_id AND s.project_id = $1 AND s.livemode = $2)"
)
_OF_PROMISE: Final = (
    "EXISTS (SELECT 1 FROM payment_tokens t WHERE t.id = token_id AND t.project_id = $1 AND t.livemode = $2)"
)
# A session, its order and its payment show some of one another's fields.
_OUTDATE: Final = {
    "orders": (
        "UPDATE checkout_sessions SET kept = NULL WHERE id = (SELECT session_id FROM orders WHERE id = $1)",
        "UPDATE payments SET kept = NULL WHERE order_id = $1",
    ),
    "checkout_sessions": (
        "UPDATE orders SET kept = NULL WHERE session_id = $1",
        "UPDATE payments SET kept = NULL WHERE session_id = $1",
    ),
}

PLACES: Final = (
    Place(
        "checkout_sessions",
        ("id",),
        _OWN,
        linked="id IN {list}",
        texts=("title", "description"),
        cleared=("success_url", "cancel_url", "return_url"),
        documents=("metadata",),
        rewritten=rewritten,
        also="kept = NULL",
        then=_OUTDATE["checkout_sessions"],
    ),
    Place(
        "orders",
        ("id",),
        _OWN,
        linked="id IN {list}",
        texts=("reference", "client_reference_id"),
        cleared=("claimed_reference",),
        documents=("metadata",),
        rewritten=rewritten,
        also="kept = NULL",
        then=_OUTDATE["orders"],
    ),
    Place(
        "payments",
        ("id",),
        _OWN,
        linked="id IN {list}",
        documents=("metadata",),
        rewritten=rewritten,
        also="kept = NULL",
    ),
    Place(
        "refunds",
        ("id",),
        _OWN,
        linked="payment_id IN {list}",
        texts=("reference",),
        documents=("metadata",),
        rewritten=rewritten,
    ),
    Place("customers", ("id",), _OWN, documents=("metadata",), rewritten=rewritten, also="kept = NULL"),
    Place("products", ("id",), _OWN, documents=("metadata",), rewritten=rewritten, also="kept = NULL"),
    Place("coupons", ("id",), _OWN, documents=("metadata",), rewritten=rewritten),
    Place("promotion_codes", ("id",), _OWN, documents=("metadata",), rewritten=rewritten),
    Place("unassigned_transfers", ("id",), _OWN, linked="order_id IN {list}", texts=("note",)),
    Place("payment_tokens", ("id",), _OWN, texts=("shopper", "reference"), documents=("metadata",)),
    Place(
        "shopper_visits",
        ("session_id",),
        _OF_SESSION,
        linked="session_id IN {list}",
        texts=("email",),
        also="phone = ''",
    ),
    Place("payment_token_visits", ("token_id",), _OF_PROMISE, texts=("email",), also="phone = ''"),
    # Somebody who signs up at a test checkout, or in to an account, is of the project in both modes.
    Place(
        "shoppers",
        ("id",),
        "project_id = $1 AND CAST($2 AS BOOLEAN) IS NOT NULL",
        unique=("email",),
        also="phone = '', password = ''",
    ),
)
