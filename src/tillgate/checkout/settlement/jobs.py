"""What the checkout does without being asked: sessions expire, authorizations lapse, typed codes are held briefly."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final

import structlog

from keyturn.database import StoreUnavailable
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.sessions import records
from tillgate.checkout.settlement import capturing, expiring
from tillgate.store import Database, Transaction
from tillgate.store.jobs import Again, Due, Job, Kind, note_failure
from tillgate.store.jobs.sources import Source

# After this number of batches of one project it is the others' turn.
BATCHES_MAX: Final = 5

_log: Final = structlog.get_logger("sessions")


def kinds(context: CheckoutContext, database: Database) -> list[Kind]:
    """The jobs about sessions whose time is up."""
    expiry, lapses = Source(records.PROJECTS_TO_EXPIRE), Source(records.PROJECTS_TO_LAPSE)
    holds = Source(records.PROJECTS_TO_RELEASE)

    async def to_expire(tx: Transaction, now: int) -> Due:
        networks = await expiring.networks(context, tx)
        return await expiry.due(tx, now, lambda project_id: expiring.any_due(tx, project_id, networks, now))

    async def expire_batch(tx: Transaction, project_id: str) -> int:
        expired = await expiring.expire_due(context, tx, project_id)
        return expired + await expiring.release_due(context, tx, project_id)

    async def ids_to_expire(tx: Transaction, project_id: str) -> list[str]:
        networks = await expiring.networks(context, tx)
        now = context.clock.now()
        return await records.ids_to_expire(tx, project_id, networks, now, expiring.EXPIRE_BATCH_MAX)

    async def to_lapse(tx: Transaction, now: int) -> Due:
        return await lapses.due(tx, now, lambda project_id: records.any_to_lapse(tx, project_id, now))

    async def ids_to_lapse(tx: Transaction, project_id: str) -> list[str]:
        return await records.ids_to_lapse(tx, project_id, context.clock.now(), capturing.LAPSE_BATCH_MAX)

    async def to_release(tx: Transaction, now: int) -> Due:
        return await holds.due(tx, now, lambda project_id: records.any_held_long(tx, project_id, now))

    async def ids_to_release(tx: Transaction, project_id: str) -> list[str]:
        return await records.ids_held_long(tx, project_id, context.clock.now(), expiring.EXPIRE_BATCH_MAX)

    return [
        _in_batches(
            records.EXPIRE,
            context,
            database,
            due=to_expire,
            batch=expire_batch,
            ids=ids_to_expire,
            one=lambda tx, session_id: expiring.expire_one(context, tx, session_id),
        ),
        _in_batches(
            records.LAPSE,
            context,
            database,
            due=to_lapse,
            batch=lambda tx, project_id: capturing.lapse_due(context, tx, project_id),
            ids=ids_to_lapse,
            one=lambda tx, session_id: capturing.lapse_one(context, tx, session_id),
        ),
        _in_batches(
            records.RELEASE,
            context,
            database,
            due=to_release,
            batch=lambda tx, project_id: expiring.release_held(context, tx, project_id),
            ids=ids_to_release,
            one=lambda tx, session_id: expiring.release_held_of(context, tx, session_id),
        ),
    ]


def _in_batches(
    name: str,
    context: CheckoutContext,
    database: Database,
    *,
    due: Callable[[Transaction, int], Awaitable[Due]],
    batch: Callable[[Transaction, str], Coroutine[Any, Any, int]],
    ids: Callable[[Transaction, str], Coroutine[Any, Any, Sequence[str]]],
    one: Callable[[Transaction, str], Coroutine[Any, Any, None]],
) -> Kind:
    """A job for each project with sessions that something is due for, and one for each session for which that failed.

    A session that cannot be dealt with keeps neither the others of its batch nor those of other projects waiting.
    """

    async def run(job: Job) -> Again | None:
        session_id = job.payload.get("session")
        if session_id is not None:
            await database.write(lambda tx: one(tx, session_id))
            return None
        project_id = job.key
        for _ in range(BATCHES_MAX):
            try:
                if not await database.write(lambda tx: batch(tx, project_id)):
                    return None
            except StoreUnavailable:
                raise
            except Exception as error:
                _log.warning("sessions.batch_failed", kind=name, project=project_id, detail=str(error))
                await one_by_one(project_id)
        return Again()

    async def one_by_one(project_id: str) -> None:
        for session_id in await database.read(lambda tx: ids(tx, project_id)):
            try:
                await database.write(lambda tx: one(tx, session_id))  # noqa: B023 (it is run before the next one)
            except StoreUnavailable:
                raise
            except Exception as error:
                _log.exception("sessions.failed", kind=name, session=session_id)
                await keep(project_id, session_id, error)

    async def keep(project_id: str, session_id: str, error: Exception) -> None:
        payload, now = {"session": session_id}, context.clock.now()
        await database.write(
            lambda tx: note_failure(
                tx, kind, key=session_id, project_id=project_id, payload=payload, error=error, now=now
            )
        )

    kind = Kind(name, run, due=due)
    return kind
