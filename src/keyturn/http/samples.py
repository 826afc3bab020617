"""Each operation of a language with curl and its answer, out of its description and of two files beside its vocabulary.

In ``examples.toml``, ``credential`` is how curl presents a key; ``[body]``, ``[query]`` and ``[header]`` hold what an
operation sends, by its ``operationId``. A variable of a path has the value of ``[path]``, by the path's first part that
is no version, or the vocabulary's example. ``[output]`` names the file of an answer that is no text, and ``[refused]``
has the code of an operation that is always refused. ``answers.json`` holds what a server has answered to each sample:
tests send them all, compare, and write it (``TILLGATE_GOLDEN=write``).
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

ANSWERS: Final = "answers.json"
# A longer body is written over several lines.
_BODY_MAX: Final = 120
_DEPTH_MAX: Final = 8


class Examples(NamedTuple):
    """What the samples of a language send.

    Attributes:
        credential: curl's argument for a key, which is in the environment.
        path: the values of variables, by what the path is of.
        body, query, header, output, refused, answers: by operation.
    """

    credential: str = '-H "Authorization: Bearer $CHECKOUT_API_KEY"'
    path: Mapping[str, Mapping[str, str]] = {}
    body: Mapping[str, Any] = {}
    query: Mapping[str, Mapping[str, Any]] = {}
    header: Mapping[str, Mapping[str, str]] = {}
    output: Mapping[str, str] = {}
    refused: Mapping[str, str] = {}
    answers: Mapping[str, Any] = {}


@cache
def examples(file: Path) -> Examples:
    """The examples of a file, which ships with the code, and the answers beside it.

    Raises:
        TypeError: it has a part that there is not.
    """
    answers = json.loads(file.with_name(ANSWERS).read_text("utf-8"))
    return Examples(**tomllib.loads(file.read_text("utf-8")), answers=answers)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each operation of an OpenAPI document, with its path and its method in capital letters."""
    for path, by_method in document["paths"].items():
        for method, operation in by_method.items():
            yield path, method.upper(), operation


def success_of(operation: dict[str, Any]) -> dict[str, Any]:
    """The answer of an operation where all went well, as the document has it."""
    [found] = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    return dict(found)


def add_samples(document: dict[str, Any], given: Examples, server: str) -> None:
    """Put into each operation of an OpenAPI document what curl sends, and examples of its body and answer.

    Args:
        server: the base of its paths.
    """
    for path, method, operation in operations(document):
        named = operation["operationId"]
        body = given.body.get(named)
        address = server + _filled(path, operation, given)
        if query := given.query.get(named):
            address += f"?{urlencode(query)}"
        own = given.header.get(named, {})
        arguments = [f'-H "{name}: {value}"' for name, value in own.items()]
        if "Authorization" not in own and (credential := _credential(document, operation, given)):
            arguments.insert(0, credential)
        if output := given.output.get(named):
            arguments.append(f"--output {output}")
        if "requestBody" in operation and body is not None:
            operation["requestBody"]["content"]["application/json"]["example"] = body
        sample = {"lang": "Shell", "label": "curl", "source": curl(method, address, arguments, body)}
        operation["x-codeSamples"] = [sample]
        if (answer := given.answers.get(named)) is not None:
            next(iter(success_of(operation)["content"].values()))["example"] = answer
        if refused := given.refused.get(named):
            operation["x-always-refused"] = refused


def curl(method: str, address: str, arguments: list[str], body: Any = None) -> str:
    """A call with curl, one argument a line.

    Args:
        arguments: what stands between the address and the body.
    """
    parts = [f'curl {f"-X {method} " if method != "GET" else ""}"{address}"', *arguments]
    if body is not None:
        text = json.dumps(body, ensure_ascii=False)
        if len(text) > _BODY_MAX:
            text = json.dumps(body, ensure_ascii=False, indent=2)
        quoted = text.replace("'", "'\\''")
        parts += ['-H "Content-Type: application/json"', f"-d '{quoted}'"]
    return " \\\n  ".join(parts)


def example_of(schema: dict[str, Any], components: dict[str, Any], depth: int = 0) -> Any:
    """A value of a schema, out of the examples that are declared: an object's with each of its fields."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rpartition("/")[2]], components, depth + 1)
    for known in ("examples", "enum"):
        if schema.get(known):
            return schema[known][0]
    if "anyOf" in schema:
        # What may be null is null where it would go on for ever: an object in an object of its kind.
        choices = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return example_of(choices[0], components, depth + 1) if depth < _DEPTH_MAX else None
    if "properties" in schema:
        fields = {name: one for name, one in schema["properties"].items() if "x-expanded" not in one}
        return {name: example_of(field, components, depth + 1) for name, field in fields.items()}
    if schema.get("type") == "array":
        return [example_of(schema["items"], components, depth + 1)] if depth < _DEPTH_MAX else []
    return schema.get(
        "default", {"object": {}, "integer": 1, "boolean": True, "string": ""}.get(str(schema.get("type")))
    )


def _filled(path: str, operation: dict[str, Any], given: Examples) -> str:
    parts = path.strip("/").split("/")
    noun = next(part for part in parts if part not in ("v1", "api"))
    own = given.path.get(noun, {})
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            name = parameter["name"]
            path = path.replace(f"{{{name}}}", own.get(name) or str(parameter.get("example", "")))
    return path


def _credential(document: dict[str, Any], operation: dict[str, Any], given: Examples) -> str:
    """What opens the operation; empty where nothing has to."""
    security = operation.get("security", document["security"])
    if not security or {} in security:
        return ""
    if any("accessToken" in one for one in security):
        return '-H "Authorization: Bearer $ACCESS_TOKEN"'
    return given.credential
