"""CORS: what a browser is told before it calls, and after."""

from collections.abc import Sequence

import pytest

from keyturn import KeyChanges, change, revoke
from keyturn.admission.origins import REMEMBERED_MAX, REMEMBERED_SECONDS, Origins, answer_headers
from keyturn.stores.memory import MemoryKeyStore
from tests.key_harness import KeyHarness

pytestmark = pytest.mark.anyio

SECOND_NS = 1_000_000_000
SHOP = "https://shop.example"


class CountingStore(MemoryKeyStore):
    """Counts how often it is asked for an origin."""

    asked = 0

    async def knows_origin(self, patterns: Sequence[str]) -> bool:
        self.asked += 1
        return await super().knows_origin(patterns)


class Browsers:
    """Browsers in front of a key layer whose time a test moves."""

    def __init__(self) -> None:
        self.store = CountingStore()
        self.context = KeyHarness(self.store)
        self.now_ns = 0
        self.origins = Origins(self.store, lambda: self.now_ns)

    async def allowed(self, origin: str) -> bool:
        headers = dict(await self.origins.preflight(origin, ["GET", "POST"]))
        assert headers[b"vary"] == b"Origin"
        assert b"access-control-allow-credentials" not in headers
        assert headers.get(b"access-control-allow-origin", b"") in (b"", origin.encode())
        return b"access-control-allow-origin" in headers


@pytest.fixture
def browsers() -> Browsers:
    return Browsers()


async def test_a_preflight_is_allowed_to_the_union_of_all_keys_origins(browsers: Browsers) -> None:
    """It carries no key, so any key's origin will do; then that key's own list decides."""
    await browsers.context.publishable(SHOP)
    await browsers.context.publishable("https://*.other.example", project_id="prj_b")
    assert [
        await browsers.allowed(origin)
        for origin in (SHOP, "https://www.other.example", "https://other.example", "https://evil.example", "null", "")
    ] == [True, True, False, False, False, False]


@pytest.mark.spec("crossmint R12")
async def test_a_preflight_names_the_methods_of_the_path_and_the_headers_that_carry_keys(browsers: Browsers) -> None:
    """R12: ``content-type``, ``x-api-key`` and ``authorization`` among them; never with credentials, for a key is sent
    in a header of its own and no cookie is looked at."""
    await browsers.context.publishable(SHOP)
    headers = dict(await browsers.origins.preflight(SHOP, ["DELETE", "GET", "PATCH"]))
    assert headers[b"access-control-allow-origin"] == SHOP.encode()
    assert headers[b"access-control-allow-methods"] == b"DELETE, GET, PATCH"
    allowed = set(headers[b"access-control-allow-headers"].split(b", "))
    assert {b"authorization", b"content-type", b"x-api-key", b"x-app-identifier", b"idempotency-key"} <= allowed
    assert int(headers[b"access-control-max-age"]) > 0
    assert b"access-control-allow-credentials" not in headers


async def test_an_origin_that_was_asked_for_a_moment_ago_costs_no_query(browsers: Browsers) -> None:
    """Known and unknown ones alike; after two seconds the store is asked again."""
    await browsers.context.publishable(SHOP)
    for _ in range(50):
        assert await browsers.allowed(SHOP)
        assert not await browsers.allowed("https://evil.example")
    assert browsers.store.asked == 2
    browsers.now_ns += REMEMBERED_SECONDS * SECOND_NS
    await browsers.allowed(SHOP)
    assert browsers.store.asked == 3


async def test_answers_to_preflights_follow_the_keys_within_two_seconds(browsers: Browsers) -> None:
    """Added, changed and revoked: the next question after that time is answered by what stands then."""
    assert not await browsers.allowed(SHOP)
    issued = await browsers.context.publishable(SHOP)
    browsers.now_ns += REMEMBERED_SECONDS * SECOND_NS
    assert await browsers.allowed(SHOP)
    named = {"project_id": "prj_a", "key_id": issued.key.id, "by": "user:1"}
    context = browsers.context
    await change(
        context.store, context.clock, context.issuer, changes=KeyChanges(origins=["https://new.example"]), **named
    )
    browsers.now_ns += REMEMBERED_SECONDS * SECOND_NS
    assert [await browsers.allowed(SHOP), await browsers.allowed("https://new.example")] == [False, True]
    await revoke(context.store, context.clock, **named)
    browsers.now_ns += REMEMBERED_SECONDS * SECOND_NS
    assert not await browsers.allowed("https://new.example")


async def test_made_up_origins_fill_no_memory(browsers: Browsers) -> None:
    """However many are asked for, and however long they are."""
    for number in range(REMEMBERED_MAX + 100):
        await browsers.allowed(f"https://{number}.evil.example")
    assert len(browsers.origins._known) == REMEMBERED_MAX
    asked = browsers.store.asked
    assert not await browsers.allowed("https://" + "a" * 10_000)
    assert browsers.store.asked == asked


async def test_an_answer_may_be_read_by_the_pages_the_key_is_for_and_by_no_other(browsers: Browsers) -> None:
    """The key's own list, not the union; without a key nobody's page reads anything."""
    issued = await browsers.context.publishable(SHOP, "https://*.shop.example")
    other = await browsers.context.publishable("https://other.example")
    key = await browsers.store.by_digest(issued.secret.digest())
    another = await browsers.store.by_digest(other.secret.digest())
    assert dict(answer_headers(SHOP, key))[b"access-control-allow-origin"] == SHOP.encode()
    assert b"access-control-allow-origin" in dict(answer_headers("https://www.shop.example", key))
    for origin, whose in (("https://other.example", key), (SHOP, another), (SHOP, None), ("null", key)):
        assert answer_headers(origin, whose) == [(b"vary", b"Origin")]
    exposed = dict(answer_headers(SHOP, key))[b"access-control-expose-headers"]
    assert {b"retry-after", b"ratelimit", b"x-request-id"} <= set(exposed.split(b", "))
