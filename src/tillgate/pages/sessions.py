"""``/checkout/{id}``: what to pay, where it stands, and how it ended."""

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from keyturn.database import Operation
from tillgate.access import visitor
from tillgate.base import ids
from tillgate.base.errors import Conflict, InvalidInput, NotFound, Unavailable
from tillgate.base.principal import Principal
from tillgate.checkout.issued.model import RECEIPTED, DocumentKind, name_of
from tillgate.checkout.issued.operations import issued_for
from tillgate.checkout.links.operations import get_link
from tillgate.checkout.orders.model import Order
from tillgate.checkout.orders.operations import get_order_of_session
from tillgate.checkout.projects.model import Profile
from tillgate.checkout.projects.operations import get_profile
from tillgate.checkout.redemptions.model import DiscountRefused, Hold
from tillgate.checkout.redemptions.operations import hold_of
from tillgate.checkout.sessions.choosing import choose
from tillgate.checkout.sessions.discounts import apply_promotion_code, code_of, is_code, remove_promotion_code
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.sessions.operations import get_public_session
from tillgate.checkout.sessions.pricing import complete, open_lines, say_price
from tillgate.checkout.settlement.simulating import Outcome, possible, simulate
from tillgate.pages.amounts import spoken
from tillgate.pages.bill import bill_of
from tillgate.pages.brand import brand_of
from tillgate.pages.codes import WrongCode, code_refused
from tillgate.pages.context import PagesContext
from tillgate.pages.forms import small_form
from tillgate.pages.paid_on import answered, current_option
from tillgate.pages.reader import Reader, reader_of
from tillgate.pages.rendering import nothing, notice, page, see_other
from tillgate.pages.view import Costs, View, open_price, seconds_left, version, view
from tillgate.pages.words import for_buyer
from tillgate.rails.port import ChainSight, HashAnswer, HashVerdict
from tillgate.store import Transaction
from tillgate.words import Words


class LookedUp(NamedTuple):
    """A transaction's hash as a buyer typed it, and what there is to say of it."""

    typed: str
    words: Markup
    is_wrong: bool


class WrongAmount(NamedTuple):
    """What a buyer said that a line costs, and what is the matter with it."""

    line_id: str
    typed: str
    words: Markup


Endpoint = tuple[str, str, str, Callable[[PagesContext, Request], Awaitable[Response]]]


class PageVariant(NamedTuple):
    """One of the pages that a session has, to which what is done on it leads back.

    Attributes:
        path: below the checkout's own.
        show: the page, with what was wrong about the form that it answers, if it answers one.
    """

    path: str
    show: Callable[..., Awaitable[Response]]

    def of(self, session: CheckoutSession) -> str:
        """Where the session has it."""
        return f"/checkout/{session.id}{self.path}"


HASH_CHARACTERS: Final = 66
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
SECONDS_LEFT_HEADER: Final = "Tillgate-Seconds-Left"

_OVER: Final = (SessionStatus.EXPIRED, SessionStatus.FAILED)


async def _whole_page(context: PagesContext, request: Request) -> Response:
    """What to pay, or how it ended."""
    session = await session_of(context, request)
    if session is None:
        return unknown(request)
    return await show(context, request, session)


async def _state(context: PagesContext, request: Request) -> Response:
    """The part of the page that changes; nothing where the browser has seen it as it is."""
    session = await session_of(context, request)
    if session is None:
        return unknown(request)
    reader = reader_for(request, session)
    sight, hold = await _sight(context, session), await _hold(context, session)
    if request.query_params.get("seen") == version(session, sight, hold):
        answer = nothing()
    else:
        answer = page(
            reader,
            "state.html",
            view=await view_of(context, reader, session),
            wrong=None,
            wrong_amount=None,
            looked_up=None,
        )
    # Also where nothing else changed: the browser's own clock may have stood still, or the deadline come nearer.
    answer.headers[SECONDS_LEFT_HEADER] = str(seconds_left(session, context.checkout.clock.now()))
    return answer


async def _cancel(context: PagesContext, request: Request) -> Response:
    """The buyer's question whether to go back to the shop."""
    session = await session_of(context, request)
    if session is None:
        return unknown(request)
    reader = reader_for(request, session)
    untouched = session.status is SessionStatus.PENDING or session.status in _OVER
    if not untouched or session.payment.transfers or session.payment.dropped:
        # Money has moved: the page that says so is the only honest answer.
        return see_other(reader.to(f"/checkout/{session.id}"))
    return page(
        reader, "cancel.html", here=f"/checkout/{session.id}/cancel", view=await view_of(context, reader, session)
    )


async def _simulated(context: PagesContext, request: Request) -> Response:
    """Test mode: make a payment happen."""
    session = await session_of(context, request)
    if session is None or session.livemode:
        return unknown(request)
    reader, form = reader_for(request, session), await small_form(request)
    try:
        outcome = Outcome(form.get("outcome", ""))
    except ValueError:
        return notice(
            reader,
            400,
            reader.words.html("Nothing was simulated"),
            reader.words.html("No outcome was chosen. Choose one of the test outcomes."),
        )

    async def operation(tx: Transaction) -> CheckoutSession:
        return await simulate(context.checkout, tx, buyer_of(session), session.id, outcome, seen=form.get("seen"))

    return await done(context, request, session, operation)


async def apply_code(context: PagesContext, request: Request, face: PageVariant) -> Response:
    """Take a promotion code that the buyer typed."""
    session = await session_of(context, request)
    if session is None:
        return unknown(request)
    reader, code = reader_for(request, session), (await small_form(request)).get("code", "").strip()
    if not code:
        return await face.show(
            context, request, session, 422, wrong=WrongCode("", reader.words.html("Please enter a code."))
        )
    # By who tries, whatever session they try it on; and by session, whoever tries.
    who = visitor(request.client.host if request.client else None)
    seconds = await context.codes.seconds_to_wait(session.project_id, who)
    seconds = seconds or await context.codes.seconds_to_wait(session.id)
    # What is mistyped holds nothing, and is not counted.
    if not seconds and await context.database.read(lambda tx: is_code(tx, buyer_of(session), code)):
        seconds = await context.holds.seconds_to_wait(session.project_id, who)
    if seconds:
        time = spoken(seconds, reader.words)
        wrong = WrongCode(code, reader.words.html("Too many tries. Please wait {time}, then try again.", time=time))
        answer = await face.show(context, request, session, 429, wrong=wrong)
        answer.headers["Retry-After"] = str(seconds)
        return answer

    async def operation(tx: Transaction) -> CheckoutSession:
        return await apply_promotion_code(context.checkout, tx, buyer_of(session), session.id, code)

    try:
        return await done(context, request, session, operation, "#sum", face)
    except (DiscountRefused, InvalidInput) as error:
        merchant = (await context.accounts.get_project(session.project_id)).name
        wrong = WrongCode(code, code_refused(error, merchant, reader.words))
        return await face.show(context, request, await session_of(context, request) or session, 409, wrong=wrong)


async def remove_code(context: PagesContext, request: Request, face: PageVariant) -> Response:
    """Take the promotion code off again."""
    session = await session_of(context, request)
    if session is None:
        return unknown(request)

    async def operation(tx: Transaction) -> CheckoutSession:
        return await remove_promotion_code(context.checkout, tx, buyer_of(session), session.id)

    return await done(context, request, session, operation, "#sum", face)


async def _set_amount(context: PagesContext, request: Request) -> Response:
    """Take what the buyer says that a line costs."""
    session = await session_of(context, request)
    if session is None:
        return unknown(request)
    reader, form = reader_for(request, session), await small_form(request)
    line, amount = form.get("line", ""), form.get("amount", "").strip()

    async def operation(tx: Transaction) -> CheckoutSession:
        plain = reader.words.read(amount, session.price.currency, field="amount")
        return await say_price(context.checkout, tx, buyer_of(session), session.id, line, plain)

    try:
        return await done(context, request, session, operation, "#sum")
    except InvalidInput as error:
        wrong = WrongAmount(line, amount[:40], for_buyer(error, reader.words))
        return await show(context, request, session, 422, wrong_amount=wrong)


async def _complete(context: PagesContext, request: Request) -> Response:
    """Take what costs nothing."""
    session = await session_of(context, request)
    if session is None:
        return unknown(request)

    async def operation(tx: Transaction) -> CheckoutSession:
        return await complete(context.checkout, tx, buyer_of(session), session.id)

    return await done(context, request, session, operation)


async def _pay_with(context: PagesContext, request: Request) -> Response:
    """Take which of the session's options the buyer wants to pay with; what is none of them leaves it as it was."""
    session = await session_of(context, request)
    if session is None:
        return unknown(request)
    asset = (await small_form(request)).get("asset", "")
    if session.payment.terms.option(asset) is None:
        return see_other(reader_for(request, session).to(f"/checkout/{session.id}") + "#pay")

    async def operation(tx: Transaction) -> CheckoutSession:
        return await choose(context.checkout, tx, buyer_of(session), session.id, asset)

    try:
        return await done(context, request, session, operation, "#pay")
    except Unavailable:
        words = reader_for(request, session).words
        refused = words.html("Nothing was charged. Please try again in a moment.")
        answer = await show(context, request, session, 503, refused=refused)
        answer.headers["Retry-After"] = "60"
        return answer


async def _look_up(context: PagesContext, request: Request) -> Response:
    """Say the outcome of a transaction that the buyer says they paid with. It is a hint: nothing follows from it."""
    session = await session_of(context, request)
    if session is None or not session.payment.terms.options or not session.payment.terms.address:
        return unknown(request)
    words, typed = reader_for(request, session).words, (await small_form(request)).get("hash", "").strip()
    if len(typed) > HASH_CHARACTERS or _HASH.fullmatch(typed) is None:
        wrong = words.html(
            "This is not a transaction hash. It begins with 0x, and 64 digits and letters follow; your wallet shows it "
            "after sending."
        )
        return await show(
            context, request, session, 422, looked_up=LookedUp(typed[:HASH_CHARACTERS], wrong, is_wrong=True)
        )
    tx_hash = typed.lower()
    if (answer := _of_the_books(session, tx_hash)) is None:
        if seconds := await _seconds_to_wait(context, request, session):
            time = spoken(seconds, words)
            wait = words.html("Too many tries. Please wait {time}, then try again.", time=time)
            told = await show(context, request, session, 429, looked_up=LookedUp(typed, wait, is_wrong=True))
            told.headers["Retry-After"] = str(seconds)
            return told
        answer = HashAnswer(HashVerdict.NOT_ANSWERED)
        if context.networks is not None:
            answer = await context.networks.look_up(tx_hash, session.payment.terms.address)
    found = LookedUp(typed, answered(answer, words), is_wrong=False)
    return await show(context, request, await session_of(context, request) or session, looked_up=found)


async def _seconds_to_wait(context: PagesContext, request: Request, session: CheckoutSession) -> int:
    """Every look asks nodes, which may be paid for by the question: zero where this buyer, this session and all buyers
    of this project have not looked too often."""
    if context.hashes is None or context.project_hashes is None:
        return 0
    who = visitor(request.client.host if request.client else None)
    return (
        await context.hashes.seconds_to_wait(who)
        or await context.hashes.seconds_to_wait(session.id)
        or await context.project_hashes.seconds_to_wait(session.project_id)
    )


def _of_the_books(session: CheckoutSession, tx_hash: str) -> HashAnswer | None:
    """What the session's own books say of a transaction; None where they do not have it."""
    transfer = next((one for one in session.payment.transfers if (one.tx_hash or "").lower() == tx_hash), None)
    if transfer is None:
        return None
    option = session.payment.terms.known_option(transfer.asset) or current_option(session.payment)
    verdict = HashVerdict.COUNTED if transfer.confirmed_at is not None else HashVerdict.WAITING
    return HashAnswer(verdict, option.title if option is not None else "")


async def done(
    context: PagesContext,
    request: Request,
    session: CheckoutSession,
    operation: Operation[CheckoutSession],
    part: str = "",
    face: PageVariant | None = None,
) -> Response:
    """Do what a form asks for, and lead back to the page, or to a part of it; where that cannot be, the page says why.
    What is wrong about a field, or about a code, is the caller's to say beside it."""
    reader, face = reader_for(request, session), face or _WHOLE
    try:
        await context.database.write(operation)
    except DiscountRefused:
        raise
    except Conflict as error:
        return await face.show(
            context, request, await session_of(context, request) or session, 409, refused=for_buyer(error, reader.words)
        )
    return see_other(reader.to(face.of(session)) + part)


async def session_of(context: PagesContext, request: Request) -> CheckoutSession | None:
    session_id: str = request.path_params["id"]
    if not ids.is_id(ids.CHECKOUT_SESSION, session_id):
        return None

    async def operation(tx: Transaction) -> CheckoutSession:
        return await get_public_session(tx, session_id)

    try:
        return await context.database.read(operation)
    except NotFound:
        return None


async def show(
    context: PagesContext,
    request: Request,
    session: CheckoutSession,
    status: int = 200,
    *,
    refused: Markup | None = None,
    wrong: WrongCode | None = None,
    wrong_amount: WrongAmount | None = None,
    looked_up: LookedUp | None = None,
) -> Response:
    """The checkout's page, with what was wrong about the form that it answers, if it answers one."""
    reader = reader_for(request, session)
    return page(
        reader,
        "checkout.html",
        status,
        here=f"/checkout/{session.id}",
        view=await view_of(context, reader, session),
        refused=refused,
        wrong=wrong,
        wrong_amount=wrong_amount,
        looked_up=looked_up,
    )


def reader_for(request: Request, session: CheckoutSession) -> Reader:
    return reader_of(request, session.locale)


def buyer_of(session: CheckoutSession) -> Principal:
    return Principal(session.project_id, session.livemode, "buyer", f"buyer:{session.id}")


async def _costs(context: PagesContext, words: Words, session: CheckoutSession) -> Costs:
    buyer = buyer_of(session)

    async def operation(tx: Transaction) -> Costs:
        order = await get_order_of_session(tx, session.id)
        code = await code_of(tx, buyer, order)
        lines = await open_lines(tx, buyer, order) if session.status is SessionStatus.PENDING else []
        bill = bill_of(order, session.title, code, words)
        downloads = await _downloads(context, tx, words, order)
        return Costs(bill, code, tuple(open_price(*found, words) for found in lines), downloads=downloads)

    costs = await context.database.read(operation)
    return costs._replace(hold=await _hold(context, session)) if costs.code is not None else costs


async def _downloads(context: PagesContext, tx: Transaction, words: Words, order: Order) -> tuple[tuple[str, str], ...]:
    """What there is to download of an order."""
    if context.documents is None or not context.documents.installed:
        return ()
    found: list[tuple[str, str]] = []
    if order.status in RECEIPTED:
        found += [(words.say("Receipt"), "/receipt"), (words.say("Invoice"), "/invoice")]
    if order.payment.returned:
        notes = [one for one in await issued_for(tx, order.id) if one.kind is DocumentKind.CREDIT_NOTE]
        for one in notes:
            name = name_of(one.kind, one.number, livemode=order.livemode)
            found.append((words.say("Credit note {number}", number=name), f"/credit_notes/{one.place}"))
    return tuple(found)


async def _hold(context: PagesContext, session: CheckoutSession) -> Hold | None:
    """How the place stands that the session has by a code that its buyer typed, while it waits for money."""
    if not session.allow_promotion_codes or session.status is not SessionStatus.PENDING:
        return None
    now = context.checkout.clock.now()
    return await context.database.read(lambda tx: hold_of(tx, session.id, now=now))


async def view_of(context: PagesContext, reader: Reader, session: CheckoutSession) -> View:
    async def operation(tx: Transaction) -> Profile:
        return await get_profile(tx, session.project_id)

    profile = await context.database.read(operation)
    return view(
        session,
        reader.words,
        brand=brand_of(profile),
        public_url=context.checkout.settings.public_url,
        now=context.checkout.clock.now(),
        simulations=possible(context.checkout, session),
        start_again=await _start_again(context, session) if session.status in _OVER else None,
        costs=await _costs(context, reader.words, session),
        sight=await _sight(context, session),
        known=context.networks.wallet_chain(session.payment.terms.chain_id)
        if context.networks is not None and session.payment.terms.options
        else None,
        settings=profile.settings,
    )


async def _sight(context: PagesContext, session: CheckoutSession) -> ChainSight | None:
    """How the network stands that the session is paid on."""
    networks, option = context.networks, current_option(session.payment)
    if networks is None or option is None:
        return None
    now = context.checkout.clock.now()
    return await context.database.read(lambda tx: networks.sight(tx, option.chain_id, now))


async def _start_again(context: PagesContext, session: CheckoutSession) -> str | None:
    """The path of the link that the session came from, if a visit would open another."""
    link_id = session.link_id
    if link_id is None:
        return None
    buyer = buyer_of(session)

    async def operation(tx: Transaction) -> str | None:
        link = await get_link(tx, buyer, link_id)
        if link.ended(context.checkout.clock.now()) is not None:
            return None
        if link.livemode and not await context.checkout.is_live(tx, link.project_id):
            return None
        named = session.client_reference_id
        return f"/l/{link.slug}" + (f"?client_reference_id={quote(named, safe='')}" if named is not None else "")

    return await context.database.read(operation)


def unknown(request: Request) -> Response:
    reader = reader_of(request)
    return notice(
        reader,
        404,
        reader.words.html("Checkout not found"),
        reader.words.html(
            "The address may be incomplete or mistyped. Please go back to the shop and start again, or ask the "
            "merchant for a new link."
        ),
    )


_WHOLE: Final = PageVariant("", show)
_ENDPOINTS: Final = (
    ("GET", "", "checkout", _whole_page),
    ("GET", "/state", "checkout_state", _state),
    ("GET", "/cancel", "checkout_cancel", _cancel),
    ("POST", "/simulate", "checkout_simulate", _simulated),
    ("POST", "/complete", "checkout_complete", _complete),
    ("POST", "/payment-option", "checkout_payment_option", _pay_with),
    ("POST", "/transaction", "checkout_transaction", _look_up),
    ("POST", "/amount", "checkout_amount", _set_amount),
    ("POST", "/promotion-code", "checkout_code", partial(apply_code, face=_WHOLE)),
    ("POST", "/promotion-code/remove", "checkout_code_remove", partial(remove_code, face=_WHOLE)),
)


def routes(context: PagesContext) -> list[BaseRoute]:
    """The checkout's page, what changes in it, and the forms on it."""
    return routes_of_session(context, "", _ENDPOINTS)


def routes_of_session(context: PagesContext, path: str, endpoints: Sequence[Endpoint]) -> list[BaseRoute]:
    """One of the pages that a session has and the forms on it, each by its method, its path below the page's, its name
    and what answers."""
    return [
        Route(f"/checkout/{{id}}{path}{below}", partial(answer, context), methods=[method], name=name)
        for method, below, name, answer in endpoints
    ]
