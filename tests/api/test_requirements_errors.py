"""Crypto Checkout's requirements on errors: one envelope, stable codes, and a challenge where a key is asked for."""

import re
from typing import Any

import httpx
import pytest

from keyturn import NATIVE, Kind, Mode, generate
from tests.shop import Shop
from tillgate.api.errors import ERRORS

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
REQUIRED = frozenset({"type", "code", "message", "docUrl", "requestId"})
REQUEST_ID = re.compile("req_[0-7][0-9a-hjkmnp-tv-z]{25}")


def envelope(answer: httpx.Response) -> dict[str, Any]:
    """The error of an answer that has the standard form, all of it."""
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error"}
    error: dict[str, Any] = answer.json()["error"]
    optional = {"param", "reason", "detail", "requiredScope", "grantedScopes"}
    assert REQUIRED <= set(error) <= REQUIRED | optional
    assert all(isinstance(error[name], str) and error[name] for name in REQUIRED)
    assert REQUEST_ID.fullmatch(error["requestId"])
    assert answer.headers["x-request-id"] == error["requestId"]
    assert (ERRORS[error["code"]].status, ERRORS[error["code"]].type) == (answer.status_code, error["type"])
    return error


async def test_a_missing_header_is_a_401_of_the_documented_form(sqlite_shop: Shop) -> None:
    """crypto-checkout R48, crypto-checkout R53, crypto-checkout R54, crypto-checkout R55: type authentication, code
    invalid_api_key, the documented message, a request id; the challenge of RFC 6750 names no error yet."""
    nobody = await sqlite_shop.caller()
    for headers in ({}, {"Authorization": ""}, {"Authorization": "   "}):
        answer = await nobody.get("/payment_links", headers=headers)
        error = envelope(answer)
        assert answer.status_code == 401
        assert error["type"] == "authentication"
        assert error["code"] == "invalid_api_key"
        assert error["message"] == "No valid API key was provided."
        assert error["requestId"].startswith("req_")
        assert error["reason"] == "missing"
        assert answer.headers["www-authenticate"] == 'Bearer realm="tillgate"'


def malformed(key: str) -> list[str]:
    """Headers that hold no whole key, each made from a whole one."""
    other = "x" if key[-7] != "x" else "y"
    return [
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        key,
        f"Bearer{key}",
        f"Token {key}",
        f"Bearer {key} {key}",
        f"Bearer {key},",
        f'Bearer "{key}"',
        f"Bearer {key[:-1]}",
        f"Bearer {key}x",
        f"Bearer {key[:-7]}{other}{key[-6:]}",
        f"Bearer {key.upper()}",
        f"Bearer {key.replace('test', 'prod')}",
        f"Bearer {key.replace('test', 'live')}",
        f"Bearer {key.replace('ck_', 'sk_')}",
        f"Bearer {'x' * 8_000}",
        "Bearer ck_test_",
        "Bearer \u00e9",
        "\x7f",
    ]


async def test_a_malformed_header_is_a_401(sqlite_shop: Shop) -> None:
    """crypto-checkout R49: whatever is not `Bearer` and one whole key is refused, and nothing of it is repeated."""
    key = (await sqlite_shop.issued()).secret.reveal()
    nobody = await sqlite_shop.caller()
    for header in malformed(key):
        answer = await nobody.get("/payment_links", headers={"Authorization": header.encode("latin-1")})
        error = envelope(answer)
        assert (answer.status_code, error["code"], error["reason"]) == (401, "invalid_api_key", "malformed"), header
        assert answer.headers["www-authenticate"] == 'Bearer realm="tillgate", error="invalid_token"'
        assert key[8:-6] not in answer.text


async def test_two_keys_at_once_are_no_key(sqlite_shop: Shop) -> None:
    """crypto-checkout R49: of two Authorization headers none is believed, not even if both are the same."""
    key = (await sqlite_shop.issued()).secret.reveal()
    nobody = await sqlite_shop.caller()
    for other in (generate(NATIVE, Kind.SECRET, Mode.TEST).reveal(), key):
        headers = [("Authorization", f"Bearer {other}"), ("Authorization", f"Bearer {key}")]
        answer = await nobody.get("/payment_links", headers=headers)
        assert (answer.status_code, envelope(answer)["reason"]) == (401, "malformed")


async def test_an_unknown_key_is_a_401(shop: Shop) -> None:
    """crypto-checkout R50: a well-formed key that was never made here is refused as unknown."""
    for mode in ("test", "live"):
        caller = await shop.caller(generate(NATIVE, Kind.SECRET, Mode(mode)).reveal())
        answer = await caller.get("/payment_links")
        error = envelope(answer)
        assert (answer.status_code, error["code"], error["reason"]) == (401, "invalid_api_key", "unknown")
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_a_revoked_key_is_a_401_on_its_next_use(shop: Shop) -> None:
    """crypto-checkout R51, crypto-checkout R68: the very next request after the revocation is refused; only the
    bearer of the whole text is told why."""
    issued = await shop.issued()
    text = issued.secret.reveal()
    caller = await shop.caller(text)
    assert (await caller.get("/payment_links")).status_code == 200
    await shop.revoke(issued.key.id)
    for method, path in (("GET", "/payment_links"), ("POST", "/checkout_sessions"), ("GET", "/nowhere")):
        answer = await caller.request(method, path)
        assert (answer.status_code, envelope(answer)["reason"]) == (401, "revoked")
    nearly = await shop.caller(text[:-1])
    assert envelope(await nearly.get("/payment_links"))["reason"] == "malformed"


async def test_an_expired_key_is_a_401(shop: Shop) -> None:
    """crypto-checkout R50: from its expiry on a key is refused as expired."""
    issued = await shop.issued(expires_at=shop.clock.now() + 60_000)
    caller = await shop.caller(issued.secret.reveal())
    assert (await caller.get("/payment_links")).status_code == 200
    shop.clock.ahead_ms += 60_000
    answer = await caller.get("/payment_links")
    assert (answer.status_code, envelope(answer)["reason"]) == (401, "expired")


async def test_a_missing_scope_is_a_403_that_names_it(shop: Shop) -> None:
    """crypto-checkout R52, crypto-checkout R53, crypto-checkout R56, crypto-checkout R57: type permission; the
    message names the missing scope, requiredScope and grantedScopes say both sides."""
    client = await shop.client(["sessions:read", "links:read"])
    answer = await client.post("/checkout_sessions", json=AMOUNT)
    error = envelope(answer)
    assert answer.status_code == 403
    assert (error["type"], error["code"]) == ("permission", "missing_scope")
    assert "sessions:write" in error["message"]
    assert error["requiredScope"] == "sessions:write"
    assert error["grantedScopes"] == ["links:read", "sessions:read"]
    challenge = 'Bearer realm="tillgate", error="insufficient_scope", scope="sessions:write"'
    assert answer.headers["www-authenticate"] == challenge
    empty = await shop.client([])
    assert envelope(await empty.get("/events"))["grantedScopes"] == []


@pytest.mark.parametrize(
    "path",
    ["", "/", "/nowhere", "/payment_link", "/payment_links/a/b", "/payment_links//", "/webhook_endpoints/x/tests",
     "/events/x/y/z", "/..%2f", "/payment_links/%00/x", "/\u65e5\u672c", "/" + "x" * 5_000],
)  # fmt: skip
async def test_an_unknown_path_is_a_404_in_the_envelope(sqlite_shop: Shop, path: str) -> None:
    """Whatever the API does not have answers 404 unknown_path to a caller with a key, and 401 without one."""
    client, nobody = await sqlite_shop.client(), await sqlite_shop.caller()
    for method in ("GET", "POST", "DELETE"):
        answer = await client.request(method, f"https://shop.example/api/v1{path}")
        assert (answer.status_code, envelope(answer)["code"]) == (404, "unknown_path"), answer.text
        refused = await nobody.request(method, f"https://shop.example/api/v1{path}")
        assert (refused.status_code, envelope(refused)["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize("path", ["/api/v1payment_links", "/api/v2/payment_links", "/api/payment_links", "/api/"])
async def test_a_path_beside_the_root_is_not_the_api(sqlite_shop: Shop, path: str) -> None:
    """Only what lies below /api/v1/ is served; the rest of /api/ is a 404 in the same envelope."""
    client = await sqlite_shop.client()
    answer = await client.get(f"https://shop.example{path}")
    assert (answer.status_code, envelope(answer)["code"]) == (404, "unknown_path")


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/payment_links", {"GET", "HEAD", "POST"}),
        ("/payment_links/x", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("/checkout_sessions/x", {"GET", "HEAD"}),
        ("/checkout_sessions/x/simulate", {"POST"}),
        ("/webhook_endpoints/x/test", {"POST"}),
        ("/events", {"GET", "HEAD"}),
    ],
)
async def test_a_wrong_method_is_a_405_that_says_which_are_right(sqlite_shop: Shop, path: str, allow: set[str]) -> None:
    """405 in the envelope, with Allow (RFC 9110, 15.5.6); without a key it is a 401 all the same."""
    client, nobody = await sqlite_shop.client(), await sqlite_shop.caller()
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} - allow:
        answer = await client.request(method, path)
        assert (answer.status_code, envelope(answer)["code"]) == (405, "method_not_allowed")
        assert set(answer.headers["allow"].split(", ")) == allow
        refused = await nobody.request(method, path)
        assert (refused.status_code, envelope(refused)["code"]) == (401, "invalid_api_key")
        assert "allow" not in refused.headers


async def test_head_is_get_without_a_body(sqlite_shop: Shop) -> None:
    """HEAD needs the same key and scope as GET and answers with the same status."""
    client = await sqlite_shop.client(["links:read"])
    assert (await client.head("/payment_links")).status_code == 200
    assert (await client.head("/events")).status_code == 403
    assert (await (await sqlite_shop.caller()).head("/payment_links")).status_code == 401


async def test_every_answer_has_a_request_id_of_its_own(sqlite_shop: Shop) -> None:
    """crypto-checkout R55: X-Request-Id is on every answer, successes included, `req_` and a ULID, never twice."""
    client = await sqlite_shop.client()
    seen = [
        (await client.get(path)).headers["x-request-id"]
        for path in ("/payment_links", "/payment_links", "/nowhere", "/openapi.json", "/payment_links/x")
    ]
    assert all(REQUEST_ID.fullmatch(request_id) for request_id in seen)
    assert len(set(seen)) == len(seen)
    assert seen == sorted(seen)


async def test_answers_are_kept_by_no_cache(sqlite_shop: Shop) -> None:
    """What a key opens is stored by nobody on the way: Cache-Control is no-store on successes and refusals."""
    client, nobody = await sqlite_shop.client(), await sqlite_shop.caller()
    for caller in (client, nobody):
        assert (await caller.get("/payment_links")).headers["cache-control"] == "no-store"
