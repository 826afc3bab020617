"""Every page and form of the dashboard, in fixed situations."""

import re
from typing import Any

import httpx
import pyotp
import pytest

from keyturn import Count
from keyturn.insight.usage import DAY_MS
from tests.checkout.projects.test_images import png
from tests.dashboard.conftest import Owner, browser_of, owner_of, sign_in
from tests.golden.recording import Golden
from tests.makers import execute, rows, stray_transfer
from tests.running import OWNER_EMAIL, OWNER_PASSWORD
from tests.shop import Shop
from tillgate.access.accounts.operations import digest
from tillgate.access.passwords.records import insert as insert_reset
from tillgate.access.second_factor.model import STEP_MS
from tillgate.checkout.shoppers.operations import create_account
from tillgate.dashboard.routing import VIEWS
from tillgate.rails.evm.extended_keys import parse_extended_key
from tillgate.rails.evm.networks.model import Finality, Limits, Network, Token
from tillgate.rails.evm.networks.operations import Asked, add
from tillgate.rails.evm.rpc import NodeUrl
from tillgate.rails.simulated import REFUND_STAYS_PENDING

pytestmark = pytest.mark.anyio

ROOT = "/dashboard"
# Every path that no view has leads there; whatever it is answered is a refusal.
CATCH_ALL = f"{ROOT}/{{rest:path}}"
# What succeeds with a passkey or a code of the moment is told by tests/dashboard/test_passkeys.py and test_account.py.
ELSEWHERE = {
    CATCH_ALL,
    f"{ROOT}/account/passkeys",
    f"{ROOT}/account/passkeys/{{passkey}}/remove",
    # Nodes answer: tests/journeys/test_networks_away.py, tests/dashboard/test_wallet.py.
    f"{ROOT}/networks",
    f"{ROOT}/networks/tokens",
    f"{ROOT}/sign-in/second",
    # Files that a job makes: tests/api/test_issued.py.
    *(f"{ROOT}/sessions/{{session}}/{file}" for file in ("receipt", "invoice", "credit-notes/{place}")),
    # A code is made by chance, and money came: tests/dashboard/test_wallet.py.
    f"{ROOT}/wallet/treasury",
    f"{ROOT}/wallet/sweep/file",
    f"{ROOT}/wallet/sweep/plan",
    f"{ROOT}/wallet/sweep/table",
    f"{ROOT}/networks/feeds",
    f"{ROOT}/networks/feeds/remove",
    # Pictures are drawn: tests/dashboard/test_documents.py.
    *(view.path for view in VIEWS if view.path.startswith(f"{ROOT}/templates")),
    # A private key is shown: tests/dashboard/test_embed.py.
    *(f"{ROOT}/embed{more}" for more in ("", "/enable", "/rotate", "/origins", "/suspend", "/resume")),
    # A refund on a network: tests/journeys/test_live_refunds.py.
    f"{ROOT}/refunds/{{refund}}",
    *(f"{ROOT}/sessions/{{session}}/refunds/{{refund}}/{each}" for each in ("link", "mail-link")),
    # A file's name has its day, or its month: tests/dashboard/test_lists.py, tests/dialects/craftkit/test_usage.py.
    f"{ROOT}/api-keys/renders",
    *(f"{ROOT}/{noun}/export" for noun in ("orders", "payments", "refunds", "customers", "sessions", "transactions")),
}
UNKNOWN = re.compile(r"{\w+}")


# BIP-32, test vector 1, m/0'/1/2'.
XPUB = "xpub6D4BDPcP2GT577Vvch3R8wDkScZWzQzMMUm3PWbmWvVJrZwQY4VUNgqFJPMM3No2dFDFGTsxxpG5uJh7n7epu4trkrX7x7DogT5Uv6fcLW5"


class Clerk:
    """An owner who writes down what every page and form answers; paths are given as their view has them."""

    def __init__(self, golden: Golden, owner: Owner) -> None:
        self.golden = golden
        self.owner = owner

    async def page(self, view: str, *own: str, query: str = "", why: str = "", refused: bool = False) -> str:
        """A page below ``/dashboard``; ``own`` are the ids in its path."""
        answer = await self.owner.http.get(_filled(view, own) + query)
        return self._noted(f"GET {ROOT}{view}", f"{self.golden.named(query)}", why, refused, answer)

    async def form(self, view: str, *own: str, why: str = "", refused: bool = False, **fields: Any) -> str:
        """A form that is sent; what comes of it."""
        answer = await self.owner.http.post(_filled(view, own), data={"csrf": self.owner.csrf, **fields})
        return self._noted(f"POST {ROOT}{view}", "", why, refused, answer)

    async def made(self, view: str, *own: str, why: str = "", **fields: Any) -> str:
        """The same; the id of what was made, out of where the answer leads, or of what it says."""
        told = await self.form(view, *own, why=why, **fields)
        found = re.findall(r"[a-z]+_[0-7][0-9a-z]{25}", told)
        return str(found[-1])

    def _noted(self, route: str, query: str, why: str, refused: bool, answer: httpx.Response) -> str:
        name = f"{route}{query}{f' ({why})' if why else ''}"
        self.golden.note(name, answer, route=None if refused else route)
        return answer.headers.get("location") or answer.text


def _filled(view: str, own: tuple[str, ...]) -> str:
    ids = iter(own)
    return ROOT + UNKNOWN.sub(lambda _: next(ids), view)


async def test_every_page_of_the_dashboard_answers_as_it_did(fixed_shop: Shop) -> None:
    """Status, headers and each page's text, links and fields, on both databases."""
    golden = Golden("dashboard")
    await strangers(golden, fixed_shop)
    async with owner_of(fixed_shop) as owner:
        clerk = Clerk(golden, owner)
        await clerk.page("", why="nothing yet")
        await keys(clerk)
        await catalogue(clerk)
        await sales(clerk)
        await webhooks(clerk)
        await jobs(clerk)
        await alerts(clerk)
        await live(clerk)
        await people(golden, clerk)
        await account(clerk)
        await refusals(golden, owner)
        await around(clerk)
        await unassigned(clerk)
    golden.hold(f"{view.method} {view.path}" for view in VIEWS if view.path not in ELSEWHERE)


async def unassigned(clerk: Clerk) -> None:
    """Transfers that fit no payment, as a watcher wrote them down."""
    shop = clerk.owner.shop
    own = (await clerk.owner.session()).rpartition("/")[2]
    [order] = await rows(shop.database, "SELECT id FROM orders WHERE session_id = $1", own)
    first, second = [
        await stray_transfer(
            shop.database,
            shop.project_id,
            livemode=False,
            tx_hash="0x" + digits * 32,
            suggested_order_id=order["id"],
        )
        for digits in ("a1", "a2")
    ]
    view = "/unassigned/{transfer}"
    await clerk.page("/unassigned")
    await clerk.page(view, first)
    await clerk.form(f"{view}/assign", first, why="worth nothing", refused=True, orderId=order["id"], value="0")
    await clerk.form(f"{view}/assign", first, orderId=order["id"], value="50.00")
    await clerk.form(f"{view}/return", first, why="assigned", refused=True, note="")
    await clerk.page(view, first, why="assigned")
    await clerk.form(f"{view}/return", second, note="by hand")
    await clerk.page(view, second, why="returned")


async def strangers(golden: Golden, shop: Shop) -> None:
    """Setting up, and signing in."""
    token = await shop.app.accounts.new_setup_token()
    setup, enter = f"{ROOT}/setup/{{token}}", f"{ROOT}/sign-in"
    async with browser_of(shop) as http:
        golden.note(f"GET {setup}", await http.get(f"{ROOT}/setup/{token}"), route=f"GET {setup}")
        short = {"name": "Shop", "email": "first@example.com", "password": "short"}
        golden.note(f"POST {setup} (too short)", await http.post(f"{ROOT}/setup/{token}", data=short))
        right = short | {"password": OWNER_PASSWORD}
        golden.note(f"POST {setup}", await http.post(f"{ROOT}/setup/{token}", data=right), route=f"POST {setup}")
    async with browser_of(shop) as http:
        golden.note(f"GET {setup} (used)", await http.get(f"{ROOT}/setup/{token}"))
        golden.note(f"GET {enter}", await http.get(enter, params={"next": f"{ROOT}/events"}), route=f"GET {enter}")
        wrong = {"email": "first@example.com", "password": "wrong"}
        golden.note(f"POST {enter} (wrong)", await http.post(enter, data=wrong))
        golden.note(f"POST {enter}", await http.post(enter, data=right), route=f"POST {enter}")
    async with browser_of(shop) as http:
        for view in VIEWS:
            path, data = UNKNOWN.sub("x", view.path), {"a": "b"} if view.method == "POST" else None
            if "{rest" not in path and view.path not in (setup, enter):
                golden.note_refusal(
                    f"{view.method} {view.path} (nobody)", await http.request(view.method, path, data=data)
                )


async def keys(clerk: Clerk) -> None:
    """The life of a key."""
    owner, shop = clerk.owner, clerk.owner.shop
    await clerk.page("/api-keys", why="none")
    await clerk.page("/api-keys/new")
    await clerk.form("/api-keys", why="no scope", refused=True, name="Backend", mode="test")
    new = {"name": "Backend", "mode": "test", "scopes": ["sessions:read", "events:read"], "networks": "203.0.113.0/24"}
    await clerk.form("/api-keys", **new)
    key = re.findall(r"/api-keys/(key_\w{22})", await clerk.page("/api-keys"))[0]
    await clerk.page("/api-keys", query="?mode=test&show=unused&q=end", why="filtered")
    await clerk.page("/api-keys/revoke", query=f"?key={key}")
    shop.clock.ahead_ms += 1  # of two keys of one millisecond, either may be listed first
    spare = await shop.issued(["sessions:read"])
    shop.clock.ahead_ms += 1
    await clerk.page("/api-keys/tag", query=f"?key={spare.key.id}")
    await clerk.form("/api-keys/tag", key=[spare.key.id], add="till", remove="")
    await clerk.form("/api-keys/revoke", key=[spare.key.id], why="one")
    issued = await shop.issued(["sessions:read", "events:read"])
    own = issued.key.id
    await clerk.page("/api-keys/{key}", key)
    await clerk.page("/api-keys/{key}", key, query="?method=GET&path=/api/v1/orders", why="explained")
    await clerk.page("/api-keys/{key}/edit", key)
    await clerk.form("/api-keys/{key}/edit", key, name="Renamed", scopes=["sessions:read"], rate="5", burst="10")
    await clerk.form("/api-keys/{key}/edit", key, why="no name", refused=True, name="", scopes=["sessions:read"])
    await clerk.form("/api-keys/{key}/disable", key)
    await clerk.page("/api-keys/{key}", key, why="disabled")
    await clerk.form("/api-keys/{key}/enable", key)
    await clerk.page("/api-keys/{key}/rotate", key)
    await clerk.form("/api-keys/{key}/rotate", key, overlap="168", begins="use")
    await clerk.page("/api-keys/{key}", key, why="rotated")
    await clerk.form("/api-keys/{key}/withdraw", key)
    await clerk.form("/api-keys/{key}/rotate", own, overlap="168", begins="now")
    await clerk.form("/api-keys/{key}/finish", own)
    shop.clock.ahead_ms += 40 * DAY_MS
    assert (await sign_in(owner.http)).status_code == 303
    owner.csrf = _token(await owner.page("/api-keys"))
    day = shop.clock.now() // DAY_MS
    # Nothing is advised before a week was watched.
    counts = {Count(own, day - 8, "allowed", False, "sessions:read", shop.project_id): 40}
    week = "UPDATE api_keys SET created_at = created_at - $1 WHERE id = $2"
    await execute(shop.database, week, 8 * DAY_MS, own)
    await shop.keys.usage_store.add_counts(counts)
    await clerk.page("/api-keys/{key}", own, why="that has unused scopes")
    await clerk.form("/api-keys/{key}/restrict", own)
    await clerk.page("/api-keys/{key}/revoke", key)
    await clerk.form("/api-keys/{key}/revoke", key)
    await clerk.page("/api-keys", why="one revoked")
    await clerk.page("/credentials")
    await clerk.form("/credentials/{mode}/{kind}", "test", "secret")
    await clerk.page("/credentials", why="one revealed")
    await clerk.page("/audit")
    text = (await shop.issued(["sessions:read"])).secret.reveal()
    asking: dict[str, Any] = {"headers": {"Authorization": f"Bearer {text}", "User-Agent": "shop/1"}}
    await owner.http.get("/api/v1/checkout_sessions?limit=1", **asking)
    await owner.http.get("/api/v1/payment_links", **asking)
    await shop.app._keys._flush()
    shown = await clerk.page("/requests")
    await clerk.page("/requests", query="?show=refused")
    await clerk.page("/requests/{request}", re.findall(r"/dashboard/requests/(req_\w+)", shown)[0])


async def catalogue(clerk: Clerk) -> None:
    """Links, products, coupons, customers, test shoppers."""
    await clerk.page("/payment-links", why="none")
    await clerk.page("/payment-links/new")
    new = {"title": "Pro plan", "fiatAmount": "49.00", "fiatCurrency": "USD"}
    await clerk.form("/payment-links", why="no title", refused=True, **(new | {"title": ""}))
    link = await clerk.made("/payment-links", **new)
    await clerk.page("/payment-links")
    await clerk.page("/payment-links/{link}", link)
    await clerk.page("/payment-links/{link}/edit", link)
    await clerk.form("/payment-links/{link}/edit", link, **(new | {"description": "All of it"}))
    await clerk.form("/payment-links/{link}/deactivate", link)
    await clerk.form("/payment-links/{link}/activate", link)
    await clerk.page("/payment-links/{link}/archive", link)
    await clerk.form("/payment-links/{link}/archive", link)
    await clerk.page("/payment-links/{link}", link, why="archived")

    await clerk.page("/products", why="none")
    await clerk.page("/products/new")
    mug = {"name": "Mug", "pricing": "fixed", "price": "12.00", "currency": "USD"}
    await clerk.form("/products", why="no price", refused=True, **(mug | {"price": "x"}))
    product = await clerk.made("/products", **mug)
    await clerk.page("/products/{product}", product)
    await clerk.page("/products/{product}/edit", product)
    changed = mug | {"name": "Tip", "pricing": "buyer", "price": "", "priceMin": "1", "priceMax": "20"}
    await clerk.form("/products/{product}/edit", product, **changed)
    await clerk.form("/products/{product}/deactivate", product)
    await clerk.page("/products/{product}/switch", product)
    await clerk.form("/products/{product}/switch", product)
    await clerk.form("/products/{product}/activate", product)
    await clerk.page("/products")

    await clerk.page("/coupons", why="none")
    await clerk.page("/coupons/new")
    tenth = {"name": "A tenth", "discountType": "percentage", "discountPercentage": "10", "currency": "USD"}
    await clerk.form("/coupons", why="no percentage", refused=True, **(tenth | {"discountPercentage": "101"}))
    coupon = await clerk.made("/coupons", **tenth)
    await clerk.form("/coupons/{coupon}/codes", coupon, code="SPRING", minimumAmount="", currency="USD")
    shown = await clerk.page("/coupons/{coupon}", coupon)
    code = re.findall(r"codes/(promo_\w+)/", shown)[0]
    await clerk.form("/coupons/codes/{code}/deactivate", code)
    await clerk.form("/coupons/codes/{code}/activate", code)
    await clerk.form("/coupons/{coupon}/deactivate", coupon)
    await clerk.form("/coupons/{coupon}/activate", coupon)
    await clerk.page("/coupons")

    await clerk.page("/customers", why="none")
    api = await clerk.owner.shop.client()
    customer = (await api.post("/customers", json={"email": "ada@example.com", "name": "Ada"})).json()["id"]
    body = {"amount": {"value": "49.00", "currency": "USD"}, "customerId": customer, "promotionCode": "SPRING"}
    assert (await api.post("/checkout_sessions", json=body)).status_code == 201
    await clerk.page("/customers", query="?q=ada")
    await clerk.page("/customers/{customer}", customer)
    await clerk.page("/customers/{customer}/erase", customer)
    await clerk.form("/customers/{customer}/erase", customer)
    await clerk.page("/customers/{customer}", customer, why="erased")
    await clerk.page("/shoppers", why="none")
    shop = clerk.owner.shop
    shopper = await shop.database.write(
        lambda tx: create_account(tx, shop.project_id, "mei+test@example.com", "hash", shop.clock.now())
    )
    await clerk.page("/shoppers", query="?q=mei%2Btest@example.com")
    await clerk.page("/shoppers/{shopper}/remove", shopper.id)
    await clerk.form("/shoppers/{shopper}/remove", shopper.id)
    await clerk.form("/shoppers/{shopper}/remove", shopper.id, why="gone", refused=True)


async def sales(clerk: Clerk) -> None:
    """Sessions with their orders, payments and refunds."""

    async def session(*outcomes: str, **more: Any) -> str:
        own = (await clerk.owner.session(**more)).rpartition("/")[2]
        for outcome in outcomes:
            await clerk.form("/sessions/{session}/simulate", own, why=outcome, outcome=outcome)
        return own

    one = await session(metadata={"orderId": "1001"})
    await clerk.page("/sessions/{session}", one)
    await clerk.form("/sessions/{session}/simulate", one, why="of no kind", refused=True, outcome="stolen")
    await clerk.form("/sessions/{session}/simulate", one, outcome="paid")
    await clerk.page("/sessions/{session}", one, why="paid")
    await clerk.form("/sessions/{session}/fulfil", one, fulfillment="fulfilled")
    order = re.findall(r"ord_\w{26}", await clerk.page("/orders", why="with one"))[0]
    many = f"?order={order}&fulfillment=unfulfilled"
    await clerk.page("/orders/fulfil", query=many)
    await clerk.form("/orders/fulfil", order=[order], fulfillment="unfulfilled")
    await clerk.page("/orders/fulfilled", query=many)
    await clerk.page("/sessions/{session}/refund", one)
    part = {"amount": "9.00", "reason": "other", "destination": ""}
    await clerk.form("/sessions/{session}/refund", one, **part)
    await clerk.form("/sessions/{session}/refund", one, why="too much", refused=True, **(part | {"amount": "99"}))
    for verb, fields in (("settle", {"txHash": "0x" + "ab" * 32}), ("cancel", {})):
        await clerk.form(
            "/sessions/{session}/refund", one, why=f"to {verb}", **(part | {"destination": REFUND_STAYS_PENDING})
        )
        shown = (await clerk.owner.http.get(f"{ROOT}/sessions/{one}")).text
        waiting = re.findall(r"/refunds/(re_\w+)", shown)
        refund = next(own for own in sorted(set(waiting), reverse=True))
        await clerk.page("/sessions/{session}/refunds/{refund}", one, refund, why=f"before {verb}")
        await clerk.form(f"/sessions/{{session}}/refunds/{{refund}}/{verb}", one, refund, **fields)
    await clerk.page("/sessions/{session}", one, why="refunded")
    over = await session("overpaid")
    await clerk.page("/sessions/{session}/accept", over)
    await clerk.form("/sessions/{session}/accept", over)
    await clerk.form("/sessions/{session}/expire", await session())
    fresh = await session()
    await clerk.page("/sessions/{session}/call-off", fresh)
    await clerk.form("/sessions/{session}/call-off", fresh)
    under = await session("underpaid")
    await clerk.page("/sessions/{session}", under, why="underpaid")
    await clerk.form("/sessions/{session}/wait", under)
    some = await session("underpaid")
    await clerk.page("/sessions/{session}/give-back", some, query="?what=everything")
    await clerk.form("/sessions/{session}/give-back", some, what="everything")
    held = await session("authorized", captureMethod="manual")
    await clerk.page("/sessions/{session}", held, why="authorized")
    await clerk.page("/sessions/{session}/capture", held)
    await clerk.form("/sessions/{session}/capture", held, amount="9.00", keep="yes")
    await clerk.page("/sessions/{session}/cancel", held)
    await clerk.form("/sessions/{session}/cancel", held)
    sent = await session("paid")
    [item] = re.findall(r'name="item" value="(li_\w+)"', await clerk.page("/sessions/{session}/deliver", sent))
    await clerk.form("/sessions/{session}/deliver", sent, item=item, transactionId="parcel 1", tokens="base:0x1:7")
    lost = await session("paid")
    [item] = re.findall(r'name="item" value="(li_\w+)"', await clerk.page("/sessions/{session}/fail-delivery", lost))
    await clerk.form("/sessions/{session}/fail-delivery", lost, item=item, reason="Sold out")
    for outcome in ("detected", "late", "failed", "declined"):
        await session(outcome)
    await clerk.page("/sessions")
    await clerk.page("/sessions", query="?status=paid")
    await clerk.page("/orders")
    await clerk.page("/orders", query="?status=paid&currency=USD")
    await clerk.form("/saved", list="orders", name="Dollars", filter_currency="USD")
    await clerk.page("/orders", query="?currency=USD", why="saved")
    await clerk.page("/saved", query="?list=orders&name=Dollars")
    await clerk.form("/saved/rename", list="orders", was="Dollars", name="In dollars")
    await clerk.form("/saved/remove", list="orders", was="In dollars")
    await clerk.page("/payments")
    await clerk.page("/refunds")
    await clerk.page("/search", query="?q=pay")
    await clerk.page("/reports", query="?month=2026-10&zone=UTC")
    await clerk.page("/reports/file", query="?month=2026-10&zone=UTC&format=json")
    await clerk.page("/reports/file", query="?month=2026-10&format=xls", why="of no kind", refused=True)
    await clerk.page("/transactions")
    await clerk.page("/sessions", query="?todo=fulfil&sort=-amount", why="to fulfil, the largest first")
    await clerk.page("/transactions/new")
    test = {"amount": "10.00", "currency": "USD"}
    await clerk.form("/transactions", why="of no provider", refused=True, **test, provider="cash")
    letter = await clerk.made("/transactions", **test, provider="mail")
    await clerk.page("/sessions/{session}/receive", letter)
    await clerk.form("/sessions/{session}/receive", letter, amount="10.00", currency="USD")
    await clerk.page("/sessions/{session}/undo-received", letter)
    await clerk.form("/sessions/{session}/undo-received", letter)


async def webhooks(clerk: Clerk) -> None:
    """Endpoints, deliveries and events."""
    await clerk.page("/webhooks", why="none")
    await clerk.page("/webhooks/new")
    new = {"url": "http://127.0.0.1:9/hook", "events": ["session.*"], "description": "Mine"}
    await clerk.form("/webhooks", why="no events", refused=True, url=new["url"])
    told = await clerk.form("/webhooks", **new)
    own = re.findall(r"/webhooks/(we_\w+)", told)[0]
    await clerk.page("/webhooks")
    await clerk.page("/webhooks/{endpoint}/edit", own)
    await clerk.form("/webhooks/{endpoint}/edit", own, **(new | {"events": ["*"]}))
    await clerk.form("/webhooks/{endpoint}/pause", own)
    await clerk.form("/webhooks/{endpoint}/activate", own)
    await clerk.form("/webhooks/{endpoint}/test", own)
    await clerk.page("/webhooks/{endpoint}/rotate", own)
    await clerk.form("/webhooks/{endpoint}/rotate", own, overlap="86400")
    await clerk.page("/webhooks/{endpoint}/replay", own)
    await clerk.form("/webhooks/{endpoint}/replay", own, after="0", before="3", which="everything")
    shown = await clerk.page("/webhooks/{endpoint}", own)
    await clerk.form("/webhooks/deliveries/{delivery}/replay", re.findall(r"deliveries/(dlv_\w+)/replay", shown)[0])
    given_up = "UPDATE webhook_deliveries SET status = 'abandoned' WHERE event_id IS NOT NULL"
    await execute(clerk.owner.shop.database, given_up)
    failed = re.findall(r'value="(dlv_\w+)"', await clerk.page("/webhooks/failed"))[0]
    await clerk.page("/webhooks/failed/replay", query=f"?delivery={failed}")
    await clerk.form("/webhooks/failed/replay", delivery=[failed])
    await clerk.page("/webhooks/failed/replayed", query=f"?left={failed}")
    shown = await clerk.page("/events", query="?type=order.paid")
    await clerk.page("/events/{event}", re.findall(r"/events/(evt_\w+)", shown)[0])
    await clerk.page("/webhooks/{endpoint}/delete", own)
    await clerk.form("/webhooks/{endpoint}/delete", own)


async def jobs(clerk: Clerk) -> None:
    """One of an unknown kind, which no worker takes, that has failed for good."""
    database, own = clerk.owner.shop.database, "job_01k00000000000000000000000"
    await execute(
        database,
        "INSERT INTO jobs (id, kind, key, lane, payload, state, lease_until, attempts, error, created_at, updated_at) "
        "VALUES ($1, 'mail.send', 'a', 'mail.send ', '{}', 'failed', 0, 6, 'RuntimeError: no route', 1, 1)",
        own,
    )
    await clerk.page("/jobs")
    await clerk.page("/jobs", query="?show=running")
    await clerk.page("/jobs", query="?show=wrong", refused=True)
    await clerk.form("/jobs/{job}/retry", own)
    await clerk.form("/jobs/{job}/retry", own, why="has not failed", refused=True)


async def live(clerk: Clerk) -> None:
    """A network and its tokens, and a wallet that is set and confirmed."""
    shop = clerk.owner.shop
    token = Token(8_453, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USDC", 6, "USD", True, None)
    network = Network(
        "net_01k00000000000000000000000", "base", "Base", 8_453, None, Finality.SAFE, 300, "Base", "ETH", None, False,
        Limits(2_000, 10_000, 500, True), None, 1, 1, 1,
    )  # fmt: skip
    asked = Asked(network, [NodeUrl("https://rpc.example/v3/secret")], [], [token], [])
    await clerk.page("/networks", why="none yet")
    await clerk.page("/wallet", why="none yet")
    await shop.database.write(lambda tx: add(tx, shop.sealer, asked))
    await clerk.page("/networks")
    await clerk.form("/networks/{network}/pause", "base")
    await clerk.form("/networks/{network}/resume", "base")
    await clerk.form("/networks/{network}/pause", "none", why="unknown", refused=True)
    await clerk.page("/networks/new")
    await clerk.form("/networks", why="no node", refused=True, name="own", urls="", chainId="777")
    await clerk.page("/networks/tokens/new")
    await clerk.form("/networks/tokens", why="no address", refused=True, network="base", address="0x12", currency="USD")
    await clerk.page("/networks/feeds", why="none yet")
    await clerk.form("/networks/feeds", why="no span", refused=True, network="base", base="EUR", quote="USD", age="1y")
    await clerk.form("/networks/feeds/remove", why="none yet", refused=True, base="EUR", quote="USD")
    await clerk.page("/rates", why="none yet")
    rate = {"base": "EUR", "quote": "USD", "rate": "1.0832", "valid": "24h"}
    await clerk.form("/rates", **rate | {"rate": "1,08"}, why="no decimal", refused=True)
    await clerk.form("/rates", **rate)
    await clerk.form("/networks/rates", **rate)
    await clerk.page("/rates")
    for path in ("/rates/remove", "/networks/rates/remove"):
        await clerk.form(path, base="EUR", quote="USD")
    await clerk.page("/transfers/explain")
    await clerk.page("/transfers/explain", query="?hash=0x12", refused=True)
    await clerk.form(
        "/wallet", xpub="xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3", why="private", refused=True
    )
    await clerk.form("/wallet", xpub=XPUB)
    await clerk.page("/wallet", why="to confirm")
    fingerprint = parse_extended_key(XPUB).fingerprint
    await clerk.form("/wallet/confirm", wallet=fingerprint, ends_with="000000", why="wrong", refused=True)
    await clerk.form("/wallet/confirm", wallet=fingerprint, ends_with="e7DE3D")
    await clerk.form("/wallet/tokens", network="base", address=token.address, accepted="no")
    await clerk.page("/wallet")
    await clerk.form("/wallet/treasury", why="no address", refused=True, treasury="0x12")
    await clerk.page("/wallet/sweep")
    await clerk.page("/wallet/sweep", why="unknown", query="?network=none", refused=True)
    await clerk.page("/wallet/sweep/file", refused=True)
    await clerk.page("/wallet/sweep/plan", refused=True)
    await clerk.page("/wallet/sweep/table", refused=True)


async def people(golden: Golden, clerk: Clerk) -> None:
    """Invited, given another role, removed; and what there is to set of the project."""
    await clerk.page("/people")
    told = await clerk.form("/people/invitations", email="new@example.com", role="viewer")
    await clerk.form("/people/invitations", why="no address", refused=True, email="new", role="viewer")
    [token] = re.findall(r"/invitations/([\w-]{43})", told)
    await clerk.page("/invitations/{token}", token)
    await clerk.form("/invitations/accept", why="of somebody else", refused=True, token=token)
    where = f"{ROOT}/invitations/{{token}}"
    async with browser_of(clerk.owner.shop) as http:
        answer = await http.post(where.format(token=token), data={"password": OWNER_PASSWORD})
        golden.note(f"POST {where}", answer, route=f"POST {where}")
        page = (await http.get(f"{ROOT}/account")).text
        told = await clerk.form("/people/invitations", why="of all", email="new@example.com", role="installation")
        mine = {"csrf": _token(page), "token": re.findall(r"/invitations/([\w-]{43})", told)[0]}
        answer = await http.post(f"{ROOT}/invitations/accept", data=mine)
        golden.note(f"POST {ROOT}/invitations/accept", answer, route=f"POST {ROOT}/invitations/accept")
        answer = await http.post(f"{ROOT}/account/end-all", data={"csrf": _token(page)})
        golden.note(f"POST {ROOT}/account/end-all", answer, route=f"POST {ROOT}/account/end-all")
        golden.note(f"GET {where} (used)", await http.get(where.format(token=token)))
        second = f"{ROOT}/sign-in/second"
        golden.note(f"GET {second}", await http.get(second), route=f"GET {second}")
        golden.note(f"POST {second} (too late)", await http.post(second, data={"code": "1"}))
    await clerk.form("/people/invitations", why="to withdraw", email="other@example.com", role="admin")
    page = await clerk.page("/people", why="with others")
    await clerk.form("/people/invitations/{invitation}/withdraw", re.findall(r"inv_[0-9a-z]{26}", page)[0])
    person = re.findall(r"/people/(usr_[0-9a-z]{26})", page)[-1]
    await clerk.page("/people/{person}", person)
    await clerk.form("/people/{person}/role", person, role="developer")
    await clerk.form("/people/{person}/role", person, why="no role", refused=True, role="king")
    await clerk.form("/people/{person}/remove", person)
    await clerk.form("/notices/seen", project="1")
    await clerk.page("/settings")
    await clerk.page("/settings/apis")
    await clerk.page("/playground")
    version = await clerk.owner.settings_version()
    await clerk.form("/settings", name="Corner shop", version=version)
    await clerk.form("/settings", why="no name", refused=True, name=" ", version=version)
    for why, content in (("", png()), ("none", b"<svg/>")):
        name, token = f"POST {ROOT}/settings/logo", {"csrf": clerk.owner.csrf}
        answer = await clerk.owner.http.post(f"{ROOT}/settings/logo", data=token, files={"logo": ("l", content)})
        golden.note(f"{name}{f' ({why})' if why else ''}", answer, route=None if why else name)
    await clerk.form("/settings/logo/remove")
    await clerk.page("/mail")
    await clerk.page("/mail/preview/{name}", "paid")
    await lost_password(golden, clerk.owner)


async def alerts(clerk: Clerk) -> None:
    """Money that waits for a decision."""
    await clerk.owner.send(f"{await clerk.owner.session()}/simulate", outcome="underpaid")
    await clerk.page("", why="with alerts")
    # On the page it is among what is counted.
    [alert] = await rows(clerk.owner.shop.database, "SELECT id FROM alerts ORDER BY id DESC LIMIT 1")
    await clerk.form("/alerts/{alert}/dismiss", alert["id"])


async def lost_password(golden: Golden, owner: Owner) -> None:
    """Asked for by nobody in particular, and set by a link; then the owner signs in again."""
    where = f"{ROOT}/password"
    shop, token, now = owner.shop, "t" * 43, owner.shop.clock.now()
    async with browser_of(shop) as http:
        golden.note(f"GET {where}", await http.get(where), route=f"GET {where}")
        golden.note(f"POST {where}", await http.post(where, data={"email": "a@example.com"}), route=f"POST {where}")
        golden.note(f"GET {where}/asked", await http.get(f"{where}/asked"), route=f"GET {where}/asked")
        [user] = await rows(shop.database, "SELECT id FROM users WHERE email = $1", OWNER_EMAIL)
        await shop.database.write(
            lambda tx: insert_reset(tx, digest(token), user["id"], now=now, expires_at=now + 1_000, most=1)
        )
        link = f"{where}/{{token}}"
        golden.note(f"GET {link}", await http.get(f"{where}/{token}"), route=f"GET {link}")
        answer = await http.post(f"{where}/{token}", data={"password": OWNER_PASSWORD})
        golden.note(f"POST {link}", answer, route=f"POST {link}")
        golden.note(f"GET {link} (used)", await http.get(f"{where}/{token}"))
    assert (await sign_in(owner.http)).status_code == 303
    owner.csrf = _token((await owner.http.get(f"{ROOT}/account")).text)


async def account(clerk: Clerk) -> None:
    """The owner's own."""
    await clerk.page("/account")
    await clerk.form("/account/password", why="wrong", refused=True, old="wrong", new=OWNER_PASSWORD)
    await clerk.form("/account/password", old=OWNER_PASSWORD, new=OWNER_PASSWORD)
    await clerk.form("/account/app")
    page = await clerk.page("/account/app")
    secret = re.sub(r"\s", "", re.findall(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page)[0])
    now = clerk.owner.shop.clock.now()
    await clerk.form("/account/app/confirm", code=pyotp.TOTP(secret).generate_otp(now // STEP_MS))
    await clerk.form("/account/recovery-codes")
    await clerk.form("/account/app/remove")
    await clerk.page("/account/passkeys/new")
    await clerk.form("/account/passkeys", why="no passkey", refused=True, name="Phone", passkey="{}")
    await clerk.form("/account/sign-ins/{sign_in}/end", "x")
    await clerk.form("/account/end-others")


async def refusals(golden: Golden, owner: Owner) -> None:
    """What is not there, and forms of another site."""
    foreign = {"Origin": "https://evil.example"}
    for view in VIEWS:
        if "{" in view.path and "{token" not in view.path:
            path = re.sub(r"{\w+(:path)?}", "x", view.path)
            data = {"csrf": owner.csrf} if view.method == "POST" else None
            golden.note_refusal(
                f"{view.method} {view.path} (not there)", await owner.http.request(view.method, path, data=data)
            )
        if view.method == "POST":
            path = re.sub(r"{\w+(:path)?}", "x", view.path)
            answer = await owner.http.post(path, data={"csrf": owner.csrf}, headers=foreign)
            golden.note_refusal(f"POST {view.path} (another site)", answer)
    golden.note_refusal(f"DELETE {ROOT}", await owner.http.delete(ROOT))


async def around(clerk: Clerk) -> None:
    """What belongs to no noun; signing out is the last."""
    await clerk.page("")
    await clerk.page("/projects")
    first = clerk.owner.shop.project_id
    await clerk.form("/projects", name="Second")
    await clerk.form("/projects", why="no name", refused=True, name=" ")
    await clerk.form("/projects/{project}/switch", first)
    await clerk.form("/mode", mode="live", back="/dashboard/payment-links")
    await clerk.page("/payment-links", why="in live mode")
    await clerk.page("/sessions", why="in live mode")
    await clerk.form("/sign-out")


def _token(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]*)"', page)
    assert found is not None
    return found[1]
