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
from typing import Any, Final

from keyturn.admission.layer import KeyLayer
from keyturn.database import StoreError
from keyturn.errors import InvalidKey, KeyConflict, KeyNotFound, KeyturnError
from keyturn.http.pipeline import CLIENT, Answer, Exchange
from keyturn.http.portal_visits import (
    HEADERS,
    LANGUAGE_COOKIE,
    Reader,
    Told,
    Visit,
    answered,
    cookie_of,
    fields_in,
    query_of,
)
from keyturn.http.proxies import Client, Networks, client_by_headers
from keyturn.http.reading import Denied, read_body
from keyturn.keys.listing import UnknownCursor
from keyturn.limiting.gcra import Allowance, Limit
from keyturn.limiting.visitors import visitor
from keyturn.portal.html import OVERLAP_DEFAULT, OVERLAPS, PORTAL_PATH
from keyturn.portal.model import PortalSecret, new_secret, read_secret
from keyturn.portal.operations import NewPortalKey, customer_of, end_session, open_session, portal_of
from keyturn.words import phrase

OPEN_PATH: Final = f"{PORTAL_PATH}/open"
KEYS_PATH: Final = f"{PORTAL_PATH}/keys"
# Looking, of one visitor; changing, of one customer.
LOOKS: Final = Limit(5.0, 60)
CHANGES: Final = Limit(0.2, 20)
ONCE_MAX: Final = 64
ID_MAX: Final = 64
FORM: Final = "application/x-www-form-urlencoded"
_ASSETS: Final = {"page.css": b"text/css; charset=utf-8", "page.js": b"text/javascript; charset=utf-8"}
_OVER: Final = phrase("This session is over. Go back to where you came from, and open your keys from there again.")
_SPENT: Final = phrase(
    "This link was used already, or is too old. Go back to where it came from, and open your keys again."
)
_UNKNOWN: Final = phrase(
    "Your keys cannot be looked up right now. Try again in a moment; look at what was done before."
)
_FAILED: Final = phrase("Something went wrong on our side. Look at what was done before you try again.")
_NOT_FOUND: Final = phrase("Not found")
_NO_PAGE: Final = phrase("There is no such page.")
_UNCLEAR: Final = phrase("That was not understood")
_SEND_OURS: Final = phrase("Send the form of this page.")
_log = logging.getLogger("keyturn")


class PortalPages:
    """Everything below ``/portal``."""

    def __init__(self, layer: KeyLayer, *, plain_http_from: Networks, trusted: Networks) -> None:
        self._layer = layer
        self._plain_http_from = plain_http_from
        self._trusted = trusted
        secure = layer.portal_url.startswith("https:")
        self._cookie = "__Host-keyturn_portal" if secure else "keyturn_portal"
        self._cookie_ends = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
        self._language_ends = f"; Path={PORTAL_PATH}{self._cookie_ends.removeprefix('; Path=/')}"

    async def answer(self, scope: Any, receive: Any) -> Answer:
        """The page that is asked for. What fails is a page, too, and tells no secret to anybody, the log included."""
        exchange = Exchange(scope, receive, "")
        asset = exchange.path.removeprefix(f"{PORTAL_PATH}/")
        if asset in _ASSETS:
            return Answer(200, _asset(asset), _ASSETS[asset], (*HEADERS[2:3], (b"cache-control", b"max-age=3600")))
        reader = Reader(exchange)
        answer = await self._or_told(exchange, reader)
        if reader.picked is None:
            return answer
        kept = f"{LANGUAGE_COOKIE}={reader.picked.tag}{self._language_ends}"
        return answer.adding([(b"set-cookie", kept.encode())])

    async def _or_told(self, exchange: Exchange, reader: Reader) -> Answer:
        try:
            return await self._answer(exchange, reader)
        except Told as told:
            return told.page(reader.words)
        except Denied as refused:
            return Told(refused.denial.status, _UNCLEAR, _SEND_OURS).page(reader.words)
        except StoreError as error:
            _log.error("the store does not answer: %s", error)
            return Told(503, phrase("Not available"), _UNKNOWN, wait_seconds=5).page(reader.words)
        except Exception as error:
            # The path may hold the secret of a link.
            _log.error("%s below %s failed", exchange.method, PORTAL_PATH, exc_info=error)
            return Told(500, phrase("Something went wrong"), _FAILED).page(reader.words)

    async def _answer(self, exchange: Exchange, reader: Reader) -> Answer:
        rest = exchange.path.removeprefix(PORTAL_PATH).strip("/")
        method = "GET" if exchange.method == "HEAD" else exchange.method
        client = self._client(exchange)
        if not client.is_secure(self._plain_http_from):
            raise Told(403, phrase("HTTPS is needed"), phrase("This page is for https:// addresses only."))
        await self._take("look", LOOKS, visitor(client.address))
        first, _, more = rest.partition("/")
        if first == "open":
            return await self._open(exchange, more)
        key_id, _, action = more.partition("/")
        run: Callable[[Visit, str], Awaitable[Answer]] | None = {
            ("GET", "", ""): self._list,
            ("POST", "end", ""): self._end,
            ("POST", "keys", ""): self._create,
            ("GET", "keys", "key"): self._key,
            ("POST", "keys", "rotate"): self._rotate,
            ("POST", "keys", "withdraw"): self._withdraw,
            ("POST", "keys", "revoke"): self._revoke,
        }.get((method, first, action or ("key" if key_id else "")))
        if run is None or len(key_id) > ID_MAX or (action and not key_id):
            raise Told(404, _NOT_FOUND, _NO_PAGE)
        visit = await self._visit(exchange, reader)
        try:
            return await run(visit, key_id)
        except KeyNotFound:
            raise Told(404, _NOT_FOUND, phrase("You have no such key.")) from None

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
            raise Told(HTTPStatus.TOO_MANY_REQUESTS, phrase("Too many requests"), None, wait_seconds=seconds)

    async def _open(self, exchange: Exchange, text: str) -> Answer:
        """Exchange a link for a cookie. What only looks ahead, or shows the page inside of another, spends no link."""
        looks_ahead = "prefetch" in (exchange.header(b"sec-purpose") or exchange.header(b"purpose") or "")
        inside = exchange.header(b"sec-fetch-dest") not in (None, "document")
        if exchange.method != "GET" or looks_ahead or inside:
            told = phrase("It opens your keys once, as a page of its own.")
            raise Told(403, phrase("Open the link in your browser"), told)
        link = read_secret(text)
        if link is None:
            raise Told(404, _NOT_FOUND, phrase("This link is incomplete. Copy all of it."))
        cookie = new_secret()
        session = await open_session(self._layer, link, cookie)
        if session is None:
            # Whoever goes back to the link within their session goes on with it.
            spent, own = await portal_of(self._layer).by_link(link.digest()), self._presented(exchange)
            customer = await customer_of(self._layer, own) if own is not None else None
            if spent is None or customer is None or customer.session.id != spent.id:
                raise Told(HTTPStatus.GONE, phrase("The link is spent"), _SPENT)
            return _to_keys()
        seconds = max((session.expires_at - self._layer.clock.now()) // 1_000, 1)
        told = f"{self._cookie}={cookie.reveal()}; Max-Age={seconds}{self._cookie_ends}"
        return _to_keys((b"set-cookie", told.encode()))

    def _presented(self, exchange: Exchange) -> PortalSecret | None:
        """The cookie that came along, where it is one of ours."""
        return read_secret(cookie_of(exchange, self._cookie))

    async def _visit(self, exchange: Exchange, reader: Reader) -> Visit:
        cookie = self._presented(exchange)
        customer = await customer_of(self._layer, cookie) if cookie is not None else None
        if cookie is None or customer is None:
            raise Told(403, phrase("Not signed in"), _OVER)
        session = customer.session
        reader.knows(session)
        if exchange.method != "POST":
            return Visit(customer, cookie, query_of(exchange), reader)
        await self._take("change", CHANGES, session.project_id, session.mode.value, session.external_id)
        site, origin = exchange.header(b"sec-fetch-site"), exchange.header(b"origin")
        foreign = site not in (None, "same-origin") or origin not in (None, self._layer.portal_url)
        if foreign or (site is None and origin is None):
            told = phrase("The form did not come from this page. Nothing was done.")
            raise Told(403, phrase("Not from this page"), told)
        if (exchange.header(b"content-type") or "").partition(";")[0].strip().lower() != FORM:
            raise Told(415, _UNCLEAR, _SEND_OURS)
        fields = fields_in((await read_body(exchange.receive)).decode("utf-8", "replace"))
        if fields is None:
            raise Told(400, _UNCLEAR, _SEND_OURS)
        visit = Visit(customer, cookie, fields, reader)
        if not hmac.compare_digest(visit.field("token").encode(), visit.token.encode()):
            told = phrase("Go back, load the page again and send it once more.")
            raise Told(403, phrase("The form is too old"), told)
        return visit

    # What is seen.

    async def _list(self, visit: Visit, _: str) -> Answer:
        return await self._listed(visit, after=visit.field("after")[:ID_MAX] or None)

    async def _listed(
        self, visit: Visit, *, after: str | None = None, problem: str | None = None, status: int = 200
    ) -> Answer:
        customer = visit.customer
        try:
            found = await customer.keys(after)
        except UnknownCursor:
            raise Told(404, _NOT_FOUND, _NO_PAGE) from None
        body = visit.pages.list_page(
            customer.session,
            found.keys,
            token=visit.token,
            once=secrets.token_urlsafe(16),
            requests=await customer.requests(found.keys),
            quota=await customer.quota(),
            following=found.next,
            after=after,
            problem=problem,
            given=visit.fields if problem is not None else None,
        )
        return answered(status, body)

    async def _key(self, visit: Visit, key_id: str) -> Answer:
        return await self._key_page(visit, key_id)

    async def _key_page(self, visit: Visit, key_id: str, error: KeyturnError | None = None) -> Answer:
        customer = visit.customer
        shown = await customer.shown(await customer.key(key_id))
        problem = visit.problem(error) if error is not None else None
        return answered(
            _status(error), visit.pages.key_page(customer.session, shown, token=visit.token, problem=problem)
        )

    # What is done.

    async def _create(self, visit: Visit, _: str) -> Answer:
        days, once = visit.field("days"), visit.field("once")
        if not 1 <= len(once) <= ONCE_MAX or (days and not (days.isascii() and days.isdigit() and len(days) <= 4)):
            return await self._listed(visit, problem=visit.words.say(_SEND_OURS), status=400)
        wish = NewPortalKey(
            name=visit.field("name"),
            scopes=visit.fields.get("scope", []),
            days=int(days) or None if days else None,
            once=once,
        )
        try:
            issued = await visit.customer.create(wish)
        except (InvalidKey, KeyConflict) as error:
            problem = visit.problem(error)
            return await self._listed(visit, problem=problem, status=_status(error))
        note = visit.words.say(
            "Keep it where your program finds it, and nowhere else: whoever has it can do all that it may do."
        )
        return answered(200, visit.pages.secret_page(visit.customer.session, issued.key, issued.secret, note=note))

    async def _rotate(self, visit: Visit, key_id: str) -> Answer:
        chosen = visit.field("overlap")
        overlap = next((seconds for seconds in OVERLAPS if str(seconds) == chosen), OVERLAP_DEFAULT)
        try:
            rotated = await visit.customer.rotate(key_id, overlap)
        except (InvalidKey, KeyConflict) as error:
            return await self._key_page(visit, key_id, error)
        say = visit.words.say
        note = (
            say("The earlier key goes on until {time} after the first use of this one.", time=say(OVERLAPS[overlap]))
            if overlap
            else say("The earlier key is refused from now on.")
        )
        return answered(200, visit.pages.secret_page(visit.customer.session, rotated.key, rotated.secret, note=note))

    async def _withdraw(self, visit: Visit, key_id: str) -> Answer:
        try:
            await visit.customer.withdraw(key_id)
        except (InvalidKey, KeyConflict) as error:
            return await self._key_page(visit, key_id, error)
        return await self._key_page(visit, key_id)

    async def _revoke(self, visit: Visit, key_id: str) -> Answer:
        session = visit.customer.session
        if visit.field("confirmed") != "yes":
            raise Told(400, phrase("Not confirmed"), phrase("Tick the box to revoke the key. Nothing was done."))
        try:
            revocation = await visit.customer.revoke(key_id)
        except (InvalidKey, KeyConflict) as error:
            return await self._key_page(visit, key_id, error)
        body = visit.pages.revoked_page(session, revocation.key, revocation.receipt, already=revocation.already)
        return answered(200, body)

    async def _end(self, visit: Visit, _: str) -> Answer:
        session = visit.customer.session
        await end_session(portal_of(self._layer), self._layer.clock, session, by=session.actor)
        gone = (b"set-cookie", f"{self._cookie}=; Max-Age=0{self._cookie_ends}".encode())
        say = visit.words.say
        page = visit.pages.message_page(say("The session is over"), say("You can close this page."), session)
        return answered(200, page).adding([gone])


def _to_keys(*headers: tuple[bytes, bytes]) -> Answer:
    # The address that is left holds a secret, even if it is spent.
    kept = [(name, b"no-referrer" if name == b"referrer-policy" else value) for name, value in HEADERS]
    return Answer(HTTPStatus.SEE_OTHER, b"", b"", (*kept, *headers, (b"location", PORTAL_PATH.encode())))


def _status(error: KeyturnError | None) -> int:
    if error is None:
        return 200
    return HTTPStatus.CONFLICT if isinstance(error, KeyConflict) else HTTPStatus.BAD_REQUEST


@cache
def _asset(name: str) -> bytes:
    return files("keyturn.portal").joinpath(name).read_bytes()
