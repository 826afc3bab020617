"""Headers by name. One that came more than once is joined (RFC 9110, 5.3): two keys are then no key."""

from collections.abc import Iterable
from typing import Any, Final

# Where in the scope they stand by name, put there by whoever read them off the connection; nobody changes them on the
# way of a request that carries this.
BY_NAME: Final = "keyturn.headers"


def headers_of(scope: Any) -> dict[bytes, bytes]:
    """A request's headers by name."""
    found: dict[bytes, bytes] | None = scope.get(BY_NAME)
    return found if found is not None else by_name(scope["headers"])


def by_name(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """As they came, with the names in lower case as ASGI has them."""
    listed = headers if isinstance(headers, list) else list(headers)
    found = dict(listed)
    if len(found) != len(listed):
        for name in found:
            found[name] = b", ".join(value for other, value in listed if other == name)
    return found


def by_lower_name(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The same, whatever the names' case was: not every server keeps to ASGI."""
    listed = headers if isinstance(headers, list) else list(headers)
    found = by_name(listed)
    return found if b"".join(found).islower() else by_name([(name.lower(), value) for name, value in listed])


def texts_by_name(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """As texts, whatever the names' case was."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in by_lower_name(headers).items()}
