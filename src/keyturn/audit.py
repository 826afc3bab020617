"""What was done to keys, by whom and when: append-only, each line bound to the one before by its hash.

Whoever changes, removes or inserts a line breaks the chain from there on, which :func:`broken_at` finds. That shows
tampering to everybody who knows the last hash; it cannot show that the end of the log was cut off to anybody who
does not, so keep that hash elsewhere (``keyturn audit verify`` prints it).
"""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

import msgspec

BEGINNING: Final = "0" * 64


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
