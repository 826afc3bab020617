"""How long and how often something may be used, as merchants say it."""

from typing import Final

from tillgate.base.clock import from_rfc3339
from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Field, Problem

USES_MAX: Final = 1_000_000_000


def checked_expiry(text: str | None, *, now: int) -> int | None:
    """The instant of an ``expiresAt`` in Unix milliseconds.

    Raises:
        InvalidInput: it is no RFC 3339 timestamp, or has passed.
    """
    if text is None:
        return None
    try:
        at = from_rfc3339(text)
    except ValueError as error:
        raise InvalidInput("expires_at", Problem.NOT_A_TIMESTAMP) from error
    if at <= now:
        raise InvalidInput("expires_at", Problem.NOT_IN_FUTURE)
    return at


def checked_uses_max(count: int | None, *, field: Field = "max_redemptions") -> int | None:
    """How often something may be used; None for no limit.

    Raises:
        InvalidInput: it is not between 1 and a billion.
    """
    if count is not None and not 1 <= count <= USES_MAX:
        raise InvalidInput(field, Problem.OUT_OF_RANGE, minimum=1, maximum=USES_MAX, given=count, unlimited=True)
    return count
