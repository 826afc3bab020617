"""Finding what a text leads to: each way of looking is one question that an index answers, for a page of results."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any, Final

from tillgate.base.errors import NotFound
from tillgate.base.money import Money
from tillgate.base.pages import PageRequest
from tillgate.base.principal import Principal
from tillgate.base.text import checked_text, identity
from tillgate.checkout.coupons.operations import coupons_by_id
from tillgate.checkout.customers.model import Customer
from tillgate.checkout.customers.operations import customers_by_id, find_customers
from tillgate.checkout.issued.model import named
from tillgate.checkout.issued.records import order_of_number
from tillgate.checkout.links.operations import links_by_id
from tillgate.checkout.metadata_records import TABLES, with_value
from tillgate.checkout.orders.model import Order
from tillgate.checkout.orders.operations import list_orders, orders_by_id
from tillgate.checkout.payments.operations import (
    payments_by_id,
    payments_of_address,
    transactions_by_id,
    transactions_of_hash,
)
from tillgate.checkout.products.operations import products_by_id
from tillgate.checkout.promotions.model import PromotionCode
from tillgate.checkout.promotions.operations import find_promotion_code, promotion_codes_by_id
from tillgate.checkout.refunds.operations import get_refund
from tillgate.checkout.search.model import (
    CUSTOMERS_LOOKED_AT_MAX,
    PREFIX_OF,
    QUERY_MAX,
    RESULTS_MAX,
    Hit,
    SearchMatch,
    SearchType,
    ids_of,
)
from tillgate.checkout.sessions.operations import sessions_by_id
from tillgate.checkout.unassigned.model import UnassignedTransfer
from tillgate.checkout.unassigned.operations import get_unassigned, unassigned_of_hash
from tillgate.store import Transaction

EVERYTHING: Final = frozenset(SearchType)
_MOST: Final = RESULTS_MAX + 1

_Look = Callable[[Transaction, Principal, str], Awaitable[list[Hit]]]


async def search(
    tx: Transaction, principal: Principal, text: str, readable: Collection[SearchType] = EVERYTHING
) -> list[Hit]:
    """What a text leads to in the caller's project and mode: up to one more than is shown.

    Args:
        readable: what the caller may see; nothing else is looked for.

    Raises:
        InvalidInput: the text is empty, too long, or no text.
    """
    wanted = checked_text(text, field="q", length_max=QUERY_MAX)
    hits: dict[str, Hit] = {}

    def add(found: Iterable[Hit]) -> None:
        for one in found:
            if one.type in readable:
                hits.setdefault(one.id, one)

    add(await search_id(tx, principal, wanted, readable))
    for look, types in _LOOKS:
        if len(hits) < _MOST and any(one in readable for one in types):
            add(await look(tx, principal, wanted))
    if len(hits) < _MOST:
        add(await _by_metadata(tx, principal, wanted, readable))
    return list(hits.values())[:_MOST]


async def search_id(
    tx: Transaction, principal: Principal, text: str, readable: Collection[SearchType] = EVERYTHING
) -> list[Hit]:
    """What a text is the id of, in any language's spelling, in the caller's project and mode."""
    looked = [await _BY_ID[one](tx, principal, id) for one, id in ids_of(text).items() if one in readable]
    return [hit for hits in looked for hit in hits]


async def _by_reference(tx: Transaction, principal: Principal, text: str) -> list[Hit]:
    found = await list_orders(tx, principal, PageRequest(_MOST), reference=identity(text))
    return [_order(one, SearchMatch.REFERENCE) for one in found.data]


async def _by_number(tx: Transaction, principal: Principal, text: str) -> list[Hit]:
    document = named(text, livemode=principal.livemode)
    if document is None:
        return []
    order_id = await order_of_number(tx, principal.project_id, principal.livemode, *document)
    found = await orders_by_id(tx, principal, [order_id]) if order_id is not None else {}
    return [_order(one, SearchMatch.DOCUMENT_NUMBER) for one in found.values()]


async def _by_code(tx: Transaction, principal: Principal, text: str) -> list[Hit]:
    try:
        found = await find_promotion_code(tx, principal, text)
    except NotFound:
        return []
    return [_promotion(found, SearchMatch.CODE)]


async def _by_hash(tx: Transaction, principal: Principal, text: str) -> list[Hit]:
    hits: list[Hit] = []
    # As it was copied, and as networks write it.
    for name in dict.fromkeys((text, text.lower())):
        moved = await transactions_of_hash(tx, principal, name, _MOST)
        hits += await _transactions(tx, principal, moved, SearchMatch.TRANSACTION_HASH)
        strays = await unassigned_of_hash(tx, principal, name, _MOST)
        hits += [_stray(one, SearchMatch.TRANSACTION_HASH) for one in strays]
    return hits


async def _by_address(tx: Transaction, principal: Principal, text: str) -> list[Hit]:
    found = await payments_of_address(tx, principal, text)
    return await _payments(tx, principal, found, SearchMatch.ADDRESS)


async def _by_customer(tx: Transaction, principal: Principal, text: str) -> list[Hit]:
    found = await find_customers(tx, principal, text, CUSTOMERS_LOOKED_AT_MAX)
    return [_customer(one, SearchMatch.CUSTOMER) for one in found[:_MOST]]


async def _by_metadata(tx: Transaction, principal: Principal, text: str, readable: Collection[SearchType]) -> list[Hit]:
    """Whatever may be read and has the text as a value in its metadata."""
    kinds = {PREFIX_OF[one]: one for one in SearchType if one in readable and PREFIX_OF[one] in TABLES}
    found = await with_value(tx, principal.project_id, principal.livemode, text, kinds, _MOST)
    hits: list[Hit] = []
    for id in found:
        hits += await _BY_ID[kinds[id.partition("_")[0]]](tx, principal, id)
    return [one._replace(matched=SearchMatch.METADATA) for one in hits]


_LOOKS: Final[tuple[tuple[_Look, tuple[SearchType, ...]], ...]] = (
    (_by_reference, (SearchType.ORDER,)),
    (_by_number, (SearchType.ORDER,)),
    (_by_code, (SearchType.PROMOTION_CODE,)),
    (_by_hash, (SearchType.TRANSACTION, SearchType.UNASSIGNED_TRANSFER)),
    (_by_address, (SearchType.PAYMENT,)),
    (_by_customer, (SearchType.CUSTOMER,)),
)


async def _payments(tx: Transaction, principal: Principal, wanted: list[str], matched: SearchMatch) -> list[Hit]:
    return [
        Hit(SearchType.PAYMENT, one.payment.id, matched, _money(one.payment.price), one.payment.session_id)
        for one in (await payments_by_id(tx, principal, wanted)).values()
    ]


async def _transactions(tx: Transaction, principal: Principal, wanted: list[str], matched: SearchMatch) -> list[Hit]:
    found = await transactions_by_id(tx, principal, wanted)
    theirs = await payments_by_id(tx, principal, list({one.payment_id for one in found.values()}))
    return [
        Hit(
            SearchType.TRANSACTION,
            one.id,
            matched,
            f"{one.transfer.kind.value.capitalize()} of {_money(one.value)}",
            theirs[one.payment_id].payment.session_id if one.payment_id in theirs else None,
        )
        for one in (found[id] for id in wanted if id in found)
    ]


def _several(found: SearchType, load: Callable[..., Awaitable[Mapping[str, Any]]], title: str) -> _Look:
    async def look(tx: Transaction, principal: Principal, id: str) -> list[Hit]:
        return [
            Hit(found, one.id, SearchMatch.ID, getattr(one, title))
            for one in (await load(tx, principal, [id])).values()
        ]

    return look


async def _order_of(tx: Transaction, principal: Principal, id: str) -> list[Hit]:
    return [_order(one, SearchMatch.ID) for one in (await orders_by_id(tx, principal, [id])).values()]


async def _session_of(tx: Transaction, principal: Principal, id: str) -> list[Hit]:
    return [
        Hit(SearchType.CHECKOUT_SESSION, one.id, SearchMatch.ID, one.title or _money(one.price), one.id)
        for one in (await sessions_by_id(tx, principal, [id])).values()
    ]


async def _payment_of(tx: Transaction, principal: Principal, id: str) -> list[Hit]:
    return await _payments(tx, principal, [id], SearchMatch.ID)


async def _transaction_of(tx: Transaction, principal: Principal, id: str) -> list[Hit]:
    return await _transactions(tx, principal, [id], SearchMatch.ID)


async def _refund_of(tx: Transaction, principal: Principal, id: str) -> list[Hit]:
    try:
        found = await get_refund(tx, principal, id)
    except NotFound:
        return []
    theirs = await payments_by_id(tx, principal, [found.payment_id])
    session_id = theirs[found.payment_id].payment.session_id
    return [Hit(SearchType.REFUND, found.id, SearchMatch.ID, f"Refund of {_money(found.amount)}", session_id)]


async def _promotion_of(tx: Transaction, principal: Principal, id: str) -> list[Hit]:
    return [_promotion(one, SearchMatch.ID) for one in (await promotion_codes_by_id(tx, principal, [id])).values()]


async def _stray_of(tx: Transaction, principal: Principal, id: str) -> list[Hit]:
    try:
        return [_stray(await get_unassigned(tx, principal, id), SearchMatch.ID)]
    except NotFound:
        return []


async def _customer_of(tx: Transaction, principal: Principal, id: str) -> list[Hit]:
    return [_customer(one, SearchMatch.ID) for one in (await customers_by_id(tx, principal, [id])).values()]


_BY_ID: Final[dict[SearchType, _Look]] = {
    SearchType.ORDER: _order_of,
    SearchType.CHECKOUT_SESSION: _session_of,
    SearchType.PAYMENT: _payment_of,
    SearchType.TRANSACTION: _transaction_of,
    SearchType.REFUND: _refund_of,
    SearchType.UNASSIGNED_TRANSFER: _stray_of,
    SearchType.CUSTOMER: _customer_of,
    SearchType.PRODUCT: _several(SearchType.PRODUCT, products_by_id, "name"),
    SearchType.PAYMENT_LINK: _several(SearchType.PAYMENT_LINK, links_by_id, "title"),
    SearchType.COUPON: _several(SearchType.COUPON, coupons_by_id, "name"),
    SearchType.PROMOTION_CODE: _promotion_of,
}


def _order(order: Order, matched: SearchMatch) -> Hit:
    name = next((one.name for one in order.line_items), "")
    return Hit(SearchType.ORDER, order.id, matched, f"{name}, {_money(order.price)}", order.session_id)


def _customer(customer: Customer, matched: SearchMatch) -> Hit:
    return Hit(
        SearchType.CUSTOMER, customer.id, matched, customer.name or customer.email or customer.reference or customer.id
    )


def _promotion(one: PromotionCode, matched: SearchMatch) -> Hit:
    return Hit(SearchType.PROMOTION_CODE, one.id, matched, one.code, coupon_id=one.coupon_id)


def _stray(one: UnassignedTransfer, matched: SearchMatch) -> Hit:
    return Hit(SearchType.UNASSIGNED_TRANSFER, one.id, matched, f"{one.symbol or 'Token'} on {one.network}")


def _money(money: Money) -> str:
    return f"{money} {money.currency}"
