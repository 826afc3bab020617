"""A body's or a query's fields as options, and their texts as values."""

import json
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from keyturn.cli.output import fail
from keyturn.http.vocabulary import vocabulary
from tillgate.api.openapi import WORDS
from tillgate.api.sessions import Amount

Kind = Literal["text", "whole", "yes", "texts", "map", "amount", "json"]
_PLAIN: Final[dict[Any, Kind]] = {str: "text", int: "whole", bool: "yes", dict: "map", Amount: "amount"}
_META: Final[dict[Kind, str]] = {
    "text": "TEXT",
    "whole": "NUMBER",
    "yes": "true|false",
    "texts": "TEXT",
    "map": "NAME=VALUE",
    "amount": "AMOUNT",
    "json": "JSON",
}
_NULL: Final = re.compile(r"\b[Nn]ull\b")
_HELP: Final[dict[Kind, str]] = {
    "texts": "Give it several times for several.",
    "map": "Text; give it several times for several, or one JSON object.",
    "amount": 'A price and its currency: "50.00 USD".',
    "json": "As the API reference has it.",
}


class Field(NamedTuple):
    """One field.

    Attributes:
        name: what its option is called, without the dashes.
        wire: what the API calls it.
        clearable: whether null says something else than leaving it out.
        about: what its declaration, or else the API's vocabulary, says of it; empty where neither says anything.
    """

    name: str
    wire: str
    kind: Kind
    choices: tuple[str, ...]
    required: bool
    clearable: bool
    about: str

    @property
    def many(self) -> bool:
        """Whether its option may be given several times."""
        return self.kind in ("texts", "map")

    @property
    def metavar(self) -> str:
        """What its option shows as its value."""
        return "|".join(self.choices) if self.choices else _META[self.kind]

    def help(self, *, updates: bool = False) -> str:
        """What its option says of itself; a command that *updates* clears a value with ``--clear``."""
        # The vocabulary speaks of JSON, where null says that there is nothing. A command line has no null.
        lower, upper = ("cleared", "Cleared") if updates else ("left out", "Left out")
        about = _NULL.sub(lambda null: upper if null[0][0] == "N" else lower, self.about)
        return " ".join(filter(None, (about, "Required." if self.required else "", _HELP.get(self.kind, ""))))


def fields_of(declared: type[msgspec.Struct] | None, place: Literal["body", "query"] = "body") -> list[Field]:
    """The fields of a declared body or query."""
    return [] if declared is None else list(_fields(declared, place))


def _fields(declared: type[msgspec.Struct], place: str) -> Iterator[Field]:
    words = vocabulary(WORDS)
    for one in msgspec.structs.fields(declared):
        members = list(_members(one.type))
        real = [member for member in members if member not in (type(None), msgspec.UnsetType)]
        kind, choices = _kind_of(real)
        name = one.name.strip("_").replace("_", "-")
        word = words.word(one.encode_name, declared.__name__, place)
        about = _about(one.type) or (word.sentence if word is not None else "")
        yield Field(name, one.encode_name, kind, choices, one.required, type(None) in members, about)


def _members(annotation: Any) -> Iterator[Any]:
    """What an annotation allows, one by one, without what is said about it."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for inner in get_args(annotation):
            yield from _members(inner)
    else:
        yield annotation


def _about(annotation: Any) -> str:
    """The sentence in an annotation, at whatever depth."""
    if isinstance(annotation, msgspec.Meta):
        return annotation.description or ""
    inner = [*get_args(annotation), *getattr(annotation, "__metadata__", ())]
    if get_origin(annotation) in (Annotated, Union, types.UnionType):
        return next((text for text in map(_about, inner) if text), "")
    return ""


def _kind_of(real: Sequence[Any]) -> tuple[Kind, tuple[str, ...]]:
    if len(real) != 1:
        return ("text", ()) if all(one is str for one in real) else ("json", ())
    [only] = real
    outer = get_origin(only) or only
    if outer is Literal:
        return "text", tuple(map(str, get_args(only)))
    if outer in (list, tuple):
        texts = all(_kind_of([inner])[0] == "text" for inner in _members(get_args(only)[0]))
        return ("texts" if texts else "json"), ()
    if isinstance(outer, type) and issubclass(outer, Enum):
        return "text", tuple(str(member.value) for member in outer)
    return _PLAIN.get(outer, "json"), ()


def value_of(field: Field, given: str | Sequence[str]) -> Any:
    """The value that a field's option has, or a clear end of the command."""
    if not isinstance(given, str):
        return list(given) if field.kind == "texts" else _map(field, given)
    match field.kind:
        case "yes":
            if given not in ("true", "false"):
                fail(f"--{field.name}: expected true or false, got {given[:40]!r}")
            return given == "true"
        case "whole":
            if not given.isascii() or not given.removeprefix("-").isdigit() or len(given) > 18:
                fail(f"--{field.name}: expected a whole number, got {given[:40]!r}")
            return int(given)
        case "amount":
            if given.startswith("{"):
                return _json(field, given)
            value, _, currency = given.partition(" ")
            if not value or not currency.strip():
                fail(f'--{field.name}: expected a price and its currency, such as "50.00 USD"; got {given[:40]!r}')
            return {"value": value, "currency": currency.strip()}
        case "json":
            return _json(field, given)
        case _:
            return _text(field, given)


def _text(field: Field, given: str) -> str:
    if field.choices and given not in field.choices:
        fail(f"--{field.name}: expected one of {', '.join(field.choices)}; got {given[:40]!r}")
    return given


def _map(field: Field, given: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in given:
        if one.startswith("{"):
            found |= _json(field, one)
            continue
        name, equals, value = one.partition("=")
        if not name or not equals:
            fail(f"--{field.name}: expected NAME=VALUE, got {one[:40]!r}")
        found[name] = value
    return found


def _json(field: Field, text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        fail(f"--{field.name}: expected JSON, got {text[:40]!r}")
    if not isinstance(value, Mapping | list):
        fail(f"--{field.name}: expected a JSON object or array, got {text[:40]!r}")
    return value
