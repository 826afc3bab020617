"""Payment links, inside and on the wire."""

import re
import secrets
from typing import Final, Literal

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.base.money import Money

SLUG_RANDOM_LENGTH: Final = 12
SLUG_WORDS_MAX: Final = 32
_SLUG_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"


class PaymentLink(msgspec.Struct, frozen=True, kw_only=True):
    """A reusable price. Instants are Unix milliseconds.

    Attributes:
        slug: the last part of its public address: words of its title, then unguessable characters.
        archived_at: when it was put away for good; an archived link is never active.
        allow_promotion_codes: whether its buyers may type a promotion code.
    """

    id: str
    project_id: str
    livemode: bool
    slug: str
    title: str
    description: str | None
    price: Money
    success_url: str | None
    cancel_url: str | None
    active: bool
    archived_at: int | None
    created_at: int
    updated_at: int
    allow_promotion_codes: bool = False


class PaymentLinkObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A payment link as the API shows it (Crypto Checkout, payment links)."""

    id: str
    object: Literal["payment_link"] = "payment_link"
    livemode: bool
    slug: str
    title: str
    description: str | None
    fiat_amount: str
    fiat_currency: str
    success_url: str | None
    cancel_url: str | None
    active: bool
    archived: bool
    allow_promotion_codes: bool
    checkout_url: str
    created_at: str
    updated_at: str


def to_api(link: PaymentLink, public_url: str) -> PaymentLinkObject:
    """The link in the API's form."""
    return PaymentLinkObject(
        id=link.id,
        livemode=link.livemode,
        slug=link.slug,
        title=link.title,
        description=link.description,
        fiat_amount=str(link.price),
        fiat_currency=link.price.currency,
        success_url=link.success_url,
        cancel_url=link.cancel_url,
        active=link.active,
        archived=link.archived_at is not None,
        allow_promotion_codes=link.allow_promotion_codes,
        checkout_url=f"{public_url}/l/{link.slug}",
        created_at=to_rfc3339(link.created_at),
        updated_at=to_rfc3339(link.updated_at),
    )


def new_slug(title: str) -> str:
    """``pro-plan-7k2m9q4t8w3x``: what is URL-safe of the title, and 59 random bits."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower())[:SLUG_WORDS_MAX].strip("-")
    tail = "".join(secrets.choice(_SLUG_ALPHABET) for _ in range(SLUG_RANDOM_LENGTH))
    return f"{words}-{tail}" if words else tail
