"""No text that a stranger sends costs more than linear, bounded time.

One request with ``x-api-key: eyJeyJeyJ…`` froze a whole server: a pattern that looked for JSON Web Tokens took
quadratic time, and nothing before it had looked at the length. Here every pattern of the product is read as data, and
measured on texts made to hurt it; and so is every reader of what strangers send. This is the one place where a test may
look at a clock: it compares processor times, never asks how long something took.
"""

import ast
import asyncio
import contextlib
import functools
import importlib
import pkgutil
import re
import re._constants as opcodes  # type: ignore[import-not-found]
import re._parser as grammar  # type: ignore[import-not-found]
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from starlette.requests import Request

from keyturn import FORMATS, Carriers, KeyParser, Presented
from keyturn.admission.needs import Rules
from keyturn.admission.origins import answer_headers
from keyturn.http import reading as keyturn_reading
from keyturn.http.proxies import Networks, client_of
from keyturn.http.shapes import Verify, WhichLines
from keyturn.insight.logged import Cursor
from keyturn.insight.usage import clipped
from keyturn.keys.restrictions import (
    checked_apps,
    checked_networks,
    checked_origins,
    coarse,
    is_within,
    origin_patterns,
    parse_rate,
)
from keyturn.keys.secret import ForeignForm
from keyturn.leaks.spotting import Spotter
from tests.house.source import PACKAGES, SRC, nodes_of, python_files, where
from tillgate.api.paging import ListQuery
from tillgate.api.sessions import CreateCheckoutSession
from tillgate.base import ids
from tillgate.base.clock import from_rfc3339
from tillgate.base.money import parse_amount
from tillgate.base.pages import PageRequest, checked_cursor
from tillgate.base.text import checked_email, checked_url
from tillgate.checkout.coupons.model import checked_discount
from tillgate.dashboard import forms
from tillgate.dashboard.cookies import cookie_of
from tillgate.events.deliveries.model import retry_after
from tillgate.mail.returning import read_report
from tillgate.store.idempotency import checked_key
from tillgate.wire import reading

SHORT: Final = 4_096
TIMES: Final = 16
AT_MOST: Final = 32
# Of the long text, as processor time: what costs less is not worth a ratio, and quadratic costs a thousand times this.
NOTHING_SECONDS: Final = 0.004
BEST_OF: Final = 5

FUNCTIONS: Final = {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}
# Patterns that are put together at run time, by who does it: each is made here with what makes it largest.
FOREIGN: Final = [ForeignForm("", 8, 256), ForeignForm("a", 8, 256), ForeignForm("acme_", 20, 40)]


def carriers() -> Carriers:
    made = Carriers(KeyParser(FORMATS.values()))
    made.learn(FOREIGN)
    return made


MADE: Final[dict[str, Callable[[], object]]] = {
    "src/keyturn/admission/carriers.py": carriers,
    "src/keyturn/leaks/spotting.py": Spotter,
    "src/keyturn/keys/secret.py": lambda: None,  # the pattern of a form, which carriers compile
}


# Finding them.


@functools.cache
def modules() -> dict[Path, ModuleType]:
    """Every module of the product, imported."""
    found = {}
    for package in PACKAGES:
        root = importlib.import_module(package)
        for one in [package, *(info.name for info in pkgutil.walk_packages(root.__path__, f"{package}."))]:
            if not one.endswith("__main__"):
                module = importlib.import_module(one)
                found[Path(str(module.__file__))] = module
    return found


def patterns_of(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    """Compiled patterns in a value: itself, or in what it holds."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 3 and isinstance(value, tuple | list | set | frozenset):
        for part in value:
            yield from patterns_of(part, depth + 1)
    elif depth < 3 and isinstance(value, dict):
        for part in value.values():
            yield from patterns_of(part, depth + 1)
    elif depth < 3 and type(value).__module__.partition(".")[0] in PACKAGES:
        names = [*getattr(value, "__dict__", ()), *(name for name in getattr(type(value), "__slots__", ()) if name)]
        for name in names:
            yield from patterns_of(getattr(value, name, None), depth + 1)


@functools.cache
def collected() -> dict[tuple[str | bytes, int], str]:
    """Every pattern with its flags, and where it was found: what modules and classes hold, what is written in a call
    of ``re`` anywhere, and what msgspec checks texts with."""
    found: dict[tuple[str | bytes, int], str] = {}

    def keep(pattern: str | bytes, flags: int, place: str) -> None:
        compiled = re.compile(pattern, flags)
        found.setdefault((compiled.pattern, compiled.flags), place)

    for path, module in modules().items():
        for name, value in vars(module).items():
            own = isinstance(value, type) and value.__module__.partition(".")[0] in PACKAGES
            held = [value, *vars(value).values()] if own else [value]
            for one in held:
                for pattern in patterns_of(one):
                    found.setdefault((pattern.pattern, pattern.flags), f"{path.relative_to(SRC.parent)}: {name}")
    for path in python_files(SRC):
        names = vars(modules()[path]) if path in modules() else {"re": re}
        unknown = []
        for node in nodes_of(path):
            for expression, flags in written(node):
                try:
                    text = eval(compile(ast.Expression(expression), str(path), "eval"), dict(names))  # noqa: S307
                    value = eval(compile(ast.Expression(flags), str(path), "eval"), dict(names)) if flags else 0  # noqa: S307
                except Exception:
                    unknown.append(node)
                else:
                    keep(text, int(value), where(path, node))
        if unknown:
            name = str(path.relative_to(SRC.parent))
            assert name in MADE, f"{where(path, unknown[0])}: a pattern made at run time; make it in MADE"
    for name, make in MADE.items():
        for pattern in patterns_of(make()):
            found.setdefault((pattern.pattern, pattern.flags), f"{name}, as made here")
    return found


def written(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """A pattern in a call of ``re``, or in msgspec's ``Meta``, with its flags."""
    if not isinstance(node, ast.Call):
        return
    called = node.func
    of_re = isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "re"
    if isinstance(called, ast.Attribute) and of_re and called.attr in FUNCTIONS:
        after = {"compile": 1, "split": 3, "sub": 4, "subn": 4}.get(called.attr, 2)
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        yield node.args[0], named.get("flags", node.args[after] if len(node.args) > after else None)
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if name == "Meta":
        for keyword in node.keywords:
            if keyword.arg == "pattern":
                yield keyword.value, None


# What may be written.


def repeats_too_often(pattern: Any, *, last: bool = True) -> bool:
    """Whether something in it repeats without bound, and something comes after it that may fail.

    At the end of a pattern such a repetition succeeds with whatever there is, so that nothing is tried again.
    """
    parts = list(pattern)
    for index, (opcode, argument) in enumerate(parts):
        end = last and index == len(parts) - 1
        if opcode in (opcodes.MAX_REPEAT, opcodes.MIN_REPEAT):
            _, most, inner = argument
            single = len(inner) == 1 and inner[0][0] in (opcodes.IN, opcodes.LITERAL, opcodes.NOT_LITERAL, opcodes.ANY)
            if most is opcodes.MAXREPEAT and not (end and single):
                return True
            if repeats_too_often(inner, last=False):
                return True
        elif opcode is opcodes.SUBPATTERN:
            if repeats_too_often(argument[3], last=end):
                return True
        elif opcode is opcodes.BRANCH:
            if any(repeats_too_often(branch, last=end) for branch in argument[1]):
                return True
        elif opcode in (opcodes.ASSERT, opcodes.ASSERT_NOT) and repeats_too_often(argument[1], last=False):
            return True
    return False


def test_every_repetition_has_a_bound() -> None:
    """``[a-z]+:`` looks through the whole of a text, and from its next character again."""
    wrong = [
        f"{place}: {pattern!r}"
        for (pattern, flags), place in collected().items()
        if repeats_too_often(grammar.parse(pattern, flags))
    ]
    assert wrong == []


def test_the_rule_finds_the_pattern_that_froze_a_server() -> None:
    """A rule that lets everything by would hold nothing."""
    assert repeats_too_often(grammar.parse(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"))
    assert repeats_too_often(grammar.parse(r"(?:a+)+$"))
    assert not repeats_too_often(grammar.parse(r"[\s,]+"))


# What it costs.


def piece(pattern: Any) -> tuple[str, set[str]]:
    """A text that a pattern takes, and characters that occur in it."""
    text, alphabet = "", set[str]()
    for opcode, argument in pattern:
        if opcode is opcodes.LITERAL:
            text += chr(argument)
            alphabet.add(chr(argument))
        elif opcode is opcodes.NOT_LITERAL or opcode is opcodes.ANY:
            text += "a"
        elif opcode is opcodes.IN:
            kind, value = argument[0]
            if kind is opcodes.LITERAL:
                text += chr(value)
            elif kind is opcodes.RANGE:
                text += chr(value[0])
            elif kind is opcodes.CATEGORY:
                text += {opcodes.CATEGORY_DIGIT: "1", opcodes.CATEGORY_SPACE: " "}.get(value, "a")
            else:
                text += "a"
            alphabet.add(text[-1])
        elif opcode in (opcodes.MAX_REPEAT, opcodes.MIN_REPEAT):
            least, most, inner = argument
            one, more = piece(inner)
            times = min(max(least, 1), most if isinstance(most, int) else 1)
            text += one * times
            alphabet |= more
        elif opcode is opcodes.SUBPATTERN:
            one, more = piece(argument[3])
            text, alphabet = text + one, alphabet | more
        elif opcode is opcodes.BRANCH:
            made = [piece(branch) for branch in argument[1]]
            text += max((one for one, _ in made), key=len)
            for one, more in made:
                alphabet |= more | {one}
    return text, alphabet


def hostile(pattern: str | bytes, flags: int) -> list[str]:
    """Units of which, repeated, come texts that nearly fit: everything that a fitting one begins with, and each of its
    characters."""
    whole, alphabet = piece(grammar.parse(pattern, flags))
    beginnings = {whole[:length] for length in range(1, min(len(whole), 12) + 1)}
    return sorted({*beginnings, whole, whole[:-1], *alphabet, "a", "0", "_", " ", "%2"} - {""})[:60]


class Cost(NamedTuple):
    """What a text and one sixteen times as long took, in seconds of the processor."""

    short: float
    long: float

    @property
    def fair(self) -> bool:
        return self.long < NOTHING_SECONDS or self.long <= AT_MOST * self.short


def cost(run: Callable[[Any], object], make: Callable[[int], Any], rounds: int = BEST_OF) -> Cost:
    """The best of some rounds, of each length apart; the first will do where it is fair already."""
    texts = make(SHORT), make(SHORT * TIMES)
    best = Cost(float("inf"), float("inf"))
    for _ in range(rounds):
        taken = []
        for text in texts:
            begun = time.process_time_ns()
            run(text)
            taken.append((time.process_time_ns() - begun) / 1e9)
        best = Cost(*map(min, best, taken))
        if best.fair:
            break
    return best


def test_every_pattern_takes_linear_time() -> None:
    """Sixteen times the text takes at most 32 times the time, whichever way the pattern is used."""
    wrong = []
    for (pattern, flags), place in collected().items():
        compiled = re.compile(pattern, flags)
        for unit in hostile(pattern, flags):

            def text(length: int, unit: str = unit, binary: bool = isinstance(pattern, bytes)) -> Any:
                made = (unit * (length // len(unit) + 1))[:length] + "\x01"
                return made.encode() if binary else made

            for use in (compiled.search, compiled.match, compiled.fullmatch):
                took = cost(use, text)
                if not took.fair:
                    wrong.append(f"{place}: {pattern!r}.{use.__name__}({unit!r} …): {took}")
    assert wrong == []


def test_the_measure_finds_the_pattern_that_froze_a_server() -> None:
    """Of the texts made to hurt it, one does."""
    froze = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
    assert "eyJ" in hostile(froze.pattern, froze.flags)
    assert not cost(froze.search, lambda length: "eyJ" * (length // 3), rounds=1).fair


# Every reader of what strangers send.

CARRIERS: Final = carriers()
TRUSTED: Final = Networks(["10.0.0.0/8"])
RULES: Final = Rules({"GET /a/{id}/b": "a:read", "/c/*": "a:write"})
SESSION: Final = msgspec.json.Decoder(CreateCheckoutSession)
VERIFY: Final = msgspec.json.Decoder(Verify)


def request_with(name: str, value: str) -> Request:
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [
        (name.encode(), value.encode("utf-8", "replace"))
    ]})  # fmt: skip


def in_small_pieces(text: str) -> Callable[[], Any]:
    """An ASGI ``receive`` that hands a body on in pieces of 16 bytes."""
    data = text.encode("utf-8", "replace")[: reading.BODY_BYTES_MAX]
    at = 0

    async def receive() -> Any:
        nonlocal at
        part, at = data[at : at + 16], at + 16
        return {"type": "http.request", "body": part, "more_body": at < len(data)}

    return receive


def body_of_the_api(text: str) -> object:
    return asyncio.run(reading.read_body({b"content-type": b"application/json"}, in_small_pieces(text)))


REPORT_OF_MAIL: Final = (
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\n\n--a\n"
    b"Content-Type: message/delivery-status\n\nA: b\n\nAction: failed\nStatus: %s"
)
READERS: Final[dict[str, Callable[[str], object]]] = {
    "Authorization": lambda text: CARRIERS.find(f"Bearer {text}"),
    "Authorization without a scheme": CARRIERS.find,
    "Authorization: Basic": lambda text: CARRIERS.find(f"Basic {text}"),
    "x-api-key": lambda text: CARRIERS.find(None, text),
    "x-api-key beside a client secret": lambda text: CARRIERS.find(text, "x"),
    "both": lambda text: CARRIERS.find(text, text),
    "a key in a URL": CARRIERS.in_url,
    "a path in a log": lambda text: CARRIERS.clipped(text, 200),
    "a user agent": lambda text: clipped(text, 200, CARRIERS.clean),
    "a cleaned text": CARRIERS.clean,
    "keys in a file": lambda text: list(Spotter().find(text.encode("utf-8", "replace"))),
    "what is presented": lambda text: repr(Presented(authorization=text, query_string=text)),
    "X-Forwarded-For": lambda text: client_of("10.0.0.1", None, text, text, TRUSTED),
    "X-Forwarded-For, hops": lambda text: client_of("10.0.0.1", None, "10.0.0.1," * (len(text) // 9), None, TRUSTED),
    "an address": lambda text: (coarse(text), is_within(text, ("10.0.0.0/8",))),
    "Origin": lambda text: (origin_patterns(text), answer_headers(text, None)),
    "origins of a key": lambda text: checked_origins([text]),
    "apps of a key": lambda text: checked_apps([text]),
    "networks of a key": lambda text: checked_networks([text]),
    "a rate": parse_rate,
    "a path against rules": lambda text: RULES("GET", "/" + text),
    "a query of Keyturn": lambda text: keyturn_reading.decode_query(WhichLines, text.encode("utf-8", "replace")),
    "a query of the API": lambda text: reading.read_query(text.encode("utf-8", "replace")),
    "a parameter of the API": lambda text: reading.decode_query(ListQuery, {text: text}),
    "a body of the API": lambda text: reading.decode_body(SESSION, text.encode("utf-8", "replace")),
    "a name in a body of the API": lambda text: reading.decode_body(SESSION, msgspec.json.encode({text: text})),
    "metadata in a body": lambda text: reading.decode_body(SESSION, msgspec.json.encode({"metadata": {text: [text]}})),
    "a number in a body": lambda text: reading.decode_body(SESSION, b'{"metadata":{"a":%s}}' % (b"9" * len(text))),
    "depth in a body": lambda text: reading.decode_body(SESSION, b'{"metadata":{"a":' + b"[" * len(text)),
    "a body of Keyturn": lambda text: keyturn_reading.decode_body(VERIFY, text.encode("utf-8", "replace")),
    "a name in a body of Keyturn": lambda text: keyturn_reading.decode_body(VERIFY, msgspec.json.encode({text: 1})),
    "a body in pieces": body_of_the_api,
    "a body of Keyturn in pieces": lambda text: asyncio.run(keyturn_reading.read_body(in_small_pieces(text))),
    "a cookie": lambda text: cookie_of(request_with("cookie", f"tillgate_session={text}"), "tillgate_session"),
    "a quoted cookie": lambda text: cookie_of(request_with("cookie", f'a="{text}"'), "a"),
    "a form": lambda text: forms.parse(text.encode("utf-8", "replace")[: forms.BODY_BYTES_MAX]),
    "a path to go back to": forms.local_path,
    "an id": lambda text: (ids.is_typed(text), ids.is_id("cs", f"cs_{text}")),
    "a cursor": lambda text: checked_cursor(PageRequest(25, text), "cs"),
    "a cursor of the log": Cursor.parse,
    "an instant": from_rfc3339,
    "an amount": lambda text: parse_amount(text, "USD", field="amount"),
    "a percentage": lambda text: checked_discount("percentage", None, None, text),
    "a URL": lambda text: checked_url(text, field="url", http_loopback=True),
    "an address for mail": checked_email,
    "a report of a mail": lambda text: read_report(REPORT_OF_MAIL % text.encode("utf-8", "replace")),
    "the type of a report of a mail": lambda text: read_report(
        b"Content-Type: multipart/report; %s\n\n" % text.encode("utf-8", "replace")
    ),
    "an Idempotency-Key": checked_key,
    "Content-Length": lambda text: reading.declares_too_much(text.encode("utf-8", "replace")),
    "Retry-After of a webhook's answer": lambda text: retry_after(503, text, 0),
}
UNITS: Final = [
    "eyJ",
    "ck_live_",
    "a",
    "_secret_",
    "0",
    "\\a",
    '"',
    "%41",
    "&a=",
    ";",
    ",",
    "::",
    "a.",
    "[",
    " - at `$",
    "é",
]


@pytest.mark.parametrize("name", sorted(READERS))
def test_every_reader_takes_linear_time(name: str) -> None:
    """The same, of what looks at it first: a length before any pattern."""
    read = READERS[name]

    def run(text: str) -> None:
        with contextlib.suppress(Exception):  # refused, which is what is measured
            read(text)

    wrong = []
    for unit in UNITS:
        took = cost(run, lambda length, unit=unit: (unit * (length // len(unit) + 1))[:length])
        if not took.fair:
            wrong.append(f"{unit!r}: {took}")
    assert wrong == []
