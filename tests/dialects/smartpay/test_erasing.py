"""A customer who is erased, in a shop that speaks another language, too: nothing in the database tells who it was."""

import re
from typing import Any

import pytest

from keyturn.database import Transaction
from tests.dialects.smartpay.conftest import Smart
from tests.receiver import Receiver, receiver
from tests.shop import eventually
from tests.snapshots import Books
from tillgate.store.erasing import ERASED, ERASED_EMAIL, Person, redacted

__all__ = ["receiver"]

EMAIL, NAME = "ada@example.com", "Ada Lovelace"
# What was issued is kept for the legal period.
BOOKS = {"issued_documents"}


async def naming(smart: Smart) -> dict[str, list[str]]:
    """The rows that tell who she was, by their tables."""
    words = [EMAIL, NAME, *(word.lower().encode().hex() for word in (EMAIL, "Lovelace")), "Byron Row"]
    found: dict[str, list[str]] = {}
    for table, rows in (await Books(smart.shop.database).read()).items():
        # Forms are bytes; PostgreSQL shows them in hexadecimal.
        texts = [
            " ".join(part.decode(errors="replace") if isinstance(part, bytes) else str(part) for part in row)
            if isinstance(row, tuple)
            else re.sub(r"\\\\x[0-9a-f]+", lambda hex: bytes.fromhex(hex[0][3:]).decode(errors="replace"), row)
            for row in rows
        ]
        told = [text for text in texts if any(word.lower() in text.lower() for word in words)]
        if told:
            found[table] = told
    return found


@pytest.mark.anyio
async def test_an_erased_customer_is_told_by_no_row(smart: Smart, receiver: Receiver) -> None:
    """Rows, events, their forms in other languages, what was kept of answers and what endpoints answered: all are
    looked at. The orders stay with their money, and so does what was issued."""
    receiver.answer = f"Thanks, {EMAIL}".encode()
    for dialect in ("native", "smartpay"):
        await smart.native("POST", "/webhook_endpoints", {"url": receiver.url, "events": ["*"], "dialect": dialect})

    async def sent() -> bool:
        """Whether both endpoints have answered each event."""
        waiting = "SELECT 1 FROM webhook_deliveries WHERE status = 'pending' LIMIT 1"
        return not await smart.shop.database.read(lambda tx: tx.fetch_all(waiting))

    async def named(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {smart.key}",
            "Idempotency-Key": f"{method} {path} {len(str(body))}".replace(" ", "_"),
        }
        answer = await smart.http.request(method, f"/api/v1{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        told: dict[str, Any] = answer.json()
        return told

    ada = await named("POST", "/customers", {"email": EMAIL, "name": "Ada", "metadata": {"home": "3 Byron Row"}})
    await named("PATCH", f"/customers/{ada['id']}", {"name": NAME})
    adam = await named("POST", "/customers", {"email": "adam@example.com", "name": "Adam", "metadata": {"by": EMAIL}})
    metadata = {"gift": f"for {NAME}", "to": EMAIL.title(), "plan": "gold", "other": "adam@example.com"}
    price = {"amount": {"value": "5.00", "currency": "USD"}}
    paid = await named("POST", "/checkout_sessions", price | {"customerId": ada["id"], "metadata": metadata})
    await smart.native("POST", f"/checkout_sessions/{paid['id']}/simulate", {"outcome": "paid"})
    back = f"https://shop.example/ok?for={EMAIL.replace('@', '%40')}"
    await named("POST", "/checkout_sessions", price | {"reference": EMAIL, "successUrl": back})
    described = {"emailAddress": EMAIL, "firstName": "Ada", "lastName": "Lovelace"}
    address = {"line1": "3 Byron Row", "locality": "London", "postalCode": "W1", "country": "JP"}
    shipping = {"address": address, "feeAmount": 50, "feeCurrency": "JPY"}
    await smart.authorized(customerInfo=described, shippingInfo=shipping)
    before = await smart.native("GET", "/events?after=0&limit=100")
    await eventually(sent)
    receiver.answer = b"Thanks"
    assert {"customers", "customer_words", "events", "idempotency_names", "smartpay_documents"} <= set(
        await naming(smart)
    )

    erased = await smart.native("DELETE", f"/customers/{ada['id']}")
    assert [erased[one] for one in ("email", "name", "reference", "metadata")] == [None] * 4
    assert erased["erasedAt"]

    async def done(tx: Transaction) -> bool:
        return not await tx.fetch_all("SELECT 1 FROM customer_erasures LIMIT 1")

    await eventually(lambda: smart.shop.database.read(done))
    left = await naming(smart)
    assert set(left) <= BOOKS, {table: rows[:2] for table, rows in left.items()}

    assert await smart.native("GET", f"/customers/{ada['id']}") == erased
    assert await smart.native("DELETE", f"/customers/{ada['id']}") == erased
    for method, path, body in (
        ("PATCH", f"/customers/{ada['id']}", {"name": NAME}),
        ("POST", "/checkout_sessions", price | {"customerId": ada["id"]}),
    ):
        refused = await smart.http.request(
            method, f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {smart.key}"}
        )
        assert refused.status_code in (400, 409), refused.text
    assert [one["id"] for one in (await smart.native("GET", "/customers"))["data"]] == [adam["id"]]
    assert (await smart.native("GET", "/search?q=lovelace"))["data"] == []
    assert (await smart.native("GET", "/search?q=adam"))["data"][0]["id"] == adam["id"]
    order = await smart.native("GET", f"/orders/{paid['orderId']}?expand=customer")
    assert order["customerId"] == ada["id"] and order["customer"]["erasedAt"] == erased["erasedAt"]
    assert order["amounts"]["total"] == "5.00" and order["status"] == "paid"
    kept = {"gift": ERASED, "to": ERASED, "plan": "gold", "other": "adam@example.com"}
    assert (await smart.native("GET", f"/checkout_sessions/{paid['id']}"))["metadata"] == kept
    after = await smart.native("GET", "/events?after=0&limit=100")
    assert [one["id"] for one in after["data"]][: len(before["data"])] == [one["id"] for one in before["data"]]
    last = after["data"][-1]
    assert (last["type"], last["data"]["id"], last["previousAttributes"]) == ("customer.erased", ada["id"], None)


@pytest.mark.parametrize(
    ("document", "linked", "after"),
    [
        ('{"email":"ADA@example.com"}', False, '{"email":"' + ERASED_EMAIL + '"}'),
        ('{"email":"xada@example.com"}', False, None),
        ('{"email":"ada@example.com.au"}', False, None),
        ('{"note":"ada@example.com."}', False, '{"note":"[erased]"}'),
        ('{"metadata":{"a":["Ada Lovelace"]}}', True, '{"metadata":{"a":["[erased]"]}}'),
        ('{"metadata":{"a":"Ada Lovelace"}}', False, None),
        ('{"name":"Ada Lovelace"}', True, None),
        ('{"metadata":{"ada@example.com":1}}', True, '{"metadata":{"[erased]":1}}'),
        (
            '{"recipient":{"email":"b@c.de","n":5,"country":"GB"}}',
            True,
            '{"recipient":{"email":"erased@erased.invalid","n":5,"country":"GB"}}',
        ),
        ('{"recipient":{"email":"b@c.de"}}', False, None),
        ("no JSON of ada@example.com", False, ERASED),
        ("no JSON", False, None),
        (
            '{"customerId":"cus_1","metadata":{"a":"Ada Lovelace"}}',
            False,
            '{"customerId":"cus_1","metadata":{"a":"[erased]"}}',
        ),
    ],
)
def test_what_names_a_person_is_replaced_and_nothing_else(document: str, linked: bool, after: str | None) -> None:
    """An address counts as a whole, a name where a merchant writes what they like, and a description of a person where
    it is theirs; everything else stays, byte for byte."""
    person = Person("cus_1", EMAIL, NAME)
    assert redacted(document, person, linked=linked) == (document if after is None else after)


def test_the_customers_own_fields_are_forgotten_wherever_they_stand() -> None:
    """In an answer that shows the customer inside of another object, and in what an event says was there before."""
    person = Person("cus_1", None, "A")
    whole = (
        '{"object":"order","customer":{"object":"customer","id":"cus_1","name":"A","email":"b@c.de","livemode":true}}'
    )
    assert '"name":null,"email":null,"livemode":true' in redacted(whole, person, linked=False)
    assert redacted('{"name":"A","updatedAt":"x"}', person, linked=True, own=True) == '{"name":null,"updatedAt":"x"}'
