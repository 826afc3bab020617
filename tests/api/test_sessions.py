"""``/checkout_sessions`` over HTTP."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.shop import PUBLIC_URL, Shop, eventually

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def lifetime(session: dict[str, Any]) -> float:
    times = [datetime.fromisoformat(session[name]) for name in ("createdAt", "expiresAt")]
    return (times[1] - times[0]).total_seconds()


async def test_a_session_for_an_amount_has_every_documented_field(shop: Shop) -> None:
    """POST /checkout_sessions with an amount answers 201 with the whole object, pending and unpaid."""
    client = await shop.client()
    answer = await client.post("/checkout_sessions", json=AMOUNT)
    assert answer.status_code == 201
    session = answer.json()
    assert set(session) == {
        "id", "object", "livemode", "linkId", "status", "exceptions", "address", "amount", "received", "fiat",
        "ethPriceUsd", "chainId", "txHash", "metadata", "successUrl", "cancelUrl", "returnUrl", "checkoutUrl",
        "orderId", "paymentId", "expiresAt", "paidAt", "canceledAt", "testClockId", "allowPromotionCodes", "createdAt",
        "reference", "customerId", "clientReferenceId", "fiatReceived", "paymentStatus", "locale",
        "customerStated",
    }  # fmt: skip
    assert session["id"].startswith("cs_")
    assert (session["object"], session["livemode"], session["status"]) == ("checkout_session", False, "pending")
    assert session["fiat"] == {"amount": "50.00", "currency": "USD"}
    assert session["amount"] == {"wei": "20000000000000000", "eth": "0.02"}
    assert session["received"] == {"wei": "0", "eth": "0"}
    assert session["ethPriceUsd"] == "2500.00"
    assert isinstance(session["chainId"], int)
    assert session["checkoutUrl"] == f"{PUBLIC_URL}/checkout/{session['id']}"
    assert lifetime(session) == 3600
    assert TIMESTAMP.fullmatch(session["createdAt"])
    assert TIMESTAMP.fullmatch(session["expiresAt"])
    for name in ("linkId", "testClockId", "txHash", "paidAt", "metadata", "successUrl", "cancelUrl", "returnUrl"):
        assert session[name] is None
    assert (await client.get(f"/checkout_sessions/{session['id']}")).json() == session


async def test_a_session_from_a_link_inherits_its_price_and_urls(shop: Shop) -> None:
    """linkId brings the link's amount, currency and URLs; a URL in the session's own body wins."""
    client = await shop.client()
    link = (
        await client.post(
            "/payment_links",
            json={
                "title": "Pro plan",
                "fiatAmount": "99",
                "fiatCurrency": "EUR",
                "successUrl": "https://merchant.example/link-success",
                "cancelUrl": "https://merchant.example/link-cancel",
            },
        )
    ).json()
    session = (
        await client.post(
            "/checkout_sessions",
            json={
                "linkId": link["id"],
                "successUrl": "https://merchant.example/own-success",
                "returnUrl": "https://merchant.example/own-return",
            },
        )
    ).json()
    assert session["linkId"] == link["id"]
    assert session["fiat"] == {"amount": "99.00", "currency": "EUR"}
    assert session["successUrl"] == "https://merchant.example/own-success"
    assert session["cancelUrl"] == "https://merchant.example/link-cancel"
    assert session["returnUrl"] == "https://merchant.example/own-return"


async def test_metadata_comes_back_as_it_was_given(shop: Shop) -> None:
    """Metadata is any JSON object; it is kept and given back with every kind of value in it."""
    client = await shop.client()
    metadata = {
        "order": "1001",
        "n": 7,
        "big": 10**30,
        "x": 1.5,
        "yes": True,
        "none": None,
        "é": ["a", {"b": {}}],
    }
    session = (await client.post("/checkout_sessions", json=AMOUNT | {"metadata": metadata})).json()
    assert session["metadata"] == metadata
    assert (await client.get(f"/checkout_sessions/{session['id']}")).json()["metadata"] == metadata
    event = (await client.get("/events")).json()["data"][0]
    assert event["data"]["metadata"] == metadata


async def test_every_session_has_an_address_of_its_own(shop: Shop) -> None:
    """No two sessions share an address, also two of one link."""
    client = await shop.client()
    link = (await client.post("/payment_links", json={"title": "A plan", "fiatAmount": "5"})).json()
    addresses = {
        (await client.post("/checkout_sessions", json={"linkId": link["id"]})).json()["address"] for _ in range(5)
    }
    assert len(addresses) == 5


@pytest.mark.parametrize("seconds", [300, 86_400, 604_800])
async def test_a_session_may_live_from_five_minutes_to_seven_days(sqlite_shop: Shop, seconds: int) -> None:
    """expiresInSeconds sets the lifetime of this one session."""
    client = await sqlite_shop.client()
    session = (await client.post("/checkout_sessions", json=AMOUNT | {"expiresInSeconds": seconds})).json()
    assert lifetime(session) == seconds


@pytest.mark.parametrize("seconds", [299, 604_801, 0, -300, 10**30])
async def test_a_lifetime_outside_of_its_bounds_is_refused(sqlite_shop: Shop, seconds: int) -> None:
    """expiresInSeconds below five minutes or above seven days is a 400 that names it."""
    client = await sqlite_shop.client()
    refused = await client.post("/checkout_sessions", json=AMOUNT | {"expiresInSeconds": seconds})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "expiresInSeconds")


async def test_a_session_expires_automatically(shop: Shop) -> None:
    """Once its time is up, nobody has to ask: the session is expired and its event is written."""
    client = await shop.client()
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    longer = (await client.post("/checkout_sessions", json=AMOUNT | {"expiresInSeconds": 86_400})).json()
    shop.clock.ahead_ms += 3_600_000

    async def expired() -> bool:
        return (await client.get(f"/checkout_sessions/{session['id']}")).json()["status"] == "expired"

    await eventually(expired)
    events = (await client.get("/events", params={"type": "session.expired"})).json()["data"]
    assert [event["data"]["id"] for event in events] == [session["id"]]
    assert (await client.get(f"/checkout_sessions/{longer['id']}")).json()["status"] == "pending"


@pytest.mark.parametrize(
    ("outcomes", "status", "types"),
    [
        (["detected"], "detected", ["session.detected"]),
        (["paid"], "paid", ["session.paid"]),
        (["detected", "paid"], "paid", ["session.detected", "session.paid"]),
        (["underpaid"], "underpaid", ["session.underpaid"]),
        (["overpaid"], "overpaid", ["session.overpaid"]),
        (["late"], "paid_late", ["session.expired", "session.paid_late"]),
        (["failed"], "failed", ["session.failed"]),
    ],
)
async def test_a_simulated_outcome_moves_a_session_as_real_money_would(
    shop: Shop, outcomes: list[str], status: str, types: list[str]
) -> None:
    """Each outcome leads to its documented status, and each move writes one event with the session in it."""
    client = await shop.client()
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    moved: dict[str, Any] = {}
    for outcome in outcomes:
        answer = await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": outcome})
        assert answer.status_code == 200, answer.text
        moved = answer.json()
    assert moved["status"] == status
    assert moved == (await client.get(f"/checkout_sessions/{session['id']}")).json()
    told = list(reversed((await client.get("/events")).json()["data"]))
    events = [event for event in told if event["type"].startswith("session.")]
    assert [event["type"] for event in events] == ["session.created", *types]
    assert events[-1]["data"] == moved
    assert (moved["paidAt"] is not None) == (status in ("paid", "paid_late"))
    assert (moved["txHash"] is not None) == (status != "failed")


async def test_a_settled_session_stays_paid(shop: Shop) -> None:
    """paid is final: what cannot happen to it any more is a 409, and a second payment leaves it paid, and overpaid."""
    client = await shop.client()
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    path = f"/checkout_sessions/{session['id']}/simulate"
    paid = (await client.post(path, json={"outcome": "paid"})).json()
    events = (await client.get("/events")).json()
    for outcome in ("authorized", "declined", "failed"):
        refused = await client.post(path, json={"outcome": outcome})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "session_not_payable"), outcome
    assert (await client.get(f"/checkout_sessions/{session['id']}")).json() == paid
    assert (await client.get("/events")).json() == events
    again = (await client.post(path, json={"outcome": "paid"})).json()
    assert (again["status"], again["paidAt"], again["exceptions"]) == ("paid", paid["paidAt"], ["overpaid"])
    types = [event["type"] for event in (await client.get("/events")).json()["data"]]
    assert types.count("session.paid") == 1


async def test_sessions_are_filtered_by_status_link_and_age(shop: Shop) -> None:
    """status, linkId, createdAfter and createdBefore narrow the list, alone and together; a period holds its beginning
    and not its end."""
    client = await shop.client()
    link = (await client.post("/payment_links", json={"title": "A plan", "fiatAmount": "5"})).json()
    made = []
    for body in (AMOUNT, {"linkId": link["id"]}, AMOUNT, {"linkId": link["id"]}):
        made.append((await client.post("/checkout_sessions", json=body)).json())
        shop.clock.ahead_ms += 1_000
    await client.post(f"/checkout_sessions/{made[3]['id']}/simulate", json={"outcome": "paid"})

    async def found(**params: str) -> list[int]:
        answer = await client.get("/checkout_sessions", params=params)
        assert answer.status_code == 200, answer.text
        ids = [session["id"] for session in made]
        return [ids.index(session["id"]) for session in answer.json()["data"]]

    assert await found() == [3, 2, 1, 0]
    assert await found(status="pending") == [2, 1, 0]
    assert await found(status="paid") == [3]
    assert await found(status="expired") == []
    assert await found(linkId=link["id"]) == [3, 1]
    assert await found(linkId=link["id"], status="pending") == [1]
    third = datetime.fromisoformat(made[2]["createdAt"])
    assert await found(createdAfter=made[2]["createdAt"]) == [3, 2]
    assert await found(createdAfter=(third + timedelta(milliseconds=1)).isoformat()) == [3]
    east = third.astimezone(tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "-00:00")
    assert await found(createdAfter=east, status="pending") == [2]
    assert await found(createdBefore=made[2]["createdAt"]) == [1, 0]
    assert await found(createdBefore=made[2]["createdAt"], createdAfter=made[1]["createdAt"]) == [1]
    assert await found(createdBefore="1970-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "unpaid"),
        ("status", "null"),
        ("status", ""),
        ("linkId", "cs_01hxyz"),
        ("linkId", "null"),
        ("createdAfter", "yesterday"),
        ("createdAfter", "2024-02-30T00:00:00Z"),
        ("createdAfter", "1730462400"),
        ("createdAfter", "null"),
        ("createdBefore", "tomorrow"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused_by_name(sqlite_shop: Shop, name: str, value: str) -> None:
    """An unknown status, a malformed id or instant is a 400 invalid_query that names the parameter."""
    client = await sqlite_shop.client()
    refused = await client.get("/checkout_sessions", params={name: value})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_query"), refused.text
    assert refused.json()["error"]["param"] == name


@pytest.mark.parametrize("body", [{}, {"linkId": None}, {"linkId": "pl_01hxyz"} | AMOUNT])
async def test_a_session_is_made_from_a_link_or_for_an_amount(sqlite_shop: Shop, body: dict[str, Any]) -> None:
    """Neither and both are refused; the message says what was expected."""
    client = await sqlite_shop.client()
    refused = await client.post("/checkout_sessions", json=body)
    assert refused.status_code == 400
    assert "either linkId or amount" in refused.json()["error"]["message"]


async def test_a_clients_reference_is_kept_on_session_and_order_and_never_unique(sqlite_shop: Shop) -> None:
    """Also from a browser: it takes nothing from anybody. It is in the events of both."""
    client = await sqlite_shop.client()
    for _ in range(2):
        answer = await client.post("/checkout_sessions?expand=order", json=AMOUNT | {"clientReferenceId": " A-77 "})
        session = answer.json()
        assert (answer.status_code, session["clientReferenceId"]) == (201, "A-77")
        assert session["order"]["clientReferenceId"] == "A-77"
    await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
    told = (await client.get("/events")).json()["data"]
    of_it = [one["data"] for one in told if one["type"] in ("session.paid", "order.paid")]
    assert [one["clientReferenceId"] for one in of_it] == ["A-77", "A-77"]
    for wrong in ("", "x" * 201, "a\x00b"):
        refused = await client.post("/checkout_sessions", json=AMOUNT | {"clientReferenceId": wrong})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "clientReferenceId"), wrong
