"""Errors are a field and a problem below the wires; each wire and page words them."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from msgspec import inspect

from tests.house.source import SRC, nodes_of, python_files, texts_of, where
from tillgate.api.application import ROUTES
from tillgate.api.errors import WORDS
from tillgate.api.openapi import document
from tillgate.base.errors import InvalidInput, TillgateError
from tillgate.base.money import Money
from tillgate.base.problems import Problem
from tillgate.dashboard import words as merchant
from tillgate.pages import words as buyer
from tillgate.wire import reading
from tillgate.wire.words import SENTENCES
from tillgate.words import ENGLISH, words_in

BELOW: Final = ("base", "store", "words", "events", "rails", "checkout", "access", "wire")
KEYTURNS_WIRES: Final = (("keyturn", "http"), ("keyturn", "cli"))
# What is the native form of something, kept below for a reason of its own.
NATIVE_BY_NATURE: Final = {
    "tillgate/events/model.py": "the native reference of events",
    "tillgate/wire/canonical.py": "what made two requests the same in earlier versions",
    "tillgate/wire/openapi_links.py": "links of the OpenAPI document",
    "tillgate/rails/evm/rpc.py": "the methods of Ethereum's JSON-RPC",
}
CAMEL: Final = re.compile(r"[A-Za-z]+", re.ASCII)

# A value of each name that a problem may have.
VALUES: Final[dict[str, Any]] = {
    "order_id": "ord_1",
    "status": "open",
    "after": 9,
    "allow": "amount",
    "beside": "currency",
    "bound": Money(500, "USD"),
    "choices": ("one", "two"),
    "count": 2,
    "coupon": "EUR",
    "currency": "USD",
    "depth": 9,
    "detail": "truncated",
    "digits": 2,
    "discount": Money(500, "USD"),
    "example": "99.00",
    "may_be_zero": True,
    "expected": "Expected `int`",
    "given": "three",
    "host_maximum": 253,
    "hours": 24,
    "http_loopback": True,
    "label_maximum": 63,
    "last": "onion",
    "left": Money(500, "USD"),
    "length": 300,
    "log": "log_1",
    "maximum": 200,
    "minimum": 1,
    "newest": 7,
    "noun": "coupon",
    "order": "EUR",
    "other": "success_url",
    "others": ("link_id", "line_items", "product_id"),
    "prefix": "cs",
    "price": Money(900, "USD"),
    "product": "USD",
    "readings": ("1234.00", "1.23"),
    "reference": "A-1",
    "role": "viewer",
    "suggestion": "two",
    "unlimited": True,
    "width": 2_000,
    "height": 2_000,
    "what": "coupon",
    "where": ("discount_type", "amount"),
    "with_code": True,
    "without": "product_id",
}


# Some are called so and mean something else.
OTHERS: Final[dict[Problem, dict[str, Any]]] = {
    Problem.DISCOUNT_CURRENCY: {"discount": "EUR", "price": "USD"},
    Problem.DISCOUNT_MINIMUM: {"minimum": Money(500, "USD")},
}


@functools.cache
def fields_of_the_api() -> set[str]:
    """Every name in camelCase that a body, an answer or a query of the API has."""
    described = document(ROUTES, "https://shop.example")
    names: set[str] = set()
    for schema in described["components"]["schemas"].values():
        names.update(schema.get("properties", ()))
    for path in described["paths"].values():
        for operation in path.values():
            names.update(one["name"] for one in operation.get("parameters", ()) if one["in"] == "query")
    return {name for name in names if not name.islower() and "_" not in name}


def sources() -> list[Path]:
    # Keyturn's own server and command line are a wire, with a language of their own.
    houses = [SRC / "tillgate" / room for room in BELOW] + [SRC / "keyturn"]
    return [path for path in python_files(*houses) if path.relative_to(SRC).parts[:2] not in KEYTURNS_WIRES]


def test_no_text_below_the_wires_names_a_field_as_the_api_does() -> None:
    """Every language would say it so, and pages took it out of the sentence again. The domain names a field in its own
    words, and whoever tells it spells it."""
    fields, wrong = fields_of_the_api(), []
    assert {"fiatAmount", "lineItems", "expiresInSeconds"} <= fields
    for path in sources():
        if path.relative_to(SRC).as_posix() not in NATIVE_BY_NATURE:
            wrong += [
                f"{where(path, node)}: {one}"
                for node, text in texts_of(path)
                for one in CAMEL.findall(text)
                if one in fields
            ]
    assert wrong == []


def test_fields_in_camel_case_are_found_at_all() -> None:
    """The rule above sees those that there are."""
    for one in NATIVE_BY_NATURE:
        found = {word for _, text in texts_of(SRC / one) for word in CAMEL.findall(text)}
        assert found & fields_of_the_api(), f"{one} needs no exception"


def test_whoever_words_a_problem_has_words_for_each() -> None:
    """A problem without words would be an error while an error is told."""
    for words in (SENTENCES, merchant.WORDS.sentences):
        assert set(words) == set(Problem)


def problems_raised() -> dict[tuple[str, str], tuple[Problem, dict[str, Any]]]:
    """Every problem that is raised, with a value of each name that it is raised with."""
    found: dict[tuple[str, str], tuple[Problem, dict[str, Any]]] = {}
    for path in python_files(SRC / "tillgate"):
        for node in nodes_of(path):
            if not isinstance(node, ast.Call):
                continue
            named = [one for one in node.args if isinstance(one, ast.Attribute) and _is_problem(one)]
            names = {one.arg for one in node.keywords if one.arg is not None}
            if len(named) != 1 or None in [one.arg for one in node.keywords]:
                continue
            values = next((one.value for one in node.keywords if one.arg == "values"), None)
            if isinstance(values, ast.Dict):
                names |= {str(key.value) for key in values.keys if isinstance(key, ast.Constant)}
            elif values is not None:
                continue
            problem = Problem[named[0].attr]
            known = VALUES | OTHERS.get(problem, {})
            given = {name: known[name] for name in names if name in known}
            if ast.unparse(node.func).endswith("SequenceAhead"):
                given |= {"log": VALUES["log"], "newest": VALUES["newest"], "after": VALUES["after"]}
            found[where(path, node), problem.name] = problem, given
    return found


def _is_problem(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "Problem"


def test_each_problem_comes_with_the_values_that_its_words_need() -> None:
    """A sentence with a hole is found here, not by whoever makes the mistake that it is about."""
    sites = problems_raised()
    assert len({problem for problem, _ in sites.values()}) > 80
    for site, (problem, values) in sites.items():
        if problem in (Problem.PRICE_BELOW, Problem.PRICE_ABOVE, Problem.TOTAL_BELOW_ZERO):
            assert values, site
        error = TillgateError(problem, field=("line_items", 2, "unit_amount"), values=values)
        for words in (WORDS.message(error), merchant.message_of(error), buyer.for_buyer(error, words_in(ENGLISH))):
            assert words and "{" not in words and "<" not in words, site
        assert "unit_amount" not in WORDS.message(error), site
        assert not fields_of_the_api() & set(CAMEL.findall(buyer.for_buyer(error, words_in(ENGLISH)))), site


def test_the_api_spells_a_way_through_lists_and_leaves_callers_names_alone() -> None:
    """``line_items[2].unit_amount`` is ``lineItems[2].unitAmount``; a key of metadata is nobody's but the caller's."""
    deep = InvalidInput(("line_items", 2, "unit_amount"), Problem.REQUIRED, without="product_id")
    assert WORDS.param(deep) == "lineItems[2].unitAmount"
    assert WORDS.message(deep) == "lineItems[2].unitAmount: Required where there is no productId"
    assert str(deep) == "line_items[2].unit_amount: required"
    assert merchant.message_of(deep) == "Line items[2].Unit amount: Fill this in."


def choices_in(place: inspect.Type, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """The way to each place of a type that takes one of several values, and those values."""
    match place:
        case inspect.Metadata():
            yield from choices_in(place.type, at)
        case inspect.UnionType():
            for one in place.types:
                yield from choices_in(one, at)
        case inspect.StructType():
            for field in place.fields:
                yield from choices_in(field.type, (*at, field.encode_name))
        case inspect.ListType():
            yield from choices_in(place.item_type, (*at, ""))
        case inspect.EnumType():
            yield at, [str(one.value) for one in place.cls]
        case inspect.LiteralType():
            yield at, [str(one) for one in place.values]
        case _:
            pass


def holding(way: tuple[str, ...], value: object) -> Any:
    """A body with this value at the end of a way, and nothing beside it."""
    for step in reversed(way):
        value = {step: value} if step else [value]
    return value


TYPES: Final = sorted(
    {type for route in ROUTES for type in (route.body, route.query) if type is not None}, key=lambda type: type.__name__
)


def test_there_are_choices_to_refuse() -> None:
    """The test below walks something."""
    assert sum(len(list(choices_in(inspect.type_info(type)))) for type in TYPES) > 10


@pytest.mark.parametrize("type", TYPES, ids=lambda type: type.__name__)
def test_who_chooses_what_there_is_not_reads_what_there_is(type: Any) -> None:
    """Of each field of the API that takes one of several values, whether the value is unknown or no text at all; what
    is nearly right is suggested."""
    queries = {route.query for route in ROUTES}
    for way, choices in choices_in(inspect.type_info(type)):
        for value in ("nonsense", 7):
            with pytest.raises(InvalidInput) as refused:
                if type in queries:
                    reading.decode_query(type, holding(way, str(value)))
                else:
                    reading.decode_body(msgspec.json.Decoder(type), msgspec.json.encode(holding(way, value)))
            message = WORDS.message(refused.value)
            assert all(choice in message for choice in choices), message
            assert "nonsense" not in message
        if type not in queries and len(choices[0]) > 4:
            with pytest.raises(InvalidInput) as refused:
                body = msgspec.json.encode(holding(way, choices[0].upper()))
                reading.decode_body(msgspec.json.Decoder(type), body)
            assert f"Did you mean {choices[0]}?" in WORDS.message(refused.value)


@pytest.mark.parametrize("type", TYPES, ids=lambda type: type.__name__)
def test_a_misspelt_field_is_told_its_name(type: Any) -> None:
    """A letter that is missing is found, in bodies and in queries; what resembles nothing gets no suggestion."""
    queries = {route.query for route in ROUTES}
    for name in type.__struct_encode_fields__:
        if len(name) < 6:
            continue
        for given, hint in ((name[:-1], f"Did you mean {name}?"), ("zzzzzzzz", "")):
            with pytest.raises(InvalidInput) as refused:
                if type in queries:
                    reading.decode_query(type, {given: "1"})
                else:
                    reading.decode_body(msgspec.json.Decoder(type), msgspec.json.encode({given: 1}))
            assert WORDS.param(refused.value) == given
            assert hint in WORDS.message(refused.value) and ("Did you" in WORDS.message(refused.value)) is bool(hint)


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_body_is_called_empty(body: bytes) -> None:
    """Not "truncated": whoever forgot it reads that."""
    with pytest.raises(InvalidInput) as refused:
        reading.decode_body(msgspec.json.Decoder(TYPES[0]), body)
    assert WORDS.message(refused.value) == "The body is empty; a JSON object is expected."
