"""Names under which anybody may have one: ``com``, ``co.uk``, ``github.io`` (https://publicsuffix.org).

The list is the one that ships with the ``publicsuffixlist`` package; nothing is fetched. It is read when it is first
asked for, for it takes a tenth of a second.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def is_public_suffix(host: str) -> bool:
    """Whether names right below this one, in lower case, belong to different owners."""
    return _list().publicsuffix(host) == host


@cache
def _list() -> "PublicSuffixList":
    from publicsuffixlist import PublicSuffixList

    # A single label that is on no list counts as one, too (the list's rule `*`).
    return PublicSuffixList()
