"""Each language's OpenAPI document: out of its routes, served to everybody, and true of the real answers."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema_rs import validator_for

from tests.api.test_openapi import CHECKS, references
from tests.requirements.calling import key_of
from tests.shop import PUBLIC_URL, ShopBeside, open_beside
from tillgate.access.hashes import PasswordHashes
from tillgate.checkout.shoppers.operations import create_account
from tillgate.dialects import SPOKEN
from tillgate.wire.dialect import Dialect
from tillgate.wire.openapi import operation_id

DESCRIBED = [one for spoken in SPOKEN for one in (spoken, *spoken.beside) if one.routes]
# Smartpay ignores what it does not know, in bodies and in queries, as its document says.
TOLERANT = {"smartpay"}


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopBeside]:
    """A shop that speaks them all, read here alone; what the made-up requests write is nobody's concern."""
    data = tmp_path_factory.mktemp("openapi")
    with open_beside(data, f"sqlite:///{data / 'tillgate.db'}", still=True, visit_limit=None) as opened:
        del opened._client.headers["authorization"]
        yield opened


def described(beside: ShopBeside, dialect: Dialect) -> Any:
    """The document as somebody without a key gets it."""
    answer = beside.request("GET", f"{PUBLIC_URL}{dialect.described_at}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    return answer.json()


@pytest.mark.parametrize("dialect", DESCRIBED, ids=lambda one: one.described_at)
def test_every_route_of_a_language_is_in_its_document(beside: ShopBeside, dialect: Dialect) -> None:
    """With its needs, below each of its mounts; every reference leads somewhere and every schema is valid."""
    told = described(beside, dialect)
    assert told["servers"] == [{"url": f"{PUBLIC_URL}{mount}"} for mount in dialect.mounts]
    operations = {
        (method.upper(), path): one for path, methods in told["paths"].items() for method, one in methods.items()
    }
    assert operations.keys() == {(route.method, route.path) for route in dialect.routes}
    for route in dialect.routes:
        operation = operations[route.method, route.path]
        assert operation.get("x-required-scopes", []) == [need.scope for need in route.needs]
        assert operation["operationId"] == operation_id(route)
    assert len({one["operationId"] for one in operations.values()}) == len(dialect.routes)
    for reference in set(references(told)):
        node = told
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    for schema in told["components"]["schemas"].values():
        validator_for(
            {**schema, "$schema": "https://json-schema.org/draft/2020-12/schema", "components": told["components"]}
        )
    unknown = beside.request("GET", f"{PUBLIC_URL}{dialect.mounts[0]}/nowhere/at/all")
    assert unknown.status_code in (401, 404)


def in_the_envelope(dialect: Dialect, answer: Any) -> None:
    """A refusal has the body that the language's document describes, and nothing else."""
    errors = dialect.errors
    type = errors.unauthorized if answer.status_code == 401 and errors.unauthorized is not None else errors.error
    msgspec.json.decode(answer.content, type=type)


def signed_in(beside: ShopBeside) -> str:
    """The access token of a test shopper."""
    shop, email, password = beside.shop, "mei@example.com", "a long sentence of hers"
    hashed = beside.run(lambda: PasswordHashes().hash_of(password, email))
    now = shop.clock.now()
    beside.run(lambda: shop.database.write(lambda tx: create_account(tx, shop.project_id, email, hashed, now)))
    told = {"emailAddress": email, "password": password}
    token: str = beside.request("POST", f"{PUBLIC_URL}/consumers/auth/login", json=told).json()["accessToken"]
    return token


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DESCRIBED, ids=lambda one: one.described_at)
def test_schemathesis_finds_no_answer_that_a_languages_document_does_not_promise(
    beside: ShopBeside, dialect: Dialect
) -> None:
    """For requests made up from the document: no 5xx, only declared statuses, bodies of their declared schemas, every
    refusal in the language's envelope, and nothing accepted that the document forbids."""
    told = described(beside, dialect)
    del told["security"]
    for methods in told["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    shown = {"authorization": f"Bearer {signed_in(beside)}"} if dialect.signed_in is not None else {}
    if dialect.signed_in is None:
        key = beside.run(lambda: key_of(beside.shop, format=dialect.key_format)).secret.reveal()
        shown = {"x-api-key": key}
    checks = [one for one in CHECKS if dialect.name not in TOLERANT or one.__name__ != "negative_data_rejection"]
    schema = schemathesis.openapi.from_dict(told)
    base, tested = f"{PUBLIC_URL}{dialect.mounts[0]}", 0
    for result in schema.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]

        @settings(max_examples=6, phases=(Phase.generate,), suppress_health_check=list(HealthCheck), deadline=None)
        @given(case=operation.as_strategy() | operation.as_strategy(schemathesis.GenerationMode.NEGATIVE))
        def holds(case: schemathesis.Case) -> None:
            asked = requests.Request(**case.as_transport_kwargs(base_url=base)).prepare()
            headers = dict(asked.headers) | shown
            answer = beside.request(asked.method, asked.url, content=asked.body, headers=headers)
            case.validate_response(answer, checks=checks)
            if answer.status_code >= 400:
                in_the_envelope(dialect, answer)

        holds()
        tested += 1
    assert tested == len(dialect.routes)
