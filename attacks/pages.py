"""Attacks on what people look at: forms of other sites, scripts in texts, redirects, cookies, framing."""

import html
import itertools
import re
from typing import Any, Final

import httpx
from playwright.sync_api import ConsoleMessage, Dialog, Error, Page, Request, sync_playwright

from attacks.scene import Project, Scene, csrf_of
from attacks.tally import Attack, Tally
from tests.api.bodies import fields_of, inner, likely
from tests.browser import CHROMIUM_ARGUMENTS, find_chromium
from tests.running import OWNER_EMAIL, OWNER_PASSWORD
from tillgate.api.application import ROUTES
from tillgate.api.mount import ROOT
from tillgate.dashboard.calls import PublicView, View
from tillgate.dashboard.routing import VIEWS

EVIL: Final = "https://evil.example"
# What a browser that shows another site's page sends with a form of that page.
FOREIGN: Final[tuple[dict[str, str], ...]] = (
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {},
)
PAYLOADS: Final = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title></textarea></script><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{7919*7907}}${7919*7907}<%=7919*7907%>",
    "<a href=javascript:alert(1)>x</a>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><input name=csrf>",
    "<div hx-get=/dashboard hx-trigger=load>",
    "\u202e\u2028]]><!--",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<style>*{display:none}</style>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
)
_NOT_TEXT: Final = frozenset({"currency", "fiatCurrency", "code", "destination", "email"})


def _forms(scene: Scene) -> list[str]:
    """Every path that takes a form, with the victim's ids in it."""
    nouns = {
        "link": "payment_links", "session": "checkout_sessions", "product": "products", "coupon": "coupons",
        "endpoint": "webhook_endpoints", "refund": "refunds", "delivery": "webhook_deliveries",
        "code": "promotion_codes", "customer": "customers",
    }  # fmt: skip

    def one(found: re.Match[str]) -> str:
        noun = nouns.get(found[1])
        return scene.victim.ids[noun] if noun else scene.victim.id if found[1] == "project" else "key_0"

    return [
        re.sub(r"\{(\w+)\}", one, view.path) for view in VIEWS if view.method == "POST" and ":path" not in view.path
    ]


def _is_at(path: str, view: View | PublicView) -> bool:
    return re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(view.path)), path) is not None


def foreign_forms(scene: Scene, tally: Tally) -> None:
    """Every form of the dashboard, sent by another site's page, or with no token, another's, or an older one."""
    paths = _forms(scene)
    with scene.owner() as (client, token):
        name = {"name": "Made by the owner", "price": "1.00", "currency": "USD", "pricing": "fixed", "csrf": token}
        right = client.post("/dashboard/products", data=name)
        tally.control(right.status_code == 303, html.unescape(right.text)[-400:])
        cookies = {"Cookie": "; ".join(f"{one.name}={one.value}" for one in client.cookies.jar)}
        with httpx.Client(base_url=scene.url, headers=cookies, timeout=30, trust_env=False) as bare:
            for path, origin in scene.some(list(itertools.product(paths, FOREIGN))):
                if path in ("/dashboard/sign-in", "/dashboard/sign-out"):
                    continue
                fields = {
                    "csrf": token,
                    "name": "evil",
                    "price": "1.00",
                    "currency": "USD",
                    "pricing": "fixed",
                    "mode": "live",
                }
                answer = bare.post(path, data=fields, headers=origin)
                tally.attempt(answer.status_code in (403, 404, 429), (path, origin, answer.status_code))
        # The same site, but a page that does not know the token; what is open to strangers has none.
        public = {path for path in paths if any(_is_at(path, view) for view in VIEWS if isinstance(view, PublicView))}
        own = [path for path in paths if path not in public]
        wrong = ("", "x", token[:-1], token.upper(), token + "a", "0" * len(token), "\0")
        for path, made_up in scene.some(list(itertools.product(own, wrong))):
            answer = client.post(
                path, data={"csrf": made_up, "name": "evil", "price": "1.00", "currency": "USD", "pricing": "fixed"}
            )
            # A form with a file is of another type, and is refused before its token is looked at.
            tally.attempt(answer.status_code in (403, 404, 415), (path, made_up[:10], answer.status_code))
        for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x", ""):
            for path in scene.some(own):
                body = f'{{"csrf": "{token}"}}' if "json" in kind else f"csrf={token}&name=evil"
                answer = client.post(path, content=body, headers={"Content-Type": kind})
                tally.attempt(answer.status_code >= 400, (path, kind, answer.status_code))
        tally.attempt("evil" not in client.get("/dashboard/products").text, "a product was made")


def foreign_sign_in(scene: Scene, tally: Tally) -> None:
    """Signing the victim in as somebody else from another site, by the right password even."""
    with scene.browser("127.0.0.50") as client:
        for origin in FOREIGN:
            client.headers.pop("Origin", None)
            fields = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD}
            answer = client.post("/dashboard/sign-in", data=fields, headers=origin)
            tally.attempt(
                answer.status_code in (403, 429) and "set-cookie" not in answer.headers, (origin, answer.status_code)
            )
        tally.control(client.get("/dashboard/sign-in").status_code == 200, "the page is there")


def open_redirects(scene: Scene, tally: Tally) -> None:
    """Where signing in, pages with a slash too many, and buyers' ways back lead to."""
    hosts = ("//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example")
    targets = [
        *hosts,
        "/dashboard/../..//evil.example",
        "/dashboard//evil.example/..",
        "https:evil.example",
        "//evil.example%2f..",
    ]
    targets += [
        "/dashboard\r\nLocation: https://evil.example",
        "/dashboard@evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
    ]
    targets += [
        "/dashboard\\@evil.example",
        ".evil.example",
        "@evil.example",
        "data:text/html,x",
        "/%2f%2fevil.example",
    ]
    for number, target in enumerate(scene.some(targets)):
        with scene.browser(f"127.0.0.{60 + number}") as client:
            page = client.get("/dashboard/sign-in", params={"next": target})
            tally.attempt("evil.example" not in page.headers.get("location", ""), (target, "page"))
            for field in ("next", "to", "return_to", "url"):
                fields = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD, field: target}
                answer = client.post("/dashboard/sign-in", data=fields)
                where = answer.headers.get("location", "")
                leads = answer.status_code == 303 and re.fullmatch(r"/dashboard(?:[/?].*)?", where) is not None
                tally.attempt(leads or answer.status_code >= 400, (target, field, answer.status_code, where))
            for path in (f"{target}/", f"/dashboard/{target}/", f"/checkout/{target}", f"/l/{target}"):
                line = path.replace("\r", "%0d").replace("\n", "%0a").replace("\t", "%09").replace(" ", "%20")
                told = scene.wire(f"GET {line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                led = re.search(rb"\r\nlocation: ([^\r\n]*)", told, re.IGNORECASE)
                elsewhere = led is not None and re.match(rb"(?:[a-z]+:)?[/\\]{2}(?!localhost/)|javascript", led[1])
                tally.attempt(not elsewhere, (path, led and led[1]))
    urls = (
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "file:///etc/passwd",
        "https://a@b@evil.example",
        "https://evil.example\r\nX: y",
        "http://evil.example",
        "vbscript:x",
        " https://x.example",
        "https://x .example",
    )
    with scene.server.client(scene.intruder.test) as client:
        for url, field in scene.some(list(itertools.product(urls, ("successUrl", "cancelUrl")))):
            body = {"amount": {"value": "5.00", "currency": "USD"}, field: url}
            answer = client.post("/checkout_sessions", json=body)
            tally.attempt(answer.status_code == 400, (field, url, answer.status_code))


def _written(scene: Scene, project: Project, payload: str, tally: Tally) -> None:
    """Put this text into every text that objects have, wherever it is taken."""
    with scene.server.client(project.test) as client:
        for route in ROUTES:
            if route.body is None or "webhook" in route.path or route.method == "DELETE":
                continue
            path = re.sub(r"\{[^}]*\}", project.ids[route.path.strip("/").split("/")[0]], route.path)
            start = likely(route.body, scene.random, {})
            texts = {
                field.encode_name: payload
                for field in fields_of(route.body)
                if type(inner(field.type)).__name__ == "StrType"
                and field.encode_name in start
                and not field.encode_name.endswith(("Id", "Url", "At", "mount"))
                and field.encode_name not in _NOT_TEXT
            }
            fields = {field.encode_name for field in fields_of(route.body)}
            if "metadata" in fields:
                texts |= {"metadata": {payload[:40]: payload, "a": [payload]}}  # type: ignore[dict-item]
            answer = client.request(route.method, path, json=start | texts)
            tally.attempt(answer.status_code < 500, (route.path, payload, answer.status_code))
        line = {"name": payload, "unitAmount": "4.00", "quantity": 1}
        client.post("/checkout_sessions", json={"lineItems": [line], "currency": "USD", "metadata": {"a": payload}})
        link = client.post("/payment_links", json={"title": payload, "fiatAmount": "5.00", "description": payload})
        tally.control(link.status_code == 201, link.text)
        client.post("/customers", json={"name": payload, "reference": payload[:60]})
    with scene.owner() as (browser, token):
        form: dict[str, Any] = {
            "csrf": token,
            "name": payload,
            "mode": "test",
            "scope": "orders:read",
            "scopes": "orders:read",
        }
        browser.post("/dashboard/api-keys", data=form)
        browser.post("/dashboard/projects", data=form)
        browser.post("/dashboard/coupons", data=form | {"discountType": "percentage", "discountPercentage": "5"})
    with httpx.Client(base_url=scene.url, timeout=30, trust_env=False) as strange:
        one_line = re.sub(r"[^ -~]", "", payload)
        strange.get(f"{ROOT}/orders", headers={"Authorization": f"Bearer {project.test}", "User-Agent": one_line})
        strange.get(f"{ROOT}/{payload[:50]}", headers={"Authorization": f"Bearer {project.test}"})


def scripts_in_texts(scene: Scene, tally: Tally) -> None:
    """Markup in every text of every object, then every page in a browser: nothing runs or is fetched elsewhere."""
    for payload in scene.some(PAYLOADS):
        _written(scene, scene.victim, payload, tally)
    with scene.server.client(scene.victim.test) as client:
        links = client.get("/payment_links?limit=20").json()["data"]
        sessions = client.get("/checkout_sessions?limit=20").json()["data"]
    with sync_playwright() as playwright:
        chromium = find_chromium(playwright)
        assert chromium is not None, "no Chromium on PATH, in TILLGATE_CHROMIUM or from Playwright"
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        page = browser.new_page()
        seen = _watched(page, scene.url)
        page.goto(f"{scene.url}/dashboard/sign-in")
        page.fill("input[name=email]", OWNER_EMAIL)
        page.fill("input[name=password]", OWNER_PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{scene.url}/dashboard")
        page.request.post(
            f"{scene.url}/dashboard/projects/{scene.victim.id}/switch",
            form={"csrf": csrf_of(page.content())},
            headers={"Origin": scene.url},
        )
        waiting = [view.path for view in VIEWS if view.method == "GET" and "{" not in view.path]
        waiting += [f"/l/{link['slug']}" for link in links[:3] if "slug" in link]
        waiting += [f"/checkout/{session['id']}" for session in sessions[:6]]
        visited: set[str] = set()
        limit = scene.times(120) + 10
        while waiting and len(visited) < limit:
            path = waiting.pop(0)
            visited.add(path)
            try:
                page.goto(f"{scene.url}{path}", wait_until="load")
                text = page.content()
            except Error as error:
                seen.append(f"{path}: {error}")
                continue
            tally.attempt(not seen and page.url.startswith(scene.url), (path, page.url, seen))
            tally.attempt("62615533" not in text, (path, "a template was evaluated"))
            seen.clear()
            for found in re.findall(r'href="(/dashboard/[^"#]{1,200})"', text):
                link = html.unescape(found)
                if link not in visited and link not in waiting and "sign-out" not in link:
                    waiting.append(link)
        page.set_content("<script>alert(1)</script>")
        tally.control(bool(seen), "a script that runs is noticed")
        browser.close()


def _watched(page: Page, home: str) -> list[str]:
    """What a page does that none of ours does: dialogs, exceptions, what the policy stops, and requests elsewhere."""
    seen: list[str] = []

    def dialog(opened: Dialog) -> None:
        seen.append(f"dialog {opened.message}")
        opened.dismiss()

    def console(line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            seen.append(f"console {line.text}")

    def request(sent: Request) -> None:
        if not sent.url.startswith((f"{home}/", "data:")):
            seen.append(f"fetched {sent.url}")

    page.on("dialog", dialog)
    page.on("pageerror", lambda error: seen.append(f"exception {error}"))
    page.on("console", console)
    page.on("request", request)
    return seen


def strict_answers(scene: Scene, tally: Tally) -> None:
    """Headers that keep a page from being framed, sniffed or kept, on every page, error and redirect alike."""
    paths = [view.path for view in VIEWS if view.method == "GET" and "{" not in view.path]
    paths += [
        "/dashboard/nothing",
        f"/checkout/{scene.victim.ids['checkout_sessions']}",
        "/checkout/cs_none",
        "/l/none",
    ]
    with scene.owner() as (client, _):
        for path in paths:
            answer = client.get(path)
            policy = answer.headers.get("content-security-policy", "")
            tally.attempt("default-src 'none'" in policy and "frame-ancestors 'none'" in policy, (path, "CSP", policy))
            tally.attempt("unsafe" not in policy, (path, policy))
            tally.attempt(answer.headers.get("x-content-type-options") == "nosniff", (path, "nosniff"))
            tally.attempt("no-store" in answer.headers.get("cache-control", ""), (path, "no-store"))
            for cookie in answer.headers.get_list("set-cookie"):
                tally.attempt("httponly" in cookie.lower() and "samesite=lax" in cookie.lower(), (path, cookie[:60]))
    with httpx.Client(base_url=scene.url, timeout=30, trust_env=False) as client:
        for origin in (EVIL, "null", "https://shop.example.evil.example"):
            asked = client.options("/dashboard", headers={"Origin": origin, "Access-Control-Request-Method": "GET"})
            tally.attempt("access-control-allow-origin" not in asked.headers, ("/dashboard", origin))
            tally.attempt("access-control-allow-credentials" not in asked.headers, ("/dashboard", origin))
            # A public key is for pages of every origin, so what is asked before a call tells nobody anything. What is
            # answered by other keys, no page of another origin reads.
            for key in scene.victim.keys.values():
                sent = {"Origin": origin, "Authorization": f"Bearer {key}"}
                answer = client.get(f"{ROOT}/orders", headers=sent)
                tally.attempt("access-control-allow-origin" not in answer.headers, (f"{ROOT}/orders", origin))
                tally.attempt("access-control-allow-credentials" not in answer.headers, (f"{ROOT}/orders", origin))


ATTACKS: Final = (
    Attack("forms from another site or without a token", foreign_forms),
    Attack("signing in from another site", foreign_sign_in),
    Attack("open redirects and odd return URLs", open_redirects),
    Attack("scripts in every text, in Chromium", scripts_in_texts),
    Attack("framing, sniffing, caching, other origins", strict_answers),
)
