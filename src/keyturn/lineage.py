"""How many keys a key may have made, itself and through those it made; and how many a customer may have."""

from collections.abc import Sequence
from typing import Final

from keyturn.errors import TooManyDescendants, TooManyKeys

DESCENDANTS_MAX: Final = 100
"""Of one first key, those that are revoked not counted."""
GENERATIONS_MAX: Final = 3
"""Below a first key."""


def check_descendants(makers: Sequence[str], descendants: int) -> None:
    """Whether a key may make one more.

    Args:
        makers: the key that asks, then the one that made it, and so on.
        descendants: how many keys come from the last of these and are not revoked.

    Raises:
        TooManyDescendants: it may not.
    """
    if len(makers) > GENERATIONS_MAX:
        raise TooManyDescendants(
            f"{makers[0]} was made through {len(makers) - 1} others, and a chain of keys has at most {GENERATIONS_MAX} "
            f"below its first; make this key with {makers[1]} or an earlier one"
        )
    if descendants >= DESCENDANTS_MAX:
        raise TooManyDescendants(
            f"{makers[-1]} and the keys that come from it have made {descendants} that are not revoked, and "
            f"{DESCENDANTS_MAX} is the most; revoke some, or let an operator make the key"
        )


def check_number(there: int, at_most: int) -> None:
    """Whether a customer may have one more key.

    Raises:
        TooManyKeys: they may not.
    """
    if there >= at_most:
        raise TooManyKeys(f"there are {there} keys that are not revoked, and {at_most} is the most; revoke one first")
