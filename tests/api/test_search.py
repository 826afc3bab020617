"""Search: one text, and what it leads to, of what the caller may read, in its own project and mode alone."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.makers import execute, rows, stray_transfer
from tests.planner import Asked, Noting, Planner
from tests.shop import Shop, open_shop
from tillgate.base import ids
from tillgate.base.principal import Principal
from tillgate.checkout.customers.operations import index_batch
from tillgate.checkout.customers.words import WORD_MAX, beyond, spelled, words_of
from tillgate.checkout.search.model import PREFIX_OF, SearchType, ids_of
from tillgate.checkout.search.operations import search
from tillgate.dialects.coin_moebius import COIN_MOEBIUS
from tillgate.dialects.coin_moebius import spelling as coin_moebius
from tillgate.dialects.craftkit import shapes as craftkit
from tillgate.dialects.crossmint import ids as crossmint
from tillgate.dialects.smartpay import ids as smartpay
from tillgate.dialects.spoken import SPOKEN

pytestmark = pytest.mark.anyio

INDEXES = (
    "orders_by_reference", "promotion_codes_by_word_on", "transactions_by_hash", "unassigned_transfers_by_hash",
    "payments_live_by_address", "customer_words_by_word",
)  # fmt: skip


class Sold:
    """A shop in which one thing was bought, and its API."""

    def __init__(self, shop: Shop, api: httpx.AsyncClient, session: dict[str, Any], ids: dict[str, str]) -> None:
        self.shop, self.api, self.session, self.ids = shop, api, session, ids

    async def found(self, text: str, api: httpx.AsyncClient | None = None) -> list[tuple[str, str]]:
        answer = await (api or self.api).get("/search", params={"q": text})
        assert answer.status_code == 200, answer.text
        return [(one["type"], one["matched"]) for one in answer.json()["data"]]


@pytest.fixture
async def sold(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Sold]:
    async with open_shop(tmp_path, database_url, still=True) as shop:
        api = await shop.client()

        async def made(path: str, **body: Any) -> Any:
            answer = await api.post(path, json=body)
            assert answer.status_code in (200, 201), answer.text
            return answer.json()

        customer = await made("/customers", email="Ada.Lovelace@Example.com", name="Ada King-Noël")
        coupon = await made("/coupons", name="Spring", discountType="percentage", discountPercentage="10")
        code = await made("/promotion_codes", code="Zehnter", couponId=coupon["id"])
        product = await made("/products", name="Mug", price="5.00")
        link = await made("/payment_links", title="Pro", fiatAmount="1")
        session = await made(
            "/checkout_sessions?expand=order", amount={"value": "5.00", "currency": "USD"}, reference="A-77/x",
            customerId=customer["id"],
        )  # fmt: skip
        await made(f"/checkout_sessions/{session['id']}/simulate", outcome="paid")
        refund = await made("/refunds", paymentId=session["order"]["paymentId"], reason="other", amount="1.00")
        stray = await stray_transfer(shop.database, shop.project_id, livemode=False)
        yield Sold(
            shop, api, session,
            {
                "order": session["order"]["id"], "checkout_session": session["id"],
                "payment": session["order"]["paymentId"], "transaction": refund["transactionId"],
                "refund": refund["id"], "unassigned_transfer": stray, "customer": customer["id"],
                "product": product["id"], "payment_link": link["id"], "coupon": coupon["id"],
                "promotion_code": code["id"],
            },
        )  # fmt: skip


async def test_a_text_leads_to_what_it_names(sold: Sold) -> None:
    """An id in any language's spelling, a reference, a code, a hash, an address, the beginnings of a customer's words
    in any order and case; by a key that may read it, in its project and mode."""
    assert set(sold.ids) == {one.value for one in SearchType}
    for name, id in sold.ids.items():
        assert (name, "id") in await sold.found(f" {id} ")
        for spelling in ("uuid", "hex", "base62"):
            assert (name, "id") in await sold.found(ids.spelled(id, spelling))
        assert (name, "id") in await sold.found(f"some_test_{ids.spelled(id, 'base62')}")
    assert await sold.found(ids.renamed("tx", sold.session["id"])) == [("checkout_session", "id")]
    assert await sold.found("A-77/x") == [("order", "reference")]
    assert await sold.found("zehnter") == [("promotion_code", "code")]
    for text in ("ada", "noel"[:2], "KING", "lovelace ad", "ada.lovelace@exa", "example.com", "Noe\u0308l"):
        assert await sold.found(text) == [("customer", "customer")], text
    [moved] = await rows(sold.shop.database, "SELECT tx_hash FROM transactions WHERE kind = 'transfer'")
    assert await sold.found(moved[0]) == [("transaction", "transaction_hash")]
    [stray] = await rows(sold.shop.database, "SELECT tx_hash FROM unassigned_transfers")
    assert await sold.found(stray[0].upper().replace("0X", "0x")) == [("unassigned_transfer", "transaction_hash")]
    [paid] = await rows(sold.shop.database, "SELECT address FROM payments")
    assert await sold.found(paid[0]) == [("payment", "address")]
    for text in ("TEST-R-1", "test-c-1"):
        assert await sold.found(text) == [("order", "document_number")]
    for text in (
        "R-1-",
        "R-",
        "TEST-R-99",
        "TEST-I-1",
        "X-1",
        "R-" + "9" * 40,
        "lovelace bob",
        "nobody",
        "5.00",
        "%",
        "_",
        ids.new_id(ids.ORDER),
        "usr_" + ids.new_ulid(),
    ):
        assert await sold.found(text) == [], text


async def test_nobody_finds_what_they_may_not_read(sold: Sold) -> None:
    """Each kind is found with its own scope alone, nothing in the other mode or by a publishable key."""
    narrow = await sold.shop.caller((await sold.shop.issued(scopes=("orders:read",))).secret.reveal())
    for name, id in sold.ids.items():
        assert await sold.found(id, narrow) == ([("order", "id")] if name == "order" else [])
    assert await sold.found("ada", narrow) == []
    live = await sold.shop.caller((await sold.shop.issued(mode="live")).secret.reveal())
    for text in (*sold.ids.values(), "ada", "A-77/x", "zehnter"):
        assert await sold.found(text, live) == []
    assert (await search_as(sold.shop, Principal("prj_other", False, "user", "user:x"), "ada")) == []


async def search_as(shop: Shop, who: Principal, text: str) -> list[Any]:
    return list(await shop.database.read(lambda tx: search(tx, who, text)))


async def test_what_cannot_be_looked_for_is_refused(sold: Sold) -> None:
    """Nothing, too much, and what is no text; before anything is looked for."""
    for text in ("", "   ", "a" * 255, "a\0b"):
        answer = await sold.api.get("/search", params={"q": text})
        assert answer.status_code == 400, text
    assert (await sold.api.get("/search")).status_code == 400


async def test_results_are_a_page_and_say_that_there_are_more(sold: Sold) -> None:
    """Twenty are shown of those that begin so; a longer text finds the one."""
    for number in range(25):
        answer = await sold.api.post("/customers", json={"name": f"Bertha {number:02d}"})
        assert answer.status_code == 201
    answer = (await sold.api.get("/search", params={"q": "bert"})).json()
    assert (len(answer["data"]), answer["hasMore"]) == (20, True)
    answer = (await sold.api.get("/search", params={"q": "bert 17"})).json()
    assert [one["title"] for one in answer["data"]] == ["Bertha 17"]


async def test_customers_of_an_earlier_version_are_found_once_they_are_indexed(sold: Sold) -> None:
    """By the job; and a changed one by the new words alone."""
    await execute(sold.shop.database, "DELETE FROM customer_words")
    await execute(sold.shop.database, "UPDATE customers SET indexed = FALSE")
    assert await sold.found("ada") == []
    while await sold.shop.database.write(index_batch):
        pass
    assert await sold.found("ada") == [("customer", "customer")]
    changed = await sold.api.patch(f"/customers/{sold.ids['customer']}", json={"name": "Grace", "email": None})
    assert changed.status_code == 200
    assert (await sold.found("ada"), await sold.found("gra")) == ([], [("customer", "customer")])


async def test_every_look_is_answered_by_its_index(sold: Sold) -> None:
    """What is asked for a text, as both databases plan it: no table is read from end to end, and none sorts more than
    it shows."""
    planner = Planner(sold.shop, "we_x")
    asked: list[Asked] = []
    who = Principal(sold.shop.project_id, False, "user", "user:x")

    async def look(tx: Any) -> None:
        for text in ("ada lovelace", "zehnte", "0x" + "AB" * 20):
            noting: Any = Noting(tx)
            await search(noting, who, text)
            asked.extend(noting.asked)

    await sold.shop.database.read(look)
    plans = [await planner.plan(one, sorting=True) for one in asked]
    # What SQLite reads from end to end is the list of what is asked for.
    walked = [line for plan in plans for line in plan.splitlines() if "SCAN" in line and "json_each" not in line]
    assert (walked, [plan for plan in plans if "Seq Scan" in plan]) == ([], [])
    together = "\n".join(plans)
    assert [one for one in INDEXES if one not in together] == [], together


@given(st.lists(st.sampled_from(["a" * WORD_MAX, "a" * (WORD_MAX + 1), "a" * (WORD_MAX + 2), "b"])))
def test_words_that_begin_alike_are_one(parts: list[str]) -> None:
    """Longer than what is kept, they are the same word."""
    words = words_of(" ".join(parts), "a" * WORD_MAX + "@example.com")
    assert len(set(words)) == len(words)


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_word_is_found_by_each_of_its_beginnings(name: str, other: str) -> None:
    """As they are kept, whatever letters they have: the words that begin so lie between two texts."""
    for word in words_of(name, None):
        assert len(word) <= 8 * WORD_MAX
        for end in range(2, len(word) + 1, 2):
            assert word[:end] <= word < beyond(word[:end])
    begins = spelled(other)
    for word in words_of(name, None):
        assert word.startswith(begins) == (begins <= word < beyond(begins))


# How each language writes the id of an object, of those kinds that it writes.
SPELLINGS: dict[str, Callable[[str], str | None]] = {
    "native": lambda id: id,
    "smartpay": lambda id: smartpay.spelled(id, livemode=False) if id.partition("_")[0] in smartpay.KINDS else None,
    "crossmint": crossmint.uuid_of,
    COIN_MOEBIUS.name: lambda id: coin_moebius.to_transaction(id) if ids.is_id(ids.CHECKOUT_SESSION, id) else None,
    "craftkit": craftkit.id_of,
}


async def test_an_id_is_found_as_each_language_writes_it(sold: Sold) -> None:
    """By the languages' own writing, of each kind of object that they have; a new language is asked, too."""
    assert set(SPELLINGS) == {"native", *(one.name for one in SPOKEN)}
    spoken = {one.name: one for one in SPOKEN}
    for language, spell in SPELLINGS.items():
        for name, id in sold.ids.items():
            text = spell(id)
            if text is None:
                continue
            assert language == "native" or spoken[language].spelling.is_id(text), (language, text)
            assert (name, "id") in await sold.found(text), (language, name, text)


@given(st.sampled_from(sorted(PREFIX_OF.values())), st.sampled_from(["uuid", "hex", "base62"]))
def test_an_id_is_known_in_each_spelling(prefix: str, spelling: str) -> None:
    """Whatever language a merchant copied it from."""
    id = ids.new_id(prefix)
    assert id in ids_of(ids.spelled(id, spelling)).values()
    assert list(ids_of(id).values()) == [id]
