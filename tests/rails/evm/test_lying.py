"""Nodes that lie: nothing follows from a lie, and what is true is concluded once it is told."""

from collections.abc import AsyncIterator, Iterator

import pytest

from keyturn.database import Database
from tests.makers import rows
from tests.rails.evm import lying
from tests.rails.evm.anvil import CHAIN_ID, TOKEN, Anvil, running_anvil
from tests.rails.evm.lying import Honest, Proxy, lying_proxy
from tests.rails.evm.model_chain import MemoryBooks
from tests.rails.evm.watching import CONFIRMATIONS, Watching, watching_over
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.rails.evm.model import Finality, WatchedNetwork
from tillgate.rails.evm.node import TRANSFER_TOPIC, Tag, topic_of
from tillgate.rails.evm.rpc import NodeUrl, RpcNode
from tillgate.rails.evm.watcher import Trouble, Watcher

pytestmark = pytest.mark.anyio

HOUR_MS = 3_600_000


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    """What the rows hold is held on both databases by `test_books.py`."""
    return f"sqlite:///{tmp_path}/tillgate.db"


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil("--slots-in-an-epoch", "2") as node:
        node.mine(CONFIRMATIONS + 2)
        yield node


@pytest.fixture
def proxy(anvil: Anvil) -> Iterator[Proxy]:
    with lying_proxy(anvil.url) as made:
        yield made


@pytest.fixture
async def shop(database: Database, anvil: Anvil, proxy: Proxy) -> AsyncIterator[Watching]:
    """Two nodes, the first of which is about to lie; one alone concludes nothing."""
    opened = await watching_over(database, anvil.token, [proxy.url, anvil.url], patience_ms=HOUR_MS)
    await opened.look()
    yield opened
    await opened.close()


def due(session: CheckoutSession) -> tuple[str, int]:
    terms = session.payment.terms
    return terms.address, terms.amount_atomic


async def looks(shop: Watching, count: int = 4) -> list[Trouble | None]:
    found = []
    for _ in range(count):
        shop.rested()
        found.append((await shop.look()).trouble)
    return found


# Each lie, and whether two nodes, one of which tells it, may conclude all the same.
LIES: list[tuple[type[Honest], bool | None]] = [
    (lying.Lags, None),
    (lying.GoesBack, None),
    (lying.NoLogs, False),
    (lying.LeavesOneOut, False),
    # Only noticed once a minute, where its blocks are the same.
    (lying.OtherChain, None),
    (lying.OtherBlocks, False),
    (lying.Limits, True),
    (lying.TooManyRequests, False),
    (lying.MalformedLogs, False),
    (lying.MalformedReceipts, None),
    (lying.Pruned, True),
    (lying.Garbage, False),
]


@pytest.mark.parametrize("lie, concludes", LIES, ids=lambda one: getattr(one, "__name__", ""))
async def test_a_lie_of_one_node_of_two_pays_nobody_and_loses_nothing(
    anvil: Anvil, proxy: Proxy, shop: Watching, lie: type[Honest], concludes: bool | None
) -> None:
    """Where the two cannot agree, nothing is concluded; once the lie ends the payment is."""
    paid, unpaid = await shop.counter.session("10.00"), await shop.counter.session("20.00")
    third = await shop.counter.session("30.00")
    proxy.lie = lie()
    anvil.pay_all([due(paid), due(third)])
    anvil.mine(CONFIRMATIONS + 1)
    await looks(shop)
    status = await shop.status(paid)
    assert status in ("pending", "detected", "paid")
    if concludes is not None:
        assert (status == "paid") is concludes, status
    assert await shop.status(unpaid) == "pending"
    proxy.lie = Honest()
    anvil.mine()
    assert (await looks(shop))[-1] is None
    assert [await shop.status(one) for one in (paid, unpaid, third)] == ["paid", "pending", "paid"]
    found = await rows(shop.counter.database, "SELECT state, single_source, doubt FROM chain_transfers")
    assert [(one["state"], bool(one["single_source"]), one["doubt"]) for one in found] == [("final", False, None)] * 2


async def test_an_empty_answer_beside_a_header_that_says_otherwise_is_not_believed(
    anvil: Anvil, proxy: Proxy, shop: Watching
) -> None:
    """The header's filter holds the token and the address: the URL that tells no logs rests, and the other one is asked
    in the same look."""
    session = await shop.counter.session("10.00")
    proxy.lie = lying.NoLogs()
    anvil.pay(*due(session))
    anvil.mine()
    await shop.look()
    assert await shop.status(session) == "detected"
    assert shop.nodes[0].is_resting and not shop.nodes[1].is_resting
    assert shop.nodes[0].counts.errors["malformed"] == 1


async def test_an_empty_answer_of_the_only_url_is_asked_for_again(
    anvil: Anvil, proxy: Proxy, database: Database
) -> None:
    """Neither seen nor concluded is what its header speaks against; once the lie ends, nothing is lost."""
    shop = await watching_over(database, anvil.token, [proxy.url])
    await shop.look()
    session = await shop.counter.session("10.00")
    proxy.lie = lying.NoLogs()
    anvil.pay(*due(session))
    anvil.mine(CONFIRMATIONS)
    await looks(shop, 2)
    assert shop.nodes[0].counts.errors["malformed"] == 2
    proxy.lie = Honest()
    await looks(shop, 2)
    assert await shop.status(session) == "paid"
    await shop.close()


async def test_one_url_alone_concludes_after_a_set_time_and_says_so(
    database: Database, anvil: Anvil, proxy: Proxy
) -> None:
    """429 for ever on one of two: the other one goes on, and what it told alone is marked."""
    shop = await watching_over(database, anvil.token, [proxy.url, anvil.url], patience_ms=0)
    await shop.look()
    session = await shop.counter.session("10.00")
    proxy.lie = lying.TooManyRequests()
    anvil.pay(*due(session))
    anvil.mine(CONFIRMATIONS)
    await shop.look()
    assert await shop.status(session) == "paid"
    [found] = await rows(database, "SELECT single_source FROM chain_transfers")
    assert found["single_source"]
    before = proxy.asked.total()
    for _ in range(5):
        await shop.look()
    assert proxy.asked.total() == before, "a URL that answers 429 rests"
    await shop.close()


async def test_what_is_preconfirmed_and_never_mined_is_not_even_seen(
    anvil: Anvil, proxy: Proxy, database: Database
) -> None:
    """A log whose receipt is of a block that nobody has is no transfer, also where one node is all there is."""
    shop = await watching_over(database, anvil.token, [proxy.url])
    await shop.look()
    session = await shop.counter.session("10.00")
    address, amount = due(session)
    lie = lying.Preconfirms()
    lie.invented = {
        "address": anvil.token,
        "topics": [TRANSFER_TOPIC, topic_of(anvil.account), topic_of(address)],
        "data": f"0x{amount:064x}",
        "transactionHash": "0x" + "7" * 64,
        "logIndex": "0x63",
        "removed": False,
    }
    proxy.lie = lie
    anvil.mine()
    assert None not in await looks(shop, 2)
    assert await rows(database, "SELECT 1 FROM chain_transfers") == []
    proxy.lie = Honest()
    anvil.pay(address, amount)
    anvil.mine(CONFIRMATIONS)
    await looks(shop, 2)
    assert await shop.status(session) == "paid"
    await shop.close()


@pytest.mark.parametrize("lie", [lying.TagStalls, lying.TagJumps, lying.TagIsNull, lying.TagIsAbsent])
async def test_a_tag_that_says_nothing_concludes_nothing(
    anvil: Anvil, proxy: Proxy, database: Database, lie: type[Honest]
) -> None:
    """Absent, null, standing still or above the head: the payment stays detected until the tag moves."""
    shop = await watching_over(database, anvil.token, [proxy.url], finality=Finality(CONFIRMATIONS, Tag.FINALIZED))
    await shop.look()
    session = await shop.counter.session("10.00")
    proxy.lie = lie()
    await looks(shop, 1)
    anvil.pay(*due(session))
    anvil.mine(20)
    await looks(shop, 2)
    assert await shop.status(session) == "detected"
    proxy.lie = Honest()
    await looks(shop, 2)
    assert await shop.status(session) == "paid"
    await shop.close()


def test_the_token_is_the_one_that_was_compiled() -> None:
    """Its methods are those of the source."""
    assert TOKEN["methods"]["transfer(address,uint256)"] == "a9059cbb"
    assert TOKEN["methods"]["balanceOf(address)"] == "70a08231"


async def test_a_question_names_500_addresses_at_most_however_many_were_given_out(anvil: Anvil, proxy: Proxy) -> None:
    """At 10, 1,000 and 100,000 addresses: a node that takes 1,000 refuses nothing, what was given out long ago costs
    a block nothing, and the slow round asks for one page of it at a time."""
    lie = proxy.lie = lying.RefusesTopics()
    node, books = RpcNode(NodeUrl(proxy.url)), MemoryBooks()
    network = WatchedNetwork(CHAIN_ID, Finality(2), frozenset({anvil.token.lower()}), sweep_blocks=1)
    watcher = Watcher(network, [node], books, int)

    async def questions() -> int:
        before = proxy.asked["eth_getLogs"]
        await watcher.look()
        return proxy.asked["eth_getLogs"] - before

    every = [f"0x{number:040x}" for number in range(100_000)]
    books.addresses = every[:10]
    while (await watcher.look()).moved:
        pass
    costs = []
    for count, lately in ((10, 10), (1_000, 1_000), (100_000, 1_000)):
        books.addresses, books.retired = every[:lately], every[lately:count]
        anvil.mine()
        costs.append(await questions())
        assert lie.most == min(count, 500)
    ten, thousand, all_of_them = costs
    assert (thousand, all_of_them) == (2 * ten, 2 * ten)
    assert await questions() <= ten
    assert books.state is not None and books.state.sweep is not None
    assert books.state.sweep.after == every[499], "a page of the slow round was asked for"
    assert (lie.most, lie.refused) == (500, 0)
    await node.close()
