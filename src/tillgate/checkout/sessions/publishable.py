"""What a publishable key may say about a session: anybody may hold one, so that each word has a limit of its own."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import urlsplit

from tillgate.base.clock import MINUTE_MS
from tillgate.base.errors import Forbidden, InvalidInput
from tillgate.base.principal import Allow, Principal
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


# Each field of the request that opens a session, by its name there: who may set it. What is an Allow is allowed on the
# key by that name. A field that is missing here is one that nobody has decided about, and a test fails.
MAY_SET: Final[Mapping[str, Who | Allow]] = {
    "linkId": Who.ANYBODY,
    "amount": Allow.AMOUNT,
    "amount.value": Allow.AMOUNT,
    "amount.currency": Allow.AMOUNT,
    "lineItems": Who.WITHIN_BOUNDS,
    "lineItems.productId": Who.ANYBODY,
    "lineItems.quantity": Who.ANYBODY,
    # Of a product whose buyer says what it costs; without a product it takes Allow.AMOUNT.
    "lineItems.unitAmount": Who.WITHIN_BOUNDS,
    # A product has its own, by which the merchant knows what was bought.
    "lineItems.name": Allow.AMOUNT,
    # ``product``; ``discount`` and ``tax`` take what is called so.
    "lineItems.kind": Who.WITHIN_BOUNDS,
    "currency": Who.ANYBODY,
    "shippingAmount": Allow.SHIPPING,
    "metadata": Who.ANYBODY,
    # Places of the key: its origins, and what was registered on it.
    "successUrl": Who.WITHIN_BOUNDS,
    "cancelUrl": Who.WITHIN_BOUNDS,
    "returnUrl": Who.WITHIN_BOUNDS,
    # At most an hour, and a quarter of one with a code.
    "expiresInSeconds": Who.WITHIN_BOUNDS,
    # As often as a visitor may try one; for a link, only where the link takes codes.
    "promotionCode": Who.WITHIN_BOUNDS,
    "allowPromotionCodes": Who.WITHIN_BOUNDS,
    "couponId": Who.SECRET_KEYS,
    "reference": Who.SECRET_KEYS,
    "uniqueReference": Who.SECRET_KEYS,
    "customerId": Who.SECRET_KEYS,
    "testClockId": Who.SECRET_KEYS,
    "captureMethod": Who.SECRET_KEYS,
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
    for param, who in _asked(new):
        match who:
            case Who.SECRET_KEYS:
                raise Forbidden(
                    f"{param}: only your server sets this, because anybody may hold a publishable key. Leave it out, "
                    "or open the session on your server with a secret key.",
                    code="secret_key_required",
                    param=param,
                )
            case Allow():
                if who not in principal.allow:
                    raise Forbidden(
                        f"{param}: this publishable key opens links and products at their own price. Send linkId, or "
                        "lineItems with a productId each; or open the session on your server with a secret key. The "
                        f"key can be allowed this ({who}), and then its visitors choose what they pay.",
                        code="secret_key_required",
                        param=param,
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
            f"expiresInSeconds: a session that a publishable key opens{' with a code' if new.promotion_code else ''} "
            f"lasts at most {most_ms // 1_000} seconds, got {new.expires_in_seconds}. Open it on your server to have "
            "it longer.",
            param="expiresInSeconds",
        )
    return wanted_ms


def return_url(principal: Principal, url: str | None, *, param: str) -> str | None:
    """Where a buyer may be sent; with a publishable key, only to places of that key.

    Raises:
        InvalidInput: they may not be sent there.
    """
    if url is None or not principal.publishable:
        return checked_return_url(url, param=param, livemode=principal.livemode)
    scheme = url[:URL_MAX].partition(":")[0].lower()
    if f"{scheme}:" in principal.returns_to:
        if len(url) > URL_MAX or not url.isprintable() or " " in url or "\\" in url:
            raise InvalidInput(
                f"{param}: expected at most {URL_MAX} characters without spaces or control characters.", param=param
            )
        return url
    checked = checked_return_url(url, param=param, livemode=principal.livemode)
    if not any(place in principal.returns_to for place in _places(url)):
        raise InvalidInput(
            f"{param}: with a publishable key, buyers are sent to the key's own web origins, or to places that are "
            "registered on it (return:…). Use one of those, or open the session on your server.",
            param=param,
        )
    return checked


def codes_allowed(link: PaymentLink, new: "NewSession") -> bool:
    """Whether a session of this link takes codes, when a publishable key opens it: as the link says.

    Raises:
        Forbidden: it does not, and a code is sent or asked for.
    """
    if not link.allow_promotion_codes and (new.promotion_code is not None or new.allow_promotion_codes):
        param = "promotionCode" if new.promotion_code is not None else "allowPromotionCodes"
        raise Forbidden(
            f"{param}: this payment link takes no promotion codes. Switch them on for the link, or open the session on "
            "your server with a secret key.",
            code="secret_key_required",
            param=param,
        )
    return link.allow_promotion_codes


def _asked(new: "NewSession") -> Iterator[tuple[str, Who | Allow]]:
    """Each field that says something, by its name in the request, and who may set it."""
    for name, value in new._asdict().items():
        if value != new._field_defaults[name]:
            param = _camel(name)
            yield param, MAY_SET[param]
    for number, line in enumerate(new.line_items or ()):
        at = f"lineItems[{number}]"
        if line.kind in _LINE_KINDS:
            yield f"{at}.kind", _LINE_KINDS[line.kind]
        elif line.product_id is None:
            yield f"{at}.productId", Allow.AMOUNT
        elif line.name is not None:
            yield f"{at}.name", MAY_SET["lineItems.name"]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _places(url: str) -> tuple[str, ...]:
    """The origin of an http(s) URL (RFC 6454, 4) as keys have it, and with its first label left open."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    host = f"[{host}]" if ":" in host else host
    shown_port = f":{port}" if port is not None and port != {"https": 443, "http": 80}.get(parts.scheme) else ""
    label, dot, parent = host.partition(".")
    origin = f"{parts.scheme}://{host}{shown_port}"
    return (origin, f"{parts.scheme}://*.{parent}{shown_port}") if label and dot else (origin,)
