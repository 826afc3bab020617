# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""Lists, a page at a time or all of it."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar, cast

from tillgate_client.calls import ROOT, call_of
from tillgate_client.errors import UnexpectedAnswerError
from tillgate_client.objects import ListAnswer, NumberedListAnswer, to_plain
from tillgate_client.sync.transport import Transport

T = TypeVar("T")


class Page(Generic[T]):
    """One page of a list, newest first; of events that are caught up with, oldest first.

    Attributes:
        data: its objects.
        has_more: whether there are more.
        next_cursor: the ``starting_after`` of the next page, None on the last; of events that are caught up with, the
            ``after`` to go on from, also later.
        log_id: of events, the log that they are in: keep it with ``next_cursor`` and give it as ``log``. None on
            other lists.
    """

    def __init__(
        self, transport: Transport, path: str, query: dict[str, Any], item: type[T], answer: ListAnswer[T]
    ) -> None:
        self.data = answer.data
        self.has_more = answer.has_more
        self.next_cursor = answer.next_cursor
        self.log_id = answer.log_id
        self._transport = transport
        self._path = path
        self._query = query
        self._item = item

    def next_page(self) -> "Page[T] | None":
        """The next page; None after the last."""
        if not self.has_more or self.next_cursor is None:
            return None
        onward: dict[str, Any] = {"starting_after": self.next_cursor}
        if self._query.get("after") is not None:
            onward = {"after": self.next_cursor, "log": self.log_id}
        return list_page(self._transport, self._path, self._query | onward, self._item)

    def auto_paginate(self) -> Iterator[T]:
        """Each object of this page and of all that follow, fetched as you go.

        Raises:
            UnexpectedAnswerError: the pages lead back to one another, so that the walk would not end.
        """
        page: Page[T] | None = self
        passed: set[str] = set()
        while page is not None:
            yield from page.data
            if page.has_more and page.next_cursor is not None:
                if page.next_cursor in passed:
                    raise UnexpectedAnswerError(
                        f"The pages of {ROOT}{self._path} lead back to {page.next_cursor}: a walk would not end.",
                        status=200,
                        type="unexpected",
                        code="unexpected_answer",
                    )
                passed.add(page.next_cursor)
            page = page.next_page()

    def __iter__(self) -> Iterator[T]:
        """The same as ``auto_paginate()``."""
        return self.auto_paginate()

    def to_dict(self) -> dict[str, Any]:
        """This page alone as plain dicts and lists, under Python's names."""
        return {
            "data": to_plain(self.data),
            "has_more": self.has_more,
            "next_cursor": self.next_cursor,
            "log_id": self.log_id,
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.data)} objects, has_more={self.has_more})"


def list_page(transport: Transport, path: str, query: dict[str, Any], item: type[T]) -> Page[T]:
    """The page that the query asks for."""
    answer: ListAnswer[T] = transport.send(
        call_of("GET", path, query=query),
        ListAnswer[item],  # type: ignore[valid-type]
    )
    return Page(transport, path, query, item, answer)


class NumberedPage(Generic[T]):
    """One page of a list that counts, newest first.

    Attributes:
        data: its objects.
        total: how many there are on all pages, counted up to 10,000 beyond this one.
        page: its number, from 1.
        limit: how many fit on a page.
    """

    def __init__(
        self, transport: Transport, path: str, query: dict[str, Any], item: type[T], answer: NumberedListAnswer[T]
    ) -> None:
        self.data = answer.data
        self.total = answer.total
        self.page = answer.page
        self.limit = answer.limit
        self._transport = transport
        self._path = path
        self._query = query
        self._item = item

    def next_page(self) -> "NumberedPage[T] | None":
        """The next page; None after the last."""
        if not self.data or self.page * self.limit >= self.total:
            return None
        return numbered_page(self._transport, self._path, self._query | {"page": self.page + 1}, self._item)

    def auto_paginate(self) -> Iterator[T]:
        """Each object of this page and of all that follow, once, fetched as you go."""
        for one in self.data:
            yield one
        if not self.data or self.page * self.limit >= self.total:
            return
        # From here on by cursor, for what is added meanwhile would move the pages.
        last = cast(Any, self.data[-1]).id
        onward = {name: value for name, value in self._query.items() if name != "page"} | {"starting_after": last}
        following = list_page(self._transport, self._path, onward, self._item)
        for one in following.auto_paginate():
            yield one

    def __iter__(self) -> Iterator[T]:
        """The same as ``auto_paginate()``."""
        return self.auto_paginate()

    def to_dict(self) -> dict[str, Any]:
        """This page alone as plain dicts and lists, under Python's names."""
        return {"data": to_plain(self.data), "total": self.total, "page": self.page, "limit": self.limit}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.data)} of {self.total} objects, page={self.page})"


def numbered_page(transport: Transport, path: str, query: dict[str, Any], item: type[T]) -> NumberedPage[T]:
    """The page that the query asks for."""
    answer: NumberedListAnswer[T] = transport.send(
        call_of("GET", path, query=query),
        NumberedListAnswer[item],  # type: ignore[valid-type]
    )
    return NumberedPage(transport, path, query, item, answer)
