"""What an endpoint needs of its caller's key, stated as a value: beside the endpoint, or as rules over paths.

    @needs("invoices:read")
    async def list_invoices(request): ...

    Rules({"GET /invoices": "invoices:read", "POST /invoices/*": Need("invoices:write"), "GET /health": OPEN})

What states nothing is not reached by anybody.

**Paths are read in every way in which a server may read them.** Servers differ in what they make of ``/Admin``,
``/admin/`` and ``/admin;x``, and a rule that is compared in one way only is walked around by the others. So each path
has one normal form (:func:`checked_path`), rules are looked up in each reading of it, and where two readings lead to
different needs the request is refused.
"""

import functools
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, unquote_to_bytes

from keyturn.environment import meant
from keyturn.keys.model import Need, Reach, is_scope_name

ATTRIBUTE: Final = "__keyturn_need__"

E = TypeVar("E")


class Access(Enum):
    """What an endpoint may ask for that is no scope."""

    OPEN = "open"
    """Nothing: the route is open."""
    ANY_KEY = "any-key"
    """A key that is valid, whatever it may do."""
    OPTIONAL = "optional"
    """A key that came has to be valid; without one it is nobody who calls."""


OPEN: Final = Access.OPEN
ANY_KEY: Final = Access.ANY_KEY
OPTIONAL: Final = Access.OPTIONAL

Stated = Need | Access

# What a request target consists of (RFC 9112, 3.2): neither a fragment, nor what has to be encoded. Browsers leave some
# printable characters as they are that RFC 3986 would have encoded; no server ends a path at one of them.
_TARGET: Final = re.compile(r"[!-\"$-~]*")
_FLAGS: Final = ("case_matters", "trailing_slash_matters")
_NOT_ENCODED: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_END: Final = re.compile(r"[?#]")
_ENDS: Final = frozenset(";?#")
_SEPARATOR: Final = re.compile(r"%(?:2[Ff]|5[Cc]|25)")
# Longer requests are looked up each time.
_REMEMBERED_LENGTH_MAX: Final = 256


class InvalidNeed(ValueError):
    """Something states a need that is none; the message says where, and what was expected."""


class UnclearPath(ValueError):
    """A path that no server can read, or that two servers may read differently. The message says what is wrong with it
    and what to send instead, and does not quote it."""


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

    def __init__(
        self,
        rules: Iterable[Rule] | Mapping[str, Stated | str],
        *,
        case_matters: bool = False,
        trailing_slash_matters: bool = False,
    ) -> None:
        """
        Args:
            rules: or a mapping from ``GET /path``, or only ``/path`` for all methods, to what is needed.
            case_matters: whether what stands behind the rules is known to tell ``/Admin`` from ``/admin``. Otherwise a
                path is refused for which that makes a difference.
            trailing_slash_matters: the same for ``/admin/`` and ``/admin``.

        Raises:
            InvalidNeed: a path or a scope is none.
        """
        listed = [_rule(key, need) for key, need in rules.items()] if isinstance(rules, Mapping) else list(rules)
        for rule in listed:
            if not rule.path.startswith("/") or "*" in rule.path.removesuffix("/*") or "?" in rule.path:
                raise InvalidNeed(f"{rule.path[:60]!r} is no path; expected /a/b, /a/{{id}} or /a/*")
            if _wrong_with(rule.path) or not {"%", ";", "#"}.isdisjoint(rule.path):
                raise InvalidNeed(
                    f"{rule.path[:60]!r} fits no request: a path is written decoded, without parameters and without "
                    "empty, . or .. segments"
                )
        self._listed = listed
        cases = (False,) if case_matters else (False, True)
        slashes = (False,) if trailing_slash_matters else (False, True)
        ways = [(fold, strip) for fold in cases for strip in slashes]
        # The first reading is the path as it stands.
        self._readings = [_Reading(listed, fold, strip) for fold, strip in ways]
        # Of servers that compare before they decode, as Express does: the rules, too, are then encoded.
        encoded = [rule._replace(path=_encoded(rule.path)) for rule in listed]
        self._undecoded = [_Reading(encoded, fold, strip) for fold, strip in ways]
        self._remembered = functools.lru_cache(maxsize=2_000)(self._look_up)

    def check_scopes(self, offered: Collection[str]) -> None:
        """Whether every scope that a rule names is one that a key can have.

        Raises:
            InvalidNeed: one is not; its path would be reached by nobody but keys with all scopes.
        """
        for rule in self._listed:
            if isinstance(rule.need, Need) and rule.need.scope not in offered:
                scope = rule.need.scope
                raise InvalidNeed(
                    f"the rule for {rule.path[:60]} names {scope[:60]!r}, which is no scope here"
                    f"{meant(scope, offered) or '; choose from: ' + ', '.join(sorted(offered))[:500]}"
                )

    def __call__(self, method: str, path: str) -> Stated | None:
        """What a request needs whose path is decoded already, as ASGI's ``scope["path"]`` is; None if no rule fits.

        Raises:
            UnclearPath: what is needed depends on who reads the path.
        """
        return self._asked(method, path, None)

    def need_of_target(self, method: str, raw: str) -> Stated | None:
        """What a request needs whose path is as it was sent; None if no rule fits.

        Raises:
            UnclearPath: no server can read the path, or what is needed depends on which one does.
        """
        path = checked_path(raw)
        return self._asked(method, path, raw if "%" in raw else None)

    def _asked(self, method: str, path: str, raw: str | None) -> Stated | None:
        short = len(method) + len(path) + len(raw or "") <= _REMEMBERED_LENGTH_MAX
        found = self._remembered(method, path, raw) if short else self._look_up(method, path, raw)
        if isinstance(found, str):
            raise UnclearPath(found)
        return found

    def _look_up(self, method: str, path: str, raw: str | None) -> Stated | str | None:
        """What a request needs, or what is wrong with its path."""
        need = self._readings[0].need(method, path)
        if need is None:
            return None
        if wrong := _wrong_with(path):
            return wrong

        def differs(readings: list[_Reading], path: str) -> bool:
            return any(reading.need(method, path) != need for reading in readings)

        if differs(self._readings, path):
            return (
                "The path may be read as another one by a server that ignores case or a slash at the end; send it in "
                "the spelling that is documented. Whoever runs this API can say that these matter, with the rules."
            )
        if raw is not None and differs(self._undecoded, _ENCODED.sub(lambda one: one[0].upper(), raw)):
            return "The path has characters encoded that need not be; send letters, digits and punctuation as they are."
        for shorter in _shortened(path):
            if _wrong_with(shorter) or differs(self._readings, shorter):
                return (
                    "The path may be read as another one by a server that ends it, or a segment of it, at a semicolon, "
                    "a question mark or a number sign; send it without what follows."
                )
        return need


class _Reading:
    """Rules as one kind of server would compare them."""

    def __init__(self, rules: Iterable[Rule], fold: bool, strip: bool) -> None:
        """
        Args:
            fold: without regard to case.
            strip: without regard to a slash at the end.
        """
        self._fold = fold
        self._strip = strip
        self._rules = [(rule, self._segments(rule.path)) for rule in rules]

    def need(self, method: str, path: str) -> Stated | None:
        """What a request needs by the first rule that fits."""
        asked = self._segments(path)
        for rule, segments in self._rules:
            if (not rule.methods or method in rule.methods) and _fits(segments, asked):
                return rule.need
        return None

    def _segments(self, path: str) -> tuple[str, ...]:
        if self._strip and len(path) > 1:
            path = path.removesuffix("/")
        return tuple((path.casefold() if self._fold else path).split("/"))


def checked_path(raw: str) -> str:
    """The normal form of a path as it stands in a request: percent-decoded, once.

    Raises:
        UnclearPath: it is none, or decoding hides a separator, what is encoded twice, or a control character.
    """
    checked_target(raw)
    if "\\" in raw:
        raise UnclearPath("The path holds a backslash, which some servers take for a slash.")
    if _NOT_ENCODED.search(raw):
        raise UnclearPath("The path holds a percent sign that two hexadecimal digits do not follow; encode it as %25.")
    if _SEPARATOR.search(raw):
        raise UnclearPath("The path holds an encoded slash, backslash or percent sign, which servers read differently.")
    try:
        path = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnclearPath("The path is not UTF-8 once it is decoded.") from error
    if wrong := _wrong_with(path):
        raise UnclearPath(wrong)
    return path


def checked_target(raw: str) -> str:
    """A path or query as it stands in a request, which it may do.

    Raises:
        UnclearPath: it may not; one server refuses it, and the next reads a part of it.
    """
    if _TARGET.fullmatch(raw) is None:
        raise UnclearPath(
            "The request target holds a #, a space, a control character or one beyond ASCII; percent-encode it."
        )
    return raw


def _wrong_with(path: str) -> str | None:
    """What keeps a decoded path from being read in one way only; None if nothing does."""
    if not path.startswith("/"):
        return "The path does not begin with a slash."
    segments = path.split("/")[1:]
    for number, segment in enumerate(segments, 1):
        if segment in (".", "..") or segment.startswith((".;", "..;")):
            return "The path holds a . or .. segment; send the path that is meant."
        if (not segment or segment.startswith(";")) and (number < len(segments) or segment):
            return "The path holds an empty segment, which some servers leave out; send one slash."
        if segment != segment.strip() or not segment.replace(" ", "").isprintable() or "\\" in segment:
            return (
                "A segment of the path begins or ends with a space, or holds a control character or a backslash; "
                "servers read that differently."
            )
    return None


def _shortened(path: str) -> Iterator[str]:
    """What is left of a path for servers that end it, or its segments, early; nothing if that is all of it."""
    if _ENDS.isdisjoint(path):
        return
    whole = _END.split(path, maxsplit=1)[0]
    for one in (whole, path):
        without = "/".join(segment.partition(";")[0] for segment in one.split("/"))
        yield from {one, without} - {path}


def _encoded(path: str) -> str:
    """A rule's path as a request has it."""
    return quote(path, safe="/{}*!$&'()+,;=:@")


def read_rules(path: Path) -> Rules:
    """Rules out of a TOML file: a table ``[[rule]]`` each, with ``path``, perhaps ``methods``, and either ``scope``
    (with ``publishable = "creates"`` where a publishable key will do) or ``access = "open"``, ``"any-key"`` or
    ``"optional"``. Before them may stand ``case_matters`` and ``trailing_slash_matters``, for :class:`Rules`.

    Raises:
        InvalidNeed: the file cannot be read, or a rule is none; the message says which.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidNeed(f"{path}: {error}") from error
    tables = content.get("rule")
    flags = {name: value for name, value in content.items() if name in _FLAGS}
    if set(content) - set(flags) != {"rule"} or not isinstance(tables, list):
        raise InvalidNeed(f"{path}: expected tables [[rule]], and before them perhaps {' and '.join(_FLAGS)}")
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise InvalidNeed(f"{path}: {name}: expected true or false")
    rules = []
    for number, table in enumerate(tables, 1):
        try:
            rules.append(_from_table(table))
        except InvalidNeed as error:
            raise InvalidNeed(f"{path}, rule {number}: {error}") from error
    return Rules(rules, **flags)


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
