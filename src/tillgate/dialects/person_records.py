# ruff: noqa: S608 (the tables are named here)
"""Where what the dialects keep beside orders may name a person."""

from typing import Final

from tillgate.store.erasing import Place

_OWNERS: Final = ("orders", "checkout_sessions", "payments", "refunds", "payment_tokens")
_OF_OBJECT: Final = " OR ".join(
    f"EXISTS (SELECT 1 FROM {table} o WHERE o.id = object_id AND o.project_id = $1 AND o.livemode = $2)"
    for table in _OWNERS
)
_OF_ORDER: Final = "EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id AND o.project_id = $1 AND o.livemode = $2)"

PLACES: Final = (
    Place(
        "smartpay_documents", ("object_id",), f"({_OF_OBJECT})", linked="object_id IN {list}", documents=("document",)
    ),
    Place("crossmint_orders", ("order_id",), _OF_ORDER, linked="order_id IN {list}", documents=("document",)),
)
