"""The envelope of cursor lists."""

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
