"""What a buyer's page is told about networks: how they stand now, and the outcome of a transaction."""

from collections.abc import Collection, Sequence
from typing import Final

from tillgate.rails.evm import records
from tillgate.rails.evm.explaining import Explainer
from tillgate.rails.evm.networks import records as networks
from tillgate.rails.evm.networks.catalogue import known_chain
from tillgate.rails.evm.rail import AWAY_MS
from tillgate.rails.port import (
    ChainSight,
    Explanation,
    Found,
    HashAnswer,
    HashUnusable,
    HashVerdict,
    TooManyLookUps,
    Verdict,
    WalletChain,
)
from tillgate.store import Transaction

_V = HashVerdict
VERDICTS: Final[dict[Verdict, HashVerdict]] = {
    Verdict.COUNTED: _V.COUNTED,
    Verdict.WAITING: _V.WAITING,
    Verdict.NOT_READ_YET: _V.NOT_READ_YET,
    Verdict.DOUBTED: _V.FOR_THE_MERCHANT,
    Verdict.UNASSIGNED: _V.FOR_THE_MERCHANT,
    Verdict.LEFT: _V.FOR_THE_MERCHANT,
    Verdict.OTHER_TOKEN: _V.OTHER_ASSET,
    Verdict.NATIVE_COIN: _V.OTHER_ASSET,
    Verdict.ORPHANED: _V.ORPHANED,
    Verdict.NOT_MINED: _V.NOT_MINED,
    Verdict.REVERTED: _V.REVERTED,
    Verdict.OTHER_ADDRESS: _V.OTHER_ADDRESS,
}
# Of several movements in one transaction, the one that says most to its buyer.
_FIRST: Final = tuple(VERDICTS)


class EvmSight:
    """Out of the books and the operator's networks; a node is asked about a transaction alone."""

    def __init__(self, explainer: Explainer) -> None:
        self._explainer = explainer

    async def sight(self, tx: Transaction, chain_id: int, now: int) -> ChainSight:
        """See :class:`~tillgate.rails.port.NetworkSight`."""
        since = await records.answers_since(tx, chain_id)
        heights = await records.heights(tx, chain_id)
        network = next((one for one in await networks.every(tx) if one.chain_id == chain_id), None)
        lag = None
        if heights is not None and network is not None:
            lag = max(heights.head - heights.final, 0) * network.limits.block_ms
        head = heights.head if heights is not None else None
        return ChainSight(since is None or now - since >= AWAY_MS, head, lag)

    def wallet_chain(self, chain_id: int) -> WalletChain | None:
        """See :class:`~tillgate.rails.port.NetworkSight`."""
        known = known_chain(chain_id)
        if known is None or known.public_rpc is None:
            return None
        return WalletChain(known.title, known.coin, known.public_rpc, known.explorer)

    async def look_up(self, tx_hash: str, address: str) -> HashAnswer:
        """See :class:`~tillgate.rails.port.NetworkSight`."""

        async def ours(_: Transaction, addresses: Sequence[str]) -> Collection[str]:
            return [one for one in addresses if one == address.lower()]

        try:
            return answer_of(await self._explainer.explain(tx_hash, ours))
        except (HashUnusable, TooManyLookUps):
            return HashAnswer(_V.NOT_ANSWERED)


def answer_of(explanation: Explanation) -> HashAnswer:
    """The one thing that a buyer has to know of an explanation."""
    found = [
        (_FIRST.index(movement.verdict), network.title)
        for network in explanation.where
        for movement in network.movements
    ]
    if found:
        rank, title = min(found)
        return HashAnswer(VERDICTS[_FIRST[rank]], title)
    for network in explanation.where:
        moved_nothing = {Found.REVERTED: _V.REVERTED, Found.PENDING: _V.NOT_MINED}
        return HashAnswer(moved_nothing.get(network.found, _V.OTHER_ADDRESS), network.title)
    silent = any(one.found is Found.NOT_ANSWERED for one in explanation.networks)
    return HashAnswer(_V.NOT_ANSWERED if silent else _V.UNKNOWN)
