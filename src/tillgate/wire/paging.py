"""How a dialect's lists are asked for and told in pages."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from tillgate.base.pages import Page, PageRequest, cut

T = TypeVar("T")


class Listing(NamedTuple):
    """One page of objects in a dialect's form, to be put into its envelope.

    Attributes:
        data: newest first; only to be encoded, for what was asked for beside them may be in them already.
        has_more: whether there is another page.
        asked: which page was asked for.
        last: the last object as its route gave it; None on an empty page.
    """

    data: list[Any]
    has_more: bool
    asked: PageRequest
    last: Any = None


PageEnvelope = Callable[[Listing], Any]


class Paging(NamedTuple):
    """The part of a dialect that knows pages.

    Attributes:
        query: what every list takes; a route's ``query`` is this type, or one with filters besides.
        asked: the page that such a query asks for, in this server's own spelling of ids.
        envelope: a page's envelope, to be encoded; or an answer of its own, such as with a ``Link`` header.
    """

    query: type[msgspec.Struct]
    asked: Callable[[Any], PageRequest]
    envelope: PageEnvelope


def pages_of(owner: str, found: Sequence[T], limit: int) -> dict[str, Page[T]]:
    """Short pages of several owners at once, by whom they are of.

    Args:
        owner: the attribute that names an object's owner.
        found: newest first, up to ``limit + 1`` of each owner; the last one only tells that there are more.
    """
    by_owner: dict[str, list[T]] = {}
    for one in found:
        by_owner.setdefault(getattr(one, owner), []).append(one)
    return {of: cut(theirs, limit) for of, theirs in by_owner.items()}
