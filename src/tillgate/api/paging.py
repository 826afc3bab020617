"""Pages in the native language: ``limit`` and ``starting_after``, and the envelope of cursor lists."""

from typing import Annotated, Final, Generic, TypeVar

import msgspec

from tillgate.base.pages import LIMIT_DEFAULT, LIMIT_MAX, PageRequest, Period
from tillgate.wire.fields import IdText, InstantText
from tillgate.wire.paging import Listing, Paging
from tillgate.wire.reading import given, instant

T = TypeVar("T")


class ListQuery(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"created_after": "createdAfter", "created_before": "createdBefore"},
):
    """What every list takes; ``createdAfter`` is inclusive, ``createdBefore`` is not. A query has no null: a parameter
    is given or left out."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT
    starting_after: IdText | msgspec.UnsetType = msgspec.UNSET
    created_after: InstantText | msgspec.UnsetType = msgspec.UNSET
    created_before: InstantText | msgspec.UnsetType = msgspec.UNSET


class ListObject(msgspec.Struct, Generic[T], frozen=True, rename="camel"):
    """One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page."""

    data: list[T]
    has_more: bool
    next_cursor: str | None


def asked(query: ListQuery) -> PageRequest:
    """The page that a query asks for."""
    return PageRequest(query.limit, given(query.starting_after))


def period(query: ListQuery) -> Period:
    """The period that a query asks for.

    Raises:
        InvalidInput: an instant is none.
    """
    return Period(
        instant(query.created_after, field="created_after"), instant(query.created_before, field="created_before")
    )


def envelope(listing: Listing) -> ListObject[object]:
    """A page whose cursor is the id of its last object."""
    return ListObject(listing.data, listing.has_more, listing.last.id if listing.has_more else None)


PAGING: Final = Paging(ListQuery, asked, envelope)
