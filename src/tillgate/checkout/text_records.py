"""What is compared of customers, orders and promotion codes, as rows of earlier versions may not have it."""

from typing import Final

from tillgate.base.text import folded, identity, normal_email
from tillgate.store.renormalising import Column, Texts

_OWN: Final = ("project_id", "livemode")
# Who was made known by a click at a payment link, in one transaction with an order, and was changed by nobody: of the
# rows with an id above $1 and up to $2.
_MARK_STATED: Final = (
    "UPDATE customers SET email_stated = TRUE, kept = NULL WHERE id > $1 AND id <= $2 AND NOT email_stated "
    "AND email IS NOT NULL AND updated_at = created_at AND EXISTS (SELECT 1 FROM orders o "
    "WHERE o.customer_id = customers.id AND o.customer_stated "
    "AND o.created_at BETWEEN customers.created_at AND customers.created_at + 5000)"
)

TEXTS: Final = (
    Texts(
        "customers",
        (Column("email", normal_email, unique=_OWN), Column("reference", identity, unique=_OWN)),
        kept=True,
        also=_MARK_STATED,
    ),
    Texts("orders", (Column("reference", identity), Column("claimed_reference", identity, unique=_OWN)), kept=True),
    Texts("refunds", (Column("reference", identity),)),
    # A code that is off frees its word, and has its own id in the place of it.
    Texts(
        "promotion_codes",
        (
            Column("word", folded, source="code"),
            Column("code_folded", folded, source="code", unique=_OWN, where="active"),
        ),
    ),
)
