"""What is compared of customers, orders and promotion codes, as rows of earlier versions may not have it."""

from typing import Final

from tillgate.base.text import folded, identity, normal_email
from tillgate.checkout.customers.records import MARK_STATED
from tillgate.store.renormalising import Column, Texts

_OWN: Final = ("project_id", "livemode")

TEXTS: Final = (
    Texts(
        "customers",
        (Column("email", normal_email, unique=_OWN), Column("reference", identity, unique=_OWN)),
        kept=True,
        also=MARK_STATED,
    ),
    Texts("orders", (Column("reference", identity), Column("claimed_reference", identity, unique=_OWN)), kept=True),
    # A code that is off frees its word, and has its own id in the place of it.
    Texts(
        "promotion_codes",
        (
            Column("word", folded, source="code"),
            Column("code_folded", folded, source="code", unique=_OWN, where="active"),
        ),
    ),
)
