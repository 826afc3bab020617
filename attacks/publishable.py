"""Attacks by whoever has read a page's publishable key: prices, codes, return addresses, and the pace of others."""

import contextlib
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final

import httpx

from attacks.scene import ORIGIN, Scene
from attacks.tally import Attack, Tally
from tests.api.test_publishable_keys import VALUES
from tillgate.api.mount import ROOT
from tillgate.app import CODE_LIMIT
from tillgate.base.principal import Allow
from tillgate.checkout.sessions.publishable import CODE_LIFETIME_MAX_MS, LIFETIME_MAX_MS, MAY_SET, Who
from tillgate.settings import VISITOR_BURST
from tillgate.wire.words import camel

PATH: Final = "/checkout_sessions"
# Who may set each field, as the API spells it.
ASKED: Final = {camel(field): who for field, who in MAY_SET.items()}
# What looks like the key's origin to somebody who compares texts.
ELSEWHERE: Final = (
    "https://shop.example.evil.example", "https://evilshop.example", "https://shop.example@evil.example",
    "https://evil.example/https://shop.example", "https://evil.example#https://shop.example", "http://shop.example",
    "https://shop.example:8443", "https://shop.example.", "https://sub.shop.example", "//shop.example",
    "https:/shop.example", "https:shop.example", "https://shop.example\\@evil.example", "https://SHOP.EXAMPLE.evil",
    "https://shop.example%2eevil.example", "https://shop.example%00.evil.example", "https://[::1]",
    "javascript:alert(1)", "data:text/html,x", "com.shop.app://done", "https://shop.examp\u0142e", "https://shop\u3002example.evil",
    "https://user:pw@shop.example", "https://shop.example\t.evil.example", "https://shop.example\r\nX: y", "null", "*",
)  # fmt: skip


@contextlib.contextmanager
def visitor(scene: Scene, address: str) -> Iterator[httpx.Client]:
    """A browser at this address that looks at a page with the victim's publishable key."""
    headers = {"x-api-key": scene.victim.publishable, "Origin": ORIGIN}
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(
        base_url=f"{scene.url}{ROOT}", headers=headers, transport=transport, timeout=30, trust_env=False
    ) as client:
        yield client


def on_sale(scene: Scene) -> tuple[dict[str, Any], str]:
    """A basket of a new product, and the id of a new link: what other attacks have changed is not in the way."""
    with scene.server.client(scene.victim.test) as client:
        product = client.post("/products", json={"name": "Tea", "price": "50.00"}).json()["id"]
        link = client.post("/payment_links", json={"title": "Tea", "fiatAmount": "50.00"}).json()["id"]
    return {"lineItems": [{"productId": product}], "currency": "USD"}, link


def prices(scene: Scene, tally: Tally) -> None:
    """Each field and kind of line that is a server's, beside what a page may open: refused, and nothing is opened."""
    goods, link = on_sale(scene)
    product = goods["lineItems"][0]["productId"]
    bodies: list[dict[str, Any]] = []
    for field, value in VALUES.items():
        who = ASKED[field]
        if isinstance(who, Allow) or who is Who.SECRET_KEYS:
            bodies += [({} if field == "amount" else goods) | {field: value}, {"linkId": link, field: value}]
    lines: tuple[dict[str, Any], ...] = (
        {"name": "Tea", "unitAmount": "0.01"},
        {"name": "Gold", "productId": product},
        {"productId": product, "unitAmount": "0.01"},
        {"productId": product, "unitAmount": "-1.00"},
        {"productId": product, "quantity": 0},
        {"productId": product, "quantity": -1},
        {"productId": scene.intruder.ids["products"]},
        {"name": "Less", "kind": "discount", "unitAmount": "49.99"},
        {"name": "VAT", "kind": "tax", "unitAmount": "0.01"},
    )
    bodies += [{"lineItems": [{"productId": product}, line], "currency": "USD"} for line in lines]
    bodies += [{"lineItems": [line], "currency": "USD"} for line in lines]
    bodies += [{"linkId": link, "amount": {"value": "0.01", "currency": "USD"}}, {"linkId": link, **goods}]
    with visitor(scene, "127.0.0.61") as page:
        right = page.post(PATH, json=goods)
        tally.control(right.status_code == 201, right.text)
        for body in bodies:
            answer = page.post(PATH, json=body)
            tally.attempt(
                answer.status_code in (400, 403, 404, 409, 422), (body, answer.status_code, answer.text[:200])
            )


def guessed_by_pages(scene: Scene, tally: Tally) -> None:
    """Promotion codes guessed through the key, from two addresses: each has its few tries, and then none."""
    goods, _ = on_sale(scene)
    for address in ("127.0.0.62", "127.0.0.63"):
        looked_at = 0
        with visitor(scene, address) as page:
            tally.control(page.post(PATH, json=goods).status_code == 201, "a session without a code is opened")
            for number in range(max(CODE_LIMIT.burst + 10, min(scene.times(100), 90))):
                answer = page.post(PATH, json=goods | {"promotionCode": f"PAGE{number}"})
                looked_at += answer.status_code == 400
                tally.attempt(answer.status_code in (400, 429), (number, answer.status_code))
        tally.attempt(looked_at <= CODE_LIMIT.burst + 2, ("guesses are not slowed down", address, looked_at))


def held_codes(scene: Scene, tally: Tally) -> None:
    """A code's places taken by unpaid sessions: each is held for a quarter of an hour at most, whatever is asked."""
    with scene.server.client(scene.victim.test) as client:
        code = f"HELD{scene.random.getrandbits(40)}"
        coupon = {"name": "Held", "discountType": "percentage", "discountPercentage": "10"}
        body = {"code": code, "couponId": client.post("/coupons", json=coupon).json()["id"], "maxRedemptions": 3}
        assert client.post("/promotion_codes", json=body).status_code == 201
    goods, _ = on_sale(scene)
    lengths = (901, 3_600, 604_800, 10**9, -1, 0)
    with visitor(scene, "127.0.0.64") as page:
        for seconds in lengths:
            answer = page.post(PATH, json=goods | {"promotionCode": code, "expiresInSeconds": seconds})
            tally.attempt(answer.status_code == 400, (seconds, answer.status_code))
            answer = page.post(PATH, json=goods | {"expiresInSeconds": seconds})
            allowed = 300 <= seconds <= LIFETIME_MAX_MS // 1_000
            tally.attempt((answer.status_code == 201) is allowed, ("without a code", seconds, answer.status_code))
        opened = [page.post(PATH, json=goods | {"promotionCode": code}) for _ in range(5)]
    made = [answer.json() for answer in opened if answer.status_code == 201]
    tally.control(len(made) == 3, [answer.status_code for answer in opened])
    for session in made:
        begun, ends = (datetime.fromisoformat(session[name]) for name in ("createdAt", "expiresAt"))
        tally.attempt((ends - begun).total_seconds() * 1_000 <= CODE_LIFETIME_MAX_MS, session["expiresAt"])


def odd_returns(scene: Scene, tally: Tally) -> None:
    """Buyers sent elsewhere than to the key's own origin, by what only looks like it."""
    goods, _ = on_sale(scene)
    fields = ("successUrl", "cancelUrl", "returnUrl")
    with visitor(scene, "127.0.0.65") as page:
        right = page.post(PATH, json=goods | dict.fromkeys(fields, f"{ORIGIN}/done"))
        tally.control(right.status_code == 201, right.text)
        for url, field in scene.some(list(itertools.product(ELSEWHERE, fields))):
            answer = page.post(PATH, json=goods | {field: url})
            tally.attempt(answer.status_code in (400, 403), (field, url, answer.status_code))
        for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example", "http://shop.example", ""):
            answer = page.post(PATH, json=goods, headers={"Origin": origin})
            tally.attempt(answer.status_code in (401, 403), ("Origin", origin, answer.status_code))


def looping_visitors(scene: Scene, tally: Tally) -> None:
    """One visitor's loop takes no more than a visitor's share; another visitor is served all the while."""
    link = {"linkId": on_sale(scene)[1]}
    count = max(VISITOR_BURST * 2, scene.times(600))
    with (
        visitor(scene, "127.0.0.66") as looping,
        visitor(scene, "127.0.0.67") as buyer,
        ThreadPoolExecutor(8) as pool,
    ):
        loop = [pool.submit(looping.post, PATH, json=link) for _ in range(count)]
        served = [buyer.post(PATH, json=link).status_code for _ in range(5)]
        statuses = [one.result().status_code for one in loop]
    tally.attempts += len(statuses)
    tally.control(201 in statuses and served == [201] * 5, served)
    tally.attempt(429 in statuses, ("a loop is not slowed down", len(statuses)))
    tally.attempt(served == [201] * 5, ("another visitor waits", served))
    tally.attempt(set(statuses) <= {201, 429}, set(statuses))


ATTACKS: Final = (
    Attack("prices and fields set by a page", prices),
    Attack("promotion codes guessed by a page", guessed_by_pages),
    Attack("places of a code held by a page", held_codes),
    Attack("buyers returned elsewhere by a page", odd_returns),
    Attack("one visitor's loop", looping_visitors),
)
