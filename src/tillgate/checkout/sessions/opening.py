"""A session is opened: from a link, for an amount or for line items, with its order and its payment."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from tillgate.base import ids
from tillgate.base.clock import MINUTE_MS
from tillgate.base.errors import InvalidInput, NotFound
from tillgate.base.invariants import present
from tillgate.base.money import parse_amount, parse_currency
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.checkout.clocks import operations as clocks
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.customers import operations as customers
from tillgate.checkout.customers.operations import Stated
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.kept import stamped
from tillgate.checkout.links import operations as links
from tillgate.checkout.links.model import PaymentLink
from tillgate.checkout.metadata import checked_metadata
from tillgate.checkout.orders import operations as orders
from tillgate.checkout.orders.model import Basket, Order
from tillgate.checkout.orders.operations import NewLineItem, NewOrder
from tillgate.checkout.payments import records as payments
from tillgate.checkout.payments.model import (
    CaptureMethod,
    Payment,
    PaymentState,
    RecordedPayment,
)
from tillgate.checkout.products.model import Product
from tillgate.checkout.projects import operations as projects
from tillgate.checkout.projects.model import NETWORKS
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions import discounts, publishable, records
from tillgate.checkout.sessions.model import (
    CheckoutSession,
    SessionStatus,
)
from tillgate.checkout.sessions.moving import move
from tillgate.checkout.sessions.object import to_api
from tillgate.events.types import SESSION_CREATED
from tillgate.rails.port import QuoteRequest
from tillgate.store import Transaction
from tillgate.words import LANGUAGES


class NewAmount(NamedTuple):
    """A price as the API takes it: a decimal string and an ISO 4217 code."""

    value: str
    currency: str


class NewSession(NamedTuple):
    """What a merchant says about a session to be: either a link, an amount, or lines in a currency.

    Attributes:
        metadata: the session's, and what its order begins with.
        coupon_id, promotion_code: what takes something off the goods; one of them at most.
        test_clock_id: what can bring its deadlines nearer; in test mode only.
        allow_promotion_codes: whether the buyer may type a code; the link's word where it is None.
        locale: the language of its pages and mails; where it is None the project decides, then the browser.
        client_reference_id: what whoever sends the buyer calls it; never unique.
        expires_in_seconds: five minutes to seven days; the project's or the server's setting where it is None.

    Who may say what: :data:`tillgate.checkout.sessions.publishable.MAY_SET`.
    """

    link_id: str | None = None
    amount: NewAmount | None = None
    metadata: dict[str, object] | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    return_url: str | None = None
    expires_in_seconds: int | None = None
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    line_items: tuple[NewLineItem, ...] | None = None
    currency: str | None = None
    shipping_amount: str | None = None
    reference: str | None = None
    unique_reference: bool = False
    customer_id: str | None = None
    coupon_id: str | None = None
    promotion_code: str | None = None
    test_clock_id: str | None = None
    allow_promotion_codes: bool | None = None
    locale: str | None = None
    client_reference_id: str | None = None


class Visitor(NamedTuple):
    """What a visit to a link says of the visitor; nothing of it is proved.

    Attributes:
        client_reference_id: what whoever sent them calls this purchase.
        email: theirs, as they say.
    """

    client_reference_id: str | None = None
    email: str | None = None


class Beside(NamedTuple):
    """What another language than the native one decides about the sessions that it opens.

    Attributes:
        lifetime_ms: how long they wait for money; as they say themselves, or as is set, where it is None.
        by_mail: they are paid by mail, instead of on the rail of their mode.
        customer_email: whom the merchant says that it sells to: the order's customer, who is made known where nobody is
            by this address.
        products: those that its lines name, by id, where the session's own transaction has looked them up already.
        keep: writes down what the language keeps of the order, in the session's own transaction and before its first
            event reports it.
    """

    lifetime_ms: int | None = None
    keep: Callable[[Order], Awaitable[None]] | None = None
    by_mail: bool = False
    customer_email: str | None = None
    products: Mapping[str, Product] | None = None


_NOBODY: Final = Visitor()
_NATIVE: Final = Beside()


class Opened(NamedTuple):
    """A session that was opened.

    Attributes:
        form: it in the API's form, as it is kept beside its row; None where it has changed since.
    """

    session: CheckoutSession
    form: bytes | None


async def open_session(
    context: CheckoutContext, tx: Transaction, principal: Principal, new: NewSession, beside: Beside = _NATIVE
) -> CheckoutSession:
    """Open a session as :func:`open_kept_session` does."""
    return (await open_kept_session(context, tx, principal, new, beside)).session


async def open_kept_session(
    context: CheckoutContext, tx: Transaction, principal: Principal, new: NewSession, beside: Beside = _NATIVE
) -> Opened:
    """Open a session from a link, for an amount or for lines, with its order, its payment and its event.

    Where the total is zero, it is complete at once, without a payment.

    Raises:
        Forbidden: a publishable key says what only a server may say.
        InvalidInput: not exactly one of link, amount and lines, or a field is wrong.
        Conflict: the link is deactivated, a product is not for sale, the discount does not apply, no live rail is set
            up, or the order's reference is taken.
    """
    publishable.check_may_set(principal, new)
    prices = [one for one in (new.link_id, new.amount, new.line_items) if one is not None]
    if len(prices) != 1:
        raise InvalidInput("link_id", Problem.ONE_OF, others=("link_id", "amount", "line_items"), count=len(prices))
    link = await _open_link(context, tx, principal, new.link_id) if new.link_id is not None else None
    return await _open(context, tx, principal, new, link, beside=beside)


async def visit_link(
    context: CheckoutContext, tx: Transaction, slug: str, visitor: Visitor = _NOBODY
) -> CheckoutSession:
    """A fresh session for somebody who takes what ``/l/{slug}`` offers. Where it costs nothing, it is complete at once.

    Whoever gives an e-mail address becomes the order's customer, and is made known where nobody is by it. They have
    only said so, which session, order and customer tell, and no promotion code that is for known customers is theirs
    by it (:mod:`tillgate.checkout.sessions.discounts`).

    Raises:
        NotFound: there is no such link.
        InvalidInput: what is said of the visitor is malformed.
        Conflict: it is deactivated, archived, expired or used up, or no live rail is set up.
    """
    link = await links.get_public_link(tx, slug)
    links.refuse_ended(link, context.clock.now())
    principal = Principal(link.project_id, link.livemode, "buyer", f"buyer:{link.id}")
    new = NewSession(link_id=link.id, client_reference_id=visitor.client_reference_id)
    context.rail(livemode=link.livemode)  # before anybody is made known who cannot pay here
    stated = None
    if visitor.email is not None:
        stated = await customers.stated_by_email(context, tx, principal, visitor.email)
        new = new._replace(customer_id=stated.customer.id)
    return (await _open(context, tx, principal, new, link, stated)).session


async def _open_link(context: CheckoutContext, tx: Transaction, principal: Principal, link_id: str) -> PaymentLink:
    try:
        link = await links.get_link(tx, principal, link_id)
    except NotFound as error:
        raise InvalidInput("link_id", Problem.NO_SUCH, noun="payment link") from error
    links.refuse_ended(link, context.clock.now())
    return link


def _checked_locale(tag: str | None) -> str | None:
    if tag is not None and tag not in LANGUAGES:
        raise InvalidInput("locale", Problem.NOT_A_CHOICE, choices=tuple(LANGUAGES))
    return tag


async def _open(
    context: CheckoutContext,
    tx: Transaction,
    principal: Principal,
    new: NewSession,
    link: PaymentLink | None,
    stated: Stated | None = None,
    *,
    beside: Beside = _NATIVE,
) -> Opened:
    live = principal.livemode
    now = context.clock.now()
    basket = await _basket(tx, principal, new, link, beside.products)
    success_url = publishable.return_url(principal, new.success_url, field="success_url")
    cancel_url = publishable.return_url(principal, new.cancel_url, field="cancel_url")
    return_url = publishable.return_url(principal, new.return_url, field="return_url")
    metadata = checked_metadata(new.metadata)
    project = await projects.get_settings(tx, principal.project_id)
    told = stated
    if beside.customer_email is not None:
        told = await customers.stated_by_email(context, tx, principal, beside.customer_email, by_merchant=True)
        new = new._replace(customer_id=told.customer.id)
    minutes = project.session_lifetime_minutes
    usual_ms = minutes * MINUTE_MS if minutes is not None else context.settings.session_lifetime_ms
    lifetime_ms = beside.lifetime_ms or publishable.lifetime_ms(principal, new, usual_ms)
    order = await orders.checked_new_order(
        tx,
        principal,
        NewOrder(
            basket,
            new.reference,
            new.unique_reference,
            new.customer_id,
            metadata,
            new.client_reference_id,
            customer_stated=stated is not None,
            customer_known=told is not None,
        ),
    )
    if new.test_clock_id is not None:
        await clocks.attach(tx, principal, new.test_clock_id)
    allow_codes = _allowed_codes(principal, new, link)
    offer = await discounts.named(
        tx,
        principal,
        coupon_id=new.coupon_id,
        promotion_code=new.promotion_code,
        basket=basket,
        customer_id=new.customer_id,
        now=now,
    )
    order = order._replace(basket=discounts.taken_off(basket, offer, field="line_items"))
    price = order.basket.price
    tolerance = project.tolerance_in(price.currency)
    rail = (
        context.by_mail() if beside.by_mail else context.rail(livemode=live, on_networks=project.test_rail == NETWORKS)
    )
    if new.capture_method is CaptureMethod.MANUAL and not rail.authorizes:
        raise InvalidInput("capture_method", Problem.NO_AUTHORIZATIONS)
    session_id, payment_id = ids.new_id(ids.CHECKOUT_SESSION), ids.new_id(ids.PAYMENT)
    order_id = ids.new_id(ids.ORDER)
    session = CheckoutSession(
        id=session_id,
        project_id=principal.project_id,
        livemode=live,
        link_id=link.id if link else None,
        order_id=order_id,
        title=link.title if link else None,
        description=link.description if link else None,
        test_clock_id=new.test_clock_id,
        allow_promotion_codes=allow_codes and offer is None,
        locale=_checked_locale(new.locale) or project.locale or None,
        reference=order.reference,
        customer_id=order.customer_id,
        client_reference_id=order.client_reference_id,
        customer_stated=order.customer_stated,
        status=SessionStatus.PENDING,
        price=price,
        metadata=metadata,
        success_url=success_url or (link.success_url if link else None) or project.success_url or None,
        cancel_url=cancel_url or (link.cancel_url if link else None) or project.cancel_url or None,
        return_url=return_url,
        expires_at=now + lifetime_ms,
        paid_at=None,
        created_at=now,
        updated_at=now,
        payment=Payment(
            id=payment_id,
            session_id=session_id,
            rail=rail.name,
            terms=await rail.quote(
                tx,
                # Who visits a link may go again: an address is theirs when they choose how to pay.
                QuoteRequest(principal.project_id, live, payment_id, price, allocates=link is None and price.minor > 0),
            ),
            price=price,
            capture_method=new.capture_method,
            tolerance_basis_points=tolerance.basis_points,
            tolerance_minor=tolerance.minor,
        ),
    )
    native = to_api(session, context.settings.public_url)
    form = msgspec.json.encode(native)
    await records.insert(tx, session, stamped(form, context.settings.public_url))
    await payments.insert(
        tx,
        RecordedPayment(
            session.payment,
            principal.project_id,
            live,
            order_id,
            PaymentState.AWAITING,
            session.expires_at,
            None,
            now,
            now,
        ),
    )
    made = await orders.make(
        tx,
        principal,
        order,
        order_id=order_id,
        session_id=session_id,
        payment=session.payment,
        expires_at=session.expires_at,
        now=now,
    )
    if beside.keep is not None:
        await beside.keep(made)
    if offer is not None:
        await redemptions.reserve(tx, offer, session_id=session_id, customer_id=new.customer_id, now=now)
    # Where the buyer says what a line costs, they may want to give something all the same.
    complete = not price.minor and not any(line.buyer_priced for line in order.basket.line_items)
    if complete and link is not None:
        await links.hold_link(tx, link.id)
    if told is not None and told.made_known:
        # An event locks its project's sequence, so that it comes after all other locks.
        await customers.emit_created(context, tx, told.customer)
    await emit_fact(context, tx, SESSION_CREATED, session, native, now=now, kept=form)
    if complete:
        return Opened(await move(context, tx, session, SessionStatus.PAID, paid_at=now, now=now), None)
    return Opened(session, form)


def _allowed_codes(principal: Principal, new: NewSession, link: PaymentLink | None) -> bool:
    """Whether the buyer may type a promotion code: as it was said, or else as the link says."""
    if principal.publishable and link is not None:
        return publishable.codes_allowed(link, new)
    if new.allow_promotion_codes is None:
        return link is not None and link.allow_promotion_codes
    if new.allow_promotion_codes and (new.coupon_id is not None or new.promotion_code is not None):
        raise InvalidInput("allow_promotion_codes", Problem.DISCOUNTED_ALREADY)
    return new.allow_promotion_codes


async def _basket(
    tx: Transaction,
    principal: Principal,
    new: NewSession,
    link: PaymentLink | None,
    known: Mapping[str, Product] | None,
) -> Basket:
    if new.line_items is not None:
        currency, lines = await orders.looked_up(tx, principal, new.currency, new.line_items, known)
        return orders.basket_of_lines(currency, lines, new.shipping_amount)
    for value, field in ((new.currency, "currency"), (new.shipping_amount, "shipping_amount")):
        if value is not None:
            raise InvalidInput(field, Problem.ONLY_WITH, other="line_items")
    if link is not None:
        return orders.basket_of_price(link.price, link.title)
    amount = present(new.amount, "an amount where there are neither lines nor a link")
    currency = parse_currency(amount.currency, field=("amount", "currency"))
    return orders.basket_of_price(parse_amount(amount.value, currency, field=("amount", "value")), None)
