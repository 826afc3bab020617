"""Transfers that fit no payment, on both databases: written down and reported once, decided once, and never lost."""

import asyncio
from typing import Any, NamedTuple

import pytest

from keyturn.database import Database
from tests.makers import NEW_YEAR, Counter, counter_over, stray_transfer
from tests.rails.evm.anvil import CHAIN_ID
from tests.rails.evm.watching import TokenRail
from tillgate.base import ids
from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.pages import PageRequest
from tillgate.checkout.orders.model import OrderStatus
from tillgate.checkout.orders.operations import get_order
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.settlement import assigning, deciding
from tillgate.checkout.settlement.watching import LivePayments
from tillgate.checkout.unassigned.model import UnassignedStatus, UnassignedTransfer
from tillgate.checkout.unassigned.operations import get_unassigned, list_unassigned
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks.model import Finality, Limits, Network, Token
from tillgate.rails.evm.rail import EvmRail
from tillgate.rails.evm.rpc import NodeUrl
from tillgate.rails.port import Block, Observation, Rails, Sighted

pytestmark = pytest.mark.anyio

TAKEN, OTHER = "0x" + "11" * 20, "0x" + "22" * 20
SENDER = "0x" + "5e" * 20
S = UnassignedStatus


class Stand(NamedTuple):
    """A checkout that takes one token of a network that has two."""

    counter: Counter

    async def sees(self, session: CheckoutSession, tx_hash: str, *, token: str = OTHER, **how: Any) -> str | None:
        """What a watcher reports, and whose it is told to be."""
        block = Block(how.pop("number", 7), "0x" + f"{how.pop('hash', 7):064x}", NEW_YEAR)
        seen = Observation(CHAIN_ID, "", tx_hash, 0, 50_000_000, how.pop("final", True), tx_hash, block, 1, **how)
        receivers = LivePayments(self.counter.context)
        address = session.payment.terms.address.lower()
        [owner] = await self.counter.database.write(
            lambda tx: receivers.observe(tx, address, [Sighted(token, SENDER, session.payment.terms.address, seen)])
        )
        return owner

    async def listed(self) -> list[UnassignedTransfer]:
        who = self.counter.principal
        return (await self.counter.database.read(lambda tx: list_unassigned(tx, who, PageRequest(10)))).data

    async def assign(self, id: str, order_id: str, value: str | None = None) -> UnassignedTransfer:
        context, who = self.counter.context, self.counter.principal
        return await self.counter.database.write(
            lambda tx: assigning.assign(context, tx, who, id, order_id, value=value)
        )

    async def order(self, session: CheckoutSession) -> OrderStatus:
        who = self.counter.principal
        return (await self.counter.database.read(lambda tx: get_order(tx, who, session.order_id))).status


@pytest.fixture
async def stand(database: Database) -> Stand:
    counter = await counter_over(database)
    rails = Rails(TokenRail(TAKEN), None, EvmRail(counter.clock, dev=False))
    counter.context = counter.context._replace(rails=rails)
    network = Network(
        ids.new_id(ids.NETWORK), "anvil", "Anvil", CHAIN_ID, None, Finality.DEPTH, 4, "anvil", "ETH", None, True,
        Limits(1_000, 100, 100, takes_batches=True), None, 1, 1, 1,
    )  # fmt: skip
    tokens = [Token(CHAIN_ID, one, name, 6, "USD", False, None) for one, name in ((TAKEN, "TUSD"), (OTHER, "OUSD"))]
    asked = networks.Asked(network, [NodeUrl("http://127.0.0.1:1/key")], [], tokens, [])
    await database.write(lambda tx: networks.add(tx, counter.sealer, asked))
    return Stand(counter)


async def test_a_transfer_is_told_once_and_follows_its_chain(stand: Stand) -> None:
    """Seen, final, gone, there again in another block: one row, one first event, and one for each turn after it."""
    session = await stand.counter.session("50.00")
    steps: list[tuple[dict[str, Any], UnassignedStatus]] = [
        ({"final": False}, S.CONFIRMING),
        ({"final": True}, S.UNASSIGNED),
        ({"final": True}, S.UNASSIGNED),
        ({"reorged": True}, S.ORPHANED),
        ({"final": False, "hash": 8}, S.CONFIRMING),
        ({"final": True, "hash": 8}, S.UNASSIGNED),
    ]
    for how, status in steps:
        assert await stand.sees(session, "0xaa", **how) is None
        [found] = await stand.listed()
        assert found.status is status, how
    assert (found.symbol, found.suggested_order_id, found.block.hash[-1]) == ("OUSD", session.order_id, "8")
    told = await stand.counter.events_of(found.id)
    assert told == ["unassigned_transfer.created", *["unassigned_transfer.updated"] * 3]
    assert (await stand.counter.read(session.id)).payment.transfers == ()
    # What was gone before anybody knew of it is nothing.
    assert await stand.sees(session, "0xbb", reorged=True) is None
    assert len(await stand.listed()) == 1


async def test_what_was_assigned_goes_with_its_chain(stand: Stand) -> None:
    """Its order waits; accepted it is paid; a reorganisation takes it from the order, and shows it as orphaned."""
    given, wanted = await stand.counter.session("50.00"), await stand.counter.session("50.00")
    await stand.sees(given, "0xaa")
    [found] = await stand.listed()
    decided = await stand.assign(found.id, wanted.order_id)
    assert (decided.status, decided.order_id) == (S.ASSIGNED, wanted.order_id)
    assert await stand.order(wanted) is OrderStatus.REVIEW
    with pytest.raises(Conflict):
        await stand.assign(found.id, given.order_id)
    counter = stand.counter
    paid = await counter.database.write(lambda tx: deciding.accept(counter.context, tx, counter.principal, wanted.id))
    assert (paid.status.value, paid.payment.received_value.minor) == ("paid", 5_000)
    # The watcher reports it again, to whom it belongs by now.
    assert await stand.sees(given, "0xaa") == wanted.payment.id
    assert await stand.order(wanted) is OrderStatus.PAID
    assert await stand.sees(given, "0xaa", reorged=True) == wanted.payment.id
    [gone] = await stand.listed()
    assert (gone.status, gone.decision) == (S.ORPHANED, S.ASSIGNED)
    assert await stand.order(wanted) is OrderStatus.REVIEW
    await stand.sees(given, "0xaa", hash=9)
    assert ((await stand.listed())[0].status, await stand.order(given)) == (S.ASSIGNED, OrderStatus.OPEN)


@pytest.mark.parametrize("how", ["canceled", "expired", "paid"])
async def test_an_order_in_any_state_waits_for_what_is_assigned(stand: Stand, how: str) -> None:
    """One that has ended, and one that was paid: nothing is concluded without a person."""
    counter, session = stand.counter, await stand.counter.session("50.00")
    if how == "canceled":
        await counter.database.write(lambda tx: deciding.cancel(counter.context, tx, counter.principal, session.id))
    elif how == "paid":
        await stand.sees(session, "0xcc", token=TAKEN)
    else:
        counter.clock.forward(session.expires_at - counter.clock.now())
        await counter.expire_due()
    stray = await stray_transfer(counter.database, counter.project_id, livemode=False)
    await stand.assign(stray, session.order_id)
    assert await stand.order(session) is OrderStatus.REVIEW
    await counter.database.write(lambda tx: deciding.accept(counter.context, tx, counter.principal, session.id))
    assert await stand.order(session) is OrderStatus.PAID


async def test_of_several_decisions_at_once_one_counts(stand: Stand) -> None:
    """Two orders and a return: the money is counted once."""
    counter = stand.counter
    one, other = await counter.session("50.00"), await counter.session("50.00")
    stray = await stray_transfer(counter.database, counter.project_id, livemode=False)

    async def returned() -> UnassignedTransfer:
        return await counter.database.write(
            lambda tx: assigning.mark_returned(counter.context, tx, counter.principal, stray, "back")
        )

    done = await asyncio.gather(
        stand.assign(stray, one.order_id), stand.assign(stray, other.order_id), returned(), return_exceptions=True
    )
    assert [type(each) for each in done if isinstance(each, BaseException)] == [Conflict] * 2
    orders = [await stand.order(one), await stand.order(other)]
    found = await counter.database.read(lambda tx: get_unassigned(tx, counter.principal, stray))
    assert orders.count(OrderStatus.REVIEW) == (found.status is S.ASSIGNED)


async def test_what_a_transfer_is_worth_is_known_or_said(stand: Stand) -> None:
    """A token that is worth another currency, or nothing that is known, is worth what a person says."""
    counter, session = stand.counter, await stand.counter.session("50.00")
    for currency in ("EUR", None):
        stray = await stray_transfer(counter.database, counter.project_id, livemode=False, currency=currency)
        with pytest.raises(InvalidInput):
            await stand.assign(stray, session.order_id)
        with pytest.raises(InvalidInput):
            await stand.assign(stray, session.order_id, "1.234")
    await stand.assign(stray, session.order_id, "12.34")
    assert (await counter.read(session.id)).payment.received_value.minor == 1_234
    for status in (S.CONFIRMING, S.ORPHANED):
        stray = await stray_transfer(counter.database, counter.project_id, livemode=False, status=status)
        with pytest.raises(Conflict, match=status.value):
            await stand.assign(stray, session.order_id)
