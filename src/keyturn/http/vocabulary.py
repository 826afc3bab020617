"""What the fields of a language mean, said once for all objects that have them, and put into its OpenAPI document.

A vocabulary is a TOML file beside a language's routes. ``name = [sentence, example, form]`` holds for a field of that
name everywhere; a table with an object's name says what differs in that object, ``[path]`` and ``[query]`` what differs
in a parameter. The example may be left out where the schema has one: where the field is an enumeration, or is made of
other objects. The form, a key of the language's forms, is that of a text or number whose type says nothing more; of a
list or a table, that of each value.

It stands beside the types rather than in each field's ``Meta``, because the same name means the same in every object:
750 fields have 220 names, and ``createdAt`` alone stands in seventeen.
"""

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from msgspec import Meta

Forms = Mapping[str, Mapping[str, Any]]
"""What a text or a number can be, as JSON Schema, by the name that a vocabulary has for it."""

# Those that hold in every language; what a language bounds itself, it adds out of the constants that it checks with.
FORMS: Final[Forms] = {
    "address_of_a_page": {"format": "uri-reference"},
    "count": {"minimum": 0},
    "country": {"pattern": "^[A-Z]{2}$"},
    "currency": {"pattern": "^[A-Z]{3}$"},
    "decimal": {"pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    "digits": {"pattern": "^[0-9]+$"},
    "hash": {"pattern": "^[0-9a-f]{64}$"},
    "instant": {"format": "date-time"},
    "month": {"pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"},
    # For people, as long as it takes.
    "text": {},
    "url": {"format": "uri"},
    "uuid": {"format": "uuid"},
    "word": {"pattern": "^[A-Za-z][A-Za-z0-9_.:-]*$"},
}
_FORMED: Final = frozenset({"enum", "format", "maxLength", "maximum", "minimum", "pattern"})


class Word(NamedTuple):
    """What is said of one field.

    Attributes:
        form: a key of the language's forms; empty where the type says enough.
    """

    sentence: str
    example: Any = None
    form: str = ""


class Vocabulary(NamedTuple):
    """A language's words: those that hold everywhere, and by object those that differ."""

    everywhere: dict[str, Word]
    within: dict[str, dict[str, Word]]

    def word(self, name: str, *holders: str) -> Word | None:
        """What is said of a field, in the first of these holders that says something; None where nothing is."""
        for holder in holders:
            if (word := self.within.get(holder, {}).get(name)) is not None:
                return word
        return self.everywhere.get(name)


@cache
def vocabulary(path: Path) -> Vocabulary:
    """The vocabulary of a file, which ships with the code.

    Raises:
        ValueError: it is not TOML.
    """
    everywhere: dict[str, Word] = {}
    within: dict[str, dict[str, Word]] = {}
    for name, value in tomllib.loads(path.read_text("utf-8")).items():
        if isinstance(value, dict):
            within[name] = {field: Word(*one) for field, one in value.items()}
        else:
            everywhere[name] = Word(*value)
    return Vocabulary(everywhere, within)


def declares(**schema: Any) -> Meta:
    """What the code behind a field checks, said of its type for readers and for tools; msgspec does not check it. Its
    limits are the constants of that code."""
    return Meta(extra_json_schema=schema)


def describe(components: dict[str, Any], words: Vocabulary, forms: Forms = FORMS) -> None:
    """Put what is said of each field into its schema, with a form where the type has none, and an example.

    Raises:
        ValueError: a field has a form that there is not.
    """
    for holder, schema in components.items():
        for name, field in schema.get("properties", {}).items():
            word = words.word(name, holder)
            if word is None or "x-expanded" in field:
                continue
            if word.form:
                if word.form not in forms:
                    raise ValueError(f"{holder}.{name} has the form {word.form}; there are {', '.join(forms)}")
                _form(field, forms[word.form])
            if word.example is not None and "$ref" not in field:
                field.setdefault("examples", [deepcopy(word.example)])
            field.setdefault("description", word.sentence)


def worded(parameter: dict[str, Any], word: Word | None) -> dict[str, Any]:
    """A parameter with what is said of it, and an example that a reader can send."""
    if word is None:
        return parameter
    schema = {name: value for name, value in parameter["schema"].items() if name not in ("description", "examples")}
    with_it = {"description": word.sentence, **parameter, "schema": schema}
    return with_it if word.example is None else {**with_it, "example": word.example}


def _form(field: dict[str, Any], form: Mapping[str, Any]) -> None:
    for one in field.get("anyOf", [field]):
        if one.get("type") == "array" and "items" in one:
            _form(one["items"], form)
        elif isinstance(one.get("additionalProperties"), dict):
            _form(one["additionalProperties"], form)
        elif one.get("type") in ("string", "integer", "number") and not _FORMED & one.keys():
            one.update(form)
