"""Every field and parameter of each language says what it means: a sentence, an example and a form."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from jsonschema_rs import validator_for

from keyturn.http import openapi as keys
from keyturn.http.samples import example_of
from keyturn.http.server import ROUTES as KEY_ROUTES
from keyturn.http.vocabulary import describe, vocabulary
from tests.limits import LIMITED
from tillgate.api.application import ROUTES
from tillgate.api.openapi import WORDS, document
from tillgate.dialects.spoken import SPOKEN
from tillgate.wire import openapi

HOST: Final = "https://pay.example"
DIALECTS: Final = {
    Path(one.described_at).stem: one for spoken in SPOKEN for one in (spoken, *spoken.beside) if one.described_at
}
# Where each language's words are. Languages of one vendor share them.
WORDS_OF: Final = {"native": WORDS, "keyturn": keys.WORDS} | {name: one.words for name, one in DIALECTS.items()}
languages = pytest.mark.parametrize("language", WORDS_OF)


@cache
def told(language: str) -> dict[str, Any]:
    """A language's OpenAPI document, as somebody reads it."""
    if language == "native":
        made = document(ROUTES, HOST)
    elif language == "keyturn":
        made = keys.document(KEY_ROUTES)
    else:
        made = openapi.document(DIALECTS[language], language, HOST, "1")
    decoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(made))
    return decoded


def fields(language: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for holder, schema in told(language)["components"]["schemas"].items():
        for name, field in schema.get("properties", {}).items():
            if "x-expanded" not in field:
                yield holder, name, field


def parameters(language: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in told(language)["paths"].items():
        for method, operation in operations.items():
            for parameter in operation["parameters"]:
                yield f"{method} {path} {parameter['name']}", parameter


def misfits(language: str, schema: dict[str, Any], example: Any) -> list[str]:
    whole = {**schema, "components": told(language)["components"]}
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


@languages
def test_every_field_has_a_sentence_and_an_example(language: str) -> None:
    """A field without a sentence, or whose values nobody has seen, fails by its name."""
    silent = [
        f"{holder}.{name}" for holder, name, one in fields(language) if not is_sentence(one.get("description", ""))
    ]
    unseen = [f"{holder}.{name}" for holder, name, field in fields(language) if not exemplified(field)]
    assert (silent, unseen) == ([], [])


@languages
def test_every_parameter_has_a_sentence(language: str) -> None:
    """What stands in a path, a query or a header is told as well."""
    assert [name for name, one in parameters(language) if not is_sentence(one.get("description", ""))] == []


@languages
def test_every_example_is_valid(language: str) -> None:
    """An example fits the schema beside it, formats included."""
    wrong = [
        f"{holder}.{name}: {problem}"
        for holder, name, field in fields(language)
        for example in field.get("examples", ())
        for problem in misfits(language, field, example)
    ]
    wrong += [
        f"{name}: {problem}"
        for name, one in parameters(language)
        if "example" in one
        for problem in misfits(language, one["schema"], one["example"])
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "path", sorted({path for path in WORDS_OF.values() if path is not None}), ids=lambda path: path.parent.name
)
def test_no_word_is_left_over(path: Path) -> None:
    """What a vocabulary says is said of a field that there is."""
    words = vocabulary(path)
    told_by = [language for language, own in WORDS_OF.items() if own == path]
    taken = {(holder, name) for language in told_by for holder, name, _ in fields(language)}
    taken |= {(one["in"], one["name"]) for language in told_by for _, one in parameters(language)}
    assert words.everywhere.keys() <= {name for _, name in taken}
    assert {(holder, name) for holder, own in words.within.items() for name in own} <= taken


def test_a_form_that_there_is_not_is_refused(tmp_path: Any) -> None:
    """A misspelt form is an error at once, and names those that there are."""
    file = tmp_path / "words.toml"
    file.write_text('at = ["When it happened, in UTC.", "2026-05-04T09:30:00Z", "instnat"]\n')
    with pytest.raises(ValueError, match="instnat"):
        describe({"Thing": {"properties": {"at": {"type": "string"}}}}, vocabulary(file))


def is_sentence(text: str) -> bool:
    return len(text) > 12 and (text[0].isupper() or text.startswith("`"))


@languages
def test_the_example_of_an_object_is_one(language: str) -> None:
    """What the reference shows of each object, made of the examples of its fields, fits the object's schema."""
    schemas = told(language)["components"]["schemas"]
    shown = {name: example_of(schema, schemas) for name, schema in schemas.items()}
    assert {name: found for name, one in shown.items() if (found := misfits(language, schemas[name], one))} == {}


# Texts and numbers without a limit or a form, by why: of any language, or of one alone.
FOR_PEOPLE = "a sentence for people, as long as it takes"
AS_GIVEN = "said by the operator, the buyer or another server, and kept or told as it was"
JUDGED = "judged and never refused: a verdict is the answer"
OFFERED = "the installation says which there are; another is refused with a list of them"
IN_THE_WHOLE = "bounded in bytes with all that it is a part of"
NOT_READ = "accepted because the language has it, and not read"
UNLIMITED: Final[dict[str, dict[str, str]]] = {
    FOR_PEOPLE: {
        "": "message detail details param title nextStep summary error errorMessage fieldErrors formErrors "
        "networkTitle exchangeLabel PublicProvider.name",
    },
    AS_GIVEN: {
        "keyturn": "actor createdBy disabledBy disabledReason endedBy exposedHow revokedBy revokedReason confirmed "
        "lapsed",
        "crossmint": "imageUrl locator",
        "craftkit": "SessionAnswer.session_id KeySet.keys",
    },
    JUDGED: {
        "keyturn": "OriginalRequest.address OriginalRequest.headers OriginalRequest.method OriginalRequest.path "
        "Verify.address Verify.appIdentifier Verify.key Verify.objectId Verify.origin Verify.scope Verify.scopes",
        "smartpay": "CreateSession.mode",
        "coin-moebius": "v",
    },
    OFFERED: {"keyturn": "scopes requiredScope"},
    IN_THE_WHOLE: {
        "craftkit": "CatalogField.description CatalogField.format Namespace.icon Namespace.key "
        "SessionScope.templateExternalId SessionScope.templateId",
    },
    NOT_READ: {
        "craftkit": "SessionActor.avatarUrl SessionActor.email SessionForm.redirectUrl SessionLimits.maxSaveDrafts "
        "SessionLimits.maxUploadsBytes SessionRequest.permissionsPreset",
    },
}


def excepted(language: str) -> set[str]:
    return {
        name
        for by in UNLIMITED.values()
        for one, names in by.items()
        if one in ("", language)
        for name in names.split()
    }


def unlimited(schema: dict[str, Any]) -> bool:
    """Whether a text or a number may stand there of which nothing is said."""
    if "anyOf" in schema:
        return any(unlimited(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return unlimited(schema.get("items", {}))
    if isinstance(schema.get("additionalProperties"), dict):
        return unlimited(schema["additionalProperties"])
    return schema.get("type") in ("string", "integer", "number") and not LIMITED & schema.keys()


@languages
def test_every_text_and_number_states_a_limit_or_a_form(language: str) -> None:
    """Of a field or a parameter that may be anything, ``UNLIMITED`` says why, and of no other."""
    allowed = excepted(language)
    found = {(holder, name) for holder, name, one in fields(language) if unlimited(one)}
    found |= {("", one["name"]) for _, one in parameters(language) if unlimited(one["schema"])}
    assert sorted(f"{holder}.{name}" for holder, name in found if not {name, f"{holder}.{name}"} & allowed) == [], (
        "declare its limit or form beside the code that checks it, or say in UNLIMITED why it has none"
    )
    of_this_one = {name for by in UNLIMITED.values() for name in by.get(language, "").split()}
    assert {one for one in of_this_one if not any(one in (name, f"{holder}.{name}") for holder, name in found)} == set()
