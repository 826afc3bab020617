"""The road into the dashboard: every request goes through the same steps, in the same order.

1. A form must come from a page of this very origin (``Origin`` and ``Sec-Fetch-Site``), be small and be a form.
2. The cookie says who it is; nobody is sent to sign in. A view that lets anybody in says so.
3. A form of somebody who is signed in carries the token that only their pages have.
4. Their role in the project includes what the view needs, in the mode of what it is about (``tillgate.access.roles``).
   A view without a need does not start.
5. A form that changes a dangerous setting asks for the password, unless it was proved of late in this browser.
6. The view answers, a form once, however often it is sent. What operations refuse becomes a page in plain words.
7. Every answer leaves with the same strict headers.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from http import HTTPStatus
from typing import Final, Literal, NamedTuple, TypeVar
from urllib.parse import urlencode

import structlog
from jinja2 import Environment
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from keyturn.database import Operation, StoreError, StoreUnavailable
from tillgate.access.accounts import Right, SignedIn
from tillgate.access.accounts.model import CONFIRMED_FOR_MS, DEVICE_LIFETIME_MS, SEEN_EVERY_MS, SIGN_IN_LIFETIME_MS
from tillgate.access.second_factor.model import HALFWAY_MS
from tillgate.base import ids
from tillgate.base.clock import MINUTE_MS, SECOND_MS
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound, TillgateError, TooOften, Unavailable
from tillgate.base.principal import Principal
from tillgate.dashboard.context import DashboardContext
from tillgate.dashboard.cookies import cookie_of
from tillgate.dashboard.flash import FLASHES
from tillgate.dashboard.forms import (
    BODY_BYTES_MAX,
    CONTENT_TYPE,
    FIELDS_MAX,
    LARGE_BYTES_MAX,
    LARGE_FIELDS_MAX,
    LARGE_UPLOAD_BYTES_MAX,
    UPLOAD_BYTES_MAX,
    UPLOAD_TYPE,
    Draft,
    Form,
    local_path,
    parse,
    parse_upload,
)
from tillgate.dashboard.words import message_of
from tillgate.store import Transaction, idempotency
from tillgate.store.idempotency import IdempotentRequest, StoredAnswer

T = TypeVar("T")

COOKIE: Final = "tillgate_session"
# Over TLS: browsers take such a name only from the very host, over TLS, for every path; so no neighbour under the same
# domain, nor anybody on the way before TLS, can put a cookie of theirs in its place (RFC 6265bis, 4.1.3.2).
SECURE_PREFIX: Final = "__Host-"
# A device that somebody has signed in from; it lets nobody in.
DEVICE_COOKIE: Final = "tillgate_device"
DEVICE_LENGTH_MAX: Final = 100
FLASH_COOKIE: Final = "tillgate_flash"
FLASH_SECONDS: Final = 30
# A browser whose password was right, on its way to the second step; it lets nobody in.
HALFWAY_COOKIE: Final = "tillgate_halfway"
# The fields that the page which asks for a proof adds to the form it holds.
CONFIRM_PASSWORD: Final = "confirm_password"  # noqa: S105 — a field's name
CONFIRM_PASSKEY: Final = "confirm_passkey"

# A form whose first click is being answered: how often, and how long apart, to look for the outcome.
_BUSY_LOOKS: Final = 30
_BUSY_SECONDS: Final = 0.1
_BUSY: Final = "It was sent a moment ago. Nothing is done twice; open the page again to see the outcome."
_SENT: Final = StoredAnswer(HTTPStatus.SEE_OTHER, b"", "")
# /dashboard/sessions: what lies deeper belongs to the page above it.
_PATH_DEPTH: Final = 2

# `same-origin` rather than `no-referrer`: under the latter browsers send `Origin: null` with a form, and
# there would be nothing to check. Other origins are told nothing either way.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_log = structlog.get_logger("dashboard")


def is_secure(request: Request, context: DashboardContext) -> bool:
    """Whether cookies are to travel over TLS only."""
    return request.url.scheme == "https" or context.public_url.startswith("https:")


def _named(name: str, secure: bool) -> str:
    """A cookie's name where it travels over TLS only, or in clear."""
    return f"{SECURE_PREFIX}{name}" if secure else name


class OpenCall:
    """A request whose sender may be anybody, and the means to answer it."""

    def __init__(self, site: "Site", request: Request, *, form: Form, who: SignedIn | None, cookie: str) -> None:
        self._site = site
        self.context: DashboardContext = site.context
        self.request = request
        self.form = form
        self.known = who
        self.cookie = cookie

    def param(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str | None:
        """A parameter of the query; None where it is missing or empty."""
        return self.request.query_params.get(name, "").strip() or None

    @property
    def secure(self) -> bool:
        """Whether cookies are to travel over TLS only."""
        return is_secure(self.request, self.context)

    @property
    def address(self) -> str:
        """Where the request comes from; empty where that is not known."""
        return self.request.client.host if self.request.client else ""

    @property
    def agent(self) -> str:
        """What the browser calls itself."""
        return self.request.headers.get("user-agent", "")

    def page(self, template: str, *, status_code: int = 200, **context: object) -> Response:
        """A page. Whatever an earlier answer wanted to have said is said on it."""
        flash = FLASHES.get(cookie_of(self.request, _named(FLASH_COOKIE, self.secure)))
        to_api = self._site.templates.get_template(template).render(
            {
                "who": self.known,
                "csrf": self.known.csrf_token if self.known else "",
                "form_id": _form_id(self.known),
                "now": self.context.clock.now(),
                "public_url": self.context.public_url,
                "live_ready": getattr(self.request.state, "live_ready", False),
                "flash": flash,
                "may": self.known.may if self.known else _nothing,
                "section": "",
                **context,
            }
        )
        response = HTMLResponse(to_api, status_code=status_code)
        if flash is not None:
            name = _named(FLASH_COOKIE, self.secure)
            response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=self.secure)
        return response

    def go(self, path: str, *, flash: str | None = None) -> Response:
        """Send the browser to another page of the dashboard, which says what was done.

        Args:
            flash: a key of :data:`tillgate.dashboard.flash.FLASHES`.
        """
        response = RedirectResponse(path, status_code=303)
        if flash is not None:
            if flash not in FLASHES:
                raise LookupError(f"tillgate.dashboard.flash has no text {flash!r}")
            response.set_cookie(
                _named(FLASH_COOKIE, self.secure),
                flash,
                max_age=FLASH_SECONDS,
                path="/",
                httponly=True,
                samesite="lax",
                secure=self.secure,
            )
        return response

    def remember(self, response: Response, cookie: str) -> None:
        """Give the browser the cookie that says who it is."""
        response.set_cookie(
            _named(COOKIE, self.secure),
            cookie,
            max_age=SIGN_IN_LIFETIME_MS // SECOND_MS,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self.secure,
        )

    @property
    def halfway(self) -> str:
        """What the first step of signing in gave this browser; empty where there was none."""
        shown = cookie_of(self.request, _named(HALFWAY_COOKIE, self.secure)) or ""
        return shown if len(shown) <= DEVICE_LENGTH_MAX and shown.isascii() else ""

    def remember_halfway(self, response: Response, token: str) -> None:
        """Give the browser what it shows with the second step, or take that away."""
        response.set_cookie(
            _named(HALFWAY_COOKIE, self.secure),
            token,
            max_age=HALFWAY_MS // SECOND_MS if token else 0,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self.secure,
        )

    @property
    def device(self) -> str:
        """What this browser was given when somebody signed in from it; empty where nobody has."""
        shown = cookie_of(self.request, _named(DEVICE_COOKIE, self.secure)) or ""
        return shown if len(shown) <= DEVICE_LENGTH_MAX and shown.isascii() else ""

    def remember_device(self, response: Response, device: str) -> None:
        """Give the browser what says that somebody has signed in from it."""
        response.set_cookie(
            _named(DEVICE_COOKIE, self.secure),
            device,
            max_age=DEVICE_LIFETIME_MS // SECOND_MS,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self.secure,
        )

    def forget(self, response: Response) -> None:
        """Take that cookie away."""
        name = _named(COOKIE, self.secure)
        response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=self.secure)


class Call(OpenCall):
    """A request of somebody who is signed in."""

    def __init__(self, site: "Site", request: Request, *, form: Form, who: SignedIn, cookie: str) -> None:
        super().__init__(site, request, form=form, who=who, cookie=cookie)
        self.who = who
        self._mark: IdempotentRequest | None = None
        self._sent = False

    @property
    def principal(self) -> Principal:
        return self.who.principal

    async def read(self, operation: Operation[T]) -> T:
        """Run an operation that only reads."""
        return await self.context.database.read(operation)

    async def write(self, operation: Operation[T]) -> T:
        """Run an operation in one transaction, in which the form that asks for it is marked as sent."""
        mark = self._mark
        if mark is None:
            return await self.context.database.write(operation)

        async def marked(tx: Transaction) -> T:
            made = await operation(tx)
            if not await idempotency.finish(tx, mark, _SENT):
                raise Conflict(_BUSY)
            return made

        made = await self.context.database.write(marked)
        # What else the view writes belongs to the same form.
        self._mark, self._sent = None, True
        return made

    async def answered_once(self, answer: Callable[["Call"], Awaitable[Response]]) -> Response:
        """Answer a form, and if it was answered before, lead to where that answer led: a reload after a lost answer, a
        double click or a second tab does nothing again.

        A form is the same if its page, its path and its values are. The mark is set in the transaction of what it asks
        for; so what was done is never done again, however the answer was lost. What was refused may be sent again.
        """
        mark = await self._marked_form()
        if mark is None:
            return await answer(self)
        earlier = await self._claimed(mark)
        if earlier is not None:
            if earlier.status == HTTPStatus.SEE_OTHER:
                return self.go(earlier.body.decode() or self._above(), flash="sent_before")
            # What it answered was shown once; the view says so.
            return await answer(self)
        self._mark = mark
        try:
            response = await answer(self)
        except BaseException:
            await self._unclaimed(mark)
            raise
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            await self._unclaimed(mark)
            return response
        where = response.headers.get("location", "")
        kept = StoredAnswer(HTTPStatus.SEE_OTHER if where else HTTPStatus.OK, where.encode(), "")
        # It is done; where it led is a courtesy.
        with suppress(StoreError):
            await self.context.database.write(lambda tx: idempotency.amend(tx, mark, kept))
        return response

    async def _marked_form(self) -> IdempotentRequest | None:
        """The name of the form that was sent; None where nobody gave it one."""
        shown = self.form.one("form_id")
        if not shown:
            return None
        name = mark_of(
            shown, self.request.url.path, self.form.fields_but("form_id", "csrf", CONFIRM_PASSWORD, CONFIRM_PASSKEY)
        )
        now, principal = self.context.clock.now(), self.principal
        # What a form changes may be the project or the mode that its sender looks at: it is known where it was shown.
        project_id, _, mode = shown.partition(".")[2].partition(".")
        if project_id and project_id != principal.project_id:
            theirs = await self.context.accounts.projects_of(self.who.user)
            if any(project.id == project_id for project in theirs):
                principal = principal._replace(project_id=project_id)
        principal = principal._replace(livemode=mode == "live" if mode else principal.livemode)
        return IdempotentRequest(principal, name, "", now, namespace="sent", owner=self.who.user.id)

    async def _claimed(self, mark: IdempotentRequest) -> StoredAnswer | None:
        """What the form was answered before; None where it is this request's to answer."""
        for _ in range(_BUSY_LOOKS):
            with suppress(Conflict):
                return await self.context.database.write(lambda tx: idempotency.begin(tx, mark))
            # The first click is being answered: soon it is known where it leads.
            await asyncio.sleep(_BUSY_SECONDS)
        raise _Refused(409, "This form is being processed.", _BUSY)

    async def _unclaimed(self, mark: IdempotentRequest) -> None:
        """Let a form that failed be sent again."""
        if not self._sent:
            with suppress(StoreError):
                await self.context.database.write(lambda tx: idempotency.release(tx, mark))

    def _above(self) -> str:
        """The page that a form's path belongs to, where nobody knows any more where it led."""
        path = self.request.url.path
        return path.rpartition("/")[0] if path.count("/") > _PATH_DEPTH else path

    def seen(self, mark: str) -> Response | None:
        """What to answer a page that looks for news and has seen it all; None where there is something to show.

        Without this, a page that looks again every few seconds would be replaced by its like each time, and a
        screen reader would read it out again.

        Args:
            mark: of what is to be shown, by :func:`mark_of`; the page asks with that of what it shows.
        """
        if self.request.headers.get("hx-request") == "true" and self.query("seen") == mark:
            return Response(status_code=204)
        return None

    @asynccontextmanager
    async def once(self, title: str, words: str) -> AsyncIterator[None]:
        """Let a form whose answer holds a secret be sent once: a reload or a double click sends it again.

        It is kept for a day, and by whichever process answers; after that it would make a second secret, never give
        a second look at the first. What fails inside may be sent again.

        Args:
            title, words: what to say to whoever sends it again.
        """
        # Every page's form has an id; one without was put together by hand, and means what it says.
        name = mark_of(self.form.one("form_id") or ids.new_ulid())
        request = IdempotentRequest(
            self.principal, name, "", self.context.clock.now(), namespace="form", owner=self.who.user.id
        )
        write = self.context.database.write
        try:
            sent = await write(lambda tx: idempotency.begin(tx, request)) is not None
        except Conflict:
            sent = True
        if sent:
            raise _Refused(409, title, words)
        try:
            yield
        except BaseException:
            with suppress(StoreError):
                await write(lambda tx: idempotency.release(tx, request))
            raise
        # The secret is made, and is shown whatever the outcome.
        with suppress(StoreError):
            await write(lambda tx: idempotency.finish(tx, request, StoredAnswer(HTTPStatus.CREATED, b"")))


async def looked_at(call: Call) -> Sequence[bool]:
    """The mode that the browser looks at."""
    return (call.who.livemode,)


async def both_modes(call: Call) -> Sequence[bool]:
    """Test mode and live mode alike."""
    return (False, True)


async def either_mode(call: Call) -> Sequence[bool]:
    """Nothing that has a mode yet."""
    return ()


class Confirm(Enum):
    """Which forms ask for the password again: dangerous settings, listed in ``docs/people.md``."""

    NEVER = auto()
    LIVE = auto()  # where what it is about is of live mode
    ALWAYS = auto()


class Need(NamedTuple):
    """What somebody who is signed in has to have for a view.

    Attributes:
        right: None for a view that is about nothing but their own sign-in.
        modes: whether what the view is about is of live mode; the right is needed in each of these. Where there is
            nothing that has a mode, it is needed in any of the two: a form before it is filled in, and what the view
            answers with its own 404.
        confirm: whether it is a dangerous setting.
    """

    right: Right | None
    modes: Callable[[Call], Awaitable[Sequence[bool]]] = looked_at
    confirm: Confirm = Confirm.NEVER

    @property
    def confirmed(self) -> "Need":
        """The same for a dangerous setting."""
        return self._replace(confirm=Confirm.ALWAYS)

    @property
    def confirmed_live(self) -> "Need":
        """The same for what is a dangerous setting in live mode."""
        return self._replace(confirm=Confirm.LIVE)


ANYBODY: Final = Need(None)
READ: Final = Need(Right.READ)
READ_BOTH: Final = Need(Right.READ, both_modes)
SELL: Final = Need(Right.SELL)
MONEY: Final = Need(Right.MONEY)


class View(NamedTuple):
    """What answers a method at a path, for people who are signed in and whose role includes the need.

    Attributes:
        uploads: whether its form carries a file, and may be as large as that.
        large: whether its form holds a document, or its file is as large as all images of one.
    """

    method: Literal["GET", "POST"]
    path: str
    answer: Callable[[Call], Awaitable[Response]]
    need: Need
    uploads: bool = False
    large: bool = False


class PublicView(NamedTuple):
    """The same for anybody at all."""

    method: Literal["GET", "POST"]
    path: str
    answer: Callable[[OpenCall], Awaitable[Response]]


def _form_id(who: SignedIn | None) -> str:
    """A name for the forms of a page: another for each time that it is shown, and where it was."""
    return f"{ids.new_ulid()}.{who.principal.project_id}.{who.principal.mode}" if who is not None else ids.new_ulid()


def mark_of(*facts: object) -> str:
    """A short name for these facts, another for others."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


class Site:
    """What every page stands in."""

    def __init__(self, context: DashboardContext, templates: Environment) -> None:
        self.context = context
        self.templates = templates


class Page:
    """One path with its views: an ASGI app, so that every method is answered here."""

    def __init__(self, site: Site, path: str, views: Mapping[str, View | PublicView]) -> None:
        self._site = site
        self._path = path
        self._views = views

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        response.headers.update(HEADERS)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        call = OpenCall(self._site, request, form=Form({}), who=None, cookie="")
        try:
            cookie = cookie_of(request, _named(COOKIE, is_secure(request, self._site.context)))
            who = await self._site.context.accounts.signed_in(cookie) if cookie else None
            if who is not None and who.livemode:
                request.state.live_ready = await self._is_live(who.project.id)
            call = OpenCall(self._site, request, form=Form({}), who=who, cookie=cookie)
            view = self._views.get("GET" if request.method == "HEAD" else request.method)
            if view is None:
                allowed = sorted({"HEAD", *self._views} if "GET" in self._views else set(self._views))
                response = apology(call, 405)
                response.headers["Allow"] = ", ".join(allowed)
                return response
            if "\0" in request.url.path or "%00" in request.url.path:
                raise NotFound("page")
            if view.method == "POST":
                _check_origin(request, self._site.context.public_url)
            if isinstance(view, PublicView):
                form = await _read(request, uploads=False) if view.method == "POST" else Form({})
                return await view.answer(OpenCall(self._site, request, form=form, who=who, cookie=cookie))
            if who is None:
                return _to_sign_in(call, view)  # what a stranger sends is not read
            return await self._answer_signed_in(request, view, who, cookie)
        except _Refused as refused:
            return apology(call, refused.status_code, refused.title, refused.words)
        except TillgateError as error:
            return apology(call, _status_code(error), words=message_of(error))
        except StoreUnavailable as error:
            _log.error("dashboard.store_unavailable", path=self._path, detail=str(error))
            return apology(OpenCall(self._site, request, form=Form({}), who=None, cookie=""), 503)
        except ClientDisconnect:
            raise
        except Exception:
            # The path as declared: what stands in it may be a set-up token.
            _log.exception("dashboard.failed", method=request.method, path=self._path)
            return apology(call, 500)

    async def _is_live(self, project_id: str) -> bool:
        """Whether live payments are set up for a project: each page in live mode says so."""
        context = self._site.context
        return await context.database.read(lambda tx: context.checkout.is_live(tx, project_id))

    async def _answer_signed_in(self, request: Request, view: View, who: SignedIn, cookie: str) -> Response:
        form = Form({})
        if view.uploads or view.large:
            # A file is large, so it is read of nobody who may not send it.
            await _check_role(Call(self._site, request, form=form, who=who, cookie=cookie), view.need)
        if view.method == "POST":
            form = await _read(request, uploads=view.uploads, large=view.large)
            if not hmac.compare_digest(form.one("csrf").encode(), who.csrf_token.encode()):
                raise _Refused(
                    403,
                    "This form belongs to an earlier sign-in.",
                    "Nothing was changed. Go back, reload the page and submit the form again.",
                )
        asked = Call(self._site, request, form=form, who=who, cookie=cookie)
        await _check_role(asked, view.need)
        asking = await _confirmation(asked, view)
        if asking is not None:
            return asking
        await _note_seen(asked)
        return await (asked.answered_once(view.answer) if view.method == "POST" else view.answer(asked))


_TITLES: Final = {
    400: "This address is not valid.",
    403: "This is not allowed.",
    404: "Page not found.",
    405: "This page does not support that action.",
    409: "That is not possible right now.",
    429: "Too many attempts.",
    500: "Something went wrong on our side.",
    503: "The database does not answer.",
}
_LEADS_ON: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
# The lists that objects have, by what their paths begin with.
_LISTS: Final = {
    "api-keys": "All API keys",
    "coupons": "All coupons",
    "customers": "All customers",
    "events": "All events",
    "orders": "All orders",
    "payment-links": "All payment links",
    "payments": "All payments",
    "people": "All people",
    "products": "All products",
    "refunds": "All refunds",
    "sessions": "All sessions",
    "templates": "All templates",
    "unassigned": "All unassigned transfers",
    "webhooks": "All webhook endpoints",
}
_WORDS: Final = {
    404: "It may have been deleted, or it belongs to the other mode: the mode switch is at the top.",
    405: "Use the links and buttons of the dashboard.",
    500: "The change was not made. Try again; the server's log has the details.",
    503: "Try again in a moment; the server's log has the details.",
}


def apology(call: OpenCall, status_code: int, title: str = "", words: str = "") -> Response:
    """A page that says what is the matter and what to do."""
    return call.page(
        "apology.html",
        status_code=status_code,
        code=status_code,
        title=title or _TITLES.get(status_code) or HTTPStatus(status_code).phrase + ".",
        words=words if status_code != 404 or title else _WORDS[404],
        hint="" if words or status_code == 404 else _WORDS.get(status_code, ""),
        ways=_ways(call.request, status_code) if call.known and status_code in _LEADS_ON else [],
    )


def _ways(request: Request, status_code: int) -> list[tuple[str, str]]:
    """Where a page that cannot be shown leads: to what a form was about, and to the list of such objects."""
    noun, *below = request.url.path.removeprefix("/dashboard/").split("/")
    found = []
    if noun in _LISTS:
        if request.method == "POST" and len(below) > 1 and status_code != HTTPStatus.NOT_FOUND:
            found.append((f"/dashboard/{noun}/{below[0]}", "Back to the page of the form"))
        if below or request.method == "POST":
            found.append((f"/dashboard/{noun}", _LISTS[noun]))
    return found


class Unusable(TillgateError):
    """An address or a form that no page of the dashboard makes; the sentence says what was expected."""

    default_code = "invalid_query"


class _Refused(Exception):
    """A request that no view gets to see."""

    def __init__(self, status_code: int, title: str, words: str) -> None:
        super().__init__(title)
        self.status_code = status_code
        self.title = title
        self.words = words


def _status_code(error: TillgateError) -> int:
    match error:
        case InvalidInput() | Unusable():
            return 400
        case NotFound():
            return 404
        case Conflict():
            return 409
        case Forbidden():
            return 403
        case TooOften():
            return 429
        case Unavailable():
            return 503
        case _:
            return 500


def _nothing(right: str, livemode: bool | None = None) -> bool:
    """What somebody who is not signed in may do."""
    return False


async def is_allowed(call: "Call", need: Need) -> bool:
    """Whether the role of whoever is signed in includes this."""
    if need.right is None:
        return True
    modes = await need.modes(call)
    allowed = [call.who.may(need.right, livemode) for livemode in modes or (False, True)]
    return all(allowed) if modes else any(allowed)


async def _check_role(call: Call, need: Need) -> None:
    """Refuse what the role of whoever is signed in does not include; the one place that does."""
    if not await is_allowed(call, need):
        raise _Refused(
            403,
            "Your role does not allow this.",
            f"Nothing was changed. You are {call.who.role.value} in this project; somebody with another role in it can "
            "do this, or an owner of this server can give you one.",
        )


async def _confirmation(call: Call, view: View) -> Response | None:
    """The page that asks whoever is signed in to prove that it is them; None where that is not needed, or is done.

    It holds the form as it was sent, so that nothing is filled in twice.
    """
    need, now = view.need, call.context.clock.now()
    if view.method != "POST" or need.confirm is Confirm.NEVER:
        return None
    if need.confirm is Confirm.LIVE and True not in await need.modes(call):
        return None
    if now - call.who.confirmed_at < CONFIRMED_FOR_MS:
        return None
    password, passkey = call.form.one(CONFIRM_PASSWORD), call.form.one(CONFIRM_PASSKEY)
    user, problems, status_code = call.who.user, dict[str, str](), 403
    try:
        if passkey:
            if await call.context.second_factors.confirm(call.cookie, user, passkey):
                return None
            problems = {"": "The passkey was not accepted. Try again, or enter your password."}
        elif password:
            if await call.context.accounts.confirm(call.cookie, user, password):
                return None
            problems = {CONFIRM_PASSWORD: "That is not your password."}
    except Forbidden as error:
        problems, status_code = {"": error.public}, 429
    url = call.request.url
    return call.page(
        "account/confirm.html",
        status_code=status_code,
        section="account",
        action=url.path + (f"?{url.query}" if url.query else ""),
        fields=[(name, value) for name, value in call.form.pairs() if not name.startswith("confirm_")],
        draft=Draft({}, problems),
        minutes=CONFIRMED_FOR_MS // MINUTE_MS,
        passkey=await call.context.second_factors.confirmation_options(call.cookie, call.who),
    )


async def _note_seen(call: Call) -> None:
    """Keep the list of one's sign-ins true. It never stands in the way."""
    if call.context.clock.now() - call.who.seen_at < SEEN_EVERY_MS:
        return
    with suppress(StoreError):
        await call.context.accounts.note_seen(call.cookie, address=call.address, agent=call.agent)


def _check_origin(request: Request, public_url: str) -> None:
    """Refuse a form that another site's page sends.

    Either header suffices, because plain http beyond this machine carries no ``Sec-Fetch-Site``; a request
    with neither comes from no browser of today.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    # Behind a proxy the scheme seen here may be another than the browser's, so the host alone is compared.
    ours = {public_url, *(f"{scheme}://{request.headers.get('host')}" for scheme in ("https", "http"))}
    foreign = (site is not None and site != "same-origin") or (origin is not None and origin not in ours)
    if foreign or (site is None and origin is None):
        raise _Refused(
            403,
            "This form was not sent by this dashboard.",
            "Nothing was changed. Open the page in the dashboard and submit the form again. If a link or another "
            "site brought you here, do not trust it.",
        )


async def _read(request: Request, *, uploads: bool, large: bool = False) -> Form:
    declared = request.headers.get("content-type", "")
    content_type = declared.partition(";")[0].strip().lower()
    expected, bytes_max = (UPLOAD_TYPE, UPLOAD_BYTES_MAX) if uploads else (CONTENT_TYPE, BODY_BYTES_MAX)
    if content_type != expected:
        raise _Refused(415, "This is not a form submission.", f"Expected a body of the type {expected}.")
    if large:
        bytes_max = LARGE_UPLOAD_BYTES_MAX if uploads else LARGE_BYTES_MAX
    parts, length = [], 0
    async for chunk in request.stream():
        parts.append(chunk)
        length += len(chunk)
        if length > bytes_max:
            shorter = "Choose a smaller file." if uploads else "Shorten your input."
            raise _Refused(413, "The form is too large.", f"A form has at most {bytes_max // 1024} kB. {shorter}")
    try:
        body = b"".join(parts)
        return await parse_upload(declared, body) if uploads else parse(body, LARGE_FIELDS_MAX if large else FIELDS_MAX)
    except ValueError as error:
        raise _Refused(
            400, "This form has too many fields.", "Open the page again and fill in the form once more."
        ) from error


def _to_sign_in(call: OpenCall, view: View) -> Response:
    """To the sign-in page, and from there back to what was asked for."""
    request = call.request
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = local_path(wanted) if view.method == "GET" and wanted != "/dashboard" else None
    where = "/dashboard/sign-in" + (f"?{urlencode({'next': back})}" if back else "")
    if request.headers.get("hx-request") == "true":
        # A fragment cannot show the sign-in page; the whole browser has to go there.
        return Response(status_code=401, headers={"HX-Redirect": where})
    return call.go(where)
