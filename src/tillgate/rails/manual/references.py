"""Reference codes, such as ``X2M-K9P-R7QW``: read aloud and copied by hand without a doubt."""

import re
import secrets
from typing import Final

# Without 0, O, 1, I and L, which are taken for each other.
ALPHABET: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
GROUPS: Final = (3, 3, 4)
LENGTH: Final = sum(GROUPS)
TYPED_MAX: Final = 40
_CODE: Final = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")
_BETWEEN: Final = re.compile(r"[\s\-\u2010-\u2015.]+")


def new_reference() -> str:
    """A code that nobody guesses: 49 random bits."""
    return _grouped("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def written(typed: str) -> str | None:
    """The code that somebody typed, as it is kept: in either case, with or without what stands between the groups;
    None where it is none."""
    if len(typed) > TYPED_MAX:
        return None
    text = _BETWEEN.sub("", typed).upper()
    return _grouped(text) if _CODE.fullmatch(text) else None


def _grouped(text: str) -> str:
    rest, groups = iter(text), []
    for size in GROUPS:
        groups.append("".join(next(rest) for _ in range(size)))
    return "-".join(groups)
