"""The editor's form: a template's source, its manifest in rows, and its sample data."""

import re
from typing import Any, Final, NamedTuple

import msgspec

from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Path, Problem, path_of
from tillgate.dashboard.forms import Form
from tillgate.dashboard.words import sentence_of
from tillgate.documents.templates.manifest import (
    FIELDS_MAX,
    LOOPS_MAX,
    VARIABLES_MAX,
    DataType,
    Loop,
    Manifest,
    Variable,
    preview_of,
)
from tillgate.documents.templates.page_settings import UNSET_PAGE, PageSettings, checked_page

TYPES: Final[tuple[DataType, ...]] = (
    "text",
    "longtext",
    "number",
    "currency",
    "date",
    "datetime",
    "boolean",
    "image",
    "url",
    "email",
)
BLANK_ROWS: Final = 2
_FIELDS: Final = ("slug", "name", "description", "source", "sample", "paper", "margin")
_ROW: Final = re.compile(r"([vl])(\d{1,4})_key")
_CELL: Final = re.compile(r"l(\d{1,4})f(\d{1,4})_key")


class Line(NamedTuple):
    """A variable's row of the form; ``name`` is what the names of its fields begin with."""

    name: str
    variable: Variable


class Group(NamedTuple):
    """A loop with its rows."""

    name: str
    loop: Loop
    lines: list[Line]


class Edited(NamedTuple):
    """What the editor holds.

    Attributes:
        sample: as JSON, as it was typed.
        places: by the way in the manifest, which row of the form that is.
    """

    source: str
    manifest: Manifest
    sample: str
    places: dict[Path, str]
    page: PageSettings = PageSettings()

    def data(self) -> dict[str, Any]:
        """The sample data.

        Raises:
            InvalidInput: it is no JSON object.
        """
        try:
            found = msgspec.json.decode(self.sample or "{}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            expected = 'expected JSON, such as {"title": "Hello"}'
            raise InvalidInput("sample", Problem.WRONG_TYPE, expected=expected) from error
        if not isinstance(found, dict):
            raise InvalidInput("sample", Problem.WRONG_TYPE, expected="expected a JSON object")
        return found

    def problems(self, error: InvalidInput) -> dict[str, str]:
        """What is wrong, beside the field of the form that it is about."""
        field, words = error.field, sentence_of(error)
        path = path_of(field)
        if path and path[0] == "data":
            where = ".".join(str(one) for one in path[1:])
            return {"sample": f"{where}: {words}"}
        while path:
            if path in self.places:
                return {self.places[path]: words}
            path = path[:-1]
        name = str(path_of(field)[0]) if field else ""
        return {name if name in _FIELDS else "": words}


def of_version(source: str, manifest: Manifest, page: PageSettings = UNSET_PAGE) -> Edited:
    """A version, to be worked on."""
    sample = msgspec.json.format(msgspec.json.encode(preview_of(manifest)), indent=2).decode()
    return Edited(source, manifest, sample, {}, page)


def of_form(form: Form) -> Edited:
    """What was sent; rows without a key are left out.

    Raises:
        InvalidInput: a type is none of those that there are, or a page none that can be.
    """
    page = checked_page(form.one("paper"), form.one("landscape") == "yes", form.text("margin"))
    places: dict[Path, str] = {}
    numbers: dict[str, set[int]] = {"v": set(), "l": set()}
    cells: dict[int, set[int]] = {}
    for name, _ in form.pairs():
        if (row := _ROW.fullmatch(name)) is not None:
            numbers[row[1]].add(int(row[2]))
        elif (cell := _CELL.fullmatch(name)) is not None:
            cells.setdefault(int(cell[1]), set()).add(int(cell[2]))
    variables: list[Variable] = []
    for number in sorted(numbers["v"])[:VARIABLES_MAX]:
        _add(form, f"v{number}", variables, ("variables",), places)
    loops: list[Loop] = []
    for number in sorted(numbers["l"])[:LOOPS_MAX]:
        key = form.text(f"l{number}_key")
        fields: list[Variable] = []
        at: Path = ("loops", len(loops))
        for cell_number in sorted(cells.get(number, ()))[:FIELDS_MAX]:
            _add(form, f"l{number}f{cell_number}", fields, (*at, "item_fields"), places)
        if key or fields:
            places[at] = f"l{number}_key"
            loops.append(Loop(key, fields, form.text(f"l{number}_label")))
    return Edited(form.one("source"), Manifest(variables, loops), form.one("sample"), places, page)


def lines_of(manifest: Manifest) -> tuple[list[Line], list[Group]]:
    """The rows of the form, with empty ones to be filled in."""
    empty = [Variable("")] * BLANK_ROWS
    lines = [Line(f"v{at}", one) for at, one in enumerate([*manifest.variables, *empty])]
    groups = [
        Group(f"l{at}", loop, [Line(f"l{at}f{number}", one) for number, one in enumerate([*loop.item_fields, *empty])])
        for at, loop in enumerate([*manifest.loops, Loop("", [])])
    ]
    return lines, groups


def _add(form: Form, name: str, variables: list[Variable], at: Path, places: dict[Path, str]) -> None:
    key = form.text(f"{name}_key")
    if not key:
        return
    given = form.one(f"{name}_type") or "text"
    data_type = next((one for one in TYPES if one == given), None)
    if data_type is None:
        raise InvalidInput("data_type", Problem.NOT_A_CHOICE, choices=TYPES)
    places[(*at, len(variables))] = f"{name}_key"
    required = form.one(f"{name}_required") == "yes"
    variables.append(Variable(key, form.text(f"{name}_label"), data_type, required))
