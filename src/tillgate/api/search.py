"""``/search``."""

from collections.abc import Collection
from typing import Annotated, Final

import msgspec

from keyturn import Need
from keyturn.keys.model import EVERY_SCOPE
from tillgate.base.principal import Principal
from tillgate.checkout.search import operations
from tillgate.checkout.search.model import QUERY_MAX, SearchResultsObject, SearchType, to_api
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route

READ: Final = Need("orders:read")
# What a key may find beside orders is what it may read anyway.
SCOPE_OF: Final = {
    SearchType.ORDER: "orders:read",
    SearchType.CHECKOUT_SESSION: "sessions:read",
    SearchType.PAYMENT: "payments:read",
    SearchType.TRANSACTION: "payments:read",
    SearchType.REFUND: "refunds:read",
    SearchType.UNASSIGNED_TRANSFER: "payments:read",
    SearchType.CUSTOMER: "customers:read",
    SearchType.PRODUCT: "products:read",
    SearchType.PAYMENT_LINK: "links:read",
    SearchType.COUPON: "coupons:read",
    SearchType.PROMOTION_CODE: "coupons:read",
}


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``q`` is an id in any language's spelling, an order's reference, the number of a receipt, an invoice or a credit
    note, a promotion code, a transaction hash, an address, a value in metadata, or the beginnings of words of a
    customer's name or e-mail address."""

    q: Annotated[str, msgspec.Meta(min_length=1, max_length=QUERY_MAX)]


def readable_by(principal: Principal) -> Collection[SearchType]:
    """What a key may find: what it may read anyway."""
    scopes = principal.scopes
    return [one for one, scope in SCOPE_OF.items() if scope in scopes or EVERY_SCOPE in scopes]


async def find(context: ApiContext, tx: Transaction, call: Call) -> SearchResultsObject:
    query: Search = call.query
    return to_api(
        await operations.search(tx, call.principal, query.q, readable_by(call.principal)),
        livemode=call.principal.livemode,
    )


ROUTES: Final = [
    Route("GET", "/search", READ, "Search what the key may read", Reads(find), SearchResultsObject, query=Search),
]
