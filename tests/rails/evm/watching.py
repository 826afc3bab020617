"""A checkout whose payments come on a chain, and the watcher of that chain."""

import secrets
from collections.abc import Sequence
from typing import Any

from keyturn.database import Database
from tests.makers import Counter, StillClock, counter_over
from tests.rails.evm.anvil import CHAIN_ID
from tests.rails.toy import ToyRail
from tillgate.base.clock import SystemClock
from tillgate.base.money import Money
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.settlement.watching import LivePayments
from tillgate.rails.evm import records
from tillgate.rails.evm.model import Finality, WatchedNetwork
from tillgate.rails.evm.rpc import NodeUrl, RpcNode
from tillgate.rails.evm.watcher import Look
from tillgate.rails.evm.worker import ChainWorker, Watched
from tillgate.rails.port import PaymentTerms, QuoteRequest, Rails
from tillgate.store import Transaction

CONFIRMATIONS = 4
ATOMIC = 10**6


class TokenRail(ToyRail):
    """Quotes addresses of a real chain, in a token of it; prices are dollars."""

    name = "evm"
    chain_ids: Sequence[int] = (CHAIN_ID,)
    refunds = False
    sends = False

    def __init__(self, token: str) -> None:
        super().__init__()
        self._asset = f"eip155:{CHAIN_ID}/erc20:{token}"

    async def quote(self, tx: Transaction, request: QuoteRequest) -> PaymentTerms:
        # Mixed case, as EIP-55 writes addresses.
        address = "0x" + "".join(secrets.choice("0123456789abcdefABCDEF") for _ in range(40))
        amount = request.price.minor * ATOMIC // 100
        return PaymentTerms(CHAIN_ID, self._asset, 6, address, amount, "1.00")

    def requote(self, terms: PaymentTerms, price: Money) -> PaymentTerms:
        return terms._replace(amount_atomic=price.minor * ATOMIC // 100)

    async def looked_until(self, tx: Transaction, chain_id: int, now: int) -> int:
        return await records.looked_until(tx, chain_id)


class Watching:
    """Sessions, and the worker that sees what comes."""

    def __init__(self, counter: Counter, token: str, urls: Sequence[str], **network: Any) -> None:
        self.counter = counter
        self.urls = urls
        self.seconds = 0.0
        settings = {"finality": Finality(CONFIRMATIONS), "patience_ms": 0, **network}
        self.network = WatchedNetwork(CHAIN_ID, tokens=frozenset({token.lower()}), **settings)
        self.nodes: list[RpcNode] = []
        self.worker = self.started()

    def started(self, database: Database | None = None, **how: Any) -> ChainWorker:
        """A watcher as a new process would start it."""
        nodes = [RpcNode(NodeUrl(url), deadline_seconds=10.0, monotonic=lambda: self.seconds) for url in self.urls]
        self.nodes += nodes
        receivers = LivePayments(self.counter.context)
        worker = ChainWorker(
            database or self.counter.database, self.counter.clock, receivers, Watched(self.network, nodes), **how
        )
        return worker

    async def look(self) -> Look:
        """Look until nothing more is found."""
        found = await self.worker.work()
        assert found is not None, "another watcher has the lease"
        return found

    def rested(self) -> None:
        """A URL that failed is asked again."""
        self.seconds += 1_000

    async def status(self, session: CheckoutSession) -> str:
        return (await self.counter.read(session.id)).status.value

    async def close(self) -> None:
        for node in self.nodes:
            await node.close()


async def watching_over(database: Database, token: str, urls: Sequence[str], **network: Any) -> Watching:
    """A checkout on this database whose test mode is paid on a chain."""
    counter = await counter_over(database, StillClock(SystemClock().now()))
    counter.context = counter.context._replace(rails=Rails(TokenRail(token), None))
    return Watching(counter, token, urls, **network)
