"""What the way in accepts, the way out can say.

A key whose expiry lay an hour beyond the year 9999 was taken, stored, and from then on every list of its project was a
500. Here every route that the servers declare is written to with values at the edge of what their fields may hold, and
then everything is read back: each object and list, the events, the pages of the dashboard and the buyer's. Whatever was
accepted can be shown; what cannot is refused with a 4xx.
"""

import html
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from keyturn.http.routing import Only
from keyturn.http.routing import Route as KeyturnRoute
from keyturn.http.server import ROUTES as KEYTURN_ROUTES
from tests.api.bodies import fields_of, inner, likely
from tests.keyturn.test_server import CommandContext, open_harness
from tests.running import OWNER_EMAIL, OWNER_PASSWORD
from tests.shop import PUBLIC_URL, ShopBeside
from tillgate.api.application import ROUTES
from tillgate.dashboard.routing import VIEWS
from tillgate.wire.routing import Route

INSTANTS: Final = (
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z",
    "2038-01-19T03:14:08Z", "9998-12-31T23:59:59.999Z", "9998-12-31T23:59:59-01:00", "9999-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59+14:00",
)  # fmt: skip
NUMBERS: Final = (
    0, 1, -1, 100, 2**31 - 1, 2**31, 2**32, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), 10**30,
    0.1, 5e-324, 1e-7, 1e308, -0.0,
)  # fmt: skip
TEXTS: Final = (
    "a", "", " ", "a\0b", "\0", "\u0001", "\x7f", "\x85", "a\nb", "a\tb", "\r\n", "\u2028", "\ufeffa", "\u202eabc",
    "\uffff", "\U0010ffff", "😀" * 50, "e\u0301" * 100, "x" * 200, "x" * 2_000, "İ" * 100, "</script><b>&amp;\"'",
    "{{ 7*7 }}", "%00", "\\u0000", "../..", "NaN",
)  # fmt: skip
AMOUNTS: Final = ("0.01", "0", "999999999999.99", "999999999999", "000000000000000000000000000000000001.00", "1e3")
URLS: Final = (
    "https://a.example", "https://a.example/" + "x" * 2_000, "https://xn--nxasmq6b.example/?q=%00#f",
    "https://a.example:65535/", "https://a.example:0/", "https://[2001:db8::1]/", "https://a.example/\u202e", "https://é.example/",
    "https://a.example/%zz",
)  # fmt: skip
METADATA: Final = (
    {}, {"": "x"}, {"k" * 40: "v" * 500}, {f"k{n}": n for n in range(50)}, {"a": 2**64}, {"a": 10**400},
    {"a": -(2**63)}, {"a": 1e308}, {"a": "\0"}, {"\0": 1}, {"a": ["\0"]}, {"a\u202eb": "😀" * 250},
    {"a": {"b": [None, True, 1.5]}}, {"\n": "\n"},
)  # fmt: skip
ORIGINS: Final = (
    "https://a.example",
    "https://*.a.example",
    "http://localhost:3000",
    "https://" + "a" * 63 + ".example",
)
# Of one run, so that a walk costs what a test may; `--hypothesis-profile` of a longer run takes more.
EXAMPLES: Final = 6
PAGES_MAX: Final = 60

SETTINGS: Final = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def at_the_edge(name: str, kind: inspect.Type, random: Random) -> Any:
    """A value that a field of this name and type may just hold, or just not."""
    lower = name.lower()
    if isinstance(kind, inspect.ListType):
        return [at_the_edge(name, kind.item_type, random) for _ in range(random.randint(0, 3))]
    if isinstance(kind, inspect.SetType | inspect.CollectionType):
        return [at_the_edge(name, inspect.StrType(), random) for _ in range(random.randint(0, 3))]
    if isinstance(kind, inspect.StructType):
        return {
            field.encode_name: at_the_edge(field.encode_name, inner(field.type), random)
            for field in fields_of(kind.cls)
        }
    if lower.endswith("at") or isinstance(kind, inspect.DateTimeType):
        return random.choice(INSTANTS)
    if lower == "metadata":
        return random.choice(METADATA)
    if lower.endswith("url"):
        return random.choice(URLS)
    if lower == "origins":
        return random.choice(ORIGINS)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return random.choice(NUMBERS)
    if isinstance(kind, inspect.BoolType):
        return random.random() < 0.5
    if isinstance(kind, inspect.EnumType):
        return random.choice(list(kind.cls)).value
    if "amount" in lower or "price" in lower or lower == "value":
        return random.choice(AMOUNTS)
    return random.choice(TEXTS)


def edges_of(name: str, kind: inspect.Type) -> list[Any]:
    """Every value at the edge that a field of this name and type is tried with."""
    drawn = [at_the_edge(name, kind, Random(seed)) for seed in range(60)]
    return list({repr(value): value for value in drawn}.values())


def body_at_the_edge(body: type[Any], random: Random, known: dict[str, list[str]], start: dict[str, Any]) -> Any:
    """A body that is mostly let through, with one or two fields at the edge of what they may hold."""
    made = dict(start)
    fields = fields_of(body)
    for field in random.sample(fields, min(len(fields), random.randint(1, 2))):
        made[field.encode_name] = at_the_edge(field.encode_name, inner(field.type), random)
    return made


# Tillgate.

WRITES: Final = [route for route in ROUTES if route.body is not None]
LISTS: Final = [route for route in ROUTES if route.method == "GET" and "{id}" not in route.path]
ONES: Final = [route for route in ROUTES if route.method == "GET" and route.path.count("{") == 1 and route.answers]
OVERVIEWS: Final = sorted({view.path for view in VIEWS if view.method == "GET" and "{" not in view.path})


class Browser:
    """The owner's, in both modes, and a buyer's."""

    def __init__(self, beside: ShopBeside) -> None:
        self._beside = beside
        transport = httpx.ASGITransport(beside.shop.app, client=("127.0.0.1", 50_000))
        self._http = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers={"Origin": PUBLIC_URL})
        beside.run(beside.shop.app.accounts.create_user, OWNER_EMAIL, OWNER_PASSWORD)
        fields = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD}
        answer = beside.run(lambda: self._http.post("/dashboard/sign-in", data=fields))
        assert answer.status_code == 303

    def get(self, path: str) -> httpx.Response:
        answer: httpx.Response = self._beside.run(lambda: self._http.get(path))
        return answer

    def walk(self) -> None:
        """Look at every overview and what it leads to."""
        waiting, seen = list(OVERVIEWS), set[str]()
        while waiting and len(seen) < PAGES_MAX:
            path = waiting.pop(0)
            seen.add(path)
            answer = self.get(path)
            assert answer.status_code < 500, (path, html.unescape(answer.text)[-600:])
            for found in re.findall(r'href="(/dashboard/[^"#]{1,200})"', answer.text):
                link = html.unescape(found)
                # Each file would be made by a process of its own: tests/api/test_issued.py.
                is_file = link.endswith(("/receipt", "/invoice"))
                if link not in seen and link not in waiting and "sign-out" not in link and not is_file:
                    waiting.append(link)


def ids_in(value: Any) -> Iterator[tuple[str, str]]:
    """Ids by the noun that their field names, as bodies want them."""
    if isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, str) and name.endswith("Id") and len(one) < 60:
                yield name, one
            yield from ids_in(one)
        if isinstance(value.get("id"), str) and isinstance(value.get("object"), str):
            yield f"{value['object'].replace('_', ' ').title().replace(' ', '')}Id", value["id"]
    elif isinstance(value, list):
        for one in value:
            yield from ids_in(one)


@pytest.fixture
def browser(shop_beside: ShopBeside) -> Browser:
    return Browser(shop_beside)


def test_each_field_of_tillgate_at_its_edge(shop_beside: ShopBeside, browser: Browser) -> None:
    """Field by field, each value; after each that is taken, its object and its list."""
    known: dict[str, list[str]] = {}
    objects: dict[str, list[str]] = {}
    taken = 0

    def send(route: Route, body: Any) -> bool:
        nonlocal taken
        noun = route.path.split("/")[1]
        require_own = objects.get(noun) or ["x_01hxyz0000000000000000000"]
        answer = shop_beside.request(route.method, route.path.replace("{id}", require_own[0]), json=body)
        assert answer.status_code < 500, (route.method, route.path, body, answer.text)
        if answer.status_code >= 300:
            return False
        taken += 1
        made = answer.json()
        if isinstance(made.get("id"), str):
            objects.setdefault(noun, []).append(made["id"])
        for name, id in ids_in(made):
            known.setdefault(name[:1].lower() + name[1:], []).append(id)
        for one in (*LISTS, *ONES):
            if one.path.split("/")[1] == noun and objects.get(noun):
                suffix = "?limit=2" if one in LISTS else ""
                shown = shop_beside.request("GET", one.path.replace("{id}", objects[noun][-1]) + suffix)
                assert shown.status_code < 500, (route.method, route.path, body, one.path, shown.text)
        return True

    for route in WRITES:
        assert route.body is not None
        starts = []
        for seed in range(30):
            start = likely(route.body, Random(seed), known)
            if send(route, start):
                starts.append(start)
            if starts:
                break
        for field in fields_of(route.body):
            for value in edges_of(field.encode_name, inner(field.type)):
                any(send(route, start | {field.encode_name: value}) for start in starts)
    assert taken > 200
    for route in LISTS:
        assert shop_beside.request("GET", route.path).status_code < 500, route.path
    browser.walk()


@given(st.lists(st.tuples(st.sampled_from(WRITES), st.integers(0, 2**32)), min_size=4, max_size=10))
@SETTINGS
def test_whatever_tillgate_takes_it_can_show(
    shop_beside: ShopBeside, browser: Browser, writes: list[tuple[Route, int]]
) -> None:
    """Every route with a body, then every list, every object, the events and the pages."""
    known: dict[str, list[str]] = {}
    objects: dict[str, list[str]] = {}
    for route, seed in writes:
        random = Random(seed)
        noun = route.path.split("/")[1]
        require_own = objects.get(noun) or ["x_01hxyz0000000000000000000"]
        path = route.path.replace("{id}", random.choice(require_own))
        assert route.body is not None
        start = likely(route.body, random, known)
        body = body_at_the_edge(route.body, random, known, start)
        for sent in (start, body):
            answer = shop_beside.request(route.method, path, json=sent)
            assert answer.status_code < 500, (route.method, path, sent, answer.text)
            if answer.status_code < 300:
                made = answer.json()
                if isinstance(made.get("id"), str):
                    objects.setdefault(noun, []).append(made["id"])
                for name, id in ids_in(made):
                    known.setdefault(name[:1].lower() + name[1:], []).append(id)
    for route in LISTS:
        answer = shop_beside.request("GET", route.path)
        assert answer.status_code < 500, (route.path, answer.text)
        answer.json()
    for noun, ids in objects.items():
        for route in ONES:
            if route.path.split("/")[1] == noun:
                answer = shop_beside.request("GET", route.path.replace("{id}", ids[-1]))
                assert answer.status_code < 500, (route.path, answer.text)
    for page in [f"/checkout/{id}" for id in objects.get("checkout_sessions", [])[-2:]]:
        assert browser.get(page).status_code < 500
    browser.walk()


# Keyturn.

KEYTURN_WRITES: Final = [route for route in KEYTURN_ROUTES if route.body is not None]
KEYTURN_READS: Final = [
    route
    for route in KEYTURN_ROUTES
    if route.method == "GET" and route.need not in (Only.PROXY, Only.NOBODY) and route.path != "/metrics"
]
QUERIES: Final = (
    "", "?limit=100", "?before=9223372036854775807", "?before=9223372036854775808", "?before=18446744073709551615",
    "?projectId=default%0A", "?projectId=%00", "?startingAfter=%00", "?startingAfter=" + "x" * 5_000, "?mode=live",
)  # fmt: skip
PATH_IDS: Final = ("key_nobody", "%00", "a%0Ab", "%ED%A0%80", "%C3%A9", "x" * 3_000)


@pytest.fixture
def keyturn(database_url: str) -> Iterator[Callable[..., httpx.Response]]:
    """Sends one request as the holder of the root credential."""
    with (
        start_blocking_portal("asyncio", {"use_uvloop": False}) as portal,
        portal.wrap_async_context_manager(open_harness(database_url)) as context,
    ):
        opened: CommandContext = context

        def send(method: str, path: str, body: Any = None) -> httpx.Response:
            return portal.call(opened.send, method, path, body)

        yield send


def test_each_field_of_keyturn_at_its_edge(keyturn: Callable[..., httpx.Response]) -> None:
    """Field by field, each value; after each that is taken, its key and its list."""
    base = {"name": "test", "scopes": ["invoices:read"]}
    first = keyturn("POST", "/v1/keys", base).json()["id"]
    taken = 0
    for route in KEYTURN_WRITES:
        assert route.body is not None
        for field in fields_of(route.body):
            for value in edges_of(field.encode_name, inner(field.type)):
                here = keyturn("POST", "/v1/keys", base).json()["id"] if "{id}" in route.path else ""
                body = (base if route.path == "/v1/keys" else {}) | {field.encode_name: value}
                answer = keyturn(route.method, route.path.replace("{id}", here), body)
                assert answer.status_code < 500, (route.path, body, answer.text)
                if answer.status_code < 300:
                    taken += 1
                    here = here or answer.json().get("id", first)
                    for read in ("/v1/keys?limit=2", f"/v1/keys/{here}/audit"):
                        shown = keyturn("GET", read)
                        assert shown.status_code < 500, (route.path, body, read, shown.text)
    assert taken > 50


@given(
    st.lists(st.tuples(st.sampled_from(KEYTURN_WRITES), st.integers(0, 2**32)), min_size=6, max_size=20),
    st.sampled_from(PATH_IDS),
)
@SETTINGS
def test_whatever_keyturn_takes_it_can_show(
    keyturn: Callable[..., httpx.Response], writes: list[tuple[KeyturnRoute, int]], odd: str
) -> None:
    """Every route with a body, then every list and every object, with each query."""
    ids: list[str] = []
    for route, seed in writes:
        random = Random(seed)
        assert route.body is not None
        here = random.choice([*ids, *ids, odd]) if ids else odd
        path = route.path.replace("{id}", here)
        start = {"name": "test", "scopes": ["invoices:read"]} if route.path == "/v1/keys" else {}
        body = body_at_the_edge(route.body, random, {}, start)
        for sent in (start, body):
            answer = keyturn(route.method, path, sent)
            assert answer.status_code < 500, (route.method, path, sent, answer.text)
            if answer.status_code == 201:
                ids.append(answer.json()["id"])
    for route in KEYTURN_READS:
        for here in [*ids[-3:], odd, "default"] if "{id}" in route.path else [""]:
            for query in QUERIES:
                answer = keyturn("GET", route.path.replace("{id}", here) + query)
                assert answer.status_code < 500, (route.path, here, query, answer.text)
                answer.json()
