"""Text that earlier versions wrote is found as text of today is, without a table that is locked."""

from typing import Any

import pytest

from keyturn.database import Database
from tests.makers import Counter, counter_over, execute, one, rows
from tillgate.access.texts import TEXTS as PEOPLES_TEXTS
from tillgate.checkout.coupons.operations import NewCoupon, create_coupon
from tillgate.checkout.customers.operations import CustomerChanges, create_customer, list_customers
from tillgate.checkout.links.operations import NewLink, create_link
from tillgate.checkout.promotions.operations import NewPromotionCode, create_promotion_code, find_promotion_code
from tillgate.checkout.sessions.opening import Visitor, visit_link
from tillgate.checkout.text_records import TEXTS
from tillgate.store import renormalising
from tillgate.store.renormalising import renormalise

pytestmark = pytest.mark.anyio


@pytest.fixture
async def counter(database: Database, monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.setattr(renormalising, "BATCH_MAX", 2)
    return await counter_over(database)


async def customer(counter: Counter, **fields: Any) -> str:
    new = CustomerChanges(**fields)
    return (await counter.database.write(lambda tx: create_customer(counter.context, tx, counter.principal, new))).id


async def found(counter: Counter, **fields: str) -> list[str]:
    page = await counter.database.read(lambda tx: list_customers(tx, counter.principal, page=1, limit=10, **fields))
    return [one.id for one in page.data]


async def test_what_earlier_versions_wrote_is_found(counter: Counter) -> None:
    """Addresses and references of customers, references of orders with the claim on them, and codes, on and off; what
    is normal already is left alone, and the kept form of what changes is withdrawn."""
    database = counter.database
    ada = await customer(counter, email="ada@shop.example", reference="A-7")
    await customer(counter, email="plain@shop.example")
    await execute(
        database,
        "UPDATE customers SET email = $1, reference = $2 WHERE id = $3",
        "ada\u200b@shop.example",
        "A-7\u2060",
        ada,
    )
    session = await counter.session(reference="Café 7", unique_reference=True)
    old = "Cafe\u0301 7"
    await execute(
        database, "UPDATE orders SET reference = $1, claimed_reference = $1 WHERE session_id = $2", old, session.id
    )
    coupon = await database.write(
        lambda tx: create_coupon(
            counter.context, tx, counter.principal,
            NewCoupon(name="x", discount_type="percentage", discount_percentage="10"),
        )
    )  # fmt: skip
    for code in ("STRASSE", "SPRING"):
        new = NewPromotionCode(code=code, coupon_id=coupon.id)
        await database.write(lambda tx, new=new: create_promotion_code(counter.context, tx, counter.principal, new))
    await execute(
        database, "UPDATE promotion_codes SET code = $1, word = $2, code_folded = $2 WHERE code = $3",
        "Straße", "straße", "STRASSE",
    )  # fmt: skip
    await execute(
        database, "UPDATE promotion_codes SET word = $1, code_folded = id, active = FALSE WHERE code = $2",
        "spring\u200b", "SPRING",
    )  # fmt: skip
    assert await found(counter, email="ada@shop.example") == []

    assert await renormalise(database, [*PEOPLES_TEXTS, *TEXTS]) is None

    assert await found(counter, email="ADA@shop.example") == await found(counter, reference="A-7") == [ada]
    assert await one(database, "SELECT COUNT(*) FROM customers WHERE kept IS NULL") == 1
    assert [tuple(row) for row in await rows(database, "SELECT reference, claimed_reference FROM orders")] == [
        ("Café 7", "Café 7")
    ]
    assert (await database.read(lambda tx: find_promotion_code(tx, counter.principal, "strasse"))).code == "Straße"
    [spring] = await rows(database, "SELECT id, word, code_folded FROM promotion_codes WHERE code = 'SPRING'")
    assert (spring["word"], spring["code_folded"]) == ("spring", spring["id"])


async def test_two_that_become_the_same_stay_as_they_are(counter: Counter) -> None:
    """No row is lost or merged: a person decides. The walk goes on, and comes to an end."""
    first = await customer(counter, email="ada@shop.example")
    second = await customer(counter, email="other@shop.example")
    await execute(counter.database, "UPDATE customers SET email = $1 WHERE id = $2", "ada\u200b@shop.example", second)
    third = await customer(counter, email="third@shop.example")
    await execute(counter.database, "UPDATE customers SET email = $1 WHERE id = $2", "THIRD@shop.example", third)

    assert await renormalise(counter.database, TEXTS) is None

    kept = {row["id"]: row["email"] for row in await rows(counter.database, "SELECT id, email FROM customers")}
    assert kept == {first: "ada@shop.example", second: "ada\u200b@shop.example", third: "third@shop.example"}


async def test_a_table_is_walked_in_batches_and_once(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a run ends before the table does, the next goes on from there; what is through is not read again until the
    form changes."""
    monkeypatch.setattr(renormalising, "BATCHES_MAX", 3)
    ids = [await customer(counter, email=f"{number}@shop.example") for number in range(7)]
    await execute(counter.database, "UPDATE customers SET email = UPPER(email)")

    assert await renormalise(counter.database, TEXTS) is not None
    assert await one(counter.database, "SELECT COUNT(*) FROM customers WHERE email = LOWER(email)") == 6
    while await renormalise(counter.database, TEXTS) is not None:
        pass
    assert await one(counter.database, "SELECT COUNT(*) FROM customers WHERE email = LOWER(email)") == len(ids)

    await execute(counter.database, "UPDATE customers SET email = UPPER(email)")
    assert await renormalise(counter.database, TEXTS) is None
    assert await one(counter.database, "SELECT COUNT(*) FROM customers WHERE email = LOWER(email)") == 0
    monkeypatch.setattr(renormalising, "FORM", renormalising.FORM + 1)
    while await renormalise(counter.database, TEXTS) is not None:
        pass
    assert await one(counter.database, "SELECT COUNT(*) FROM customers WHERE email = LOWER(email)") == len(ids)


async def test_who_was_only_stated_before_it_was_told_is_told_so(counter: Counter) -> None:
    """A customer whom a click at a link made known, in a database from before `emailStated`; nobody else."""
    link = await counter.database.write(
        lambda tx: create_link(counter.context, tx, counter.principal, NewLink(title="x", fiat_amount="5.00"))
    )
    known = await customer(counter, email="known@shop.example")
    counter.clock.forward(60_000)
    for email in ("known@shop.example", "new@shop.example"):
        await counter.database.write(
            lambda tx, email=email: visit_link(counter.context, tx, link.slug, Visitor(email=email))
        )
    await execute(counter.database, "UPDATE customers SET email_stated = FALSE")

    await renormalise(counter.database, TEXTS)

    stated = await rows(counter.database, "SELECT email, id FROM customers WHERE email_stated")
    assert [row["email"] for row in stated] == ["new@shop.example"]
    assert known not in [row["id"] for row in stated]
