"""One refund: what is to be sent where, and what was."""

from typing import Final, NamedTuple

import segno
from starlette.responses import Response

from tillgate.base.errors import Conflict, InvalidInput, NotFound, Unavailable
from tillgate.checkout.amounts import crypto_amount
from tillgate.checkout.orders.operations import get_order, get_order_of_session
from tillgate.checkout.payments.requests import token_of, transfer_call, transfer_uri
from tillgate.checkout.refunds import confirming, destinations
from tillgate.checkout.refunds.model import HASH_MAX, Refund, SentBy
from tillgate.checkout.refunds.model import to_api as refund_to_api
from tillgate.checkout.refunds.operations import cancel_refund, get_refund, get_sent_by, settle_refund
from tillgate.checkout.sessions.operations import get_session
from tillgate.dashboard.calls import MONEY, READ, Call, View
from tillgate.dashboard.forms import Draft, draft, problems_of
from tillgate.rails.evm.networks.catalogue import KnownNetwork, known_chain
from tillgate.rails.port import PaymentOption
from tillgate.store import Transaction

SESSION: Final = "/dashboard/sessions/{session}"
REFUND: Final = f"{SESSION}/refunds/{{refund}}"


class OnNetwork(NamedTuple):
    """What the page shows of a refund that goes out on a network.

    Attributes:
        amount, amount_atomic: what is to be sent, exactly.
        option: the network and token as the payment was offered in; None where it was offered in another one.
        token: the contract; None for the network's own coin.
        qr: a code with the address alone: wallets were seen to pay the contract that stands first in a longer one.
        to, data, value: of the transaction that a wallet is asked for, which calls the token's contract, or moves coin.
        known: what a wallet is given that does not know the network.
        sent: the transaction that sent it, as far as it is known.
        asks: whether its buyer can still be asked for an address, and ``email`` where to.
    """

    amount: str
    amount_atomic: int
    symbol: str
    network: str
    chain_id: int
    option: PaymentOption | None
    token: str | None
    qr: str | None
    uri: str | None
    to: str | None
    data: str
    value: str
    known: KnownNetwork | None
    sent: SentBy | None
    confirmations: int
    explorer: str | None
    asks: bool
    email: str | None


class _Shown(NamedTuple):
    refund: Refund
    on: OnNetwork | None


async def find(call: Call) -> Response:
    """Lead to a refund by its id alone, such as from an alert."""

    async def operation(tx: Transaction) -> str:
        refund = await get_refund(tx, call.principal, call.param("refund"))
        order = await get_order(tx, call.principal, refund.order_id)
        return f"/dashboard/sessions/{order.session_id}/refunds/{refund.id}"

    return call.go(await call.read(operation))


async def show(call: Call) -> Response:
    """One refund; while it is pending, what can be done about it."""
    return await _page(call, draft(txHash=""))


async def settle(call: Call) -> Response:
    """Say that a pending refund has been sent. Of one on a network, the transaction is looked at first."""
    typed, checkout = call.form.one("txHash"), call.context.checkout

    async def asked(tx: Transaction) -> Refund | None:
        refund = await _refund(tx, call)
        return refund if await confirming.is_looked_at(checkout, tx, call.principal, refund.id) else None

    refund = await call.read(asked)
    seen = None
    if refund is not None:
        seconds = await call.context.look_ups.seconds_to_wait(call.who.project.id)
        if seconds:
            problem = f"This project has looked up many transactions. Try again in {seconds} s."
            return await _page(call, Draft({"txHash": typed[:HASH_MAX]}, {"txHash": problem}))
        seen = await confirming.look_at(checkout, call.context.database, call.principal, refund.id, typed.strip())

    async def operation(tx: Transaction) -> Refund:
        pending = await _refund(tx, call)
        return await settle_refund(checkout, tx, call.principal, pending.id, call.form.text("txHash"), seen)

    values: dict[str, object] = {"txHash": typed[:HASH_MAX]}
    try:
        await call.write(operation)
    except InvalidInput as error:
        return await _page(call, Draft(values, problems_of(error, "txHash")))
    except Conflict as error:
        if not error.field:
            raise
        return await _page(call, Draft(values, problems_of(error, "txHash")))
    except Unavailable as error:
        return await _page(call, Draft(values, {"txHash": error.public}))
    if seen is not None:
        return call.go(_here(call), flash="refund_sent")
    return call.go(_back(call), flash="refund_settled")


async def cancel_pending(call: Call) -> Response:
    """Give a pending refund up."""

    async def operation(tx: Transaction) -> Refund:
        pending = await _refund(tx, call)
        return await cancel_refund(call.context.checkout, tx, call.principal, pending.id)

    await call.write(operation)
    return call.go(_back(call), flash="refund_canceled")


async def make_link(call: Call) -> Response:
    """A link with which the buyer enters an address; it is shown once."""

    async def operation(tx: Transaction) -> destinations.RefundLink:
        refund = await _refund(tx, call)
        return await destinations.make_link(call.context.checkout, tx, call.principal, refund.id)

    link = await call.context.database.write(operation)
    return call.page(
        "orders/refund_link.html",
        status_code=201,
        section="sessions",
        here=_here(call),
        link=f"{call.context.public_url}{destinations.PATH}/{link.token}",
        expires_at=link.expires_at,
    )


async def mail_link(call: Call) -> Response:
    """Have the link mailed to the order's customer."""

    async def operation(tx: Transaction) -> destinations.RefundLinkObject:
        refund = await _refund(tx, call)
        return await destinations.mail_link(call.context.checkout, tx, call.principal, refund.id)

    await call.write(operation)
    return call.go(_here(call), flash="refund_link_mailed")


def _here(call: Call) -> str:
    return f"{_back(call)}/refunds/{call.param('refund')}"


def _back(call: Call) -> str:
    return SESSION.replace("{session}", call.param("session"))


async def _page(call: Call, filled: Draft) -> Response:
    found = await call.read(lambda tx: _shown(tx, call))
    return call.page(
        "orders/refund.html",
        status_code=filled.status_code,
        section="sessions",
        session_id=call.param("session"),
        refund=refund_to_api(found.refund),
        confirmed_at=found.refund.confirmed_at,
        asked=found.refund.asked,
        on=found.on,
        draft=filled,
        hash_max=HASH_MAX,
        sends_mail=call.context.mail.sends,
    )


async def _shown(tx: Transaction, call: Call) -> _Shown:
    refund = await _refund(tx, call)
    session = await get_session(tx, call.principal, call.param("session"))
    checkout, livemode = call.context.checkout, refund.livemode
    if checkout.paid_on_networks(session.payment.rail, livemode=livemode) is None:
        return _Shown(refund, None)
    asked = await destinations.asked_of(tx, refund)
    sent = await get_sent_by(tx, refund)
    asks = await destinations.asks_for_address(checkout, tx, refund)
    email = await destinations.email_of(tx, refund) if asks else None
    return _Shown(refund, _on_network(asked, sent, asks=asks, email=email))


def _on_network(asked: destinations.Asked, sent: SentBy | None, *, asks: bool, email: str | None) -> OnNetwork:
    going, option, address = asked.going, asked.option, asked.refund.destination
    atomic, token = going.transfer.amount_atomic, token_of(going.asset)
    tx_hash = going.transfer.tx_hash
    qr = None
    if address is not None:
        qr = segno.make(address, error="m", micro=False).svg_data_uri(border=4, light="#fff", omitsize=True)
    return OnNetwork(
        amount=crypto_amount(atomic, going.asset_decimals).eth,
        amount_atomic=atomic,
        symbol=going.symbol or "",
        network=option.title if option is not None else going.network or str(going.chain_id),
        chain_id=going.chain_id,
        option=option,
        token=token,
        qr=qr,
        uri=transfer_uri(going.chain_id, going.asset, address, atomic) if address else None,
        to=(token or address) if address else None,
        data=transfer_call(address, atomic) if address and token else "0x",
        value="0x0" if token else hex(atomic),
        known=known_chain(going.chain_id),
        sent=sent,
        confirmations=going.transfer.confirmations,
        explorer=f"{option.explorer}/tx/{tx_hash}" if option is not None and option.explorer and tx_hash else None,
        asks=asks,
        email=email,
    )


async def _refund(tx: Transaction, call: Call) -> Refund:
    """The refund that the address names, if it is of the session that it names."""
    session = await get_session(tx, call.principal, call.param("session"))
    order = await get_order_of_session(tx, session.id)
    refund = await get_refund(tx, call.principal, call.param("refund"))
    if refund.order_id != order.id:
        raise NotFound("refund", refund.id)
    return refund


VIEWS: Final = (
    View("GET", "/dashboard/refunds/{refund}", find, READ),
    View("GET", REFUND, show, READ),
    View("POST", f"{REFUND}/settle", settle, MONEY),
    View("POST", f"{REFUND}/cancel", cancel_pending, MONEY),
    View("POST", f"{REFUND}/link", make_link, MONEY),
    View("POST", f"{REFUND}/mail-link", mail_link, MONEY),
)
