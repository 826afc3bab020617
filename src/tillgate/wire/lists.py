"""The envelope of cursor lists."""

from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class ListObject(msgspec.Struct, Generic[T], frozen=True, rename="camel"):
    """One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page."""

    data: list[T]
    has_more: bool
    next_cursor: str | None


def listed(data: list[T], has_more: bool) -> ListObject[T]:
    """A page whose cursor is the id of its last object."""
    last = data[-1].id if data and has_more else None  # type: ignore[attr-defined]
    return ListObject(data, has_more, last)


def listed_of(owner: str, found: Sequence[T], limit: int) -> dict[str, ListObject[T]]:
    """Short lists of several owners at once, by whom they are of.

    Args:
        owner: the attribute that names an object's owner.
        found: newest first, up to ``limit + 1`` of each owner; the last one only tells that there are more.
    """
    by_owner: dict[str, list[T]] = {}
    for one in found:
        by_owner.setdefault(getattr(one, owner), []).append(one)
    return {of: listed(theirs[:limit], len(theirs) > limit) for of, theirs in by_owner.items()}
