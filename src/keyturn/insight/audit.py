"""What was done to keys, by whom and when: append-only, each line bound to the one before by its hash.

Whoever changes, removes or inserts a line breaks the chain from there on, which :func:`broken_at` finds. That shows
tampering to everybody who knows the last hash; it cannot show that the end of the log was cut off to anybody who
does not, so keep that hash elsewhere (``keyturn audit verify`` prints it).
"""

import hashlib
from collections.abc import Iterable
from typing import Any, Final, Protocol

import msgspec

BEGINNING: Final = "0" * 64
VERIFIED_AT_ONCE: Final = 5_000


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line. ``hash`` is SHA-256, in hex, over the line before's hash and all other fields.

    Attributes:
        sequence: counted from 1, without a gap.
        at: Unix milliseconds.
        action: such as ``key.revoked``.
        detail: what was said of it, never a secret.
    """

    sequence: int
    at: int
    actor: str
    action: str
    project_id: str | None
    key_id: str | None
    detail: dict[str, Any]
    previous: str
    hash: str


def chained(
    previous: str,
    sequence: int,
    *,
    at: int,
    actor: str,
    action: str,
    project_id: str | None,
    key_id: str | None,
    detail: dict[str, Any],
) -> AuditEntry:
    """The line that follows the one with the hash ``previous``."""
    content = canonical([sequence, at, actor, action, project_id, key_id, detail])
    return AuditEntry(
        sequence=sequence,
        at=at,
        actor=actor,
        action=action,
        project_id=project_id,
        key_id=key_id,
        detail=detail,
        previous=previous,
        hash=hashlib.sha256(previous.encode() + b"\n" + content).hexdigest(),
    )


def canonical(value: Any) -> bytes:
    """JSON in one form only: fields sorted, no white space."""
    return msgspec.json.encode(value, order="sorted")


def broken_at(entries: Iterable[AuditEntry], previous: str = BEGINNING, sequence: int = 0) -> int | None:
    """The number of the first line that does not follow from the one before; None where all do.

    Args:
        previous, sequence: hash and number of the line before the first of these.
    """
    for entry in entries:
        sequence += 1
        fits = chained(
            previous,
            sequence,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            project_id=entry.project_id,
            key_id=entry.key_id,
            detail=entry.detail,
        )
        if fits != entry:
            return sequence
        previous = entry.hash
    return None


class Verdict(msgspec.Struct, frozen=True, rename="camel"):
    """What a check of the whole log came to.

    Attributes:
        lines: how many there are, as far as they hold.
        last_hash: of the last of them, by which a later check can tell whether the end was cut off.
        broken_at: the number of the first line that does not follow; None where all do.
    """

    lines: int
    last_hash: str
    broken_at: int | None = None

    @property
    def holds(self) -> bool:
        """Whether each line follows from the one before."""
        return self.broken_at is None


class AuditLog(Protocol):
    """Whatever keeps the log's lines."""

    async def audit(self, after: int, limit: int) -> list[AuditEntry]:
        """Lines after this number, oldest first."""
        ...

    async def audit_end(self) -> tuple[int, str]:
        """Number and hash of the last line that was written."""
        ...


async def verify(log: AuditLog) -> Verdict:
    """Check the whole log, a part at a time: each line, and that it goes as far as it was written."""
    written, end = await log.audit_end()
    sequence, previous, ends = 0, BEGINNING, written == 0
    while entries := await log.audit(sequence, VERIFIED_AT_ONCE):
        broken = broken_at(entries, previous, sequence)
        if broken is not None:
            before = [entry for entry in entries if entry.sequence < broken]
            return Verdict(broken - 1, before[-1].hash if before else previous, broken)
        ends = ends or any((entry.sequence, entry.hash) == (written, end) for entry in entries)
        sequence, previous = entries[-1].sequence, entries[-1].hash
    if not ends:
        return Verdict(sequence, previous, min(sequence + 1, written))
    return Verdict(sequence, previous)
