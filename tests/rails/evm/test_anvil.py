"""A real node: what is mined is detected, confirmed and paid, through every reorganisation and restart."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from keyturn.database import Database
from tests.makers import execute, rows
from tests.rails.evm.anvil import CHAIN_ID, HOME, Anvil, running_anvil
from tests.rails.evm.watching import ATOMIC, CONFIRMATIONS, Watching, watching_over
from tillgate.checkout.orders.model import OrderStatus
from tillgate.checkout.orders.operations import get_order_of_session
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.settlement import deciding
from tillgate.rails.evm import records
from tillgate.rails.evm.alarms import records as alarms
from tillgate.rails.evm.alarms.model import AlarmKind
from tillgate.rails.evm.watcher import Trouble

pytestmark = pytest.mark.anyio


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil() as node:
        node.mine(CONFIRMATIONS)
        yield node


@pytest.fixture
async def shop(database: Database, anvil: Anvil) -> AsyncIterator[Watching]:
    opened = await watching_over(database, anvil.token, [anvil.url])
    await opened.look()
    yield opened
    await opened.close()


def due(session: CheckoutSession) -> tuple[str, int]:
    terms = session.payment.terms
    return terms.address, terms.amount_atomic


async def booked(shop: Watching) -> list[tuple[str, int, str]]:
    found = await rows(
        shop.counter.database,
        "SELECT recipient, amount_atomic, state FROM chain_transfers ORDER BY recipient, amount_atomic",
    )
    return [(one["recipient"], int(one["amount_atomic"]), one["state"]) for one in found]


async def alarmed(shop: Watching) -> list[AlarmKind]:
    """What there is for people to be alerted to."""
    return [one.kind for one in await shop.counter.database.read(alarms.every)]


async def test_a_payment_is_detected_confirmed_and_paid(anvil: Anvil, shop: Watching) -> None:
    """One block makes it detected, as many as the network asks for make it paid, and looking again changes nothing."""
    session = await shop.counter.session("50.00")
    anvil.pay(*due(session))
    await shop.look()
    assert await shop.status(session) == "pending"
    anvil.mine()
    await shop.look()
    seen = await shop.counter.read(session.id)
    assert (seen.status.value, seen.payment.transfers[0].confirmations) == ("detected", 1)
    anvil.mine(CONFIRMATIONS - 2)
    await shop.look()
    seen = await shop.counter.read(session.id)
    assert (seen.status.value, seen.payment.transfers[0].confirmations) == ("detected", CONFIRMATIONS - 1)
    anvil.mine()
    await shop.look()
    assert await shop.status(session) == "paid"
    anvil.mine(30)
    await shop.look()
    assert await shop.status(session) == "paid"
    assert await booked(shop) == [(due(session)[0].lower(), 50 * ATOMIC, "final")]


async def test_one_transaction_pays_one_session_twice(anvil: Anvil, shop: Watching) -> None:
    """Each of its transfers counts, by its place in the receipt."""
    session = await shop.counter.session("50.00")
    address, amount = due(session)
    anvil.pay_all([(address, amount - 1), (address, 1)])
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert await shop.status(session) == "paid"
    ordinals = await rows(shop.counter.database, "SELECT ordinal FROM chain_transfers ORDER BY ordinal")
    assert [one["ordinal"] for one in ordinals] == [1, 3]


async def test_one_transaction_pays_three_sessions(anvil: Anvil, shop: Watching) -> None:
    """Each session has its own of the transfers."""
    sessions = [await shop.counter.session(f"{value}.00") for value in (10, 20, 30)]
    anvil.pay_all([due(one) for one in sessions])
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert [await shop.status(one) for one in sessions] == ["paid"] * 3


async def test_spam_is_nothing(anvil: Anvil, shop: Watching) -> None:
    """Transfers of nothing and other contracts' logs are not even written down."""
    session = await shop.counter.session("50.00")
    address, amount = due(session)
    anvil.pay(address, 0)
    anvil.send("mint(address,uint256)", address, amount, to=anvil.other_token)
    anvil.send("pretend(address,uint256)", address, amount, to=anvil.other_token)
    anvil.mine(CONFIRMATIONS + 1)
    await shop.look()
    assert await shop.status(session) == "pending"
    assert await booked(shop) == []


async def test_a_log_without_its_money_does_not_pay(anvil: Anvil, shop: Watching) -> None:
    """The balance must cover the books: a token that logs what it does not move leads to review, and pays nothing
    before a person has looked."""
    session = await shop.counter.session("50.00")
    anvil.send("pretend(address,uint256)", *due(session))
    anvil.mine(CONFIRMATIONS + 1)
    await shop.look()
    counter = shop.counter
    assert await shop.status(session) == "detected"
    [found] = await rows(counter.database, "SELECT doubt FROM chain_transfers")
    assert found["doubt"] == "balance"
    order = await counter.database.read(lambda tx: get_order_of_session(tx, session.id))
    assert (order.status, (await counter.read(session.id)).exceptions) == (OrderStatus.REVIEW, ["doubted"])
    await counter.database.write(lambda tx: deciding.accept(counter.context, tx, counter.principal, session.id))
    assert await shop.status(session) == "paid"


async def test_what_leaves_an_address_is_booked(anvil: Anvil, shop: Watching) -> None:
    """The merchant moves the money on; the next payment to that address still is covered by its balance."""
    session = await shop.counter.session("50.00")
    address, amount = due(session)
    anvil.pay(address, amount)
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    with anvil.impersonating(address):
        anvil.send("transfer(address,uint256)", anvil.account, amount, sender=address)
        anvil.mine(CONFIRMATIONS)
    await shop.look()
    anvil.pay(address, 7)
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert [state for *_, state in await booked(shop)] == ["final"] * 3
    doubts = await rows(shop.counter.database, "SELECT doubt FROM chain_transfers WHERE doubt IS NOT NULL")
    assert doubts == []


@pytest.mark.parametrize("depth", [1, 3])
async def test_a_reorganisation_takes_money_back_and_brings_it_again(anvil: Anvil, shop: Watching, depth: int) -> None:
    """Above finality a payment that is gone is waited for again, and counts once when it is mined once more."""
    session = await shop.counter.session("50.00")
    before = anvil.snapshot()
    anvil.pay(*due(session))
    anvil.mine(depth)
    await shop.look()
    assert await shop.status(session) == "detected"
    anvil.revert(before)
    anvil.mine(depth + 1)
    await shop.look()
    assert await shop.status(session) == "pending"
    assert [state for *_, state in await booked(shop)] == ["orphaned"]
    anvil.pay(*due(session))
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert await shop.status(session) == "paid"
    assert sorted(state for *_, state in await booked(shop))[0] == "final"


async def test_a_transaction_mined_again_at_another_log_index_is_the_same(anvil: Anvil, shop: Watching) -> None:
    """Its place among its receipt's logs names it, and that has not changed."""
    session = await shop.counter.session("50.00")
    address, amount = due(session)
    before = anvil.snapshot()
    anvil.pay(address, amount)
    anvil.mine()
    await shop.look()
    [first] = await rows(shop.counter.database, "SELECT tx_hash, ordinal FROM chain_transfers")
    raw = anvil.ask("eth_getRawTransactionByHash", first["tx_hash"])
    anvil.revert(before)
    # Another account's logs come first in the block now.
    other = anvil.ask("eth_accounts")[1]
    anvil.send("pretend(address,uint256)", anvil.account, 5, sender=other)
    anvil.send("pretend(address,uint256)", anvil.account, 6, sender=other)
    anvil.mine()
    assert anvil.ask("eth_sendRawTransaction", raw) == first["tx_hash"]
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert await shop.status(session) == "paid"
    [found] = await rows(shop.counter.database, "SELECT tx_hash, ordinal, state FROM chain_transfers")
    assert (found["tx_hash"], found["ordinal"], found["state"]) == (first["tx_hash"], first["ordinal"], "final")


async def test_a_replaced_transaction_counts_instead(anvil: Anvil, shop: Watching) -> None:
    """The buyer's wallet raises the fee: the second one is mined, and the first never was."""
    session = await shop.counter.session("50.00")
    address, amount = due(session)
    before = anvil.snapshot()
    first = anvil.pay(address, amount)
    anvil.mine()
    await shop.look()
    anvil.revert(before)
    second = anvil.pay(address, amount + 1)
    assert first != second
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert await booked(shop) == [
        (address.lower(), amount, "orphaned"),
        (address.lower(), amount + 1, "final"),
    ]


async def test_a_reorganisation_past_finality_un_pays_nothing_and_is_seen(anvil: Anvil, shop: Watching) -> None:
    """Where every node tells another chain for long enough the books follow it; the paid order is in review."""
    session = await shop.counter.session("50.00")
    before = anvil.snapshot()
    anvil.pay(*due(session))
    anvil.mine(CONFIRMATIONS + 3)
    await shop.look()
    assert await shop.status(session) == "paid"
    anvil.revert(before)
    anvil.mine(CONFIRMATIONS + 6)
    await shop.look()
    paid = await shop.counter.read(session.id)
    assert (paid.status.value, paid.exceptions) == ("paid", ["reorged"])
    assert [state for *_, state in await booked(shop)] == ["orphaned"]
    look = await shop.look()
    assert (look.head, look.trouble) == (anvil.head, None)
    assert AlarmKind.REORGANIZED in await alarmed(shop)


async def test_a_reorganisation_past_finality_is_not_believed_at_once(database: Database, anvil: Anvil) -> None:
    """Until then nothing is concluded, and it says why."""
    shop = await watching_over(database, anvil.token, [anvil.url], patience_ms=3_600_000)
    await shop.look()
    session = await shop.counter.session("50.00")
    before = anvil.snapshot()
    anvil.mine(CONFIRMATIONS + 3)
    await shop.look()
    anvil.revert(before)
    anvil.pay(*due(session))
    anvil.mine(CONFIRMATIONS + 6)
    look = await shop.look()
    assert look.trouble is Trouble.DISAGREEMENT
    assert await booked(shop) == []
    assert await alarmed(shop) == [AlarmKind.DISAGREEMENT]
    await shop.close()


async def test_another_watcher_catches_up_on_hundreds_of_blocks(anvil: Anvil, shop: Watching) -> None:
    """What was mined meanwhile is read by ranges; each payment counts once."""
    sessions = [await shop.counter.session("10.00") for _ in range(4)]
    for session in sessions:
        anvil.pay(*due(session))
        anvil.mine(150)
    shop.counter.clock.forward(60_000)
    shop.worker = shop.started()
    await shop.look()
    assert [await shop.status(one) for one in sessions] == ["paid"] * 4
    calls = sum(shop.nodes[-1].counts.calls.values())
    assert calls < 150, f"{calls} calls for {anvil.head} blocks"


@pytest.mark.slow
async def test_a_killed_watcher_loses_and_doubles_nothing(
    database: Database, database_url: str, anvil: Anvil, shop: Watching
) -> None:
    """Killed at any moment, with hundreds of blocks mined meanwhile: another goes on, and the books are the chain."""
    await database.write(lambda tx: records.release(tx, CHAIN_ID, shop.worker.owner))
    sessions = []
    for round_number in range(3):
        for _ in range(3):
            session = await shop.counter.session("10.00")
            sessions.append(session)
            address, amount = due(session)
            anvil.pay_all([(address, amount - 1), (address, 1)])
            anvil.mine(1 + 60 * round_number)
        command = [sys.executable, "-m", "tests.rails.evm.watch", database_url, anvil.token, anvil.url]
        with subprocess.Popen(  # noqa: ASYNC220 (nothing else runs here meanwhile)
            command, cwd=HOME, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        ) as process:
            # Killed at another place each time: before its first look, after it, in the middle of the next.
            for _ in range(round_number):
                assert process.stdout is not None and process.stdout.readline()
            process.kill()
        # Its lease would run out; a test does not wait for that.
        await execute(database, "UPDATE watched_chains SET lease_until = 0")
    anvil.mine(CONFIRMATIONS)
    shop.worker = shop.started()
    await shop.look()
    assert {await shop.status(one) for one in sessions} == {"paid"}
    expected = sorted((due(one)[0].lower(), amount, "final") for one in sessions for amount in (1, due(one)[1] - 1))
    assert await booked(shop) == expected
    events = [name for one in sessions for name in await shop.counter.events_of(one.id)]
    assert events.count("session.paid") == len(sessions)
