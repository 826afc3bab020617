"""Where an answer leads: OpenAPI links, out of what the routes declare and what their fields are called.

A type is a *resource* where a route shows one of it: ``GET /orders/{id}`` answers an ``OrderObject``, whose ``object``
is ``order``. From there on everything follows. Whoever has an order can call each route below ``/orders/{id}``; can
read what its ``sessionId`` names; can list what has an ``orderId`` to filter by; and can create what takes an
``orderId``. A field refers to the resource whose ``object`` ends in its words, so ``sessionId`` is a
``checkout_session``.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from tillgate.wire.routing import Reads, Route

_ID: Final = "$response.body#/id"
_FIRST_ID: Final = "$response.body#/data/0/id"
_NEXT: Final = "$response.body#/nextCursor"


class Link(NamedTuple):
    """One way on from an answer.

    Attributes:
        name: of the link among all, for the document's components.
        shown: the link object of OpenAPI 3.1.
    """

    name: str
    target: Route
    shown: dict[str, Any]


class _Resource(NamedTuple):
    """What has an id and a route that shows it."""

    noun: str
    type: type[msgspec.Struct]
    retrieve: Route


class Links:
    """The links of all answers of an API.

    Raises:
        ValueError: a field's name fits two resources.
    """

    def __init__(self, routes: list[Route]) -> None:
        self._routes = routes
        self._resources = [
            _Resource(_noun(route.answers), route.answers, route)
            for route in routes
            if route.method == "GET" and route.path.endswith("/{id}") and _noun(route.answers)
        ]
        self._of_one = {resource.noun: list(self._from_one(resource)) for resource in self._resources}

    def of(self, route: Route) -> dict[str, Link]:
        """The links of a route's success, by the operation that each leads to; none leads to where it came from, and
        none to a file or out of one."""
        if route.answers is None:
            return {}
        answered = msgspec.inspect.type_info(route.answers)
        if not isinstance(answered, msgspec.inspect.StructType):
            raise TypeError(f"{route.method} {route.path} answers with {route.answers!r}, which is no struct")
        listed = next((field.type for field in answered.fields if field.name == "data"), None)
        if isinstance(listed, msgspec.inspect.ListType):
            return {link.target.operation_id: link for link in self._from_page(route, listed.item_type)}
        resource = self._resource_of(answered)
        found = self._of_one[resource.noun] if resource is not None else []
        return {link.target.operation_id: link for link in found if link.target is not route}

    def _from_one(self, resource: _Resource) -> Iterator[Link]:
        noun = resource.noun
        own = resource.retrieve.path
        for target in self._routes:
            if target.answers is not None and (target.path == own or target.path.startswith(f"{own}/")):
                yield _link(noun, target, parameters={"id": _ID})
        for field in msgspec.structs.fields(resource.type):
            named = self._referred(field)
            if named is not None:
                yield _link(noun, named.retrieve, parameters={"id": f"$response.body#/{field.encode_name}"})
        for target in self._routes:
            if "{id}" in target.path:
                continue
            for taken in (target.query, target.body):
                for field in msgspec.structs.fields(taken) if taken is not None else ():
                    if self._referred(field) is not resource:
                        continue
                    if taken is target.query:
                        yield _link(noun, target, parameters={field.encode_name: _ID})
                    else:
                        yield _link(
                            noun,
                            target,
                            requestBody={field.encode_name: _ID},
                            description=f"The `id` is the `{field.encode_name}` of the body; you choose the rest.",
                        )

    def _from_page(self, route: Route, listed: msgspec.inspect.Type) -> Iterator[Link]:
        resource = self._resource_of(listed)
        if resource is None:
            return
        yield _link(f"{resource.noun}_page", resource.retrieve, parameters={"id": _FIRST_ID})
        taken = {field.name for field in msgspec.structs.fields(route.query)} if route.query is not None else set()
        # A list that can also go forward, by `after`, has cursors of two kinds; which one it gave, no link can say.
        if isinstance(route.action, Reads) and "starting_after" in taken and "after" not in taken:
            parameters = {"starting_after": _NEXT} | ({"id": "$request.path.id"} if "{id}" in route.path else {})
            yield _link(
                f"{resource.noun}_page",
                route,
                parameters=parameters,
                description="The next page, if there is one. Repeat the filters.",
            )

    def _resource_of(self, shown: msgspec.inspect.Type) -> _Resource | None:
        """What the type shows one of, also where it shows more than the resource's own route does."""
        if not isinstance(shown, msgspec.inspect.StructType):
            return None
        return next((resource for resource in self._resources if issubclass(shown.cls, resource.type)), None)

    def _referred(self, field: msgspec.structs.FieldInfo) -> _Resource | None:
        """What the field holds the id of."""
        words = field.name.removesuffix("_id")
        if words == field.name:
            return None
        fitting = [one for one in self._resources if one.noun == words or one.noun.endswith(f"_{words}")]
        if len(fitting) > 1:
            raise ValueError(f"{field.name} could be the id of any of {', '.join(one.noun for one in fitting)}")
        return fitting[0] if fitting else None


def _link(source: str, target: Route, **shown: Any) -> Link:
    name = target.operation_id
    return Link(f"{source}.{name}", target, {"operationId": name, **shown})


def _noun(type: Any) -> str:
    """What objects of the type say in ``object``; empty for a type that says nothing."""
    fields = msgspec.structs.fields(type) if msgspec.inspect.is_struct_type(type) else ()
    return next((str(field.default) for field in fields if field.name == "object"), "")
