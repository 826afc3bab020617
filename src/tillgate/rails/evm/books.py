"""The books of one network in the database, and the reports of them to the checkout."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import Final, Protocol

import structlog

from keyturn.database import StoreUnavailable
from tillgate.base.clock import Clock
from tillgate.rails.evm import records
from tillgate.rails.evm.addresses import parse_address
from tillgate.rails.evm.coin import records as coin
from tillgate.rails.evm.coin.model import Known
from tillgate.rails.evm.model import Booked, Change, Money, Point, TransferState, View, spoken_ordinal
from tillgate.rails.evm.records import Transfer
from tillgate.rails.evm.wallets import records as wallets
from tillgate.rails.port import Observation, Sighted, hash_of
from tillgate.store import Database, Transaction

REPORT_MAX: Final = 200

_log: Final = structlog.get_logger("watcher")


class Receivers(Protocol):
    """Whoever gave addresses out, and is told what came to them. Each works inside of the caller's transaction."""

    async def is_awaited(self, tx: Transaction, now: int) -> bool:
        """A session waits for money."""
        ...

    async def lately(self, tx: Transaction, now: int) -> list[str]:
        """Addresses whose sessions are open or ended lately, lower case."""
        ...

    async def every(self, tx: Transaction, after: str, limit: int) -> list[str]:
        """A page of every address that was ever given out, lower case and in order."""
        ...

    async def waiting(self, tx: Transaction, now: int) -> list[str]:
        """Addresses whose sessions wait for money, or did a short time ago, lower case."""
        ...

    async def observe(self, tx: Transaction, recipient: str, seen: Sequence[Sighted]) -> Sequence[str | None]:
        """Conclude what follows from transfers to one address, all of them together: of two that pay a price, neither
        is too little. What fits nothing is written down for a person.

        Returns:
            For each the payment that it belongs to; None where it fits nothing.
        """
        ...


class SqlBooks:
    """:class:`~tillgate.rails.evm.watcher.Books` in the database, as the watcher that holds the lease writes them."""

    def __init__(self, database: Database, clock: Clock, receivers: Receivers, *, chain_id: int, owner: str) -> None:
        self._database = database
        self._clock = clock
        self._receivers = receivers
        self._chain_id = chain_id
        self._owner = owner

    async def view(self) -> View | None:
        return await self._database.read(lambda tx: records.view(tx, self._chain_id))

    async def begin(self, at: Point) -> None:
        now = self._clock.now()
        await self._database.write(lambda tx: records.begin(tx, self._chain_id, self._owner, at, now))

    async def apply(self, change: Change) -> bool:
        now = self._clock.now()
        return await self._database.write(lambda tx: records.apply(tx, self._chain_id, self._owner, change, now))

    async def is_awaited(self) -> bool:
        now = self._clock.now()
        return await self._database.read(lambda tx: self._receivers.is_awaited(tx, now))

    async def lately(self) -> list[str]:
        now = self._clock.now()
        return await self._database.read(lambda tx: self._receivers.lately(tx, now))

    async def every(self, after: str, limit: int) -> list[str]:
        async def page(tx: Transaction) -> list[str]:
            given = await self._receivers.every(tx, after, limit)
            # Money may come to an address of a wallet that nobody was given, or that a lost session had.
            return sorted({*given, *await wallets.every(tx, after, limit)})[:limit]

        return await self._database.read(page)

    async def known(self, first: int, last: int, *, final: bool) -> list[Money]:
        return await self._database.read(lambda tx: records.known(tx, self._chain_id, first, last, final=final))

    async def holding(self, token: str, address: str, last: int) -> int:
        return await self._database.read(lambda tx: records.holding(tx, self._chain_id, token, address, last))

    async def coin_open(self) -> list[str]:
        now = self._clock.now()

        async def found(tx: Transaction) -> list[str]:
            return await coin.among(tx, self._chain_id, await self._receivers.waiting(tx, now))

        return await self._database.read(found)

    async def coin_among(self, addresses: Sequence[str]) -> list[str]:
        return await self._database.read(lambda tx: coin.among(tx, self._chain_id, addresses))

    async def coin_known(self, addresses: Sequence[str], last: int) -> dict[str, Known]:
        return await self._database.read(lambda tx: coin.known(tx, self._chain_id, addresses, last))

    async def coin_looks(self, first: int, last: int) -> list[Booked]:
        return await self._database.read(lambda tx: coin.looks(tx, self._chain_id, first, last))

    async def report(self) -> int:
        """Tell the checkout what was written down and not told yet; answers with how many transfers.

        Those to one address in one transaction, which also notes that it was told: what dies in between is told again,
        and what was told is not. Where that fails for one address, the others are told all the same.
        """
        view = await self.view()
        if view is None:
            return 0
        height = view.tip.number
        found = await self._database.read(lambda tx: records.unreported(tx, self._chain_id, REPORT_MAX))
        if not found:
            found = await self._database.read(lambda tx: records.rising(tx, self._chain_id, height, REPORT_MAX))
        groups = [list(group) for _, group in groupby(found, key=lambda one: one.money.recipient)]
        if len(found) == REPORT_MAX and len(groups) > 1:
            # Its rest is on the next page.
            groups.pop()
        reported = 0
        for group in groups:
            try:
                await self._database.write(partial(self._report, transfers=group, height=height))
            except StoreUnavailable:
                raise
            except Exception:
                _log.exception("watcher.not_reported", chain=self._chain_id, transfer=group[0].money.tx_hash)
            else:
                reported += len(group)
        return reported

    async def _report(self, tx: Transaction, *, transfers: Sequence[Transfer], height: int) -> None:
        seen = [_sighted(one, height) for one in transfers]
        payments = await self._receivers.observe(tx, transfers[0].money.recipient, seen)
        for transfer, payment_id in zip(transfers, payments, strict=True):
            # One that has changed meanwhile is reported once more.
            await records.mark_reported(tx, transfer, height, payment_id)


def _sighted(transfer: Transfer, height: int) -> Sighted:
    money = transfer.money
    addresses = parse_address(money.sender), parse_address(money.recipient)
    return Sighted(money.token, *addresses, observation(transfer, height))


def observation(transfer: Transfer, height: int) -> Observation:
    """A transfer as a rail reports it."""
    money, state = transfer.money, transfer.state
    return Observation(
        chain_id=transfer.chain_id,
        asset="",
        reference=money.tx_hash,
        ordinal=spoken_ordinal(money.ordinal, transfer.generation),
        amount_atomic=money.amount_atomic,
        confirmed=state is TransferState.FINAL,
        tx_hash=hash_of(money.tx_hash),
        block=money.block,
        confirmations=0 if state is TransferState.ORPHANED else max(height - money.block.number + 1, 1),
        reorged=state is TransferState.ORPHANED,
        doubted=state is TransferState.FINAL and transfer.doubt is not None,
    )
