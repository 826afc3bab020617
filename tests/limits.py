"""What a declared limit says, tried out: values at it and values beyond it, in each place of each body and query.

The places come from the OpenAPI documents, so that a new field is tried at once. A value at a limit is not refused for
it; one beyond is refused, and the refusal names the field.
"""

import copy
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import httpx

LIMITED: Final = frozenset(
    {"const", "enum", "format", "maxLength", "maxItems", "maxProperties", "maximum", "minimum", "pattern"}
)
# Beyond a form: neither a name, nor a number, nor an address.
NONSENSE: Final = "no such\x7fthing?"
Send = Callable[[Any], Awaitable[httpx.Response]]


class Spot(NamedTuple):
    """A place in a body, as the document describes it.

    Attributes:
        path: names and positions on the way to it.
    """

    path: tuple[str | int, ...]
    schema: dict[str, Any]

    @property
    def name(self) -> str:
        return next(str(step) for step in reversed(self.path) if isinstance(step, str))

    def put(self, body: dict[str, Any], value: Any, components: dict[str, Any], holder: dict[str, Any]) -> Any:
        """The body with a value in this place; objects on the way to it are made of their examples."""
        changed = copy.deepcopy(body)
        node: Any = changed
        schema = holder
        for step in self.path[:-1]:
            schema = inside(schema, step, components)
            if isinstance(node, list):
                if not node:
                    node.append(example(schema, components))
            elif node.get(step) is None:
                node[step] = example(schema, components)
            node = node[step]
        if isinstance(node, list) and not node:
            node.append(value)
        else:
            node[self.path[-1]] = value
        return changed


def alternatives(schema: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    """What may stand there, references followed, without null."""
    if "$ref" in schema:
        return alternatives(components[schema["$ref"].rpartition("/")[2]], components)
    if "anyOf" in schema:
        return [found for one in schema["anyOf"] for found in alternatives(one, components)]
    return [] if schema.get("type") == "null" else [schema]


def inside(schema: dict[str, Any], step: str | int, components: dict[str, Any]) -> dict[str, Any]:
    """The schema one step below."""
    for one in alternatives(schema, components):
        if isinstance(step, int) and "items" in one:
            return dict(one["items"])
        if isinstance(step, str) and step in one.get("properties", {}):
            return dict(one["properties"][step])
        if isinstance(step, str) and isinstance(one.get("additionalProperties"), dict):
            return dict(one["additionalProperties"])
    raise AssertionError(f"nothing is at {step}")


def example(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    """A value of a schema: its example, or the least that it takes."""
    if schema.get("examples") and "properties" not in schema:
        return copy.deepcopy(schema["examples"][0])
    one = alternatives(schema, components)[0]
    if one.get("examples"):
        return copy.deepcopy(one["examples"][0])
    if one.get("type") == "array":
        return [example(one["items"], components)]
    if one.get("type") == "object":
        return {name: example(one["properties"][name], components) for name in one.get("required", ())}
    return one.get("default", one.get("enum", [""])[0])


def spots(schema: dict[str, Any], components: dict[str, Any], path: tuple[str | int, ...] = ()) -> Iterator[Spot]:
    """Each limited place of a body, those in its inner objects included."""
    for one in alternatives(schema, components):
        if path and LIMITED & one.keys():
            yield Spot(path, one)
        for name, inner in one.get("properties", {}).items():
            yield from spots(inner, components, (*path, name))
        if isinstance(one.get("items"), dict):
            yield from spots(one["items"], components, (*path, 0))


def beyond(schema: dict[str, Any], components: dict[str, Any]) -> Iterator[Any]:
    """Values that what is declared does not allow."""
    kind = schema.get("type")
    if kind == "string":
        if "maxLength" in schema:
            yield "9" * (schema["maxLength"] + 1)
        if schema.get("minLength") == 1:
            yield ""
        if {"enum", "format", "pattern"} & schema.keys():
            yield NONSENSE
    elif kind in ("integer", "number"):
        if "maximum" in schema:
            yield schema["maximum"] + 1
        if "minimum" in schema:
            yield schema["minimum"] - 1
    elif kind == "array" and "maxItems" in schema:
        item = example(schema["items"], components)
        yield [f"{item}{number}" if isinstance(item, str) else item for number in range(schema["maxItems"] + 1)]
    elif kind == "array" and schema.get("minItems"):
        yield []


def at_limit(schema: dict[str, Any]) -> Iterator[Any]:
    """Values that only just fit; of texts with a form of their own there is none that fits them all."""
    kind = schema.get("type")
    if kind == "string" and "maxLength" in schema and not {"enum", "format", "pattern"} & schema.keys():
        yield "9" * schema["maxLength"]
    elif kind in ("integer", "number"):
        yield from (schema[name] for name in ("maximum", "minimum") if name in schema)


def names(answer: httpx.Response, spot: Spot, status: int) -> bool:
    """Whether a refusal names this field or what it lies in; that nothing is there is said without one."""
    text = answer.text.lower().replace("_", "").replace(" ", "")
    return status == 404 or any(step.lower() in text for step in spot.path if isinstance(step, str))


async def disagreements(
    where: str,
    schema: dict[str, Any],
    components: dict[str, Any],
    base: Callable[[Spot], dict[str, Any]],
    send: Send,
    *,
    lookups: frozenset[str] = frozenset(),
) -> tuple[int, list[str]]:
    """How many values were tried in a body, and where the server and its document differ.

    Args:
        base: the body in which a place counts.
        lookups: fields, by name or with their route before it, of which something else decides as well: that what they
            name is there, other fields, the time. Only what is beyond is tried.
    """
    tried, wrong = 0, []
    for spot in spots(schema, components):
        fitting = () if {spot.name, f"{where} {spot.name}"} & lookups else at_limit(spot.schema)
        for fits, values in ((True, fitting), (False, beyond(spot.schema, components))):
            for value in values:
                answer = await send(spot.put(base(spot), value, components, schema))
                status = answer.status_code
                # Of a value that fits, a conflict is about what there is, and not about the value.
                refused = status in ((400, 422) if fits else (400, 404, 409, 422)) and names(answer, spot, status)
                if refused is fits or status >= 500:
                    told = f"{status} {answer.text[:200]}"
                    wrong.append(f"{where} {spot.path} {'at' if fits else 'beyond'} {value!r:.40}: {told}")
                tried += 1
    return tried, wrong


class Asked(NamedTuple):
    """How a route is called so that what is in its body is looked at.

    Attributes:
        path: with what stands for its variables.
        body: what it takes; made again for each call where it is called.
    """

    path: str
    body: dict[str, Any]


async def kept(
    told: dict[str, Any],
    asked: dict[str, Asked],
    call: Callable[[str, str, Any], Awaitable[httpx.Response]],
    *,
    lookups: frozenset[str] = frozenset(),
    instead: Callable[[Spot, dict[str, Any]], dict[str, Any]] = lambda _, body: body,
) -> tuple[int, list[str]]:
    """How many values were tried in the bodies and queries of a document, and where the server differs from it.

    Args:
        asked: by method and path, each route with a body.
        call: sends a body, to a path with its query.
        instead: the body in which a place counts, where it is another than the usual one.
    """
    components, tried, wrong = told["components"]["schemas"], 0, []
    operations = {
        f"{method.upper()} {path}": one for path, methods in told["paths"].items() for method, one in methods.items()
    }
    assert asked.keys() == {where for where, one in operations.items() if "requestBody" in one}
    for where, one in asked.items():
        method = where.partition(" ")[0]
        schema = operations[where]["requestBody"]["content"]["application/json"]["schema"]
        found, differing = await disagreements(
            where,
            schema,
            components,
            lambda spot, body=one.body: instead(spot, body),  # type: ignore[misc]
            lambda body, method=method, path=one.path: call(method, path, body),  # type: ignore[misc]
            lookups=lookups,
        )
        tried, wrong = tried + found, wrong + differing
    for where, operation in operations.items():
        path = where.removeprefix("GET ")
        for one_of in operation["parameters"] if where.startswith("GET") and "{" not in where else ():
            for value in beyond(one_of["schema"], components) if one_of["in"] == "query" else ():
                answer = await call("GET", f"{path}?{one_of['name']}={quote(str(value))}", None)
                if answer.status_code not in (400, 404, 422):
                    wrong.append(f"{where} {one_of['name']} {value!r:.40}: {answer.status_code} {answer.text[:200]}")
                tried += 1
    return tried, wrong
