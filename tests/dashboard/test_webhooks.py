"""Webhook endpoints in the dashboard."""

import re

import pytest

from tests.dashboard.conftest import RAW_SECRET, Owner, hidden
from tests.receiver import Receiver
from tests.shop import eventually

pytestmark = pytest.mark.anyio

WRONG: tuple[tuple[str, dict[str, str | list[str]]], ...] = (
    ("url", {"url": ""}),
    ("url", {"url": "http://shop.example/hook"}),
    ("url", {"url": "https://user:secret@shop.example/hook"}),
    ("events", {"events": []}),
    ("events", {"events": ["session.stolen"]}),
    ("dialect", {"dialect": "klingon"}),
)


async def endpoint(owner: Owner, url: str, events: str | list[str] = "*") -> str:
    """The path of a new endpoint."""
    answer = await owner.send("/webhooks", url=url, events=events)
    assert answer.status_code == 201, answer.text
    found = re.search(r'data-once="/dashboard(/webhooks/we_\w+)"', answer.text)
    assert found is not None
    return found[1]


async def test_the_signing_secret_is_shown_by_the_answer_that_made_it_and_never_again(owner_of_both: Owner) -> None:
    """Afterwards only its first characters are shown; the form that is sent again makes nothing."""
    owner = owner_of_both
    form_id = hidden(await owner.page("/webhooks/new"), "form_id")
    new: dict[str, str | list[str]] = {"url": "https://shop.example/hook", "events": ["*"], "form_id": form_id}
    answer = await owner.send("/webhooks", **new)
    secrets = RAW_SECRET.findall(answer.text)
    assert len(secrets) == 1
    again = await owner.send("/webhooks", **new)
    assert again.status_code == 409
    assert not RAW_SECRET.search(again.text)
    paths = re.findall(r'href="/dashboard(/webhooks/we_\w+)"', await owner.page("/webhooks"))
    assert len(paths) == 1
    page = await owner.page(paths[0])
    assert f"{secrets[0][:12]}…" in page
    assert secrets[0] not in page


async def test_an_endpoint_is_made_for_a_language(owner: Owner) -> None:
    """It is chosen once, by the name of its document, and shown in the list and on the endpoint's page."""
    assert 'href="/dashboard/webhooks/new?dialect=craftkit"' in await owner.page("/webhooks/new")
    answer = await owner.send("/webhooks", url="https://shop.example/hook", events="*", dialect="craftkit")
    assert answer.status_code == 201
    assert "CraftKit" in await owner.page("/webhooks")
    path = re.findall(r'href="/dashboard(/webhooks/we_\w+)"', await owner.page("/webhooks"))[0]
    assert "CraftKit" in await owner.page(path)
    assert 'name="dialect"' not in await owner.page(f"{path}/edit")


async def test_an_endpoints_events_are_named_by_its_language(owner: Owner) -> None:
    """Chosen, shown and changed in the words that its receiver reads; what was subscribed to by API stays."""
    page = await owner.page("/webhooks/new?dialect=smartpay")
    assert 'value="token.approved"' in page and 'value="session.paid"' not in page
    assert '<input type="hidden" name="dialect" value="smartpay">' in page
    chosen = ["order.authorized", "token.used"]
    answer = await owner.send("/webhooks", url="https://shop.example/hook", events=chosen, dialect="smartpay")
    assert answer.status_code == 201 and "order.authorized" in answer.text and "order.processing" not in answer.text
    path = re.findall(r'href="/dashboard(/webhooks/we_\w+)"', await owner.page("/webhooks"))[0]

    async def kept() -> list[str]:
        row = await owner.shop.database.read(lambda tx: tx.fetch_one("SELECT events FROM webhook_endpoints"))
        return sorted(row["events"].split()) if row is not None else []

    assert await kept() == ["order.paid", "order.processing", "payment_token.used"]
    form = await owner.page(f"{path}/edit")
    assert re.findall(r'value="([a-z._]+)"[^>]*checked', form) == chosen
    await owner.done(f"{path}/edit", url="https://shop.example/hook", events=["token.used", "session.*"])
    assert await kept() == ["payment_token.used", "session.*"]
    # A pattern is shown by what it holds in that language, and stays as it was written where nothing else is chosen.
    shown = re.findall(r'value="([a-z._*]+)"[^>]*checked', await owner.page(f"{path}/edit"))
    assert shown == ["order.rejected", "token.used"]
    await owner.done(f"{path}/edit", url="https://shop.example/other", events=shown)
    assert await kept() == ["payment_token.used", "session.*"]
    await owner.done(f"{path}/edit", url="https://shop.example/other", events=["order.rejected"])
    assert await kept() == ["session.failed"]


async def test_a_test_send_shows_what_came_back(owner: Owner, receiver: Receiver) -> None:
    """Status, duration and the first of the answer, good or bad; nothing in it is markup."""
    path = await endpoint(owner, f"{receiver.url}/hook")
    receiver.answer = b"<script>alert(1)</script>"
    page = await owner.page(await owner.done(f"{path}/test"))
    assert "The test arrived" in page
    assert "answered <strong>200</strong>" in page
    assert receiver.received[0].json["type"] == "session.paid"
    assert receiver.received[0].json["livemode"] is False
    raw = (await owner.http.get(f"/dashboard{path}")).text
    assert "&lt;script&gt;alert(1)" in raw
    receiver.status = 503
    page = await owner.page(await owner.done(f"{path}/test"))
    assert "The test failed" in page
    assert "answered <strong>503</strong>" in page


async def test_a_test_send_to_nobody_says_why(owner: Owner) -> None:
    """A refused connection is a result, too."""
    path = await endpoint(owner, "http://127.0.0.1:9/hook")
    page = await owner.page(await owner.done(f"{path}/test"))
    assert "The test failed" in page
    assert "no answer" in page


async def test_deliveries_are_logged_and_sent_again(owner: Owner, receiver: Receiver) -> None:
    """The log tells the outcome of each; a replay has the same event id."""
    path = await endpoint(owner, f"{receiver.url}/hook", ["session.created"])
    session = await owner.session()
    await eventually(lambda: receiver.received)

    async def delivered() -> str | None:
        page = await owner.page(path)
        return page if "Delivered" in page else None

    page = await eventually(delivered)
    assert "session.created" in page
    assert "thank you" in page
    replay = re.search(r'action="/dashboard(/webhooks/deliveries/dlv_\w+/replay)"', page)
    assert replay is not None
    assert await owner.done(replay[1]) == path
    assert "sent again" in await owner.page(path)
    await eventually(lambda: len(receiver.received) == 2)
    assert receiver.received[0].body == receiver.received[1].body
    timeline = await owner.page(session)
    assert path in timeline


async def test_a_log_is_looked_at_again_only_while_something_is_due(owner: Owner, receiver: Receiver) -> None:
    """A log that somebody reads stands still: the next attempt in a minute is no reason to look every second."""
    path = await endpoint(owner, receiver.url)
    receiver.status = 500
    await owner.session()

    async def attempted() -> str | None:
        page = await owner.page(path)
        return page if "1 of 6 attempts" in page else None

    page = await eventually(attempted)
    assert "hx-get" not in page
    assert "Next attempt in" in page
    owner.shop.clock.ahead_ms += 50_000
    ask = re.search(r'hx-get="/dashboard([^"]+)"', await owner.page(path))
    assert ask is not None
    seen = await owner.http.get(f"/dashboard{ask[1]}", headers={"HX-Request": "true"})
    assert seen.status_code == 204


async def test_a_test_send_cannot_be_replayed(owner: Owner, receiver: Receiver) -> None:
    """It has no event; the page offers no button, and the form of somebody who tries is explained."""
    path = await endpoint(owner, receiver.url)
    where = await owner.done(f"{path}/test")
    assert "/deliveries/dlv_" not in await owner.page(path)
    answer = await owner.send(f"/webhooks/deliveries/{where.rpartition('=')[2]}/replay")
    assert answer.status_code == 409
    assert "test delivery" in answer.text


async def test_an_endpoint_is_changed_paused_and_deleted(owner_of_both: Owner) -> None:
    """Deleting asks first; what is gone is gone."""
    owner = owner_of_both
    path = await endpoint(owner, "https://shop.example/one")
    assert "https://shop.example/one" in await owner.page(f"{path}/edit")
    new: dict[str, str | list[str]] = {
        "url": "https://shop.example/two", "events": ["session.paid", "session.expired"], "description": "Orders",
    }  # fmt: skip
    assert await owner.done(f"{path}/edit", **new) == path
    page = await owner.page(path)
    for words in ("https://shop.example/two", "session.paid", "session.expired", "Orders"):
        assert words in page
    await owner.done(f"{path}/pause")
    assert "Paused" in await owner.page(path)
    await owner.done(f"{path}/activate")
    assert "Active" in await owner.page(path)
    assert "Delete this endpoint?" in await owner.page(f"{path}/delete")
    assert await owner.done(f"{path}/delete") == "/webhooks"
    assert "No endpoint yet" in await owner.page("/webhooks")
    await owner.page(path, 404)


async def test_a_wrong_field_is_named_and_the_rest_is_kept(owner: Owner) -> None:
    """Nothing is made of it; the same form may be sent again, put right."""
    good: dict[str, str | list[str]] = {"url": "https://shop.example/kept", "events": ["session.paid"], "form_id": "1"}
    for field, fields in WRONG:
        answer = await owner.send("/webhooks", **(good | fields))
        assert answer.status_code == 422, fields
        assert f'id="{field}-problem"' in answer.text
        assert field == "url" or "https://shop.example/kept" in answer.text
    assert "No endpoint yet" in await owner.page("/webhooks")
    assert (await owner.send("/webhooks", **good)).status_code == 201


async def test_an_endpoint_of_another_project_is_not_there(owner: Owner) -> None:
    """Nobody tests, changes or deletes it from here."""
    path = await endpoint(owner, "https://shop.example/hook")
    await owner.done("/projects", name="Another")
    await owner.page(path, 404)
    for action in ("test", "pause", "activate", "rotate", "replay", "delete"):
        assert (await owner.send(f"{path}/{action}")).status_code == 404
