"""Whatever is sent to a route of Coin Moebius: an answer in its envelope, never a 5xx, and nothing half done."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.coin_moebius.conftest import BASE
from tests.requirements.calling import bearer, key_of
from tests.shop import ShopBeside, open_beside
from tests.snapshots import Books
from tillgate.dialects.coin_moebius import COIN_MOEBIUS

JSON = {"content-type": "application/json"}
ANY = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "productId": ANY, "amount": ANY, "currency": ANY, "metadata": ANY, "confirm": ANY, "surprise": ANY,
    },
)  # fmt: skip


@pytest.fixture
def still(tmp_path: Path, database_url: str) -> Iterator[ShopBeside]:
    """For somebody without a key."""
    with open_beside(tmp_path, database_url, still=True, dialects=(COIN_MOEBIUS,), visit_limit=None) as opened:
        del opened._client.headers["authorization"]
        yield opened


@pytest.fixture
def sqlite_still(tmp_path: Path) -> Iterator[ShopBeside]:
    url = f"sqlite:///{tmp_path / 'tillgate.db'}"
    """For a server with its key, which nothing slows down."""
    with open_beside(tmp_path, url, still=True, dialects=(COIN_MOEBIUS,), visit_limit=None) as opened:
        issued = opened.run(lambda: key_of(opened.shop, format="coin-moebius"))
        opened._client.headers.update(bearer(issued))
        yield opened


def refused_or_done(still: ShopBeside, method: str, path: str, **more: object) -> int:
    answer = still.request(method, path, **more)
    assert answer.status_code < 500, (method, path, more, answer.text)
    if answer.status_code >= 400:
        assert set(answer.json()["error"]) <= {"code", "message", "param", "requestId"}, answer.text
    return answer.status_code


def root(_: ShopBeside) -> str:
    return f"https://shop.example{BASE}"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, provider=st.sampled_from(["crypto", "manual", "stripe"]), named=st.booleans())
def test_no_body_is_answered_with_a_server_error(still: ShopBeside, body: object, provider: str, named: bool) -> None:
    """Whatever JSON a checkout is asked for with: refused in the envelope, and then nothing was written."""
    books = Books(still.shop.database)
    before = still.run(books.read)
    headers = {"Idempotency-Key": "5f3c0a52-6f5b-4c0e-9d52-8e1a6f0d4c11"} if named else {}
    path = f"{root(still)}/api/checkout/{provider}/{still.shop.project_id}"
    status = refused_or_done(still, "POST", path, json=body, headers=headers)
    assert 400 <= status < 500
    assert still.run(books.read) == before


BROKEN = (
    b"", b" ", b"{", b"null", b"[]", b'"x"', b"\xff", b'{"productId":"\\u0000"}', b'{"productId":"a\\u0000b"}',
    b"[" * 100_000, b'{"metadata":' + b'{"a":' * 100_000, b'{"productId":"x","amount":1e999999}',
    b'{"productId":"x","amount":' + b"9" * 100_000 + b"}", b'{"productId":"\\ud800"}', b"x" * (256 * 1024 + 1),
)  # fmt: skip


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_body_is_refused(sqlite_still: ShopBeside, content: bytes) -> None:
    """Not JSON, too deep, too large, or with what no text holds."""
    path = f"{root(sqlite_still)}/api/checkout/crypto/{sqlite_still.shop.project_id}"
    for headers in (JSON, {"content-type": "text/plain"}, {}):
        status = refused_or_done(sqlite_still, "POST", path, content=content, headers=headers)
        assert 400 <= status < 500


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=0x2FFF), max_size=80),
    second=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=0x2FFF), max_size=80),
    query=st.text(max_size=20),
)
def test_no_path_or_query_is_answered_with_a_server_error(
    sqlite_still: ShopBeside, first: str, second: str, query: str
) -> None:
    """Variables of every kind, in every route."""
    one, two, asked = quote(first, safe=""), quote(second, safe=""), quote(query, safe="=&%")
    for route in COIN_MOEBIUS.routes:
        names = iter((one, two))
        path = "/".join(next(names) if part.startswith("{") else part for part in route.path.split("/"))
        refused_or_done(sqlite_still, route.method, f"{root(sqlite_still)}{path}?{asked}", json={})
