"""``ETag`` and ``If-Match``: a change is made to what its caller has read, at every route that changes an object."""

import asyncio

import httpx
import pytest

from tests.api.test_idempotency import MUTATING, Request, request_for
from tests.receiver import Receiver
from tests.shop import Shop
from tillgate.api.application import ROUTES
from tillgate.api.tags import HOLDS
from tillgate.base.errors import TillgateError
from tillgate.wire.routing import Route
from tillgate.wire.tags import IF_MATCH_LENGTH_MAX, read_condition, tag_of

pytestmark = pytest.mark.anyio

OTHER = '"00000000000000000000000000000000"'
# Nothing of the object is changed by them: something is sent again, which has no state that a caller could have read.
SENDS_AGAIN = {
    "POST /webhook_endpoints/{id}/test",
    "POST /events/{id}/replay",
    "POST /webhook_deliveries/{id}/replay",
}


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


CHANGING = [route for route in ROUTES if route.changes and "{id}" in route.path]


async def shown(client: httpx.AsyncClient, path: str) -> httpx.Response:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer


def test_every_route_that_changes_an_object_keeps_if_match() -> None:
    """A new route is under it, or says here why not."""
    without = {named(route) for route in CHANGING if route.tagged is None}
    assert without == SENDS_AGAIN
    for path in HOLDS:
        [show] = [route for route in ROUTES if route.method == "GET" and route.path == path]
        assert show.tagged is not None


async def test_a_change_is_made_to_what_was_read_or_not_at_all(shop: Shop, receiver: Receiver) -> None:
    """The tag of what is shown lets a change through, another one is 412 and nothing is changed; the answer's own tag
    is that of what is shown next; a replay stays one although the object has another tag by then."""
    client = await shop.client()
    for route in CHANGING:
        if route.tagged is not None and route in MUTATING:
            await _changed(client, route, await request_for(route, client, receiver.url))


async def _changed(client: httpx.AsyncClient, route: Route, wanted: Request) -> None:
    once = {"Idempotency-Key": named(route).replace(" ", "")}
    own = "/".join(wanted.path.split("/")[:3])
    before = await shown(client, own)
    tag = before.headers["etag"]
    assert tag == tag_of(before.content)

    async def change(if_match: str, **more: str) -> httpx.Response:
        headers = {"If-Match": if_match, **more}
        return await client.request(route.method, wanted.path, json=wanted.body, headers=headers)

    for stale in (OTHER, f"W/{tag}", f"{OTHER}, {OTHER}"):
        refused = await change(stale, **once)
        assert (refused.status_code, refused.json()["error"]["code"]) == (412, "precondition_failed"), stale
    assert (await shown(client, own)).content == before.content, named(route)
    done = await change(f"{OTHER}, {tag}", **once)
    assert done.is_success, (named(route), done.text)
    again = await change(f"{OTHER}, {tag}", **once)
    assert (again.content, again.headers["idempotency-replayed"]) == (done.content, "true")
    assert again.headers.get("etag") == done.headers.get("etag")
    other = await change("*", **once)
    assert other.json()["error"]["code"] == "idempotency_key_reused"
    after = await client.get(own)
    if route.tagged is not None and route.answers is route.tagged.answers:
        assert done.headers["etag"] == after.headers["etag"] == tag_of(done.content), named(route)
    else:
        assert "etag" not in done.headers


async def test_two_writers_with_one_tag_are_not_both_let_through(shop: Shop, receiver: Receiver) -> None:
    """Of many that have read the same state at once, one changes it; whichever noun it is."""
    client = await shop.client()
    for route in ROUTES:
        if route.method != "PATCH":
            continue
        wanted = await request_for(route, client, receiver.url)
        tag = (await shown(client, wanted.path)).headers["etag"]
        fields = route.body.__struct_fields__ if route.body is not None else ()
        field = "metadata" if "metadata" in fields else "description"
        bodies = [{field: {"writer": number} if field == "metadata" else f"By {number}"} for number in range(5)]
        answers = await asyncio.gather(
            *(client.patch(wanted.path, json=body, headers={"If-Match": tag}) for body in bodies)
        )
        statuses = sorted(one.status_code for one in answers)
        assert statuses == [200, *[412] * (len(bodies) - 1)], (named(route), statuses)


async def test_a_condition_that_cannot_be_kept_is_refused(shop: Shop) -> None:
    """Wherever no object with a tag is shown or changed, and where it is no condition: nobody believes to be safe."""
    client = await shop.client()
    made = await client.post("/customers", json={"name": "Ada"})
    customer, tag = made.json()["id"], (await shown(client, f"/customers/{made.json()['id']}")).headers["etag"]
    for path in ("/customers", "/orders", "/search?q=ada"):
        answer = await client.get(path, headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_if_match"), path
    new = await client.post("/customers", json={"name": "Bo"}, headers={"If-Match": "*"})
    assert (new.status_code, new.json()["error"]["code"]) == (400, "invalid_if_match")
    assert "etag" not in new.headers
    path = f"/customers/{customer}"
    for text in ("", "abc", tag.strip('"'), f"* , {tag}", f'{tag}"', f"{tag} {tag}", f'"{"x" * 2_000}"'):
        answer = await client.patch(path, json={"name": "Cy"}, headers={"If-Match": text})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_if_match"), text
    assert (await client.get(path, headers={"If-Match": OTHER})).status_code == 412
    assert (await client.get(path, headers={"If-Match": tag})).status_code == 200
    assert (await client.patch("/customers/cus_absent", json={}, headers={"If-Match": "*"})).status_code == 404
    twice = [("If-Match", OTHER), ("If-Match", tag)]
    assert (await client.patch(path, json={"name": "Di"}, headers=twice)).status_code == 200


async def test_what_is_put_beside_an_object_is_not_in_its_tag(shop: Shop) -> None:
    """An answer with ``expand`` has none; the condition is about the object as its own address shows it."""
    client = await shop.client()
    session = (await client.post("/checkout_sessions", json={"amount": {"value": "5.00", "currency": "USD"}})).json()
    path = f"/checkout_sessions/{session['id']}"
    tag = (await shown(client, path)).headers["etag"]
    whole = await client.get(f"{path}?expand=order", headers={"If-Match": tag})
    assert whole.status_code == 200
    assert "etag" not in whole.headers
    assert (await client.get(f"{path}?expand=order", headers={"If-Match": OTHER})).status_code == 412


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("*", ("*",)),
        (' "a" ', ('"a"',)),
        ('"a","b"', ('"a"', '"b"')),
        ('W/"a" ,\t, "b,c"', ('W/"a"', '"b,c"')),
        ('""', ('""',)),
        (',, "a",,"b" ,', ('"a"', '"b"')),
        ("\x22\xe9\x22", ("\x22\xe9\x22",)),
    ],
)
def test_a_condition_is_read_as_rfc_9110_writes_it(text: str, tags: tuple[str, ...]) -> None:
    """8.8.3 and 5.6.1: opaque text in double quotes, commas also inside, empty elements between."""
    assert read_condition(text).tags == tags


@pytest.mark.parametrize("text", ["", "a", '"a', '"a" "b"', "*,*", 'w/"a"', '"a\nb"', '"' + "," * IF_MATCH_LENGTH_MAX])
def test_what_is_no_condition_is_not_read_as_one(text: str) -> None:
    """A condition that was half understood would be another one."""
    with pytest.raises(TillgateError) as refused:
        read_condition(text)
    assert refused.value.code == "invalid_if_match"
