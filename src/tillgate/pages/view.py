"""A session as its buyer sees it: facts made ready for the templates, and nothing of the merchant's own."""

import hashlib
from collections.abc import Callable, Collection
from typing import Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from markupsafe import Markup

from tillgate.base.clock import MINUTE_MS, SECOND_MS, to_rfc3339
from tillgate.base.money import Money
from tillgate.checkout.orders.model import LineItem
from tillgate.checkout.payments.model import CaptureMethod
from tillgate.checkout.products.model import Product
from tillgate.checkout.projects.model import DEFAULT, ProjectSettings
from tillgate.checkout.redemptions.model import Hold
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.sessions.returning import return_address
from tillgate.checkout.settlement.simulating import Outcome, mark_of
from tillgate.checkout.statements.model import EXACT, Situation, Statement, Sum, statement_of
from tillgate.checkout.statements.words import BUYER, ROWS, BuyerWords, in_money, values_of
from tillgate.pages.amounts import time_left, units
from tillgate.pages.bill import BillLine
from tillgate.pages.brand import Brand
from tillgate.pages.networks import asset_name, network_name, payment_uri
from tillgate.pages.paid_on import PaidOn, paid_on
from tillgate.pages.rendering import qr_code
from tillgate.rails.port import ChainSight, WalletChain, is_coin
from tillgate.words import Price, Words, phrase

POLL_SECONDS: Final = 2
REVIEW_POLL_SECONDS: Final = 15
# What has ended changes by the merchant's hand alone: a refund, a decision.
SETTLED_POLL_SECONDS: Final = 30
# For so long, and while it is seen; whoever comes back to the page looks again at once.
WATCH_SECONDS: Final = 30 * 60
RETURN_SECONDS: Final = 5

# Who opens an old, paid checkout again wants to look at it, not to be sent away.
RETURN_AUTOMATICALLY_MS: Final = 10 * MINUTE_MS

_S = SessionStatus
_X = Situation


class ReturnTarget(NamedTuple):
    """Somewhere the merchant lets a buyer go: the address, its placeholders filled in, and the host to name it by."""

    url: str
    host: str


class Choice(NamedTuple):
    """An outcome that can be simulated now."""

    outcome: str
    label: str
    effect: str


class OpenPrice(NamedTuple):
    """A line whose price is the buyer's to say.

    Attributes:
        label: the line, and the bounds of its price.
        amount: what it costs now, as a form takes it.
    """

    line_id: str
    label: Markup
    amount: str


class Costs(NamedTuple):
    """What the price is made of.

    Attributes:
        bill: line by line; nothing where there is no more to say than the price.
        code: the promotion code that is taken off, as the merchant writes it.
        open_prices: what the buyer may say the price of.
        hold: how the place stands that the code has.
        downloads: the order's files: what each is called, and where it is below the checkout's path.
    """

    bill: tuple[BillLine, ...]
    code: str | None
    open_prices: tuple[OpenPrice, ...]
    hold: Hold | None = None
    downloads: tuple[tuple[str, str], ...] = ()


class ByMail(NamedTuple):
    """How a session is paid by mail.

    Attributes:
        reference: the code that goes on the letter.
        address, instructions: the merchant's, as they are now.
    """

    reference: str
    address: str
    instructions: str


class View(NamedTuple):
    """What the templates show.

    Attributes:
        status: the session's, as on the wire.
        situation: what is said of its money (``tillgate.checkout.statements``).
        title: the link's, or the merchant's name.
        amount: what to send now, an exact decimal number of ``asset``, as a wallet takes it.
        amount_read: the same as the buyer writes numbers.
        payable: it can be paid now, so amount, address and code are shown.
        timed: there is a deadline until which it can be.
        icon, tone, headline, lead, hint: the situation in words.
        announcement: the headline for somebody who cannot see the page change.
        rows: the account under it: names and sums.
        step: how far a payment that came is (0, 1); None where that is no question.
        stamped: exactly the price came, and all of it is there.
        expires_at, now: Unix milliseconds, for the countdown.
        version: changes whenever what the page shows would change.
        mark: what the form that simulates says of the session that it is for.
        poll_seconds: how often to look.
        watch_seconds: for how long it looks while somebody sees it; None where it looks until something changes.
        refreshes: the page looks again without scripts, too: something may change without the merchant.
        onward: where a buyer goes whose order is paid.
        elsewhere: the way back to the shop; None where the merchant gave none.
        closable: the order is paid for, so the page may be closed.
        choices: what can be simulated; empty outside of test mode.
        start_again: the address of the link it came from, where that would open a new session.
        bill: what the price is made of; nothing where there is no more to say.
        may_change_code: a code can be typed now, or the one that was typed be removed.
        code: that one, as the merchant writes it.
        hold: how the place stands that the code has; None where nobody else can take it.
        open_prices: what the buyer may say the price of, now.
        brand: what else a buyer sees of the merchant.
        simulated: no network is asked, so nothing here can be paid by a wallet.
        paid_on: how it is paid on networks; None where it is not.
        by_mail: how it is paid by mail; None where it is not.
        path: where this page is, and its forms below it.
        downloads: the order's files: what each is called, and where it is below the checkout's path.
    """

    id: str
    test: bool
    status: str
    situation: Situation
    merchant: str
    title: str
    description: str | None
    price: Price
    asset: str
    network: str
    address: str
    amount: str
    amount_read: str
    payable: bool
    timed: bool
    icon: str
    tone: str
    headline: Markup
    announcement: Markup
    lead: Markup
    hint: Markup
    rows: tuple[tuple[Markup, str], ...]
    step: int | None
    stamped: bool
    rate: str | None
    qr: str | None
    wallet: str | None
    expires_at: int
    expires: str
    lifetime_seconds: int
    now: int
    seconds_left: int
    time_left: str
    tx_hash: str | None
    onward: ReturnTarget | None
    elsewhere: ReturnTarget | None
    closable: bool
    back: ReturnTarget | None
    start_again: str | None
    version: str
    mark: str
    poll_seconds: int
    watch_seconds: int | None
    refreshes: bool
    return_seconds: int | None
    choices: tuple[Choice, ...]
    bill: tuple[BillLine, ...]
    may_change_code: bool
    code: str | None
    hold: Hold | None
    open_prices: tuple[OpenPrice, ...]
    brand: Brand
    simulated: bool
    paid_on: PaidOn | None
    by_mail: ByMail | None
    path: str
    downloads: tuple[tuple[str, str], ...]


def view(
    session: CheckoutSession,
    language: Words,
    *,
    brand: Brand,
    public_url: str,
    now: int,
    simulations: Collection[Outcome],
    start_again: str | None,
    costs: Costs,
    sight: ChainSight | None = None,
    known: WalletChain | None = None,
    settings: ProjectSettings = DEFAULT,
) -> View:
    """The session at this instant.

    Args:
        simulations: what can be simulated for it; nothing outside of test mode.
        start_again: the path of its link where that is still open.
        sight: how the network stands that it is paid on.
        known: what a wallet may know about that network.
        settings: what is set of its project.
    """
    terms, statement = session.payment.terms, statement_of(session)
    situation, words = statement.situation, BUYER[statement.situation]
    test = not session.livemode
    merchant, asset, decimals = brand.name, asset_name(terms, language), terms.asset_decimals
    left = session.expires_at - now

    by_mail = session.payment.by_mail

    def coins(atomic: int) -> str:
        if by_mail:
            return language.price(Money(atomic, session.price.currency)).text
        return f"{language.coins(units(atomic, decimals))} {asset}"

    def money(amount: Money) -> str:
        return language.price(amount).text

    values = {"merchant": merchant} | values_of(statement.books, money, coins)
    untouched = situation in (_X.WAITING, _X.DECLINED, _X.NOTHING_DUE) and left > 0
    to_send = statement.books.missing.atomic or 0
    asked = terms._replace(amount_atomic=to_send)
    option, simulated = terms.option(terms.asset), test and not terms.options and not by_mail
    on = paid_on(
        session.payment,
        statement,
        language,
        sight=sight,
        known=known,
        to_send=to_send,
        locked_until=session.expires_at,
        now=now,
    )
    choosing = on is not None and on.must_choose
    headline = language.html("Choose how to pay") if choosing else language.html(words.headline, **values)
    onward = place_of(session, session.success_url) if statement.settled else None
    returns = onward is not None and situation in _RETURNS and now - (session.paid_at or 0) < RETURN_AUTOMATICALLY_MS
    return View(
        id=session.id,
        test=test,
        status=session.status.value,
        situation=situation,
        merchant=merchant,
        title=session.title or merchant,
        description=session.description,
        price=language.price(session.price),
        asset=asset,
        network=option.title if option is not None else network_name(terms.chain_id, language),
        address=terms.address,
        amount=units(to_send, decimals),
        amount_read=language.coins(units(to_send, decimals)),
        payable=statement.payable,
        timed=session.status is _S.PENDING,
        icon=words.icon,
        tone=words.tone,
        headline=headline,
        announcement=headline if choosing else language.html(words.announcement, **values),
        lead=language.html(_lead(words, start_again), **values),
        hint=language.html(words.hint, **values),
        rows=tuple((language.html(ROWS[row]), _written(statement, one, money, coins)) for row, one in statement.rows),
        step=_STEPS.get(situation),
        stamped=situation in EXACT,
        rate=language.rate(terms.native_price_usd, "USD")
        if session.price.currency == "USD" and is_coin(terms.asset) and session.price.minor and not terms.options
        else None,
        # A simulated session's code opens this very page: there is nothing in it that a wallet could pay. Any other is
        # the address alone: wallets were seen to pay the token's contract that stands first in a longer one.
        qr=qr_code(f"{public_url}/checkout/{session.id}" if simulated else terms.address)
        if statement.payable and terms.address and not by_mail
        else None,
        wallet=payment_uri(asked) if statement.payable and terms.address and not simulated and not by_mail else None,
        expires_at=session.expires_at,
        expires=to_rfc3339(session.expires_at),
        lifetime_seconds=max((session.expires_at - session.created_at) // SECOND_MS, 1),
        now=now,
        seconds_left=seconds_left(session, now),
        time_left=time_left(left, language),
        tx_hash=session.payment.transfers[-1].tx_hash if session.payment.transfers else None,
        onward=onward,
        elsewhere=_elsewhere(session),
        closable=statement.settled,
        back=place_of(session, session.return_url),
        start_again=start_again,
        version=version(session, sight, costs.hold),
        mark=mark_of(session),
        poll_seconds=(looks := _poll_seconds(session, statement)),
        watch_seconds=WATCH_SECONDS if looks == SETTLED_POLL_SECONDS else None,
        refreshes=session.status in (_S.PENDING, _S.DETECTED, _S.UNDERPAID, _S.OVERPAID, _S.EXPIRED),
        return_seconds=RETURN_SECONDS if returns else None,
        choices=tuple(
            Choice(one.outcome, language.say(one.label), language.say(one.effect))
            for one in _choices(session, statement, simulations)
        ),
        bill=costs.bill,
        may_change_code=session.allow_promotion_codes and untouched,
        code=costs.code,
        hold=costs.hold,
        open_prices=costs.open_prices if untouched else (),
        brand=brand,
        simulated=simulated,
        paid_on=on,
        by_mail=ByMail(terms.address, settings.post_address, settings.post_instructions) if by_mail else None,
        path=f"/checkout/{session.id}",
        downloads=costs.downloads,
    )


def open_price(line: LineItem, product: Product, language: Words) -> OpenPrice:
    """What a buyer reads beside the field in which they say a price."""
    least, most, currency = product.price.least, product.price.most, product.price.currency

    def written(bound: int | None) -> str:
        return language.price(Money(bound or 0, currency)).text

    label = language.html("{item}: you decide what you pay", item=line.name)
    if line.quantity > 1:
        label = language.html("{item}: you decide what you pay each", item=line.name)
    if least is not None and most is not None:
        bounds = language.html("from {least} up to {most}", least=written(least), most=written(most))
    elif least is not None:
        bounds = language.html("from {least}", least=written(least))
    elif most is not None:
        bounds = language.html("up to {most}", most=written(most))
    else:
        bounds = Markup("")
    if bounds:
        label = language.html("{label} ({bounds})", label=label, bounds=bounds)
    return OpenPrice(line.id, label, language.typed(Money(line.unit_minor, currency)))


def version(session: CheckoutSession, sight: ChainSight | None = None, hold: Hold | None = None) -> str:
    """A word that changes with everything about a session that its buyer can see change, but the time."""
    transfers = [(one.tx_hash, one.confirmed_at is not None) for one in session.payment.transfers]
    facts: tuple[object, ...] = (session.status.value, statement_of(session), transfers)
    if session.payment.terms.options:
        # A new block matters where something waits for it.
        waiting = any(one.confirmed_at is None for one in session.payment.transfers)
        seen = (sight.is_away, sight.head if waiting else None) if sight is not None else None
        facts = (*facts, session.payment.terms.asset, session.payment.terms.address, seen)
    if hold is not None:
        facts = (*facts, hold.value)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def seconds_left(session: CheckoutSession, now: int) -> int:
    """How much time is left to pay, by the server's clock."""
    return max((session.expires_at - now) // SECOND_MS, 0)


# Whoever has just paid continues to the shop; whoever has got a refund wants to read about it.
_RETURNS: Final = frozenset({_X.PAID, _X.PAID_LATE, _X.FREE, _X.CAPTURED_IN_PART, _X.ACCEPTED_LESS, _X.ACCEPTED_MORE})
_STEPS: Final = {_X.SEEN: 1, _X.AUTHORIZED: 1, _X.PARTLY_CAPTURED: 1, _X.REST_SEEN: 1}


def _lead(words: BuyerWords, start_again: str | None) -> str:
    return words.lead_again if start_again is not None and words.lead_again else words.lead


def _written(statement: Statement, amount: Sum, money: Callable[[Money], str], coins: Callable[[int], str]) -> str:
    """A sum of the account, in money or in the asset that was sent."""
    if statement.in_the_asset and amount.atomic is not None:
        return coins(amount.atomic)
    return in_money(amount, money, coins)


def place_of(session: CheckoutSession, given: str | None) -> ReturnTarget | None:
    """A place that the merchant gave, with its placeholders filled in; None where they gave none."""
    if given is None:
        return None
    return target_of(return_address(given, session))


def target_of(url: str) -> ReturnTarget:
    """A place whose placeholders are filled in."""
    parts = urlsplit(url)
    # An app is named by its scheme; what follows is its own affair.
    return ReturnTarget(url, (parts.hostname or url) if parts.scheme in ("https", "http") else parts.scheme)


def _elsewhere(session: CheckoutSession) -> ReturnTarget | None:
    """The way back to the shop: where the merchant said, or else the front page of where they thank for payments. That
    page itself is for who has paid: some shops take a visit to it as proof."""
    given = session.cancel_url or session.return_url
    if given is not None or session.success_url is None:
        return place_of(session, given)
    parts = urlsplit(session.success_url)
    front = urlunsplit((parts.scheme, parts.netloc, "/", "", ""))
    return place_of(session, front) if parts.scheme in ("https", "http") else None


def _poll_seconds(session: CheckoutSession, statement: Statement) -> int:
    if session.status in (_S.PENDING, _S.DETECTED) or statement.payable or statement.situation is _X.REST_SEEN:
        return POLL_SECONDS
    if session.status in (_S.UNDERPAID, _S.OVERPAID, _S.EXPIRED):
        return REVIEW_POLL_SECONDS
    return SETTLED_POLL_SECONDS


_PAY = Choice(Outcome.PAID.value, phrase("Pay in full"), phrase("The exact amount arrives and is confirmed."))
_CONFIRM = Choice(Outcome.PAID.value, phrase("Confirm"), phrase("The payment that was seen is confirmed."))
_SEE = Choice(
    Outcome.DETECTED.value, phrase("Payment seen"), phrase("The exact amount arrives, but is not confirmed yet.")
)
_LESS = Choice(Outcome.UNDERPAID.value, phrase("Pay too little"), phrase("Half of the amount arrives."))
_MORE = Choice(Outcome.OVERPAID.value, phrase("Pay too much"), phrase("One and a half times the amount arrives."))
_LATE = Choice(Outcome.LATE.value, phrase("Pay too late"), phrase("The time runs out, then the exact amount arrives."))
_LATE_NOW = Choice(
    Outcome.LATE.value, phrase("Pay too late"), phrase("The exact amount arrives now, after the time was up.")
)
_PROMISE = Choice(
    Outcome.AUTHORIZED.value,
    phrase("Authorize"),
    phrase("The whole amount is authorized; the merchant captures it later."),
)
_REST = Choice(Outcome.TOP_UP.value, phrase("Pay the rest"), phrase("The missing amount arrives and is confirmed."))
_AGAIN = Choice(Outcome.PAID.value, phrase("Pay again"), phrase("The exact amount arrives once more."))
_AGAIN_LESS = Choice(
    Outcome.UNDERPAID.value, phrase("Pay a part again"), phrase("Half of the amount arrives once more.")
)
_AFTER = Choice(
    Outcome.PAID.value, phrase("Pay all the same"), phrase("The exact amount arrives, although this has ended.")
)
_FAIL = Choice(Outcome.FAILED.value, phrase("Fail"), phrase("The payment fails for good."))

# What is offered of what can be simulated, by state. What is captured by hand is promised first, and never simply
# arrives.
_OFFERED: Final[dict[SessionStatus, tuple[Choice, ...]]] = {
    _S.PENDING: (_PAY, _SEE, _LESS, _MORE, _LATE, _FAIL),
    _S.DETECTED: (_CONFIRM, _MORE, _FAIL),
    _S.UNDERPAID: (_REST, _FAIL),
    _S.OVERPAID: (_FAIL,),
    _S.EXPIRED: (_LATE_NOW,),
    _S.PAID: (_AGAIN, _AGAIN_LESS),
    _S.PAID_LATE: (_AGAIN, _AGAIN_LESS),
    _S.FAILED: (_AFTER,),
}


def _choices(session: CheckoutSession, statement: Statement, simulations: Collection[Outcome]) -> tuple[Choice, ...]:
    """What leads somewhere new from here; the operation itself decides."""
    offered = _OFFERED[session.status]
    if session.payment.capture_method is CaptureMethod.MANUAL and session.status is _S.PENDING:
        offered = (_PROMISE, _FAIL)
    elif statement.situation in (_X.FREE, _X.NOTHING_DUE):
        offered = ()
    return tuple(one for one in offered if one.outcome in simulations)
