"""Settings that cannot be meant: a misspelt name, and quotes that an env file has kept."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

# How alike two names are for one to be a slip of the other; 1 is the same.
_ALIKE: Final = 0.8
_QUOTES: Final = "\"'`"
# What Kubernetes sets in every container for a service that is called as the server is.
_SERVICE_LINK: Final = re.compile(r"(?:[A-Z0-9_]{1,100}_)?(?:SERVICE_HOST|SERVICE_PORT|PORT)(?:_[A-Z0-9_]{1,100})?")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The name that was meant, as far as can be told."""
    found = get_close_matches(name[:200], list(known), n=1, cutoff=_ALIKE)
    return found[0] if found else None


def meant(name: str, known: Iterable[str]) -> str:
    """The same as the end of a sentence: ``; did you mean invoices:read?``, or nothing."""
    found = nearest(name, known)
    return f"; did you mean {found}?" if found is not None else ""


def cannot_be_meant(given: Mapping[str, str], prefix: str, known: Iterable[str]) -> str | None:
    """What is wrong with the variables as a whole; None if nothing is. It quotes no value.

    A variable with the prefix that is like none of ours is let be: something else may have set it.

    Args:
        known: the variables that there are, with and without the prefix.
    """
    known = tuple(known)
    # Ours without the prefix are called CHECKOUT_…, and are looked for under this one, too.
    by_rest = {name.removeprefix(prefix).removeprefix("CHECKOUT_"): name for name in known}
    for name in sorted(given):
        if not name.startswith(prefix) or name in known or _SERVICE_LINK.fullmatch(name.removeprefix(prefix)):
            continue
        near = nearest(name.removeprefix(prefix), by_rest)
        if near is not None:
            return f"{name[:80]} is no setting; did you mean {by_rest[near]}?"
    for name in known:
        value = given.get(name, "").strip()
        if len(value) > 1 and value[0] in _QUOTES and value[-1] == value[0]:
            return (
                f"{name}: the value is in quotes, which were kept as part of it; remove them where it is set "
                "(docker's --env-file and systemd's Environment= do not always remove them)"
            )
    return None
