"""Making orders, reading them, and the one function that moves them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Unpack

import msgspec

from tillgate.base import ids
from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.base.money import Money, parse_amount, parse_currency
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut, cut_newest
from tillgate.base.principal import Principal
from tillgate.base.problems import Field, Path, Problem
from tillgate.base.text import NAME_MAX, checked_text, identity
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.customers import operations as customers
from tillgate.checkout.customers.model import Customer
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.kept import KeptForm, keep
from tillgate.checkout.metadata import changed_metadata
from tillgate.checkout.orders import records
from tillgate.checkout.orders.model import (
    EDGES,
    EVENT_OF,
    LINE_ITEMS_MAX,
    QUANTITY_MAX,
    REASON_MAX,
    REFERENCE_MAX,
    TOKENS_MAX,
    TRANSACTION_ID_MAX,
    Basket,
    Delivery,
    DeliveryStatus,
    Discount,
    Fulfillment,
    LineItem,
    LineItemKind,
    Order,
    OrderStatus,
    Token,
    changed,
    checked_basket,
)
from tillgate.checkout.orders.object import to_api
from tillgate.checkout.orders.records import Beside, ListPosition, OrderFilters, StoredOrder
from tillgate.checkout.payments.model import Payment
from tillgate.checkout.products import operations as products
from tillgate.checkout.products.model import Pricing, Product
from tillgate.events.types import ORDER_DELIVERED, ORDER_DELIVERY_FAILED, ORDER_UPDATED, EventType
from tillgate.store import Transaction

# What an order's line is called where nobody named anything.
UNNAMED: Final = "Payment"


class NewLineItem(NamedTuple):
    """A line as a merchant says it; ``unit_amount`` is a decimal string, of a discount what it takes off.

    Attributes:
        name, unit_amount: the product's where they are None; what has no product needs both.
        buyer_priced: set by :func:`looked_up`, where the product leaves its price to the buyer and nobody said one.
    """

    name: str | None = None
    unit_amount: str | None = None
    quantity: int = 1
    kind: LineItemKind = LineItemKind.PRODUCT
    product_id: str | None = None
    buyer_priced: bool = False


class OrderChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant may change of an order; what is unset stays, ``metadata`` is merged by its keys."""

    fulfillment: Fulfillment | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


def basket_of_price(price: Money, name: str | None) -> Basket:
    """A basket with the one thing that the price is for."""
    item = LineItem(
        id=ids.new_id(ids.LINE_ITEM),
        kind=LineItemKind.PRODUCT,
        name=name if name is not None else UNNAMED,
        quantity=1,
        unit_minor=price.minor,
    )
    return Basket(price.currency, (item,))


async def looked_up(
    tx: Transaction,
    principal: Principal,
    currency: str | None,
    new: Sequence[NewLineItem],
    known: Mapping[str, Product] | None = None,
) -> tuple[str, tuple[NewLineItem, ...]]:
    """The lines with what their products say, and their currency: the first product's where it is None.

    Args:
        known: all of their products by id, where this transaction has looked them up already.

    Raises:
        InvalidInput: a product is not there, costs something else, or is of another currency; the field is named.
        Conflict: a product is not for sale.
    """
    wanted = dict.fromkeys(one.product_id for one in new if one.product_id is not None)
    found = known
    if found is None:
        found = await products.products_by_id(tx, principal, list(wanted)) if wanted else {}
    if currency is None:
        currency = next((found[one].price.currency for one in wanted if one in found), None)
    if currency is None:
        raise InvalidInput("currency", Problem.CURRENCY_OF_LINES, other="line_items")
    code = parse_currency(currency, field="currency")
    return code, tuple(_of_product(one, code, found, ("line_items", number)) for number, one in enumerate(new))


def basket_of_lines(currency: str, new: Sequence[NewLineItem], shipping_amount: str | None) -> Basket:
    """A basket out of what a merchant says; what it comes to is checked once its discounts are known.

    Raises:
        InvalidInput: a field is wrong; it is named.
    """
    code = parse_currency(currency, field="currency")
    if not 1 <= len(new) <= LINE_ITEMS_MAX:
        raise InvalidInput("line_items", Problem.COUNT, minimum=1, maximum=LINE_ITEMS_MAX, count=len(new))
    items = tuple(_line_item(one, code, ("line_items", number)) for number, one in enumerate(new))
    shipping = (
        parse_amount(shipping_amount, code, field="shipping_amount", may_be_zero=True).minor
        if shipping_amount is not None
        else 0
    )
    return Basket(code, items, shipping)


class NewOrder(NamedTuple):
    """What is promised, and to whom.

    Attributes:
        customer_known: this transaction has looked the customer up already.
    """

    basket: Basket
    reference: str | None = None
    unique_reference: bool = False
    customer_id: str | None = None
    metadata: str | None = None
    client_reference_id: str | None = None
    customer_stated: bool = False
    customer_known: bool = False


async def checked_new_order(tx: Transaction, principal: Principal, new: NewOrder) -> NewOrder:
    """The same, its reference and customer looked at.

    Raises:
        InvalidInput: a field is wrong; it is named.
    """
    reference = new.reference
    if reference is not None:
        reference = identity(checked_text(reference, field="reference", length_max=REFERENCE_MAX))
    elif new.unique_reference:
        raise InvalidInput("unique_reference", Problem.REQUIRES, other="reference")
    client_reference_id = new.client_reference_id
    if client_reference_id is not None:
        client_reference_id = checked_text(client_reference_id, field="client_reference_id", length_max=REFERENCE_MAX)
    if new.customer_id is not None and not new.customer_known:
        try:
            await customers.require_customer(tx, principal, new.customer_id)
        except NotFound as error:
            raise InvalidInput("customer_id", Problem.NO_SUCH, noun="customer") from error
    return new._replace(reference=reference, client_reference_id=client_reference_id)


async def make(
    tx: Transaction,
    principal: Principal,
    new: NewOrder,
    *,
    order_id: str,
    session_id: str,
    payment: Payment,
    expires_at: int,
    now: int,
) -> Order:
    """Write the order of a session that is being opened; the session's event reports both.

    Raises:
        Conflict: its reference is to be unique, and another order claims it.
    """
    basket = new.basket
    order = Order(
        id=order_id,
        project_id=principal.project_id,
        livemode=principal.livemode,
        session_id=session_id,
        customer_id=new.customer_id,
        status=OrderStatus.OPEN,
        fulfillment=Fulfillment.UNFULFILLED,
        reference=new.reference,
        unique_reference=new.unique_reference,
        currency=basket.currency,
        line_items=basket.line_items,
        discounts=basket.discounts,
        shipping_minor=basket.shipping_minor,
        total_minor=basket.totals.total,
        metadata=new.metadata,
        created_at=now,
        updated_at=now,
        expires_at=expires_at,
        payment=payment,
        client_reference_id=new.client_reference_id,
        customer_stated=new.customer_stated,
    )
    if not await records.insert(tx, order):
        claimer = await records.claims(tx, order.project_id, order.livemode, order.reference or "")
        # None where it was claimed in the same moment, and is seen by nobody else yet.
        claimed_by, status = (claimer[0], claimer[1].value) if claimer is not None else (None, None)
        raise Conflict(
            Problem.REFERENCE_TAKEN,
            field="reference",
            values={"reference": new.reference, "order_id": claimed_by, "status": status},
            code="order_reference_taken",
        )
    return order


async def get_order(tx: Transaction, principal: Principal, order_id: str) -> Order:
    """One order.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    order = await records.by_id(tx, principal.project_id, principal.livemode, order_id)
    if order is None:
        raise NotFound("order", order_id)
    return order


async def get_order_beside(
    tx: Transaction, principal: Principal, order_id: str, beside: Beside
) -> tuple[Order, str | None]:
    """One order, and what a language keeps beside it, by one statement; that is None where there is nothing.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    found = await records.by_id_beside(tx, principal.project_id, principal.livemode, order_id, beside)
    if found is None:
        raise NotFound("order", order_id)
    return found


async def find_stored(tx: Transaction, principal: Principal, order_id: str) -> StoredOrder | Order:
    """One order as it is stored, for as long as it has seen no money: whoever shows it in a form of their own can
    remember that form by it.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    found = await records.stored(tx, principal.project_id, principal.livemode, order_id)
    if found is None:
        raise NotFound("order", order_id)
    return found


async def get_order_of_session(tx: Transaction, session_id: str) -> Order:
    """The order of a session that the caller may see."""
    return await records.of_session(tx, session_id)


async def orders_by_id(tx: Transaction, principal: Principal, order_ids: Sequence[str]) -> dict[str, Order]:
    """Several orders by their ids; what is not in the caller's project and mode is not among them."""
    found = await records.by_ids(tx, principal.project_id, principal.livemode, order_ids)
    return {order.id: order for order in found}


async def customers_of_sessions(
    tx: Transaction, principal: Principal, session_ids: Sequence[str]
) -> dict[str, Customer]:
    """Who orders in sessions that the caller may see, by session id; those are missing where nobody is known."""
    theirs = await records.customers_of_sessions(tx, session_ids)
    found = await customers.customers_by_id(tx, principal, sorted(set(theirs.values())))
    return {session_id: found[customer_id] for session_id, customer_id in theirs.items()}


async def release_references(tx: Transaction, session_ids: Sequence[str]) -> None:
    """Release the unique references that the orders of locked sessions claim, whose time is up."""
    await records.release_references(tx, session_ids)


async def has_paid(tx: Transaction, customer_id: str) -> bool:
    """Whether a customer has paid for an order; that it was refunded later changes nothing about it."""
    return await records.has_paid(tx, customer_id)


async def list_orders(
    tx: Transaction, principal: Principal, page: PageRequest, **filters: Unpack[OrderFilters]
) -> Page[Order]:
    """Orders, newest first, that match what is given; ``created_after`` is inclusive, ``created_before`` is not."""
    checked_cursor(page, ids.ORDER)
    found = await records.newest(tx, principal.project_id, principal.livemode, page, **_compared(filters))
    return cut_newest(found, page)


async def latest_orders(tx: Transaction, principal: Principal, customer_ids: Sequence[str]) -> dict[str, Order]:
    """The newest order of each of several of the caller's customers, by the customer's id."""
    found = await records.latest_of(tx, principal.project_id, principal.livemode, customer_ids)
    return {order.customer_id: order for order in found if order.customer_id is not None}


async def count_orders(tx: Transaction, principal: Principal, most: int, **filters: Unpack[OrderFilters]) -> int:
    """How many orders match what is given, counted up to ``most``."""
    return await records.count(tx, principal.project_id, principal.livemode, most, **_compared(filters))


async def list_from(tx: Transaction, principal: Principal, position: ListPosition, limit: int) -> Page[Order]:
    """Orders on one side of a position in the list of all, the nearest first."""
    found = await records.page_from(tx, principal.project_id, principal.livemode, position, limit)
    return cut(found, limit)


async def list_kept_orders(
    tx: Transaction, principal: Principal, page: PageRequest, public_url: str, **filters: Unpack[OrderFilters]
) -> Page[KeptForm]:
    """The same orders in their kept forms."""
    checked_cursor(page, ids.ORDER)
    project_id, livemode = principal.project_id, principal.livemode
    found = await records.newest_kept(tx, project_id, livemode, page, public_url, **_compared(filters))
    return cut(found, page.limit)


def _compared(filters: OrderFilters) -> OrderFilters:
    """The same filters, the reference as it is compared."""
    reference = filters.get("reference")
    return {**filters, "reference": identity(reference)} if reference is not None else filters


async def update_order(
    context: CheckoutContext, tx: Transaction, principal: Principal, order_id: str, changes: OrderChanges
) -> Order:
    """Change what is the merchant's own of an order.

    Raises:
        NotFound: it is not in the caller's project and mode.
        InvalidInput: a field is wrong; it is named.
    """
    order = await records.locked(tx, principal.project_id, principal.livemode, order_id)
    if order is None:
        raise NotFound("order", order_id)
    changed: dict[str, object] = {}
    if changes.fulfillment is not msgspec.UNSET:
        changed["fulfillment"] = changes.fulfillment
    if changes.metadata is not msgspec.UNSET:
        changed["metadata"] = changed_metadata(order.metadata, changes.metadata)
    if all(getattr(order, name) == value for name, value in changed.items()):
        return order
    now = context.clock.now()
    after = msgspec.structs.replace(order, **changed, updated_at=now)
    await records.update(tx, after)
    await emit_event(context, tx, ORDER_UPDATED, after, before=order, now=now)
    return after


async def discounted(tx: Transaction, order: Order, discounts: tuple[Discount, ...], now: int) -> Order:
    """The order with other discounts, written down; its session's row is held, and its event reports it."""
    basket = order.basket._replace(discounts=discounts)
    after = msgspec.structs.replace(order, discounts=discounts, total_minor=basket.totals.total)
    await records.discount(tx, after, now)
    return after


async def named_price(
    tx: Transaction, principal: Principal, order: Order, line_id: str, amount: str, now: int
) -> Order:
    """The order with what its buyer says that a line costs, written down; its session's row is held, and its event
    reports it.

    Raises:
        InvalidInput: the line is not the buyer's to price, or the amount is not one, or out of the product's bounds.
        NotFound: the product is gone.
    """
    line = next((one for one in order.line_items if one.id == line_id and one.buyer_priced), None)
    if line is None or line.product_id is None:
        raise InvalidInput("line", Problem.NOT_A_BUYERS_LINE)
    product = await products.get_product(tx, principal, line.product_id)
    unit = product.price.charged(amount, field="amount")
    lines = tuple(
        msgspec.structs.replace(one, unit_minor=unit.minor) if one is line else one for one in order.line_items
    )
    basket = checked_basket(order.basket._replace(line_items=lines), field="amount")
    after = msgspec.structs.replace(order, line_items=lines, total_minor=basket.totals.total)
    await records.reline(tx, after, now)
    return after


class RecordedDelivery(NamedTuple):
    """What a merchant says of handing lines over.

    Attributes:
        status: how it ended.
        line_item_ids: the lines; all that are still open where it is None.
        transaction_id, tokens: of what was delivered.
        reason: why it failed.
    """

    status: DeliveryStatus
    line_item_ids: Sequence[str] | None = None
    transaction_id: str | None = None
    tokens: tuple[Token, ...] = ()
    reason: str | None = None


async def record_delivery(
    context: CheckoutContext, tx: Transaction, principal: Principal, order_id: str, handed: RecordedDelivery
) -> tuple[Order, tuple[LineItem, ...]]:
    """Record how the delivery of lines of a paid order ended, with its event; once all are final, the order is
    fulfilled. The same again changes nothing.

    Returns:
        The order, and the lines that were open before.

    Raises:
        NotFound: the order is not in the caller's project and mode.
        InvalidInput: a line is not one of the order's, or a text is wrong.
        Conflict: the order is not paid, or a line had another end already.
    """
    order = await records.locked(tx, principal.project_id, principal.livemode, order_id)
    if order is None:
        raise NotFound("order", order_id)
    now = context.clock.now()
    delivery = _checked_delivery(handed, now)
    wanted = _lines_to_deliver(order, handed)
    for one in wanted:
        if one.delivery is not None and one.delivery.status is not handed.status:
            raise Conflict(
                f"The item {one.id} is {one.delivery.status.value} already, which is final.",
                code="order_not_deliverable",
            )
    opened = tuple(one for one in wanted if one.delivery is None)
    if not opened:
        return order, ()
    if order.status is not OrderStatus.PAID:
        raise Conflict(
            f"Items can be delivered once their order is paid; this one is {order.status.value}.",
            code="order_not_deliverable",
        )
    return await _delivered(context, tx, order, opened, delivery, now), opened


async def deliver_automatically(context: CheckoutContext, tx: Transaction, order: Order, now: int) -> Order:
    """Deliver what delivers itself of an order that was just paid, whose session's row is held."""
    opened = tuple(one for one in order.line_items if one.delivers_itself and one.delivery is None)
    if order.livemode or not opened:
        return order
    return await _delivered(context, tx, order, opened, Delivery(status=DeliveryStatus.DELIVERED, at=now), now)


async def mark_automatic(tx: Transaction, order: Order, now: int, *, automatic: bool) -> None:
    """Let the goods of a test order, whose session's row is held, deliver themselves once they are paid; or not."""
    lines = tuple(
        msgspec.structs.replace(one, delivers_itself=automatic and one.kind is LineItemKind.PRODUCT)
        for one in order.line_items
    )
    if lines != order.line_items:
        await records.reline(tx, msgspec.structs.replace(order, line_items=lines), now)


def _checked_delivery(handed: RecordedDelivery, now: int) -> Delivery:
    if len(handed.tokens) > TOKENS_MAX:
        raise InvalidInput("tokens", Problem.TOO_MANY, maximum=TOKENS_MAX, count=len(handed.tokens))
    texts = {
        name: checked_text(text, field=name, length_max=most) if text is not None else None
        for name, text, most in (
            ("transaction_id", handed.transaction_id, TRANSACTION_ID_MAX),
            ("reason", handed.reason, REASON_MAX),
        )
    }
    return Delivery(status=handed.status, at=now, tokens=handed.tokens, **texts)


def _lines_to_deliver(order: Order, handed: RecordedDelivery) -> tuple[LineItem, ...]:
    goods = {one.id: one for one in order.line_items if one.kind is LineItemKind.PRODUCT}
    if handed.line_item_ids is None:
        return tuple(one for one in goods.values() if one.delivery is None)
    if not 1 <= len(handed.line_item_ids) <= LINE_ITEMS_MAX:
        raise InvalidInput(
            "line_item_ids", Problem.COUNT, minimum=1, maximum=LINE_ITEMS_MAX, count=len(handed.line_item_ids)
        )
    for number, one in enumerate(handed.line_item_ids):
        if one not in goods:
            raise InvalidInput(("line_item_ids", number), Problem.NO_SUCH, noun="item of this order")
    return tuple(goods[one] for one in dict.fromkeys(handed.line_item_ids))


async def _delivered(
    context: CheckoutContext, tx: Transaction, order: Order, opened: Sequence[LineItem], delivery: Delivery, now: int
) -> Order:
    ended = {one.id for one in opened}
    lines = tuple(
        msgspec.structs.replace(one, delivery=delivery) if one.id in ended else one for one in order.line_items
    )
    final = all(one.delivery is not None for one in lines if one.kind is LineItemKind.PRODUCT)
    any_delivered = any(one.delivery is not None and one.delivery.status is DeliveryStatus.DELIVERED for one in lines)
    fulfillment = Fulfillment.FULFILLED if final and any_delivered else order.fulfillment
    after = msgspec.structs.replace(order, line_items=lines, fulfillment=fulfillment, updated_at=now)
    await records.reline(tx, after, now)
    await records.update(tx, after)
    type = ORDER_DELIVERED if delivery.status is DeliveryStatus.DELIVERED else ORDER_DELIVERY_FAILED
    await emit_event(context, tx, type, after, before=order, now=now)
    return after


async def priced_again(tx: Transaction, principal: Principal, order: Order, now: int) -> Order:
    """The order at what its products cost now, written down where that has changed; its session's row is held, and its
    event reports it. What is not for sale any more, or would cost nothing, stays at the price it had."""
    wanted = dict.fromkeys(one.product_id for one in order.line_items if one.product_id is not None)
    found = await products.products_by_id(tx, principal, list(wanted)) if wanted else {}
    lines = tuple(_priced_by(found.get(one.product_id or ""), order.currency, one) for one in order.line_items)
    if lines == order.line_items:
        return order
    basket = checked_basket(order.basket._replace(line_items=lines), field="line_items")
    if not basket.totals.total:
        return order
    after = msgspec.structs.replace(order, line_items=lines, total_minor=basket.totals.total)
    await records.reline(tx, after, now)
    return after


def _priced_by(product: Product | None, currency: str, line: LineItem) -> LineItem:
    fixed = product is not None and product.active and product.price.pricing is Pricing.FIXED
    if product is None or not fixed or product.price.currency != currency or product.price.suggested is None:
        return line
    return msgspec.structs.replace(line, unit_minor=product.price.suggested)


async def sync_order(
    context: CheckoutContext,
    tx: Transaction,
    before: Order,
    after: Order,
    to: OrderStatus,
    now: int,
    *,
    was_paid: bool = False,
) -> Order:
    """The one way in which an order changes with its money: a legal edge and its event, or an update and its event.

    Args:
        before, after: the order with its payment as it was and as it is; the session's row is held.
        was_paid: it was paid before. A refunded order whose refund did not go through is then updated, not paid again:
            people fulfil on ``order.paid``.
    """
    if to is not before.status:
        if to not in EDGES[before.status]:
            raise Conflict(f"An order that is {before.status.value} cannot become {to.value}.")
        if await records.move(tx, before, to, now) != 1:
            raise Conflict("The order was changed by another request. Read it again, then decide.")
        after = msgspec.structs.replace(after, status=to, updated_at=now)
        again = was_paid and before.status is OrderStatus.REFUNDED and to is OrderStatus.PAID
        await emit_event(context, tx, ORDER_UPDATED if again else EVENT_OF[to], after, before=before, now=now)
    elif changed(before, after):
        after = msgspec.structs.replace(after, updated_at=now)
        await records.touch(tx, after.id, now)
        await emit_event(context, tx, ORDER_UPDATED, after, before=before, now=now)
    else:
        await keep(
            tx, after.id, msgspec.json.encode(to_api(after, context.settings.public_url)), context.settings.public_url
        )
    return after


async def emit_event(
    context: CheckoutContext, tx: Transaction, type: EventType, order: Order, *, before: Order, now: int
) -> None:
    """Write an event about an order whose session's row is held."""
    public_url = context.settings.public_url
    await emit_fact(context, tx, type, order, to_api(order, public_url), before=to_api(before, public_url), now=now)


def _required(value: str | None, *, field: Field) -> str:
    if value is None:
        raise InvalidInput(field, Problem.REQUIRED, without="product_id")
    return value


def _line_item(new: NewLineItem, currency: str, at: Path) -> LineItem:
    if not 1 <= new.quantity <= QUANTITY_MAX:
        raise InvalidInput((*at, "quantity"), Problem.OUT_OF_RANGE, minimum=1, maximum=QUANTITY_MAX, given=new.quantity)
    name = _required(new.name, field=(*at, "name"))
    amount = _required(new.unit_amount, field=(*at, "unit_amount"))
    unit = parse_amount(amount, currency, field=(*at, "unit_amount"), may_be_zero=True)
    return LineItem(
        id=ids.new_id(ids.LINE_ITEM),
        kind=new.kind,
        name=checked_text(name, field=(*at, "name"), length_max=NAME_MAX),
        quantity=new.quantity,
        unit_minor=unit.minor,
        product_id=new.product_id,
        buyer_priced=new.buyer_priced,
    )


def _of_product(new: NewLineItem, currency: str, found: Mapping[str, Product], at: Path) -> NewLineItem:
    if new.product_id is None:
        return new
    product = found.get(new.product_id)
    if product is None:
        raise InvalidInput((*at, "product_id"), Problem.NO_SUCH, noun="product")
    if new.kind is not LineItemKind.PRODUCT:
        raise InvalidInput((*at, "kind"), Problem.PRODUCT_KIND, other="product_id")
    if product.price.currency != currency:
        raise InvalidInput(
            (*at, "product_id"), Problem.PRODUCT_CURRENCY, product=product.price.currency, order=currency
        )
    if not product.active:
        raise Conflict(Problem.PRODUCT_NOT_FOR_SALE, field=(*at, "product_id"), code="product_inactive")
    unit = product.price.charged(new.unit_amount, field=(*at, "unit_amount"))
    return new._replace(
        name=new.name if new.name is not None else product.name,
        unit_amount=str(unit),
        buyer_priced=product.price.pricing is Pricing.BUYER and new.unit_amount is None,
    )


async def count_in_review(tx: Transaction, principal: Principal, most: int) -> int:
    """How many orders wait for the merchant's decision, counted up to ``most``."""
    return await records.count_in_review(tx, principal.project_id, principal.livemode, most)
