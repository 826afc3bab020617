"""A dialect as an OpenAPI 3.1 document, out of the same declarations that route and check."""

import re
from http import HTTPStatus
from typing import Any, Final

import msgspec

from keyturn.http.routing import variables_of
from keyturn.http.samples import add_samples, examples
from keyturn.http.vocabulary import Vocabulary, describe, vocabulary, worded
from keyturn.needs import Access
from tillgate.store.idempotency import KEY_LENGTH_MAX
from tillgate.wire.dialect import Dialect
from tillgate.wire.fields import length_max
from tillgate.wire.routing import Reads, Route

STATUSES: Final = (400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503)
_NO_WORD: Final = re.compile(r"\W+")
_ACCESS_TOKEN: Final = {"accessToken": {"type": "http", "scheme": "bearer"}}
_KEYS: Final[tuple[dict[str, list[str]], ...]] = ({"apiKey": []}, {"apiKeyAsUserName": []}, {"apiKeyHeader": []})


def document(dialect: Dialect, title: str, public_url: str, version: str) -> dict[str, Any]:
    """The document as plain values; its paths are below each of the dialect's mounts."""
    told = [type for type in (dialect.errors.error, dialect.errors.unauthorized) if type is not None]
    types: list[Any] = list(told)
    for route in dialect.routes:
        types += [type for type in (route.answers, route.body, route.query) if type is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(types, schemas, strict=True))
    words = vocabulary(dialect.words) if dialect.words is not None else Vocabulary({}, {})
    describe(components, words, dialect.forms)
    paths: dict[str, dict[str, Any]] = {}
    for route in dialect.routes:
        operation = _operation(dialect, route, schema_of, components, words)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    taken = {schema_of[route.query]["$ref"].rpartition("/")[2] for route in dialect.routes if route.query is not None}
    whole = {
        "openapi": "3.1.0",
        "info": {"title": f"{title} on Tillgate", "version": version},
        "servers": [{"url": f"{public_url}{mount}"} for mount in dialect.mounts],
        "security": list(_KEYS) if dialect.signed_in is None else [],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name not in taken},
            "securitySchemes": _ACCESS_TOKEN
            if dialect.signed_in is not None
            else {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"An API key, such as `{dialect.key_example}`.",
                },
                "apiKeyAsUserName": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The key as user name, without a password.",
                },
                "apiKeyHeader": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
            "responses": {f"Refused{status}": _refusal(dialect, status, schema_of) for status in _statuses(dialect)},
        },
    }
    if dialect.examples is not None:
        add_samples(whole, examples(dialect.examples), f"{public_url}{dialect.mounts[0]}")
    return whole


def operation_id(route: Route) -> str:
    """What names an operation of a dialect; no other of it has the same."""
    return f"{route.method.lower()}_{_NO_WORD.sub('_', route.path).strip('_')}"


def query_of(
    route: Route, schema_of: dict[Any, Any], components: dict[str, Any], words: Vocabulary
) -> list[dict[str, Any]]:
    """The parameters that a route takes in its query."""
    if route.query is None:
        return []
    holder = schema_of[route.query]["$ref"].rpartition("/")[2]
    return [
        worded({"name": name, "in": "query", "required": False, "schema": one}, words.word(name, holder, "query"))
        for name, one in components[holder]["properties"].items()
    ]


def _operation(
    dialect: Dialect, route: Route, schema_of: dict[Any, Any], components: dict[str, Any], words: Vocabulary
) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        worded(
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "string", "minLength": 1, "maxLength": length_max(name)},
            },
            words.word(name, "path"),
        )
        for name in variables_of(route.path)
    ]
    parameters += query_of(route, schema_of, components, words)
    policy = dialect.idempotency
    named = dialect.signed_in is None or route.signed_in
    if not isinstance(route.action, Reads) and route.method in policy.methods and named:
        hours = policy.window_ms // 3_600_000
        parameters.append(
            {
                "name": policy.header.decode().title(),
                "in": "header",
                "required": False,
                "description": f"Makes retries safe: within {hours} hours, the same request with the same name gets "
                "the answer of the first one, and nothing is done twice.",
                "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX, "pattern": "^[!-~]+$"},
            }
        )
    success: dict[str, Any] = {"description": HTTPStatus(route.status).phrase}
    success["headers"] = {"X-Request-Id": {"schema": {"type": "string"}}}
    if route.answers is not None:
        success["content"] = {dialect.media_type.decode(): {"schema": schema_of[route.answers]}}
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "description": _needs(dialect, route),
        "parameters": parameters,
        "responses": {str(HTTPStatus(route.status).value): success}
        | {str(status): {"$ref": f"#/components/responses/Refused{status}"} for status in _own_statuses(route)},
    }
    if dialect.signed_in is not None:
        operation["security"] = [{"accessToken": []}] if route.signed_in else [{}]
    elif isinstance(route.need, Access):
        operation["security"] = [{}, *_KEYS] if route.need is Access.OPEN else list(_KEYS)
    else:
        operation["x-required-scopes"] = [need.scope for need in route.needs]
    if route.body is not None:
        operation["requestBody"] = {
            "required": not dialect.any_media_type,
            "content": {"application/json": {"schema": schema_of[route.body]}},
        }
    return operation


def _own_statuses(route: Route) -> list[int]:
    """What a route may be refused with."""
    own = () if route.invalid_status is None else (int(route.invalid_status),)
    return sorted({*STATUSES, *own})


def _statuses(dialect: Dialect) -> list[int]:
    """What any route of a dialect may be refused with."""
    return sorted({status for route in dialect.routes for status in _own_statuses(route)} | set(STATUSES))


def _needs(dialect: Dialect, route: Route) -> str:
    if dialect.signed_in is not None and route.signed_in:
        return f"Needs {dialect.signed_in.what}."
    if route.need is Access.OPEN:
        return "Needs no key."
    if route.need is Access.ANY_KEY:
        return "Needs any key."
    return f"Needs {' and '.join(f'`{need.scope}`' for need in route.needs)}."


def _refusal(dialect: Dialect, status: int, schema_of: dict[Any, Any]) -> dict[str, Any]:
    errors = dialect.errors
    type = errors.unauthorized if status == HTTPStatus.UNAUTHORIZED and errors.unauthorized else errors.error
    refusal: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if type is not None:
        refusal["content"] = {dialect.media_type.decode(): {"schema": schema_of[type]}}
    return refusal
