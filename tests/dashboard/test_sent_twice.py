"""A form that is sent twice does its thing once: a lost answer, a reload, a double click, a second tab."""

import asyncio
from typing import Any

import pytest

from tests.dashboard.conftest import Owner, hidden
from tillgate.checkout.refunds import operations as refunds
from tillgate.dashboard import calls

pytestmark = pytest.mark.anyio


async def listed(owner: Owner, path: str) -> list[Any]:
    data: list[Any] = (await (await owner.shop.client()).get(path)).json()["data"]
    return data


async def marked(owner: Owner, page: str) -> str:
    return hidden(await owner.page(page), "form_id")


async def test_a_refund_that_is_sent_again_is_one_refund(owner_of_both: Owner) -> None:
    """The answer was lost, the browser sends the form again: 2.00 went back, and the page says that it was done."""
    owner = owner_of_both
    path = await owner.session()
    await owner.done(f"{path}/simulate", outcome="paid")
    fields = {"amount": "2.00", "reason": "other", "destination": "", "form_id": await marked(owner, path)}
    for _ in range(3):
        assert await owner.done(f"{path}/refund", **fields) == path
    assert "done once, and nothing was done again" in await owner.page(path)
    assert [one["amount"] for one in await listed(owner, "/refunds")] == ["2.00"]
    # Another amount is another form, and so is the same one on a page that was opened again.
    await owner.done(f"{path}/refund", **(fields | {"amount": "3.00"}))
    await owner.done(f"{path}/refund", **(fields | {"form_id": await marked(owner, path)}))
    assert [one["amount"] for one in await listed(owner, "/refunds")] == ["2.00", "3.00", "2.00"]


@pytest.mark.parametrize(
    ("page", "form", "fields", "api"),
    [
        (
            "/payment-links/new",
            "/payment-links",
            {"title": "Pro", "fiatAmount": "9.00", "fiatCurrency": "USD"},
            "/payment_links",
        ),
        (
            "/products/new",
            "/products",
            {"name": "Tea", "pricing": "fixed", "price": "4.00", "currency": "EUR"},
            "/products",
        ),
        (
            "/coupons/new",
            "/coupons",
            {"name": "Tenth", "discountType": "percentage", "discountPercentage": "10"},
            "/coupons",
        ),
    ],
)
async def test_what_is_made_by_a_form_is_made_once(
    owner: Owner, page: str, form: str, fields: dict[str, str], api: str
) -> None:
    """Both answers lead to the one that was made."""
    fields = fields | {"form_id": await marked(owner, page)}
    assert await owner.done(form, **fields) == await owner.done(form, **fields)
    assert len(await listed(owner, api)) == 1


async def test_a_project_is_made_once(owner: Owner) -> None:
    """Also what is written beside the checkout's own transactions."""
    fields = {"name": "Second shop", "form_id": await marked(owner, "/projects")}
    for _ in range(2):
        await owner.send("/projects", **fields)
    # In the list, and at the top as the one that is looked at.
    assert (await owner.page("/projects")).count(">Second shop<") == 2


async def test_a_double_click_is_one_click(owner_of_both: Owner) -> None:
    """Five at once, on both databases: one does it, and all lead to the same page."""
    owner = owner_of_both
    path = await owner.session()
    await owner.done(f"{path}/simulate", outcome="paid")
    fields = {"amount": "2.00", "reason": "other", "destination": "", "form_id": await marked(owner, path)}
    answers = await asyncio.gather(*(owner.send(f"{path}/refund", **fields) for _ in range(5)))
    assert {(one.status_code, one.headers["location"]) for one in answers} == {(303, f"/dashboard{path}")}
    assert [one["amount"] for one in await listed(owner, "/refunds")] == ["2.00"]


async def test_what_was_refused_may_be_sent_again(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form whose values were wrong, or that failed halfway, has done nothing; corrected or as it is, it works."""
    form_id = await marked(owner, "/payment-links/new")
    wrong = {"title": "Pro", "fiatAmount": "nine", "fiatCurrency": "USD", "form_id": form_id}
    for _ in range(2):
        assert (await owner.send("/payment-links", **wrong)).status_code == 422
    await owner.done("/payment-links", **(wrong | {"fiatAmount": "9.00"}))
    path = await owner.session()
    await owner.done(f"{path}/simulate", outcome="paid")
    fields = {"amount": "2.00", "reason": "other", "destination": "", "form_id": await marked(owner, path)}

    async def fails(*_: Any) -> None:
        raise RuntimeError("the process dies")

    with monkeypatch.context() as broken:
        broken.setattr(refunds, "_refund", fails)
        assert (await owner.send(f"{path}/refund", **fields)).status_code == 500
    await owner.done(f"{path}/refund", **fields)
    assert len(await listed(owner, "/refunds")) == 1


async def test_what_was_done_is_not_done_again_though_nobody_learnt_where_it_led(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends right after the commit: the mark was set in the same transaction, so the next try only looks."""
    path = await owner.session()
    await owner.done(f"{path}/simulate", outcome="paid")
    fields = {"amount": "2.00", "reason": "other", "destination": "", "form_id": await marked(owner, path)}

    def dies(*_: Any, **__: Any) -> None:
        raise RuntimeError("the process dies")

    with monkeypatch.context() as broken:
        broken.setattr(calls.OpenCall, "go", dies)
        assert (await owner.send(f"{path}/refund", **fields)).status_code == 500
    assert await owner.done(f"{path}/refund", **fields) == path
    assert [one["amount"] for one in await listed(owner, "/refunds")] == ["2.00"]
