"""The OpenAPI 3.1 document, out of the same declarations that route and check."""

from pathlib import Path
from typing import Any, Final

import msgspec

from keyturn.http.vocabulary import describe, vocabulary, worded
from tillgate import __version__
from tillgate.api.errors import ERRORS, ErrorEnvelope
from tillgate.api.mount import ROOT
from tillgate.api.paging import ListObject
from tillgate.api.resources import EXPANSIONS
from tillgate.api.samples import body_of, samples
from tillgate.base import ids
from tillgate.store.idempotency import KEY_LENGTH_MAX
from tillgate.wire.expanding import DEPTH_MAX, PARAM, PATHS_MAX, Part, Relation, Resource
from tillgate.wire.fields import FORMS
from tillgate.wire.openapi_links import Link, Links
from tillgate.wire.routing import Route
from tillgate.wire.tags import IF_MATCH_LENGTH_MAX

WORDS: Final = Path(__file__).with_name("vocabulary.toml")
_REFUSALS: Final = (400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 500, 503)
_CHANGED: Final = 412
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, "
        "and nothing is done twice."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX, "pattern": "^[!-~]+$"},
}
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": (
        "The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done "
        "where the object is another by now."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": IF_MATCH_LENGTH_MAX},
}
_ETAG: Final = {"ETag": {"description": "For `If-Match`.", "schema": {"type": "string"}}}

_ID: Final = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": f"^{ids.PATTERN}$"},
}
_HASH: Final = {
    "name": "hash",
    "in": "path",
    "required": True,
    "description": "A transaction's hash, as the wallet shows it after sending.",
    "schema": {"type": "string", "pattern": "^0x[0-9a-fA-F]{64}$"},
}
_PLACE: Final[dict[str, Any]] = {
    "name": "n",
    "in": "path",
    "required": True,
    "description": "Which of the order's credit notes it is, from 1.",
    "schema": {"type": "integer", "minimum": 1},
}
_IN_PATH: Final = {"id": _ID, "hash": _HASH, "n": _PLACE}
_FILE: Final = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}


def document(routes: list[Route], public_url: str) -> dict[str, Any]:
    """The document as plain values."""
    types: list[Any] = [ErrorEnvelope]
    for route in routes:
        types += [type for type in (route.answers, route.body, route.query) if type is not None]
    shown = _reached(routes)
    for resource in shown:
        types += [resource.type, ListObject[resource.type]]  # type: ignore[name-defined]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(types, schemas, strict=True))
    for resource in shown:
        for place in resource.places:
            if isinstance(place, Part):
                for relation in place.relations:
                    _beside(relation, place.type, schema_of, components)
            else:
                _beside(place, resource.type, schema_of, components)
    describe(components, vocabulary(WORDS), FORMS)
    links = Links(routes)
    paths: dict[str, dict[str, Any]] = {}
    leading: dict[str, Any] = {}
    for route in routes:
        ways = links.of(route)
        leading |= {link.name: link.shown for link in ways.values()}
        operation = _operation(route, schema_of, components, ways)
        paths.setdefault(f"{ROOT}{route.path}", {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tillgate",
            "version": __version__,
            "summary": "Payment links, checkout sessions, webhooks and events.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url}],
        "security": [{"apiKey": []}, {"apiKeyAsUserName": []}, {"apiKeyHeader": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key: `Authorization: Bearer ck_test_…` or `ck_live_…`.",
                },
                "apiKeyAsUserName": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The key as user name, without a password: `curl -u KEY:`.",
                },
                "apiKeyHeader": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "x-api-key",
                    "description": (
                        "The key without a scheme. `authorization` can then carry the client secret of an object "
                        "that a publishable key created."
                    ),
                },
            },
            "responses": {f"Refused{status}": _refusal(status) for status in _REFUSALS},
            "links": dict(sorted(leading.items())),
        },
    }


def _operation(
    route: Route, schema_of: dict[Any, Any], components: dict[str, Any], links: dict[str, Link]
) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = []
    words = vocabulary(WORDS)
    parameters += [
        worded(one, words.word(name, "path")) for name, one in _IN_PATH.items() if f"{{{name}}}" in route.path
    ]
    if route.query is not None:
        name = schema_of[route.query]["$ref"].rpartition("/")[2]
        for parameter, schema in components[name]["properties"].items():
            shown = {"name": parameter, "in": "query", "required": False, "schema": schema}
            parameters.append(worded(shown, words.word(parameter, name, "query")))
    expandable = EXPANSIONS.of_answer(route.answers)
    if expandable is not None:
        parameters.append(_expand(expandable))
    if route.changes:
        parameters.append(_IDEMPOTENCY_KEY)
    tagged = route.tagged
    if tagged is not None:
        parameters.append(_IF_MATCH)
    refusals = _REFUSALS if tagged is not None else tuple(one for one in _REFUSALS if one != _CHANGED)
    shows = tagged is not None and route.answers is tagged.answers
    operation: dict[str, Any] = {
        "operationId": route.operation_id,
        "summary": route.summary,
        "description": f"Needs the scope `{route.scope}`.",
        "tags": [route.path.strip("/").split("/")[0]],
        "x-required-scope": route.scope,
        "parameters": parameters,
        "responses": {
            str(route.status.value): {
                "description": route.status.phrase,
                "headers": {"X-Request-Id": {"schema": {"type": "string"}}} | (_ETAG if shows else {}),
                "content": {"application/json": {"schema": schema_of[route.answers]}}
                if route.answers is not None
                else _FILE,
            }
        }
        | {str(status): {"$ref": f"#/components/responses/Refused{status}"} for status in refusals},
    }
    if links:
        operation["responses"][str(route.status.value)]["links"] = {
            name: {"$ref": f"#/components/links/{link.name}"} for name, link in links.items()
        }
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema_of[route.body], "example": body_of(route)}},
        }
    operation["x-codeSamples"] = [one._asdict() for one in samples(route)]
    return operation


def _reached(routes: list[Route]) -> list[Resource]:
    """What the routes show, and all that can be put into it."""
    found: dict[str, Resource] = {}
    waiting = [one for route in routes if (one := EXPANSIONS.of_answer(route.answers)) is not None]
    while waiting:
        resource = waiting.pop()
        if resource.name in found:
            continue
        found[resource.name] = resource
        for place in resource.places:
            relations = place.relations if isinstance(place, Part) else (place,)
            waiting += [EXPANSIONS.target(relation) for relation in relations]
    return sorted(found.values())


def _beside(
    relation: Relation, holder: type[msgspec.Struct], schema_of: dict[Any, Any], components: dict[str, Any]
) -> None:
    """The field of something that is put in, in its holder's schema."""
    to = EXPANSIONS.target(relation).type
    schema = (
        schema_of[ListObject[to]]  # type: ignore[valid-type]
        if relation.many
        else {"anyOf": [schema_of[to], {"type": "null"}]}
    )
    components[holder.__name__]["properties"][relation.name] = {
        "description": f"Where `{PARAM}` asks for `{relation.name}`.",
        **schema,
        "x-expanded": True,
    }


def _expand(resource: Resource) -> dict[str, Any]:
    first = "|".join(sorted(place.name for place in resource.places))
    return {
        "name": PARAM,
        "in": "query",
        "required": False,
        "style": "form",
        "explode": False,
        "description": f"Objects to include in the answer, next to their ids: {', '.join(resource.choices)}"
        f"; dotted paths up to {DEPTH_MAX} levels deep. Each object requires the scope that reads it.",
        "schema": {
            "type": "array",
            "minItems": 1,
            "maxItems": PATHS_MAX,
            "items": {"type": "string", "pattern": rf"^({first})(\.[A-Za-z]+){{0,{DEPTH_MAX - 1}}}$"},
        },
        "x-expandable": resource.choices,
    }


def _refusal(status: int) -> dict[str, Any]:
    codes = sorted(code for code, kind in ERRORS.items() if kind.status == status)
    return {
        "description": "Refused: " + ", ".join(codes),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}},
    }
