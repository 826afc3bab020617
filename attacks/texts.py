"""Attacks by what is written: JSON, queries, cursors, ids, cookies, metadata; and what the log makes of it."""

import itertools
import re
from typing import Any, Final

import httpx

from attacks.scene import Scene, statuses_of
from attacks.tally import Attack, Tally
from tests.api.bodies import ODD, fields_of, likely
from tillgate.api.application import ROUTES
from tillgate.api.mount import ROOT

BODIES: Final = (
    b"", b"null", b"[]", b"0", b'"a"', b"{", b"[" * 100_000, b'{"a":' * 50_000, b"{\"a\":1,}", b"{'a':1}",
    b"\xff\xfe{\x00}\x00",
    b'\xef\xbb\xbf{"name":"a"}', b'{"name":"\xff"}', b'{"name":"\\ud800"}', b'{"name":"a\\u0000b"}',
    b'{"name":"a","name":"b"}',
    b'{"name":NaN}', b'{"price":1e999}', b'{"price":' + b"9" * 100_000 + b"}", b'{"name":"a"} {"name":"b"}', b"<xml/>",
    b'{"__proto__":{"admin":true}}', b'{"constructor":{"prototype":{}}}', b'{"$where":"1"}', b'{"name":{"$gt":""}}',
    b'{"' + b"a" * 60_000 + b'":1}', b"{" + b",".join(b'"k%d":1' % number for number in range(5_000)) + b"}",
    b'{"name":"' + b"\\u0041" * 10_000 + b'"}', b'{"metadata":' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}",
)  # fmt: skip
QUERIES: Final = (
    "limit=0", "limit=-1", "limit=101", "limit=1e9", "limit=99999999999999999999", "limit=1&limit=2", "limit=%00",
    "limit=NaN",
    "limit=", "limit", "=&=&=", "a[]=1", "a[b]=1", "after=' OR 1=1 --", "starting_after=%27%3B%20DROP%20TABLE%20keys",
    "startingAfter=../../x",
    "startingAfter=%ff%fe", "startingAfter=cs_" + "0" * 3_000, "startingAfter=cs_\u202e", "page=-1",
    "page=99999999999999999999", "expand=a.b.c.d.e",
    "expand=" + ",".join(["payment"] * 200), "status=*", "createdAfter=9999-12-31T23:59:59-01:00",
    "createdAfter=0000-00-00", "createdAfter=1e400",
    "type=" + "*" * 500, "type=%25", "type=session.%00", "q=" + "(" * 500, ";", "%", "%zz", "?" * 200, "a=%C0%AE",
    "after=0x10", "after=-1", "after=1.5",
)  # fmt: skip
IDS: Final = (
    "' OR '1'='1", "1;DROP TABLE sessions", "..", "%2e%2e", "%00", "a%00b", "%ff", "null", "undefined", "{id}", "*",
    "cs_", "cs_0", "CS_" + "0" * 26,
    "cs_" + "0" * 26, "cs_" + "z" * 26, "cs_" + "\u0660" * 26, "a" * 64, "a" * 65, "%20", "0x1", "-1", "1e9", "<b>",
    "$(id)", "`id`", "|id", "\u202e",
)  # fmt: skip
TERMINAL: Final = (
    "\x1b[2J\x1b[1;1H", "\x1b]0;owned\x07", "\x1b[31mERROR", "\x9b2J", "\x1bc", "a\rb", "a\x08\x08\x08", "\x7f",
    "\u202egnp.exe", "\u2028x",
    "\n2026-01-01T00:00:00Z [info] forged line", "\r\n{\"event\":\"forged line\"}", "%0a%0dforged line",
    "${jndi:ldap://127.0.0.1/a}", "%s%s%n%x", "{0.__class__}",
)  # fmt: skip
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# What structlog itself writes on a terminal: colours. A log file has none.
_KEPT: Final = re.compile(r"\x1b\[[0-9;]{0,8}m")


def hostile_bodies(scene: Scene, tally: Tally) -> None:
    """What is no JSON, or JSON that no route takes, to every route with a body; each field with what it cannot hold."""
    writing = [route for route in ROUTES if route.body is not None]
    with scene.server.client(scene.intruder.test) as client:
        for route, body in scene.some(list(itertools.product(writing, BODIES))):
            path = re.sub(r"\{[^}]*\}", scene.intruder.ids[route.path.strip("/").split("/")[0]], route.path)
            answer = client.request(route.method, path, content=body, headers={"Content-Type": "application/json"})
            lets = answer.status_code == 200 and body in (b"", b"null")
            tally.attempt(
                400 <= answer.status_code < 500 or lets or b'"name"' in body,
                (route.path, body[:40], answer.status_code),
            )
            tally.attempt(
                answer.status_code < 500 and len(answer.content) < 10_000, (route.path, body[:40], answer.status_code)
            )
        fields = [
            (route, field.encode_name, odd)
            for route in writing
            if route.body is not None
            for field in fields_of(route.body)
            for odd in ODD
        ]
        for route, name, odd in scene.some(fields):
            assert route.body is not None
            path = re.sub(r"\{[^}]*\}", scene.intruder.ids[route.path.strip("/").split("/")[0]], route.path)
            odd_body: dict[str, Any] = likely(route.body, scene.random, {}) | {name: odd}
            answer = client.request(route.method, path, json=odd_body)
            tally.attempt(answer.status_code < 500, (route.path, name, str(odd)[:40], answer.status_code))
    tally.control(scene.healthy(), "the server answers afterwards")


def hostile_queries(scene: Scene, tally: Tally) -> None:
    """Queries, cursors and ids that are none, to every route that reads, and to the pages."""
    reading = [route.path for route in ROUTES if route.method == "GET" and "{" not in route.path]
    with scene.server.client(scene.intruder.test) as client:
        for path, query in scene.some(list(itertools.product(reading, QUERIES))):
            answer = client.get(f"{path}?{query}")
            tally.attempt(answer.status_code in (200, 400, 401, 404, 409, 422), (path, query[:60], answer.status_code))
            tally.attempt(
                not any(one in answer.text for one in scene.victim.ids.values()), (path, query[:60], "another's")
            )
        single = [route for route in ROUTES if route.method == "GET" and "{" in route.path]
        for route, id in scene.some(list(itertools.product(single, IDS))):
            answer = client.get(re.sub(r"\{[^}]*\}", lambda _, id=id: id, route.path))  # type: ignore[misc]
            tally.attempt(
                answer.status_code in (400, 404, 200) and "Traceback" not in answer.text,
                (route.path, id, answer.status_code),
            )
    with scene.owner() as (browser, _):
        pages = (
            "/dashboard/sessions",
            "/dashboard/payment-links",
            "/dashboard/events",
            "/dashboard/requests",
            "/dashboard/api-keys",
        )
        for path, query in scene.some(list(itertools.product(pages, QUERIES))):
            answer = browser.get(f"{path}?{query}")
            tally.attempt(answer.status_code < 500, (path, query[:60], answer.status_code))
    for path, query in scene.some(list(itertools.product(("/checkout/cs_x", "/l/x", "/checkout/x/state"), QUERIES))):
        answer = httpx.get(f"{scene.url}{path}?{query}", timeout=30, trust_env=False)
        tally.attempt(answer.status_code < 500, (path, query[:60], answer.status_code))


def hostile_cookies(scene: Scene, tally: Tally) -> None:
    """Cookies that are none, many or twice: whoever sends them is nobody."""
    with scene.owner() as (browser, _):
        good = f"tillgate_session={browser.cookies['tillgate_session']}"
        name, _, value = good.partition("=")
    cookies = (
        "", ";", "=", name, f"{name}=", f"{name}=;{name}=", f'{name}="', f'{name}="{value}',
        f"{name}=x; {name}={value}", f"{name}[]={value}",
        f"{name.upper()}={value}", f"{name} = {value[:-1]}", f"{name}={value}%00", f"{name}={value}\\073", f"x={value}",
        f"__Host-{name}={value[:-1]}x",
        "a=b;" * 500 + "a=b", f"{name}=" + "a" * 5_000, f"{name}=" + '"' * 4_000, f"{name}=" + "\\" * 4_000,
        f"{name}=%ff%fe", f"{name}=" + "\\377" * 900, f"{name}=' OR 1=1 --",
    )  # fmt: skip
    with httpx.Client(base_url=scene.url, timeout=30, trust_env=False) as client:
        right = client.get("/dashboard", headers={"Cookie": good})
        tally.control(right.status_code == 200, right.status_code)
        for cookie in cookies:
            answer = client.get("/dashboard", headers={"Cookie": cookie})
            tally.attempt(answer.status_code in (303, 431), (cookie[:60], answer.status_code))
            answer = client.get(f"{ROOT}/orders", headers={"Cookie": cookie})
            tally.attempt(answer.status_code == 401, (cookie[:60], answer.status_code))
        answer = client.get(f"{ROOT}/orders", headers={"Cookie": good})
        tally.attempt(answer.status_code == 401, ("a cookie opens the API", answer.status_code))


def injected_headers(scene: Scene, tally: Tally) -> None:
    """Line ends and fields inside metadata, texts, URLs, names and targets: no answer has a field more."""
    ends = (
        "\r\nX-Injected: yes",
        "\nX-Injected: yes",
        "\rX-Injected: yes",
        "%0d%0aX-Injected:%20yes",
        "\u560d\u560aX-Injected: yes",
        "\x0bX-Injected: yes",
        "\u2028X-Injected: yes",
    )
    with scene.server.client(scene.intruder.test) as client:
        for end in scene.some(ends):
            url = f"https://merchant.example/{end}"
            amount = {"value": "5.00", "currency": "USD"}
            bodies: list[tuple[str, dict[str, Any]]] = [
                ("/checkout_sessions", {"amount": amount, "metadata": {"a": end, end[:30]: "b"}}),
                ("/checkout_sessions", {"amount": amount, "successUrl": url}),
                ("/checkout_sessions", {"amount": amount, "cancelUrl": url}),
                ("/payment_links", {"title": f"a{end}", "fiatAmount": "5.00", "successUrl": url}),
                ("/customers", {"name": f"a{end}", "email": f"a@b.example{end}"}),
                ("/webhook_endpoints", {"url": f"https://merchant.example/in{end}", "events": ["*"]}),
            ]  # fmt: skip
            for path, body in bodies:
                answer = client.post(path, json=body, headers={"Idempotency-Key": f"k{scene.random.getrandbits(60)}"})
                tally.attempt(
                    "x-injected" not in answer.headers and answer.status_code < 500, (path, end, answer.status_code)
                )
                made = answer.json() if answer.status_code == 201 else {}
                for page in (
                    f"/checkout/{made.get('id')}",
                    f"/l/{made.get('slug')}",
                    f"/checkout/{made.get('id')}/cancel",
                ):
                    shown = httpx.get(f"{scene.url}{page}", timeout=30, trust_env=False)
                    tally.attempt(
                        "x-injected" not in shown.headers and shown.status_code < 500, (page, end, shown.status_code)
                    )
            for target in (
                f"/l/{end}",
                f"/dashboard/{end}/",
                f"{ROOT}/orders/{end}",
                f"/dashboard/sign-in?next=/dashboard{end}",
            ):
                escaped = target.replace("\r", "%0d").replace("\n", "%0a").replace(" ", "%20").encode("ascii", "ignore")
                answer_text = scene.wire(
                    b"GET " + escaped + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                )
                head = answer_text.partition(b"\r\n\r\n")[0].lower()
                tally.attempt(b"\nx-injected" not in head, (target, answer_text[:100]))
                tally.attempt(bool(statuses_of(answer_text)), (target, "no answer"))


def forged_log_lines(scene: Scene, tally: Tally) -> None:
    """Control characters and line ends in everything that a log or a terminal may show: none arrives there."""
    before = scene.server.log.stat().st_size
    with scene.server.client(scene.intruder.test) as client:
        for text in scene.some(TERMINAL):
            client.post("/customers", json={"name": text, "metadata": {"a": text}})
            client.post("/products", json={"name": text, "price": text})
            raw = text.encode("utf-8", "ignore").replace(b"\r", b"").replace(b"\n", b"")
            key = scene.intruder.test.encode()
            for head in (
                b"GET %s/orders HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nUser-Agent: %s\r\n"
                % (ROOT.encode(), key, raw),
                b"GET %s/%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                % (ROOT.encode(), raw.replace(b" ", b"%20"), key),
                b"%s /x HTTP/1.1\r\nHost: localhost\r\n" % raw,
                b"GET /dashboard HTTP/1.1\r\nHost: %s\r\nX-Forwarded-For: %s\r\nX-Request-Id: %s\r\n" % (raw, raw, raw),
            ):
                scene.wire(head + b"Connection: close\r\n\r\n", close=True)
                tally.attempts += 1
            escaped = "".join(f"%{byte:02x}" for byte in text.encode())
            httpx.get(
                f"{scene.url}{ROOT}/{escaped}",
                headers={"Authorization": f"Bearer {scene.intruder.test}"},
                timeout=30,
                trust_env=False,
            )
            client.post("/webhook_endpoints", json={"url": f"https://a.example/{escaped}", "events": [text]})
    with scene.server.log.open("rb") as log:
        log.seek(before)
        written = log.read().decode("utf-8", "replace")
    for line in written.splitlines():
        tally.attempt(_CONTROLS.search(_KEPT.sub("", line)) is None, ("log", line[:200]))
        tally.attempt(
            not line.lstrip().startswith(("2026-01-01T00:00:00Z [info] forged", '{"event":"forged')),
            ("forged", line[:200]),
        )
        tally.attempt(not any(key in line for key in scene.intruder.keys.values()), "a key in the log")
    for command in (["requests"], ["keys", "list"]):
        shown = scene.server.cli(*command, "--project", scene.intruder.id)
        tally.attempt(_CONTROLS.search(shown.replace("\n", "").replace("\t", "")) is None, (command, shown[:200]))


HEADERS: Final = Attack("injected header fields", injected_headers)
LOG_LINES: Final = Attack("forged log lines and terminal codes", forged_log_lines)
ATTACKS: Final = (
    Attack("hostile JSON and fields", hostile_bodies),
    Attack("hostile queries, cursors and ids", hostile_queries),
    Attack("hostile cookies", hostile_cookies),
    HEADERS,
    LOG_LINES,
)
