"""Where a refund goes: its buyer enters and confirms an address, with a link that works once.

The link's token is kept as its SHA-256 alone. Nothing is proposed to the buyer: who sent the payment may be an
exchange, and an address that was used before may be lost.
"""

import hashlib
import secrets
from typing import Final, Literal, NamedTuple

import msgspec

from tillgate.base.clock import DAY_MS, to_rfc3339
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.invariants import present
from tillgate.base.principal import Principal
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.customers import records as customers
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.orders.operations import get_order_of_session
from tillgate.checkout.payments import operations as payments
from tillgate.checkout.payments import records as payment_records
from tillgate.checkout.payments.model import RecordedTransaction
from tillgate.checkout.refunds import records
from tillgate.checkout.refunds.model import Refund, RefundStatus, to_api
from tillgate.checkout.refunds.operations import get_refund
from tillgate.checkout.sessions import records as sessions
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.events.types import REFUND_UPDATED
from tillgate.rails.port import PaymentOption
from tillgate.store import Transaction
from tillgate.store.jobs import enqueue

# Where a link leads, on this server; the token follows.
PATH: Final = "/refunds"
LIFETIME_MS: Final = 7 * DAY_MS
# Addresses that are entered with one link, right or wrong.
TRIES_MAX: Final = 30
TOKEN_BYTES: Final = 32
TOKEN_CHARACTERS: Final = 43
# The job of a link that is mailed: who writes it words the mail.
MAIL: Final = "mail.buyer"
MAILED: Final = "refund_address"


class RefundLink(NamedTuple):
    """A link that was just made. Its token is shown once, and kept by nobody here."""

    refund_id: str
    token: str
    expires_at: int

    def __repr__(self) -> str:
        return f"RefundLink({self.refund_id})"


class RefundLinkObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A link with which a refund's buyer says where it goes.

    Attributes:
        url, expires_at: null where the link was mailed: it is in the mail alone.
        mailed_to: the customer's address that it goes to; null where nothing is mailed.
    """

    object: Literal["refund_link"] = "refund_link"
    livemode: bool
    refund_id: str
    url: str | None
    expires_at: str | None
    mailed_to: str | None


class Asked(NamedTuple):
    """What a buyer is asked for.

    Attributes:
        going: the movement that the refund is: how much of which asset.
        option: the network and token that the payment was offered in; None where it was offered in another one.
    """

    refund: Refund
    session: CheckoutSession
    going: RecordedTransaction
    option: PaymentOption | None


def link_to_api(link: RefundLink, public_url: str, *, livemode: bool) -> RefundLinkObject:
    """A link in the API's form."""
    return RefundLinkObject(
        livemode=livemode,
        refund_id=link.refund_id,
        url=f"{public_url}{PATH}/{link.token}",
        expires_at=to_rfc3339(link.expires_at),
        mailed_to=None,
    )


def without_token(link: RefundLinkObject) -> RefundLinkObject:
    """What of a link may be kept: the rest is shown once."""
    return msgspec.structs.replace(link, url=None)


async def make_link(context: CheckoutContext, tx: Transaction, principal: Principal, refund_id: str) -> RefundLink:
    """A link with which the buyer of a pending refund enters an address; an earlier one of the refund ends.

    Raises:
        NotFound: the refund is not in the caller's project and mode.
        Conflict: no address is asked for any more, or never was.
    """
    refund = await _open(context, tx, principal, refund_id)
    return await new_link(tx, refund.id, context.clock.now(), secrets.token_urlsafe(TOKEN_BYTES))


async def mail_link(
    context: CheckoutContext, tx: Transaction, principal: Principal, refund_id: str
) -> RefundLinkObject:
    """Have such a link mailed to the order's customer.

    Raises:
        NotFound: the refund is not in the caller's project and mode.
        Conflict: no address is asked for any more, or the order has no customer with an e-mail address.
    """
    refund = await _open(context, tx, principal, refund_id)
    email = await email_of(tx, refund)
    if email is None:
        raise Conflict(
            "The order has no customer with an e-mail address, or one that anybody could have stated. Make a link and "
            "hand it to the buyer yourself.",
            code="refund_without_email",
        )
    now = context.clock.now()
    cause = f"{MAILED}:{refund.id}:{now}"
    payload = {"purpose": MAILED, "refund_id": refund.id, "cause": cause, "at": now}
    await enqueue(
        tx,
        context.outbox.wake.jobs,
        kind=MAIL,
        key=f"{MAILED}:{refund.id}",
        project_id=refund.project_id,
        payload=payload,
        now=now,
    )
    return RefundLinkObject(livemode=refund.livemode, refund_id=refund.id, url=None, expires_at=None, mailed_to=email)


async def email_of(tx: Transaction, refund: Refund) -> str | None:
    """Where mail about a refund goes; None where there is no such address."""
    session = await _session_of(tx, refund)
    order = await get_order_of_session(tx, session.id)
    # Anybody may name an address at a payment link, and costs nothing to pay what is free or a test.
    if session.customer_id is None or (order.customer_stated and (not session.livemode or not session.price.minor)):
        return None
    customer = await customers.by_id(tx, session.project_id, session.livemode, session.customer_id)
    return customer.email if customer is not None else None


async def new_link(tx: Transaction, refund_id: str, now: int, token: str) -> RefundLink:
    """The link with this token, of a refund that asks for an address; an earlier one ends."""
    link = RefundLink(refund_id, token, now + LIFETIME_MS)
    await records.keep_link(tx, refund_id, digest(link.token), now=now, expires_at=link.expires_at)
    return link


async def asks_for_address(context: CheckoutContext, tx: Transaction, refund: Refund) -> bool:
    """Whether a buyer can still say where a refund goes: it is pending, goes out on a network, and nothing was sent."""
    owner = (refund.project_id, refund.livemode)
    payment = present(await payment_records.by_id(tx, *owner, refund.payment_id), "the payment of a refund").payment
    if refund.status is not RefundStatus.PENDING:
        return False
    if context.paid_on_networks(payment.rail, livemode=refund.livemode) is None:
        return False
    return await records.sent_by(tx, refund.id) is None


async def find_by_link(context: CheckoutContext, tx: Transaction, token: str) -> Asked | None:
    """What a link asks for; None where it does not work."""
    refund_id = await records.refund_of_link(tx, digest(token), context.clock.now(), TRIES_MAX)
    refund = await records.of_any_project(tx, refund_id) if refund_id is not None else None
    if refund is None or not await asks_for_address(context, tx, refund):
        return None
    return await asked_of(tx, refund)


async def asked_of(tx: Transaction, refund: Refund) -> Asked:
    """What goes out for a refund."""
    owner = (refund.project_id, refund.livemode)
    session = await _session_of(tx, refund)
    going = present(
        await payment_records.transaction_by_id(tx, *owner, refund.transaction_id), "the transaction of a refund"
    )
    return Asked(refund, session, going, session.payment.terms.option(going.asset))


async def count_try(tx: Transaction, token: str) -> None:
    """An address was entered with a link."""
    await records.count_try(tx, digest(token))


async def checked_destination(context: CheckoutContext, tx: Transaction, asked: Asked, text: str) -> str:
    """The address that somebody entered with a link, with its checksum.

    Raises:
        InvalidInput: money cannot be sent there.
    """
    payment, livemode = asked.session.payment, asked.refund.livemode
    rail = present(context.paid_on_networks(payment.rail, livemode=livemode), "the rail of a refund on a network")
    return await rail.destination(tx, asked.refund.project_id, text)


async def confirm_destination(context: CheckoutContext, tx: Transaction, token: str, text: str) -> Asked:
    """The buyer has seen the whole address and confirmed it. The link has done its work.

    Raises:
        NotFound: the link does not work any more.
        InvalidInput: money cannot be sent there.
    """
    asked = await find_by_link(context, tx, token)
    if asked is None:
        raise NotFound("refund link")
    refund, principal = asked.refund, Principal(asked.refund.project_id, asked.refund.livemode, "buyer", "buyer")
    await payments.locked_payment(tx, principal, refund.payment_id)
    # What was read before the lock may be old by now.
    asked = await find_by_link(context, tx, token)
    if asked is None or await records.end_link(tx, digest(token)) != 1:
        raise NotFound("refund link")
    now, address = context.clock.now(), await checked_destination(context, tx, asked, text)
    await records.set_destination(tx, refund.id, address, now)
    changed = msgspec.structs.replace(asked.refund, destination=address, confirmed_at=now, updated_at=now)
    await emit_fact(context, tx, REFUND_UPDATED, changed, to_api(changed), now=now)
    return asked._replace(refund=changed)


def digest(token: str) -> str:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def _open(context: CheckoutContext, tx: Transaction, principal: Principal, refund_id: str) -> Refund:
    """A refund that asks for an address, its session's row held."""
    refund = await get_refund(tx, principal, refund_id)
    await payments.locked_payment(tx, principal, refund.payment_id)
    refund = await get_refund(tx, principal, refund_id)
    if refund.status is not RefundStatus.PENDING:
        raise Conflict(
            f"Only a pending refund can get another destination; this one is {refund.status.value}.",
            code="refund_not_pending",
        )
    if not await asks_for_address(context, tx, refund):
        raise Conflict(
            "This refund asks for no address: its payment did not come on a network, or its money was sent already.",
            code="refund_asks_no_address",
        )
    return refund


async def _session_of(tx: Transaction, refund: Refund) -> CheckoutSession:
    owner = (refund.project_id, refund.livemode)
    payment = present(await payment_records.by_id(tx, *owner, refund.payment_id), "the payment of a refund").payment
    return present(await sessions.by_id(tx, payment.session_id), "the session of a payment")
