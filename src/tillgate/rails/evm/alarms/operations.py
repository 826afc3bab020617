"""Keeping alarms: those that watchers write down themselves, and those that a look at how networks stand finds."""

from typing import Final

from tillgate.base.clock import to_rfc3339
from tillgate.rails.evm.alarms import records
from tillgate.rails.evm.alarms.model import Alarm, AlarmKind
from tillgate.rails.evm.standing import NetworkState, Standing, standings
from tillgate.store import Database, Transaction

# Told when it is seen, however short it was: the watcher writes it down itself.
_TOLD_AT_ONCE: Final = frozenset({NetworkState.DISAGREEMENT})


async def look(database: Database, now: int) -> list[Alarm]:
    """Bring the alarms in step with how the networks stand; those that people are to be alerted to now.

    Where nothing is wrong nothing is written.
    """

    async def read(tx: Transaction) -> tuple[list[Standing], list[Alarm]]:
        return await standings(tx, now), await records.every(tx)

    stand, alarms = await database.read(read)
    behind = [one for one in stand if _is_behind(one)]
    if not behind and not alarms:
        return []

    async def keep(tx: Transaction) -> list[Alarm]:
        for alarm in await records.every(tx):
            if alarm.is_over(now):
                await records.end_unless_seen(tx, alarm)
        for one in behind:
            since = to_rfc3339(one.state_since if one.state_since is not None else now)
            detail = {"state": one.state.value, "since": since}
            await records.see(tx, one.network.chain_id, AlarmKind.BEHIND, now, detail=detail)
        kept = await records.every(tx)
        for alarm in kept:
            if alarm.is_gone(now):
                await records.end_unless_seen(tx, alarm)
        return [alarm for alarm in kept if alarm.is_due]

    return await database.write(keep)


def _is_behind(one: Standing) -> bool:
    """It is in use, and what comes there is not seen in time."""
    return not one.is_well and one.network.paused_at is None and one.state not in _TOLD_AT_ONCE
