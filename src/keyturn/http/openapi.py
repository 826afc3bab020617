"""The OpenAPI 3.1 document, out of the same declarations that route and check."""

import re
from pathlib import Path
from typing import Any, Final

import msgspec

from keyturn.http.denials import Problem
from keyturn.http.forms import FORMS, ID_LENGTH_MAX
from keyturn.http.language import IDEMPOTENCY_KEY_MAX
from keyturn.http.routing import Only, Route
from keyturn.http.samples import add_samples, examples
from keyturn.http.vocabulary import describe, vocabulary, worded
from keyturn.settings import PORT_DEFAULT

VERSION: Final = "1"
DOCUMENT_PATH: Final = "/v1/openapi.json"
WORDS: Final = Path(__file__).with_name("vocabulary.toml")
EXAMPLES: Final = Path(__file__).with_name("examples.toml")
# Where `keyturn serve` listens unless it is told otherwise.
SERVER: Final = f"http://127.0.0.1:{PORT_DEFAULT}"

_WORD: Final = re.compile(r"[^a-z0-9]+")
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Send the same one with a request that is sent again: it then has one effect.",
    "schema": {"type": "string", "minLength": 1, "maxLength": IDEMPOTENCY_KEY_MAX, "pattern": "^[!-~]+$"},
    "example": "key-for-cus-1042",
}
_ID: Final = {"type": "string", "minLength": 1, "maxLength": ID_LENGTH_MAX}
_WHO: Final = {
    Only.ROOT: "The root credential only.",
    Only.KEY: "Any valid key, or the root credential.",
    Only.NOBODY: "For everybody.",
    Only.PROXY: "A trusted proxy (KEYTURN_TRUSTED_PROXIES), with the original request in its headers.",
}


def document(routes: list[Route]) -> dict[str, Any]:
    """The document as plain values."""
    types: list[Any] = [Problem]
    for route in routes:
        types += [type for type in (route.answers, route.body, route.query) if type is not None]
    types = list(dict.fromkeys(types))
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(types, schemas, strict=True))
    describe(components, vocabulary(WORDS), FORMS)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of, components)
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Keyturn",
            "version": VERSION,
            "summary": "API keys: verified, issued, rotated and revoked.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"credential": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "credential": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key with the scope that the operation needs, or the root credential.",
                }
            },
            "responses": {
                "Refused": {
                    "description": "Refused: `code` is the reason, `detail` the next step.",
                    "content": {"application/problem+json": {"schema": schema_of[Problem]}},
                }
            },
        },
    }
    add_samples(whole, examples(EXAMPLES), SERVER)
    return whole


def _operation(route: Route, schema_of: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    need = route.need
    words = vocabulary(WORDS)
    parameters: list[dict[str, Any]] = []
    if "{id}" in route.path:
        shown = {"name": "id", "in": "path", "required": True, "schema": dict(_ID)}
        parameters.append(worded(shown, words.word("id", "path")))
    if route.query is not None:
        name = schema_of[route.query]["$ref"].rpartition("/")[2]
        for parameter, schema in components[name]["properties"].items():
            shown = {"name": parameter, "in": "query", "required": False, "schema": schema}
            parameters.append(worded(shown, words.word(parameter, name, "query")))
    if route.idempotent:
        parameters.append(_IDEMPOTENCY_KEY)
    media_type = route.media_type or "application/json"
    schema = schema_of[route.answers] if route.answers is not None else {}
    operation: dict[str, Any] = {
        "operationId": _WORD.sub("_", f"{route.method} {route.path}".lower()).strip("_"),
        "summary": route.summary,
        "description": f"Needs the scope `{need}`, or the root credential." if isinstance(need, str) else _WHO[need],
        "parameters": parameters,
        "responses": {
            str(int(route.status)): {"description": "Done.", "content": {media_type: {"schema": schema}}},
            "default": {"$ref": "#/components/responses/Refused"},
        },
    }
    if isinstance(need, str):
        operation["x-required-scope"] = need
    if need is Only.ROOT:
        operation["x-root-only"] = True
    if need is Only.NOBODY:
        operation["security"] = []
    if route.body is not None:
        operation["requestBody"] = {
            "required": any(field.required for field in msgspec.structs.fields(route.body)),
            "content": {"application/json": {"schema": schema_of[route.body]}},
        }
    return operation
