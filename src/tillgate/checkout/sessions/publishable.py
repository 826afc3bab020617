"""What a publishable key may say about a session: anybody may hold one, so that each word has a limit of its own."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import urlsplit

from tillgate.base.clock import MINUTE_MS
from tillgate.base.errors import Forbidden, InvalidInput
from tillgate.base.principal import Allow, Principal
from tillgate.base.problems import Field, Path, Problem
from tillgate.base.text import URL_MAX, checked_return_url
from tillgate.checkout.links.model import PaymentLink
from tillgate.checkout.orders.model import LineItemKind
from tillgate.checkout.sessions.model import checked_lifetime

if TYPE_CHECKING:
    from tillgate.checkout.sessions.opening import NewSession

# As long as sessions wait unless an operator says otherwise.
LIFETIME_MAX_MS: Final = 60 * MINUTE_MS
# A code's place is held as long as its session waits: long enough to pay, too short for a code to be taken from others
# by sessions that nobody means to pay.
CODE_LIFETIME_MAX_MS: Final = 15 * MINUTE_MS


class Who(StrEnum):
    """Who may say something about a session to be."""

    ANYBODY = "anybody"
    WITHIN_BOUNDS = "within bounds"
    SECRET_KEYS = "secret keys"  # noqa: S105 — who, not a secret


# Each field of the request that opens a session: who may set it. What is an Allow is allowed on the
# key by that name. A field that is missing here is one that nobody has decided about, and a test fails.
MAY_SET: Final[Mapping[str, Who | Allow]] = {
    "link_id": Who.ANYBODY,
    "amount": Allow.AMOUNT,
    "amount.value": Allow.AMOUNT,
    "amount.currency": Allow.AMOUNT,
    "line_items": Who.WITHIN_BOUNDS,
    "line_items.product_id": Who.ANYBODY,
    "line_items.quantity": Who.ANYBODY,
    # Of a product whose buyer says what it costs; without a product it takes Allow.AMOUNT.
    "line_items.unit_amount": Who.WITHIN_BOUNDS,
    # A product has its own, by which the merchant knows what was bought.
    "line_items.name": Allow.AMOUNT,
    # ``product``; ``discount`` and ``tax`` take what is called so.
    "line_items.kind": Who.WITHIN_BOUNDS,
    "currency": Who.ANYBODY,
    "shipping_amount": Allow.SHIPPING,
    "metadata": Who.ANYBODY,
    "locale": Who.ANYBODY,
    # Never unique, so that it takes nothing from anybody.
    "client_reference_id": Who.ANYBODY,
    # Places of the key: its origins, and what was registered on it.
    "success_url": Who.WITHIN_BOUNDS,
    "cancel_url": Who.WITHIN_BOUNDS,
    "return_url": Who.WITHIN_BOUNDS,
    # At most an hour, and a quarter of one with a code.
    "expires_in_seconds": Who.WITHIN_BOUNDS,
    # As often as a visitor may try one; for a link, only where the link takes codes.
    "promotion_code": Who.WITHIN_BOUNDS,
    "allow_promotion_codes": Who.WITHIN_BOUNDS,
    "coupon_id": Who.SECRET_KEYS,
    "reference": Who.SECRET_KEYS,
    "unique_reference": Who.SECRET_KEYS,
    "customer_id": Who.SECRET_KEYS,
    "test_clock_id": Who.SECRET_KEYS,
    "capture_method": Who.SECRET_KEYS,
}
_LINE_KINDS: Final = {
    LineItemKind.DISCOUNT: Allow.DISCOUNT,
    LineItemKind.TAX: Allow.TAX,
}


def check_may_set(principal: Principal, new: "NewSession") -> None:
    """Whether the caller may say all that is said.

    Raises:
        Forbidden: a publishable key sets what it may not; the first such field is named.
    """
    if not principal.publishable:
        return
    for field, who in _asked(new):
        match who:
            case Who.SECRET_KEYS:
                raise Forbidden(Problem.SERVER_ONLY, field=field, code="secret_key_required")
            case Allow():
                if who not in principal.allow:
                    raise Forbidden(
                        Problem.NOT_ALLOWED_ON_KEY,
                        field=field,
                        values={"allow": who.value, "others": ("link_id", "line_items", "product_id")},
                        code="secret_key_required",
                    )
            case Who.ANYBODY | Who.WITHIN_BOUNDS:
                pass
            case _:
                assert_never(who)


def lifetime_ms(principal: Principal, new: "NewSession", default_ms: int) -> int:
    """How long a session waits for money.

    Raises:
        InvalidInput: it is out of bounds.
    """
    if not principal.publishable:
        return default_ms if new.expires_in_seconds is None else checked_lifetime(new.expires_in_seconds)
    most_ms = LIFETIME_MAX_MS if new.promotion_code is None else CODE_LIFETIME_MAX_MS
    if new.expires_in_seconds is None:
        return min(default_ms, most_ms)
    wanted_ms = checked_lifetime(new.expires_in_seconds)
    if wanted_ms > most_ms:
        raise InvalidInput(
            "expires_in_seconds",
            Problem.PUBLISHABLE_LIFETIME,
            maximum=most_ms // 1_000,
            given=new.expires_in_seconds,
            with_code=new.promotion_code is not None,
        )
    return wanted_ms


def return_url(principal: Principal, url: str | None, *, field: Field) -> str | None:
    """Where a buyer may be sent; with a publishable key, only to places of that key.

    Raises:
        InvalidInput: they may not be sent there.
    """
    if url is None or not principal.publishable:
        return checked_return_url(url, field=field, livemode=principal.livemode)
    scheme = url[:URL_MAX].partition(":")[0].lower()
    if f"{scheme}:" in principal.returns_to:
        if len(url) > URL_MAX or not url.isprintable() or " " in url or "\\" in url:
            raise InvalidInput(field, Problem.URL_TEXT, maximum=URL_MAX)
        return url
    checked = checked_return_url(url, field=field, livemode=principal.livemode)
    if not any(place in principal.returns_to for place in _places(url)):
        raise InvalidInput(field, Problem.RETURN_URL_NOT_ON_KEY)
    return checked


def codes_allowed(link: PaymentLink, new: "NewSession") -> bool:
    """Whether a session of this link takes codes, when a publishable key opens it: as the link says.

    Raises:
        Forbidden: it does not, and a code is sent or asked for.
    """
    if not link.allow_promotion_codes and (new.promotion_code is not None or new.allow_promotion_codes):
        field = "promotion_code" if new.promotion_code is not None else "allow_promotion_codes"
        raise Forbidden(Problem.LINK_TAKES_NO_CODES, field=field, code="secret_key_required")
    return link.allow_promotion_codes


def _asked(new: "NewSession") -> Iterator[tuple[Path, Who | Allow]]:
    """Each field that says something, and who may set it."""
    for name, value in new._asdict().items():
        if value != new._field_defaults[name]:
            yield (name,), MAY_SET[name]
    for number, line in enumerate(new.line_items or ()):
        if line.kind in _LINE_KINDS:
            yield ("line_items", number, "kind"), _LINE_KINDS[line.kind]
        elif line.product_id is None:
            yield ("line_items", number, "product_id"), Allow.AMOUNT
        elif line.name is not None:
            yield ("line_items", number, "name"), MAY_SET["line_items.name"]


def _places(url: str) -> tuple[str, ...]:
    """The origin of an http(s) URL (RFC 6454, 4) as keys have it, and with its first label left open."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    host = f"[{host}]" if ":" in host else host
    shown_port = f":{port}" if port is not None and port != {"https": 443, "http": 80}.get(parts.scheme) else ""
    label, dot, parent = host.partition(".")
    origin = f"{parts.scheme}://{host}{shown_port}"
    return (origin, f"{parts.scheme}://*.{parent}{shown_port}") if label and dot else (origin,)
