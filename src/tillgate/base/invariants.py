"""What this code promises itself. A broken promise about money or keys stops the work, also under ``python -O``."""

from typing import TypeVar

T = TypeVar("T")


class BrokenInvariant(Exception):
    """A promise of this code does not hold: a defect, never the caller's doing. The transaction is rolled back."""


def present(value: T | None, what: str) -> T:
    """The value, which is there by what the code has established before.

    Raises:
        BrokenInvariant: it is not there; ``what`` names it for the log.
    """
    if value is None:
        raise BrokenInvariant(f"expected {what}, found none")
    return value


def ensure(holds: bool, what: str) -> None:
    """Go on only while something holds.

    Raises:
        BrokenInvariant: it does not; ``what`` says for the log what should.
    """
    if not holds:
        raise BrokenInvariant(f"expected that {what}")
