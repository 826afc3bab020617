"""What a template says of its data, and data held against it.

Only what the manifest names reaches a template, under names and in types that it can rely on: numbers are numbers, what
is optional and was left out is ``none``, and a loop is always a list.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Path, Problem, Verbatim
from tillgate.base.text import checked_email

DataType = Literal["text", "longtext", "number", "currency", "date", "datetime", "boolean", "image", "url", "email"]
VARIABLES_MAX: Final = 500
LOOPS_MAX: Final = 50
FIELDS_MAX: Final = 100
ROWS_MAX: Final = 10_000
# Of all loops together, empty ones included: a row that is sent as two characters has all its fields once it is read.
CELLS_MAX: Final = 200_000
PREVIEW_ROWS_MAX: Final = 10
KEY_LENGTH_MAX: Final = 160
NUMBER_LENGTH_MAX: Final = 40
URL_LENGTH_MAX: Final = 2_048
# What JSON numbers carry exactly everywhere.
_WHOLE_MAX: Final = 2**53 - 1
_NUMBER_MAX: Final = 10**30
KEY_FORM: Final = r"[A-Za-z_][A-Za-z0-9_]{0,159}(?:\.[A-Za-z_][A-Za-z0-9_]{0,159}){0,7}"
_KEY: Final = re.compile(KEY_FORM)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,30})(?:\.[0-9]{1,20})?")
_BOOLEANS: Final = {"true": True, "false": False, True: True, False: False}
_INVALID: Final = "invalid_input_data"


class Variable(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One value, at the place that its key's dots lead to."""

    key: str
    label: str = ""
    data_type: DataType = "text"
    required: bool = False
    description: str = ""
    preview_data: Any = None


class Loop(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A list of rows."""

    key: str
    item_fields: list[Variable]
    label: str = ""
    preview_data: list[dict[str, Any]] = []


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a template reads."""

    variables: list[Variable] = []
    loops: list[Loop] = []


def checked_manifest(given: Manifest) -> Manifest:
    """The manifest, whose keys are well formed and apart from each other.

    Raises:
        InvalidInput: one is not; it is named.
    """
    _check_count(given.variables, VARIABLES_MAX, ("variables",))
    _check_count(given.loops, LOOPS_MAX, ("loops",))
    taken: set[str] = set()
    _check_keys(given.variables, ("variables",), taken)
    for number, loop in enumerate(given.loops):
        at: Path = ("loops", number)
        if "." in loop.key:
            raise InvalidInput(
                (*at, "key"), Problem.NOT_A_CHOICE, code="invalid_loop_key", choices=(loop.key.replace(".", "_")[:40],)
            )
        _check_key(loop.key, (*at, "key"), taken)
        _check_count(loop.item_fields, FIELDS_MAX, (*at, "item_fields"), minimum=1)
        _check_count(loop.preview_data, PREVIEW_ROWS_MAX, (*at, "preview_data"))
        _check_keys(loop.item_fields, (*at, "item_fields"), set())
    return given


def bound(manifest: Manifest, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data as the template reads it; what the manifest does not name is not among it.

    Raises:
        InvalidInput: a value is missing, or of another type than the manifest says.
    """
    told: dict[str, Any] = {}
    _bind(told, manifest.variables, data, ("data",))
    cells = 0
    for loop in manifest.loops:
        rows, at = data.get(loop.key), ("data", Verbatim(loop.key))
        if rows is None:
            rows = []
        if not isinstance(rows, list):
            raise InvalidInput(at, Problem.WRONG_TYPE, code=_INVALID, expected="expected an array of objects")
        if len(rows) > ROWS_MAX:
            raise InvalidInput(at, Problem.TOO_MANY, code=_INVALID, maximum=ROWS_MAX, count=len(rows))
        cells += len(rows) * len(loop.item_fields)
        if cells > CELLS_MAX:
            expected = f"expected at most {CELLS_MAX:,} values in the rows of all loops together"
            raise InvalidInput(at, Problem.WRONG_TYPE, code=_INVALID, expected=expected)
        told[loop.key] = [_row(loop, row, (*at, number)) for number, row in enumerate(rows)]
    return told


def preview_of(manifest: Manifest) -> dict[str, Any]:
    """The manifest's own sample data, and a word of the right type where it has none."""
    data = {one.key: _sample(one) for one in manifest.variables}
    for loop in manifest.loops:
        rows = loop.preview_data or [{}]
        data[loop.key] = [{one.key: _sample(one) for one in loop.item_fields} | row for row in rows]
    return data


def with_preview(manifest: Manifest, data: Mapping[str, Any]) -> Manifest:
    """The manifest whose sample data is this, as far as it is named there; what is missing has none."""
    variables = [msgspec.structs.replace(one, preview_data=_found(data, one.key)) for one in manifest.variables]
    loops = []
    for loop in manifest.loops:
        rows = data.get(loop.key)
        kept = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        loops.append(msgspec.structs.replace(loop, preview_data=kept[:PREVIEW_ROWS_MAX]))
    return Manifest(variables, loops)


def _row(loop: Loop, row: Any, at: Path) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise InvalidInput(at, Problem.WRONG_TYPE, code=_INVALID, expected="expected an object")
    told: dict[str, Any] = {}
    _bind(told, loop.item_fields, row, at)
    return told


def _bind(told: dict[str, Any], variables: Sequence[Variable], data: Mapping[str, Any], at: Path) -> None:
    for variable in variables:
        value = _found(data, variable.key)
        if value is None or value == "":
            if variable.required:
                raise InvalidInput((*at, Verbatim(variable.key)), Problem.REQUIRED, code=_INVALID)
            value = None
        else:
            value = _typed(variable, value, (*at, Verbatim(variable.key)))
        *ways, last = variable.key.split(".")
        place = told
        for way in ways:
            place = place.setdefault(way, {})
        place[last] = value


def _found(data: Mapping[str, Any], key: str) -> Any:
    """The value under a key as it is written, or else where its dots lead."""
    if key in data:
        return data[key]
    place: Any = data
    for way in key.split("."):
        place = place.get(way) if isinstance(place, dict) else None
    return place


def _typed(variable: Variable, value: Any, at: Path) -> Any:
    read, expected = _READ[variable.data_type]
    found = read(value)
    if found is None:
        raise InvalidInput(at, Problem.WRONG_TYPE, code=_INVALID, expected=expected)
    return found


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _boolean(value: Any) -> bool | None:
    return _BOOLEANS.get(value) if isinstance(value, bool | str) else None


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if len(text) > NUMBER_LENGTH_MAX or _NUMBER.fullmatch(text) is None:
            return None
        value = float(text) if "." in text else int(text)
    if not isinstance(value, int | float):
        return None
    if abs(value) <= _WHOLE_MAX:
        return value
    # JSON may write a number with more digits than anything can be counted by.
    return float(value) if abs(value) < _NUMBER_MAX else None


def _instant(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > NUMBER_LENGTH_MAX:
        return None
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            read(value)
        except ValueError:
            continue
        return value
    return None


def _url(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > URL_LENGTH_MAX or not value.isprintable():
        return None
    try:
        split = urlsplit(value)
    except ValueError:
        return None
    return value if split.scheme in ("http", "https") and split.hostname else None


def _email(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return checked_email(value)
    except InvalidInput:
        return None


_A_STRING: Final = (_string, "expected a string")
_A_NUMBER: Final = (_number, "expected a number, or a string that is one")
_AN_INSTANT: Final = (_instant, "expected a date in ISO 8601, such as 2026-11-30")
_AN_ADDRESS: Final = (_url, "expected an address that begins with http:// or https://")
_READ: Final[dict[str, tuple[Callable[[Any], Any], str]]] = {
    "text": _A_STRING,
    "longtext": _A_STRING,
    "number": _A_NUMBER,
    "currency": _A_NUMBER,
    "boolean": (_boolean, 'expected true, false, "true" or "false"'),
    "date": _AN_INSTANT,
    "datetime": _AN_INSTANT,
    "image": _AN_ADDRESS,
    "url": _AN_ADDRESS,
    "email": (_email, "expected an e-mail address"),
}


def _sample(variable: Variable) -> Any:
    if variable.preview_data is not None:
        return variable.preview_data
    samples: dict[str, Any] = {
        "number": 1,
        "currency": 1,
        "boolean": True,
        "date": "2026-01-31",
        "datetime": "2026-01-31T12:00:00Z",
        "url": "https://example.com",
        "image": "https://example.com/image.png",
        "email": "somebody@example.com",
    }
    return samples.get(variable.data_type, variable.label or variable.key)


def _check_keys(variables: Sequence[Variable], at: Path, taken: set[str]) -> None:
    for number, variable in enumerate(variables):
        _check_key(variable.key, (*at, number, "key"), taken)


def _check_key(key: str, at: Path, taken: set[str]) -> None:
    if len(key) > KEY_LENGTH_MAX or _KEY.fullmatch(key) is None:
        raise InvalidInput(at, Problem.WRONG_TYPE, expected="expected a name such as customer.name")
    # One is not the object that another lies in.
    if key in taken or any(one in taken for one in _above(key)) or any(one.startswith(f"{key}.") for one in taken):
        raise InvalidInput(at, Problem.WRONG_TYPE, expected=f"{key} is there already, or lies in another key")
    taken.add(key)


def _above(key: str) -> Iterator[str]:
    ways = key.split(".")
    return (".".join(ways[:number]) for number in range(1, len(ways)))


def _check_count(given: Sequence[Any], maximum: int, at: Path, *, minimum: int = 0) -> None:
    if not minimum <= len(given) <= maximum:
        raise InvalidInput(at, Problem.COUNT, minimum=minimum, maximum=maximum, count=len(given))
