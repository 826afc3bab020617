"""Orders made, changed, read and listed in Crossmint's language."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from tillgate.base import ids
from tillgate.base.clock import DAY_MS
from tillgate.base.errors import InvalidInput, NotFound
from tillgate.base.money import MINOR_DIGITS, Money, format_minor
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem, Verbatim
from tillgate.base.text import checked_email
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.orders import operations as orders
from tillgate.checkout.orders.model import LINE_ITEMS_MAX, QUANTITY_MAX, LineItemKind, Order
from tillgate.checkout.orders.operations import NewLineItem
from tillgate.checkout.orders.records import ListPosition, StoredOrder
from tillgate.checkout.products.model import Pricing, Product
from tillgate.checkout.products.operations import products_by_id, products_named
from tillgate.checkout.sessions.model import SessionStatus
from tillgate.checkout.sessions.opening import Beside, NewSession, open_session
from tillgate.checkout.sessions.pricing import requote
from tillgate.dialects.crossmint import records
from tillgate.dialects.crossmint.ids import own_id
from tillgate.dialects.crossmint.networks import (
    CURRENCIES,
    FIAT,
    METHODS,
    is_address,
    is_wallet,
    offered,
    option_of,
)
from tillgate.dialects.crossmint.refusing import refused
from tillgate.dialects.crossmint.shapes import (
    NOT_FOR_SALE,
    AskedLine,
    CreatedOrder,
    CreateOrder,
    EditOrder,
    Kept,
    KeptLine,
    ListOrders,
    OrderList,
    OrderObject,
    PaymentWish,
    Recipient,
    Unavailability,
)
from tillgate.dialects.crossmint.view import QUOTE_MS, is_expired, to_crossmint
from tillgate.store import Transaction

# The session goes on for so long after each quote: whoever comes back to an expired quote finds the same order.
LIFETIME_MS: Final = 7 * DAY_MS
CALL_DATA_MAX: Final = 4_000
# How many orders' JSON is remembered, and of how long ones: a few megabytes at most.
REMEMBERED_MAX: Final = 512
REMEMBERED_CHARACTERS_MAX: Final = 6_000
_OWN: Final = "crossmint"
_OLDER, _NEWER = "before_", "after_"
# The languages that this server's own pages have.
_LANGUAGES: Final = {"en-US": "en", "es-ES": "es", "fr-FR": "fr", "ja-JP": "ja", "de-DE": "de"}
# What a test recipient's address says, between the plus sign and the at sign, of orders that deliver themselves.
DELIVERED_TAG: Final = "+delivered@"


class _Line(NamedTuple):
    """One line as it was asked for, looked at."""

    product_id: str
    quantity: int
    total: Decimal | None
    asked: AskedLine


async def create_order(
    context: CheckoutContext, tx: Transaction, principal: Principal, asked: CreateOrder
) -> CreatedOrder:
    """A new order with its native session, which can be paid from then on.

    Raises:
        TillgateError: a part is wrong, or names what this server cannot do.
    """
    if asked.state == "draft":
        raise refused("state", "drafts are not supported on this server. Leave it out to create the order.")
    given = [asked.line_items] if isinstance(asked.line_items, AskedLine) else asked.line_items
    if not 1 <= len(given) <= LINE_ITEMS_MAX:
        raise InvalidInput("line_items", Problem.COUNT, minimum=1, maximum=LINE_ITEMS_MAX, count=len(given))
    lines = [_checked_line(one, _at(number, asked)) for number, one in enumerate(given)]
    payment, recipient = _checked_payment(asked.payment), _checked_recipient(asked.recipient)
    products = await _named_products(tx, principal, [one.product_id for one in lines])
    new = [_new_line(one, products.get(one.product_id), _at(number, asked)) for number, one in enumerate(lines)]
    now, made = context.clock.now(), list[tuple[Order, Kept]]()

    async def keep(order: Order) -> None:
        _check_served(order, payment)
        goods = [one for one in order.line_items if one.kind is LineItemKind.PRODUCT]
        kept = Kept(
            locale=asked.locale,
            payment=payment,
            recipient=recipient,
            quoted_at=now,
            expires_at=now + QUOTE_MS,
            lines=tuple(
                _quoted(
                    KeptLine(
                        line_id=own.id,
                        collection_locator=line.asked.collection_locator,
                        product_locator=line.asked.product_locator,
                        call_data=line.asked.call_data,
                    ),
                    products.get(line.product_id),
                )
                for own, line in zip(goods, lines, strict=True)
            ),
        )
        await records.keep(tx, order.id, kept, now)
        await orders.mark_automatic(tx, order, now, automatic=_is_automatic(recipient))
        made.append((order, kept))

    session = await open_session(
        context,
        tx,
        principal,
        NewSession(line_items=tuple(new), metadata=asked.metadata, locale=_LANGUAGES.get(asked.locale)),
        Beside(LIFETIME_MS, keep, products={one.id: one for one in products.values()}),
    )
    order, kept = made[0]
    if session.status is not SessionStatus.PENDING:
        # What costs nothing is paid at once.
        order = await orders.get_order_of_session(tx, session.id)
    return CreatedOrder(order=to_crossmint(order, kept, expired=False))


async def edit_order(
    context: CheckoutContext, tx: Transaction, principal: Principal, text: str, asked: EditOrder
) -> OrderObject | msgspec.Raw:
    """Change what is not final of an order, and quote it again.

    Raises:
        NotFound: the order is not in the caller's project and mode.
        TillgateError: a part is wrong, money was seen, or the order has ended.
    """
    order = await orders.get_order(tx, principal, _own_order(text))
    changes: dict[str, Any] = {}
    if asked.recipient is not msgspec.UNSET:
        changes["recipient"] = _checked_recipient(asked.recipient)
    if asked.payment is not msgspec.UNSET:
        changes["payment"] = _checked_payment(asked.payment)
    if asked.locale is not msgspec.UNSET:
        changes["locale"] = asked.locale

    async def keep(after: Order) -> None:
        now = context.clock.now()
        kept = await records.kept_of(tx, after.id)
        if kept is None:
            raise refused("orderId", "this order was not made in Crossmint's language; change it where it was made.")
        named = {one.id: one.product_id for one in after.line_items}
        found = await products_by_id(tx, principal, sorted({one for one in named.values() if one is not None}))
        lines = tuple(_quoted(one, found.get(named.get(one.line_id) or "")) for one in kept.lines)
        kept = msgspec.structs.replace(kept, lines=lines, quoted_at=now, expires_at=now + QUOTE_MS, **changes)
        _check_served(after, kept.payment)
        await records.keep(tx, after.id, kept, now)
        await orders.mark_automatic(tx, after, now, automatic=_is_automatic(kept.recipient))

    await requote(context, tx, principal, order.session_id, lifetime_ms=LIFETIME_MS, keep=keep)
    return await read_order(context, tx, principal, text)


async def read_order(
    context: CheckoutContext, tx: Transaction, principal: Principal, text: str
) -> OrderObject | msgspec.Raw:
    """One order, by its UUID or by this server's own id; its JSON where that is remembered.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    found = await orders.find_stored(tx, principal, _own_order(text))
    document = await records.document_of(tx, found.id)
    kept = records.kept_in(document)
    expired = is_expired(kept, context.clock.now())
    if isinstance(found, Order):
        return to_crossmint(found, kept, expired=expired)
    if found.characters + len(document or "") > REMEMBERED_CHARACTERS_MAX:
        return to_crossmint(found.order(), kept, expired=expired)
    return msgspec.Raw(_remembered(found, document, expired))


@lru_cache(maxsize=REMEMBERED_MAX)
def _remembered(stored: StoredOrder, document: str | None, expired: bool) -> bytes:
    """An order's JSON, by all that it is made of: whoever waits for money asks for the same order again and again."""
    return msgspec.json.encode(to_crossmint(stored.order(), records.kept_in(document), expired=expired))


async def list_orders(context: CheckoutContext, tx: Transaction, principal: Principal, asked: ListOrders) -> OrderList:
    """A page of orders, with the ways on from it.

    Raises:
        InvalidInput: the cursor is none that a page gave.
    """
    newest_first = asked.sort == "desc"
    cursor = asked.cursor if asked.cursor is not msgspec.UNSET else None
    position = ListPosition(None, newer=not newest_first) if cursor is None else _position(cursor)
    found = await orders.list_from(tx, principal, position, asked.limit)
    backwards = position.newer is newest_first
    page = found.data[::-1] if backwards else found.data
    kept = await records.kept_of_all(tx, [one.id for one in page])
    now = context.clock.now()
    # Where somebody came from with a cursor, there is a page.
    onwards, back = (cursor is not None, found.has_more) if backwards else (found.has_more, cursor is not None)
    first, last = (_NEWER, _OLDER) if newest_first else (_OLDER, _NEWER)
    return OrderList(
        data=[to_crossmint(one, kept.get(one.id), expired=is_expired(kept.get(one.id), now)) for one in page],
        next_cursor=_cursor(last, page[-1]) if page and onwards else None,
        previous_cursor=_cursor(first, page[0]) if page and back else None,
    )


async def _named_products(tx: Transaction, principal: Principal, names: list[str]) -> dict[str, Product]:
    """The products by how they are named: by their ids in either spelling, or by the merchant's references."""
    wanted = list(dict.fromkeys(names))
    spelled = {name: own_id(ids.PRODUCT, name) or name for name in wanted}
    asked = list(dict.fromkeys([*wanted, *spelled.values()]))
    found = await products_named(tx, principal.project_id, asked, livemode=principal.livemode)
    led = {name: found.get(spelled[name]) or found.get(name) for name in wanted}
    return {name: product for name, product in led.items() if product is not None}


def _own_order(text: str) -> str:
    own = own_id(ids.ORDER, text)
    if own is None:
        raise NotFound("order", text)
    return own


def _cursor(direction: str, order: Order) -> str:
    return direction + order.id.partition("_")[2]


def _position(cursor: str) -> ListPosition:
    for direction in (_OLDER, _NEWER):
        own = f"{ids.ORDER}_{cursor.removeprefix(direction)}"
        if cursor.startswith(direction) and ids.is_id(ids.ORDER, own):
            return ListPosition(own, newer=direction == _NEWER)
    raise InvalidInput(
        "cursor", Problem.NOT_A_CHOICE, code="invalid_query", choices=("the nextCursor or previousCursor of a page",)
    )


def _at(number: int, asked: CreateOrder) -> str:
    """What a line is called: one that stands alone has no number."""
    return "lineItems" if isinstance(asked.line_items, AskedLine) else f"lineItems[{number}]"


def _checked_line(asked: AskedLine, at: str) -> _Line:
    if asked.token_locator is not None:
        raise refused(f"{at}.tokenLocator", "tokens cannot be bought on this server. Send a collectionLocator.")
    if asked.execution_parameters is not None:
        raise refused(f"{at}.executionParameters", "they are for tokens, which cannot be bought on this server.")
    named = [one for one in (asked.collection_locator, asked.product_locator) if one is not None]
    if len(named) != 1:
        raise refused(at, "expected either collectionLocator or productLocator.")
    field = f"{at}.{'collectionLocator' if asked.collection_locator is not None else 'productLocator'}"
    data = asked.call_data or {}
    try:
        length = len(msgspec.json.encode(data))
    except RecursionError as error:
        raise refused(f"{at}.callData", "nested too deeply.") from error
    if length > CALL_DATA_MAX:
        raise refused(f"{at}.callData", f"at most {CALL_DATA_MAX} bytes of JSON are kept, got {length}.")
    return _Line(
        _product_of(named[0], field), _quantity(data.get("quantity", 1), at), _total(data.get("totalPrice"), at), asked
    )


def _product_of(locator: str, field: str) -> str:
    head, _, rest = locator.partition(":")
    name, colon, variant = rest.partition(":")
    if head != _OWN or not name or ":" in variant or (colon and not variant):
        raise refused(
            field,
            "expected crossmint:<product>[:<variant>] with the id of one of your products, such as "
            "crossmint:prod_01j…. "
            "Contracts on a chain, amazon: and URLs are not supported on this server.",
        )
    if not locator.isprintable():
        raise refused(field, "control characters are not allowed.")
    return name


def _quantity(given: object, at: str) -> int:
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= len(str(QUANTITY_MAX)):
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= QUANTITY_MAX:
        raise refused(f"{at}.callData.quantity", f"expected a whole number from 1 to {QUANTITY_MAX}.")
    return given


def _total(given: object, at: str) -> Decimal | None:
    if given is None:
        return None
    # Parsed in the currency with the most decimals: trailing zeros of a price in yen are none of a mistake.
    if isinstance(given, str) and len(given) <= 40 and given.isascii():
        whole, point, fraction = given.partition(".")
        if whole.isdigit() and (fraction.isdigit() if point else True):
            return Decimal(given)
    raise refused(f"{at}.callData.totalPrice", 'expected a decimal amount as a string, such as "50.00".')


def _new_line(line: _Line, product: Product | None, at: str) -> NewLineItem:
    if product is None:
        raise refused(f"{at}.{_locator_field(line.asked)}", "no such product in this mode and project.")
    if not product.active:
        raise refused(f"{at}.{_locator_field(line.asked)}", "this product is not for sale.")
    amount = None
    if line.total is not None:
        amount = _unit_amount(line, product, f"{at}.callData.totalPrice")
    return NewLineItem(product_id=product.id, quantity=line.quantity, unit_amount=amount)


def _locator_field(asked: AskedLine) -> str:
    return "collectionLocator" if asked.collection_locator is not None else "productLocator"


def _unit_amount(line: _Line, product: Product, field: str) -> str | None:
    """What one costs by the total that was sent; None where that is the price as it stands.

    Raises:
        TillgateError: it is not the price.
    """
    price, currency = product.price, product.price.currency
    digits = MINOR_DIGITS[currency]
    minor = (line.total or Decimal(0)).scaleb(digits)
    if price.pricing is Pricing.FIXED:
        ours = Money((price.suggested or 0) * line.quantity, currency)
        if minor != ours.minor:
            raise refused(
                field, f"the price is {ours} {currency}, got {line.total}. Read the product again, or leave it out."
            )
        return None
    if minor != int(minor) or int(minor) % line.quantity:
        raise refused(field, f"expected an amount of {currency} that {line.quantity} items share evenly.")
    return format_minor(int(minor) // line.quantity, digits)


def _checked_payment(asked: PaymentWish) -> PaymentWish:
    method = asked.method
    if method in FIAT:
        raise refused(
            "payment.method", f"{method}: this server has no rail for cards. Use a network, such as base-sepolia."
        )
    if method not in METHODS:
        raise refused("payment.method", f"expected one of {', '.join(METHODS)}.")
    if asked.currency is not None and asked.currency not in CURRENCIES[method]:
        raise refused("payment.currency", f"expected one of {', '.join(CURRENCIES[method])} on {method}.")
    if asked.payer_address is not None and not is_address(method, asked.payer_address):
        raise refused("payment.payerAddress", f"expected an address on {method}.")
    if asked.receipt_email is None:
        return asked
    return msgspec.structs.replace(asked, receipt_email=_email(asked.receipt_email, "payment.receiptEmail"))


def _check_served(order: Order, asked: PaymentWish) -> None:
    """
    Raises:
        TillgateError: the order is paid on networks, and on none that the method names, or not in that currency.
    """
    terms = order.payment.terms
    if not terms.options or option_of(terms, asked.method, asked.currency) is not None:
        return
    field = "payment.method" if option_of(terms, asked.method, None) is None else "payment.currency"
    raise refused(field, f"this order can be paid with {', '.join(offered(terms))}.")


def _checked_recipient(asked: Recipient | None) -> Recipient | None:
    if asked is None:
        return None
    if (asked.email is None) == (asked.wallet_address is None):
        raise refused("recipient", "expected either email or walletAddress.")
    if asked.wallet_address is not None and not is_wallet(asked.wallet_address):
        raise refused(
            "recipient.walletAddress", "expected an address on a network, such as 0x and 40 hexadecimal digits."
        )
    address = asked.physical_address
    if address is not None:
        for name, text in msgspec.structs.asdict(address).items():
            if text is not None and (not text.isprintable() or not text.strip()):
                raise refused(f"recipient.physicalAddress.{_camel(name)}", "expected text without control characters.")
    if asked.email is None:
        return asked
    return msgspec.structs.replace(asked, email=_email(asked.email, "recipient.email"))


def _camel(name: str) -> str:
    return "postalCode" if name == "postal_code" else name


def _email(text: str, field: str) -> str:
    try:
        return checked_email(text)
    except InvalidInput as error:
        raise InvalidInput(Verbatim(field), error.problem or Problem.NOT_AN_EMAIL, **error.values) from error


def _is_automatic(recipient: Recipient | None) -> bool:
    return recipient is not None and recipient.email is not None and DELIVERED_TAG in recipient.email


def _quoted(line: KeptLine, product: Product | None) -> KeptLine:
    """The line with what its product says now."""
    if product is None or not product.active:
        gone = Unavailability(code=NOT_FOR_SALE, message="This product is not for sale any more.")
        return msgspec.structs.replace(line, unavailable=gone)
    metadata: Mapping[str, Any] = msgspec.json.decode(product.metadata) if product.metadata is not None else {}
    image = metadata.get("imageUrl")
    return msgspec.structs.replace(
        line,
        description=product.description,
        image_url=image if isinstance(image, str) else None,
        physical=metadata.get("shippable") in (True, "true"),
        unavailable=None,
    )
