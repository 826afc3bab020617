"""Cursor pages: newest first, the cursor is the id of the last object of the page before."""

from typing import Any, Final, Generic, NamedTuple, TypeVar

from tillgate.base import ids
from tillgate.base.clock import DAY_MS
from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem

T = TypeVar("T")

LIMIT_DEFAULT = 25
LIMIT_MAX = 100
# An object's id and its date are of the same moment; a day is far more than a clock is ever set back between them.
APART_MS: Final = DAY_MS


class Sort(NamedTuple):
    """In which order a list is shown.

    Attributes:
        by: a column of the list; rows that are equal in it are ordered by their ids.
        ascending: oldest, or smallest, first.
        beyond: the column's values in the row that the page's cursor names.
    """

    by: str = "created"
    ascending: bool = False
    beyond: tuple[str | int, ...] = ()


NEWEST_FIRST: Final = Sort()
# By currency, and in it by amount.
AMOUNT: Final = "amount"


class PageRequest(NamedTuple):
    """What to list: at most ``limit`` objects older than the one with the id ``starting_after``, or those that are next
    newer than the one with the id ``ending_before``. In another order, those that come after, and before, it."""

    limit: int = LIMIT_DEFAULT
    starting_after: str | None = None
    ending_before: str | None = None
    sort: Sort = NEWEST_FIRST

    @property
    def before(self) -> str:
        """The id below which to look: the cursor, or one that sorts after every id."""
        return (self.starting_after if self.sort == NEWEST_FIRST else None) or "zzzz"


class Period(NamedTuple):
    """When what is listed was created: ``created_after`` is inclusive, ``created_before`` is not; milliseconds."""

    created_after: int | None = None
    created_before: int | None = None


ANY_TIME: Final = Period()


class Page(NamedTuple, Generic[T]):
    """One page, and whether there is another.

    Attributes:
        last: what carries the last object's id, where ``data`` holds objects that are encoded already.
    """

    data: list[T]
    has_more: bool
    last: Any = None


def checked_cursor(page: PageRequest, prefix: str) -> None:
    """Refuse a cursor that no page ever gave.

    Raises:
        InvalidInput: it does not have the form of such an object's id, or says nothing of where that stands in a
            sorted list.
    """
    for cursor in (page.starting_after, page.ending_before):
        if cursor is None:
            continue
        if not ids.is_id(prefix, cursor) or (page.sort.by != NEWEST_FIRST.by and not page.sort.beyond):
            raise no_cursor(prefix, page.sort)


def no_cursor(prefix: str, sort: Sort = NEWEST_FIRST) -> InvalidInput:
    """What is wrong with a cursor that no page ever gave."""
    example = f"USD.4900.{prefix}" if sort.by == AMOUNT else prefix
    return InvalidInput(
        "starting_after", Problem.NOT_A_CURSOR, code="invalid_query", prefix=example, other="next_cursor"
    )


def since(prefix: str, created_after: int | None, *, apart_ms: int = APART_MS) -> str:
    """An id below which nothing lies that was created at this instant or later.

    Lists go by id. Without such a bound one that asks for what is new would be walked to its end, for nothing tells the
    database that older ids have older dates.

    Args:
        apart_ms: by how much an object may be younger than its id.
    """
    if created_after is None:
        return ""
    return ids.first_id(prefix, min(max(created_after - apart_ms, 0), 2**48 - 1))


def until(prefix: str, before: str, created_before: int | None) -> str:
    """The id below which to look: ``before``, or a lower one above which nothing was created before this instant.

    Without such a bound a list of an old period would be walked from today to its beginning.
    """
    if created_before is None:
        return before
    return min(before, ids.first_id(prefix, min(max(created_before + APART_MS, 0), 2**48 - 1)))


def cut(found: list[T], limit: int) -> Page[T]:
    """A page out of at most ``limit + 1`` found objects: the last one only tells that there is more."""
    return Page(found[:limit], len(found) > limit)


def cut_newest(found: list[T], page: PageRequest) -> Page[T]:
    """The same, in the list's order also where it was read backwards; there it tells whether others come before."""
    shown = cut(found, page.limit)
    return shown if page.ending_before is None else shown._replace(data=shown.data[::-1])
