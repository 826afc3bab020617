"""A project's keys a page at a time: which are wanted, and what a page is.

A project may have a million keys. Nothing reads all of them at once: pages are found in SQL, and what walks them all
(an export, a bulk change) does so page by page, so that others are served in between.
"""

from collections.abc import AsyncIterator
from typing import Final, NamedTuple, Protocol

from keyturn.keys.model import Key, Kind, Mode, Status

PAGE_MAX: Final = 100
"""Keys in one page at most."""
SCANNED_MAX: Final = 2_000
"""Keys that are looked at for one page at most: a filter that fits none would else read all there are, and on SQLite
nobody else is served meanwhile."""
NAME_WANTED_MAX: Final = 100


class KeyFilter(NamedTuple):
    """Which keys of a project are wanted; all of them by default.

    Attributes:
        name: a part of the key's name; capital and small letters of ASCII are the same.
        unused_since: those that were made by this instant and not used after it. Canaries, which nobody ought to use,
            are left out.
        external_id, tag: those that bear it.
        expiring: those that end after the first instant, and by the second.
    """

    mode: Mode | None = None
    kind: Kind | None = None
    status: Status | None = None
    name: str | None = None
    unused_since: int | None = None
    external_id: str | None = None
    tag: str | None = None
    expiring: tuple[int, int] | None = None

    def fits(self, key: Key) -> bool:
        """Whether this key is wanted."""
        return (
            self.mode in (None, key.mode)
            and self.kind in (None, key.kind)
            and self.status in (None, key.status)
            and (self.name is None or ascii_lower(self.name) in ascii_lower(key.name))
            and (self.unused_since is None or self._is_unused(key, self.unused_since))
            and self.external_id in (None, key.external_id)
            and (self.tag is None or self.tag in key.tags)
            and (self.expiring is None or self._ends_within(key, *self.expiring))
        )

    @staticmethod
    def _ends_within(key: Key, after: int, until: int) -> bool:
        return key.expires_at is not None and after < key.expires_at <= until

    @staticmethod
    def _is_unused(key: Key, since: int) -> bool:
        return not key.canary and max(key.created_at, key.last_used_at or 0) <= since


ALL_KEYS: Final = KeyFilter()


class KeyPage(NamedTuple):
    """Some keys, newest first.

    Attributes:
        next: the id after which the following page begins; None where nothing follows. Where a filter fits few keys, a
            page may hold fewer than were asked for, or none, and others follow nevertheless.
    """

    keys: list[Key]
    next: str | None


class UnknownCursor(LookupError):
    """A page was asked for that begins after a key which the project (and mode) does not have."""


class Paging(Protocol):
    """What of a store of keys is needed to walk them."""

    async def page(self, project_id: str, wanted: KeyFilter, after: str | None, limit: int) -> KeyPage:
        """As :meth:`keyturn.stores.ports.KeyStore.page` promises."""
        ...


async def each_key(store: Paging, project_id: str, wanted: KeyFilter = ALL_KEYS) -> AsyncIterator[Key]:
    """All keys that are wanted, newest first, read a page at a time; others are served between the pages."""
    after: str | None = None
    while True:
        page = await store.page(project_id, wanted, after, PAGE_MAX)
        for key in page.keys:
            yield key
        if page.next is None:
            return
        after = page.next


async def every_key(store: Paging, project_id: str, wanted: KeyFilter = ALL_KEYS) -> list[Key]:
    """All keys that are wanted in one list: for tests and for projects that are known to be small."""
    return [key async for key in each_key(store, project_id, wanted)]


def ascii_lower(text: str) -> str:
    """As both databases compare names: only the letters of ASCII, which no language setting changes."""
    return text.translate(_LOWER)


_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
