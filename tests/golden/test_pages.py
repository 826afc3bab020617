"""Every page that a buyer sees, and what the server answers beside its rooms, in fixed situations."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from keyturn.leaks.reporting import PATHS
from tests.checkout.projects.test_images import png
from tests.golden.recording import Golden
from tests.requirements.calling import key_of
from tests.shop import PUBLIC_URL, Shop
from tillgate.api.mount import DOCUMENT_PATH
from tillgate.checkout.projects.operations import set_logo
from tillgate.checkout.settlement.simulating import OUTCOMES
from tillgate.checkout.shoppers.model import PaymentMethod, code_of

pytestmark = pytest.mark.anyio

INSTALMENTS = "/checkout/{id}/instalments"
TOKEN = "/checkout/{id}/token"
OF_SHOPPERS = (
    ("GET", ""),
    *(("POST", f"/{one}") for one in ("sign-up", "code", "sign-out", "decide", "promotion-code")),
    ("POST", "/promotion-code/remove"),
)
UNKNOWN = "cs_01hxyz0000000000000000000"


def declared(shop: Shop) -> list[str]:
    """Every route of the server that is neither the API's, its document included, nor the dashboard's."""
    site: Any = shop.app._site
    return [
        *(
            f"{method} {route.path}"
            for route in site.routes
            if isinstance(route, Route) and not route.path.startswith(("/dashboard", DOCUMENT_PATH))
            for method in sorted((route.methods or set()) - {"HEAD"})
        ),
        *(f"POST {path}" for path in PATHS if path != "/leaks/github"),
    ]


async def test_every_page_of_the_buyer_answers_as_it_did(fixed_shop: Shop) -> None:
    """Status, headers and the page's text, links and fields, on both databases; so do the operator's addresses."""
    golden = Golden("pages")
    transport = httpx.ASGITransport(fixed_shop.app, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
        smartpay = (await key_of(fixed_shop, format="smartpay")).secret.reveal()
        await buyer(golden, http, await fixed_shop.client(), smartpay)
        await look(golden, http, fixed_shop)
        await operator(golden, http)
        key = await fixed_shop.issued()
        exposed = {"credentials": [key.secret.reveal()]}
        golden.note(
            "POST /credentials/revoke",
            await http.post("/credentials/revoke", json=exposed),
            route="POST /credentials/revoke",
        )
        golden.note("POST /leaks/github (not set up)", await http.post("/leaks/github", content=b"[]"))
    # What is said of a transaction on a network is held in tests/pages/test_live_browser.py, on a real chain.
    on_networks = {"POST /checkout/{id}/transaction"}
    # And where a refund on one goes, in tests/journeys/test_live_refunds.py.
    on_networks |= {f"{method} /refunds/{{token}}" for method in ("GET", "POST")}
    # Files are made by a job: tests/api/test_issued.py.
    files = {f"GET /checkout/{{id}}/{each}" for each in ("receipt", "invoice", "credit_notes/{n:int}")}
    # A token is signed, and pictures are drawn: tests/journeys/test_embed.py.
    embed = {one for one in declared(fixed_shop) if one.partition(" ")[2].startswith("/embed/")}
    golden.hold([one for one in declared(fixed_shop) if one not in files | embed | on_networks])


async def shopper(page: Callable[..., Awaitable[None]], own: str) -> None:
    """Signs up, and approves a session in instalments."""
    await page("GET", INSTALMENTS, own)
    who = {"email": "mei+test@example.com", "phone": "090-1234-5678"}
    await page("POST", f"{INSTALMENTS}/sign-up", own, "no address", refused=True, **(who | {"email": "mei"}))
    await page("POST", f"{INSTALMENTS}/sign-up", own, **who)
    await page("POST", f"{INSTALMENTS}/sign-out", own)
    await page("POST", f"{INSTALMENTS}/sign-up", own, "again", **who)
    await page("POST", f"{INSTALMENTS}/code", own, code=code_of(own, who["email"]))
    await page("POST", f"{INSTALMENTS}/promotion-code", own, code="spring")
    await page("POST", f"{INSTALMENTS}/promotion-code/remove", own)
    await page("GET", INSTALMENTS, own, "signed up")
    await page("POST", f"{INSTALMENTS}/decide", own, "to confirm", method=PaymentMethod.ACTION_REQUIRED.value)
    await page("POST", f"{INSTALMENTS}/decide", own, method=PaymentMethod.APPROVED.value)
    await page("GET", INSTALMENTS, own, "approved")


async def promise(page: Callable[..., Awaitable[None]], http: httpx.AsyncClient, key: str) -> None:
    """Signs up, and approves a payment token."""
    asked = {"mode": "token", "successUrl": "https://shop.example/ok", "cancelUrl": "https://shop.example/no"}
    made = await http.post("/v1/checkout-sessions", json=asked, auth=(key, ""))
    own = made.json()["url"].split("/")[-2]
    await page("GET", TOKEN, own)
    who = {"email": "mei+test@example.com", "phone": "090-1234-5678"}
    await page("POST", f"{TOKEN}/sign-up", own, "no number", refused=True, **(who | {"phone": "1"}))
    await page("POST", f"{TOKEN}/sign-up", own, **who)
    await page("POST", f"{TOKEN}/sign-out", own)
    await page("POST", f"{TOKEN}/sign-up", own, "again", **who)
    await page("POST", f"{TOKEN}/code", own, code=code_of(f"ptok_{own.partition('_')[2]}", who["email"]))
    await page("GET", TOKEN, own, "signed up")
    await page("POST", f"{TOKEN}/decide", own, "to confirm", method=PaymentMethod.ACTION_REQUIRED.value)
    await page("POST", f"{TOKEN}/decide", own, method=PaymentMethod.APPROVED.value)
    await page("GET", TOKEN, own, "approved")
    for verb, path in (
        ("GET", ""),
        ("POST", "/sign-up"),
        ("POST", "/code"),
        ("POST", "/sign-out"),
        ("POST", "/decide"),
    ):
        await page(verb, f"{TOKEN}{path}", UNKNOWN, "not there", refused=True)


async def buyer(golden: Golden, http: httpx.AsyncClient, api: httpx.AsyncClient, smartpay: str) -> None:
    async def page(verb: str, route: str, own: str, why: str = "", refused: bool = False, **fields: str) -> None:
        path, query, rest = route.partition("?")
        answer = await http.request(verb, path.format(id=own, slug=own) + query + rest, data=fields or None)
        known = None if refused else f"{verb} {path}"
        golden.note(f"{verb} {route}{f' ({why})' if why else ''}", answer, route=known)

    async def made(path: str, **body: Any) -> Any:
        answer = await api.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    usd_49 = {"value": "49.00", "currency": "USD"}
    link = await made("/payment_links", title="Pro plan", fiatAmount="99.00")
    await page("GET", "/l/{slug}", link["slug"])
    await page("HEAD", "/l/{slug}", link["slug"], refused=True)
    await page("POST", "/l/{slug}", link["slug"])
    await page("GET", "/l/{slug}", "nothing", "not there", refused=True)
    await api.patch(f"/payment_links/{link['id']}", json={"active": False})
    await page("GET", "/l/{slug}", link["slug"], "switched off", refused=True)

    coupon = await made("/coupons", name="Tenth", discountType="percentage", discountPercentage="10")
    await made("/promotion_codes", code="SPRING", couponId=coupon["id"])
    gift = await made(
        "/products", name="Gift", pricing="buyer", price="10.00", priceMin="5.00", priceMax="50.00", currency="USD"
    )
    session = await made(
        "/checkout_sessions",
        lineItems=[{"productId": gift["id"]}, {"name": "Mug", "unitAmount": "12.00", "quantity": 2}],
        currency="USD", shippingAmount="4.50", allowPromotionCodes=True, cancelUrl="https://shop.example/cart",
        successUrl="https://shop.example/thanks",
    )  # fmt: skip
    own = session["id"]
    [order] = (await api.get("/orders", params={"sessionId": own})).json()["data"]
    line = next(one["id"] for one in order["lineItems"] if one.get("productId"))
    await page("GET", "/checkout/{id}", own)
    await page("POST", "/checkout/{id}/amount", own, line=line, amount="20.00")
    await page("POST", "/checkout/{id}/amount", own, "too much", refused=True, line=line, amount="1000")
    await page("POST", "/checkout/{id}/promotion-code", own, code="spring")
    await page("POST", "/checkout/{id}/promotion-code", own, "none like it", refused=True, code="AUTUMN")
    await page("GET", "/checkout/{id}", own, "with a code")
    await page("POST", "/checkout/{id}/promotion-code/remove", own, code="spring")
    await page("GET", "/checkout/{id}/state", own)
    await page("GET", "/checkout/{id}/cancel", own)
    await page("POST", "/checkout/{id}/simulate", own, "no outcome", refused=True, outcome="x")
    await page("POST", "/checkout/{id}/payment-option", own, "simulated", asset="eip155:8453/slip44:60")
    await page("POST", "/checkout/{id}/transaction", own, "simulated", refused=True, hash="0x" + "ab" * 32)
    for method, route in (
        ("GET", "/checkout/{id}"),
        ("GET", "/checkout/{id}/state"),
        ("GET", "/checkout/{id}/cancel"),
        ("POST", "/checkout/{id}/simulate"),
        ("POST", "/checkout/{id}/payment-option"),
        ("POST", "/checkout/{id}/transaction"),
        ("POST", "/checkout/{id}/amount"),
        ("POST", "/checkout/{id}/promotion-code"),
        ("POST", "/checkout/{id}/promotion-code/remove"),
        *((method, f"{INSTALMENTS}{path}") for method, path in OF_SHOPPERS),
    ):
        golden.note_refusal(f"{method} {route} (not there)", await http.request(method, route.format(id=UNKNOWN)))
    for outcome in OUTCOMES:
        capture = "manual" if outcome == "authorized" else "automatic"
        one = (await made("/checkout_sessions", amount=usd_49, captureMethod=capture))["id"]
        first = {"top_up": "underpaid", "reorged": "detected"}.get(outcome)
        if first is not None:
            await http.post(f"/checkout/{one}/simulate", data={"outcome": first})
        await page("POST", "/checkout/{id}/simulate", one, outcome, outcome=outcome)
        await page("GET", "/checkout/{id}", one, outcome)
    await page("GET", "/checkout/{id}/cancel", one, "after money moved")
    gift = await made("/coupons", name="Gift", discountType="percentage", discountPercentage="100")
    await made("/promotion_codes", code="GIFT", couponId=gift["id"])
    free = (await made("/checkout_sessions", amount=usd_49, allowPromotionCodes=True))["id"]
    await page("POST", "/checkout/{id}/complete", free, "with a price", refused=True)
    await page("POST", "/checkout/{id}/promotion-code", free, "for the whole price", code="gift")
    await page("GET", "/checkout/{id}", free, "nothing to pay")
    await page("POST", "/checkout/{id}/complete", free)
    await page("GET", "/checkout/{id}", free, "free")
    await shopper(page, (await made("/checkout_sessions", amount=usd_49, allowPromotionCodes=True))["id"])
    await promise(page, http, smartpay)


async def look(golden: Golden, http: httpx.AsyncClient, shop: Shop) -> None:
    """A merchant's colour and logo."""
    colour, logo = "GET /colours/{colour}.css", "GET /logos/{project}/{digest}"
    golden.note(colour, await http.get("/colours/ffdd00.css"), route=colour)
    golden.note(f"{colour} (none)", await http.get("/colours/red.css"))
    digest = await shop.database.write(lambda tx: set_logo(tx, shop.project_id, png()))
    found = await http.get(f"/logos/{shop.project_id}/{digest}")
    golden.note(logo, httpx.Response(found.status_code, headers=found.headers, text="PNG"), route=logo)
    golden.note(f"{logo} (not there)", await http.get(f"/logos/{shop.project_id}/nothing"))


def untagged(answer: httpx.Response, text: str) -> httpx.Response:
    """A page of the documentation without its tag, which is another one with each word that is written there."""
    headers = {name: value for name, value in answer.headers.items() if name != "etag"}
    return httpx.Response(answer.status_code, headers=headers, text=text)


async def operator(golden: Golden, http: httpx.AsyncClient) -> None:
    described = ("smartpay", "smartpay-shoppers", "crossmint", "coin-moebius", "craftkit")
    documents = [f"/openapi/{one}.json" for one in described]
    for path in ("/", "/healthz", "/readyz", "/metrics", *documents):
        golden.note(f"GET {path}", await http.get(path), route=f"GET {path}")
    one = "GET /docs/errors/{code}"
    code = await http.get("/docs/errors/not_found")
    golden.note(one, untagged(code, code.text), route=one)
    # The list of all codes is docs/reference/errors.md, which a test holds; its head is enough here.
    index = await http.get("/docs/errors")
    head = index.text.partition("<table>")[0]
    golden.note("GET /docs/errors", untagged(index, head), route="GET /docs/errors")
    golden.note(f"{one} (not there)", await http.get("/docs/errors/nonsense"))
    # The texts are those of docs/, which other tests hold.
    pages = (("/docs", "GET /docs"), ("/docs/webhooks", "GET /docs/{name:path}"))
    for path, route in (
        ("/docs/pictures/checkout.webp", "GET /docs/pictures/{name}"),
        ("/docs/plots/get-by-id.svg", "GET /docs/plots/{name}"),
    ):
        picture = await http.get(path)
        golden.note(route, httpx.Response(picture.status_code, text=picture.headers["content-type"]), route=route)
    for path, route in (*pages, ("/docs/playground", "GET /docs/playground")):
        shown = await http.get(path)
        head = shown.text.partition("<body")[0]
        golden.note(route, untagged(shown, head), route=route)
    golden.note("GET /static/tokens.css", await http.get("/static/tokens.css"))
    golden.note("GET /nothing", await http.get("/nothing"))
