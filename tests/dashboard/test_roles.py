"""Who may do what in the dashboard: every view against the table, and every page against what it offers."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from keyturn import Kind, Mode
from keyturn.keys.listing import KeyFilter, every_key
from tests.checkout.projects.test_images import png
from tests.dashboard.conftest import Owner, browser_of, hidden, sign_in
from tests.dashboard.test_jobs import failed as failed_job
from tests.makers import stray_transfer
from tests.rails.evm.test_extended_keys import SEED_1, VECTORS
from tests.running import OWNER_PASSWORD
from tests.shop import Shop
from tillgate.access.accounts import Right, Role, SignedIn
from tillgate.checkout.projects.operations import set_logo
from tillgate.checkout.shoppers.operations import create_account
from tillgate.dashboard.calls import ANYBODY, Confirm, Need, View, both_modes, either_mode
from tillgate.dashboard.routing import VIEWS, routes
from tillgate.documents.partners.operations import enable
from tillgate.rails.evm.feeds import records as feeds
from tillgate.rails.evm.feeds.model import AGE_MS_DEFAULT, Feed
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks.model import Finality, Limits, Network, Token
from tillgate.rails.evm.rpc import NodeUrl
from tillgate.rails.simulated.rail import REFUND_STAYS_PENDING

pytestmark = pytest.mark.anyio

ROOT = "/dashboard"
REFUSAL = "Your role does not allow this."
UNKNOWN = re.compile(r"{(\w+)(?::path)?}")
MODES = (False, True)

# What each form is, written down apart from the views. A page is for whoever may read, unless it is a form's own.
SESSION, KEY = f"{ROOT}/sessions/{{session}}", f"{ROOT}/api-keys/{{key}}"
FORMS: dict[Right | None, set[str]] = {
    None: {
        f"{ROOT}/sign-out",
        f"{ROOT}/projects/{{project}}/switch",
        f"{ROOT}/invitations/accept",
        f"{ROOT}/notices/seen",
        f"{ROOT}/{{rest:path}}",
    },
    # Filters that they keep for themselves.
    Right.READ: {f"{ROOT}/mode", f"{ROOT}/saved", f"{ROOT}/saved/rename", f"{ROOT}/saved/remove"},
    Right.PROJECTS: {f"{ROOT}/projects"},
    Right.MONEY: {
        *(f"{SESSION}/{verb}" for verb in ("simulate", "accept", "call-off", "wait", "give-back", "refund", "capture")),
        f"{SESSION}/receive",
        f"{SESSION}/fail-delivery",
        f"{SESSION}/undo-received",
        f"{SESSION}/cancel",
        f"{SESSION}/refunds/{{refund}}/settle",
        *(f"{SESSION}/refunds/{{refund}}/{verb}" for verb in ("cancel", "link", "mail-link")),
        f"{ROOT}/unassigned/{{transfer}}/assign",
        f"{ROOT}/unassigned/{{transfer}}/return",
    },
    Right.SELL: {f"{SESSION}/expire", f"{SESSION}/fulfil", f"{SESSION}/deliver", f"{ROOT}/orders/fulfil"},
    Right.KEYS: {f"{ROOT}/credentials/{{mode}}/{{kind}}"},
}
BELOW: dict[str, Right | None] = {
    f"{ROOT}/account": None,
    f"{ROOT}/people": Right.PEOPLE,
    f"{ROOT}/settings": Right.SETTINGS,
    f"{ROOT}/mail": Right.SETTINGS,
    f"{ROOT}/alerts": Right.WEBHOOKS,
    f"{ROOT}/payment-links": Right.SELL,
    f"{ROOT}/products": Right.SELL,
    f"{ROOT}/coupons": Right.SELL,
    f"{ROOT}/customers": Right.SELL,
    f"{ROOT}/transactions": Right.SELL,
    f"{ROOT}/shoppers": Right.SELL,
    f"{ROOT}/webhooks": Right.WEBHOOKS,
    f"{ROOT}/api-keys": Right.KEYS,
    f"{ROOT}/wallet": Right.WALLET,
    f"{ROOT}/rates": Right.WALLET,
    f"{ROOT}/embed": Right.EMBED,
    f"{ROOT}/templates": Right.TEMPLATES,
}
ANYBODYS_PAGES = {f"{ROOT}/projects", f"{ROOT}/{{rest:path}}"}
PAGES_OF_FORMS = re.compile(
    r"/(new|edit|archive|rotate|replay|delete|revoke|refund|capture|accept|call-off|give-back|cancel|receive|undo-received|deliver|fail-delivery|erase|remove|fulfil|tag)$|/products/[^/]+/switch$"
)


def signed_in_views() -> list[View]:
    return [view for view in VIEWS if isinstance(view, View)]


# The dangerous settings, written down apart from the views: these forms ask for the password again. All others do not.
ASK_ALWAYS = {
    f"{ROOT}/people/invitations",
    f"{ROOT}/people/{{person}}/role",
    f"{ROOT}/people/{{person}}/remove",
    f"{ROOT}/account/app",
    f"{ROOT}/account/app/confirm",
    f"{ROOT}/account/app/remove",
    f"{ROOT}/account/recovery-codes",
    f"{ROOT}/account/passkeys",
    f"{ROOT}/account/passkeys/{{passkey}}/remove",
    f"{ROOT}/wallet/confirm",
    f"{ROOT}/wallet/tokens",
    f"{ROOT}/networks",
    f"{ROOT}/networks/tokens",
    f"{ROOT}/rates",
    f"{ROOT}/rates/remove",
    f"{ROOT}/networks/rates",
    f"{ROOT}/networks/rates/remove",
    f"{ROOT}/networks/feeds",
    f"{ROOT}/networks/feeds/remove",
    f"{ROOT}/templates/{{slug}}/hooks/{{mode}}/rotate",
    *(f"{ROOT}/embed/{verb}" for verb in ("enable", "rotate", "origins", "resume")),
}
ASK_IN_LIVE_MODE = {
    f"{ROOT}/api-keys",
    f"{KEY}/edit",
    f"{KEY}/rotate",
    f"{KEY}/enable",
    f"{ROOT}/credentials/{{mode}}/{{kind}}",
    f"{ROOT}/webhooks",
    f"{ROOT}/webhooks/{{endpoint}}/rotate",
}
ENDS_SIGN_INS = {f"{ROOT}/sign-out", f"{ROOT}/account/end-all"}


def test_dangerous_settings_ask_for_the_password_again() -> None:
    """Each form is on the list as what it is declared to be; a page alone changes nothing, and asks for nothing."""
    for view in signed_in_views():
        expected = Confirm.NEVER
        if view.method == "POST" and view.path in ASK_ALWAYS:
            expected = Confirm.ALWAYS
        if view.method == "POST" and view.path in ASK_IN_LIVE_MODE:
            expected = Confirm.LIVE
        assert view.need.confirm is expected, (view.method, view.path)


def _right_of(view: View) -> Right | None:
    if view.method == "GET" and view.path in ANYBODYS_PAGES:
        return None
    if view.path == f"{ROOT}/settings/apis":  # addresses, for whoever writes programs
        return Right.READ
    if view.path.startswith((f"{ROOT}/people", f"{ROOT}/settings", f"{ROOT}/account", f"{ROOT}/mail")):
        return BELOW["/".join(view.path.split("/")[:3])]
    if view.path.startswith((f"{ROOT}/jobs", f"{ROOT}/networks")):
        return Right.OPERATE
    if view.method == "GET" and not PAGES_OF_FORMS.search(view.path):
        return Right.READ
    for right, paths in FORMS.items():
        if view.path in paths:
            return right
    return BELOW["/".join(view.path.split("/")[:3])]


def test_every_view_says_what_it_is() -> None:
    """No form that moves money, changes keys or makes projects is declared as less than that."""
    assert {(view.method, view.path): view.need.right for view in signed_in_views()} == {
        (view.method, view.path): _right_of(view) for view in signed_in_views()
    }


def test_a_view_that_does_not_say_what_it_needs_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no default: it is an error of the declaration, and of the start."""
    view = signed_in_views()[0]
    with pytest.raises(TypeError):
        View(view.method, view.path, view.answer)  # type: ignore[call-arg]
    monkeypatch.setattr("tillgate.dashboard.routing.VIEWS", (view._replace(need=None),))
    with pytest.raises(TypeError, match="does not say what it needs"):
        routes(None)  # type: ignore[arg-type]


class Person(NamedTuple):
    """Somebody who is signed in."""

    browser: Owner
    cookie: str
    role: Role

    async def look_at(self, shop: Shop, livemode: bool, project: str | None = None) -> SignedIn:
        await shop.app.accounts.look_at(self.cookie, project_id=project or shop.project_id, livemode=livemode)
        found = await shop.app.accounts.signed_in(self.cookie)
        assert found is not None
        return found


@asynccontextmanager
async def person_of(
    shop: Shop, role: Role, project: str | None = None, email: str | None = None
) -> AsyncIterator[Person]:
    """Somebody with a role in a project; without one, an owner of the installation."""
    email = email or f"{role.value}{'-of-one' if project else ''}@example.com"
    await shop.app.accounts.create_user(email, OWNER_PASSWORD, role, project)
    async with browser_of(shop) as http:
        assert (await sign_in(http, email=email)).status_code == 303
        browser = Owner(shop, http)
        browser.csrf = hidden(await browser.page(""), "csrf")
        yield Person(browser, next(iter(http.cookies.values())), role)


def everybody(shop: Shop) -> list[tuple[Role, str | None]]:
    return [(Role.OWNER, None), *((role, shop.project_id) for role in Role)]


async def _allowed(need: Need, who: SignedIn, live_object: bool | None) -> bool:
    """By the table alone; None is for a form that asks for the mode."""
    if need.right is None:
        return True
    if need.modes is both_modes:
        return all(who.may(need.right, mode) for mode in MODES)
    if need.modes is either_mode:
        return any(who.may(need.right, mode) for mode in MODES)
    if live_object is None:
        return any(who.may(need.right, mode) for mode in MODES)
    return who.may(need.right, live_object)


@pytest.mark.parametrize("live", MODES, ids=["test", "live"])
async def test_every_view_obeys_the_table(sqlite_shop: Shop, live: bool) -> None:
    """Each page and form, sent by each role in each mode, is answered or is the one refusal; keys are of that mode, or
    are to be."""
    shop = sqlite_shop
    for role, project in everybody(shop):
        key = (await shop.issued(mode="live" if live else "test")).key.id
        async with person_of(shop, role, project) as person:
            for view in signed_in_views():
                if view.path in ENDS_SIGN_INS:
                    continue
                # The mode that one looks at counts for nothing where it is about a key.
                of_key = view.path.startswith(f"{ROOT}/api-keys") and view.need.modes is not either_mode
                who = await person.look_at(shop, live is not of_key)
                path = view.path.replace("{key}", key).replace("{mode}", "live" if live else "test")
                path = UNKNOWN.sub("x", path)
                data = {"csrf": person.browser.csrf, "mode": "live" if live else "test", "key": key}
                http = person.browser.http
                files = {"logo": ("logo", b"no image")} if view.uploads else None
                answer = await (http.get(path) if view.method == "GET" else http.post(path, data=data, files=files))
                expected = await _allowed(view.need, who, live)
                refused = answer.status_code == 403 and REFUSAL in answer.text
                assert refused is not expected, (role, view.method, view.path, answer.status_code)
                assert expected or who.role.value in answer.text
                assert answer.status_code < 500, (role, view.method, view.path)


class World(NamedTuple):
    """A project with something of everything, and the pages that show it."""

    pages: list[str]
    live_keys: set[str]


async def two_networks(shop: Shop) -> None:
    """One in use, with a token and a feed, and one that is paused."""
    token = Token(8_453, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USDC", 6, "USD", True, None)
    limits = Limits(2_000, 10_000, 500, True)
    for name, chain_id, tokens in (("base", 8_453, [token]), ("own", 77_777, [])):
        network = Network(
            f"net_{name}", name, name, chain_id, None, Finality.SAFE, 300, name, "ETH", None, False, limits, None,
            1, 1, 1,
        )  # fmt: skip
        asked = networks.Asked(network, [NodeUrl("https://rpc.example/key")], [], tokens, [])
        await shop.database.write(lambda tx, asked=asked: networks.add(tx, shop.sealer, asked))  # type: ignore[misc]
    await shop.database.write(lambda tx: networks.pause(tx, "own", 2))
    feed = Feed(8_453, "0x" + "fe" * 20, "GBP", "USD", 8, AGE_MS_DEFAULT, read_at=1)
    await shop.database.write(lambda tx: feeds.insert(tx, feed))


async def something_of_everything(shop: Shop, owner: Owner) -> World:
    """Made by its owner in test mode; what live mode can have without a rail, there, too."""
    keys = [(await shop.issued(mode=mode)).key for mode in ("test", "live")]
    pages = ["", "/projects", "/api-keys", "/api-keys/new", "/credentials", "/audit", "/requests"]
    pages += ["/payment-links", "/products", "/coupons", "/customers", "/webhooks", "/events", "/sessions"]
    pages += ["/orders", "/payments", "/refunds"]
    other = await shop.app.accounts.create_user("other@example.com", OWNER_PASSWORD, Role.VIEWER, shop.project_id)
    await owner.send("/people/invitations", email="invited@example.com", role="viewer")
    await shop.database.write(lambda tx: set_logo(tx, shop.project_id, png()))
    pages += ["/people", f"/people/{other.user.id}", "/account", "/account/passkeys/new", "/settings", "/mail"]
    pages += ["/payment-links/new", "/products/new", "/coupons/new", "/webhooks/new"]
    pages += [f"/api-keys/{key.id}{more}" for key in keys for more in ("", "/edit", "/rotate", "/revoke")]
    pages += [f"/api-keys/{verb}?key={keys[1].id}" for verb in ("revoke", "tag")]
    pages += ["/webhooks/failed", "/jobs", "/networks", "/wallet", "/transfers/explain"]
    pages += ["/networks/new", "/networks/tokens/new", "/networks/feeds", "/rates", "/rates?for=every"]
    pages += ["/embed", "/templates"]
    now = shop.clock.now()
    await shop.database.write(lambda tx: enable(tx, shop.sealer, shop.project_id, [], now=now))
    note = {"slug": "note", "name": "A note", "source": "= Note", "sample": "{}"}
    for of in ("", "note"):
        await owner.done("/templates", of=of, **note)
    pages += ["/templates/note", "/templates/note/edit", "/templates/-/new"]
    shopper = await shop.database.write(
        lambda tx: create_account(tx, shop.project_id, "mei+test@example.com", "hash", shop.clock.now())
    )
    pages += ["/shoppers", f"/shoppers/{shopper.id}/remove"]
    await failed_job(shop, "made-up")
    await two_networks(shop)
    pages += ["/unassigned", f"/unassigned/{await stray_transfer(shop.database, shop.project_id)}"]
    await owner.done("/wallet", xpub=VECTORS[SEED_1, "m/0'/1/2'"])
    customer = (await (await shop.client()).post("/customers", json={"name": "Ada"})).json()["id"]
    pages += [f"/customers/{customer}", f"/customers/{customer}/erase"]
    for every in ("/rates", "/networks/rates"):
        await owner.done(every, base="EUR", quote="USD", rate="1.08", valid="24h")
    await owner.done(f"/api-keys/{keys[0].id}/disable")
    for mode in ("live", "test"):
        await owner.send("/mode", mode=mode, back=ROOT)
        link = await owner.link()
        product = await owner.done("/products", name="Mug", pricing="fixed", price="12.00", currency="USD")
        tenth = {"name": "A tenth", "discountType": "percentage", "discountPercentage": "10", "currency": "USD"}
        coupon = await owner.done("/coupons", **tenth)
        await owner.send(f"{coupon}/codes", code=f"SPRING{mode}", minimumAmount="", currency="USD")
        made = await owner.send("/webhooks", url="http://127.0.0.1:9/hook", events=["*"])
        hook = re.findall(rf"{ROOT}(/webhooks/we_\w+)", made.text)[0]
        await owner.send(f"{hook}/test")
        pages += [
            link,
            f"{link}/archive",
            product,
            f"{product}/switch",
            coupon,
            *(f"{one}/edit" for one in (link, product)),
        ]
        pages += [hook, *(f"{hook}/{more}" for more in ("edit", "rotate", "replay", "delete"))]
    for outcome in ("", "detected", "paid", "underpaid", "overpaid", "late"):
        session = await owner.session()
        if outcome:
            await owner.done(f"{session}/simulate", outcome=outcome)
        pages += [*(f"{session}/{verb}" for verb in ("refund", "accept", "give-back", "call-off")), session]
    letters = [await owner.done("/transactions", amount="5.00", currency="USD", provider="mail") for _ in range(2)]
    await owner.done(f"{letters[0]}/receive", amount="5.00", currency="USD")
    pages += [
        "/transactions",
        *letters,
        *(f"{one}/{verb}" for one in letters for verb in ("receive", "undo-received")),
    ]
    held = await owner.session(captureMethod="manual")
    await owner.done(f"{held}/simulate", outcome="authorized")
    paid = pages[-23]
    await owner.send(f"{paid}/refund", amount="9.00", reason="other", destination=REFUND_STAYS_PENDING)
    page = await owner.page(paid)
    pages += [f"{paid}/deliver", f"{paid}/fail-delivery"]
    pages += [held, f"{held}/capture", f"{held}/cancel", *re.findall(rf'"{ROOT}({paid}/refunds/re_\w+)"', page)[:1]]
    events = await owner.page("/events")
    pages += re.findall(rf'"{ROOT}(/events/evt_\w+)"', events)[:3]
    await owner.page("/credentials")
    public = await every_key(shop.keys.store, shop.project_id, KeyFilter(mode=Mode.LIVE, kind=Kind.PUBLISHABLE))
    order = re.findall(r"ord_\w{26}", await owner.page("/orders?status=paid"))[0]
    pages += [f"/orders/fulfil?order={order}", f"/orders/fulfilled?order={order}", "/webhooks/failed/replayed"]
    pages += ["/orders?status=paid", "/transactions/new"]
    return World(pages, {keys[1].id, *(key.id for key in public)})


def offered(page: str) -> Iterator[tuple[str, str]]:
    """What a page offers: method and path of each of its forms and links."""
    for form, action in re.findall(r'(<form[^>]*? action="([^"?#]*)[^"]*"[^>]*>)', page):
        yield ("POST" if 'method="post"' in form else "GET"), action
    for href in re.findall(r'<a [^>]*?href="([^"?#]*)[^"]*"', page):
        yield "GET", href


def view_at(method: str, path: str) -> View | None:
    for view in signed_in_views():
        pattern = re.sub(r"{\w+:path}", ".+", view.path)
        if view.method == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", pattern), path):
            return view
    return None


async def test_a_page_offers_what_the_role_may_do_and_no_more(sqlite_shop: Shop) -> None:
    """Whatever form or link a page has leads to no refusal; to the owner every form of the dashboard is offered."""
    shop = sqlite_shop
    seen: dict[Role, set[str]] = {}
    async with person_of(shop, Role.OWNER) as owner:
        await shop.app.accounts.create_project("Another")
        world = await something_of_everything(shop, owner.browser)
        for role, project in everybody(shop):
            async with person_of(shop, role, project, "crawler@example.com") as person:
                for live in MODES:
                    who = await person.look_at(shop, live)
                    for page in world.pages:
                        answer = await person.browser.http.get(ROOT + page)
                        # 409: there is nothing that it could ask about.
                        assert answer.status_code in {200, 403, 404, 409}, page
                        for method, path in offered(answer.text):
                            view = view_at(method, path)
                            assert view is not None or path == f"{ROOT}/sign-in" or not path.startswith(ROOT)
                            if view is None:
                                continue
                            key = path.split("/")[3] if path.startswith(f"{ROOT}/api-keys/key_") else None
                            mode: bool | None = live if key is None else key in world.live_keys
                            asking = {
                                f"{ROOT}/api-keys",
                                f"{ROOT}/api-keys/revoke",
                                f"{ROOT}/api-keys/tag",
                                f"{ROOT}/mode",
                            }
                            if path in asking and method == "POST":
                                mode = None  # the form says it
                            if path.startswith(f"{ROOT}/credentials/"):
                                mode = path.split("/")[3] == "live"
                            assert await _allowed(view.need, who, mode), (role, live, page, method, path)
                            if method == "POST":
                                seen.setdefault(role, set()).add(view.path)
            await shop.app.accounts.remove_user("crawler@example.com")
    # One state of a key or an endpoint hides what another state offers.
    posts = {view.path for view in signed_in_views() if view.method == "POST" and view.need is not ANYBODY}
    of_a_moment = {f"{KEY}/{verb}" for verb in ("restrict", "withdraw", "finish")}
    of_a_moment |= {f"{ROOT}/account/{verb}" for verb in ("app/confirm", "app/remove", "recovery-codes")}
    of_a_moment |= {f"{ROOT}/account/passkeys/{{passkey}}/remove"}
    of_a_moment |= {f"{ROOT}/embed/enable", f"{ROOT}/embed/resume"}
    # On the page of a refund that goes out on a network: tests/journeys/test_live_refunds.py.
    of_a_moment |= {f"{SESSION}/refunds/{{refund}}/{verb}" for verb in ("link", "mail-link")}
    # Where a delivery was given up: tests/dashboard/test_bulk.py.
    of_a_moment |= {f"{ROOT}/webhooks/failed/replay"}
    # Where an alert is not among what is counted: tests/dashboard/test_overview.py.
    of_a_moment |= {f"{ROOT}/alerts/{{alert}}/dismiss"}
    # Of filters that somebody has saved: tests/dashboard/test_saved.py.
    of_a_moment |= {f"{ROOT}/saved/rename", f"{ROOT}/saved/remove"}
    # A button of the form that publishes.
    of_a_moment |= {f"{ROOT}/templates/-/preview"}
    # Where a template has an image.
    of_a_moment |= {f"{ROOT}/templates/{{slug}}/images/remove"}
    left = {path for path in posts - seen[Role.OWNER] if not path.endswith("/activate")}
    assert left <= of_a_moment
    own = {view.path for view in signed_in_views() if view.method == "POST" and view.need.right is None}
    assert seen[Role.VIEWER] - own == {f"{ROOT}/mode", f"{ROOT}/saved"}


async def test_a_developer_cannot_get_a_live_key_by_any_form(sqlite_shop: Shop) -> None:
    """Made, both modes at once, rotated, enabled or changed: each is refused, and nothing is written."""
    shop = sqlite_shop
    live = (await shop.issued(mode="live")).key
    before = await every_key(shop.keys.store, shop.project_id)
    async with person_of(shop, Role.DEVELOPER, shop.project_id) as person:
        new: dict[str, Any] = {"name": "Mine", "scopes": ["sessions:read"]}
        forms: list[tuple[str, dict[str, Any]]] = [("/api-keys", new | {"mode": "live"})]
        forms += [(f"/credentials/live/{kind}", {}) for kind in ("secret", "publishable")]
        forms += [(f"/api-keys/{live.id}/{verb}", new) for verb in ("edit", "rotate", "disable", "enable", "revoke")]
        forms.append(("/api-keys/revoke", {"key": live.id}))
        for path, fields in forms:
            answer = await person.browser.send(path, **fields)
            assert (answer.status_code, REFUSAL in answer.text) == (403, True), path
        assert await every_key(shop.keys.store, shop.project_id) == before
        assert 'id="mode-live"' not in await person.browser.page("/api-keys/new")
        assert (await person.browser.send("/api-keys", **new, mode="test")).status_code == 201
