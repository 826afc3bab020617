"""Every statement about checkout sessions."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypedDict, Unpack

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.money import Money
from tillgate.base.pages import PageRequest, Period, since, until
from tillgate.checkout import kept, metadata_records
from tillgate.checkout.clocks.model import SESSIONS_MAX
from tillgate.checkout.kept import KeptForm, kept_forms
from tillgate.checkout.payments.records import (
    JOINED,
    JOINED_COLUMNS,
    WITHIN_ORDERS,
    of_orders,
    payment_from,
    transfers_of,
    with_transactions,
)
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.store import Row, Transaction
from tillgate.store.claiming import Work
from tillgate.store.jobs.records import projects_with, without_job
from tillgate.store.lists import Walk, counted, newest_first

# By value: quicker than asking the enumeration, for each row.
_STATUSES: Final = {one.value: one for one in SessionStatus}
_COLUMNS: Final = (
    "s.id, s.project_id, s.livemode, s.link_id, s.title, s.description, s.status, s.amount_minor, s.currency, "
    "s.metadata, s.success_url, s.cancel_url, s.return_url, s.expires_at, s.paid_at, s.created_at, s.updated_at, "
    "s.test_clock_id, s.canceled_at, s.allow_promotion_codes, p.order_id, o.reference, o.customer_id, "
    "s.locale, o.client_reference_id, o.customer_stated"
)
# Who fulfils on a session's event is told whose order it is: its reference and customer are the order's alone.
_SELECT: Final = (
    f"SELECT {_COLUMNS}, {JOINED_COLUMNS} FROM checkout_sessions s {JOINED} JOIN orders o ON o.session_id = s.id"
)
_INSERT: Final = (
    "INSERT INTO checkout_sessions (id, project_id, livemode, link_id, title, description, status, amount_minor, "
    "currency, metadata, success_url, cancel_url, return_url, expires_at, created_at, updated_at, test_clock_id, "
    "allow_promotion_codes, locale, kept) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16, $17, $18, $19)"
)
_BY_ID: Final = f"{_SELECT} WHERE s.id = $1"
_BY_IDS: Final = with_list(f"{_SELECT} WHERE s.id IN {{list}} AND s.project_id = $2 AND s.livemode = $3")
_BY_REFERENCE: Final = f"{_SELECT} WHERE p.address = $1 AND p.rail = 'manual' AND s.project_id = $2 AND s.livemode = $3"
_AWAITING_MAIL: Final = (
    "SELECT p.session_id FROM payments p WHERE p.project_id = $1 AND p.livemode = $2 AND p.state = 'awaiting' "
    "AND p.rail = 'manual' ORDER BY p.id LIMIT $3"
)
# The payment's row is locked with its session's, though that one stands for both: a statement that waited for a lock
# sees the newest of what it locks, and of all else what was there before it waited.
_LOCKED: Final = Both(sqlite=_BY_ID, postgres=f"{_BY_ID} FOR UPDATE OF s, p")
_BY_PAYMENT: Final = f"{_SELECT} WHERE p.id = $1"
_LOCKED_BY_PAYMENT: Final = Both(sqlite=_BY_PAYMENT, postgres=f"{_BY_PAYMENT} FOR UPDATE OF s, p")
_MOVE: Final = (
    "UPDATE checkout_sessions SET status = $1, paid_at = $2, updated_at = $3, kept = NULL WHERE id = $4 AND status = $5"
)
_REPRICE: Final = (
    "UPDATE checkout_sessions SET amount_minor = $1, updated_at = $2, kept = NULL WHERE id = $3 AND status = 'pending'"
)
_SET_EXPIRY: Final = "UPDATE checkout_sessions SET expires_at = $1, kept = NULL WHERE id = $2"
_SET_CANCELED: Final = "UPDATE checkout_sessions SET canceled_at = $1, kept = NULL WHERE id = $2"
# Added to nothing, so that PostgreSQL looks payments and orders up: knowing that all are in one order, it would walk
# their indexes side by side, and read every newer payment to come to a page in the middle.
_EACH_LOOKED_UP: Final = _SELECT.replace("= s.id", "= s.id || ''")
_WITHIN: Final = WITHIN_ORDERS.replace("o.", "s.")
_WALK: Final = Walk(
    ids.CHECKOUT_SESSION,
    "s.id",
    select=f"{_EACH_LOOKED_UP} WHERE {_WITHIN}",
    kept=f"SELECT s.id, s.kept FROM checkout_sessions s WHERE {_WITHIN}",
    counted="SELECT 1 FROM checkout_sessions s WHERE s.project_id = $1 AND s.livemode = $2",
)
# Whoever buys, and what the merchant calls it, is the order's; its list has an index for each.
_OF_ORDERS: Final = "FROM orders o JOIN checkout_sessions s ON s.id = o.session_id"
_WALK_OF_ORDERS: Final = Walk(
    ids.ORDER,
    "o.id",
    select=f"SELECT {_COLUMNS}, {JOINED_COLUMNS} {_OF_ORDERS} {JOINED} WHERE {WITHIN_ORDERS}",
    kept=f"SELECT s.id, s.kept {_OF_ORDERS} WHERE {WITHIN_ORDERS}",
    counted=f"SELECT 1 {_OF_ORDERS} WHERE o.project_id = $1 AND o.livemode = $2",
)
# The columns of the indexes that a list may be sorted by.
_SORTS: Final = {"created": (), "amount": ("s.currency", "s.amount_minor"), "status": ("s.status",)}
# What is done when the time of a session, or of what was authorized for it, is up. A session for which that failed has
# a job of its own, and no batch takes it.
EXPIRE: Final = "sessions.expire"
LAPSE: Final = "payments.lapse"
_EXPIRY: Final = Work("checkout_sessions", lane="project_id", due="expires_at", open="status = 'pending'")
_LAPSES: Final = Work("payments", lane="project_id", due="lapses_at", open="state = 'requires_capture'")
PROJECTS_TO_EXPIRE: Final = projects_with(_EXPIRY, EXPIRE)
PROJECTS_TO_LAPSE: Final = projects_with(_LAPSES, LAPSE)
# Time is up, and every network that the session is paid on has been looked at past it.
_DUE: Final = (
    "s.status = 'pending' AND s.project_id = $1 AND s.expires_at <= $2 AND s.livemode = $3 AND p.rail = $4 "
    f"AND COALESCE(p.networks, CAST(p.chain_id AS TEXT)) = $5 AND {without_job(EXPIRE, 's.id')}"
)
_EXPIRABLE: Final = f"{_SELECT} WHERE {_DUE} ORDER BY s.expires_at LIMIT $6"
_TO_EXPIRE: Final = Both(sqlite=_EXPIRABLE, postgres=f"{_EXPIRABLE} FOR UPDATE OF s, p SKIP LOCKED")
# Time is up, and a place of a coupon or a reference is held all the same.
_HOLDING: Final = (
    "s.status = 'pending' AND s.project_id = $1 AND s.expires_at <= $2 AND ("
    "EXISTS (SELECT 1 FROM redemptions r WHERE r.session_id = s.id AND r.status = 'reserved') "
    "OR EXISTS (SELECT 1 FROM orders o WHERE o.session_id = s.id AND o.claimed_reference IS NOT NULL)) "
    f"AND {without_job(EXPIRE, 's.id')}"
)
_ANY_HOLDING: Final = f"SELECT 1 FROM checkout_sessions s WHERE {_HOLDING} LIMIT 1"
_RELEASABLE: Final = f"{_SELECT} WHERE {_HOLDING} ORDER BY s.expires_at LIMIT $3"
_TO_RELEASE: Final = Both(sqlite=_RELEASABLE, postgres=f"{_RELEASABLE} FOR UPDATE OF s, p SKIP LOCKED")
# A place that a buyer holds by a code that they typed is theirs for a while, unless money is seen by then.
RELEASE: Final = "redemptions.release"
_HOLDS: Final = Work(
    "redemptions", lane="project_id", due="held_until", open="status = 'reserved' AND held_until IS NOT NULL"
)
PROJECTS_TO_RELEASE: Final = projects_with(_HOLDS, RELEASE)
_HELD_LONG: Final = (
    "FROM redemptions r JOIN checkout_sessions s ON s.id = r.session_id WHERE r.project_id = $1 "
    "AND r.status = 'reserved' AND r.held_until <= $2 AND s.status = 'pending' "
    f"AND {without_job(RELEASE, 's.id')}"
)
_ANY_HELD_LONG: Final = f"SELECT 1 {_HELD_LONG} LIMIT 1"
_IDS_HELD_LONG: Final = f"SELECT s.id {_HELD_LONG} ORDER BY r.held_until LIMIT $3"
_TO_FREE: Final = Both(sqlite=_IDS_HELD_LONG, postgres=f"{_IDS_HELD_LONG} FOR UPDATE OF s SKIP LOCKED")
_OF_ONE: Final = (
    "SELECT s.id FROM redemptions r JOIN checkout_sessions s ON s.id = r.session_id WHERE s.id = $1 "
    "AND r.status = 'reserved' AND r.held_until <= $2 AND s.status = 'pending'"
)
_ONE_TO_FREE: Final = Both(sqlite=_OF_ONE, postgres=f"{_OF_ONE} FOR UPDATE OF s")
# A session whose money is complete had its time: its deadline stays as it was.
_BRING_NEARER: Final = (
    "UPDATE checkout_sessions SET expires_at = expires_at - $2, kept = NULL "
    "WHERE test_clock_id = $1 AND status IN ('pending', 'detected', 'expired')"
)
# A session that failed and whose money was accepted is one use of its link, however often that is reversed.
_COUNT_FOR_LINK: Final = "UPDATE checkout_sessions SET counts_for_link = TRUE WHERE id = $1 AND NOT counts_for_link"
_OF_CLOCK: Final = (
    f"{_SELECT} WHERE s.test_clock_id = $1 AND s.status = 'pending' AND s.expires_at <= $2 ORDER BY s.id LIMIT $3"
)
_TO_EXPIRE_OF_CLOCK: Final = Both(sqlite=_OF_CLOCK, postgres=f"{_OF_CLOCK} FOR UPDATE OF s, p")
_HELD_OF_CLOCK: Final = (
    f"{_SELECT} WHERE s.test_clock_id = $1 AND s.status = 'pending' AND s.expires_at > $2 AND EXISTS (SELECT 1 "
    "FROM redemptions r WHERE r.session_id = s.id AND r.status = 'reserved' AND r.held_until <= $2) "
    "ORDER BY s.id LIMIT $3"
)
_TO_FREE_OF_CLOCK: Final = Both(sqlite=_HELD_OF_CLOCK, postgres=f"{_HELD_OF_CLOCK} FOR UPDATE OF s, p")
_BRING_LAPSES_NEARER: Final = (
    "UPDATE payments SET lapses_at = lapses_at - $2, kept = NULL WHERE state = 'requires_capture' "
    "AND session_id IN (SELECT id FROM checkout_sessions WHERE test_clock_id = $1)"
)
_LAPSED_OF_CLOCK: Final = (
    f"{_SELECT} WHERE s.test_clock_id = $1 AND p.state = 'requires_capture' AND p.lapses_at <= $2 ORDER BY s.id "
    "LIMIT $3"
)
_TO_LAPSE_OF_CLOCK: Final = Both(sqlite=_LAPSED_OF_CLOCK, postgres=f"{_LAPSED_OF_CLOCK} FOR UPDATE OF s, p")
_LAPSE_DUE: Final = (
    f"p.state = 'requires_capture' AND p.project_id = $1 AND p.lapses_at <= $2 AND {without_job(LAPSE, 's.id')}"
)
_ANY_TO_LAPSE: Final = f"SELECT 1 FROM checkout_sessions s {JOINED} WHERE {_LAPSE_DUE} LIMIT 1"
_LAPSED: Final = f"{_SELECT} WHERE {_LAPSE_DUE} ORDER BY p.lapses_at LIMIT $3"
_TO_LAPSE: Final = Both(sqlite=_LAPSED, postgres=f"{_LAPSED} FOR UPDATE OF s, p SKIP LOCKED")
_ANY_TO_EXPIRE: Final = f"SELECT 1 FROM checkout_sessions s {JOINED} WHERE {_DUE} LIMIT 1"
_IDS_TO_EXPIRE: Final = f"SELECT s.id FROM checkout_sessions s {JOINED} WHERE {_DUE} ORDER BY s.expires_at LIMIT $6"
_IDS_TO_RELEASE: Final = f"SELECT s.id FROM checkout_sessions s WHERE {_HOLDING} ORDER BY s.expires_at LIMIT $3"
_IDS_TO_LAPSE: Final = f"SELECT s.id FROM checkout_sessions s {JOINED} WHERE {_LAPSE_DUE} ORDER BY p.lapses_at LIMIT $3"


class Looked(NamedTuple):
    """Up to when a rail has looked at one of its networks, or at all of several that sessions are paid on, in one mode.

    Attributes:
        networks: as :func:`tillgate.checkout.payments.records.networks_of` writes them.
    """

    livemode: bool
    rail: str
    networks: str
    until: int


class SessionFilters(TypedDict, total=False):
    """What a list of sessions may be narrowed to; ``created_after`` is inclusive, ``created_before`` is not.
    ``customer_id`` and ``reference`` are the order's."""

    id: str | None
    status: SessionStatus | None
    link_id: str | None
    customer_id: str | None
    reference: str | None
    created_after: int | None
    created_before: int | None
    currency: str | None
    amount_minor: int | None


async def insert(tx: Transaction, session: CheckoutSession, form: bytes) -> None:
    """Keep a new session with its stamped form; its payment is inserted separately."""
    await tx.execute(
        _INSERT,
        session.id,
        session.project_id,
        session.livemode,
        session.link_id,
        session.title,
        session.description,
        session.status.value,
        session.price.minor,
        session.price.currency,
        session.metadata,
        session.success_url,
        session.cancel_url,
        session.return_url,
        session.expires_at,
        session.created_at,
        session.test_clock_id,
        session.allow_promotion_codes,
        session.locale,
        form,
    )
    await metadata_records.keep(tx, session)


async def by_id(tx: Transaction, session_id: str) -> CheckoutSession | None:
    """The session with this id, whosesoever it is; the caller checks that."""
    return await _one(tx, await tx.fetch_one(_BY_ID, session_id))


async def locked(tx: Transaction, session_id: str) -> CheckoutSession | None:
    """The same, and nobody else changes it until this transaction ends."""
    return await _one(tx, await tx.fetch_one(_LOCKED, session_id))


async def locked_by_payment(tx: Transaction, payment_id: str) -> CheckoutSession | None:
    """The same, by the id of its payment."""
    return await _one(tx, await tx.fetch_one(_LOCKED_BY_PAYMENT, payment_id))


async def by_ids(tx: Transaction, project_id: str, livemode: bool, session_ids: Sequence[str]) -> list[CheckoutSession]:
    """Several sessions of this project and mode, in no order."""
    if not session_ids:
        return []
    rows = await tx.fetch_all(_BY_IDS, msgspec.json.encode(session_ids).decode(), project_id, livemode)
    return await _with_transfers(tx, [_session(row) for row in rows])


async def by_reference(tx: Transaction, project_id: str, livemode: bool, reference: str) -> CheckoutSession | None:
    """The session of this project and mode that is paid by mail with a reference code."""
    return await _one(tx, await tx.fetch_one(_BY_REFERENCE, reference, project_id, livemode))


async def awaiting_mail(tx: Transaction, project_id: str, livemode: bool, limit: int) -> list[str]:
    """The ids of sessions whose payment by mail is waited for, oldest first."""
    return [row["session_id"] for row in await tx.fetch_all(_AWAITING_MAIL, project_id, livemode, limit)]


async def newest(
    tx: Transaction, project_id: str, livemode: bool, page: PageRequest, **filters: Unpack[SessionFilters]
) -> list[CheckoutSession]:
    """Up to ``limit + 1`` sessions, newest first, that match what is given."""
    walk = _walk(filters)
    rows = await _newest(tx, walk, walk.select, (project_id, livemode), page, filters)
    return await _with_transfers(tx, [_session(row) for row in rows])


async def count(tx: Transaction, project_id: str, livemode: bool, most: int, **filters: Unpack[SessionFilters]) -> int:
    """How many sessions match what is given, counted up to ``most``."""
    period = Period(filters.get("created_after"), filters.get("created_before"))
    walk, params, asked = _walk(filters), [project_id, livemode], _conditions(filters)
    return await counted(tx, walk.counted, params, asked, prefix=walk.prefix, period=period, most=most, by=walk.by)


async def newest_kept(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    public_url: str,
    **filters: Unpack[SessionFilters],
) -> list[KeptForm]:
    """The same sessions in their kept forms."""
    walk = _walk(filters)
    return kept_forms(await _newest(tx, walk, walk.kept, (project_id, livemode), page, filters), public_url)


async def move(tx: Transaction, session: CheckoutSession, to: SessionStatus, *, paid_at: int | None, now: int) -> int:
    """Move a session out of the state it is believed to be in; 0 if it has left that meanwhile."""
    return await tx.execute(_MOVE, to.value, paid_at, now, session.id, session.status.value)


async def reprice(tx: Transaction, session: CheckoutSession, price: Money, now: int) -> int:
    """Give a locked session another price in its currency; 0 if it does not wait for money any more."""
    return await tx.execute(_REPRICE, price.minor, now, session.id)


async def set_expiry(tx: Transaction, session_id: str, expires_at: int) -> None:
    """Move a locked session's deadline."""
    await tx.execute(_SET_EXPIRY, expires_at, session_id)
    await kept.outdate(tx, session_id)


async def set_canceled(tx: Transaction, session_id: str, at: int) -> None:
    """Record when a locked session was canceled."""
    await tx.execute(_SET_CANCELED, at, session_id)


async def any_to_expire(tx: Transaction, project_id: str, looked: Looked) -> bool:
    """Whether the time of a project's pending session is up, as far as its network has been looked at."""
    found = await tx.fetch_one(_ANY_TO_EXPIRE, project_id, looked.until, looked.livemode, looked.rail, looked.networks)
    return found is not None


async def to_expire(tx: Transaction, project_id: str, looked: Looked, limit: int) -> list[CheckoutSession]:
    """The same sessions, as far as no other worker holds them, longest overdue first."""
    rows = await tx.fetch_all(
        _TO_EXPIRE, project_id, looked.until, looked.livemode, looked.rail, looked.networks, limit
    )
    return await _with_transfers(tx, [_session(row) for row in rows])


async def any_holding(tx: Transaction, project_id: str, now: int) -> bool:
    """Whether a project's pending session whose time is up holds a coupon's place or a reference."""
    return await tx.fetch_one(_ANY_HOLDING, project_id, now) is not None


async def to_release(tx: Transaction, project_id: str, now: int, limit: int) -> list[CheckoutSession]:
    """The same sessions, as far as no other worker holds them, longest overdue first."""
    rows = await tx.fetch_all(_TO_RELEASE, project_id, now, limit)
    return await _with_transfers(tx, [_session(row) for row in rows])


async def ids_to_expire(tx: Transaction, project_id: str, looked: Sequence[Looked], now: int, limit: int) -> list[str]:
    """The ids alone of sessions that :func:`to_expire` and :func:`to_release` would find: nothing of them is read."""
    found: list[str] = []
    for one in looked:
        rows = await tx.fetch_all(
            _IDS_TO_EXPIRE, project_id, one.until, one.livemode, one.rail, one.networks, limit - len(found)
        )
        found += [row["id"] for row in rows]
    rows = await tx.fetch_all(_IDS_TO_RELEASE, project_id, now, limit - len(found))
    return list(dict.fromkeys([*found, *(row["id"] for row in rows)]))


async def ids_to_lapse(tx: Transaction, project_id: str, now: int, limit: int) -> list[str]:
    """The ids alone of sessions that :func:`to_lapse` would find."""
    return [row["id"] for row in await tx.fetch_all(_IDS_TO_LAPSE, project_id, now, limit)]


async def any_held_long(tx: Transaction, project_id: str, now: int) -> bool:
    """Whether a buyer of a project holds a place by a code for long enough."""
    return await tx.fetch_one(_ANY_HELD_LONG, project_id, now) is not None


async def ids_held_long(tx: Transaction, project_id: str, now: int, limit: int) -> list[str]:
    """The sessions of those buyers, longest overdue first."""
    return [row["id"] for row in await tx.fetch_all(_IDS_HELD_LONG, project_id, now, limit)]


async def to_free(tx: Transaction, project_id: str, now: int, limit: int) -> list[str]:
    """The same, as far as no other worker holds them, locked."""
    return [row["id"] for row in await tx.fetch_all(_TO_FREE, project_id, now, limit)]


async def one_to_free(tx: Transaction, session_id: str, now: int) -> list[str]:
    """The same of one session."""
    return [row["id"] for row in await tx.fetch_all(_ONE_TO_FREE, session_id, now)]


async def any_to_lapse(tx: Transaction, project_id: str, now: int) -> bool:
    """Whether an authorization of a project is over."""
    return await tx.fetch_one(_ANY_TO_LAPSE, project_id, now) is not None


async def count_for_link(tx: Transaction, session_id: str) -> bool:
    """Count a locked session as a use of its link; False where it was counted before."""
    return await tx.execute(_COUNT_FOR_LINK, session_id) == 1


async def bring_forward(tx: Transaction, clock_id: str, milliseconds: int) -> None:
    """Bring the deadlines nearer of a locked test clock's sessions that are still being paid, or may be paid late, and
    of what was authorized for them."""
    await tx.execute(_BRING_NEARER, clock_id, milliseconds)
    await tx.execute(_BRING_LAPSES_NEARER, clock_id, milliseconds)
    await kept.outdate_of_clock(tx, clock_id)


async def to_lapse_of_clock(tx: Transaction, clock_id: str, now: int) -> list[CheckoutSession]:
    """A locked test clock's sessions whose payment's authorization is over, which nobody else changes from here on."""
    rows = await tx.fetch_all(_TO_LAPSE_OF_CLOCK, clock_id, now, SESSIONS_MAX)
    return await _with_transfers(tx, [_session(row) for row in rows])


async def to_expire_of_clock(tx: Transaction, clock_id: str, now: int) -> list[CheckoutSession]:
    """A locked test clock's pending sessions whose time is up, which nobody else changes from here on."""
    rows = await tx.fetch_all(_TO_EXPIRE_OF_CLOCK, clock_id, now, SESSIONS_MAX)
    return await _with_transfers(tx, [_session(row) for row in rows])


async def to_free_of_clock(tx: Transaction, clock_id: str, now: int) -> list[CheckoutSession]:
    """A locked test clock's pending sessions that go on, and have held a place for long enough; nobody else changes
    them from here on."""
    rows = await tx.fetch_all(_TO_FREE_OF_CLOCK, clock_id, now, SESSIONS_MAX)
    return await _with_transfers(tx, [_session(row) for row in rows])


async def to_lapse(tx: Transaction, project_id: str, now: int, limit: int) -> list[CheckoutSession]:
    """A project's sessions whose payment's authorization is over and that no other worker holds, longest overdue
    first."""
    rows = await tx.fetch_all(_TO_LAPSE, project_id, now, limit)
    return await _with_transfers(tx, [_session(row) for row in rows])


async def _newest(
    tx: Transaction, walk: Walk, select: str, of: tuple[str, bool], page: PageRequest, filters: SessionFilters
) -> list[Row]:
    created_after, created_before = filters.get("created_after"), filters.get("created_before")
    oldest = since(walk.prefix, created_after)
    params = [*of, until(walk.prefix, page.before, created_before), created_after or 0, oldest]
    conditions = {**_conditions(filters), "s.created_at < {}": created_before}
    sql, params = newest_first(select, params, conditions, by=walk.by, page=page, sorts=_SORTS)
    return await tx.fetch_all(sql, *params)


def _walk(filters: SessionFilters) -> Walk:
    return _WALK_OF_ORDERS if of_orders(filters) else _WALK


def _conditions(filters: SessionFilters) -> dict[str, Any]:
    """The conditions of what a list is narrowed to, but for the period."""
    found = {
        "s.status = {}": filters.get("status"),
        "s.link_id = {}": filters.get("link_id"),
        "s.currency = {}": filters.get("currency"),
        "s.amount_minor = {}": filters.get("amount_minor"),
    }
    if "id" in filters:
        found["s.id = {}"] = filters["id"]
    if of_orders(filters):
        found["o.customer_id = {}"] = filters.get("customer_id")
        found["o.reference = {}"] = filters.get("reference")
    return found


async def _one(tx: Transaction, row: Row | None) -> CheckoutSession | None:
    if row is None:
        return None
    session = _session(row)
    return (await _with_transfers(tx, [session]))[0] if _moved(session) else session


async def _with_transfers(tx: Transaction, sessions: list[CheckoutSession]) -> list[CheckoutSession]:
    moved = [session.payment.id for session in sessions if _moved(session)]
    if not moved:
        return sessions
    transfers = await transfers_of(tx, moved)
    return [
        msgspec.structs.replace(session, payment=with_transactions(session.payment, transfers[session.payment.id]))
        if session.payment.id in transfers
        else session
        for session in sessions
    ]


def _moved(session: CheckoutSession) -> bool:
    """Whether there can be transfers: a pending session has seen no money, unless it was reversed."""
    return session.status is not SessionStatus.PENDING or session.payment.reopened


def _session(row: Row) -> CheckoutSession:
    # By position, in the order of _COLUMNS: SQLite's driver looks a name up by comparing it with all of them.
    session = row[:26]
    return CheckoutSession(
        id=session[0],
        project_id=session[1],
        livemode=bool(session[2]),
        link_id=session[3],
        title=session[4],
        description=session[5],
        status=_STATUSES[session[6]],
        price=Money(session[7], session[8]),
        metadata=session[9],
        success_url=session[10],
        cancel_url=session[11],
        return_url=session[12],
        expires_at=session[13],
        paid_at=session[14],
        created_at=session[15],
        updated_at=session[16],
        test_clock_id=session[17],
        canceled_at=session[18],
        allow_promotion_codes=bool(session[19]),
        order_id=session[20],
        reference=session[21],
        customer_id=session[22],
        locale=session[23],
        client_reference_id=session[24],
        customer_stated=bool(session[25]),
        payment=payment_from(row[26:], session[0]),
    )
