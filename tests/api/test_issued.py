"""Receipts, invoices and credit notes: numbered without a gap, issued with the money, and the same for ever."""

import asyncio
import io
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pypdf
import pytest

from tests.requirements.calling import AMOUNT
from tests.shop import PUBLIC_URL, Shop, open_shop
from tillgate.checkout.projects.model import ProjectSettings
from tillgate.checkout.projects.operations import change_project
from tillgate.documents.printing import jobs
from tillgate.store.sealing import new_key

pytestmark = pytest.mark.anyio

BASKET: dict[str, Any] = {
    "currency": "USD",
    "shippingAmount": "4.00",
    "lineItems": [
        {"name": 'Mug #read("/etc/passwd") *b* $x', "quantity": 2, "unitAmount": "10.00"},
        {"name": "VAT 19 %", "kind": "tax", "unitAmount": "3.80"},
        {"name": "Loyal", "kind": "discount", "unitAmount": "1.00"},
    ],
}
# TILLGATE_SERIES=200 pytest tests/api/test_issued.py looks at more of them.
ORDERS_AT_ONCE = int(os.environ.get("TILLGATE_SERIES", "60"))


def text_of(content: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return "\n".join(page.extract_text() for page in pages).replace("\xa0", " ")


async def opened(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post("/checkout_sessions", json=BASKET | more)
    assert answer.status_code == 201, answer.text
    session: dict[str, Any] = answer.json()
    return session


async def simulated(client: httpx.AsyncClient, session: dict[str, Any], outcome: str = "paid") -> None:
    path, named = f"/checkout_sessions/{session['id']}/simulate", {"Idempotency-Key": f"pay-{session['id']}"}
    answer = await client.post(path, json={"outcome": outcome}, headers=named)
    while answer.status_code == 503 or answer.json().get("error", {}).get("code") == "idempotency_key_in_use":
        # A busy database answers some of many at once too late; whoever pays asks again.
        await asyncio.sleep(0.1)
        answer = await client.post(path, json={"outcome": outcome}, headers=named)
    assert answer.status_code == 200, answer.text


async def fetched(client: httpx.AsyncClient, path: str) -> bytes:
    answer = await client.get(path, timeout=60)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    return answer.content


async def test_an_order_has_its_documents(shop: Shop) -> None:
    """An invoice when it is asked for, a receipt once it is paid, a credit note for each refund: each says what
    happened, has a number of its own series, and stays as it is, byte by byte, whatever comes later."""
    client = await shop.client()
    customer = (await client.post("/customers", json={"email": "ada@shop.example", "name": "Ada"})).json()["id"]
    session = await opened(client, customerId=customer, locale="de", reference="A-1")
    order = f"/orders/{session['orderId']}"
    early = await client.get(f"{order}/receipt")
    assert (early.status_code, early.json()["error"]["code"]) == (404, "document_not_issued")
    assert (await client.get(order)).json()["receiptUrl"] is None
    invoice = await fetched(client, f"{order}/invoice")
    assert "Noch offen" in text_of(invoice)

    await simulated(client, session)
    receipt = await fetched(client, f"{order}/receipt")
    said = text_of(receipt)
    for part in ("Quittung", "TEST-R-1", "Test shop", "Ada", "A-1", BASKET["lineItems"][0]["name"], "20,00 $"):
        assert part in said, (part, said)
    for part in ("−1,00 $", "4,00 $", "3,80 $", "26,80 $", "test:0x", "Testnetz"):
        assert part in said, (part, said)

    payment = (await client.get(order)).json()["paymentId"]
    refund = {"paymentId": payment, "amount": "2.00", "reason": "requested_by_customer"}
    assert (await client.post("/refunds", json=refund)).status_code == 201
    noted = text_of(await fetched(client, f"{order}/credit_notes/1"))
    assert "TEST-C-1" in noted and "2,00 $" in noted and "TEST-R-1" in noted, noted
    for wrong in ("2", "0", "x", "9" * 40):
        answer = await client.get(f"{order}/credit_notes/{wrong}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "document_not_issued"), wrong

    await client.patch(f"/customers/{customer}", json={"name": "Grace"})
    assert await fetched(client, f"{order}/receipt") == receipt
    assert await fetched(client, f"{order}/invoice") == invoice

    url = (await client.get(order)).json()["receiptUrl"]
    assert url == f"{PUBLIC_URL}/checkout/{session['id']}/receipt"
    buyer = await shop.caller()
    assert await fetched(buyer, url) == receipt
    page = (await buyer.get(url.removesuffix("/receipt"))).text
    for path in ("/receipt", "/invoice", "/credit_notes/1"):
        assert f"/checkout/{session['id']}{path}" in page, path
    stranger = await shop.client(project=await shop.project())
    assert (await stranger.get(f"{order}/receipt")).json()["error"]["code"] == "not_found"
    without = await shop.client(["products:read"])
    assert (await without.get(f"{order}/receipt")).status_code == 403


async def test_a_series_has_no_gap_and_no_twin(shop: Shop) -> None:
    """Many orders that are paid at once draw each its own number, and what fails draws none."""
    client = await shop.client()
    sessions = [await opened(client) for _ in range(ORDERS_AT_ONCE)]
    # Some end otherwise, in the middle of the others.
    outcomes = ["failed" if number % 10 == 3 else "paid" for number in range(ORDERS_AT_ONCE)]
    await asyncio.gather(*(simulated(client, one, what) for one, what in zip(sessions, outcomes, strict=True)))

    async def numbers(tx: Any) -> list[int]:
        rows = await tx.fetch_all("SELECT number FROM issued_documents WHERE kind = 'receipt' ORDER BY number")
        return [row[0] for row in rows]

    found = await shop.database.read(numbers)
    assert found == list(range(1, outcomes.count("paid") + 1))


async def test_a_receipt_is_in_its_buyers_language_with_the_sellers_footer(sqlite_shop: Shop) -> None:
    """Also in Japanese and Arabic, which runs from right to left, and with names in other letters than its own; the
    footer is on it as it was when the receipt was issued, and what turns other text turns nothing."""
    client = await sqlite_shop.client()

    async def says(footer: str) -> None:
        settings = ProjectSettings(footer=footer, address="1 Rothschild (תל אביב)\n\u202e00.1")
        await sqlite_shop.database.write(lambda tx: change_project(tx, sqlite_shop.project_id, "متجر", settings))

    await says("Registered as HRB 7\nRegister of Example")
    names = ("Κούπα", "Кружка", "ספל", "كوب", "領収書")
    items = [{"name": name, "quantity": 1, "unitAmount": "10.00"} for name in names]
    for locale, title, heading in (("ja", "領収書", "品目"), ("ar", "إيصال", "الصنف"), ("en", "Receipt", "Item")):
        session = await opened(client, lineItems=items, locale=locale)
        await simulated(client, session)
        path = f"/orders/{session['orderId']}/receipt"
        said = text_of(await fetched(client, path))
        for part in (title, heading, *names, "متجر", "HRB 7 · Register of Example", "1 Rothschild", "תל"):
            assert part in said, (locale, part, said)
        assert "\u202e" not in said and "00.1" in said
    await says("Elsewhere")
    assert "HRB 7" in text_of(await fetched(client, path))


async def test_what_was_issued_before_documents_were_installed_is_made_once_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra, the number is drawn and the answer is 503; the same server with it makes the file."""
    url = f"sqlite:///{tmp_path / 'tillgate.db'}"
    secret = new_key()
    monkeypatch.setattr("tillgate.app.is_installed", lambda: False)
    async with open_shop(tmp_path, url, secret_key=secret) as shop:
        key = (await shop.issued()).secret.reveal()
        client = await shop.caller(key)
        session = await opened(client)
        await simulated(client, session)
        path = f"/orders/{session['orderId']}/receipt"
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "documents_not_installed"), answer.text
    monkeypatch.undo()
    async with open_shop(tmp_path, url, secret_key=secret) as shop:
        assert "TEST-R-1" in text_of(await fetched(await shop.caller(key), path))


async def test_whoever_asks_first_waits_for_thirty_seconds_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody makes the file: then it is 503, and says when to come again. The waiting is counted, not waited for."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(jobs, "asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=lambda: sum(slept)))
    async with open_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}", still=True) as shop:
        client = await shop.client()
        session = await opened(client)
        await simulated(client, session)
        answer = await client.get(f"/orders/{session['orderId']}/receipt")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "document_not_ready"), answer.text
    assert int(answer.headers["retry-after"]) >= 1
    assert 30 <= sum(slept) < 31


async def test_erasing_a_customer_keeps_what_was_issued(sqlite_shop: Shop) -> None:
    """For as long as the law asks for: the same bytes, and a file that nobody had fetched tells the same buyer."""
    client = await sqlite_shop.client()
    customer = (await client.post("/customers", json={"email": "ada@shop.example", "name": "Ada L."})).json()["id"]
    sessions = [await opened(client, customerId=customer) for _ in range(2)]
    for session in sessions:
        await simulated(client, session)
    fetched_before, later = (f"/orders/{session['orderId']}/receipt" for session in sessions)
    receipt = await fetched(client, fetched_before)
    answer = await client.delete(f"/customers/{customer}")
    assert answer.status_code in (200, 202, 204), answer.text
    assert await fetched(client, fetched_before) == receipt
    assert "Ada L." in text_of(await fetched(client, later))


async def test_a_free_order_has_a_receipt(sqlite_shop: Shop) -> None:
    """Nothing was paid, and it says so; the mode's series goes on without a gap."""
    client = await sqlite_shop.client()
    coupon = {"name": "All of it", "discountType": "percentage", "discountPercentage": "100"}
    made = (await client.post("/coupons", json=coupon)).json()
    session = (await client.post("/checkout_sessions", json=AMOUNT | {"couponId": made["id"]})).json()
    assert session["status"] == "paid", session
    said = text_of(await fetched(client, f"/orders/{session['orderId']}/receipt"))
    assert "TEST-R-1" in said and "All of it" in said and "$0.00" in said, said
