"""The proof that the books are the chain finds every difference, and says what it could not ask."""

import pytest

from tests.makers import execute
from tests.rails.evm.anvil import CHAIN_ID, Anvil
from tests.rails.evm.live_shop import KEYS, read_ahead, set_wallet
from tests.rails.evm.operated import anvil, shop
from tests.rails.evm.watching import CONFIRMATIONS, Watching
from tillgate.checkout.settlement import records as settlement
from tillgate.rails.evm import proving
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.proving import Kind, Proof, prove
from tillgate.rails.evm.rpc import NodeUrl
from tillgate.rails.evm.wallets.model import READY

__all__ = ["anvil", "shop"]

pytestmark = pytest.mark.anyio

AMOUNT = 50 * 10**6


async def proved(shop: Watching) -> Proof:
    found = [one async for one in prove(shop.counter.database, shop.counter.sealer, settlement.every)]
    assert [one.name for one in found] == ["anvil"]
    return found[0]


async def paid(anvil: Anvil, shop: Watching, sessions: int = 3) -> list[str]:
    """The addresses of sessions that were paid, and the first of which sent some on."""
    addresses = []
    for _ in range(sessions):
        session = await shop.counter.session("50.00")
        address = session.payment.terms.address
        anvil.pay_all([(address, AMOUNT - 1), (address, 1)])
        addresses.append(address.lower())
        anvil.mine()
    with anvil.impersonating(addresses[0]):
        anvil.send("transfer(address,uint256)", anvil.account, 7, sender=addresses[0])
        anvil.mine(CONFIRMATIONS)
    await shop.look()
    return addresses


async def test_books_that_are_the_chain_are_proved(
    anvil: Anvil, shop: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every transfer, what went out included, and every address's balance, page by page."""
    monkeypatch.setattr(proving, "TRANSFERS_PAGE", 2)
    monkeypatch.setattr(proving, "ADDRESSES_PAGE", 2)
    await paid(anvil, shop)
    proof = await proved(shop)
    assert (proof.chain_id, proof.transfers, proof.balances) == (CHAIN_ID, 7, 3)
    assert (proof.differences, proof.unanswered) == ((), None)
    assert proof.block is not None


async def test_every_kind_of_difference_is_named(anvil: Anvil, shop: Watching) -> None:
    """A transfer that the books lost, one with another amount, one that no chain has, and a balance that is less."""
    database = shop.counter.database
    lost, changed, invented = await paid(anvil, shop)
    # The slow round has read these blocks: it books nothing of them later.
    await execute(database, "UPDATE watched_chains SET sweep_first = final_number + 1")
    await execute(database, "DELETE FROM chain_transfers WHERE recipient = $1 AND amount_atomic = '1'", lost)
    await execute(
        database, "UPDATE chain_transfers SET amount_atomic = '5' WHERE recipient = $1 AND amount_atomic = '1'", changed
    )
    await execute(
        database,
        "UPDATE chain_transfers SET tx_hash = $2 WHERE recipient = $1 AND amount_atomic = '1'",
        invented,
        "0x" + "12" * 32,
    )
    proof = await proved(shop)
    found = {(one.kind, one.address) for one in proof.differences}
    assert found == {
        (Kind.BALANCE_MOVED_WITHOUT_TRANSFER, lost),
        (Kind.RECEIPT_DIFFERS, changed),
        (Kind.BALANCE_BELOW_BOOKS, changed),
        (Kind.RECEIPT_MISSING, invented),
    }
    assert proof.difference_count == 4
    assert all(one.sentence for one in proof.differences)
    moved = next(one for one in proof.differences if one.kind is Kind.BALANCE_MOVED_WITHOUT_TRANSFER)
    assert (moved.booked_atomic, moved.found_atomic) == (AMOUNT - 1 - 7, AMOUNT - 7)


async def test_what_the_slow_round_has_not_read_yet_is_no_difference(anvil: Anvil, shop: Watching) -> None:
    """Money to an address whose session ended long ago is booked by the slow round; before it, it is not missing."""
    (address,) = await paid(anvil, shop, 1)
    await execute(shop.counter.database, "UPDATE payments SET created_at = 1")
    anvil.pay(address, 9)
    anvil.mine(CONFIRMATIONS + 1)
    await shop.look()
    proof = await proved(shop)
    assert (proof.transfers, proof.differences) == (3, ())


async def test_what_lies_on_an_address_that_no_transfer_brought_is_named(anvil: Anvil, shop: Watching) -> None:
    """The address of a session that nobody has paid, and one of the wallet that lies ready and nobody was given; what
    lay on one before the server looked at it is none of the books' business: that address is not given out."""
    counter = shop.counter
    session = await counter.session("50.00")
    await set_wallet(counter, counter.project_id)
    used, ready = KEYS[0].addresses(2, 2)
    anvil.give(used, 11)
    await read_ahead(counter)
    anvil.give(session.payment.terms.address, 5)
    anvil.give(ready, 7)
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    proof = await proved(shop)
    kind = Kind.BALANCE_MOVED_WITHOUT_TRANSFER
    assert {(one.kind, one.address, one.booked_atomic, one.found_atomic) for one in proof.differences} == {
        (kind, session.payment.terms.address.lower(), 0, 5),
        (kind, ready.lower(), 0, 7),
    }
    assert (proof.transfers, proof.balances) == (0, READY + 1)


async def test_a_node_that_cannot_be_asked_is_no_agreement(anvil: Anvil, shop: Watching) -> None:
    """Neither a silent node nor one of another chain proves anything."""
    database, sealer = shop.counter.database, shop.counter.sealer
    await paid(anvil, shop, 1)
    network = await database.read(lambda tx: operations.named(tx, "anvil"))
    gone = operations.Asked(network, [NodeUrl("http://127.0.0.1:1/s3cr3t")], [], [], [])
    await database.write(lambda tx: operations.add(tx, sealer, gone))
    proof = await proved(shop)
    assert proof.unanswered is not None and "s3cr3t" not in proof.unanswered
    assert (proof.transfers, proof.differences) == (0, ())
