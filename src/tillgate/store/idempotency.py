# ruff: noqa: S608 (statements are put together of constants)
"""A retry never does a thing twice: the answer is stored in the transaction of the effect.

The name is claimed before the effect, so a second request with the same key waits for the first one's
commit (PostgreSQL: on the unique key; SQLite: for the one writer) and then finds its answer. A crash leaves
either the effect and its answer, or neither. Where SQLite's one writer does both in one transaction, its place
is the claim, and the row is written once.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from keyturn.database import Both, Row, Transaction
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS
from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.invariants import ensure, present
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem

WINDOW_MS: Final = DAY_MS
# After this, an answer that never came is taken for lost with its process.
UNFINISHED_MS: Final = MINUTE_MS
KEY_LENGTH_MAX: Final = 255
VISITOR_LENGTH_MIN: Final = 16
FORGET_BATCH_MAX: Final = 1_000

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")

_NAME: Final = "project_id = $1 AND livemode = $2 AND namespace = $3 AND owner = $4 AND key = $5"
_COLUMNS: Final = "project_id, livemode, namespace, owner, key"
_BEGIN: Final = (
    f"INSERT INTO idempotency_names ({_COLUMNS}, fingerprint, created_at, expires_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
    f"ON CONFLICT ({_COLUMNS}) DO UPDATE SET fingerprint = excluded.fingerprint, status = NULL, media_type = NULL, "
    "body = NULL, sealed = NULL, created_at = excluded.created_at, expires_at = excluded.expires_at "
    "WHERE idempotency_names.expires_at <= $7 "
    "OR (idempotency_names.status IS NULL AND idempotency_names.created_at <= $9 "
    "AND idempotency_names.fingerprint = excluded.fingerprint)"
)
_FOUND: Final = f"SELECT fingerprint, status, media_type, body, sealed FROM idempotency_names WHERE {_NAME}"
_LOOK: Final = (
    f"SELECT fingerprint, status, media_type, body, sealed, created_at, expires_at FROM idempotency_names WHERE {_NAME}"
)
_KEEP: Final = (
    f"INSERT OR REPLACE INTO idempotency_names ({_COLUMNS}, fingerprint, created_at, expires_at, status, media_type, "
    "body, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
)
_ANSWERED: Final = f"{_FOUND} AND status IS NOT NULL AND expires_at > $6"
# Whose claim was taken over, or has run out, finds none to finish.
_CLAIM: Final = f"{_NAME} AND created_at = $6 AND status IS NULL"
_FINISH: Final = f"UPDATE idempotency_names SET status = $7, media_type = $8, body = $9, sealed = $10 WHERE {_CLAIM}"
_AMEND: Final = (
    f"UPDATE idempotency_names SET status = $7, media_type = $8, body = $9 WHERE {_NAME} AND created_at = $6"
)
_RELEASE: Final = f"DELETE FROM idempotency_names WHERE {_CLAIM}"
_OLD: Final = f"SELECT {_COLUMNS} FROM idempotency_names WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2"
_DROP: Final = f"DELETE FROM idempotency_names WHERE ({_COLUMNS}) IN"
# What another process is dropping, or a retry is taking over, is left to them.
_FORGET: Final = Both(sqlite=f"{_DROP} ({_OLD})", postgres=f"{_DROP} ({_OLD} FOR UPDATE SKIP LOCKED)")
JSON: Final = "application/json"


class StoredAnswer(NamedTuple):
    """What the first request answered, byte for byte.

    Attributes:
        body: without what only the first caller may see again.
        sealed: the whole body, which the first caller's own credential opens; None where ``body`` is all.
    """

    status: int
    body: bytes
    media_type: str = JSON
    sealed: str | None = None


class IdempotentRequest(NamedTuple):
    """A mutating request that named a key.

    Attributes:
        fingerprint: SHA-256 over method, path and canonical body, in hex.
        at: when it came, in Unix milliseconds; the window runs from then.
        namespace: names of one never meet those of another: each dialect's, and those of forms.
        owner: whose name it is within the project and mode; empty for a name that all of its keys share.
        window_ms: for how long the name stands for this request.
        earlier: the fingerprints that earlier versions made of the same request.
    """

    principal: Principal
    key: str
    fingerprint: str
    at: int
    namespace: str = "api"
    owner: str = ""
    window_ms: int = WINDOW_MS
    earlier: Callable[[], Iterable[str]] = tuple


def checked_key(text: str) -> str:
    """The value of an ``Idempotency-Key`` header.

    Raises:
        InvalidInput: it is not 1 to 255 visible ASCII characters.
    """
    if _KEY.fullmatch(text) is None:
        raise InvalidInput(
            "idempotency_key", Problem.NOT_A_NAME_OF_A_REQUEST, code="invalid_idempotency_key", maximum=KEY_LENGTH_MAX
        )
    return text


def checked_visitor(text: str) -> None:
    """Check the random value that a visitor holds: one that others could guess proves nothing.

    Raises:
        InvalidInput: it is not 16 to 255 visible ASCII characters.
    """
    if _KEY.fullmatch(text) is None or len(text) < VISITOR_LENGTH_MIN:
        raise InvalidInput(
            "idempotency_visitor",
            Problem.NOT_A_VISITOR,
            code="invalid_idempotency_key",
            minimum=VISITOR_LENGTH_MIN,
            maximum=KEY_LENGTH_MAX,
        )


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same; ``body`` is canonical, so that white space and key order do not matter."""
    return hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()


async def begin(tx: Transaction, request: IdempotentRequest) -> StoredAnswer | None:
    """Claim the name for this request, or find what it was answered within its window.

    A claim that has waited for its answer for a minute is taken over by the same request.

    Raises:
        Conflict: the name was used for another request, or that request is still running.
    """
    name = _name(request)
    claimed = await tx.execute(
        _BEGIN, *name, request.fingerprint, request.at, request.at + request.window_ms, request.at - UNFINISHED_MS
    )
    if claimed == 1:
        return None
    return _earlier(
        request, present(await tx.fetch_one(_FOUND, *name), "the earlier request of an Idempotency-Key that is taken")
    )


async def begin_together(tx: Transaction, request: IdempotentRequest) -> StoredAnswer | None:
    """As :func:`begin`, where the effect and :func:`finish_together` follow in this very transaction.

    Raises:
        Conflict: the name was used for another request, or that request is still running.
    """
    if tx.dialect != "sqlite":
        return await begin(tx, request)
    row = await tx.fetch_one(_LOOK, *_name(request))
    if row is None or row["expires_at"] <= request.at:
        return None
    lost = row["status"] is None and row["created_at"] <= request.at - UNFINISHED_MS
    if lost and row["fingerprint"] == request.fingerprint:
        return None
    return _earlier(request, row)


def _earlier(request: IdempotentRequest, row: Row) -> StoredAnswer:
    if row["fingerprint"] != request.fingerprint and row["fingerprint"] not in request.earlier():
        hours = request.window_ms // HOUR_MS
        values = {"other": "idempotency_key", "hours": hours}
        raise Conflict(Problem.NAME_REUSED, values=values, code="idempotency_key_reused")
    if row["status"] is None:
        raise Conflict(Problem.NAME_IN_USE, values={"other": "idempotency_key"}, code="idempotency_key_in_use")
    return _stored(row)


async def answered(tx: Transaction, request: IdempotentRequest) -> StoredAnswer | None:
    """What the very same request was answered within its window, without claiming the name; None where it was not."""
    row = await tx.fetch_one(_ANSWERED, *_name(request), request.at)
    return _stored(row) if row is not None and row["fingerprint"] == request.fingerprint else None


def _stored(row: Row) -> StoredAnswer:
    media_type = row["media_type"] or ""
    body = row["body"].encode() if _is_text(media_type) else base64.b64decode(row["body"])
    return StoredAnswer(row["status"], body, media_type, row["sealed"])


async def finish(tx: Transaction, request: IdempotentRequest, answer: StoredAnswer) -> bool:
    """Keep what the request answered, if the claim is still its own; answers with whether it was."""
    kept = await tx.execute(
        _FINISH, *_name(request), request.at, answer.status, answer.media_type, _text(answer), answer.sealed
    )
    return kept == 1


async def finish_together(tx: Transaction, request: IdempotentRequest, answer: StoredAnswer) -> None:
    """Keep what the request answered that :func:`begin_together` began."""
    if tx.dialect != "sqlite":
        ensure(await finish(tx, request, answer), "a claim is its transaction's own until that ends")
        return
    await tx.execute(
        _KEEP,
        *_name(request),
        request.fingerprint,
        request.at,
        request.at + request.window_ms,
        answer.status,
        answer.media_type,
        _text(answer),
        answer.sealed,
    )


async def amend(tx: Transaction, request: IdempotentRequest, answer: StoredAnswer) -> None:
    """Keep another text than the one that the request was finished with, which its own claim did."""
    await tx.execute(_AMEND, *_name(request), request.at, answer.status, answer.media_type, answer.body.decode())


async def release(tx: Transaction, request: IdempotentRequest) -> None:
    """Give up a claim without an answer, so that a retry need not wait for it to run out."""
    await tx.execute(_RELEASE, *_name(request), request.at)


async def forget(tx: Transaction, now: int) -> int:
    """Drop a batch of names that have ended; answers with how many."""
    return await tx.execute(_FORGET, now, FORGET_BATCH_MAX)


def _name(request: IdempotentRequest) -> tuple[str, bool, str, str, str]:
    principal = request.principal
    return principal.project_id, principal.livemode, request.namespace, request.owner, request.key


def _text(answer: StoredAnswer) -> str:
    return answer.body.decode() if _is_text(answer.media_type) else base64.b64encode(answer.body).decode()


def _is_text(media_type: str) -> bool:
    """Whether a body of this type is kept as it is; JSON has no character that PostgreSQL does not keep."""
    return media_type in ("", JSON) or media_type.endswith("+json")
