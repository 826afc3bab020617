"""A network's own coin at the address of a session, on a real node: what transactions send, what contracts and blocks
bring, what comes and goes between two looks, and what nodes have forgotten."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest

from keyturn.database import Database
from tests.makers import StillClock, counter_over, execute, rows
from tests.rails.evm import lying
from tests.rails.evm.anvil import CHAIN_ID, Anvil, running_anvil
from tests.rails.evm.lying import Honest, lying_proxy
from tests.rails.evm.watching import CONFIRMATIONS, TokenRail, Watching
from tillgate.base.clock import SystemClock
from tillgate.base.money import Money
from tillgate.checkout.payments.model import Transfer
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.settlement.watching import addresses_of
from tillgate.rails.evm.coin import reading
from tillgate.rails.evm.coin import records as coin
from tillgate.rails.evm.explaining import Explainer
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks.model import SYSTEM_ADDRESS, NetworkError
from tillgate.rails.evm.networks.operations import NewNetwork, NewToken
from tillgate.rails.evm.node import TRANSFER_TOPIC, topic_of
from tillgate.rails.evm.proving import Kind, Proof, prove
from tillgate.rails.evm.watcher import Trouble
from tillgate.rails.port import COIN, PaymentTerms, QuoteRequest, Rails, Verdict
from tillgate.store import Transaction

pytestmark = pytest.mark.anyio

ASSET = f"eip155:{CHAIN_ID}/slip44:60"
WEI = 10**13  # of one cent
# Both databases run every statement in the slow round's test; elsewhere they make no difference.
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class CoinRail(TokenRail):
    """Asks for the chain's own coin."""

    def __init__(self) -> None:
        super().__init__(COIN)
        self._asset = ASSET

    async def quote(self, tx: Transaction, request: QuoteRequest) -> PaymentTerms:
        terms = await super().quote(tx, request)
        await coin.offer(tx, CHAIN_ID, terms.address.lower(), 0)
        return terms._replace(asset_decimals=18, amount_atomic=request.price.minor * WEI)

    def requote(self, terms: PaymentTerms, price: Money) -> PaymentTerms:
        return terms._replace(amount_atomic=price.minor * WEI)


@pytest.fixture(scope="module")
def chain() -> Iterator[Anvil]:
    with running_anvil() as node:
        node.mine(CONFIRMATIONS)
        yield node


@pytest.fixture
def anvil(chain: Anvil) -> Iterator[Anvil]:
    """The same chain for each test, as it was before it."""
    before = chain.snapshot()
    yield chain
    chain.revert(before)


async def watched(database: Database, anvil: Anvil, urls: Sequence[str], **network: Any) -> Watching:
    """A checkout that asks for coin alone, and its watcher."""
    counter = await counter_over(database, StillClock(SystemClock().now()))
    counter.context = counter.context._replace(rails=Rails(CoinRail(), None))
    shop = Watching(counter, anvil.token, urls, takes_coin=True, **network)
    await shop.look()
    return shop


@pytest.fixture
async def shop(database: Database, anvil: Anvil) -> AsyncIterator[Watching]:
    opened = await watched(database, anvil, [anvil.url])
    yield opened
    await opened.close()


def pay(anvil: Anvil, address: str, amount: int, **more: Any) -> str:
    """Send coin by a plain transfer; it waits for the next block."""
    asked = {"from": anvil.account, "to": address, "value": hex(amount), "gas": hex(21_000)}
    sent: str = anvil.ask("eth_sendTransaction", asked | more)
    return sent


def by_contract(anvil: Anvil, address: str, amount: int, *, ends: bool = False) -> None:
    """Let a contract send coin, from inside of a transaction to nobody; or leave it when it ends (SELFDESTRUCT)."""
    target = address[2:].lower()
    code = f"73{target}ff" if ends else f"600060006000600034{'73' + target}5af100"
    asked = {"from": anvil.account, "data": "0x" + code, "value": hex(amount), "gas": hex(200_000)}
    anvil.ask("eth_sendTransaction", asked)


def take_away(anvil: Anvil, address: str) -> None:
    """What a flush does to a clone: there is code now, and the coin has left."""
    anvil.ask("anvil_setCode", address, "0x00")
    anvil.ask("anvil_setBalance", address, "0x0")


async def transfers(shop: Watching, session: CheckoutSession) -> list[Transfer]:
    return list((await shop.counter.read(session.id)).payment.transfers)


async def proved(shop: Watching) -> Proof:
    """The proof, on a network that the operator has named with its coin."""
    counter = shop.counter
    [proof] = [one async for one in prove(counter.database, counter.sealer, shop_addresses)]
    assert proof.unanswered is None
    return proof


async def shop_addresses(tx: Transaction, after: str, limit: int) -> list[str]:
    return []


async def name_network(shop: Watching, anvil: Anvil) -> None:
    """What an operator does: the network, and its coin."""
    counter, now = shop.counter, shop.counter.clock.now()
    new = NewNetwork("anvil", [anvil.url], chain_id=CHAIN_ID, confirmations=CONFIRMATIONS)
    asked = await operations.ask(new, now, dev=True)
    await counter.database.write(lambda tx: operations.add(tx, counter.sealer, asked))
    token = await operations.ask_token(counter.database, counter.sealer, NewToken("anvil", COIN, ""))
    assert (token.symbol, token.decimals, token.currency, token.asset) == ("ETH", 18, "ETH", ASSET)
    await counter.database.write(lambda tx: operations.add_token(tx, token, now))


@SQLITE
async def test_a_transfer_of_coin_is_seen_confirmed_and_proved(anvil: Anvil, shop: Watching) -> None:
    """By its transaction: what failed moves nothing, two parts add up, the proof agrees, and the hash is explained."""
    await name_network(shop, anvil)
    session = await shop.counter.session("50.00")
    address, asked = session.payment.terms.address, session.payment.terms.amount_atomic
    first, second = pay(anvil, address, asked - 5), pay(anvil, address, 5)
    anvil.mine()
    await shop.look()
    assert await shop.status(session) == "detected"
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert await shop.status(session) == "paid"
    assert {(one.tx_hash, one.amount_atomic, one.doubted) for one in await transfers(shop, session)} == {
        (first, asked - 5, False),
        (second, 5, False),
    }
    proof = await proved(shop)
    assert (proof.transfers, proof.balances, proof.differences) == (2, 1, ())
    explainer = Explainer(shop.counter.database, shop.counter.sealer)
    explained = await explainer.explain(first, addresses_of(shop.counter.project_id))
    [moved] = explained.where[0].movements
    assert (moved.verdict, moved.symbol, moved.amount_atomic) == (Verdict.COUNTED, "ETH", asked - 5)

    # A balance that nobody's transfer explains is named, in either direction.
    anvil.ask("anvil_setBalance", address, hex(asked - 1))
    anvil.mine(CONFIRMATIONS + 1)
    await shop.look()
    assert [one.kind for one in (await proved(shop)).differences] == [Kind.BALANCE_BELOW_BOOKS]
    anvil.ask("anvil_setBalance", address, hex(asked + 1))
    anvil.mine(CONFIRMATIONS + 1)
    await shop.look()
    [difference] = (await proved(shop)).differences
    assert difference.kind is Kind.BALANCE_MOVED_WITHOUT_TRANSFER
    assert "of the coin, more than" in difference.sentence


@SQLITE
@pytest.mark.parametrize("how", ["contract", "end", "block"])
async def test_coin_without_a_transaction_is_found_by_the_balance(anvil: Anvil, shop: Watching, how: str) -> None:
    """From inside of a contract, left by one that ended, or paid to a block's proposer: it has no transaction hash, and
    counts once the block that it was seen at is final."""
    session = await shop.counter.session("50.00")
    address, asked = session.payment.terms.address, session.payment.terms.amount_atomic
    if how == "block":
        coinbase = anvil.ask("eth_coinbase")
        anvil.ask("anvil_setCoinbase", address)
        pay(anvil, "0x" + "77" * 20, 1, maxPriorityFeePerGas=hex(asked // 21_000 + 1), maxFeePerGas=hex(10**13))
        anvil.mine()
        anvil.ask("anvil_setCoinbase", coinbase)
    else:
        by_contract(anvil, address, asked, ends=how == "end")
        anvil.mine()
    await shop.look()
    assert await shop.status(session) == "detected"
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    # A block pays its proposer for every transaction, and so a little more.
    assert await shop.status(session) == ("overpaid" if how == "block" else "paid")
    [one] = await transfers(shop, session)
    assert one.tx_hash is None and one.block is not None and one.amount_atomic >= asked and not one.doubted
    [row] = await rows(shop.counter.database, "SELECT tx_hash, sender FROM chain_transfers")
    assert tuple(row) == (f"{one.block.hash}:{address.lower()}", COIN)


@SQLITE
async def test_a_reorganisation_reverses_what_a_balance_showed(anvil: Anvil, shop: Watching) -> None:
    """The block that it was seen at leaves the chain, and so does the money; what comes on the other branch counts."""
    session = await shop.counter.session("50.00")
    address, asked = session.payment.terms.address, session.payment.terms.amount_atomic
    before = anvil.snapshot()
    by_contract(anvil, address, asked)
    anvil.mine(2)
    await shop.look()
    assert await shop.status(session) == "detected"
    anvil.revert(before)
    anvil.mine(3)
    await shop.look()
    assert await shop.status(session) == "pending"
    pay(anvil, address, asked)
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert await shop.status(session) == "paid"


@SQLITE
async def test_coin_that_came_and_left_between_two_looks_is_reviewed(anvil: Anvil, shop: Watching) -> None:
    """A contract brought it, and somebody flushed the address before anybody looked: nobody can say how much that was,
    so a person does. Without code and with no transaction of its own, nothing can have left an address."""
    session = await shop.counter.session("50.00")
    address, asked = session.payment.terms.address, session.payment.terms.amount_atomic
    by_contract(anvil, address, asked)
    anvil.mine()
    take_away(anvil, address)
    anvil.mine()
    await shop.look()
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    [one] = await transfers(shop, session)
    assert (one.amount_atomic, one.doubted, one.tx_hash) == (0, True, None)
    assert (await shop.counter.read(session.id)).payment.is_held
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert len(await transfers(shop, session)) == 1


@SQLITE
async def test_what_comes_to_an_address_with_code_is_reviewed(anvil: Anvil, shop: Watching) -> None:
    """Its balance says what is there, and not what came."""
    session = await shop.counter.session("50.00")
    address, asked = session.payment.terms.address, session.payment.terms.amount_atomic
    anvil.ask("anvil_setCode", address, "0x00")
    by_contract(anvil, address, asked)
    anvil.mine()
    await shop.look()
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    payment = (await shop.counter.read(session.id)).payment
    assert payment.is_held and [(one.amount_atomic, one.doubted) for one in payment.transfers] == [(asked, True)]


@SQLITE
async def test_its_own_transactions_are_added_back(anvil: Anvil, shop: Watching) -> None:
    """The owner of the key spends from the address while a session waits: value and fees are known to the wei, and what
    a contract brings besides counts."""
    await name_network(shop, anvil)
    session = await shop.counter.session("50.00")
    address, asked = session.payment.terms.address, session.payment.terms.amount_atomic
    pay(anvil, address, 10**17)
    anvil.mine()
    anvil.ask("anvil_impersonateAccount", address)
    sent = {"from": address, "to": anvil.account, "value": hex(10**16), "gas": hex(21_000)}
    anvil.ask("eth_sendTransaction", sent)
    by_contract(anvil, address, asked)
    anvil.mine()
    anvil.ask("anvil_stopImpersonatingAccount", address)
    await shop.look()
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    found = await transfers(shop, session)
    assert sorted((one.amount_atomic, one.tx_hash is None, one.doubted) for one in found) == [
        (asked, True, False),
        (10**17, False, False),
    ]
    assert (await proved(shop)).differences == ()


@SQLITE
async def test_an_outage_of_300_blocks_loses_nothing(anvil: Anvil, shop: Watching) -> None:
    """A transfer and a contract's payment in blocks that nobody followed: found, by the transaction and by the balance,
    and proved."""
    await name_network(shop, anvil)
    sent, inside = await shop.counter.session("50.00"), await shop.counter.session("50.00")
    anvil.mine(100)
    pay(anvil, sent.payment.terms.address, sent.payment.terms.amount_atomic)
    by_contract(anvil, inside.payment.terms.address, inside.payment.terms.amount_atomic)
    anvil.mine(200)
    await shop.look()
    assert (await shop.status(sent), await shop.status(inside)) == ("paid", "detected")
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert await shop.status(inside) == "paid"
    assert (await proved(shop)).differences == ()


@SQLITE
async def test_a_pruned_node_leads_to_review_where_the_balance_cannot_be_compared(
    database: Database, anvil: Anvil
) -> None:
    """The state of the block is forgotten. What still lies there counts; what has left since is a person's to judge."""
    with lying_proxy(anvil.url) as proxy:
        shop = await watched(database, anvil, [proxy.url])
        proxy.lie = lying.Forgets()
        lies, gone = await shop.counter.session("50.00"), await shop.counter.session("50.00")
        for one in (lies, gone):
            pay(anvil, one.payment.terms.address, one.payment.terms.amount_atomic)
        anvil.mine(CONFIRMATIONS + 1)
        take_away(anvil, gone.payment.terms.address)
        anvil.mine()
        await shop.look()
        assert await shop.status(lies) == "paid"
        payment = (await shop.counter.read(gone.id)).payment
        assert payment.is_held and payment.transfers[0].doubted
        await shop.close()


async def test_late_coin_is_found_by_the_slow_round(anvil: Anvil, database: Database) -> None:
    """Nobody reads blocks for a session that ended; its address's balance is looked at for ever, and a sweep of it is
    booked as it is found."""
    shop = await watched(database, anvil, [anvil.url], sweep_blocks=2)
    await name_network(shop, anvil)
    session = await shop.counter.session("50.00")
    address, asked = session.payment.terms.address, session.payment.terms.amount_atomic
    pay(anvil, address, asked)
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert await shop.status(session) == "paid"
    pay(anvil, address, 7)
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    anvil.mine(2 * CONFIRMATIONS)
    await shop.look()
    found = await transfers(shop, session)
    assert [(one.amount_atomic, one.tx_hash is None) for one in found] == [(asked, False), (7, True)]
    take_away(anvil, address)
    for _ in range(3):
        anvil.mine(CONFIRMATIONS)
        await shop.look()
    proof = await proved(shop)
    assert (proof.differences, proof.balances) == ((), 1)
    assert len(await transfers(shop, session)) == 2
    await execute(database, "DELETE FROM chain_transfers WHERE amount_atomic = '7'")
    assert [one.kind for one in (await proved(shop)).differences] == [Kind.BALANCE_MOVED_WITHOUT_TRANSFER]
    await shop.close()


@SQLITE
async def test_a_fee_that_a_balance_showed_first_is_paid_once(anvil: Anvil, shop: Watching) -> None:
    """The owner pays one session out of the address of another that has ended. Its balance shows the fee, and then the
    transaction is read: nothing has left twice, and so nothing seems to come back."""
    await name_network(shop, anvil)
    ended, waiting = await shop.counter.session("50.00"), await shop.counter.session("50.00")
    address, asked = ended.payment.terms.address, ended.payment.terms.amount_atomic
    pay(anvil, address, asked)
    anvil.mine(reading.GLANCE_BLOCKS - 1)
    await shop.look()
    assert await shop.status(ended) == "paid"
    anvil.ask("anvil_impersonateAccount", address)
    sent = {"from": address, "to": waiting.payment.terms.address, "value": hex(asked // 2), "gas": hex(21_000)}
    anvil.ask("eth_sendTransaction", sent)
    anvil.mine()
    anvil.ask("anvil_stopImpersonatingAccount", address)
    await shop.look()
    named = await rows(shop.counter.database, "SELECT state FROM chain_transfers WHERE tx_hash LIKE '%:%'")
    assert [row["state"] for row in named] == ["seen"]
    for _ in range(3):
        anvil.mine(reading.GLANCE_BLOCKS)
        await shop.look()
    assert [(one.amount_atomic, one.doubted) for one in await transfers(shop, ended)] == [(asked, False)]
    assert (await proved(shop)).differences == ()


@SQLITE
async def test_a_node_that_leaves_transactions_out_hides_no_money(database: Database, anvil: Anvil) -> None:
    """The balance shows it, without a hash."""
    with lying_proxy(anvil.url) as proxy:
        shop = await watched(database, anvil, [proxy.url])
        proxy.lie = lying.LeavesTransactionsOut()
        session = await shop.counter.session("50.00")
        pay(anvil, session.payment.terms.address, session.payment.terms.amount_atomic)
        anvil.mine()
        await shop.look()
        anvil.mine(CONFIRMATIONS)
        await shop.look()
        assert await shop.status(session) == "paid"
        assert [one.tx_hash for one in await transfers(shop, session)] == [None]
        await shop.close()


@SQLITE
async def test_two_nodes_that_tell_different_balances_conclude_nothing(database: Database, anvil: Anvil) -> None:
    """Whichever of the two lies: nothing is booked, and the network says that they disagree."""
    with lying_proxy(anvil.url) as proxy:
        shop = await watched(database, anvil, [proxy.url, anvil.url])
        session = await shop.counter.session("50.00")
        proxy.lie = lying.MakesCoin()
        anvil.mine()
        look = await shop.look()
        assert look.trouble is Trouble.DISAGREEMENT
        assert (await shop.status(session), await transfers(shop, session)) == ("pending", [])
        proxy.lie = Honest()
        pay(anvil, session.payment.terms.address, session.payment.terms.amount_atomic)
        anvil.mine(CONFIRMATIONS + 1)
        await shop.look()
        assert await shop.status(session) == "paid"
        await shop.close()


@SQLITE
async def test_what_is_asked_for_each_block_is_bounded(
    database: Database, anvil: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One question for the block's transactions, and the state of a number of addresses, whose turn comes one after
    another; nothing of both where no session waits for the coin."""
    monkeypatch.setattr(reading, "LOOKED_AT_MAX", 2)
    with lying_proxy(anvil.url) as proxy:
        shop = await watched(database, anvil, [proxy.url])
        anvil.mine(5)
        await shop.look()
        assert not {"eth_getBalance", "eth_getTransactionCount", "eth_getCode"} & set(proxy.asked)
        sessions = [await shop.counter.session("50.00") for _ in range(3)]
        anvil.mine(CONFIRMATIONS)
        await shop.look()
        proxy.asked.clear()
        anvil.mine()
        await shop.look()
        kinds = ("eth_getBalance", "eth_getTransactionCount", "eth_getCode")
        assert [proxy.asked[one] for one in kinds] == [2, 2, 2] and len(kinds) == reading.CALLS_PER_ADDRESS
        # By its hash: that the node has it, for the logs and for what is final, and once with its transactions.
        assert proxy.asked["eth_getBlockByHash"] <= 6
        # Whose turn was not yet is seen at the next block.
        last = max(sessions, key=lambda one: one.payment.terms.address.lower())
        by_contract(anvil, last.payment.terms.address, WEI)
        for _ in range(2):
            anvil.mine()
            await shop.look()
        assert await shop.status(last) == "detected"
        await shop.close()


@SQLITE
async def test_the_coin_s_own_logs_are_no_token(anvil: Anvil, shop: Watching) -> None:
    """EIP-7708: what the system address logs is coin that moved. It is taken for no token, and explained as coin."""
    await name_network(shop, anvil)
    sealer, database = shop.counter.sealer, shop.counter.database
    with pytest.raises(NetworkError, match="EIP-7708"):
        await operations.ask_token(database, sealer, NewToken("anvil", SYSTEM_ADDRESS, "USD", "FAKE"))
    session = await shop.counter.session("50.00")
    address = session.payment.terms.address
    code = anvil.ask("eth_getCode", anvil.token, "latest")
    anvil.ask("anvil_setCode", SYSTEM_ADDRESS, code)
    topics = [TRANSFER_TOPIC, topic_of(anvil.account), topic_of(address)]
    token, anvil.token = anvil.token, SYSTEM_ADDRESS
    tx_hash = anvil.emit(topics, f"{5:064x}")
    anvil.token = token
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert await transfers(shop, session) == []
    explained = await Explainer(database, sealer).explain(tx_hash, addresses_of(shop.counter.project_id))
    [moved] = explained.where[0].movements
    assert (moved.asset, moved.symbol, moved.amount_atomic) == (None, "ETH", 5)
