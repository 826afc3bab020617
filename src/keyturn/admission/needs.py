"""What an endpoint needs of its caller's key, stated as a value: beside the endpoint, or as rules over paths.

    @needs("invoices:read")
    async def list_invoices(request): ...

    Rules({"GET /invoices": "invoices:read", "POST /invoices/*": Need("invoices:write"), "GET /health": OPEN})

What states nothing is not reached by anybody.
"""

import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from keyturn.environment import meant
from keyturn.keys.model import Need, Reach, is_scope_name

ATTRIBUTE: Final = "__keyturn_need__"

E = TypeVar("E")


class Access(Enum):
    """What an endpoint may ask for that is no scope."""

    OPEN = "open"
    """Nothing: everybody is let in."""
    ANY_KEY = "any-key"
    """A key that is valid, whatever it may do."""


OPEN: Final = Access.OPEN
ANY_KEY: Final = Access.ANY_KEY

Stated = Need | Access


class InvalidNeed(ValueError):
    """Something states a need that is none; the message says where, and what was expected."""


def stated(need: Stated | str) -> Stated:
    """A need as a value; a text is a scope that a secret key must have.

    Raises:
        InvalidNeed: it is no scope.
    """
    found = Need(need) if isinstance(need, str) else need
    if isinstance(found, Need) and not is_scope_name(found.scope):
        raise InvalidNeed(f"{found.scope[:60]!r} is no scope; expected resource:action, such as invoices:read")
    return found


def needs(need: Stated | str) -> Callable[[E], E]:
    """Say of an endpoint, a function or a class, what its caller's key must be allowed. It stays what it is.

    Raises:
        InvalidNeed: it is no scope.
    """
    found = stated(need)

    def mark(endpoint: E) -> E:
        setattr(endpoint, ATTRIBUTE, found)
        return endpoint

    return mark


def need_of(endpoint: object) -> Stated | None:
    """What an endpoint says that it needs; None if it says nothing."""
    found = getattr(endpoint, ATTRIBUTE, None)
    return found if isinstance(found, Need | Access) else None


class Rule(NamedTuple):
    """What some requests need.

    Attributes:
        methods: those that are meant; all of them if there is none.
        path: ``/invoices``, ``/invoices/{id}`` with any one segment, or ``/invoices/*`` with all that lies below.
    """

    methods: frozenset[str]
    path: str
    need: Stated


class Rules:
    """What each path needs. The first rule that fits counts, in the order in which they are written."""

    def __init__(self, rules: Iterable[Rule] | Mapping[str, Stated | str]) -> None:
        """
        Args:
            rules: or a mapping from ``GET /path``, or only ``/path`` for all methods, to what is needed.

        Raises:
            InvalidNeed: a path or a scope is none.
        """
        listed = [_rule(key, need) for key, need in rules.items()] if isinstance(rules, Mapping) else list(rules)
        self._rules = [(rule, tuple(rule.path.split("/"))) for rule in listed]
        for rule, _ in self._rules:
            if not rule.path.startswith("/") or "*" in rule.path.removesuffix("/*") or "?" in rule.path:
                raise InvalidNeed(f"{rule.path[:60]!r} is no path; expected /a/b, /a/{{id}} or /a/*")

    def check_scopes(self, offered: Collection[str]) -> None:
        """Whether every scope that a rule names is one that a key can have.

        Raises:
            InvalidNeed: one is not; its path would be reached by nobody but keys with all scopes.
        """
        for rule, _ in self._rules:
            if isinstance(rule.need, Need) and rule.need.scope not in offered:
                scope = rule.need.scope
                raise InvalidNeed(
                    f"the rule for {rule.path[:60]} names {scope[:60]!r}, which is no scope here"
                    f"{meant(scope, offered) or '; choose from: ' + ', '.join(sorted(offered))[:500]}"
                )

    def __call__(self, method: str, path: str) -> Stated | None:
        """What a request needs; None if no rule fits."""
        asked = tuple(path.split("/"))
        for rule, segments in self._rules:
            if (not rule.methods or method in rule.methods) and _fits(segments, asked):
                return rule.need
        return None


def read_rules(path: Path) -> Rules:
    """Rules out of a TOML file: a table ``[[rule]]`` each, with ``path``, perhaps ``methods``, and either ``scope``
    (with ``publishable = "creates"`` where a publishable key will do) or ``access = "open"`` or ``"any-key"``.

    Raises:
        InvalidNeed: the file cannot be read, or a rule is none; the message says which.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidNeed(f"{path}: {error}") from error
    tables = content.get("rule")
    if set(content) != {"rule"} or not isinstance(tables, list):
        raise InvalidNeed(f"{path}: expected tables [[rule]] and nothing else")
    rules = []
    for number, table in enumerate(tables, 1):
        try:
            rules.append(_from_table(table))
        except InvalidNeed as error:
            raise InvalidNeed(f"{path}, rule {number}: {error}") from error
    return Rules(rules)


def _from_table(table: Any) -> Rule:
    known = {"path", "methods", "scope", "access", "publishable"}
    if not isinstance(table, dict) or not set(table) <= known or not isinstance(table.get("path"), str):
        raise InvalidNeed(f"expected path, and of {', '.join(sorted(known - {'path'}))} what is wanted")
    methods = table.get("methods", [])
    if not isinstance(methods, list) or not all(isinstance(one, str) and one.isupper() for one in methods):
        raise InvalidNeed('methods: expected a list such as ["GET", "HEAD"]')
    if ("scope" in table) == ("access" in table):
        raise InvalidNeed("expected either scope or access")
    try:
        if "access" in table:
            return Rule(_with_head(methods), table["path"], Access(table["access"]))
        need = Need(str(table["scope"]), Reach(table.get("publishable", Reach.NEVER)))
    except ValueError as error:
        raise InvalidNeed(str(error)) from error
    return Rule(_with_head(methods), table["path"], stated(need))


def _rule(key: str, need: Stated | str) -> Rule:
    method, space, path = key.partition(" ")
    if not space:
        return Rule(frozenset(), key, stated(need))
    if not method.isupper():
        raise InvalidNeed(f"{key[:60]!r}: expected a method in capitals and a path, such as GET /invoices")
    return Rule(_with_head([method]), path, stated(need))


def _with_head(methods: Iterable[str]) -> frozenset[str]:
    """Whoever may GET may ask for the headers alone."""
    found = frozenset(methods)
    return found | {"HEAD"} if "GET" in found else found


def _fits(declared: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    if declared[-1] == "*":
        declared = declared[:-1]
        if len(asked) <= len(declared):
            return False
        asked = asked[: len(declared)]
    return len(declared) == len(asked) and all(
        one == other or (one.startswith("{") and one.endswith("}") and other != "")
        for one, other in zip(declared, asked, strict=True)
    )
