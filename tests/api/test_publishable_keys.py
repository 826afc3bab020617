"""A publishable key is in everybody's hands: what it may set, how often, for how long, and where buyers return to."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest

from keyturn import InvalidAllow, KeyChanges, KeyWish, Kind, Limit, Limiter, Mode, change
from keyturn.keys.listing import every_key
from keyturn.limiting.visitors import share_of
from tests.shop import Shop, open_shop
from tillgate.access import checked_allow
from tillgate.api.sessions import CreateCheckoutSession
from tillgate.app import CODE_LIMIT
from tillgate.base.clock import from_rfc3339
from tillgate.base.principal import Allow
from tillgate.checkout.sessions.opening import NewSession
from tillgate.checkout.sessions.publishable import CODE_LIFETIME_MAX_MS, LIFETIME_MAX_MS, MAY_SET, Who
from tillgate.opening import all_migrations
from tillgate.settings import VISITOR_BURST, VISITOR_PER_SECOND
from tillgate.store import Transaction

pytestmark = pytest.mark.anyio

SHOP: Final = "https://shop.test"
APP: Final = "com.shop.app"
CODE: Final = "SPRING"

# A value for each field that is well formed, so that only who sends it can be what is wrong.
VALUES: Final[dict[str, Any]] = {
    "amount": {"value": "9.00", "currency": "USD"},
    "currency": "USD",
    "shippingAmount": "1.00",
    "metadata": {"cart": "1"},
    "successUrl": f"{SHOP}/thanks",
    "cancelUrl": f"{SHOP}/cart",
    "returnUrl": f"{SHOP}/orders",
    "expiresInSeconds": 600,
    "promotionCode": CODE,
    "allowPromotionCodes": True,
    "couponId": "cpn_01hxyz0000000000000000000",
    "reference": "order-1",
    "uniqueReference": True,
    "customerId": "cus_01hxyz0000000000000000000",
    "testClockId": "clk_01hxyz0000000000000000000",
    "captureMethod": "manual",
}


class Front:
    """A shop's page or app: products, a link and a code, and a client with a publishable key."""

    def __init__(self, shop: Shop, server: httpx.AsyncClient) -> None:
        self.shop, self.server = shop, server
        self.product = self.link = ""

    async def stock(self) -> None:
        made = await self.server.post(
            "/products", json={"name": "Tea", "pricing": "fixed", "price": "50.00", "currency": "USD"}
        )
        self.product = made.json()["id"]
        self.link = await self.open_link()
        coupon = await self.server.post(
            "/coupons",
            json={"name": "Half", "discountType": "percentage", "discountPercentage": "50", "maxRedemptions": 50},
        )
        assert coupon.status_code == 201, coupon.text
        code = await self.server.post("/promotion_codes", json={"couponId": coupon.json()["id"], "code": CODE})
        assert code.status_code == 201, code.text

    async def open_link(self, **more: Any) -> str:
        link = {"title": "Tea", "fiatAmount": "50.00"}
        made = await self.server.post("/payment_links", json=link | more)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def key(self, *allow: str, **wish: Any) -> Any:
        asked: dict[str, Any] = {"kind": Kind.PUBLISHABLE, "origins": [SHOP]} | wish
        return await self.shop.keys.issuer.issue(
            KeyWish(
                project_id=self.shop.project_id,
                mode=Mode.TEST,
                name="page",
                scopes=["sessions:write"],
                allow=allow,
                **asked,
            ),
            by="operator:test",
        )

    async def page(self, *allow: str, address: str = "203.0.113.7", **wish: Any) -> httpx.AsyncClient:
        return await self.visit(await self.key(*allow, **wish), address)

    async def visit(self, issued: Any, address: str) -> httpx.AsyncClient:
        client = await self.shop.caller(address=address)
        who = {"x-app-identifier": APP} if issued.key.apps else {"origin": SHOP}
        client.headers.update({"x-api-key": issued.secret.reveal()} | who)
        return client

    def goods(self, **more: Any) -> dict[str, Any]:
        return {"lineItems": [{"productId": self.product}]} | more


@pytest.fixture
async def front(tmp_path: Path, anyio_backend: object) -> AsyncIterator[Front]:
    """A shop without background work, and what it has on sale."""
    async with open_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}", still=True) as shop:
        made = Front(shop, await shop.client())
        await made.stock()
        yield made


def why(answer: httpx.Response) -> tuple[int, str, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("param")


def fields_of(struct: Any, prefix: str = "") -> set[str]:
    """The names of a body's fields in the domain, those of the structs inside of it after a dot."""
    names = set()
    for field in msgspec.inspect.type_info(struct).fields:  # type: ignore[attr-defined]
        names.add(prefix + field.name)
        inside = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
        for one in inside:
            item = one.item_type if isinstance(one, msgspec.inspect.ListType) else one
            if isinstance(item, msgspec.inspect.StructType):
                names |= fields_of(item.cls, f"{prefix}{field.name}.")
    return names


def test_each_field_has_a_decision() -> None:
    """A new field of the request that opens a session is in the table of who may set it, or this fails; so does a field
    that the operation knows and the table does not."""
    assert fields_of(CreateCheckoutSession) == set(MAY_SET)
    top = {name for name in MAY_SET if "." not in name}
    assert set(NewSession._fields) == top


IN_THE_DOMAIN = {name.encode_name: name.name for name in msgspec.inspect.type_info(CreateCheckoutSession).fields}  # type: ignore[attr-defined]


async def test_a_field_is_set_by_whom_the_table_says(front: Front) -> None:
    """Beside a product, each field alone: what is a server's is refused by name, what can be allowed is refused
    until it is, and all else opens a session."""
    page = await front.page()
    for field, value in VALUES.items():
        body, who = ({} if field == "amount" else front.goods()) | {field: value}, MAY_SET[IN_THE_DOMAIN[field]]
        answer = await page.post("/checkout_sessions", json=body)
        if who in (Who.ANYBODY, Who.WITHIN_BOUNDS):
            assert answer.status_code == 201, answer.text
            continue
        assert why(answer) == (403, "secret_key_required", field)
        if isinstance(who, Allow):
            assert f"({who})" in answer.json()["error"]["message"]
            allowed = await front.page(who)
            assert (await allowed.post("/checkout_sessions", json=body)).status_code == 201


async def test_lines_that_set_a_price_are_allowed_by_name(front: Front) -> None:
    """Beside a product's own line each other sort of line takes its own word, and no other word will do."""
    for line, param, allow in (
        ({"name": "Tea", "unitAmount": "0.01"}, "productId", "amount"),
        ({"name": "Gold", "productId": front.product}, "name", "amount"),
        ({"name": "Less", "kind": "discount", "unitAmount": "49.99"}, "kind", "discount"),
        ({"name": "VAT", "kind": "tax", "unitAmount": "0.01"}, "kind", "tax"),
    ):
        body = {"lineItems": [{"productId": front.product}, line]}
        others = sorted({one.value for one in Allow} - {allow})
        for page in (await front.page(), await front.page(*others)):
            refused = await page.post("/checkout_sessions", json=body)
            assert why(refused) == (403, "secret_key_required", f"lineItems[1].{param}")
        allowed = await (await front.page(allow)).post("/checkout_sessions", json=body)
        assert allowed.status_code == 201, allowed.text


async def test_a_product_costs_what_it_costs(front: Front) -> None:
    """A link and a product are opened at their own price; another price of a product is refused, and a product whose
    buyer says the price keeps its bounds."""
    page = await front.page()
    session = (await page.post("/checkout_sessions", json=front.goods())).json()
    assert session["fiat"]["amount"] == "50.00"
    assert (await page.post("/checkout_sessions", json={"linkId": front.link})).status_code == 201
    cheap = {"lineItems": [{"productId": front.product, "unitAmount": "0.01"}]}
    assert why(await page.post("/checkout_sessions", json=cheap))[::2] == (400, "lineItems[0].unitAmount")
    gift = (
        await front.server.post(
            "/products", json={"name": "Gift", "pricing": "buyer", "currency": "USD", "priceMin": "5.00"}
        )
    ).json()["id"]
    for amount, status in (("4.99", 400), ("5.00", 201)):
        said = {"lineItems": [{"productId": gift, "unitAmount": amount}]}
        assert (await page.post("/checkout_sessions", json=said)).status_code == status


async def test_what_is_allowed_is_changed_on_the_key(front: Front) -> None:
    """From the next request on, either way. A secret key is allowed nothing by name, and unknown words are refused with
    those that there are."""
    issued = await front.key()
    page = await front.visit(issued, "203.0.113.7")
    keys, clock = front.shop.keys, front.shop.clock

    async def allow(*words: str) -> int:
        await change(
            keys.store,
            clock,
            keys.issuer,
            project_id=front.shop.project_id,
            key_id=issued.key.id,
            changes=KeyChanges(allow=words),
            by="operator:test",
        )
        return (await page.post("/checkout_sessions", json={"amount": VALUES["amount"]})).status_code

    for words, status in ((("amount",), 201), (("tax",), 403), (("amount", "tax"), 201), ((), 403)):
        assert await allow(*words) == status
    with pytest.raises(InvalidAllow, match="choose from: amount, discount, tax, shipping"):
        await allow("everything")
    with pytest.raises(InvalidAllow, match="a secret key does what its scopes say"):
        await front.key("amount", kind=Kind.SECRET, origins=())


async def test_keys_from_before_go_on_as_they_were(front: Front) -> None:
    """The upgrade allows each publishable key that there is what it could set before; a secret one and a revoked one
    are left alone."""
    page, gone = await front.key(), await front.key()
    server = await front.shop.issued()
    await front.shop.revoke(gone.key.id)
    [step] = [one for one in all_migrations() if "SET allow =" in one.script]

    async def upgrade(tx: Transaction) -> None:
        statements = [line for line in step.script.splitlines() if not line.startswith("--")]
        await tx.execute("\n".join(statements).strip().removesuffix(";"))

    await front.shop.database.write(upgrade)
    found = {key.id: key.allow for key in await every_key(front.shop.keys.store, front.shop.project_id)}
    assert [found[one.key.id] for one in (page, gone, server)] == [{word.value for word in Allow}, set(), set()]
    client = await front.visit(page, "203.0.113.7")
    assert (await client.post("/checkout_sessions", json={"amount": VALUES["amount"]})).status_code == 201


# Codes.


async def test_codes_are_not_guessed_through_a_publishable_key(front: Front) -> None:
    """The page's allowance holds here, too: twenty tries of a visitor, whichever key of the project is used; then 429,
    until they pass. Another visitor goes on, and a session without a code is opened all the while."""
    issued, other = await front.key(), await front.key()
    page, again = await front.visit(issued, "203.0.113.7"), await front.visit(other, "203.0.113.7")
    for n in range(CODE_LIMIT.burst):
        wrong = await (page, again)[n % 2].post("/checkout_sessions", json=front.goods(promotionCode=f"GUESS{n}"))
        assert wrong.status_code == 400, wrong.text
    for client in (page, again):
        slow = await client.post("/checkout_sessions", json=front.goods(promotionCode=CODE))
        assert (slow.status_code, slow.json()["error"]["code"]) == (429, "rate_limited")
        assert 1 <= int(slow.headers["retry-after"]) <= 60
    assert (await page.post("/checkout_sessions", json=front.goods())).status_code == 201
    elsewhere = await front.visit(issued, "203.0.113.8")
    assert (await elsewhere.post("/checkout_sessions", json=front.goods(promotionCode=CODE))).status_code == 201
    assert (await front.server.post("/checkout_sessions", json=front.goods(promotionCode=CODE))).status_code == 201


async def test_many_addresses_guess_no_faster_than_the_key_allows(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has many addresses tries codes at the pace of the key, which all its visitors share."""
    monkeypatch.setattr(front.shop.app._api.context.codes.keys, "_limit", Limit(0.001, 3))
    issued, statuses = await front.key(), []
    for n in range(5):
        page = await front.visit(issued, f"203.0.113.{n}")
        statuses.append((await page.post("/checkout_sessions", json=front.goods(promotionCode="NO"))).status_code)
    assert statuses == [400, 400, 400, 429, 429]


async def test_a_code_is_held_briefly(front: Front) -> None:
    """A session with a code lasts a quarter of an hour, one without an hour at most; more is refused by name, so that
    nobody takes a code's places from others for a week."""
    page = await front.page()

    async def lasts(**more: Any) -> int:
        session = (await page.post("/checkout_sessions", json=front.goods(**more))).json()
        return from_rfc3339(session["expiresAt"]) - from_rfc3339(session["createdAt"])

    assert await lasts(promotionCode=CODE) == CODE_LIFETIME_MAX_MS
    assert await lasts(promotionCode=CODE, expiresInSeconds=300) == 300_000
    assert await lasts() == await lasts(expiresInSeconds=3_600) == LIFETIME_MAX_MS
    for more in ({"expiresInSeconds": 3_601}, {"expiresInSeconds": 901, "promotionCode": CODE}):
        assert why(await page.post("/checkout_sessions", json=front.goods(**more)))[::2] == (400, "expiresInSeconds")


async def test_a_links_own_word_on_codes_wins(front: Front) -> None:
    """A page can neither bring a code to a link that takes none nor ask for it; nor forbid one where the link takes
    them. A server can do all of that."""
    page, without = await front.page(), {"linkId": front.link}
    for field, value in (("promotionCode", CODE), ("allowPromotionCodes", True)):
        assert why(await page.post("/checkout_sessions", json=without | {field: value})) == (
            403, "secret_key_required", field,
        )  # fmt: skip
        assert (await front.server.post("/checkout_sessions", json=without | {field: value})).status_code == 201
    taking = {"linkId": await front.open_link(allowPromotionCodes=True)}
    assert (await page.post("/checkout_sessions", json=taking | {"promotionCode": CODE})).status_code == 201
    asked = (await page.post("/checkout_sessions", json=taking | {"allowPromotionCodes": False})).json()
    assert asked["allowPromotionCodes"] is True


# Where buyers are sent.


async def test_buyers_return_to_the_keys_own_origins(front: Front) -> None:
    """To an origin of the key, exact or with one label open, or to one that is registered for returns; to nothing that
    merely looks like it. The field is named."""
    page = await front.page(
        "return:https://more.test", origins=[SHOP, "https://*.wild.test:8443", "http://localhost:3000"]
    )
    for url in (
        f"{SHOP}/a?b=c#d",
        f"{SHOP}:443/",
        "HTTPS://SHOP.TEST/",
        "https://a.wild.test:8443/x",
        "http://localhost:3000/x",
        "https://more.test/x",
    ):
        answer = await page.post("/checkout_sessions", json=front.goods(successUrl=url, cancelUrl=url, returnUrl=url))
        assert answer.status_code == 201, answer.text
    for url in (
        f"{SHOP}:444/",
        "https://shop.test.evil.test/",
        "https://wild.test:8443/",
        "https://a.b.wild.test:8443/",
        "https://a.wild.test/",
        "http://localhost:3001/x",
        "https://evil.test/#@shop.test",
        f"{SHOP}@evil.test/",
        f"{SHOP}\\@evil.test/",
        "com.shop.app://x",
        "javascript:alert(1)",
        "https://",
        "",
    ):
        for field in ("successUrl", "cancelUrl", "returnUrl"):
            answer = await page.post("/checkout_sessions", json=front.goods(**{field: url}))
            assert why(answer)[::2] == (400, field), url


async def test_buyers_return_to_an_app_where_that_is_registered(front: Front) -> None:
    """An app's key sends buyers nowhere until a place is registered on it: its scheme, or its website. The checkout's
    page names the app by its scheme."""
    bare = await front.page(apps=[APP], origins=())
    for url in ("com.shop.app://done", "https://shop.test/", "https://evil.test/"):
        assert why(await bare.post("/checkout_sessions", json=front.goods(successUrl=url)))[::2] == (400, "successUrl")
    key = await front.key("return:com.shop.app://", "return:https://shop.test", apps=[APP], origins=())
    assert key.key.allow == {"return:com.shop.app:", "return:https://shop.test"}
    app = await front.visit(key, "203.0.113.7")
    for url in ("com.shop.app://done?x=1", "COM.SHOP.APP:done", "https://shop.test/done"):
        made = await app.post("/checkout_sessions", json=front.goods(cancelUrl=url))
        assert made.status_code == 201, made.text
    for url in ("com.shop.other://done", "javascript:alert(1)", "com.shop.app://a b", "com.shop.app:\\x"):
        assert (await app.post("/checkout_sessions", json=front.goods(cancelUrl=url))).status_code == 400
    session = (await app.post("/checkout_sessions", json=front.goods(returnUrl="com.shop.app://done"))).json()
    seen = await front.shop.caller()
    page = await seen.get(f"https://shop.example/checkout/{session['id']}")
    assert page.status_code == 200 and "com.shop.app" in page.text


def test_no_dangerous_place_is_registered() -> None:
    """What a browser acts upon itself is no app's scheme, and an origin is checked as a key's own is."""
    for place in ("javascript:", "DATA:", "intent://", "http:", "http://shop.test", "https://*.co.uk", "x", "", "a b:"):
        with pytest.raises(ValueError, match=r"return:|sent back"):
            checked_allow(f"return:{place}")


# How often.


async def test_one_visitors_loop_leaves_the_key_to_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor has a rate beside the key's own, and what they send too much costs the key nothing: whoever comes from
    elsewhere is served. A visitor is an IPv4 address or an IPv6 /64; secret keys have none."""
    at_ns = 10**15
    monkeypatch.setattr("keyturn.admission.layer.Limiter", lambda _: Limiter(lambda: at_ns))
    monkeypatch.setattr("tillgate.app.Limiter", lambda _: Limiter(lambda: at_ns))
    limits = {"key_limit": Limit(10.0, 20), "visitor_limit": Limit(2.0, 4)}
    async with open_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}", still=True, **limits) as shop:
        front = Front(shop, await shop.client())
        issued = await front.key()

        async def asks(address: str, times: int) -> list[int]:
            page = await front.visit(issued, address)
            return [(await page.post("/checkout_sessions", json={})).status_code for _ in range(times)]

        assert await asks("203.0.113.7", 30) == [400] * 4 + [429] * 26
        slow = await (await front.visit(issued, "203.0.113.7")).post("/checkout_sessions", json={})
        assert "from your address" in slow.json()["error"]["message"]
        assert slow.headers["retry-after"] == "1"
        assert await asks("203.0.113.8", 4) == [400] * 4
        assert await asks("2001:db8:0:1::1", 3) == [400] * 3
        assert await asks("2001:db8:0:1:ffff::2", 3) == [400, 429, 429]
        assert await asks("2001:db8:0:2::1", 2) == [400] * 2
        server = await shop.client()
        assert [(await server.get("/events")).status_code for _ in range(12)] == [200] * 12


def test_a_hall_of_sixty_behind_one_address_is_served() -> None:
    """By the defaults sixty people open a checkout in the same moment and look at it every three seconds for a minute,
    through one address; and one visitor never has more than half of what the key has."""
    at_ns = [10**15]
    own = share_of(Limit(float(VISITOR_PER_SECOND), VISITOR_BURST), Limit(100.0, 200))
    limiter = Limiter(lambda: at_ns[0])
    opened = [limiter.take("key@hall", own).exceeded for _ in range(60)]
    looked = []
    for _ in range(20):
        at_ns[0] += 3 * 10**9
        looked += [limiter.take("key@hall", own).exceeded for _ in range(60)]
    assert not any(opened + looked)
    assert share_of(own, Limit(4.0, 10)) == Limit(2.0, 5)
    assert share_of(own, Limit(1.0, 1)) == Limit(0.5, 1)
    assert share_of(own, None) == own
