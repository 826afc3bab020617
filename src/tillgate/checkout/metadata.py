"""The merchant's own keys and values on an object: kept as they came, never shown to buyers."""

from typing import Any, Final, NamedTuple

import msgspec

from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem, Verbatim

KEYS_MAX: Final = 50
KEY_LENGTH_MAX: Final = 40
VALUE_LENGTH_MAX: Final = 500

NULL: Final = msgspec.Raw(b"null")


class Replaced(NamedTuple):
    """Metadata in the place of what there was, as languages have it that know no merging."""

    metadata: dict[str, Any]


def changed_metadata(held: str | None, changes: dict[str, Any] | Replaced | None) -> str | None:
    """An object's metadata after a change: what it names is set, a key that is null is removed, and every other key
    stays, as RFC 7396 merges on one level; None removes all.

    Raises:
        InvalidInput: as :func:`checked_metadata`, of what there would be; a key that is removed may be any.
    """
    if changes is None:
        return None
    if isinstance(changes, Replaced):
        return checked_metadata(changes.metadata)
    # Values are taken over as they were written, so that a number stays what it is.
    merged: dict[str, Any] = msgspec.json.decode(held, type=dict[str, msgspec.Raw]) if held is not None else {}
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        else:
            _check(key, value)
            merged[key] = value
    _check_count(merged)
    return _json(merged)


def checked_metadata(metadata: dict[str, Any] | None) -> str | None:
    """The metadata as JSON text.

    Raises:
        InvalidInput: there are more than 50 keys, a key is longer than 40 characters, or a value's JSON
            is longer than 500.
    """
    if metadata is None:
        return None
    _check_count(metadata)
    for key, value in metadata.items():
        _check(key, value)
    return _json(metadata)


def _check_count(metadata: dict[str, Any]) -> None:
    if len(metadata) > KEYS_MAX:
        raise InvalidInput("metadata", Problem.TOO_MANY_KEYS, maximum=KEYS_MAX, count=len(metadata))


def _check(key: str, value: Any) -> None:
    if not 1 <= len(key) <= KEY_LENGTH_MAX:
        raise InvalidInput("metadata", Problem.KEY_LENGTH, minimum=1, maximum=KEY_LENGTH_MAX, length=len(key))
    length = len(value) if isinstance(value, str) else len(_json(value))
    if length > VALUE_LENGTH_MAX:
        raise InvalidInput(("metadata", Verbatim(key)), Problem.TOO_LONG, maximum=VALUE_LENGTH_MAX, length=length)


def _json(value: Any) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except RecursionError as error:
        raise InvalidInput("metadata", Problem.TOO_DEEP) from error


def pairs(metadata: str | None) -> list[tuple[str, str]]:
    """Keys and values for a person to read; a value that is not text is shown as JSON."""
    if metadata is None:
        return []
    decoded: dict[str, msgspec.Raw] = msgspec.json.decode(metadata, type=dict[str, msgspec.Raw])
    return [(key, _readable(raw)) for key, raw in decoded.items()]


def _readable(raw: msgspec.Raw) -> str:
    value = msgspec.json.decode(raw)
    return value if isinstance(value, str) else bytes(raw).decode()


def metadata_to_api(metadata: str | None) -> msgspec.Raw:
    """The metadata in the API's form: the stored JSON as it is, or null."""
    return msgspec.Raw(metadata.encode()) if metadata is not None else NULL
