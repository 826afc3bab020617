"""What a call needs is decided once, and everybody tells the same of it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from keyturn import Issued, KeyWish, Kind, Mode, Reach, RefusalReason, each_need
from keyturn.insight.advice import unused_scopes, usage_of_key
from keyturn.insight.explain import explain_logged
from keyturn.insight.logged import LoggedRequest
from tests.shop import Shop
from tillgate.api.application import ROUTES
from tillgate.api.resources import EXPANSIONS
from tillgate.base.clock import DAY_MS
from tillgate.wire.routing import Route

pytestmark = pytest.mark.anyio

ORIGIN = "https://shop.test"
MISSING, NEVER = RefusalReason.SCOPE_MISSING.value, RefusalReason.SECRET_KEY_REQUIRED.value
NO_SECRET = RefusalReason.CLIENT_SECRET_MISSING.value


class Holder(NamedTuple):
    """A key as it is wished for."""

    scopes: frozenset[str]
    kind: Kind = Kind.SECRET
    report_only: bool = False


class Case(NamedTuple):
    """One call, and the scopes that it needs, the route's own first."""

    route: Route
    expand: str | None
    needs: tuple[str, ...]
    holder: Holder
    expands: bool


def expansions(route: Route) -> Iterator[tuple[str | None, set[str] | None]]:
    """Nothing, each path, all of them, and such as lead nowhere, with the scopes that each takes beyond the route's;
    None for what expands nothing."""
    yield None, None
    resource = EXPANSIONS.of_answer(route.answers)
    if resource is None:
        yield "order", None  # it takes no such parameter
        return
    found = {}
    for choice in resource.choices:
        found[choice] = {need.scope for need in EXPANSIONS.parse(resource, choice).needs}
        yield choice, found[choice]
    yield ",".join(found), set().union(*found.values())
    yield f"{resource.choices[0]},nowhere", None


def cases() -> Iterator[Case]:
    """Every route with each expansion, by keys that have all of it, all but one, nothing of it, or everything."""
    for route in ROUTES:
        own = route.scope
        for expand, more in expansions(route):
            needs = (own, *sorted(((more or set()) | {need.scope for need in route.needs}) - {own}))
            scopes = frozenset(needs)
            holders = [Holder(scopes), Holder(frozenset({"*"})), Holder(frozenset({"events:read"}))]
            holders += [Holder(rest) for one in needs if (rest := scopes - {one})]
            holders += [Holder(rest, report_only=True) for one in needs[-1:] if (rest := scopes - {one})]
            holders.append(Holder(frozenset({"sessions:write"}), Kind.PUBLISHABLE))
            yield from (Case(route, expand, needs, holder, more is not None) for holder in dict.fromkeys(holders))


def expected(case: Case) -> str | None:
    """Why admission refuses a call, told without its help; a publishable key brings no client secret here."""
    if case.holder.kind is Kind.PUBLISHABLE:
        reach = case.route.needs[0].publishable
        if reach is Reach.NEVER or case.expands:
            return NEVER
        return NO_SECRET if reach is Reach.OPENS else None
    has_all = case.holder.report_only or "*" in case.holder.scopes or case.holder.scopes >= set(case.needs)
    return None if has_all else MISSING


async def test_admission_usage_report_only_explanation_log_and_advice_agree(
    sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every route, key and set of expansions: what is refused is refused before anything else is found wrong, and
    what each part reports about the call follows from the same needs."""
    keys = sqlite_shop.app._keys
    lines: list[LoggedRequest] = []
    assert keys.requests is not None
    monkeypatch.setattr(keys.requests, "has_room", lambda *_: True)
    monkeypatch.setattr(keys.requests, "note", lines.append)
    issued: dict[Holder, Issued] = {}
    client = await sqlite_shop.caller()
    allowed: dict[Holder, Counter[str]] = {}
    wanted: dict[Holder, set[str]] = {}
    reported: Counter[Holder] = Counter()
    for case in cases():
        holder = case.holder
        if holder not in issued:
            issued[holder] = await _issue(sqlite_shop, holder)
        answer = await _call(client, case, issued[holder])
        refusal = expected(case)
        code = answer.json()["error"]["code"] if answer.status_code >= 400 else None
        if refusal is not None:
            names = {MISSING: "missing_scope", NEVER: "secret_key_required", NO_SECRET: "client_secret_missing"}
            assert (answer.status_code, code) == (403, names[refusal]), case
        else:
            assert code not in ("missing_scope", "secret_key_required"), case
        line = lines.pop()
        assert line.refusal == refusal, case
        assert tuple(sorted(one.scope for one in each_need(line.need))) == tuple(sorted(case.needs)), case
        assert each_need(line.need)[0].scope == case.route.scope, case
        told = await explain_logged(sqlite_shop.keys.store, line, sqlite_shop.clock.now())
        assert told.reason == refusal, case
        lacks = holder.report_only and not holder.scopes >= set(case.needs)
        assert line.reported == ((MISSING,) if lacks else ()), case
        reported[holder] += lacks
        if refusal is None:
            allowed.setdefault(holder, Counter()).update(case.needs)
        wanted.setdefault(holder, set()).update(case.needs)
    await keys._flush()
    sqlite_shop.clock.ahead_ms += 8 * DAY_MS
    for holder, key in issued.items():
        which: Any = {"project_id": sqlite_shop.project_id, "key_id": key.key.id}
        used = await usage_of_key(keys.usage_store, sqlite_shop.clock, **which)
        assert used.scopes == dict(allowed.get(holder, {})), holder
        assert used.reported == ({MISSING: reported[holder]} if reported[holder] else {}), holder
        advice = await unused_scopes(sqlite_shop.keys.store, keys.usage_store, sqlite_shop.clock, **which)
        if "*" not in holder.scopes and holder.kind is Kind.SECRET:
            left = holder.scopes & wanted[holder]
            assert set(advice.kept) == (left or holder.scopes), holder


async def test_permission_comes_before_whatever_else_may_be_wrong(sqlite_shop: Shop) -> None:
    """A key that may not read what it asks for is told that, and nothing of its query or its body; and an expansion
    that leads nowhere needs nothing, and is reported after admission."""
    client = await sqlite_shop.client(["sessions:read", "sessions:write"])
    for query in ("?limit=999&expand=order", "?unknown=1&expand=order", "?expand=order&limit="):
        refused = await client.get(f"/checkout_sessions{query}")
        assert (refused.status_code, refused.json()["error"]["requiredScope"]) == (403, "orders:read"), query
    refused = await client.post("/checkout_sessions?expand=order", content=b"{", headers={"content-type": "text/x"})
    assert refused.status_code == 403
    for query in ("?expand=nowhere", "?expand=order&expand=order", "?expand=order,", "?%65xpand=order,nowhere"):
        assert (await client.get(f"/checkout_sessions{query}")).status_code == 400, query
    assert (await client.get("/checkout_sessions?%65xpand=order")).status_code == 403


async def _issue(shop: Shop, holder: Holder) -> Issued:
    public = holder.kind is Kind.PUBLISHABLE
    return await shop.keys.issuer.issue(
        KeyWish(
            project_id=shop.project_id,
            mode=Mode.TEST,
            name="one",
            kind=holder.kind,
            scopes=sorted(holder.scopes),
            origins=[ORIGIN] if public else [],
            report_only=[MISSING] if holder.report_only else [],
        ),
        by="operator:test",
    )


async def _call(client: httpx.AsyncClient, case: Case, key: Issued) -> httpx.Response:
    headers = {"authorization": f"Bearer {key.secret.reveal()}"}
    if case.holder.kind is Kind.PUBLISHABLE:
        headers["origin"] = ORIGIN
    return await client.request(
        case.route.method,
        case.route.path.replace("{id}", "none"),
        params={"expand": case.expand} if case.expand is not None else {},
        headers=headers,
        json={} if case.route.body is not None else None,
    )
