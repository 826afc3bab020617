"""Telling owners what others changed. The audit log is what is told: so nothing dangerous happens without a notice,
whoever does it and wherever, and the two never differ."""

from keyturn import KeyStore, Mode
from keyturn.insight.audit import AuditEntry
from tillgate.access.accounts import Role, SignedIn
from tillgate.access.notices import records
from tillgate.access.notices.model import LOOKED_THROUGH, SHOWN_MAX, TOLD_FOR_MS, Notices, may_be_dangerous
from tillgate.base.clock import Clock
from tillgate.store import Database

# What the installation is called among projects.
INSTALLATION = ""


class NoticeBoard:
    """What owners are notified of, over one database."""

    def __init__(self, database: Database, clock: Clock, keys: KeyStore) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys

    async def unseen(self, who: SignedIn) -> Notices:
        """What an owner has not seen of the project that they look at and, of an owner of all, of the installation; for
        anybody else nothing. What they did themselves is no news to them."""
        lines, ends, more = list[AuditEntry](), dict[str, int](), False
        for project in _of(who):
            begin = await self._seen(who, project)
            newest = await self._keys.audit_of(project or None, None, None, 1)
            if not newest or newest[0].sequence <= begin:
                continue
            found = await self._keys.audit_of(project or None, None, None, LOOKED_THROUGH)
            more = more or (len(found) == LOOKED_THROUGH and found[-1].sequence > begin + 1)
            ends[project] = found[0].sequence
            since = self._clock.now() - TOLD_FOR_MS
            lines += [one for one in found if one.sequence > begin and one.at >= since and may_be_dangerous(one)]
        others = [one for one in lines if one.actor != who.user.actor]
        shown = sorted(await self._live(who.project.id, others), key=lambda one: -one.sequence)
        return Notices(shown[:SHOWN_MAX], more or len(shown) > SHOWN_MAX, ends)

    async def mark_seen(self, who: SignedIn, ends: dict[str, int]) -> None:
        """Remember up to where an owner was told. What they may not see they have not seen."""
        for project in _of(who):
            if project in ends:
                newest = await self._keys.audit_of(project or None, None, None, 1)
                if newest:
                    await self._see(who, project, min(ends[project], newest[0].sequence))

    async def _seen(self, who: SignedIn, project: str) -> int:
        return await self._database.read(lambda tx: records.seen(tx, who.user.id, project))

    async def _see(self, who: SignedIn, project: str, end: int) -> None:
        await self._database.write(lambda tx: records.set_seen(tx, who.user.id, project, end))

    async def _live(self, project_id: str, lines: list[AuditEntry]) -> list[AuditEntry]:
        named = {one.key_id for one in lines if one.key_id is not None and "mode" not in one.detail}
        keys = await self._keys.by_ids(project_id, named) if named else {}
        return [
            one
            for one in lines
            if one.key_id not in named or ((key := keys.get(one.key_id)) is None or key.mode is Mode.LIVE)
        ]


def _of(who: SignedIn) -> list[str]:
    if who.role is not Role.OWNER:
        return []
    return [INSTALLATION, who.project.id] if who.user.installation_owner else [who.project.id]
