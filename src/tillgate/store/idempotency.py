"""A retry never does a thing twice: the answer is stored in the transaction of the effect.

The row is inserted before the effect, so a second request with the same key waits for the first one's
commit (PostgreSQL: on the unique key; SQLite: for the one writer) and then finds its answer. A crash leaves
either the effect and its answer, or neither.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from keyturn.database import Both, Transaction
from tillgate.base.clock import DAY_MS, MINUTE_MS
from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.invariants import present
from tillgate.base.principal import Principal

WINDOW_MS: Final = DAY_MS
# After this, an answer that never came is taken for lost with its process.
UNFINISHED_MS: Final = MINUTE_MS
KEY_LENGTH_MAX: Final = 255
FORGET_BATCH_MAX: Final = 1_000

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")

_BEGIN: Final = (
    "INSERT INTO idempotency_keys (project_id, livemode, key, fingerprint, created_at) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (project_id, livemode, key) DO UPDATE "
    "SET fingerprint = excluded.fingerprint, status = NULL, body = NULL, created_at = excluded.created_at "
    "WHERE idempotency_keys.created_at <= $6 "
    "OR (idempotency_keys.status IS NULL AND idempotency_keys.created_at <= $7 "
    "AND idempotency_keys.fingerprint = excluded.fingerprint)"
)
_FOUND: Final = (
    "SELECT fingerprint, status, body FROM idempotency_keys WHERE project_id = $1 AND livemode = $2 AND key = $3"
)
# Whose claim was taken over, or has run out, finds none to finish.
_CLAIM: Final = "project_id = $1 AND livemode = $2 AND key = $3 AND created_at = $4 AND status IS NULL"
_FINISH: Final = f"UPDATE idempotency_keys SET status = $5, body = $6 WHERE {_CLAIM}"  # noqa: S608
_RELEASE: Final = f"DELETE FROM idempotency_keys WHERE {_CLAIM}"  # noqa: S608
_OLD: Final = (
    "SELECT project_id, livemode, key FROM idempotency_keys WHERE created_at <= $1 ORDER BY created_at LIMIT $2"
)
_DROP: Final = "DELETE FROM idempotency_keys WHERE (project_id, livemode, key) IN"
# What another process is dropping, or a retry is taking over, is left to them.
_FORGET: Final = Both(sqlite=f"{_DROP} ({_OLD})", postgres=f"{_DROP} ({_OLD} FOR UPDATE SKIP LOCKED)")


class StoredAnswer(NamedTuple):
    """What the first request answered, byte for byte."""

    status: int
    body: bytes


class IdempotentRequest(NamedTuple):
    """A mutating request that named a key.

    Attributes:
        fingerprint: SHA-256 over method, path and canonical body, in hex.
        at: when it came, in Unix milliseconds; the 24 hours run from then.
        earlier: the fingerprints that earlier versions made of the same request.
    """

    principal: Principal
    key: str
    fingerprint: str
    at: int
    earlier: Callable[[], Iterable[str]] = tuple


def checked_key(text: str) -> str:
    """The value of an ``Idempotency-Key`` header.

    Raises:
        InvalidInput: it is not 1 to 255 visible ASCII characters.
    """
    if _KEY.fullmatch(text) is None:
        raise InvalidInput(
            f"Idempotency-Key: expected 1 to {KEY_LENGTH_MAX} visible ASCII characters without spaces, such as a UUID.",
            code="invalid_idempotency_key",
            param="Idempotency-Key",
        )
    return text


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same; ``body`` is canonical, so that white space and key order do not matter."""
    return hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()


async def begin(tx: Transaction, request: IdempotentRequest) -> StoredAnswer | None:
    """Claim the key for this request, or find what it was answered within the last 24 hours.

    A claim that has waited for its answer for a minute is taken over by the same request.

    Raises:
        Conflict: the key was used for another request, or that request is still running.
    """
    principal = request.principal
    claimed = await tx.execute(
        _BEGIN,
        principal.project_id,
        principal.livemode,
        request.key,
        request.fingerprint,
        request.at,
        request.at - WINDOW_MS,
        request.at - UNFINISHED_MS,
    )
    if claimed == 1:
        return None
    found = await tx.fetch_one(_FOUND, principal.project_id, principal.livemode, request.key)
    row = present(found, "the earlier request of an Idempotency-Key that is taken")
    if row["fingerprint"] != request.fingerprint and row["fingerprint"] not in request.earlier():
        raise Conflict(
            "This Idempotency-Key was used for another request within the last 24 hours; use a fresh one.",
            code="idempotency_key_reused",
        )
    if row["status"] is None:
        raise Conflict("The request with this Idempotency-Key is still running.", code="idempotency_key_in_use")
    return StoredAnswer(row["status"], row["body"].encode())


async def finish(tx: Transaction, request: IdempotentRequest, answer: StoredAnswer) -> None:
    """Keep what the request answered, if the claim is still its own."""
    await tx.execute(_FINISH, *_claim(request), answer.status, answer.body.decode())


async def release(tx: Transaction, request: IdempotentRequest) -> None:
    """Give up a claim that came to nothing, so that a retry need not wait for it to run out."""
    await tx.execute(_RELEASE, *_claim(request))


async def forget(tx: Transaction, now: int) -> int:
    """Drop a batch of answers that are older than the window; answers with how many."""
    return await tx.execute(_FORGET, now - WINDOW_MS, FORGET_BATCH_MAX)


def _claim(request: IdempotentRequest) -> tuple[str, bool, str, int]:
    return request.principal.project_id, request.principal.livemode, request.key, request.at
