"""A manifest as a form, and the form as data. Without a script the same fields are sent."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tillgate.documents.templates.manifest import Loop, Manifest, Variable

FIELDS_MAX: Final = 3_000
FORM_BYTES_MAX: Final = 640 * 1024
# More are sent by the partner's own server, with a key.
ROWS_MAX: Final = 100
_INPUTS: Final = {
    "longtext": "textarea",
    "number": "decimal",
    "currency": "decimal",
    "date": "date",
    "boolean": "boolean",
    "image": "url",
    "url": "url",
    "email": "email",
}

Fields = Mapping[str, str]


class FormField(NamedTuple):
    """One field of the form.

    Attributes:
        kind: what it is filled in with.
    """

    name: str
    key: str
    label: str
    kind: str
    value: str
    required: bool
    description: str


class FormRows(NamedTuple):
    """The rows of a loop, each with its fields."""

    name: str
    label: str
    rows: list[list[FormField]]


def form_of(manifest: Manifest, data: Mapping[str, Any]) -> tuple[list[FormField], list[FormRows]]:
    """The form of a manifest, filled in with this data."""
    fields = [_field(f"v{at}", one, _found(data, one.key)) for at, one in enumerate(manifest.variables)]
    loops = [_rows(f"l{at}", one, data.get(one.key)) for at, one in enumerate(manifest.loops)]
    return fields, loops


def data_of(manifest: Manifest, sent: Fields, *, more: str = "") -> dict[str, Any]:
    """What was filled in, by the keys of the manifest; nothing stands for what was left empty.

    Args:
        more: the name of rows that an empty one is added to.
    """
    data: dict[str, Any] = {
        one.key: value for at, one in enumerate(manifest.variables) if (value := sent.get(f"v{at}", ""))
    }
    for at, loop in enumerate(manifest.loops):
        rows = []
        for row in range(ROWS_MAX):
            names = [f"l{at}r{row}f{field}" for field in range(len(loop.item_fields))]
            if not any(name in sent for name in names):
                break
            values = {
                one.key: value
                for name, one in zip(names, loop.item_fields, strict=True)
                if (value := sent.get(name, ""))
            }
            if values:
                rows.append(values)
        if more == f"l{at}":
            rows.append({})
        data[loop.key] = rows
    return data


def prefilled(manifest: Manifest, *given: Mapping[str, Any]) -> dict[str, Any]:
    """What the form begins with: of each key what the last of these has that has it."""
    data: dict[str, Any] = {}
    for variable in manifest.variables:
        for one in given:
            value = _found(one, variable.key)
            if value is not None:
                data[variable.key] = value
    for loop in manifest.loops:
        for one in given:
            rows = one.get(loop.key)
            if isinstance(rows, list):
                data[loop.key] = [row for row in rows if isinstance(row, dict)][:ROWS_MAX]
    return data


def _rows(name: str, loop: Loop, given: Any) -> FormRows:
    found = [row for row in given if isinstance(row, dict)] if isinstance(given, list) else []
    rows = [
        [_field(f"{name}r{at}f{number}", one, _found(row, one.key)) for number, one in enumerate(loop.item_fields)]
        for at, row in enumerate(found[:ROWS_MAX] or [{}])
    ]
    return FormRows(name, loop.label or loop.key, rows)


def _field(name: str, one: Variable, value: Any) -> FormField:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    label, kind = one.label or one.key, _INPUTS.get(one.data_type, "text")
    return FormField(name, one.key, label, kind, text, one.required, one.description)


def _found(data: Mapping[str, Any], key: str) -> Any:
    """The value under a key as it is written, or else where its dots lead."""
    if key in data:
        return data[key]
    place: Any = data
    for way in key.split("."):
        place = place.get(way) if isinstance(place, Mapping) else None
    return place
