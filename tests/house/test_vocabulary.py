"""Every field and parameter of the native API says what it means: a sentence, an example and a form."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema_rs import validator_for

from keyturn.http.vocabulary import vocabulary
from tillgate.api.application import ROUTES
from tillgate.api.openapi import WORDS, document
from tillgate.api.samples import example_of

TOLD: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document(ROUTES, "https://pay.example")))
COMPONENTS: dict[str, Any] = TOLD["components"]["schemas"]


def fields() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for holder, schema in COMPONENTS.items():
        for name, field in schema.get("properties", {}).items():
            if "x-expanded" not in field:
                yield holder, name, field


def parameters() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in TOLD["paths"].items():
        for method, operation in operations.items():
            for parameter in operation["parameters"]:
                yield f"{method} {path} {parameter['name']}", parameter


def misfits(schema: dict[str, Any], example: Any) -> list[str]:
    whole = {**schema, "components": TOLD["components"]}
    whole["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    validator = validator_for(whole, validate_formats=True)
    return [error.message for error in validator.iter_errors(example)]


def exemplified(schema: dict[str, Any]) -> bool:
    """Whether a reader sees what the values look like: in an example, an enumeration, or another object."""
    if "anyOf" in schema and "examples" not in schema:
        return all(exemplified(one) for one in schema["anyOf"] if one.get("type") != "null")
    if schema.get("type") == "array" and "examples" not in schema:
        return exemplified(schema["items"])
    return bool({"examples", "enum", "$ref", "example", "default"} & schema.keys())


def test_every_field_has_a_sentence_and_an_example() -> None:
    """A field without a sentence, or whose values nobody has seen, fails by its name."""
    silent = [f"{holder}.{name}" for holder, name, one in fields() if not is_sentence(one.get("description", ""))]
    unseen = [f"{holder}.{name}" for holder, name, field in fields() if not exemplified(field)]
    assert (silent, unseen) == ([], [])


def test_every_parameter_has_a_sentence() -> None:
    """What stands in a path, a query or a header is told as well."""
    assert [name for name, one in parameters() if not is_sentence(one.get("description", ""))] == []


def test_every_example_is_valid() -> None:
    """An example fits the schema beside it, formats included."""
    wrong = [
        f"{holder}.{name}: {problem}"
        for holder, name, field in fields()
        for example in field.get("examples", ())
        for problem in misfits(field, example)
    ]
    wrong += [
        f"{name}: {problem}"
        for name, one in parameters()
        if "example" in one
        for problem in misfits(one["schema"], one["example"])
    ]
    assert wrong == []


def test_no_word_is_left_over() -> None:
    """What the vocabulary says is said of a field that there is."""
    words = vocabulary(WORDS)
    names = {name for _, name, _ in fields()} | {one["name"] for _, one in parameters()}
    taken = {(schema, name) for schema, name, _ in fields()}
    taken |= {(one["in"], one["name"]) for _, one in parameters()}
    assert words.everywhere.keys() <= names
    assert {(holder, name) for holder, own in words.within.items() for name in own} <= taken


def test_a_form_that_there_is_not_is_refused(tmp_path: Any) -> None:
    """A misspelt form is an error at once, and names those that there are."""
    file = tmp_path / "words.toml"
    file.write_text('at = ["When it happened, in UTC.", "2026-05-04T09:30:00Z", "instnat"]\n')
    with pytest.raises(ValueError, match="instnat"):
        vocabulary(file)


def is_sentence(text: str) -> bool:
    return len(text) > 12 and (text[0].isupper() or text.startswith("`"))


def test_the_example_of_an_object_is_one() -> None:
    """What the reference shows of each object, made of the examples of its fields, fits the object's schema."""
    wrong = {}
    for name, schema in COMPONENTS.items():
        whole = {**schema, "components": {"schemas": COMPONENTS}}
        found = [error.message for error in validator_for(whole).iter_errors(example_of(schema, COMPONENTS))]
        if found:
            wrong[name] = found
    assert wrong == {}
