"""Attacks on the way in: credentials in odd places, other people's objects, better keys, guesses, replays."""

import base64
import itertools
import re
import time
from typing import Any, Final

import httpx

from attacks.scene import ORIGIN, Scene, exchange, same_but_for_ids, statuses_of
from attacks.tally import Attack, Tally
from tests.api.bodies import fields_of, likely
from tests.running import EVERY_SCOPE, OWNER_EMAIL
from tillgate.api.application import ROUTES
from tillgate.api.mount import ROOT
from tillgate.wire.routing import Route

# The shape of a credential that nobody was given.
STRANGE_KEY: Final = "ck_test_" + "0" * 32
HINTED: Final = (
    "eyJ",
    "eyJa.",
    "eyJ" * 2 + ".",
    "Bearer ",
    "'",
    '"',
    "$",
    "{{",
    "<",
    "%0a",
    "\\n",
    "ck_test_",
    "_",
    " ",
)
LONGEST: Final = 256 * 1024


def carriers(scene: Scene, tally: Tally) -> None:
    """Two credentials at once, in one header or two, a key in the URL, a key where no key belongs."""
    own, other = scene.intruder.test, scene.victim.test
    odd = base64.b64encode(f"{other}:".encode()).decode()
    both: list[dict[str, str] | list[tuple[str, str]]] = [
        {"Authorization": f"Bearer {own}", "x-api-key": other},
        {"Authorization": f"Bearer {other}", "x-api-key": own},
        {"Authorization": f"Basic {odd}", "x-api-key": own},
        [("Authorization", f"Bearer {own}"), ("Authorization", f"Bearer {other}")],
        [("x-api-key", own), ("x-api-key", other)],
        {"x-api-key": f"{own}, {other}"},
        {"x-api-key": f"{own} {other}"},
        {"Authorization": f"Bearer {own}, Bearer {other}"},
        {"Authorization": f"Bearer {own} {other}"},
        {"Authorization": f"Bearer {other}\t"[:-1] + "x"},
        {"Authorization": f"Token {other}"},
        {"Authorization": f"bearer,{other}"},
        {"Authorization": other},
        {"Cookie": f"Authorization={other}; x-api-key={other}; tillgate_session={other}"},
        {"X-Forwarded-Authorization": f"Bearer {other}"},
        {"X-Original-Authorization": f"Bearer {other}"},
        {"Proxy-Authorization": f"Bearer {other}"},
        {"x_api_key": other},
        {"X-Keyturn-Key-Id": "key_1", "X-Keyturn-Project": scene.victim.id, "X-Keyturn-Scopes": "*"},
    ]
    targets = ("/checkout_sessions", "/events", "/webhook_endpoints", "/orders", "/customers", "/payments")
    with httpx.Client(base_url=f"{scene.url}{ROOT}", timeout=30, trust_env=False) as client:
        right = client.get("/orders", headers={"Authorization": f"Bearer {own}"})
        tally.control(right.status_code == 200, right.text)
        for headers, target in scene.some(list(itertools.product(both, targets))):
            answer = client.get(target, headers=headers)
            tally.attempt(answer.status_code in (400, 401, 403), (target, answer.status_code, list(dict(headers))))
        names = ("key", "api_key", "apiKey", "access_token", "token", "x-api-key", "authorization", "q", "")
        for name, target in scene.some(list(itertools.product(names, targets))):
            for query in (f"{name}={other}", f"{name}=%63{other[1:]}", f"a=b&{name}=Bearer%20{other}"):
                answer = client.get(f"{target}?{query}")
                tally.attempt(answer.status_code in (400, 401, 403), (target, name, answer.status_code))
                tally.attempt(other not in answer.text, ("quoted", target, name))
                answer = client.get(f"{target}?{query}", headers={"Authorization": f"Bearer {own}"})
                tally.attempt(answer.status_code in (400, 401, 403), (target, name, "with a key", answer.status_code))


def long_carriers(scene: Scene, tally: Tally) -> None:
    """Carriers of up to 256 kB that hints are looked for in: others are answered meanwhile, and they are refused."""
    for part, name in scene.some(
        list(itertools.product(HINTED, ("x-api-key", "authorization", "cookie", "user-agent")))
    ):
        for length in (512, 16_000, LONGEST):
            text = (part * (length // len(part) + 1))[:length]
            head = f"GET {ROOT}/orders HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{name}: {text}\r\n\r\n"
            begun = time.monotonic()
            statuses = statuses_of(exchange(scene.port, head.encode("latin-1")))
            seconds = time.monotonic() - begun
            tally.attempt(
                (statuses[:1] or [0])[0] in (0, 400, 401, 403, 414, 431) and seconds < 10,
                (part, name, length, statuses, seconds),
            )
    tally.control(scene.healthy(), "the server answers afterwards")


def _filled(route: Route, ids: dict[str, str]) -> tuple[str, str]:
    """A route's path for an object of this project, and the id in it."""
    if "{" not in route.path:
        return route.path, ""
    one = ids[route.path.strip("/").split("/")[0]]
    return re.sub(r"\{[^}]*\}", one, route.path), one


def isolation(scene: Scene, tally: Tally) -> None:
    """Each route with another project's ids, by each kind of key: the answer of an id that does not exist."""
    victim, intruder = scene.victim, scene.intruder
    foreign = {
        "another project's": intruder.keys,
        "the same project's, other": {"live": victim.live, "publishable": victim.publishable},
    }
    routes = [route for route in ROUTES if "{" in route.path]
    attempts = [
        (route, whose, kind, key) for route in routes for whose, keys in foreign.items() for kind, key in keys.items()
    ]
    for route in scene.some(routes):
        if route.method != "GET":
            continue
        path, _ = _filled(route, victim.ids)
        with scene.server.client(victim.test) as client:
            own = client.get(path)
            tally.control(own.status_code == 200, (path, own.text))
    for route, whose, kind, key in scene.some(attempts):
        path, one = _filled(route, victim.ids)
        absent = one[:-8] + "".join(scene.random.choice("0123456789abcdefghjkmnpqrstvwxyz") for _ in range(8))
        body = likely(route.body, scene.random, {}) if route.body is not None else None
        origin = {"Origin": ORIGIN} if kind == "publishable" else {}
        with scene.server.client(key) as client:
            answer, other = (
                client.request(route.method, where, headers=origin, json=body)
                for where in (path, path.replace(one, absent))
            )
        same = same_but_for_ids(answer, one) == same_but_for_ids(other, absent)
        refused = answer.status_code in (400, 401, 403, 404, 409, 422) and answer.status_code == other.status_code
        tally.attempt(refused and same, (route.method, route.path, whose, kind, answer.status_code, answer.text[:200]))
    for route in scene.some([route for route in ROUTES if route.method == "GET" and "{" not in route.path]):
        for key in (intruder.test, intruder.live, victim.live):
            with scene.server.client(key) as client:
                text = client.get(f"{route.path}?limit=100").text
            tally.attempt(not any(one in text for one in victim.ids.values()), (route.path, "lists another's"))


def foreign_references(scene: Scene, tally: Tally) -> None:
    """Another project's ids, as fields of bodies and as filters of lists: nothing is made with them or found."""
    victim, intruder = scene.victim, scene.intruder
    named = {
        "linkId": "payment_links", "customerId": "customers", "couponId": "coupons", "productId": "products",
        "paymentId": "payments", "orderId": "orders", "sessionId": "checkout_sessions", "testClockId": "test_clocks",
        "refundId": "refunds", "promotionCodeId": "promotion_codes",
    }  # fmt: skip
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("/checkout_sessions", {"linkId": victim.ids["payment_links"]}),
        ("/checkout_sessions", {"lineItems": [{"productId": victim.ids["products"]}], "currency": "USD"}),
        *(
            ("/checkout_sessions", {"amount": {"value": "5.00", "currency": "USD"}, field: victim.ids[noun]})
            for field, noun in named.items()
            if field in ("customerId", "testClockId", "couponId")
        ),
        ("/promotion_codes", {"code": "MINE", "couponId": victim.ids["coupons"]}),
        ("/refunds", {"paymentId": victim.ids["payments"], "reason": "requested_by_customer"}),
    ]
    for key in (intruder.test, victim.live):
        with scene.server.client(key) as client:
            for path, body in bodies:
                answer = client.post(path, json=body)
                tally.attempt(answer.status_code >= 400, (path, body, answer.status_code, answer.text[:200]))
    with scene.server.client(victim.test) as client:
        right = client.post(*bodies[0][:1], json=bodies[0][1])
        tally.control(right.status_code == 201, right.text)
    for route in [route for route in ROUTES if route.query is not None]:
        for field in fields_of(route.query) if route.query is not None else ():
            noun = named.get(field.encode_name)
            if noun is None or "{" in route.path:
                continue
            with scene.server.client(intruder.test) as client:
                answer = client.get(f"{route.path}?{field.encode_name}={victim.ids[noun]}")
            tally.attempt(answer.status_code >= 400 or not answer.json()["data"], (route.path, field.encode_name))


def idempotency(scene: Scene, tally: Tally) -> None:
    """A name that somebody else has used: nothing of the stored answer comes back to another project or mode."""
    victim, intruder = scene.victim, scene.intruder
    for number in range(scene.times(20)):
        name, body = f"attack-{scene.random.getrandbits(64)}", {"name": f"Secret {number}", "price": "9.00"}
        with scene.server.client(victim.test) as client:
            first = client.post("/products", json=body, headers={"Idempotency-Key": name})
            again = client.post("/products", json=body, headers={"Idempotency-Key": name})
            tally.control(first.status_code == 201 and again.json() == first.json(), again.text)
            other = client.post("/products", json=body | {"price": "1.00"}, headers={"Idempotency-Key": name})
            tally.attempt(other.status_code in (400, 409, 422), ("another body", other.status_code))
        for key in (intruder.test, intruder.live, victim.live):
            with scene.server.client(key) as client:
                answer = client.post("/products", json=body, headers={"Idempotency-Key": name})
            tally.attempt(first.json()["id"] not in answer.text, ("replayed", answer.text[:200]))
    hostile = ("", "a" * 10_000, "a\x80", "../../x", "a,b", "'; --", "%00", "form 1", "\x7f")
    with scene.server.client(intruder.test) as client:
        for name in hostile:
            answer = client.post(
                "/products", json={"name": "a", "price": "1.00"}, headers=[(b"Idempotency-Key", name.encode("latin-1"))]
            )
            tally.attempt(answer.status_code < 500, (name[:20], answer.status_code))


def guessed_sign_ins(scene: Scene, tally: Tally) -> None:
    """Passwords for the owner's account, from one address and from several: soon nobody is even asked any more."""
    words = [f"password{number}" for number in range(200)]
    refused_early = 0
    for address in ("127.0.0.21", "127.0.0.22"):
        with scene.browser(address) as client:
            for password in words[: max(40, scene.times(len(words)))]:
                answer = client.post("/dashboard/sign-in", data={"email": OWNER_EMAIL, "password": password})
                refused_early += answer.status_code == 429
                tally.attempt(answer.status_code in (400, 401, 403, 422, 429), ("signed in", answer.status_code))
    tally.attempt(refused_early > 20, ("guesses are not slowed down", refused_early))
    hostile = ("' OR 1=1 --", "\0", "a@b.c\r\nBcc: x", "${jndi:ldap://x}", "a" * 5_000, "\u202e", "%00", "*")
    for number, email in enumerate(hostile):
        with scene.browser(f"127.0.0.{30 + number}") as client:
            answer = client.post("/dashboard/sign-in", data={"email": email, "password": email})
            tally.attempt(400 <= answer.status_code < 500, (email[:20], answer.status_code))


def guessed_tokens(scene: Scene, tally: Tally) -> None:
    """Client secrets, session cookies, set-up tokens and keys that were made up, or were altered by one character."""
    with httpx.Client(base_url=f"{scene.url}{ROOT}", timeout=30, trust_env=False) as client:
        headers = {"x-api-key": scene.victim.publishable, "Origin": ORIGIN}
        opened = client.post("/checkout_sessions", headers=headers, json={"linkId": scene.victim.ids["payment_links"]})
        tally.control(opened.status_code == 201, opened.text)
        session = opened.json()
        right: str = session["clientSecret"]
        path = f"/checkout_sessions/{session['id']}"
        good = client.get(path, headers=headers | {"Authorization": right})
        tally.control(good.status_code == 200, good.text)
        for place in scene.some(range(len(right))):
            wrong = right[:place] + ("x" if right[place] != "x" else "y") + right[place + 1 :]
            answer = client.get(path, headers=headers | {"Authorization": wrong})
            tally.attempt(answer.status_code in (400, 401, 403, 404), (place, answer.status_code))
        for wrong in (
            right[:-1],
            right + "a",
            right.upper(),
            f"{right},{right}",
            right.partition("_secret")[0],
            "",
            "*",
        ):
            answer = client.get(path, headers=headers | {"Authorization": wrong})
            tally.attempt(answer.status_code in (400, 401, 403, 404), (len(wrong), answer.status_code))
        other = f"/checkout_sessions/{scene.victim.ids['checkout_sessions']}"
        answer = client.get(other, headers=headers | {"Authorization": right})
        tally.attempt(answer.status_code in (400, 401, 403, 404), ("another object", answer.status_code))
        key = scene.victim.test
        for place in scene.some(range(len(key))):
            wrong = key[:place] + ("x" if key[place] != "x" else "y") + key[place + 1 :]
            answer = client.get("/orders", headers={"Authorization": f"Bearer {wrong}"})
            tally.attempt(answer.status_code == 401, ("key", place, answer.status_code))
    with scene.owner() as (browser, _):
        cookie = browser.cookies["tillgate_session"]
    with scene.browser() as client:
        for place in scene.some(range(len(cookie))):
            wrong = cookie[:place] + ("x" if cookie[place] != "x" else "y") + cookie[place + 1 :]
            answer = client.get("/dashboard", headers={"Cookie": f"tillgate_session={wrong}"})
            tally.attempt(answer.status_code == 303, ("cookie", place, answer.status_code))
        for token in ("", "x", "0" * 43, "..%2fsign-in", "%00", "a" * 4_000):
            answer = client.get(f"/dashboard/setup/{token}")
            tally.attempt(answer.status_code != 200, ("set-up", token[:20], answer.status_code))


def guessed_codes(scene: Scene, tally: Tally) -> None:
    """Promotion codes typed into a buyer's page: after a few, none is looked at any more."""
    with scene.server.client(scene.victim.test) as client:
        made = client.post("/checkout_sessions", json={"linkId": scene.victim.ids["payment_links"]}).json()
    throttled = 0
    with scene.browser("127.0.0.40") as client:
        for number in range(max(40, scene.times(200))):
            answer = client.post(f"/checkout/{made['id']}/promotion-code", data={"code": f"GUESS{number}"})
            throttled += answer.status_code == 429
            tally.attempt(answer.status_code in (403, 404, 409, 422, 429), (number, answer.status_code))
    tally.attempt(throttled > 0, "guesses at codes are not slowed down")


def better_keys(scene: Scene, tally: Tally) -> None:
    """A key that makes, changes or revokes keys beyond what it may itself: by Tillgate's API there is no such route."""
    body = {"name": "mine", "mode": "live", "scopes": list(EVERY_SCOPE), "projectId": scene.victim.id}
    paths = (
        "/v1/keys",
        "/api/v1/keys",
        "/api/v1/api_keys",
        "/dashboard/api-keys",
        "/v1/keys/verify",
        "/v1/forward-auth",
    )
    for path in paths:
        for kind, key in scene.intruder.keys.items():
            with httpx.Client(base_url=scene.url, timeout=30, trust_env=False) as client:
                for method in ("POST", "PUT", "PATCH"):
                    answer = client.request(
                        method, path, json=body, headers={"Authorization": f"Bearer {key}", "Origin": ORIGIN}
                    )
                    tally.attempt(
                        answer.status_code >= 400 or answer.status_code == 303, (method, path, kind, answer.status_code)
                    )
    read = scene.server.key(["orders:read"], "test", scene.intruder.id)
    writes = [route for route in ROUTES if route.method != "GET"]
    for route in scene.some(writes):
        path, _ = _filled(route, scene.intruder.ids)
        made = likely(route.body, scene.random, {}) if route.body is not None else None
        with scene.server.client(read) as client:
            answer = client.request(route.method, path, json=made)
            tally.attempt(answer.status_code == 403, (route.method, route.path, answer.status_code))
    with scene.server.client(read) as client:
        tally.control(client.get("/orders").status_code == 200, "the key does what it is for")


ATTACKS: Final = (
    Attack("ambiguous carriers and keys in URLs", carriers),
    Attack("carriers of 256 kB full of hints", long_carriers),
    Attack("other projects' and modes' objects", isolation),
    Attack("other projects' ids as references", foreign_references),
    Attack("replays across keys", idempotency),
    Attack("guessed passwords", guessed_sign_ins),
    Attack("guessed secrets, cookies and keys", guessed_tokens),
    Attack("guessed promotion codes", guessed_codes),
    Attack("rights beyond the key's own", better_keys),
)
