"""The lists of orders, payments, refunds and customers: what they show, their filters, and how they turn."""

import asyncio
import csv
import html
import io
import json
import re
from typing import Any

import httpx
import pytest

from tests.dashboard.conftest import Owner
from tillgate.base.errors import Forbidden, TooOften
from tillgate.dashboard import exports, spooling
from tillgate.dashboard.places import OF_PROJECT_MAX, ExportPlaces, Place
from tillgate.rails.simulated.rail import REFUND_STAYS_PENDING

pytestmark = pytest.mark.anyio


def rows(page: str) -> list[str]:
    """The text of each row, without its markup."""
    found = re.findall(r'<tr role="row">.*?</tr>', page, re.S)[1:]
    return [" ".join(html.unescape(re.sub(r"<[^>]*>", " ", row)).split()) for row in found]


async def test_each_list_shows_what_a_merchant_asks_and_is_narrowed_by_its_address(owner_of_both: Owner) -> None:
    """What was bought, by whom, the reference, the amounts and where it stands; each filter alone and beside others."""
    owner = owner_of_both
    api = await owner.shop.client()

    async def made(path: str, **body: Any) -> Any:
        answer = await api.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    for path, words in (("/orders", "No order yet"), ("/payments", "No payment yet"), ("/refunds", "No refund yet")):
        assert words in await owner.page(path)
        # A list that is sorted leaves nothing out.
        assert words in await owner.page(f"{path}?sort=amount")
    ada = await made("/customers", name="Ada <1>", email="ada@example.com")
    mug = await made("/products", name="Mug", price="12.00")
    lines = [{"productId": mug["id"], "quantity": 2}, {"name": "Box", "unitAmount": "1.50"}]
    paid = await made("/checkout_sessions?expand=order", lineItems=lines, customerId=ada["id"], reference="A <1>")
    await made(f"/checkout_sessions/{paid['id']}/simulate", outcome="paid")
    back: dict[str, Any] = {"paymentId": paid["order"]["paymentId"], "reason": "duplicate"}
    await made("/refunds", **back, amount="5.00")
    await made("/refunds", **back, amount="1.00", destination=REFUND_STAYS_PENDING)
    yen = await made("/checkout_sessions", amount={"value": "7000", "currency": "JPY"})
    await made(f"/checkout_sessions/{yen['id']}/simulate", outcome="underpaid")
    await made("/checkout_sessions", amount={"value": "25.50", "currency": "USD"})

    listed = rows((await owner.http.get("/dashboard/orders")).text)
    assert [len(listed), "7000 JPY" in listed[1], "In review Underpaid" in listed[1]] == [3, True, True]
    for words in ("2 × Mug and 1 more", "Ada <1>", "A <1>", "25.50 USD", "5.00 USD", "Partly refunded", "Unfulfilled"):
        assert words in listed[2], words
    assert "3500 JPY" in rows(await owner.page("/payments"))[1]
    assert ["1.00 USD Pending Duplicate" in one for one in rows(await owner.page("/refunds"))] == [True, False]

    async def found(path: str) -> int:
        return len(rows(await owner.page(path)))

    for query, count in {
        "status=paid&fulfillment=unfulfilled": 1,
        "status=review": 1,
        "fulfillment=fulfilled": 0,
        "currency=usd": 2,
        "currency=USD&amount=25,50": 2,
        "currency=JPY&amount=7000&status=review": 1,
        "q=A+%3C1%3E": 1,
        "q=ADA@example.com": 1,
        f"q=ADA@example.com&customer={ada['id']}": 1,
        "q=nobody@example.com": 0,
        f"q={paid['order']['id']}": 1,
        f"customer={ada['id']}&status=open": 0,
        "from=2020-01-01": 3,
        "to=2020-01-01": 0,
        "from=2020-01-01&to=2099-12-31&status=open": 1,
    }.items():
        assert await found(f"/orders?{query}") == count, query
    assert "No matching orders" in await owner.page("/orders?status=canceled")
    for query, count in {"status=review": 1, "currency=JPY&amount=7000": 1, "to=2020-01-01": 0}.items():
        assert await found(f"/payments?{query}") == count, query
    for query, count in {"status=pending": 1, "currency=USD&amount=5": 1, "currency=EUR": 0}.items():
        assert await found(f"/refunds?{query}") == count, query
    assert await found("/customers?from=2020-01-01&to=2099-12-31&q=ada@example.com") == 1
    assert await found("/customers?to=2020-01-01") == 0


async def test_sessions_and_transactions_are_narrowed_as_orders_are(owner_of_both: Owner) -> None:
    """By what is theirs and by what is their orders'; each shows what was bought, by whom, the reference, what went
    back, and whether it was handed over; the count says how many there are."""
    owner = owner_of_both
    api = await owner.shop.client()
    ada = (await api.post("/customers", json={"name": "Ada <1>", "email": "ada@example.com"})).json()
    paths = [await owner.session(reference="A <1>", customerId=ada["id"]), await owner.session(), await owner.session()]
    await owner.done(f"{paths[0]}/simulate", outcome="paid")
    await owner.done(f"{paths[0]}/refund", amount="9.00", reason="other", destination="")
    await owner.done(f"{paths[1]}/simulate", outcome="underpaid")
    read = (await api.get(f"/checkout_sessions/{paths[0].rpartition('/')[2]}")).json()
    session, order = read["id"], read["orderId"]
    for root in ("/sessions", "/transactions"):
        listed = rows((await owner.http.get(f"/dashboard{root}")).text.replace("\xa0", " "))
        for words in ("Ada <1>", "A <1>", "49.00 USD", "9.00 USD", "Unfulfilled"):
            assert words in listed[2], (words, listed[2])
        for query, count in {
            "": 3,
            "status=paid": 1,
            "todo=fulfil": 1,
            "todo=review": 1,
            "todo=fulfil&status=pending": 0,
            f"customer={ada['id']}": 1,
            f"customer={ada['id']}&currency=EUR": 0,
            "currency=usd&amount=49": 3,
            "currency=USD&amount=48": 0,
            "q=A+%3C1%3E": 1,
            "q=ADA@example.com": 1,
            "q=nobody@example.com": 0,
            f"q={session}": 1,
            "to=2020-01-01": 0,
            "from=2020-01-01&to=2099-12-31&todo=review": 1,
        }.items():
            page = await owner.page(f"{root}?{query}")
            assert len(rows(page)) == count, (root, query)
            assert not count or f">{count} {root[1:-1]}{'' if count == 1 else 's'}<" in page.replace("</p>", "<"), query
        for query in (
            "status=due",
            "todo=all",
            "customer=x",
            "link=x",
            "after=x",
            f"todo=fulfil&after={order}",
            "sort=status",
        ):
            await owner.page(f"{root}?{query}", 400)
        assert len((await owner.http.get(f"/dashboard{root}/export?todo=fulfil&sort=-amount")).text.splitlines()) == 2
    transaction = session.replace("cs_", "tx_", 1)
    assert len(rows(await owner.page(f"/transactions?q={transaction}"))) == 1
    where = {"list": "sessions", "filter_todo": "fulfil", "filter_sort": "-amount"}
    assert await owner.done("/saved", **where, name="Large first") == "/sessions?sort=-amount&todo=fulfil"
    page = await owner.page("/customers")
    assert "Latest order" in page and "49.00 USD" in rows(page)[0]


async def test_what_an_id_names_is_held_to_the_other_filters(owner: Owner) -> None:
    """One of another state is not shown, in whichever list it is asked for by its id; and each is found by it alone."""
    api = await owner.shop.client()
    session = (await api.post("/checkout_sessions", json={"amount": {"value": "5.00", "currency": "USD"}})).json()
    await api.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
    refund = (await api.post("/refunds", json={"paymentId": session["paymentId"], "reason": "other"})).json()
    named = {
        "/sessions": (session["id"], "paid", "failed"),
        "/transactions": (session["id"], "paid", "failed"),
        "/orders": (session["orderId"], "refunded", "canceled"),
        "/payments": (session["paymentId"], "succeeded", "failed"),
        "/refunds": (refund["id"], "succeeded", "failed"),
    }
    for root, (id, status, other) in named.items():
        for query in (f"q={id}", f"q={id}&status={status}", f"q={id}&currency=USD&amount=5.00"):
            assert len(rows(await owner.page(f"{root}?{query}"))) == 1, (root, query)
        for query in (f"q={id}&status={other}", f"q={id}&currency=EUR", f"q={id}&from=2999-01-01"):
            assert rows(await owner.page(f"{root}?{query}")) == [], (root, query)


@pytest.mark.parametrize("root", ["/orders", "/sessions", "/sessions?todo=fulfil", "/payments"])
async def test_a_sorted_list_shows_each_row_once(
    owner_of_both: Owner, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By amounts, within each currency, both ways and there and back, also while rows are added and the row changes at
    which a page ended; each head says whether it sorts, and leads to the other way. The list's file is sorted alike."""
    owner = owner_of_both
    monkeypatch.setattr(exports, "ROWS_EACH", 7)
    api = await owner.shop.client()
    amounts = ["5.00", "700.00", "30.00", "5.00", "5.00", "1000.00"]

    async def made(amount: str, currency: str = "USD") -> str:
        body = {"amount": {"value": amount, "currency": currency}}
        answer = await api.post("/checkout_sessions", json=body)
        assert answer.status_code == 201, answer.text
        await api.post(f"/checkout_sessions/{answer.json()['id']}/simulate", json={"outcome": "paid"})
        return str(answer.json()["id"])

    for number in range(27):
        await made(amounts[number % len(amounts)])
    await made("9.00", "EUR")
    glue = "&" if "?" in root else "?"

    def shown(page: str) -> list[str]:
        return re.findall(r'class="row-link[^"]*" href="/dashboard/sessions/(cs_\w{26})"', page)

    def money(page: str) -> list[tuple[str, float]]:
        found = [re.search(r"([\d.]+) (USD|EUR)", row) for row in rows(page)]
        return [(one[2], float(one[1])) for one in found if one is not None]

    def turn(page: str, rel: str) -> str | None:
        found = re.search(rf'rel="{rel}" href="/dashboard([^"]*)"', page)
        return found[1] if found is not None else None

    for wanted, word in (("-amount", "descending"), ("amount", "ascending")):
        first = await owner.page(f"{root}{glue}sort={wanted}")
        assert first.count(f'aria-sort="{word}"') == 1 and 'aria-sort="none"' in first
        await made("30.00")
        later = turn(first, "next")
        assert later is not None
        if root == "/orders":
            await owner.done(f"/sessions/{shown(first)[-1]}/fulfil", fulfillment="fulfilled")
        second = await owner.page(later)
        seen, known = shown(first) + shown(second), money(first) + money(second)
        assert len(seen) == len(set(seen)) >= 28, (root, wanted)
        assert known == sorted(known, reverse=wanted.startswith("-"))
        back = turn(second, "prev")
        assert back is not None
        before = shown(await owner.page(back))
        assert len(before) == 25 and not set(before) & set(shown(second))
        form = first[first.rindex(f'action="/dashboard{root.partition("?")[0]}/export"') :].partition("</form>")[0]
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        answer = await owner.http.get(f"/dashboard{root.partition('?')[0]}/export", params=fields)
        written = [
            (one["currency"], float(one.get("total") or one["amount"]))
            for one in csv.DictReader(io.StringIO(answer.text))
        ]
        assert written == sorted(written, reverse=wanted.startswith("-")) and len(written) >= len(seen)
    wrong = (
        "USD.x.ord_1",
        "USD",
        "USD%00.5.ord_1",
        f"USD.{2**63}.{'ord_' + '0' * 26}",
        "USD.-5.ord_1",
        "5.ord_1",
        "..",
    )
    for query in ("sort=name", *(f"sort=amount&after={cursor}" for cursor in wrong)):
        await owner.page(f"{root}{glue}{query}", 400)
    oldest = shown(await owner.page(f"{root}{glue}sort=created"))
    assert oldest == sorted(oldest)


async def test_a_filter_that_makes_no_sense_is_told_at_its_field(owner: Owner) -> None:
    """What somebody may mistype is told at its field, and nothing is listed; what no page leads to is refused."""
    await owner.session()
    for query, field, words in (
        ("amount=5", "currency", "Fill this in as well, or leave Amount empty."),
        ("currency=EURO", "currency", "ISO 4217"),
        ("currency=USD&amount=1,500", "amount", "Do you mean"),
        ("from=31.12.2026", "from", "Choose a day"),
        ("to=0000-01-01", "to", "Choose a day"),
    ):
        page = await owner.page(f"/orders?{query}", 422)
        assert f'id="{field}-problem"' in page and not rows(page), query
        assert words in page, re.findall(r'<p class="problem".*?</p>', page)
    for query in ("status=due", "customer=x", "after=x", "before=cus_01hxyz", "q=%00", f"q={'x' * 255}"):
        await owner.page(f"/orders?{query}", 400)
    await owner.page("/customers?currency=USD", 400)


async def test_a_list_turns_both_ways_and_shows_each_row_once(owner: Owner) -> None:
    """Older and newer lead through all pages and back, with the filters, also while rows are added."""
    api = await owner.shop.client()

    async def made() -> None:
        answer = await api.post("/checkout_sessions", json={"amount": {"value": "1.00", "currency": "USD"}})
        assert answer.status_code == 201

    def turns(page: str) -> dict[str, str]:
        found = re.findall(r'rel="(next|prev)" href="/dashboard([^"]*)"', page)
        return dict(found)

    def ids(page: str) -> list[str]:
        return re.findall(r">(ord_\w{26})<", page)

    for _ in range(52):
        await made()
    path = "/orders?currency=USD"
    pages = [await owner.page(path)]
    assert set(turns(pages[0])) == {"next"}
    await made()
    while (older := turns(pages[-1]).get("next")) is not None:
        assert older.endswith("&currency=USD")
        pages.append(await owner.page(older))
    seen = [id for page in pages for id in ids(page)]
    assert [len(seen), len(set(seen)), len(pages)] == [52, 52, 3] and seen == sorted(seen, reverse=True)
    back = await owner.page(turns(pages[2])["prev"])
    assert ids(back) == ids(pages[1]) and set(turns(back)) == {"next", "prev"}
    first = await owner.page(turns(back)["prev"])
    assert ids(first) == ids(pages[0])
    newest = await owner.page(turns(first)["prev"])
    assert len(ids(newest)) == 1 and set(turns(newest)) == {"next"}


async def test_a_list_is_exported_as_it_is_filtered(owner_of_both: Owner) -> None:
    """Every row once, newest first, over many pages, in the time zone that was chosen; no cell is a formula, and a JSON
    line is what the API answers."""
    owner = owner_of_both
    api = await owner.shop.client()
    wrong = ["=1+1", "+1", "-1", "@SUM(1)", "'=1", 'plain, "quoted"']
    made = []
    for number in range(exports.ROWS_EACH + 3):
        name = wrong[number] if number < len(wrong) else "Mug"
        line = {"name": name, "unitAmount": "5.00"}
        answer = await api.post("/checkout_sessions", json={"currency": "USD", "lineItems": [line], "reference": name})
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["orderId"])

    async def file(path: str, status: int = 200) -> httpx.Response:
        answer = await owner.http.get(f"/dashboard{path}")
        assert answer.status_code == status, answer.text
        return answer

    answer = await file("/orders/export?currency=USD&zone=Asia/Kolkata")
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["order"] for row in table] == made[::-1]
    assert [row["reference"] for row in table[::-1]][: len(wrong)] == ["'=1+1", "'+1", "'-1", "'@SUM(1)", *wrong[4:]]
    assert all(row["created"].endswith("+05:30") and row["total"] == "5.00" for row in table)
    assert answer.headers["content-type"].startswith("text/csv")
    assert re.fullmatch(r'attachment; filename="orders-test-[\d-]{10}\.csv"', answer.headers["content-disposition"])
    lines = (await file("/orders/export?format=jsonl&q=Mug")).text.splitlines()
    assert len(lines) == len(made) - len(wrong)
    assert json.loads(lines[0]) == (await api.get(f"/orders/{made[-1]}")).json()
    for noun in ("payments", "refunds", "customers"):
        for format in exports.MEDIA_TYPES:
            shown = (await api.get(f"/{noun}?limit=1")).json()["data"]
            text = (await file(f"/{noun}/export?format={format}")).text
            assert bool(text) == bool(shown) and (not shown or shown[0]["id"] in text), noun
            assert format == exports.CSV or not shown or json.loads(text.splitlines()[0]) == shown[0]
    assert (await owner.http.head("/dashboard/orders/export")).headers["content-disposition"]
    assert "Enter a time zone" in (await file("/orders/export?zone=Mars/Olympus", 400)).text
    for query in ("format=pdf", "amount=1", "status=due", "from=x"):
        await file(f"/orders/export?{query}", 400)
    await owner.send("/mode", mode="live", back="/dashboard")
    assert (await file("/orders/export")).text == ""


def scope_of(path: str, cookies: str) -> dict[str, Any]:
    """A request of a browser, as the server hands it over."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"shop.example"), (b"cookie", cookies.encode())],
        "client": ("127.0.0.1", 50_000),
        "server": ("shop.example", 443),
    }


async def test_a_file_ends_with_the_sign_in_of_whoever_asked_for_it(owner: Owner) -> None:
    """However slowly it is read: what would come after that is not handed over, and the file is broken off."""
    api = await owner.shop.client()
    for _ in range(exports.ROWS_EACH + 1):
        assert (await api.post("/customers", json={"name": "Ada"})).status_code == 201
    path, pieces = "/dashboard/customers/export", list[bytes]()
    cookies = "; ".join(f"{name}={value}" for name, value in owner.http.cookies.items())
    scope = scope_of(path, cookies)

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        pieces.append(message.get("body", b""))
        if message["type"] == "http.response.start":
            assert message["status"] == 200
        elif len(pieces) == 2:
            await owner.shop.database.write(lambda tx: tx.execute("DELETE FROM sign_ins"))

    with pytest.raises((Forbidden, ExceptionGroup)):
        await owner.shop.app(scope, receive, send)
    rows_sent = list(csv.DictReader(io.StringIO(b"".join(pieces).decode())))
    assert len(rows_sent) == exports.ROWS_EACH


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_no_cell_of_a_file_is_a_formula(cell: str) -> None:
    """Whatever a spreadsheet would take for one is text."""
    assert exports.safe(cell) == f"'{cell}"
    assert exports.safe(f"x{cell}") == f"x{cell}"


async def test_a_file_is_of_one_moment(owner_of_both: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are added, changed and refunded while it is sent: each is in it once, as it was when the file began,
    whatever the pace at which it is received."""
    monkeypatch.setattr(exports, "ROWS_EACH", 2)
    monkeypatch.setattr(spooling, "MEMORY_BYTES_MAX", 1_000)  # most of it waits on the disk
    owner = owner_of_both
    api = await owner.shop.client()
    amount = {"value": "5.00", "currency": "USD"}

    async def sold() -> Any:
        session = (await api.post("/checkout_sessions?expand=order", json={"amount": amount})).json()
        answer = await api.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
        assert answer.status_code == 200, answer.text
        return (await api.get(f"/orders/{session['order']['id']}")).json()

    before, changes = [await sold() for _ in range(7)], asyncio.Event()
    read = exports._Reading.page

    async def page(self: Any, tx: Any, last: Any = None) -> Any:
        if last is not None:
            await changes.wait()
        return await read(self, tx, last)

    monkeypatch.setattr(exports._Reading, "page", page)
    cookies = "; ".join(f"{name}={value}" for name, value in owner.http.cookies.items())
    scope = scope_of("/dashboard/orders/export", cookies) | {"query_string": b"format=jsonl"}
    pieces: list[bytes] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        pieces.append(message.get("body", b""))
        if len(pieces) == 2:
            oldest = before[0]
            refund = {"paymentId": oldest["paymentId"], "reason": "other", "amount": "1.00"}
            assert (await api.post("/refunds", json=refund)).status_code == 201
            changed = await api.patch(f"/orders/{before[1]['id']}", json={"metadata": {"seen": "late"}})
            assert changed.status_code == 200, changed.text
            await sold()
            changes.set()

    await owner.shop.app(scope, receive, send)
    assert len(pieces) > 4
    assert [json.loads(line) for line in b"".join(pieces).splitlines()] == before[::-1]


async def test_a_file_that_nobody_waits_for_any_more_is_not_read_to_its_end(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sending to somebody who has gone waits for nothing: others have their turn all the same, and the file ends."""
    monkeypatch.setattr(exports, "ROWS_EACH", 1)
    api = await owner.shop.client()
    for _ in range(12):
        assert (await api.post("/customers", json={"name": "Ada"})).status_code == 201
    pieces: list[bytes] = []
    cookies = "; ".join(f"{name}={value}" for name, value in owner.http.cookies.items())
    scope = scope_of("/dashboard/customers/export", cookies)
    came = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Any:
        return next(came, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        pieces.append(message.get("body", b""))

    await owner.shop.app(scope, receive, send)
    assert len(pieces) < 12


async def test_a_project_downloads_a_few_files_at_once(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """More are refused with what to do; each place is given back when its file has ended, also one that broke off."""
    asked, take = list[ExportPlaces](), ExportPlaces.take

    def noting(self: ExportPlaces, project_id: str) -> Place:
        asked.append(self)
        return take(self, project_id)

    monkeypatch.setattr(ExportPlaces, "take", noting)
    assert (await owner.http.get("/dashboard/customers/export")).status_code == 200
    places = asked[0]
    held = [places.take(owner.shop.project_id) for _ in range(OF_PROJECT_MAX)]
    refused = await owner.http.get("/dashboard/customers/export")
    assert (refused.status_code, "which is the limit" in refused.text) == (429, True)
    assert (await owner.http.head("/dashboard/customers/export")).status_code == 200
    for one in held:
        one.give_back()
        one.give_back()
    for _ in range(OF_PROJECT_MAX + 1):
        assert (await owner.http.get("/dashboard/customers/export")).status_code == 200
        assert (await owner.http.get("/dashboard/customers/export?zone=Nowhere")).status_code == 400
    assert places.held == 0


def test_the_server_bounds_all_files_together() -> None:
    """One project leaves places to others, and all together leave the server its work; what is forgotten counts no
    more."""
    places = ExportPlaces(of_project_max=2, of_server_max=3)
    held = [places.take("a"), places.take("a")]
    with pytest.raises(TooOften):
        places.take("a")
    held.append(places.take("b"))
    with pytest.raises(TooOften):
        places.take("c")
    del held[0]
    assert places.held == 2
    places.take("c").give_back()
    assert places.held == 2
