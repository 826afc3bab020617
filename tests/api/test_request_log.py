"""The request log of a running shop: what was asked with each key, and why some of it was refused."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from keyturn import KeyWish, Kind, Limit, Mode, Reach, RefusalReason
from keyturn.database import open_database
from keyturn.insight.explain import explain_logged
from keyturn.insight.logged import LoggedRequest, RequestFilter
from tests import makers
from tests.shop import PUBLIC_URL, MovableClock, Shop, eventually, lifespan, open_shop, settings_for
from tillgate.app import running
from tillgate.base.clock import DAY_MS, HOUR_MS
from tillgate.cli.commands import app as cli
from tillgate.settings import SettingsError, load

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
SHOP, EVIL = "https://shop.example.com", "https://evil.example"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are written at once, almost."""
    monkeypatch.setattr("keyturn.admission.layer.FLUSH_SECONDS", 0.05)


async def logged(shop: Shop, expected: int, **wanted: Any) -> list[LoggedRequest]:
    """The project's lines, newest first, as soon as there are ``count``."""

    async def found() -> list[LoggedRequest] | None:
        lines = (await shop.keys.requests.requests(shop.project_id, RequestFilter(**wanted), None, 1_000)).requests
        return lines if len(lines) >= expected else None

    lines: list[LoggedRequest] = await eventually(found)
    assert len(lines) == expected
    return lines


async def test_each_request_with_a_known_key_has_a_line(shop: Shop) -> None:
    """Route and object instead of the path, status, request id, duration, what went wrong; and nothing of a query
    string, a body, or a path that leads nowhere."""
    issued = await shop.issued()
    client = await shop.caller(issued.secret.reveal(), "203.0.113.77")
    headers = {"user-agent": "shop/1.0", "origin": "https://shop.example.com"}
    made = await client.post("/customers", json={"email": "planted@example.com"}, headers=headers)
    customer = made.json()["id"]
    answers = [
        made,
        await client.get(f"/customers/{customer}", headers=headers),
        await client.get("/customers?limit=1", headers=headers),
        await client.get("/customers?planted=1", headers=headers),
        await client.get("/customers/planted", headers=headers),
        await client.put("/customers", headers=headers),
        await client.get("/no_such_path/Planted1", headers=headers),
        await client.head("/customers", headers=headers),
    ]
    lines = (await logged(shop, len(answers)))[::-1]
    assert [(one.method, one.path, one.object_id, one.status, one.error) for one in lines] == [
        ("POST", "/customers", None, 201, None),
        ("GET", "/customers/{id}", customer, 200, None),
        ("GET", "/customers", None, 200, None),
        ("GET", "/customers", None, 400, "invalid_query"),
        ("GET", "/customers/{id}", None, 404, "not_found"),
        ("PUT", "/customers", None, 405, "method_not_allowed"),
        ("GET", "/no_such_path/…", None, 404, "unknown_path"),
        ("HEAD", "/customers", None, 200, None),
    ]
    assert [one.id for one in lines] == [answer.headers["x-request-id"] for answer in answers]
    for one in lines:
        assert (one.key_id, one.secret, one.mode, one.refusal) == (issued.key.id, 1, Mode.TEST, None)
        assert (one.network, one.origin, one.agent) == ("203.0.113.0/24", SHOP, "shop/1.0")
        assert 0 < one.duration_us < 60_000_000
        assert "planted" not in repr(one).lower()
    assert (lines[0].scope, lines[0].reach) == ("customers:write", Reach.NEVER)


async def test_nobody_without_a_key_writes_the_log(shop: Shop) -> None:
    """Unknown keys, junk and no key at all leave no line, nor does a preflight."""
    stranger = await shop.caller("ck_test_" + "0" * 32)
    assert (await stranger.get("/customers")).status_code == 401
    nobody = await shop.caller()
    assert (await nobody.get("/customers")).status_code == 401
    asks = {"origin": SHOP, "access-control-request-method": "POST"}
    assert (await nobody.options("/customers", headers=asks)).status_code == 204
    assert (await (await shop.client()).get("/customers")).status_code == 200
    assert [one.status for one in await logged(shop, 1)] == [200]


async def test_a_refused_request_can_be_judged_again(shop: Shop) -> None:
    """Of each refusal of a known key the log keeps what its explanation takes: it comes to the same reason, and what
    it says to change lets the request in."""

    async def key(**more: Any) -> tuple[str, str]:
        kept = {"scopes": ["customers:read"]} | more
        issued = await shop.keys.issuer.issue(
            KeyWish(project_id=shop.project_id, mode=Mode.TEST, name="test", **kept), by="operator:test"
        )
        return issued.key.id, issued.secret.reveal()

    bound = await key(networks=["198.51.100.0/24"])
    weak = await key()
    page = await key(kind=Kind.PUBLISHABLE, scopes=["sessions:write"], origins=[SHOP])
    app = await key(kind=Kind.PUBLISHABLE, scopes=["sessions:write"], apps=["com.example.app"])
    revoked = await key()
    await shop.revoke(revoked[0])
    nobody = await shop.caller(address="203.0.113.77")

    async def ask(method: str, path: str, key: tuple[str, str], **headers: str) -> httpx.Response:
        return await nobody.request(method, path, headers={"x-api-key": key[1]} | headers)

    made = await ask("POST", "/checkout_sessions", page, origin=SHOP)
    assert made.status_code == 415  # it was admitted; there is no body
    refused = [
        (await ask("GET", "/customers", bound), RefusalReason.ADDRESS_NOT_ALLOWED),
        (await ask("POST", "/customers", weak), RefusalReason.SCOPE_MISSING),
        (
            await ask("POST", "/checkout_sessions", page, origin="https://evil.example"),
            RefusalReason.ORIGIN_NOT_ALLOWED,
        ),
        (await ask("POST", "/checkout_sessions", app, origin=SHOP), RefusalReason.APP_NOT_ALLOWED),
        (await ask("GET", "/customers", page, origin=SHOP), RefusalReason.SECRET_KEY_REQUIRED),
        (await ask("GET", "/checkout_sessions/cs_x", page, origin=SHOP), RefusalReason.CLIENT_SECRET_MISSING),
        (
            await ask("GET", "/checkout_sessions/cs_x", page, origin=SHOP, authorization="cs_x_secret_" + "a" * 32),
            RefusalReason.CLIENT_SECRET_WRONG,
        ),
        (await ask("GET", "/customers", revoked), RefusalReason.REVOKED),
    ]
    await logged(shop, len(refused), refused=True)
    for answer, reason in refused:
        one = await shop.keys.requests.request(shop.project_id, answer.headers["x-request-id"])
        assert one is not None
        assert (one.refusal, one.status) == (reason.value, answer.status_code)
        told = await explain_logged(shop.keys.store, one, one.at)
        assert told.reason is reason, one


async def test_rate_limited_and_report_only_requests_are_logged_too(
    tmp_path: Path, database_url: str, anyio_backend: object
) -> None:
    """A limit's refusals count as refusals; a trial's would-be refusals are named on what was admitted."""
    async with open_shop(tmp_path, database_url) as shop:
        issued = await shop.keys.issuer.issue(
            KeyWish(
                project_id=shop.project_id,
                mode=Mode.TEST,
                name="trial",
                scopes=["customers:read"],
                report_only=["scope_missing"],
                limit=Limit(0.001, 2),
            ),
            by="operator:test",
        )
        client = await shop.caller(issued.secret.reveal())
        assert [(await client.get(path)).status_code for path in ("/customers", "/products", "/products")] == [
            200,
            200,
            429,
        ]
        lines = await logged(shop, 3)
    assert [(one.refusal, one.reported) for one in lines] == [
        ("rate_limited", ()),
        (None, ("scope_missing",)),
        (None, ()),
    ]


async def test_the_log_is_kept_for_the_configured_days_or_not_at_all(tmp_path: Path, anyio_backend: object) -> None:
    """TILLGATE_REQUEST_LOG_DAYS: what is older goes; with 0 nothing is written, and what there was goes as well."""
    url = f"sqlite:///{tmp_path / 'tillgate.db'}"
    settings = settings_for(tmp_path, url)
    database = await open_database(url)
    clock = MovableClock()

    async def run(days: int, left: int) -> None:
        """Serve one request, and wait until ``count`` lines are there."""
        async with running(settings._replace(request_log_days=days), clock) as app, lifespan(app):
            shop = Shop(app, database, clock)
            projects = await app.accounts.list_projects()
            shop.project_id = projects[0].id if projects else await shop.project()
            assert (await (await shop.client()).get("/customers")).status_code == 200

            async def found() -> bool:
                page = await shop.keys.requests.requests(shop.project_id, RequestFilter(), None, 10)
                return len(page.requests) == left

            await eventually(found)
            await shop.close()

    try:
        await run(14, left=1)
        clock.ahead_ms += 13 * DAY_MS
        await run(14, left=2)
        clock.ahead_ms += 2 * DAY_MS
        await run(14, left=2)  # the first one is gone, this one has come
        clock.ahead_ms += HOUR_MS  # the job looks six times an hour
        await run(0, left=0)
        assert await makers.one(database, "SELECT COUNT(*) FROM key_requests") == 0
    finally:
        await database.close()


def test_the_days_are_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """14 by default, 0 for none, nonsense refused."""
    monkeypatch.delenv("TILLGATE_REQUEST_LOG_DAYS", raising=False)
    assert load().request_log_days == 14
    monkeypatch.setenv("TILLGATE_REQUEST_LOG_DAYS", "0")
    assert load().request_log_days == 0
    for wrong in ("-1", "401", "many"):
        monkeypatch.setenv("TILLGATE_REQUEST_LOG_DAYS", wrong)
        with pytest.raises(SettingsError, match="TILLGATE_REQUEST_LOG_DAYS"):
            load()


async def test_what_there_was_no_room_for_is_shown(sqlite_shop: Shop) -> None:
    """Hundreds of requests in a moment: the log keeps its budget, and says how many more there were; so does
    /metrics."""
    client = await sqlite_shop.client()
    for _ in range(300):
        assert (await client.get("/customers")).status_code == 200

    async def all_told() -> bool:
        store = sqlite_shop.keys.requests
        kept = (await store.requests(sqlite_shop.project_id, RequestFilter(), None, 1_000)).requests
        dropped = sum((await store.dropped(sqlite_shop.project_id, 0)).values())
        metrics = (await client.get(f"{PUBLIC_URL}/metrics")).text
        return (
            len(kept) + dropped == 300 and dropped > 0 and f"tillgate_requests_not_logged_total {dropped}.0" in metrics
        )

    await eventually(all_told)


async def test_the_command_line_lists_filters_and_pages(sqlite_shop: Shop, tmp_path: Path) -> None:
    """``tillgate requests``: newest first, by each filter, page by page, as JSON or as lines; mistakes are told."""
    issued = await sqlite_shop.issued(["customers:read"])
    client = await sqlite_shop.caller(issued.secret.reveal())
    for path in ("/customers", "/customers/cus_none", "/customers"):
        await client.get(path)
    refused = await client.post("/customers", json={})
    await logged(sqlite_shop, 4)

    def run(*words: str) -> Any:
        done = CliRunner().invoke(cli, [*words, "--data", str(tmp_path)])
        return json.loads(done.output) if "--json" in words and done.exit_code == 0 else done.output

    # The command has a loop of its own.
    printed = await asyncio.to_thread(look_at_the_log, run, issued.key.id, refused.headers["x-request-id"])
    assert issued.secret.reveal() not in printed


def look_at_the_log(invoke: Any, key_id: str, refused_id: str) -> str:
    def run(*words: str) -> Any:
        return invoke("requests", "--json", *words)

    everything = run()
    assert [one["status"] for one in everything["data"]] == [403, 200, 404, 200]
    assert (everything["nextCursor"], everything["notKept"]) == (None, {})
    only = run("--refused")["data"]
    assert [(one["id"], one["refusal"], one["scope"]) for one in only] == [
        (refused_id, "scope_missing", "customers:write")
    ]
    assert run("--id", refused_id)["data"] == only
    assert run("--reason", "scope_missing", "--key", key_id, "--since", "1h")["data"] == only
    assert [one["status"] for one in run("--status", "4xx")["data"]] == [403, 404]
    assert [one["status"] for one in run("--status", "404")["data"]] == [404]
    assert len(run("--path", "/customers")["data"]) == 3
    assert run("--mode", "live")["data"] == []
    first = run("--limit", "3")
    second = run("--limit", "3", "--before", first["nextCursor"])
    assert [*first["data"], *second["data"]] == everything["data"]
    assert second["nextCursor"] is None
    for option, wrong in (("--status", "4x"), ("--since", "soon"), ("--before", "here")):
        assert option in run(option, wrong)
    told = invoke("requests", "--limit", "1")
    assert "403" in told and "POST" in told
    assert "There are more: --before" in told
    why = invoke("keys", "explain", "--request-id", refused_id, "--json")
    assert (why["then"]["refusal"], why["reason"], why["needs"]) == (
        "scope_missing",
        "scope_missing",
        "customers:write",
    )
    assert [(one["do"], one["value"]) for one in why["remedies"]] == [("add_scope", "customers:write")]
    invoke("keys", "update", key_id, "--scope", "customers:read", "--scope", "customers:write")
    now = invoke("keys", "explain", "--request-id", refused_id)
    assert f"POST /customers with {key_id} was refused: scope_missing" in now
    assert "Such a request is allowed." in now
    for wrong in ((), ("--request-id", "req_none"), ("--request-id", refused_id, "--method", "GET")):  # type: ignore[assignment]
        assert "tillgate:" in invoke("keys", "explain", *wrong)
    return f"{told}{everything}{why}{now}"
