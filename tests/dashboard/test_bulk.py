"""What is done to several rows at once: orders, deliveries and keys."""

import html
import re
from typing import Any

import httpx
import pytest

from tests.dashboard.conftest import Owner, hidden
from tests.makers import execute
from tillgate.dashboard.selecting import SELECTED_MAX

pytestmark = pytest.mark.anyio


async def orders_of(owner: Owner, *outcomes: str) -> list[str]:
    """New orders, by the outcomes of their payments; nothing yet where that is empty."""
    api, made = await owner.shop.client(), []
    for outcome in outcomes:
        body = {"amount": {"value": "5.00", "currency": "USD"}}
        session = (await api.post("/checkout_sessions?expand=order", json=body)).json()
        if outcome:
            answer = await api.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": outcome})
            assert answer.status_code == 200, answer.text
        made.append(session["order"]["id"])
    return made


def boxes(page: str, name: str) -> set[str]:
    return set(re.findall(rf'type="checkbox"[^>]* name="{name}" value="(\w+)"', page))


async def once_more(owner: Owner, path: str, page: str, **fields: Any) -> list[httpx.Response]:
    """A page's form, sent twice, as a double click does."""
    form = {"form_id": hidden(page, "form_id"), **fields}
    return [await owner.send(path, **form) for _ in range(2)]


async def test_selected_orders_are_fulfilled_together_and_it_can_be_undone(owner_of_both: Owner) -> None:
    """Asked first; what is not paid stays as it is; a double click does it once; each has its event; back in one step.
    An export holds the selected rows alone."""
    owner = owner_of_both
    paid, other, unpaid = await orders_of(owner, "paid", "paid", "")
    chosen = f"order={paid}&order={other}&order={unpaid}"
    assert boxes(await owner.page("/orders"), "order") == {paid, other, unpaid}
    asked = await owner.page(f"/orders/fulfil?{chosen}&fulfillment=fulfilled")
    assert "Mark 2 orders as fulfilled?" in asked and "It is not paid." in asked
    assert set(re.findall(r'name="order" value="(\w+)"', asked)) == {paid, other}

    # Whoever has opened the page earlier sends all three.
    answers = await once_more(owner, "/orders/fulfil", asked, order=[paid, other, unpaid], fulfillment="fulfilled")
    assert [one.status_code for one in answers] == [303, 303]
    where = answers[0].headers["location"]
    assert where == answers[1].headers["location"]
    shown = await owner.page(where.removeprefix("/dashboard"))
    assert "2 of 3 orders are fulfilled" in shown and shown.count("It is not paid.") == 1
    events = (await (await owner.shop.client()).get("/events?type=order.updated")).json()["data"]
    assert sorted(one["data"]["id"] for one in events) == sorted([paid, other])
    assert "No order can be changed" in await owner.page(f"/orders/fulfil?{chosen}")

    [undo] = re.findall(r'<form method="get" action="/dashboard(/orders/fulfil)".*?</form>', shown, re.S)
    back = await owner.page(f"{undo}?order={paid}&order={other}&fulfillment=unfulfilled")
    assert "Mark 2 orders as unfulfilled?" in back
    where = await owner.done("/orders/fulfil", order=[paid, other], fulfillment="unfulfilled")
    assert "2 of 2 orders are unfulfilled" in await owner.page(where)

    exported = (await owner.http.get(f"/dashboard/orders/export?order={paid}&order={unpaid}&format=csv")).text
    assert paid in exported and unpaid in exported and other not in exported


async def test_a_selection_is_bounded_and_of_this_project_alone(owner: Owner) -> None:
    """More than a page is refused, and so is nothing; an id of nobody's, or that is none, is left alone and told."""
    [paid] = await orders_of(owner, "paid")
    stranger = "ord_" + "0" * 26
    where = await owner.done("/orders/fulfil", order=[stranger, paid, "x"], fulfillment="fulfilled")
    shown = await owner.page(where)
    assert "1 of 3 orders are fulfilled" in shown and shown.count("There is no such order.") == 2
    many = [f"ord_{number:026}" for number in range(SELECTED_MAX + 1)]
    for answer in (
        await owner.send("/orders/fulfil", order=many, fulfillment="fulfilled"),
        await owner.send("/orders/fulfil", fulfillment="fulfilled"),
        await owner.send("/orders/fulfil", order=paid, fulfillment="eaten"),
        await owner.http.get("/dashboard/orders/fulfil", params={"order": many}),
        await owner.http.get("/dashboard/orders/export", params={"order": many}),
        await owner.send("/webhooks/failed/replay"),
    ):
        assert answer.status_code == 400, html.unescape(answer.text)
    assert "No order is selected" in await owner.page("/orders/fulfil")


async def test_failed_deliveries_are_found_and_sent_again(owner_of_both: Owner) -> None:
    """Of all endpoints, newest first; each once, however often the form is sent; what is on its way is left alone."""
    owner = owner_of_both
    assert "No failed delivery" in await owner.page("/webhooks/failed")
    api = await owner.shop.client()
    for place in range(2):
        body = {"url": f"http://127.0.0.1:9/{place}", "events": ["session.created"]}
        assert (await api.post("/webhook_endpoints", json=body)).status_code == 201
    await orders_of(owner, "")
    await execute(owner.shop.database, "UPDATE webhook_endpoints SET active = FALSE")
    await execute(owner.shop.database, "UPDATE webhook_deliveries SET status = 'abandoned', attempts = 6")
    page = await owner.page("/webhooks/failed")
    failed = boxes(page, "delivery")
    assert len(failed) == 2 and page.count("Not sent again") == 2
    one, other = sorted(failed)
    asked = await owner.page(f"/webhooks/failed/replay?delivery={one}&delivery={other}")
    assert "Replay 2 deliveries?" in asked
    answers = await once_more(owner, "/webhooks/failed/replay", asked, delivery=[one, other, "dlv_" + "0" * 26])
    assert [answer.status_code for answer in answers] == [303, 303]
    where = answers[0].headers["location"].removeprefix("/dashboard")
    assert answers[1].headers["location"].endswith(where)
    shown = await owner.page(where)
    assert "2 deliveries are being sent again" in shown and "1 was left out" in shown
    again = await owner.page("/webhooks/failed")
    assert again.count("On its way") == 2 and not boxes(again, "delivery")
    # Another page's form does not send it a third time.
    late = await owner.page(await owner.done("/webhooks/failed/replay", delivery=[one]))
    assert "0 deliveries are being sent again" in late


async def test_selected_keys_are_tagged_together(owner: Owner) -> None:
    """Words are added and removed; what is no word, or one too many, is said at the key; revoked keys keep theirs."""
    keys = [(await owner.shop.issued(["links:read"], name=f"till {number}")).key.id for number in range(2)]
    assert "Tag 2 keys" in await owner.page(f"/api-keys/tag?key={keys[0]}&key={keys[1]}")
    assert await owner.done("/api-keys/tag", key=keys, add="till old", remove="") == "/api-keys?tag=old"
    assert await owner.done("/api-keys/tag", key=keys, add="", remove="old none") == "/api-keys"
    found = await owner.page("/api-keys?tag=till")
    assert found.count('class="row-link" href="/dashboard/api-keys/key_') == 2 and "?tag=old" not in found
    for add, words in (("-no", "is no tag"), ("", "Enter at least one tag"), (" ".join(map(str, range(21))), "20")):
        answer = await owner.send("/api-keys/tag", key=keys, add=add, remove="")
        assert answer.status_code == 422 and words in html.unescape(answer.text), words
