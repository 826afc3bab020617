"""What a declared limit says, tried out: values at it and values beyond it, in each place of each body and query.

The places come from the OpenAPI documents, so that a new field is tried at once. A value at a limit is not refused for
it; one beyond is refused, and the refusal names the field.
"""

import copy
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, NamedTuple

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


def names(answer: httpx.Response, spot: Spot) -> bool:
    """Whether a refusal is about this field, under any of the names on the way to it."""
    text = answer.text.lower().replace("_", "").replace(" ", "")
    return spot.name.lower() in text


async def disagreements(
    where: str,
    schema: dict[str, Any],
    components: dict[str, Any],
    base: Callable[[Spot], dict[str, Any]],
    send: Send,
    *,
    without: frozenset[str] = frozenset(),
) -> tuple[int, list[str]]:
    """How many values were tried in a body, and where the server and its document differ.

    Args:
        base: the body in which a place counts.
        without: fields that are looked at too late, by ``name`` or ``holder.name``.
    """
    tried, wrong = 0, []
    for spot in spots(schema, components):
        if spot.name in without:
            continue
        for fits, values in ((True, at_limit(spot.schema)), (False, beyond(spot.schema, components))):
            for value in values:
                answer = await send(spot.put(base(spot), value, components, schema))
                refused = 400 <= answer.status_code < 500 and (names(answer, spot) or answer.status_code == 404)
                if refused is fits or answer.status_code >= 500:
                    told = f"{answer.status_code} {answer.text[:200]}"
                    wrong.append(f"{where} {spot.path} {'at' if fits else 'beyond'} {value!r:.40}: {told}")
                tried += 1
    return tried, wrong
