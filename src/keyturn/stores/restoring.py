"""Keys after their database was restored from a backup: restricting changes since the backup, as far as they are known.

A backup knows nothing of what came after it: a key that was revoked since is active in it. Where the database that is
replaced can still be read, every restriction in it is kept.
"""

from typing import Any, Final, NamedTuple

from keyturn.database import Transaction
from keyturn.invariants import present
from keyturn.stores.head import restrict, write_down
from keyturn.stores.ports import Act

# What the change that marks the restore touches: no key's id, so that only memories are given up.
_NO_KEY: Final = "restored"

_EPOCH: Final = "SELECT epoch FROM key_head WHERE id = 1"
_REVOKED: Final = (
    "SELECT id, revoked_at, revoked_by, revoked_because FROM api_keys WHERE status = 'revoked' ORDER BY id"
)
_DISABLED: Final = (
    "SELECT id, disabled_at, disabled_by, disabled_because FROM api_keys WHERE disabled_at IS NOT NULL ORDER BY id"
)
_ENDED: Final = "SELECT digest, ends_at FROM key_secrets WHERE ended = 1"
_SUSPENDED: Final = "SELECT project_id, suspended_at, suspended_by, because FROM suspended_projects"
_REVOKE: Final = (
    "UPDATE api_keys SET status = 'revoked', revoked_at = $2, revoked_by = $3, revoked_because = $4 "
    "WHERE id = $1 AND status = 'active'"
)
_DISABLE: Final = (
    "UPDATE api_keys SET disabled_at = $2, disabled_by = $3, disabled_because = $4 "
    "WHERE id = $1 AND status = 'active' AND disabled_at IS NULL"
)
_DISABLE_ALL: Final = (
    "UPDATE api_keys SET disabled_at = $1, disabled_by = $2, disabled_because = $3 "
    "WHERE status = 'active' AND disabled_at IS NULL"
)
_END: Final = "UPDATE key_secrets SET ended = 1, ends_at = $2 WHERE digest = $1 AND ended = 0"
_SUSPEND: Final = (
    "INSERT INTO suspended_projects (project_id, suspended_at, suspended_by, because) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (project_id) DO NOTHING"
)
_FORGET_GATES: Final = "DELETE FROM key_gates"
# One that was ended since the backup would go on, and a link that was spent would open another.
_END_PORTAL: Final = "UPDATE key_portal_sessions SET ended_at = $1, ended_by = $2 WHERE ended_at IS NULL"
_RAISE_EPOCH: Final = "UPDATE key_head SET epoch = $1 WHERE id = 1 AND epoch < $1"
_ACTIVE: Final = "SELECT COUNT(*) FROM api_keys WHERE status = 'active' AND disabled_at IS NULL"


class Restrictions(NamedTuple):
    """The restrictions in a database before it is replaced."""

    epoch: int
    revoked: list[tuple[Any, ...]]
    disabled: list[tuple[Any, ...]]
    ended: list[tuple[Any, ...]]
    suspended: list[tuple[Any, ...]]


class RestoredKeys(NamedTuple):
    """The outcome of the keys.

    Attributes:
        usable: how many are accepted now.
        restricted: how many keys, secrets and projects were active in the backup, and had been revoked, disabled, ended
            or suspended in the database that was replaced.
        disabled: how many were disabled because of the restore.
    """

    usable: int
    restricted: int
    disabled: int


async def restrictions_in(tx: Transaction) -> Restrictions:
    """The restrictions in this database."""
    head = present(await tx.fetch_one(_EPOCH), "the head of the key tables")
    return Restrictions(
        head[0],
        [tuple(row[place] for place in range(4)) for row in await tx.fetch_all(_REVOKED)],
        [tuple(row[place] for place in range(4)) for row in await tx.fetch_all(_DISABLED)],
        [tuple(row[place] for place in range(2)) for row in await tx.fetch_all(_ENDED)],
        [tuple(row[place] for place in range(4)) for row in await tx.fetch_all(_SUSPENDED)],
    )


async def after_restore(
    tx: Transaction, act: Act, kept: Restrictions | None, *, disable: bool = False, **detail: Any
) -> RestoredKeys:
    """Restore the known restrictions, drop leases and memories, and write it into the audit log.

    Args:
        kept: of the database that was replaced, where there was one.
        disable: switch every key off, to be enabled one by one by whoever knows which were revoked.
        detail: of the line in the audit log.
    """
    restricted = 0
    if kept is not None:
        for statement, rows in (
            (_REVOKE, kept.revoked),
            (_DISABLE, kept.disabled),
            (_END, kept.ended),
            (_SUSPEND, kept.suspended),
        ):
            for row in rows:
                restricted += await tx.execute(statement, *row)
        await tx.execute(_RAISE_EPOCH, kept.epoch)
    disabled = await tx.execute(_DISABLE_ALL, act.at, act.by, act.reason) if disable else 0
    await tx.execute(_FORGET_GATES)
    await tx.execute(_END_PORTAL, act.at, act.by)
    await restrict(tx, act.at, key_ids=[_NO_KEY])
    await write_down(tx, act, "database.restored", None, None, restricted=restricted, disabled=disabled, **detail)
    usable = present(await tx.fetch_one(_ACTIVE), "the count of active keys")
    return RestoredKeys(usable[0], restricted, disabled)
