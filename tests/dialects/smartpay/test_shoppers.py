"""A test shopper's own calls: signs in, authorizes an order, approves a token."""

import re
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from keyturn import Limit
from keyturn.database import Transaction
from tests.dialects.smartpay.conftest import OK, Smart, opened
from tests.requirements.calling import HERE
from tests.shop import PUBLIC_URL
from tillgate import app
from tillgate.access.hashes import PasswordHashes
from tillgate.checkout.shoppers.model import ACCESS_TOKEN_LIFETIME_MS, ACCESS_TOKENS_MAX
from tillgate.checkout.shoppers.operations import create_account, shopper_of

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD = "mei+test@example.com", "a long sentence of hers"
ASKED = {"mode": "token", "successUrl": OK, "cancelUrl": "https://shop.example/no"}


class Shopper:
    """Somebody who has an account, at the root of the host."""

    def __init__(self, smart: Smart) -> None:
        self.smart, self.token = smart, ""

    async def made(self, email: str = EMAIL) -> "Shopper":
        shop = self.smart.shop
        hashed = await PasswordHashes().hash_of(PASSWORD, email)
        await shop.database.write(lambda tx: create_account(tx, shop.project_id, email, hashed, shop.clock.now()))
        return self

    async def send(self, method: str, path: str, content: str = "", **headers: str) -> httpx.Response:
        named = {"Authorization": f"Bearer {self.token}"} | headers if self.token else headers
        return await self.smart.http.request(method, path, content=content, headers=named)

    async def log_in(self, email: str = EMAIL, password: str = PASSWORD, root: str = "") -> httpx.Response:
        body = {"emailAddress": email, "password": password}
        return await self.smart.http.post(f"{root}/consumers/auth/login", json=body)

    async def signed_in(self) -> "Shopper":
        answer = await self.log_in()
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["accessToken"]
        return self

    async def authorize(self, order: str, method: str = "pm_test_visaApproved") -> httpx.Response:
        body = f'{{"paymentMethod":"{method}","paymentPlan":"pay_in_three"}}'
        # As the vendor's client in Go sends it: a text that says nothing of JSON.
        return await self.send("POST", f"/orders/{order}/authorizations", body, **{"Content-Type": "text/plain"})


async def ordered(smart: Smart, **changes: Any) -> str:
    order: str = (await smart.done("POST", "/checkout-sessions", smart.payload(**changes)))["order"]["id"]
    return order


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errorCode"]


@pytest.mark.spec("smartpay R10")
async def test_a_shopper_signs_in_and_authorizes_orders(smart: Smart) -> None:
    """smartpay R10: with a test payment method by its documented name; the merchant's client sees the outcome."""
    shopper = await (await Shopper(smart).made()).signed_in()
    manual, automatic, declined, expired = [
        await ordered(smart, captureMethod=how) for how in ("manual", "automatic", "manual", "manual")
    ]
    assert (await shopper.authorize(manual)).json() == {
        "object": "authorization",
        "order": manual,
        "status": "requires_capture",
    }
    assert (await shopper.authorize(automatic)).json()["status"] == "succeeded"
    for order, method in ((declined, "pm_test_visaDeclined"), (expired, "pm_test_visaExpired")):
        assert (await shopper.authorize(order, method)).json()["status"] == "rejected"
        assert (await smart.done("GET", f"/orders/{order}"))["status"] == "rejected"
    assert told(await shopper.authorize(manual)) == (409, "order.cannot-authorize")
    waits = await ordered(smart)
    asks = await shopper.authorize(waits, "pm_test_visaActionRequired")
    assert told(asks) == (409, "order.cannot-authorize") and "confirm" in asks.json()["message"]
    assert told(await shopper.authorize(waits, "pm_card_visa")) == (400, "request.invalid")
    assert told(await shopper.send("POST", f"/orders/{waits}/authorizations")) == (400, "request.invalid")
    plan = '{"paymentMethod":"pm_test_visaApproved","paymentPlan":"pay_in_nine"}'
    assert "pay_in_three" in (await shopper.send("POST", f"/orders/{waits}/authorizations", plan)).json()["message"]
    assert (await smart.done("GET", f"/orders/{waits}"))["status"] == "requires_authorization"
    # A retry by name is one effect, and its answer the first one's.
    body = '{"paymentMethod":"pm_test_visaApproved"}'
    first, again = [
        await shopper.send("POST", f"/api.smartpay/orders/{waits}/authorizations", body, **{"Idempotency-Key": "one"})
        for _ in range(2)
    ]
    assert (first.json(), again.headers["idempotency-replayed"]) == (again.json(), "true")


async def test_a_shopper_approves_a_token(smart: Smart) -> None:
    """By PUT without a body, as the vendor's client does; with a method that declines, its orders are rejected."""
    shopper = await (await Shopper(smart).made()).signed_in()
    tokens = [(await smart.done("POST", "/checkout-sessions", ASKED))["token"]["id"] for _ in range(2)]
    for _ in range(2):
        answer = await shopper.send("PUT", f"/tokens/{tokens[0]}/approve")
        assert (answer.status_code, answer.content) == (200, b"")
    assert (await smart.done("POST", "/orders", smart.order(tokens[0])))["status"] == "requires_capture"
    asks = await shopper.send("PUT", f"/tokens/{tokens[1]}/approve", '{"paymentMethod":"pm_test_visaActionRequired"}')
    assert told(asks) == (409, "token.cannot-approve")
    await shopper.send("PUT", f"/v1/tokens/{tokens[1]}/approve", '{"paymentMethod":"pm_test_visaDeclined"}')
    assert (await smart.done("POST", "/orders", smart.order(tokens[1])))["status"] == "rejected"
    other = f"{tokens[1][:-1]}{'1' if tokens[1].endswith('0') else '0'}"
    assert told(await shopper.send("PUT", f"/tokens/{other}/approve")) == (404, "token.not-found")


async def test_only_who_has_signed_in_is_admitted(smart: Smart) -> None:
    """Not with a wrong password, another's project, a key, an access token that is over, nor without TLS; and unknown
    addresses read like wrong passwords."""
    shopper, order = await Shopper(smart).made(), await ordered(smart)
    wrong = await shopper.log_in(password="another sentence of hers")
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, "Bearer")
    assert wrong.json() == (await shopper.log_in(email="nobody@example.com")).json()
    assert (wrong.json()["scheme"], wrong.json()["statusCode"]) == ("Bearer", 401)
    for token in ("", smart.key, "x" * 43, "x" * 5_000):
        shopper.token = token
        assert (await shopper.authorize(order)).status_code == 401
        assert (await shopper.send("PUT", "/tokens/paytok_test_0/approve")).status_code == 401
    for root in ("", "/api.smartpay", "/api.smartpay/v1", "/v1", "/smartpay", "/smartpay/v1"):
        assert (await shopper.log_in(root=root)).status_code == 200
    assert told(await smart.http.get("/consumers/auth/login")) == (405, "request.method-not-allowed")
    await shopper.signed_in()
    transport = httpx.ASGITransport(smart.shop.app, client=(HERE, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL.replace("https", "http")) as plain:
        body = {"emailAddress": EMAIL, "password": PASSWORD}
        assert (await plain.post("/consumers/auth/login", json=body)).status_code == 403
        headers = {"Authorization": f"Bearer {shopper.token}"}
        assert (await plain.post(f"/orders/{order}/authorizations", headers=headers, json={})).status_code == 403
    # Who calls by a shopper's token reads nothing that is the key's.
    assert (await smart.call("GET", f"/orders/{order}", key=shopper.token)).status_code == 401
    live = (await smart.call("POST", "/checkout-sessions", smart.payload(captureMethod=None), key=smart.live)).json()
    if "order" in live:
        assert told(await shopper.authorize(live["order"]["id"])) == (404, "order.not-found")
    smart.shop.clock.ahead_ms += ACCESS_TOKEN_LIFETIME_MS
    assert (await shopper.authorize(order)).status_code == 401
    assert (await smart.done("GET", f"/orders/{order}"))["status"] == "requires_authorization"


async def test_access_tokens_are_few_and_kept_as_digests(smart: Smart) -> None:
    """No text of one is in the database; of those that hold, the newest stay."""
    shopper = await (await Shopper(smart).made()).signed_in()
    first, order = shopper.token, await ordered(smart)
    for _ in range(ACCESS_TOKENS_MAX):
        smart.shop.clock.ahead_ms += 1
        await shopper.signed_in()

    async def kept(tx: Transaction) -> list[str]:
        return [row["digest"] for row in await tx.fetch_all("SELECT digest FROM shopper_tokens")]

    digests = await smart.shop.database.read(kept)
    assert len(digests) == ACCESS_TOKENS_MAX and all(re.fullmatch("[0-9a-f]{64}", one) for one in digests)
    newest, shopper.token = shopper.token, first
    assert (await shopper.authorize(order)).status_code == 401
    shopper.token = newest
    assert (await shopper.authorize(order)).status_code == 200


async def test_tries_to_sign_in_are_bounded_and_paced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too long is not hashed, and nobody tries for ever."""
    monkeypatch.setattr(app, "SHOPPER_VISITOR_LIMIT", Limit(1 / 86_400, 2))
    async with opened(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}") as smart:
        password = {"emailAddress": EMAIL, "password": "x" * 1_001}
        for body in ({}, {"emailAddress": EMAIL}, {"emailAddress": "x" * 255, "password": "x"}, password):
            assert told(await smart.http.post("/consumers/auth/login", json=body)) == (400, "request.invalid")
        assert told(await smart.http.post("/consumers/auth/login", content=b"no")) == (400, "request.malformed")
        answers = [await Shopper(smart).log_in(email=f"{number}@example.com") for number in range(3)]
        assert [one.status_code for one in answers] == [401, 401, 429]
        assert int(answers[2].headers["retry-after"]) > 0 and answers[2].json()["errorCode"] == "request.too-many"


async def test_wrong_passwords_lock_out_whoever_tries_them_alone(smart: Smart) -> None:
    """Five close an account to the address that they came from, whatever follows; its shopper signs in from another
    one, and their own mistakes are forgotten then."""
    shopper = await Shopper(smart).made()
    transport = httpx.ASGITransport(smart.shop.app, client=("203.0.113.9", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as stranger:
        tries = [{"emailAddress": EMAIL, "password": f"wrong {number}"} for number in range(5)]
        tries.append({"emailAddress": EMAIL, "password": PASSWORD})
        answers = [await stranger.post("/consumers/auth/login", json=one) for one in tries]
    assert [one.status_code for one in answers] == [401] * 5 + [429]
    assert answers[-1].headers["retry-after"] == "900"
    for _ in range(2):
        assert [(await shopper.log_in(password="wrong")).status_code for _ in range(4)] == [401] * 4
        await shopper.signed_in()


async def test_tokens_are_guessed_no_faster_than_any_call_without_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One address has as many calls as it has to pages without a key; what no token looks like is not looked up."""
    monkeypatch.setattr(app, "KEYLESS_VISITOR_LIMIT", Limit(1 / 86_400, 2))
    async with opened(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}") as smart:
        shopper = Shopper(smart)
        shopper.token = "A" * 43
        answers = [await shopper.authorize(f"order_test_{'1' * 22}") for _ in range(3)]
        assert [one.status_code for one in answers] == [401, 401, 429]
        assert told(answers[2])[1] == "request.too-many" and int(answers[2].headers["retry-after"]) > 0
    for odd in ("A" * 42, "A" * 44, "é" * 43, "A" * 42 + "\n"):
        assert await shopper_of(cast(Transaction, None), odd, 0) is None
