"""A transaction is explained: where it is, what it moved, whether that counts, and what to do next."""

import asyncio
import socket
from collections.abc import Sequence

import pytest

from tests.rails.evm.anvil import CHAIN_ID, Anvil
from tests.rails.evm.operated import anvil, shop
from tests.rails.evm.watching import CONFIRMATIONS, Watching
from tillgate.checkout.settlement.watching import addresses_of
from tillgate.rails.evm.addresses import parse_address
from tillgate.rails.evm.explaining import Explainer
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.rpc import NodeUrl
from tillgate.rails.port import NEXT_STEPS, Explanation, Found, HashUnusable, TooManyLookUps, Verdict
from tillgate.store import Transaction

__all__ = ["anvil", "shop"]

pytestmark = pytest.mark.anyio


async def explained(shop: Watching, tx_hash: str, **how: float) -> Explanation:
    explainer = Explainer(shop.counter.database, shop.counter.sealer, **how)  # type: ignore[arg-type]
    session = await shop.counter.session("1.00")
    return await explainer.explain(tx_hash, addresses_of(session.project_id))


def verdicts(told: Explanation) -> list[Verdict]:
    return [one.verdict for one in told.networks[0].movements]


async def test_a_payment_is_explained_from_the_pool_to_the_books(anvil: Anvil, shop: Watching) -> None:
    """Not mined, not read yet, waiting, counted: the same transaction, as it goes on."""
    session = await shop.counter.session("50.00")
    terms = session.payment.terms
    sent = anvil.pay(terms.address, terms.amount_atomic)
    told = await explained(shop, sent)
    assert told.networks[0].found is Found.PENDING

    anvil.mine()
    told = await explained(shop, sent.upper().replace("0X", "0x"))
    assert (told.networks[0].found, verdicts(told)) == (Found.MINED, [Verdict.NOT_READ_YET])
    await shop.look()
    told = await explained(shop, sent)
    assert verdicts(told) == [Verdict.WAITING]
    assert (told.networks[0].movements[0].confirmations, told.networks[0].confirmations_needed) == (1, CONFIRMATIONS)

    anvil.mine(CONFIRMATIONS)
    await shop.look()
    told = await explained(shop, f"  {sent}\n")
    movement = told.networks[0].movements[0]
    assert (movement.verdict, movement.payment_id) == (Verdict.COUNTED, session.payment.id)
    assert (movement.symbol, movement.decimals, movement.amount_atomic) == ("TUSD", 6, terms.amount_atomic)
    assert movement.single_source, "this network has one node"
    sender, token = parse_address(anvil.account), parse_address(anvil.token)
    recipient = parse_address(terms.address.lower())
    assert (movement.sender, movement.recipient, movement.asset) == (sender, recipient, token)
    assert told.networks[0].chain_id == CHAIN_ID
    assert told.summary == "The transaction is on anvil."


async def test_what_does_not_count_is_explained(anvil: Anvil, shop: Watching) -> None:
    """Another token, the network's own coin, a stranger's address, and a transaction that nobody knows."""
    session = await shop.counter.session("50.00")
    address = session.payment.terms.address
    anvil.send("mint(address,uint256)", anvil.account, 10**9, to=anvil.other_token)
    anvil.mine()
    other = anvil.send("transfer(address,uint256)", address, 5, to=anvil.other_token)
    coin = anvil.ask("eth_sendTransaction", {"from": anvil.account, "to": address.lower(), "value": hex(7)})
    stranger = anvil.pay("0x" + "ab" * 20, 5)
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert verdicts(await explained(shop, other)) == [Verdict.OTHER_TOKEN]
    assert verdicts(await explained(shop, coin)) == [Verdict.NATIVE_COIN]
    assert verdicts(await explained(shop, stranger)) == [Verdict.OTHER_ADDRESS]
    told = await explained(shop, "0x" + "12" * 32)
    assert told.networks[0].found is Found.UNKNOWN
    assert told.summary.startswith("No network of this server knows the transaction.")


async def test_another_projects_payment_is_a_strangers(anvil: Anvil, shop: Watching) -> None:
    """Whoever asks sees their own addresses alone, in their own mode."""
    session = await shop.counter.session("50.00")
    sent = anvil.pay(session.payment.terms.address, 5)
    anvil.mine(CONFIRMATIONS)
    await shop.look()

    async def nobody(tx: Transaction, addresses: Sequence[str]) -> list[str]:
        return []

    told = await Explainer(shop.counter.database, shop.counter.sealer).explain(sent, nobody)
    [movement] = told.networks[0].movements
    assert (movement.verdict, movement.payment_id, movement.single_source) == (Verdict.OTHER_ADDRESS, None, False)
    for livemode, verdict in ((session.livemode, Verdict.COUNTED), (not session.livemode, Verdict.OTHER_ADDRESS)):
        ours = addresses_of(session.project_id, livemode=livemode)
        told = await Explainer(shop.counter.database, shop.counter.sealer).explain(sent, ours, test_networks=True)
        assert verdicts(told) == [verdict]


async def test_a_node_that_hangs_does_not_hang_the_answer(anvil: Anvil, shop: Watching) -> None:
    """Nodes are asked at once: the one that answers is enough, and where none does, that is said."""
    database, sealer = shop.counter.database, shop.counter.sealer
    session = await shop.counter.session("50.00")
    sent = anvil.pay(session.payment.terms.address, session.payment.terms.amount_atomic)
    anvil.mine(CONFIRMATIONS)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        network = await database.read(lambda tx: operations.named(tx, "anvil"))

        async def give(urls: list[str]) -> None:
            asked = operations.Asked(network, [NodeUrl(one) for one in urls], [], [], [])
            await database.write(lambda tx: operations.add(tx, sealer, asked))

        await give([url, anvil.url])
        told = await explained(shop, sent, deadline_seconds=0.5)
        assert told.networks[0].found is Found.MINED
        await give([url])
        told = await explained(shop, sent, deadline_seconds=0.5)
    assert told.networks[0].found is Found.NOT_ANSWERED
    assert told.summary == "No network that answered knows the transaction. Not answered: anvil. Try again later."


async def test_a_text_that_is_no_hash_is_refused(shop: Watching) -> None:
    """Bounded before it is looked at, and never repeated."""
    for text in ("", "0x12", "12" * 32, "0x" + "g1" * 32, "0x" + "12" * 33, "x" * 10_000_000, "0x" + "١" * 64):
        with pytest.raises(HashUnusable, match="0x and 64 hexadecimal digits"):
            await explained(shop, text)


async def test_only_some_are_looked_up_at_once(shop: Watching) -> None:
    """A request to a full house is refused with the reason, and nobody waits without end."""
    explainer = Explainer(shop.counter.database, shop.counter.sealer, deadline_seconds=0.05, at_once=1)
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction, addresses: Sequence[str]) -> list[str]:
        return []

    async def hold(tx_hash: str, *_: object, **__: object) -> Explanation:
        entered.set()
        await leave.wait()
        return Explanation(tx_hash, ())

    explainer._explain = hold  # type: ignore[assignment,method-assign]
    first = asyncio.create_task(explainer.explain("0x" + "12" * 32, slow))
    await entered.wait()
    with pytest.raises(TooManyLookUps, match="too many"):
        await explainer.explain("0x" + "12" * 32, slow)
    leave.set()
    assert (await first).networks == ()


def test_every_verdict_says_what_is_next() -> None:
    """No verdict is without a sentence."""
    assert set(NEXT_STEPS) == set(Verdict)
