"""The page on which customers manage their own keys, over HTTP.

Its order is always the same: transport, rate, session (and with it the key that made it, in what is committed); with a
form also where it comes from (``Sec-Fetch-Site`` and ``Origin``) and its token; and only then what it asks for. The
link's secret stands in the path of one request, which spends it: from then on only an HttpOnly cookie goes on with the
session.
"""

import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from keyturn.admission.layer import KeyLayer
from keyturn.database import StoreError
from keyturn.errors import InvalidKey, KeyConflict, KeyExists, KeyNotFound, KeyturnError
from keyturn.http.pipeline import CLIENT, NOT_STORED, Answer, Exchange
from keyturn.http.proxies import Client, Networks, client_by_headers
from keyturn.http.reading import Denied, read_body
from keyturn.keys.listing import UnknownCursor
from keyturn.limiting.gcra import Allowance, Limit
from keyturn.limiting.visitors import visitor
from keyturn.portal import html
from keyturn.portal.html import OVERLAP_DEFAULT, OVERLAPS, PORTAL_PATH
from keyturn.portal.model import PortalSecret, new_secret, read_secret
from keyturn.portal.operations import Customer, NewPortalKey, customer_of, end_session, open_session, portal_of

OPEN_PATH: Final = f"{PORTAL_PATH}/open"
KEYS_PATH: Final = f"{PORTAL_PATH}/keys"
# Looking, of one visitor; changing, of one customer.
LOOKS: Final = Limit(5.0, 60)
CHANGES: Final = Limit(0.2, 20)
FIELDS_MAX: Final = 100
COOKIES_MAX: Final = 16 * 1024
ONCE_MAX: Final = 64
ID_MAX: Final = 64
HTML: Final = b"text/html; charset=utf-8"
FORM: Final = "application/x-www-form-urlencoded"
_ASSETS: Final = {"page.css": b"text/css; charset=utf-8", "page.js": b"text/javascript; charset=utf-8"}
_HEADERS: Final = (
    NOT_STORED,
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; "
        b"frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    # Under `no-referrer`, browsers send `Origin: null` with a form. Other origins are told nothing either way.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_OVER: Final = "This session is over. Go back to where you came from, and open your keys from there again."
_SPENT: Final = "This link was used already, or is too old. Go back to where it came from, and open your keys again."
_log = logging.getLogger("keyturn")


class _Told(Exception):
    """Carries a page out of what was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class _Visit(NamedTuple):
    """One request in an open session."""

    customer: Customer
    cookie: PortalSecret
    fields: dict[str, list[str]]

    @property
    def token(self) -> str:
        return self.cookie.form_token()

    def field(self, name: str) -> str:
        return (self.fields.get(name) or [""])[0]


class PortalPages:
    """Everything below ``/portal``."""

    def __init__(self, layer: KeyLayer, *, plain_http_from: Networks, trusted: Networks) -> None:
        self._layer = layer
        self._plain_http_from = plain_http_from
        self._trusted = trusted
        secure = layer.portal_url.startswith("https:")
        self._cookie = "__Host-keyturn_portal" if secure else "keyturn_portal"
        self._cookie_ends = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")

    async def answer(self, scope: Any, receive: Any) -> Answer:
        """The page that is asked for. What fails is a page, too, and tells no secret to anybody, the log included."""
        exchange = Exchange(scope, receive, "")
        try:
            return await self._answer(exchange)
        except _Told as told:
            return told.answer
        except Denied as refused:
            return _page(refused.denial.status, html.message_page("That was not understood", refused.denial.message))
        except StoreError as error:
            _log.error("the store does not answer: %s", error)
            text = "Your keys cannot be looked up right now. Try again in a moment; look at what was done before."
            return _page(503, html.message_page("Not available", text)).adding([(b"retry-after", b"5")])
        except Exception as error:
            # The path may hold the secret of a link.
            _log.error("%s below %s failed", exchange.method, PORTAL_PATH, exc_info=error)
            text = "Something went wrong on our side. Look at what was done before you try again."
            return _page(500, html.message_page("Something went wrong", text))

    async def _answer(self, exchange: Exchange) -> Answer:
        rest = exchange.path.removeprefix(PORTAL_PATH).strip("/")
        method = "GET" if exchange.method == "HEAD" else exchange.method
        if rest in _ASSETS:
            return Answer(200, _asset(rest), _ASSETS[rest], (*_HEADERS[2:3], (b"cache-control", b"max-age=3600")))
        client = self._client(exchange)
        if not client.is_secure(self._plain_http_from):
            raise _told(403, "HTTPS is needed", "This page is for https:// addresses only.")
        await self._take("look", LOOKS, visitor(client.address))
        first, _, more = rest.partition("/")
        if first == "open":
            return await self._open(exchange, more)
        key_id, _, action = more.partition("/")
        run: Callable[[_Visit, str], Awaitable[Answer]] | None = {
            ("GET", "", ""): self._list,
            ("POST", "end", ""): self._end,
            ("POST", "keys", ""): self._create,
            ("GET", "keys", "key"): self._key,
            ("POST", "keys", "rotate"): self._rotate,
            ("POST", "keys", "withdraw"): self._withdraw,
            ("POST", "keys", "revoke"): self._revoke,
        }.get((method, first, action or ("key" if key_id else "")))
        if run is None or len(key_id) > ID_MAX or (action and not key_id):
            raise _told(404, "Not found", "There is no such page.")
        visit = await self._visit(exchange)
        try:
            return await run(visit, key_id)
        except KeyNotFound:
            raise _told(404, "Not found", "You have no such key.") from None

    def _client(self, exchange: Exchange) -> Client:
        scope = exchange.scope
        known: Client | None = scope.get(CLIENT)
        if known is not None:
            return known
        peer = scope["client"][0] if scope.get("client") else None
        return client_by_headers(peer, scope.get("scheme"), exchange.headers, self._trusted)

    async def _take(self, what: str, limit: Limit, *whose: str) -> None:
        taken = self._layer.visitors.take(":".join(("portal", what, *whose)), limit)
        allowance = taken if isinstance(taken, Allowance) else await taken
        if allowance.exceeded:
            seconds = max(round(allowance.retry_after_seconds + 0.5), 1)
            answer = _page(429, html.message_page("Too many requests", f"Try again in {seconds} seconds."))
            raise _Told(answer.adding([(b"retry-after", b"%d" % seconds)]))

    async def _open(self, exchange: Exchange, text: str) -> Answer:
        """Exchange a link for a cookie. What only looks ahead, or shows the page inside of another, spends no link."""
        looks_ahead = "prefetch" in (exchange.header(b"sec-purpose") or exchange.header(b"purpose") or "")
        inside = exchange.header(b"sec-fetch-dest") not in (None, "document")
        if exchange.method != "GET" or looks_ahead or inside:
            raise _told(403, "Open the link in your browser", "It opens your keys once, as a page of its own.")
        link = read_secret(text)
        if link is None:
            raise _told(404, "Not found", "This link is incomplete. Copy all of it.")
        cookie = new_secret()
        session = await open_session(self._layer, link, cookie)
        if session is None:
            # Whoever goes back to the link within their session goes on with it.
            spent, own = await portal_of(self._layer).by_link(link.digest()), self._presented(exchange)
            customer = await customer_of(self._layer, own) if own is not None else None
            if spent is None or customer is None or customer.session.id != spent.id:
                raise _told(HTTPStatus.GONE, "The link is spent", _SPENT)
            return _to_keys()
        seconds = max((session.expires_at - self._layer.clock.now()) // 1_000, 1)
        told = f"{self._cookie}={cookie.reveal()}; Max-Age={seconds}{self._cookie_ends}"
        return _to_keys((b"set-cookie", told.encode()))

    def _presented(self, exchange: Exchange) -> PortalSecret | None:
        """The cookie that came along, where it is one of ours."""
        sent = exchange.header(b"cookie") or ""
        if len(sent) > COOKIES_MAX:
            return None
        named = (one.strip().removeprefix(f"{self._cookie}=") for one in sent.split(";") if self._cookie in one)
        return read_secret(next(named, ""))

    async def _visit(self, exchange: Exchange) -> _Visit:
        cookie = self._presented(exchange)
        customer = await customer_of(self._layer, cookie) if cookie is not None else None
        if cookie is None or customer is None:
            raise _told(403, "Not signed in", _OVER)
        if exchange.method != "POST":
            query = exchange.scope["query_string"].decode("latin-1")
            return _Visit(customer, cookie, _fields(query))
        session = customer.session
        await self._take("change", CHANGES, session.project_id, session.mode.value, session.external_id)
        site, origin = exchange.header(b"sec-fetch-site"), exchange.header(b"origin")
        foreign = site not in (None, "same-origin") or origin not in (None, self._layer.portal_url)
        if foreign or (site is None and origin is None):
            raise _told(403, "Not from this page", "The form did not come from this page. Nothing was done.")
        if (exchange.header(b"content-type") or "").partition(";")[0].strip().lower() != FORM:
            raise _told(415, "That was not understood", "Send the form of this page.")
        fields = _fields((await read_body(exchange.receive)).decode("utf-8", "replace"))
        visit = _Visit(customer, cookie, fields)
        if not hmac.compare_digest(visit.field("token").encode(), visit.token.encode()):
            raise _told(403, "The form is too old", "Go back, load the page again and send it once more.")
        return visit

    # What is seen.

    async def _list(self, visit: _Visit, _: str) -> Answer:
        return await self._listed(visit, after=visit.field("after")[:ID_MAX] or None)

    async def _listed(
        self, visit: _Visit, *, after: str | None = None, problem: str | None = None, status: int = 200
    ) -> Answer:
        customer = visit.customer
        try:
            found = await customer.keys(after)
        except UnknownCursor:
            raise _told(404, "Not found", "There is no such page.") from None
        body = html.list_page(
            customer.session,
            found.keys,
            token=visit.token,
            once=secrets.token_urlsafe(16),
            requests=await customer.requests(found.keys),
            quota=await customer.quota(),
            following=found.next,
            first=after is None,
            problem=problem,
            given=visit.fields if problem is not None else None,
        )
        return _page(status, body)

    async def _key(self, visit: _Visit, key_id: str) -> Answer:
        return await self._key_page(visit, key_id)

    async def _key_page(self, visit: _Visit, key_id: str, error: KeyturnError | None = None) -> Answer:
        customer = visit.customer
        shown = await customer.shown(await customer.key(key_id))
        problem = _sentence(error) if error is not None else None
        return _page(_status(error), html.key_page(customer.session, shown, token=visit.token, problem=problem))

    # What is done.

    async def _create(self, visit: _Visit, _: str) -> Answer:
        days, once = visit.field("days"), visit.field("once")
        if not 1 <= len(once) <= ONCE_MAX or (days and not (days.isascii() and days.isdigit() and len(days) <= 4)):
            return await self._listed(visit, problem="Fill in the form of this page.", status=400)
        wish = NewPortalKey(
            name=visit.field("name"),
            scopes=visit.fields.get("scope", []),
            days=int(days) or None if days else None,
            once=once,
        )
        try:
            issued = await visit.customer.create(wish)
        except KeyExists:
            told = "This form has made its key already. A key is shown once; if you do not have it, revoke it."
            return await self._listed(visit, problem=told, status=409)
        except (InvalidKey, KeyConflict) as error:
            return await self._listed(visit, problem=_sentence(error), status=_status(error))
        note = "Keep it where your program finds it, and nowhere else: whoever has it can do all that it may do."
        return _page(200, html.secret_page(visit.customer.session, issued.key, issued.secret, note=note))

    async def _rotate(self, visit: _Visit, key_id: str) -> Answer:
        chosen = visit.field("overlap")
        overlap = next((seconds for seconds in OVERLAPS if str(seconds) == chosen), OVERLAP_DEFAULT)
        try:
            rotated = await visit.customer.rotate(key_id, overlap)
        except (InvalidKey, KeyConflict) as error:
            return await self._key_page(visit, key_id, error)
        note = (
            "The earlier key is refused from now on."
            if overlap == 0
            else f"The earlier key goes on until {OVERLAPS[overlap]} after the first use of this one."
        )
        return _page(200, html.secret_page(visit.customer.session, rotated.key, rotated.secret, note=note))

    async def _withdraw(self, visit: _Visit, key_id: str) -> Answer:
        try:
            await visit.customer.withdraw(key_id)
        except (InvalidKey, KeyConflict) as error:
            return await self._key_page(visit, key_id, error)
        return await self._key_page(visit, key_id)

    async def _revoke(self, visit: _Visit, key_id: str) -> Answer:
        session = visit.customer.session
        if visit.field("confirmed") != "yes":
            raise _told(400, "Not confirmed", "Tick the box to revoke the key. Nothing was done.")
        try:
            revocation = await visit.customer.revoke(key_id)
        except (InvalidKey, KeyConflict) as error:
            return await self._key_page(visit, key_id, error)
        body = html.revoked_page(session, revocation.key, revocation.receipt, already=revocation.already)
        return _page(200, body)

    async def _end(self, visit: _Visit, _: str) -> Answer:
        session = visit.customer.session
        await end_session(portal_of(self._layer), self._layer.clock, session, by=session.actor)
        gone = (b"set-cookie", f"{self._cookie}=; Max-Age=0{self._cookie_ends}".encode())
        return _page(200, html.message_page("The session is over", "You can close this page.", session)).adding([gone])


def _told(status: int, title: str, text: str) -> _Told:
    return _Told(_page(status, html.message_page(title, text)))


def _page(status: int, body: bytes) -> Answer:
    return Answer(status, body, HTML, _HEADERS)


def _to_keys(*headers: tuple[bytes, bytes]) -> Answer:
    # The address that is left holds a secret, even if it is spent.
    kept = [(name, b"no-referrer" if name == b"referrer-policy" else value) for name, value in _HEADERS]
    return Answer(HTTPStatus.SEE_OTHER, b"", b"", (*kept, *headers, (b"location", PORTAL_PATH.encode())))


def _fields(text: str) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise _told(400, "That was not understood", f"The form has more than {FIELDS_MAX} fields.") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _sentence(error: KeyturnError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def _status(error: KeyturnError | None) -> int:
    if error is None:
        return 200
    return HTTPStatus.CONFLICT if isinstance(error, KeyConflict) else HTTPStatus.BAD_REQUEST


@cache
def _asset(name: str) -> bytes:
    return files("keyturn.portal").joinpath(name).read_bytes()
