"""``/l/{slug}``: what a payment link offers. A person's click opens the session; previews and crawlers open none."""

import hashlib
import re
import secrets
from typing import Final, NamedTuple, assert_never
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillgate.access import visitor
from tillgate.base.errors import Conflict, InvalidInput, NotFound, Unavailable
from tillgate.base.invariants import ensure
from tillgate.base.principal import Principal
from tillgate.base.text import EMAIL_MAX, checked_email, checked_text
from tillgate.checkout.links.model import Ended, PaymentLink
from tillgate.checkout.links.operations import get_public_link
from tillgate.checkout.orders.model import REFERENCE_MAX
from tillgate.checkout.projects.model import Profile
from tillgate.checkout.projects.operations import get_profile
from tillgate.checkout.sessions.opening import Visitor, visit_link
from tillgate.pages.amounts import spoken
from tillgate.pages.brand import brand_of
from tillgate.pages.context import PagesContext
from tillgate.pages.forms import fields_of, small_form
from tillgate.pages.reader import Reader, reader_of
from tillgate.pages.rendering import notice, page, see_other
from tillgate.store import Transaction, idempotency
from tillgate.store.idempotency import IdempotentRequest, StoredAnswer
from tillgate.words import Words

# A reference of the longest kind, each of its characters percent-encoded, and an e-mail address.
FORM_BYTES_MAX: Final = 8_192

_SLUG: Final = re.compile(r"[a-z0-9-]{1,100}", re.ASCII)
_MARK: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NAMES_OF_REFERENCE: Final = ("client_reference_id", "reference")


class _Typed(NamedTuple):
    """What is known of a visitor: by the link's address, or by the form.

    Attributes:
        asked: the page has a field for an e-mail address.
        email: as it was typed, with ``problem`` where it is none.
    """

    client_reference_id: str | None
    asked: bool
    email: str
    problem: Markup | None = None

    @property
    def query(self) -> str:
        """The same in a link's address; an e-mail address that was mistyped is left to its field."""
        typed = {"client_reference_id": self.client_reference_id, "email": None if self.problem else self.email}
        known = {name: text for name, text in typed.items() if text}
        return f"?{urlencode(known)}" if known else ""


def routes(context: PagesContext) -> list[BaseRoute]:
    async def offer(request: Request) -> Response:
        """What the link offers."""
        found = await _found(context, request)
        if found is None:
            return _unknown(reader_of(request))
        link, profile = found
        reader = reader_of(request, profile.settings.locale)
        refusal = await _not_now(context, reader, link)
        if refusal is not None:
            return refusal
        typed = _typed(fields_of(request.url.query[:FORM_BYTES_MAX]), reader.words)
        # A link's address is not the buyer's own words: what is malformed in it is left out without a word.
        typed = typed if typed.problem is None else typed._replace(email="", problem=None)
        return _offer(context, reader, link, profile, typed)

    async def take(request: Request) -> Response:
        """Open a session for whoever takes the offer: once for each form that was shown, however often it is sent."""
        found = await _found(context, request)
        if found is None:
            return _unknown(reader_of(request))
        link, profile = found
        reader = reader_of(request, profile.settings.locale)
        form = fields_of(request.url.query[:FORM_BYTES_MAX]) | await small_form(request, FORM_BYTES_MAX)
        typed = _typed(form, reader.words)
        coming = Visitor(typed.client_reference_id, typed.email or None)
        mark = _mark(context, link, form.get("mark", ""), coming)
        # A form that was sent before leads where it led then, whatever has happened to the link since.
        before = await _answered(context, mark)
        if before is not None:
            return see_other(reader.to(f"/checkout/{before}"))
        refusal = await _not_now(context, reader, link)
        if refusal is not None:
            return refusal
        if typed.problem is not None:
            return _offer(context, reader, link, profile, typed, 422)
        # Each session is rows, an address and an event: nobody needs many of them at once.
        who = visitor(request.client.host if request.client else None)
        if seconds := await context.visits.seconds_to_wait(link.slug, who):
            return _too_many(reader, seconds)

        async def operation(tx: Transaction) -> str:
            earlier = await idempotency.begin(tx, mark) if mark is not None else None
            if earlier is not None:
                return earlier.body.decode()
            opened = await visit_link(context.checkout, tx, link.slug, coming)
            if mark is not None:
                kept = await idempotency.finish(tx, mark, StoredAnswer(303, opened.id.encode(), ""))
                ensure(kept, "a claim of this very transaction is finished by it")
            return opened.id

        try:
            session_id = await context.database.write(operation)
        except (Conflict, Unavailable) as error:
            return _refused(reader, error)
        return see_other(reader.to(f"/checkout/{session_id}"))

    return [
        Route("/l/{slug}", offer, methods=["GET"], name="link"),
        Route("/l/{slug}", take, methods=["POST"], name="link_take"),
    ]


async def _found(context: PagesContext, request: Request) -> tuple[PaymentLink, Profile] | None:
    """The link, and whose it is; None where there is none."""
    slug: str = request.path_params["slug"]
    if not _SLUG.fullmatch(slug):
        return None

    async def operation(tx: Transaction) -> tuple[PaymentLink, Profile]:
        link = await get_public_link(tx, slug)
        return link, await get_profile(tx, link.project_id)

    try:
        return await context.database.read(operation)
    except NotFound:
        return None


async def _answered(context: PagesContext, mark: IdempotentRequest | None) -> str | None:
    """The session that this form has opened already."""
    if mark is None:
        return None
    asked = mark

    async def operation(tx: Transaction) -> str | None:
        stored = await idempotency.answered(tx, asked)
        return stored.body.decode() if stored is not None else None

    return await context.database.read(operation)


async def _not_now(context: PagesContext, reader: Reader, link: PaymentLink) -> Response | None:
    """Why the link cannot be paid; None if it can."""
    ended = link.ended(context.checkout.clock.now())
    if ended is not None:
        return _ended(reader, ended)
    if link.livemode and not await context.database.read(lambda tx: context.checkout.is_live(tx, link.project_id)):
        return _not_ready(reader)
    return None


def _offer(
    context: PagesContext, reader: Reader, link: PaymentLink, profile: Profile, typed: _Typed, status: int = 200
) -> Response:
    return page(
        reader,
        "offer.html",
        status,
        here=f"/l/{link.slug}{typed.query}",
        link=link,
        merchant=profile.name,
        brand=brand_of(profile),
        price=reader.words.price(link.price),
        url=f"{context.checkout.settings.public_url}/l/{link.slug}",
        typed=typed,
        email_max=EMAIL_MAX,
        mark=secrets.token_hex(16),
    )


def _typed(fields: dict[str, str], words: Words) -> _Typed:
    """What the fields say of the visitor. A reference that is none is left out: it is not the buyer's to mend."""
    email, problem = fields.get("email", "").strip(), None
    if email:
        try:
            email = checked_email(checked_text(email, field="email", length_max=EMAIL_MAX))
        except InvalidInput:
            email, problem = email[:EMAIL_MAX], words.html("Please check this e-mail address, or leave it empty.")
    return _Typed(_reference(fields), "email" in fields or "with_email" in fields, email, problem)


def _reference(fields: dict[str, str]) -> str | None:
    given = next((fields[name] for name in _NAMES_OF_REFERENCE if fields.get(name)), None)
    if given is None:
        return None
    try:
        return checked_text(given, field="client_reference_id", length_max=REFERENCE_MAX)
    except InvalidInput:
        return None


def _mark(context: PagesContext, link: PaymentLink, shown: str, coming: Visitor) -> IdempotentRequest | None:
    """The name of a form that was sent; None for one that nobody gave a name, such as a shop's own button."""
    if not _MARK.fullmatch(shown):
        return None
    name = hashlib.sha256(repr((shown, coming)).encode()).hexdigest()
    buyer = Principal(link.project_id, link.livemode, "buyer", f"buyer:{link.id}")
    return IdempotentRequest(buyer, name, "", context.checkout.clock.now(), namespace="visits", owner=link.id)


def _refused(reader: Reader, error: Conflict | Unavailable) -> Response:
    """What has changed since the offer was looked at."""
    if isinstance(error, Unavailable):
        return _away(reader)
    match error.code:
        case "live_mode_not_configured":
            return _not_ready(reader)
        case "link_used_up":
            return _ended(reader, Ended.USED_UP)
        case "link_expired":
            return _ended(reader, Ended.EXPIRED)
        case "link_inactive" | "link_archived":
            return _ended(reader, Ended.SWITCHED_OFF)
        case _:
            say = reader.words.html
            changed = say("Something changed at the same moment. Please look at the page again.")
            return notice(reader, 409, say("This did not work. Please reload the page and try again."), changed)


def _unknown(reader: Reader) -> Response:
    words = reader.words
    return notice(
        reader,
        404,
        words.html("Payment link not found"),
        words.html("The address may be incomplete or mistyped. Please check it, or ask the merchant for a new link."),
    )


def _too_many(reader: Reader, seconds: int) -> Response:
    words = reader.words
    answer = notice(
        reader,
        429,
        words.html("Too many visits"),
        words.html(
            "This payment link was opened too often from your connection. Please wait {time}, then open it again. A "
            "checkout that is already open still works.",
            time=spoken(seconds, words),
        ),
    )
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _ended(reader: Reader, why: Ended) -> Response:
    words = reader.words
    match why:
        case Ended.SWITCHED_OFF:
            return notice(
                reader,
                410,
                words.html("This payment link is closed"),
                words.html(
                    "The merchant has closed this link. Nothing was charged. Please ask the merchant for a new link."
                ),
            )
        case Ended.EXPIRED:
            return notice(
                reader,
                410,
                words.html("This offer has ended"),
                words.html(
                    "Its time is over. Nothing was charged. A checkout that you have open already still works. "
                    "Please ask the merchant whether there is another offer."
                ),
            )
        case Ended.USED_UP:
            return notice(
                reader,
                410,
                words.html("This offer is no longer available"),
                words.html(
                    "All of it has been taken. Nothing was charged. A checkout that you have open already still works. "
                    "Please ask the merchant whether there is another offer."
                ),
            )
        case never:
            assert_never(never)


def _away(reader: Reader) -> Response:
    words = reader.words
    answer = notice(
        reader,
        503,
        words.html("This page is unavailable"),
        words.html("Nothing was charged. Please try again in a moment."),
    )
    answer.headers["Retry-After"] = "60"
    return answer


def _not_ready(reader: Reader) -> Response:
    words = reader.words
    return notice(
        reader,
        503,
        words.html("This shop cannot take payments yet"),
        words.html(
            "The merchant has not finished setting up live payments on this server. Nothing was charged. Please try "
            "again later, or let the merchant know."
        ),
    )
