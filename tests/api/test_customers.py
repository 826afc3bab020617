"""``/customers`` over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.makers import one, rows
from tests.shop import Shop
from tillgate.checkout.customers import operations

pytestmark = pytest.mark.anyio

FIELDS = {
    "id",
    "object",
    "livemode",
    "email",
    "emailStated",
    "name",
    "reference",
    "metadata",
    "erasedAt",
    "createdAt",
    "updatedAt",
}
ADA = {"email": "ada@example.com", "name": "Ada", "reference": "crm-1", "metadata": {"plan": "pro"}}
UNKNOWN = "/customers/cus_01hxyz0000000000000000000"


def error(answer: httpx.Response) -> tuple[int, str, str | None]:
    told = answer.json()["error"]
    return answer.status_code, told["code"], told.get("param")


async def made(client: httpx.AsyncClient, **body: Any) -> Any:
    answer = await client.post("/customers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.spec("crypto-checkout R33", "crypto-checkout R34")
async def test_a_customer_is_created_retrieved_and_listed(shop: Shop) -> None:
    """crypto-checkout R33, R34: POST answers 201 with the whole object, and GET shows the same."""
    client = await shop.client()
    answer = await client.post("/customers", json=ADA)
    assert answer.status_code == 201
    customer = answer.json()
    assert set(customer) == FIELDS
    assert customer["id"].startswith("cus_")
    assert (customer["object"], customer["livemode"]) == ("customer", False)
    assert {name: customer[name] for name in ADA} == ADA
    assert customer["createdAt"] == customer["updatedAt"]
    assert (await client.get(f"/customers/{customer['id']}")).json() == customer
    listed = (await client.get("/customers")).json()
    assert listed == {"data": [customer], "total": 1, "page": 1, "limit": 25}
    live = await made(await shop.client(mode="live"))
    assert live["livemode"] is True


@pytest.mark.spec("crypto-checkout R34")
async def test_every_field_may_be_left_out(sqlite_shop: Shop) -> None:
    """An empty body makes a customer of whom nothing is known; any number of them may be."""
    client = await sqlite_shop.client()
    for _ in range(3):
        customer = await made(client)
        assert [customer[name] for name in ("email", "name", "reference", "metadata")] == [None] * 4
    assert (await made(client, **dict.fromkeys(ADA)))["email"] is None
    assert (await client.get("/customers")).json()["total"] == 4


@pytest.mark.spec("crypto-checkout R33", "crypto-checkout R34")
async def test_reading_and_writing_customers_need_a_scope_each(sqlite_shop: Shop) -> None:
    """crypto-checkout R33, R34: customers:read lists and retrieves, customers:write creates and updates, and
    neither implies the other."""
    reader = await sqlite_shop.client(["customers:read"])
    writer = await sqlite_shop.client(["customers:write"])
    customer = await made(writer, **ADA)
    path = f"/customers/{customer['id']}"
    assert (await writer.patch(path, json={"name": "Ada L."})).status_code == 200
    assert (await reader.get(path)).json()["name"] == "Ada L."
    assert (await reader.get("/customers")).json()["total"] == 1
    for refused in (
        await writer.get(path),
        await writer.get("/customers"),
        await reader.post("/customers", json={}),
        await reader.patch(path, json={"name": "Eve"}),
        await (await sqlite_shop.client(["links:write", "sessions:write"])).post("/customers", json={}),
    ):
        assert error(refused)[:2] == (403, "missing_scope")
        assert refused.json()["error"]["requiredScope"] in ("customers:read", "customers:write")
    assert (await reader.get("/customers")).json()["data"][0]["name"] == "Ada L."


@pytest.mark.spec("crypto-checkout R34")
async def test_every_field_of_a_customer_can_be_changed_on_its_own(shop: Shop) -> None:
    """PATCH changes what it names, null clears, metadata is merged by key, everything else stays. What changes is
    reported once, with what it was before; what changes nothing is no change."""
    client = await shop.client()
    expected = await made(client, **ADA)
    path = f"/customers/{expected['id']}"
    changes: list[tuple[str, Any, Any]] = [
        ("email", " Ada@Example.COM ", "ada@example.com"),
        ("email", None, None),
        ("email", "lovelace@example.com", "lovelace@example.com"),
        ("name", "  Ada Lovelace ", "Ada Lovelace"),
        ("name", None, None),
        ("reference", "crm-2", "crm-2"),
        ("reference", None, None),
        ("metadata", {"seats": 3, "a": {"b": [None]}}, {"plan": "pro", "seats": 3, "a": {"b": [None]}}),
        ("metadata", {}, {"plan": "pro", "seats": 3, "a": {"b": [None]}}),
        ("metadata", {"plan": None, "a": {}, "unknown": None}, {"seats": 3, "a": {}}),
        ("metadata", None, None),
    ]
    for field, given, to_api in changes:
        shop.clock.ahead_ms += 10
        answer = await client.patch(path, json={field: given})
        assert answer.status_code == 200, answer.text
        same = expected[field] == to_api
        assert (answer.json()["updatedAt"] == expected["updatedAt"]) is same
        told = (await client.get("/events?type=customer.updated&limit=1")).json()["data"]
        if not same:
            before = {field: expected[field], "updatedAt": expected["updatedAt"]}
            assert (told[0]["data"], told[0]["previousAttributes"]) == (answer.json(), before)
        expected = expected | {field: to_api, "updatedAt": answer.json()["updatedAt"]}
        assert answer.json() == expected == (await client.get(path)).json()
    unchanged = (await client.patch(path, json={})).json()
    assert unchanged == expected
    kinds = [one["type"] for one in (await client.get("/events?limit=100")).json()["data"]]
    assert kinds == ["customer.updated"] * (len(changes) - 2) + ["customer.created"]


@pytest.mark.spec("crypto-checkout R33")
async def test_the_list_is_paged_by_number_and_says_how_many_there_are(shop: Shop) -> None:
    """crypto-checkout R33: newest first, with total, page and limit instead of hasMore and nextCursor; the pages
    together are the whole list, and a page beyond the end is empty."""
    client = await shop.client()
    ids = [(await made(client, name=f"Customer {number}"))["id"] for number in range(7)]
    await made(await shop.client(mode="live"), name="Live")
    await made(await shop.client(project=await shop.project()), name="Other")
    ids.reverse()
    for limit in (1, 3, 7, 100):
        seen: list[str] = []
        for page in range(1, 9):
            answer = (await client.get("/customers", params={"page": page, "limit": limit})).json()
            assert set(answer) == {"data", "total", "page", "limit"}
            assert (answer["total"], answer["page"], answer["limit"]) == (7, page, limit)
            assert [one["id"] for one in answer["data"]] == ids[(page - 1) * limit : page * limit]
            seen += [one["id"] for one in answer["data"]]
        assert seen == ids
    last = (await client.get("/customers", params={"page": 10_000, "limit": 100})).json()
    assert (last["data"], last["total"]) == ([], 7)


async def test_the_list_is_walked_by_cursor_and_shows_each_once_while_others_come(shop: Shop) -> None:
    """From the last customer of any page on: nothing is counted, and who is added meanwhile is before the beginning,
    where a page by number would show somebody again."""
    client = await shop.client()
    ids = [(await made(client, name=f"Customer {number}"))["id"] for number in range(7)][::-1]
    first = (await client.get("/customers", params={"limit": 2})).json()["data"]
    seen = [one["id"] for one in first]
    cursor: str | None = seen[-1]
    while cursor is not None:
        await made(client, name="Meanwhile")
        answer = (await client.get("/customers", params={"limit": 2, "starting_after": cursor})).json()
        assert set(answer) == {"data", "hasMore", "nextCursor"}
        assert answer["hasMore"] is (answer["nextCursor"] is not None)
        seen += [one["id"] for one in answer["data"]]
        cursor = answer["nextCursor"]
    assert seen == ids
    both = await client.get("/customers", params={"page": 2, "starting_after": ids[0]})
    assert (both.status_code, both.json()["error"]["param"]) == (400, "page")


async def test_customers_are_listed_of_a_period_and_counted_in_it(shop: Shop) -> None:
    """``createdAfter`` is inclusive, ``createdBefore`` is not; by number and by cursor alike."""
    client = await shop.client()
    all_of_them = []
    for number in range(4):
        all_of_them.append(await made(client, name=f"Customer {number}"))
        shop.clock.ahead_ms += 1_000
    period = {"createdAfter": all_of_them[1]["createdAt"], "createdBefore": all_of_them[3]["createdAt"]}
    counted = (await client.get("/customers", params=period)).json()
    assert ([one["name"] for one in counted["data"]], counted["total"]) == (["Customer 2", "Customer 1"], 2)
    walked = (await client.get("/customers", params=period | {"starting_after": all_of_them[2]["id"]})).json()
    assert [one["name"] for one in walked["data"]] == ["Customer 1"]


async def test_customers_are_counted_up_to_a_bound_beyond_the_page(
    sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has many pays for a page, not for all of them; and ``total`` says that there are further pages."""
    monkeypatch.setattr(operations, "COUNTED_BEYOND_MAX", 3)
    client = await sqlite_shop.client()
    for number in range(8):
        await made(client, name=f"Customer {number}")
    totals = [
        (await client.get("/customers", params={"limit": 2, "page": page})).json()["total"] for page in (1, 2, 3, 4, 5)
    ]
    assert totals == [5, 7, 8, 8, 8]


@pytest.mark.spec("crypto-checkout R33")
async def test_the_list_can_be_searched_by_email_and_reference(shop: Shop) -> None:
    """``email`` matches however it is written, ``reference`` exactly; both together must both match; ``total`` counts
    what matches."""
    client = await shop.client()
    ada = await made(client, **ADA)
    bob = await made(client, email="bob@example.com", reference="CRM-1")

    async def found(**params: str) -> list[str]:
        answer = (await client.get("/customers", params=params)).json()
        assert answer["total"] == len(answer["data"])
        return [one["id"] for one in answer["data"]]

    assert await found(email="ADA@example.com") == [ada["id"]]
    assert await found(reference="crm-1") == [ada["id"]]
    assert await found(reference="CRM-1") == [bob["id"]]
    assert await found(email="bob@example.com", reference="CRM-1") == [bob["id"]]
    assert await found(email="bob@example.com", reference="crm-1") == []
    assert await found(email="nobody@example.com") == []
    assert await found(email="%") == []
    assert await found(reference="' OR 1=1 --") == []
    assert await found() == [bob["id"], ada["id"]]


WRONG_QUERIES: list[tuple[dict[str, str], str]] = [
    ({"page": "0"}, "page"),
    ({"page": "-1"}, "page"),
    ({"page": "10001"}, "page"),
    ({"page": "one"}, "page"),
    ({"page": "1.5"}, "page"),
    ({"page": "9" * 30}, "page"),
    ({"page": ""}, "page"),
    ({"limit": "0"}, "limit"),
    ({"limit": "101"}, "limit"),
    ({"limit": "null"}, "limit"),
    ({"email": "x" * 300}, "email"),
    ({"reference": "x" * 300}, "reference"),
    ({"reference": "a\x00b"}, "reference"),
    ({"starting_after": "cus_01hxyz0000000000000000000"}, "starting_after"),
    ({"name": "Ada"}, "name"),
]


async def test_a_wrong_query_is_refused(shop: Shop) -> None:
    """What the list does not take is a 400 that names the parameter; cursors belong to the other lists."""
    client = await shop.client()
    for params, param in WRONG_QUERIES:
        assert error(await client.get("/customers", params=params)) == (400, "invalid_query", param), params


@pytest.mark.spec("crypto-checkout R34")
async def test_an_email_address_and_a_reference_belong_to_one_customer(shop: Shop) -> None:
    """Both are unique in their project and mode, on creation and on change; a refusal changes nothing. The other
    mode and other projects do not count."""
    client = await shop.client()
    ada = await made(client, **ADA)
    bob = await made(client, email="bob@example.com", reference="crm-2", name="Bob")
    for body in ({"email": "ada@example.com"}, {"email": " ADA@example.com"}, {"reference": "crm-1"}, ADA):
        assert error(await client.post("/customers", json=body))[:2] == (409, "customer_exists")
        changed = await client.patch(f"/customers/{bob['id']}", json=body | {"name": "Not Bob"})
        assert error(changed)[:2] == (409, "customer_exists")
    assert (await client.get(f"/customers/{bob['id']}")).json() == bob
    assert (await client.get("/customers")).json()["total"] == 2
    # To say again what one has is no conflict.
    same = await client.patch(f"/customers/{ada['id']}", json=ADA)
    assert (same.status_code, same.json()["email"]) == (200, "ada@example.com")
    for elsewhere in (await shop.client(mode="live"), await shop.client(project=await shop.project())):
        assert (await made(elsewhere, **ADA))["email"] == "ada@example.com"
    # What was given up is free again.
    assert (await client.patch(f"/customers/{ada['id']}", json={"email": None, "reference": None})).status_code == 200
    assert (await client.patch(f"/customers/{bob['id']}", json={"email": "ada@example.com"})).status_code == 200
    assert (await made(client, reference="crm-1"))["reference"] == "crm-1"


@pytest.mark.spec("crypto-checkout R34")
async def test_of_many_that_want_one_address_at_once_one_gets_it(shop: Shop) -> None:
    """Under parallel creations and changes an e-mail address and a reference still belong to one customer each."""
    client = await shop.client()
    others = [(await made(client, name=f"Customer {number}"))["id"] for number in range(10)]
    wanted = {"email": "ada@example.com", "reference": "crm-1"}
    answers = await asyncio.gather(
        *(client.patch(f"/customers/{one}", json=wanted) for one in others),
        *(client.post("/customers", json=wanted) for _ in range(10)),
    )
    won = [answer for answer in answers if answer.is_success]
    assert len(won) == 1
    assert {error(answer)[:2] for answer in answers if not answer.is_success} == {(409, "customer_exists")}
    for column in wanted:
        assert await one(shop.database, f"SELECT COUNT(*) FROM customers WHERE {column} IS NOT NULL") == 1  # noqa: S608
    total = (await client.get("/customers")).json()["total"]
    assert total == 10 + (won[0].status_code == 201)


@pytest.mark.spec("crypto-checkout R34")
async def test_two_who_swap_what_is_unique_do_not_fail(shop: Shop) -> None:
    """Changes that wait for each other's address end in a conflict or in success, never in a failure."""
    client = await shop.client()
    for _ in range(5):
        pair = [
            await made(client, email=f"{name}@example.com", reference=f"crm-{name}") for name in ("first", "second")
        ]
        answers = await asyncio.gather(
            *(
                client.patch(
                    f"/customers/{pair[number % 2]['id']}",
                    json={"email": pair[1 - number % 2]["email"], "reference": f"crm-{number}"},
                )
                for number in range(8)
            )
        )
        assert {answer.status_code for answer in answers} <= {200, 409}, [answer.text for answer in answers]
        for customer in pair:
            freed = await client.patch(f"/customers/{customer['id']}", json={"email": None, "reference": None})
            assert freed.status_code == 200


@pytest.mark.spec("crypto-checkout R33", "crypto-checkout R34")
async def test_a_customer_of_the_other_mode_or_another_project_is_not_there(shop: Shop) -> None:
    """What is not in the key's project and mode is the same 404 as what does not exist, and is not changed."""
    ada = await made(await shop.client(), **ADA)
    path = f"/customers/{ada['id']}"
    strangers = [await shop.client(mode="live"), await shop.client(project=await shop.project())]
    for stranger in strangers:
        for answer in (await stranger.get(path), await stranger.patch(path, json={"name": "Eve"})):
            assert error(answer) == (404, "not_found", None)
            unknown = await stranger.request(answer.request.method, UNKNOWN, json={"name": "Eve"})
            text = answer.json()["error"]["message"].replace(ada["id"], "…")
            assert text == unknown.json()["error"]["message"].replace(UNKNOWN.split("/")[-1], "…")
        listed = (await stranger.get("/customers", params={"email": "ada@example.com"})).json()
        assert (listed["data"], listed["total"]) == ([], 0)
    assert (await (await shop.client()).get(path)).json() == ada


async def test_ids_that_cannot_be_are_a_404(shop: Shop) -> None:
    """Whatever stands where the id belongs, it is a 404 on both databases."""
    client = await shop.client()
    for text in ("cus_", "x" * 64, "x" * 500, "%00", "%ff", "cus_%0a", "é", "pl_01hxyz0000000000000000000", "'", "%25"):
        for method in ("GET", "PATCH"):
            answer = await client.request(method, f"/customers/{text}", json={} if method == "PATCH" else None)
            assert error(answer)[:2] == (404, "not_found"), text
    assert error(await client.delete(UNKNOWN))[:2] == (404, "not_found")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"email": "nobody"}, "email"),
    ({"email": "@example.com"}, "email"),
    ({"email": "ada@"}, "email"),
    ({"email": ""}, "email"),
    ({"email": "a da@example.com"}, "email"),
    ({"email": "ada\u0000@example.com"}, "email"),
    ({"email": "ada@exam\nple.com"}, "email"),
    ({"email": f"{'x' * 250}@example.com"}, "email"),
    ({"email": 7}, "email"),
    ({"email": ["ada@example.com"]}, "email"),
    ({"name": ""}, "name"),
    ({"name": "   "}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"name": "a\u0000b"}, "name"),
    ({"name": True}, "name"),
    ({"reference": ""}, "reference"),
    ({"reference": "x" * 201}, "reference"),
    ({"reference": "a\u001fb"}, "reference"),
    ({"reference": 1.5}, "reference"),
    ({"metadata": {str(number): 1 for number in range(51)}}, "metadata"),
    ({"metadata": {"x" * 41: 1}}, "metadata"),
    ({"metadata": {"": 1}}, "metadata"),
    ({"metadata": {"note": "x" * 501}}, "metadata.note"),
    ({"metadata": {"note": ["x" * 500]}}, "metadata.note"),
    ({"metadata": "plan"}, "metadata"),
    ({"metadata": []}, "metadata"),
    ({"id": "cus_mine"}, "id"),
    ({"livemode": True}, "livemode"),
    ({"Email": "ada@example.com"}, "Email"),
]


async def test_what_cannot_be_a_customer_is_refused(shop: Shop) -> None:
    """A wrong field is a 400 that names it, on creation and on change alike, and nothing is done."""
    client = await shop.client()
    ada = await made(client, **ADA)
    path = f"/customers/{ada['id']}"
    for body, param in WRONG:
        for answer in (await client.post("/customers", json=body), await client.patch(path, json=body)):
            assert error(answer) == (400, "invalid_body", param), body
    for content in (
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b'{"metadata":{"a":1e999}}',
    ):
        for method, where in (("POST", "/customers"), ("PATCH", path)):
            answer = await client.request(method, where, content=content, headers={"Content-Type": "application/json"})
            assert answer.status_code == 400, content
    assert (await client.get("/customers")).json()["data"] == [ada]


async def test_what_stands_at_a_limit_is_kept_as_it_came(shop: Shop) -> None:
    """The longest texts, the most metadata, and characters and numbers of every kind come back unchanged."""
    client = await shop.client()
    bodies: list[dict[str, Any]] = [
        {"email": f"{'x' * 242}@example.com", "name": "n" * 200, "reference": "r" * 200},
        {"email": "ünïcode+tag@exämple.com", "name": "日本語 🎉 Ω", "reference": "#/?&=%00\\'\";--"},
        {"metadata": {f"{number:0>40}": "é" * 500 for number in range(50)}},
        {"metadata": {"quote": '"\\', "emoji": "🎉" * 500}},
        {
            "metadata": {
                "big": 12345678901234567890123456789,
                "small": 1e-300,
                "list": ["é" * 498 + "."][:0],
                "no": None,
            }
        },
        {"metadata": {"just fits": ["é" * 496]}},
    ]
    for body in bodies:
        customer = await made(client, **body)
        assert {name: customer[name] for name in body} == body
        assert (await client.get(f"/customers/{customer['id']}")).json() == customer
    [first, *_] = [body for body in bodies if "email" in body]
    found = (await client.get("/customers", params={"email": first["email"], "reference": first["reference"]})).json()
    assert found["total"] == 1
    second = bodies[1]
    found = (await client.get("/customers", params={"email": second["email"], "reference": second["reference"]})).json()
    assert found["total"] == 1


async def test_erasing_is_written_down_once_and_names_nobody(shop: Shop) -> None:
    """The audit log says who erased whom by ids alone, in the transaction of it; erasing again adds nothing."""
    client = await shop.client()
    customer = await made(client, **ADA)
    for _ in range(2):
        assert (await client.delete(f"/customers/{customer['id']}")).status_code == 200
    lines = [
        str(tuple(row))
        for row in await rows(shop.database, "SELECT * FROM key_audit WHERE action = 'customer.data_erased'")
    ]
    assert len(lines) == 1
    assert customer["id"] in lines[0]
    # A name of three letters may stand in an id.
    assert not any(text in lines[0].lower() for text in ("ada@example.com", "'ada'", "crm-1"))
