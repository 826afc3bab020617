"""Templates, static files' addresses, and the few words that templates put numbers into."""

import base64
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from tillgate.access import price_set_by, returns_of
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS, from_rfc3339, to_rfc3339
from tillgate.base.money import MINOR_DIGITS, Money
from tillgate.checkout.orders.model import Order
from tillgate.checkout.payments.model import Transfer
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.statements.model import order_standing, statement_of
from tillgate.checkout.statements.words import MERCHANT, ORDER, MerchantWords, filled, values_of
from tillgate.dashboard.icons import icon
from tillgate.wire.static import static_url
from tillgate.words.templates import Isolating

_RATE_DIGITS: Final = 6
_COIN: Final = "of the chain's coin"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# The wordmark's gate: two posts, a raised bar.
_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" '
    'fill="#14614a"/><path d="M8 25V12M24 25v-7M8 14l17-6" stroke="#fff" stroke-width="3" '
    'stroke-linecap="round" fill="none"/></svg>'
)


def environment() -> Environment:
    """The templates of this room. Everything is escaped; a name that is not there is an error."""
    made = Environment(
        loader=PackageLoader("tillgate.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Names, titles and descriptions are other people's, and change the order of nothing around them.
        extensions=[Isolating],
    )
    made.globals |= {
        "static": static_url,
        "icon_of": icon,
        "icon": "data:image/svg+xml;base64," + base64.b64encode(_ICON.encode()).decode(),
    }
    made.filters |= {
        "rfc3339": to_rfc3339,
        "from_rfc3339": from_rfc3339,
        "utc": utc,
        "utc_seconds": utc_seconds,
        "ago": ago,
        "pretty_json": pretty_json,
        "words": words,
        "duration": duration,
        "session_words": session_words,
        "order_words": order_words,
        "rate": rate,
        "coins": coins,
        "asked_for": asked_for,
        "moved": moved,
        "price_set_by": price_set_by,
        "returns": returns_of,
        "in_currency": Money,
    }
    return made


def utc(at: int) -> str:
    """``21 Nov 2026, 22:30 UTC``."""
    then = _EPOCH + timedelta(milliseconds=at)
    return f"{then.day} {_MONTHS[then.month - 1]} {then.year}, {then:%H:%M} UTC"


def utc_seconds(at: int) -> str:
    """``21 Nov 2026, 22:30:05 UTC``."""
    then = _EPOCH + timedelta(milliseconds=at)
    return f"{then.day} {_MONTHS[then.month - 1]} {then.year}, {then:%H:%M:%S} UTC"


def ago(at: int, now: int) -> str:
    """How far from now, in one unit: ``just now``, ``5 minutes ago``, ``in 3 hours``."""
    distance = abs(now - at)
    if distance < MINUTE_MS:
        return "just now" if at <= now else "in under a minute"
    for length, unit in ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute")):
        if distance >= length:
            count = distance // length
            amount = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{amount} ago" if at <= now else f"in {amount}"
    raise AssertionError(distance)


def session_words(session: CheckoutSession) -> MerchantWords:
    """What a session's money comes to, in a merchant's words: drawn from its books, never from its status alone."""
    statement = statement_of(session)
    values = values_of(statement.books, _with_currency, lambda atomic: coins(atomic, session))
    words = MERCHANT[statement.situation]
    return words._replace(notice=filled(words.notice, values))


def order_words(order: Order) -> MerchantWords:
    """Where an order stands, in a word or two for a list."""
    return ORDER[order_standing(order)]


def coins(atomic: int, session: CheckoutSession) -> str:
    """An amount of what a session is paid in, with its name."""
    if session.payment.by_mail:
        return _with_currency(Money(atomic, session.price.currency))
    terms = session.payment.terms
    option = terms.option(terms.asset)
    if option is not None:
        return _amount(atomic, option.decimals, option.symbol)
    return _amount(atomic, terms.asset_decimals, "test ETH" if session.payment.rail == "simulated" else _COIN)


def asked_for(session: CheckoutSession) -> list[str]:
    """What pays a session, exactly: of what is paid on networks, each way, that which is shown to the buyer first."""
    terms = session.payment.terms
    options = sorted(terms.options, key=lambda one: one.asset != terms.asset)
    ways = [f"{_amount(one.amount_atomic, one.decimals, one.symbol)} on {one.title}" for one in options]
    return ways or [coins(terms.amount_atomic, session)]


def moved(transfer: Transfer, session: CheckoutSession) -> str:
    """What a transfer brought, in what it came in."""
    option = session.payment.terms.known_option(transfer.asset)
    if option is None:
        return coins(transfer.amount_atomic, session)
    return f"{_amount(transfer.amount_atomic, option.decimals, option.symbol)} on {option.title}"


def _amount(atomic: int, decimals: int, name: str) -> str:
    whole, rest = divmod(atomic, 10**decimals)
    number = f"{whole}.{rest:0{decimals}d}".rstrip("0").rstrip(".") if rest else str(whole)
    return f"{number} {name}"


def rate(session: CheckoutSession) -> str | None:
    """What one unit of the asset was worth at the price that was locked, in the order's own currency; None where there
    is no price to say it by, or a token is asked for one for one."""
    price, terms = session.price, session.payment.terms
    if not price.minor or not terms.amount_atomic or terms.options:
        return None
    digits = MINOR_DIGITS[price.currency]
    one = Decimal(price.minor).scaleb(-digits) * 10**terms.asset_decimals / Decimal(terms.amount_atomic)
    rounded = one.quantize(Decimal(1).scaleb(-digits)) if one >= 1 else +one.normalize(Context(prec=_RATE_DIGITS))
    return f"{rounded:f}"


def _with_currency(money: Money) -> str:
    return f"{money} {money.currency}"


def duration(milliseconds: int) -> str:
    """``12 ms``, ``3.4 s``."""
    return f"{milliseconds} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:.1f} s"


def pretty_json(text: str | bytes | msgspec.Raw) -> str:
    """JSON as people read it."""
    raw = text.encode() if isinstance(text, str) else bytes(text)
    return msgspec.json.format(raw, indent=2).decode()


def words(name: str) -> str:
    """``paid_late`` as it is written in a sentence."""
    return name.replace("_", " ")
