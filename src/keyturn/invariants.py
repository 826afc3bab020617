"""What this code promises itself. A broken promise about keys stops the work, also under ``python -O``."""

from typing import TypeVar

T = TypeVar("T")


class BrokenInvariant(Exception):
    """A promise of this code does not hold: a defect, never the caller's doing."""


def present(value: T | None, what: str) -> T:
    """The value, which is there by what the code has established before; ``what`` names it for the log.

    Raises:
        BrokenInvariant: it is not there.
    """
    if value is None:
        raise BrokenInvariant(f"expected {what}, found none")
    return value
