"""``expand``: what can be put into what, as data, and putting it there.

Each noun declares a :class:`Resource`: what its object is, which scope reads it, how several are had at once, and what
else it names. Checking, the OpenAPI document and the reference read these declarations.

An object that is put in stands beside the id that names it (``customer`` beside ``customerId``), which stays what it
is: no field changes its type by what was asked for. Its JSON goes in front of the closing brace, so that the types of
the objects need not know one another.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from keyturn import Need, Reach
from tillgate.base.errors import InvalidInput
from tillgate.base.invariants import BrokenInvariant, present
from tillgate.base.pages import PageRequest
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem, Verbatim
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.paging import Listing, PageEnvelope

PARAM: Final = "expand"
DEPTH_MAX: Final = 4
PATHS_MAX: Final = 10
# Of an included list. The rest is had from the list's own route.
EACH_MAX: Final = 10
_INCLUDED: Final = PageRequest(EACH_MAX)
# How many objects may at most be put into one answer, as far as the request says.
OBJECTS_MAX: Final = 5_000

Load = Callable[[ApiContext, Transaction, Principal, list[str]], Awaitable[Mapping[str, Any]]]
"""Objects by their keys, or, for a list, pages by theirs: a fixed number of statements, however many keys."""


class Relation(NamedTuple):
    """Another object that an object names, or several.

    Attributes:
        name: in paths, and of the field where it is put.
        to: the name of the other resource.
        key: the attribute by which it is found.
        load: finds by that; None where the key is the other's id.
        many: a list of up to :data:`EACH_MAX`, newest first.
    """

    name: str
    to: str
    key: str
    load: Load | None = None
    many: bool = False


class Part(NamedTuple):
    """A list inside an object whose entries name others.

    Attributes:
        name, field: on the wire, and as an attribute.
        most: how many entries there may be.
    """

    name: str
    field: str
    type: type[msgspec.Struct]
    most: int
    relations: tuple[Relation, ...]


class Resource(NamedTuple):
    """A noun's object as others name it.

    Attributes:
        name: what the object calls itself in ``object``.
        need: what reading it takes, by whatever detour.
        by_ids: several of the caller's project and mode; None where nothing names it by its id.
        places: what can be put into it.
    """

    name: str
    type: type[msgspec.Struct]
    need: Need
    by_ids: Load | None = None
    places: tuple[Relation | Part, ...] = ()

    @property
    def choices(self) -> list[str]:
        """The shortest paths that lead on from here."""
        return [
            choice
            for place in self.places
            for choice in (
                [f"{place.name}.{inner.name}" for inner in place.relations] if isinstance(place, Part) else [place.name]
            )
        ]


class Node(NamedTuple):
    """One place in which something is to be put, and what is to be put into that in turn."""

    place: Relation | Part
    to: Resource | None
    below: tuple["Node", ...]


class Expansion(NamedTuple):
    """What a request wants, checked.

    Attributes:
        paths: as they were named, in order: two requests that say the same want the same.
        needs: what reading what is at the end of each path takes, and what is on the way; each once, in order.
    """

    paths: tuple[str, ...]
    nodes: tuple[Node, ...]
    needs: tuple[Need, ...]

    def check_size(self, objects: int) -> None:
        """
        Args:
            objects: how many there may be into which it is put.

        Raises:
            InvalidInput: it is too much.
        """
        if (most := _most(self.nodes, objects)) > OBJECTS_MAX:
            raise _refused(Problem.EXPANDS_TOO_MUCH, count=most, maximum=OBJECTS_MAX)


class Expansions:
    """All resources, and what may be asked of them."""

    def __init__(self, resources: Iterable[Resource], envelope: Any = None) -> None:
        """
        Args:
            envelope: the generic type of lists, by which a route's answer is known to be one.

        Raises:
            ValueError: a declaration leads nowhere, would hide a field, or is open to publishable keys: the client
                secret of one object does not open what stands beside it.
        """
        declared = list(resources)
        if open_to_all := [one.name for one in declared if one.need.publishable is not Reach.NEVER]:
            raise ValueError(f"publishable keys must not reach by a detour: {open_to_all}")
        self._by_name = {one.name: one for one in declared}
        self._by_type: dict[Any, Resource] = {one.type: one for one in declared}
        if envelope is not None:
            self._by_type |= {envelope[one.type]: one for one in declared}
        for resource in declared:
            for place in resource.places:
                if isinstance(place, Part):
                    for inner in place.relations:
                        self._check(place.type, inner)
                else:
                    self._check(resource.type, place)

    def __iter__(self) -> Any:
        return iter(self._by_name.values())

    def target(self, relation: Relation) -> Resource:
        """What a relation leads to."""
        return self._by_name[relation.to]

    def of_answer(self, answers: Any) -> Resource | None:
        """What a route with this type of answer shows, itself or in a list; None where nothing can be put into it."""
        found = self._by_type.get(answers)
        return found if found is not None and found.places else None

    def parse(self, resource: Resource, text: str) -> Expansion:
        """What a caller asks for, whoever it is.

        Raises:
            InvalidInput: a path leads nowhere, or there are too many; the message says what is possible.
        """
        paths = tuple(sorted(set(text.split(","))))
        if len(paths) > PATHS_MAX:
            raise _refused(Problem.EXPANDS_TOO_MANY, count=len(paths), maximum=PATHS_MAX)
        tree: dict[str, Any] = {}
        for path in paths:
            self._grow(tree, resource, path)
        nodes = self._nodes(resource.places, tree)
        return Expansion(paths, nodes, tuple(dict.fromkeys(_needs(nodes))))

    def _check(self, type: type[msgspec.Struct], relation: Relation) -> None:
        to = self._by_name.get(relation.to)
        if to is None or (relation.load is None and to.by_ids is None):
            raise ValueError(f"{type.__name__}: nothing loads {relation.name}")
        if relation.name in type.__struct_encode_fields__ or relation.key not in type.__struct_fields__:
            raise ValueError(f"{type.__name__}: {relation.name} hides a field, or has no key")

    def _grow(self, tree: dict[str, Any], resource: Resource, path: str) -> None:
        """Add one path to the tree of all."""
        segments = path.split(".")
        if len(segments) > DEPTH_MAX:
            raise _refused(Problem.EXPANDS_TOO_DEEP, given=path[:100], depth=len(segments), maximum=DEPTH_MAX)
        here: Resource = resource
        places: Sequence[Relation | Part] = resource.places
        place: Relation | Part | None = None
        for segment in segments:
            place = next((one for one in places if one.name == segment), None)
            if place is None or (isinstance(place, Part) and segment is segments[-1]):
                raise _refused(Problem.EXPANDS_NOWHERE, given=path[:100], noun=here.name, choices=tuple(here.choices))
            tree = tree.setdefault(segment, {})
            if isinstance(place, Part):
                places = place.relations
            else:
                here = self._by_name[place.to]
                places = here.places

    def _nodes(self, places: Sequence[Relation | Part], tree: dict[str, Any]) -> tuple[Node, ...]:
        nodes = []
        for place in places:
            if place.name not in tree:
                continue
            to = None if isinstance(place, Part) else self._by_name[place.to]
            inner = place.relations if isinstance(place, Part) else self._by_name[place.to].places
            nodes.append(Node(place, to, self._nodes(inner, tree[place.name])))
        return tuple(nodes)


def _refused(problem: Problem, **values: Any) -> InvalidInput:
    return InvalidInput(Verbatim(PARAM), problem, code="invalid_query", **values)


def _most(nodes: Sequence[Node], parents: int) -> int:
    """How many objects could be put in at most."""
    most = 0
    for place, _, below in nodes:
        if isinstance(place, Part):
            most += _most(below, parents * place.most)
        else:
            children = parents * EACH_MAX if place.many else parents
            most += children + _most(below, children)
    return most


def _needs(nodes: Sequence[Node]) -> list[Need]:
    needs: list[Need] = []
    for _, to, below in nodes:
        needs += ([to.need] if to is not None else []) + _needs(below)
    return needs


async def expanded(
    context: ApiContext,
    tx: Transaction,
    principal: Principal,
    objects: Sequence[Any],
    expansion: Expansion,
    envelope: PageEnvelope,
) -> list[Any]:
    """Objects with what was asked for, lists in the envelope that is given. They are to be encoded, and no
    more looked into."""
    return await _Putting(context, tx, principal, envelope).put(objects, expansion.nodes)


class _Putting(NamedTuple):
    """What it takes to put objects into objects."""

    context: ApiContext
    tx: Transaction
    principal: Principal
    envelope: PageEnvelope

    async def put(self, objects: Sequence[Any], nodes: Sequence[Node]) -> list[Any]:
        """The objects, each with what belongs to it: what all of them name is had at once."""
        beside: list[dict[str, Any]] = [{} for _ in objects]
        inside: list[dict[str, Any]] = [{} for _ in objects]
        for node in nodes:
            place = node.place
            if isinstance(place, Part):
                entries = [getattr(one, place.field) for one in objects]
                done = iter(await self.put([one for each in entries for one in each], node.below))
                for one, each in zip(inside, entries, strict=True):
                    one[place.field] = list(islice(done, len(each)))
                continue
            keys = [getattr(one, place.key) for one in objects]
            found = await self._found(node, [*dict.fromkeys(key for key in keys if key is not None)])
            nothing = self.envelope(Listing([], False, _INCLUDED)) if place.many else None
            for one, key in zip(beside, keys, strict=True):
                one[place.name] = found.get(key, nothing)
        return [_joined(one, *more) for one, *more in zip(objects, inside, beside, strict=True)]

    async def _found(self, node: Node, keys: list[str]) -> Mapping[str, Any]:
        if not keys:
            return {}
        if not isinstance(node.place, Relation):
            raise BrokenInvariant("expected a relation, found a place that leads nowhere")
        load = present(node.place.load or present(node.to, "what a relation leads to").by_ids, "a way to load by ids")
        found = await load(self.context, self.tx, self.principal, keys)
        many = node.place.many
        children = [one for each in found.values() for one in (each.data if many else (each,))]
        done = iter(await self.put(children, node.below) if node.below else children)
        if not many:
            return dict(zip(found, done, strict=True))
        return {
            key: self.envelope(Listing(list(islice(done, len(page.data))), page.has_more, _INCLUDED, page.data[-1]))
            for key, page in found.items()
        }


def _joined(one: msgspec.Struct, inside: dict[str, Any], beside: dict[str, Any]) -> Any:
    whole = msgspec.structs.replace(one, **inside) if inside else one
    if not beside:
        return whole
    return msgspec.Raw(msgspec.json.encode(whole)[:-1] + b"," + msgspec.json.encode(beside)[1:])
