"""Alerting whoever runs the installation, and projects that are paid on a network, to what is wrong with it.

What is wrong is written down where it is seen. It is told here page by page, each in the transaction that notes how far
that has come, so that nobody is alerted to one thing twice, whenever a process dies.
"""

from collections.abc import Callable
from typing import Final

import structlog

from tillgate.access.alerts.model import AlertKind
from tillgate.access.alerts.operations import raise_alert
from tillgate.base.clock import MINUTE_MS, Clock
from tillgate.events.outbox import Outbox
from tillgate.rails.evm.alarms import operations, records
from tillgate.rails.evm.alarms.model import Alarm, AlarmKind
from tillgate.rails.evm.networks import records as networks
from tillgate.rails.evm.networks.model import Network
from tillgate.store import Database, Transaction
from tillgate.store.jobs import Job, Kind

NETWORKS_JOB: Final = "alerts.networks"
LOOK_EVERY_MS: Final = MINUTE_MS
# One transaction alerts the people of as many.
PROJECTS_PAGE: Final = 50

KIND_OF: Final = {
    AlarmKind.BEHIND: AlertKind.NETWORK_BEHIND,
    AlarmKind.DISAGREEMENT: AlertKind.NETWORK_DISAGREEMENT,
    AlarmKind.REORGANIZED: AlertKind.NETWORK_REORGANIZED,
    AlarmKind.TOKEN_CHANGED: AlertKind.TOKEN_CHANGED,
}

_log: Final = structlog.get_logger("networks")


class NetworkAlerts:
    """Alerts about networks, over one database.

    Args:
        serves_live: whether a network serves live mode; one that does not serves test mode.
    """

    def __init__(
        self, database: Database, clock: Clock, outbox: Outbox, *, serves_live: Callable[[Network], bool]
    ) -> None:
        self._database = database
        self._clock = clock
        self._outbox = outbox
        self._serves_live = serves_live

    def kind(self) -> Kind:
        """The job that looks how networks stand and alerts people. It does nothing where all is well."""
        return Kind(NETWORKS_JOB, self._look, at_once=1, every_ms=LOOK_EVERY_MS, seconds_max=60)

    async def _look(self, _: Job) -> None:
        for alarm in await operations.look(self._database, self._clock.now()):
            left: Alarm | None = alarm
            while left is not None:
                going = left

                async def operation(tx: Transaction, going: Alarm = going) -> Alarm | None:
                    return await self._alert_next_page(tx, going)

                left = await self._database.write(operation)

    async def _alert_next_page(self, tx: Transaction, alarm: Alarm) -> Alarm | None:
        """Alert the next page of projects, and first of all the installation; what is left to be told, if anything."""
        network = await networks.by_chain(tx, alarm.chain_id)
        if network is None:
            await records.end(tx, alarm.chain_id, alarm.kind, alarm.subject)
            return None
        now, livemode = self._clock.now(), self._serves_live(network)
        told: list[str | None] = list(
            await records.projects_on(tx, network, livemode=livemode, after=alarm.told_after, limit=PROJECTS_PAGE)
        )
        is_last = len(told) < PROJECTS_PAGE
        after = (told[-1] if told else None) or alarm.told_after
        # Before anything else: somebody else may be at it, and waits for this row.
        if not await records.move_on(tx, alarm, after, now if is_last else None):
            return None
        if not alarm.told_after:
            told.insert(0, None)
            _log.error(
                f"networks.{alarm.kind.value}",
                network=network.name,
                **({"subject": alarm.subject} if alarm.subject else {}),
                **alarm.detail,
            )
        detail = {"chain": network.title, **alarm.detail}
        if alarm.kind is AlarmKind.REORGANIZED:
            detail["block"] = alarm.subject
        cause = f"{KIND_OF[alarm.kind].value}:{alarm.chain_id}:{alarm.subject}:{alarm.began_at}"
        for project_id in told:
            await raise_alert(
                tx,
                self._outbox,
                KIND_OF[alarm.kind],
                project_id=project_id,
                livemode=livemode,
                cause=f"{cause}:{project_id or ''}",
                subject_id=network.name,
                detail=detail,
                now=now,
            )
        return None if is_last else alarm._replace(told_after=after)
