"""A shop whose live sessions can be paid in two tokens of other decimals, each on a network of its own. Networks,
tokens and wallet are set up as an operator and a merchant do it; what comes there the test says, as a watcher does."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import httpx

from tests.chain import StandIn, served
from tests.makers import Counter, execute
from tests.rails.evm.live_shop import read_ahead, set_wallet
from tests.shop import Shop, ShopBeside
from tillgate.checkout.settlement.watching import LivePayments
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks.operations import NewNetwork, NewToken
from tillgate.rails.port import Block, Observation, Sighted
from tillgate.store import Transaction

# As a watcher leaves it that looks at a network until the day after tomorrow.
_WATCHED: Final = (
    "INSERT INTO watched_chains (chain_id, version, final_number, final_hash, final_parent_hash, final_mined_at, "
    "head_number, looked_at, lease_until, updated_at) VALUES ($1, 1, 10, '0xa', '0x9', $2, 12, $3, 0, $2)"
)


class Offered(NamedTuple):
    """A token that can be paid in."""

    network: str
    chain_id: int
    address: str
    symbol: str
    decimals: int


TOKENS: Final = (
    Offered("first", 77_771, "0x" + "a1" * 20, "TSIX", 6),
    Offered("second", 77_772, "0x" + "b2" * 20, "TWEI", 18),
)
CONFIRMATIONS: Final = 3


class Seen(NamedTuple):
    """A transfer of a token, as it was told last."""

    token: Offered
    one: Observation


def seen_now(token: Offered, number: int, amount: int, now: int, *, confirmed: bool) -> Observation:
    """A new transfer, as a watcher sees it."""
    name, block = f"0x{number:064x}", Block(11, f"0x{11:064x}", now)
    return Observation(token.chain_id, "", name, 0, amount, confirmed, name, block, CONFIRMATIONS if confirmed else 1)


class LiveBeside(ShopBeside):
    """A shop beside, by a key of live mode."""

    def __init__(self, beside: ShopBeside) -> None:
        self._portal, self.shop = beside._portal, beside.shop
        self._client = self.run(self._opened)
        self._told = 0

    async def _opened(self) -> httpx.AsyncClient:
        return await self.shop.client(mode="live")

    def tell(self, address: str, token: Offered, amount: int, *, confirmed: bool) -> Seen:
        """A new transfer to an address."""
        self._told += 1
        one = seen_now(token, self._told, amount, self.shop.clock.now(), confirmed=confirmed)
        return self.tell_again(address, Seen(token, one))

    def tell_again(self, address: str, seen: Seen, **changed: Any) -> Seen:
        """The same transfer, as it is by now."""
        seen = seen._replace(one=seen.one._replace(**changed))
        payments = LivePayments(self.shop.app._checkout)
        told = Sighted(seen.token.address.lower(), "0x" + "d1" * 20, address, seen.one)

        async def operation(tx: Transaction) -> None:
            [payment_id] = await payments.observe(tx, address.lower(), [told])
            assert payment_id is not None

        self.run(self.shop.database.write, operation)
        return seen


async def set_up(shop: Shop | Counter, nodes: Sequence[StandIn], second: str = "USD") -> None:
    """Both networks with their tokens, which the project takes, and its wallet.

    Args:
        second: what the second token is worth one of.
    """
    now = shop.clock.now()
    for token, node, currency in zip(TOKENS, nodes, ("USD", second), strict=True):
        new = NewNetwork(token.network, [node.url], chain_id=token.chain_id, confirmations=CONFIRMATIONS)
        asked = await networks.ask(new, now, dev=True)
        await shop.database.write(lambda tx, asked=asked: networks.add(tx, shop.sealer, asked))  # type: ignore[misc]
        known = await networks.ask_token(
            shop.database, shop.sealer, NewToken(token.network, token.address, currency, token.symbol)
        )
        await shop.database.write(lambda tx, known=known: networks.add_token(tx, known, now))  # type: ignore[misc]
        await shop.database.write(
            lambda tx, token=token: networks.accept(  # type: ignore[misc]
                tx, shop.project_id, token.network, token.address, accepted=True, now=now
            )
        )
        await execute(shop.database, _WATCHED, token.chain_id, now, now + 2 * 86_400_000)
    await set_wallet(shop, shop.project_id)
    await read_ahead(shop)


@contextlib.contextmanager
def served_nodes() -> Iterator[list[StandIn]]:
    """A node of each network."""
    with contextlib.ExitStack() as served_ones:
        nodes = []
        for token in TOKENS:
            node = StandIn(token.chain_id, genesis=f"0x{token.chain_id:064x}")
            node.decimals = {token.address.lower(): token.decimals}
            nodes.append(served_ones.enter_context(served(node)))
        yield nodes


@contextlib.contextmanager
def offering(beside: ShopBeside, second: str = "USD") -> Iterator[LiveBeside]:
    """A still shop with both networks."""
    with served_nodes() as nodes:
        beside.run(set_up, beside.shop, nodes, second)
        yield LiveBeside(beside)
