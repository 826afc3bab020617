"""What the fields of a language mean, said once for all objects that have them, and put into its OpenAPI document.

A vocabulary is a TOML file beside a language's routes. ``name = [sentence, example, form]`` holds for a field of that
name everywhere; a table with an object's name says what differs in that object, ``[path]`` and ``[query]`` what differs
in a parameter. The example may be left out where the schema has one: where the field is an enumeration, or is made of
other objects. The form, a key of ``FORMS``, is that of a text or count whose type says nothing more.

It stands beside the types rather than in each field's ``Meta``, because the same name means the same in every object:
750 fields have 220 names, and ``createdAt`` alone stands in seventeen.
"""

import tomllib
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

FORMS: Final[dict[str, dict[str, Any]]] = {
    "count": {"minimum": 0},
    "currency": {"pattern": "^[A-Z]{3}$"},
    "decimal": {"pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    "description": {"maxLength": 2_000},
    "digits": {"pattern": "^[0-9]+$"},
    "email": {"maxLength": 254},
    "id": {"pattern": "^[a-z]{2,8}_[0-9a-hjkmnp-tv-z]{26}$"},
    "instant": {"format": "date-time"},
    "name": {"maxLength": 200},
    "text": {},
    "url": {"format": "uri"},
}
_FORMED: Final = frozenset({"enum", "format", "maxLength", "maximum", "minimum", "pattern"})


class Word(NamedTuple):
    """What is said of one field.

    Attributes:
        form: a key of ``FORMS``; empty where the type says enough.
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
        ValueError: it is not TOML, or names a form that there is not.
    """
    everywhere: dict[str, Word] = {}
    within: dict[str, dict[str, Word]] = {}
    for name, value in tomllib.loads(path.read_text("utf-8")).items():
        if isinstance(value, dict):
            within[name] = {field: Word(*one) for field, one in value.items()}
        else:
            everywhere[name] = Word(*value)
    for words in (everywhere, *within.values()):
        for name, word in words.items():
            if word.form and word.form not in FORMS:
                raise ValueError(f"{path.name}: {name} has the form {word.form}; there are {', '.join(FORMS)}")
    return Vocabulary(everywhere, within)


def describe(components: dict[str, Any], words: Vocabulary) -> None:
    """Put what is said of each field into its schema, with a form where the type has none, and an example."""
    for holder, schema in components.items():
        for name, field in schema.get("properties", {}).items():
            word = words.word(name, holder)
            if word is None or "x-expanded" in field:
                continue
            if word.form:
                _form(field, FORMS[word.form])
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


def _form(field: dict[str, Any], form: dict[str, Any]) -> None:
    for one in field.get("anyOf", [field]):
        if one.get("type") in ("string", "integer", "number") and not _FORMED & one.keys():
            one.update(form)
