"""Every statement about alarms."""

from collections.abc import Mapping
from typing import Final

import msgspec

from keyturn.database import Both
from tillgate.rails.evm.alarms.model import Alarm, AlarmKind
from tillgate.rails.evm.networks.model import NETWORKS_MAX, TOKENS_MAX, Network
from tillgate.store import Row, Transaction

# One for each state of each network and for each token; reorganisations past finality are fewer by far.
ALARMS_MAX: Final = NETWORKS_MAX * (TOKENS_MAX + 10)
_COLUMNS: Final = "chain_id, kind, subject, detail, began_at, seen_at, told_after, told_at"
# Where the clock was put back meanwhile, it begins now: it would not be told before the old instant otherwise.
_SEE: Final = (
    "INSERT INTO network_alarms (chain_id, kind, subject, detail, began_at, seen_at) VALUES ($1, $2, $3, $4, $5, $5) "
    "ON CONFLICT (chain_id, kind, subject) DO UPDATE SET seen_at = excluded.seen_at, "
    "detail = CASE WHEN network_alarms.told_at IS NULL THEN excluded.detail ELSE network_alarms.detail END, "
    "began_at = CASE WHEN network_alarms.told_at IS NULL AND network_alarms.began_at > excluded.began_at "
    "THEN excluded.began_at ELSE network_alarms.began_at END"
)
_EVERY: Final = f"SELECT {_COLUMNS} FROM network_alarms ORDER BY chain_id, kind, subject LIMIT {ALARMS_MAX}"
_END: Final = "DELETE FROM network_alarms WHERE chain_id = $1 AND kind = $2 AND subject = $3"
_END_IF: Final = f"{_END} AND seen_at = $4"
_MOVE_ON: Final = (
    "UPDATE network_alarms SET told_after = $4, told_at = $5 WHERE chain_id = $1 AND kind = $2 AND subject = $3 "
    "AND told_after = $6 AND told_at IS NULL"
)
# Projects with a confirmed wallet that take a token of the network, and whose treasury, if they have one, can be paid
# there: a contract is one on its own networks alone. Of a test network, those that rehearse on networks.
_ON: Final = (
    "SELECT p.id FROM projects p WHERE p.id > $2 "
    "AND EXISTS (SELECT 1 FROM wallets w WHERE w.project_id = p.id AND w.is_current AND (w.treasury IS NULL OR $5) "
    "AND (w.treasury_chains IS NULL OR {takes})) "
    "AND EXISTS (SELECT 1 FROM tokens t LEFT JOIN accepted_tokens a ON a.project_id = p.id "
    "AND a.chain_id = t.chain_id AND a.address = t.address "
    "WHERE t.chain_id = $1 AND COALESCE(a.is_accepted, t.is_verified)) "
    "AND ($3 OR {rehearses}) ORDER BY p.id LIMIT $4"
)
_PROJECTS_ON: Final = Both(
    sqlite=_ON.format(
        rehearses="json_extract(p.settings, '$.test_rail') = 'networks'",
        takes="EXISTS (SELECT 1 FROM json_each(w.treasury_chains) c WHERE c.value = $1)",
    ),
    postgres=_ON.format(
        rehearses="p.settings::jsonb ->> 'test_rail' = 'networks'",
        takes="w.treasury_chains::jsonb @> to_jsonb(CAST($1 AS BIGINT))",
    ),
)


async def see(
    tx: Transaction,
    chain_id: int,
    kind: AlarmKind,
    now: int,
    *,
    subject: str = "",
    detail: Mapping[str, str] | None = None,
) -> None:
    """Note that something is wrong, or still is."""
    await tx.execute(_SEE, chain_id, kind.value, subject, msgspec.json.encode(detail or {}).decode(), now)


async def every(tx: Transaction) -> list[Alarm]:
    """Every alarm that is not over, by its network."""
    return [_alarm(row) for row in await tx.fetch_all(_EVERY)]


async def end(tx: Transaction, chain_id: int, kind: AlarmKind, subject: str = "") -> None:
    """It is over."""
    await tx.execute(_END, chain_id, kind.value, subject)


async def end_unless_seen(tx: Transaction, alarm: Alarm) -> None:
    """It is over, unless it was seen again meanwhile."""
    await tx.execute(_END_IF, alarm.chain_id, alarm.kind.value, alarm.subject, alarm.seen_at)


async def move_on(tx: Transaction, alarm: Alarm, told_after: str, told_at: int | None) -> bool:
    """Note up to which project people were alerted; False where somebody else has gone on from there."""
    return (
        await tx.execute(
            _MOVE_ON, alarm.chain_id, alarm.kind.value, alarm.subject, told_after, told_at, alarm.told_after
        )
        == 1
    )


async def projects_on(tx: Transaction, network: Network, *, livemode: bool, after: str, limit: int) -> list[str]:
    """A page of the projects that can be paid on a network."""
    treasuries = network.factory_seen_at is not None
    found = await tx.fetch_all(_PROJECTS_ON, network.chain_id, after, livemode, limit, treasuries)
    return [str(row["id"]) for row in found]


def _alarm(row: Row) -> Alarm:
    return Alarm(
        chain_id=int(row["chain_id"]),
        kind=AlarmKind(row["kind"]),
        subject=row["subject"],
        detail=msgspec.json.decode(row["detail"], type=dict[str, str]),
        began_at=row["began_at"],
        seen_at=row["seen_at"],
        told_after=row["told_after"],
        told_at=row["told_at"],
    )
