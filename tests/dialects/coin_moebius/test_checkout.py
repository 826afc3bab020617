"""Coin Moebius' endpoints: what they answer, and to whom."""

import asyncio
from functools import partial
from typing import Any

import msgspec
import pytest

from tests.dialects.coin_moebius.conftest import Coin
from tests.makers import one
from tests.requirements.calling import bearer
from tests.shop import insisting
from tillgate.base.principal import Principal
from tillgate.checkout.products.operations import switch_mode

pytestmark = pytest.mark.anyio


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def native_session(coin: Coin, transaction: str) -> Any:
    client = await coin.shop.client()
    return (await client.get(f"/checkout_sessions/cs_{transaction[3:]}")).json()


@pytest.mark.spec("coin-moebius R2", "coin-moebius R3", "coin-moebius R6")
async def test_a_button_checks_out_without_a_key(coin: Coin) -> None:
    """R2, R3, R6: the endpoints are public and scoped by project; the same session is read natively, and in the
    product's mode."""
    product = await coin.product(currency="USD")
    info = (await coin.http.get(f"/api/projects/{coin.project}/public-info")).json()
    assert (info["projectId"], info["providers"][0]) == (coin.project, {"id": "crypto", "name": "Crypto"})
    answer = await coin.check_out(product.id, metadata={"customerRef": "user_77", "plan": "pro"})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert set(made) == {"url", "txId"}
    assert made["url"] == f"https://shop.example/checkout/cs_{made['txId'][3:]}"
    session = await native_session(coin, made["txId"])
    assert session["metadata"] == {"customerRef": "user_77", "plan": "pro"}
    assert (session["fiat"]["amount"], session["status"], session["livemode"]) == ("29.99", "pending", False)
    order = (await (await coin.shop.client()).get(f"/orders/{session['orderId']}")).json()
    assert (order["clientReferenceId"], order["lineItems"][0]["productId"]) == ("user_77", product.id)
    status = await coin.status(made["txId"])
    assert list(status) == ["status", "amount", "currency", "isTest", "createdAt", "updatedAt"]
    assert (status["status"], status["amount"], status["currency"], status["isTest"]) == ("pending", 29.99, "USD", True)


@pytest.mark.spec(
    "coin-moebius R1", "coin-moebius R4", "coin-moebius R5", "coin-moebius R12", "coin-moebius R13", "coin-moebius R21"
)
async def test_a_server_checks_out_and_polls_with_its_key(coin: Coin) -> None:
    """R1, R4, R5, R21: both calls by `Authorization: Bearer cmk_…`. R12: whatever it is called. R13: for its project
    alone; of another it is told nothing."""
    product = await coin.product()
    key = bearer(await coin.key(name="Production server"))
    made = (await coin.check_out(product.id, headers=key)).json()
    status = await coin.http.get(f"/status/{coin.project}/{made['txId']}", headers=key)
    assert (status.status_code, status.json()["status"]) == (200, "pending")
    theirs = await coin.shop.project()
    other = bearer(await coin.key(project_id=theirs))
    assert told(await coin.check_out(product.id, headers=other)) == (404, "not_found")
    assert told(await coin.http.get(f"/status/{coin.project}/{made['txId']}", headers=other)) == (404, "not_found")
    assert told(await coin.http.get(f"/status/proj_{theirs[4:]}/{made['txId']}")) == (404, "not_found")


@pytest.mark.spec("coin-moebius R27", "coin-moebius R28")
async def test_a_wrong_key_is_refused_even_where_none_is_needed(coin: Coin) -> None:
    """R27, R28: a revoked, unknown or malformed key never falls back to nobody, on any route."""
    product = await coin.product()
    issued = await coin.key()
    made = (await coin.check_out(product.id, headers=bearer(issued))).json()
    await coin.shop.revoke(issued.key.id)
    for key in (bearer(issued), bearer("cmk_test_" + "A" * 24), {"Authorization": "Basic x"}, {"x-api-key": "cmk_"}):
        for method, path in (
            ("POST", f"/api/checkout/crypto/{coin.project}"),
            ("GET", f"/status/{coin.project}/{made['txId']}"),
            ("GET", f"/api/projects/{coin.project}/public-info"),
            ("POST", f"/webhook/crypto/{coin.project}"),
        ):
            answer = await coin.http.request(method, path, headers=key, json={"productId": product.id})
            assert told(answer) == (401, "invalid_api_key"), (method, path)


@pytest.mark.spec("coin-moebius R23")
async def test_a_key_acts_in_its_own_mode(coin: Coin) -> None:
    """R23: for the whole project; but a live key finds no product that is being tested, and no test transaction."""
    product = await coin.product()
    live = bearer(await coin.key("live"))
    made = (await coin.check_out(product.id)).json()
    assert told(await coin.check_out(product.id, headers=live)) == (404, "not_found")
    assert told(await coin.http.get(f"/status/{coin.project}/{made['txId']}", headers=live)) == (404, "not_found")


@pytest.mark.spec("coin-moebius R22")
async def test_pages_of_every_origin_may_call_without_a_key_and_never_with_one(coin_on_sqlite: Coin) -> None:
    """R22: preflights and answers, refusals too, are readable from everywhere; `authorization` is not among the headers
    that a page may send, so no browser takes a key along."""
    coin = coin_on_sqlite
    product = await coin.product()
    origin = {"Origin": "https://static.example"}
    path = f"/api/checkout/crypto/{coin.project}"
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = await coin.http.options(path, headers=origin | asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-methods"] == "POST"
    assert "authorization" not in preflight.headers["access-control-allow-headers"]
    for answer in (
        await coin.check_out(product.id, headers=origin),
        await coin.check_out("prod_none", headers=origin),
        await coin.http.get("/nowhere", headers=origin),
        await coin.http.get(f"/status/{coin.project}/tx_none", headers=origin | bearer("cmk_live_nonsense")),
    ):
        assert answer.headers.get_list("access-control-allow-origin") == ["*"], answer.text


async def test_a_fixed_price_is_the_catalogues_and_a_buyers_has_bounds(coin: Coin) -> None:
    """What a page says of a fixed price is ignored; a buyer's is taken to the last digit, within its bounds, in the
    product's currency."""
    fixed = await coin.product("29.99")
    made = (await coin.check_out(fixed.id, amount=0.01, currency="EUR")).json()
    assert (await coin.status(made["txId"]))["amount"] == 29.99
    for currency, least, most, amount, told_amount in (
        ("USD", "5.00", "500.00", 7.5, "7.50"),
        ("JPY", "100", None, 1500, "1500"),
        ("KWD", "0.100", None, 0.125, "0.125"),
        ("USD", None, None, 999999999999.99, "999999999999.99"),
    ):
        product = await coin.product(None, pricing="buyer", currency=currency, price_min=least, price_max=most)
        answer = await coin.check_out(product.id, amount=amount, currency=currency)
        assert answer.status_code == 200, answer.text
        text = (await coin.http.get(f"/status/{coin.project}/{answer.json()['txId']}")).text
        assert f'"amount":{told_amount},"currency":"{currency}"' in text
    product = await coin.product(None, pricing="buyer", price_min="5.00", price_max="500.00")
    for wrong in (
        {},
        {"amount": 4.99},
        {"amount": 500.01},
        {"amount": 0},
        {"amount": -7},
        {"amount": 7.505},
        {"amount": 0.1 + 0.2},
        {"amount": 1e300},
        {"amount": "seven"},
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"amount": True},
        {"amount": 7, "currency": "EUR"},
        {"amount": 7, "currency": "usd"},
    ):
        answer = await coin.check_out(product.id, **wrong)
        assert told(answer) == (400, "invalid_body"), (wrong, answer.text)
        assert answer.json()["error"].get("param") in ("amount", "currency"), answer.text


async def test_native_ids_are_taken_and_given_back_as_asked(coin: Coin) -> None:
    """`prj_…` and `cs_…` serve where the document's ids do; what is answered spells the project as it was asked for."""
    product = await coin.product()
    own = coin.shop.project_id
    info = await coin.http.get(f"/api/projects/{own}/public-info")
    assert info.json()["projectId"] == own
    made = (await coin.http.post(f"/api/checkout/crypto/{own}", json={"productId": product.id})).json()
    session = f"cs_{made['txId'][3:]}"
    assert (await coin.status(session)) == (await coin.status(made["txId"]))


async def test_what_cannot_be_done_is_refused_in_the_documents_envelope(coin: Coin) -> None:
    """Unknown things are 404, a provider that is not there is named with those that are, and nothing is done."""
    product = await coin.product()
    off = await coin.product(active=False)
    live = await coin.product(livemode=True)
    for answer, status, code in (
        (await coin.check_out(product.id, "stripe"), 404, "provider_not_available"),
        (await coin.check_out(product.id, "nonsense"), 404, "provider_not_available"),
        (await coin.check_out("prod_none"), 404, "not_found"),
        (await coin.check_out(off.id), 409, "product_inactive"),
        (await coin.check_out(live.id), 409, "live_mode_not_configured"),
        (await coin.check_out(""), 400, "invalid_body"),
        (await coin.check_out("x" * 201), 400, "invalid_body"),
        (await coin.check_out(product.id, metadata={"customerRef": 7}), 400, "invalid_body"),
        (await coin.check_out(product.id, metadata={"customerRef": "x" * 201}), 400, "invalid_body"),
        (await coin.check_out(product.id, surprise=1), 400, "invalid_body"),
        (await coin.http.get(f"/status/{coin.project}/tx_none"), 404, "not_found"),
        (await coin.http.get("/api/projects/proj_none/public-info"), 404, "not_found"),
        (await coin.http.post("/api/checkout/crypto/proj_none", json={"productId": "x"}), 404, "not_found"),
        (await coin.http.post(f"/webhook/crypto/{coin.project}"), 404, "provider_not_available"),
        (await coin.http.post(f"/api/subscriptions/{coin.project}/sub_1/portal-url"), 404, "not_supported"),
        (await coin.http.get(f"/api/checkout/crypto/{coin.project}"), 405, "method_not_allowed"),
    ):
        assert told(answer) == (status, code), answer.text
        assert set(answer.json()["error"]) <= {"code", "message", "param", "requestId"}
    assert await one(coin.shop.database, "SELECT COUNT(*) FROM checkout_sessions") == 0
    missing = await coin.http.post(
        f"/api/checkout/crypto/proj_{'0' * 26}", json={"productId": "x"}, headers={"Idempotency-Key": "a" * 32}
    )
    assert told(missing) == (404, "not_found")


async def test_fifty_retries_open_one_checkout(coin: Coin) -> None:
    """With a key any name will do; without one a name that nobody guesses, and whoever has another gets another."""
    product = await coin.product()
    for key, retries in ((bearer(await coin.key()), 50), ({}, 10)):
        named = key | {"Idempotency-Key": "5f3c0a52-6f5b-4c0e-9d52-8e1a6f0d4c11"}
        before = await one(coin.shop.database, "SELECT COUNT(*) FROM checkout_sessions")
        retry = partial(coin.check_out, product.id, headers=named)
        answers = await asyncio.gather(*(insisting(retry) for _ in range(retries)))
        again = await coin.check_out(product.id, headers=named)
        assert again.headers["idempotency-replayed"] == "true"
        assert {one.content for one in answers if one.status_code == 200} == {again.content}
        assert {one.status_code for one in answers} <= {200, 409}
        assert await one(coin.shop.database, "SELECT COUNT(*) FROM checkout_sessions") == before + 1
    guessable = await coin.check_out(product.id, headers={"Idempotency-Key": "order-1"})
    assert told(guessable) == (400, "invalid_idempotency_key")
    held = {"Idempotency-Key": "order-1", "Idempotency-Visitor": "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"}
    mine = (await coin.check_out(product.id, headers=held)).json()
    theirs = (await coin.check_out(product.id, headers=held | {"Idempotency-Visitor": "a" * 16})).json()
    assert (await coin.check_out(product.id, headers=held)).json() == mine
    assert mine != theirs


async def test_the_snippets_id_leads_to_the_twin_that_is_on(coin: Coin) -> None:
    """Testing | Live: the switch makes a twin with the same reference, in the other mode; the id that is in a page
    already leads to whichever is for sale, and back."""
    product = await coin.product(livemode=True)
    owner = Principal(coin.shop.project_id, True, "operator", "operator:test")
    checkout = coin.shop.app._checkout
    twin = await coin.shop.database.write(lambda tx: switch_mode(checkout, tx, owner, product.id))
    assert (twin.livemode, twin.reference, twin.price) == (False, product.id, product.price)
    for name in (product.id, twin.id):
        answer = await coin.check_out(name)
        assert answer.status_code == 200, answer.text
        assert (await coin.status(answer.json()["txId"]))["isTest"] is True
    back = await coin.shop.database.write(lambda tx: switch_mode(checkout, tx, owner._replace(livemode=False), twin.id))
    assert msgspec.structs.replace(back, updated_at=0, reference=None) == msgspec.structs.replace(product, updated_at=0)
    for name in (product.id, twin.id):
        assert told(await coin.check_out(name)) == (409, "live_mode_not_configured")


async def test_somebody_without_a_key_goes_slower_than_a_key(coin_on_sqlite: Coin) -> None:
    """One visitor opens as many checkouts as a link's visitor does, and is then told when to come again; another
    address, and a key from the same one, go on."""
    coin = coin_on_sqlite
    product = await coin.product()
    answers = [await coin.check_out(product.id) for _ in range(130)]
    refused = [one for one in answers if one.status_code == 429]
    assert refused
    assert told(refused[0]) == (429, "rate_limited")
    assert int(refused[0].headers["retry-after"]) >= 1
    assert (await coin.check_out(product.id, headers=bearer(await coin.key()))).status_code == 200
    async with coin.visitor("198.51.100.9") as other:
        answer = await other.post(f"/api/checkout/crypto/{coin.project}", json={"productId": product.id})
        assert answer.status_code == 200
    looked = [(await coin.http.get(f"/status/{coin.project}/tx_none")).status_code for _ in range(80)]
    assert set(looked) == {404, 429}


@pytest.mark.spec("coin-moebius R20", "coin-moebius R29")
async def test_a_key_is_rotated_while_the_old_one_works(coin: Coin) -> None:
    """R20, R29: the new one is made and used before the old one is deleted, and no checkout is refused in between."""
    product = await coin.product()
    old, new = await coin.key(), await coin.key()
    for key in (old, new):
        assert (await coin.check_out(product.id, headers=bearer(key))).status_code == 200
    await coin.shop.revoke(old.key.id)
    assert told(await coin.check_out(product.id, headers=bearer(old))) == (401, "invalid_api_key")
    assert (await coin.check_out(product.id, headers=bearer(new))).status_code == 200


async def test_other_keys_are_refused_with_where_they_belong(coin: Coin) -> None:
    """A native key is none of this language's, and says so; the native API goes on taking a `cmk_` key."""
    product = await coin.product()
    native = (await coin.shop.issued()).secret.reveal()
    answer = await coin.check_out(product.id, headers=bearer(native))
    assert told(answer) == (401, "invalid_api_key")
    assert "Crypto Checkout" in answer.json()["error"]["message"]
    key = await coin.key()
    client = await coin.shop.caller(key.secret.reveal())
    assert (await client.get("/products")).status_code == 200


async def test_the_documents_own_paths_lead_here_too(coin_on_sqlite: Coin) -> None:
    """At the root of the host, where the hosted service has them; what is nobody's path there stays the site's."""
    coin = coin_on_sqlite
    product = await coin.product()
    root = "https://shop.example"
    made = await coin.http.post(f"{root}/api/checkout/crypto/{coin.project}", json={"productId": product.id})
    assert made.status_code == 200, made.text
    status = await coin.http.get(f"{root}/status/{coin.project}/{made.json()['txId']}")
    assert status.json()["status"] == "pending"
    assert (await coin.http.get(f"{root}/v1/coin-moebius-buy.js")).headers["content-type"].startswith("text/javascript")
    assert (await coin.http.get(f"{root}/healthz")).text == "ok"


async def test_a_product_that_is_switched_twice_at_once_has_one_twin(coin: Coin) -> None:
    """Two people press the switch at the same moment: both get the same twin, for sale once, at the product's price."""
    product = await coin.product()
    owner = Principal(coin.shop.project_id, False, "operator", "operator:test")
    checkout = coin.shop.app._checkout

    async def switched() -> Any:
        return await coin.shop.database.write(lambda tx: switch_mode(checkout, tx, owner, product.id))

    twins = await asyncio.gather(*(switched() for _ in range(8)))
    assert len({twin.id for twin in twins}) == 1
    assert {(twin.livemode, twin.active, twin.price) for twin in twins} == {(True, True, product.price)}
    assert await one(coin.shop.database, "SELECT COUNT(*) FROM products") == 2
    assert await one(coin.shop.database, "SELECT COUNT(*) FROM products WHERE active") == 1
