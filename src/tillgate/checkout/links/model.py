"""Payment links, inside and on the wire."""

import re
import secrets
import unicodedata
from enum import StrEnum
from typing import Final, Literal

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.base.money import Money

SLUG_RANDOM_LENGTH: Final = 12
SLUG_WORDS_MAX: Final = 32
_SLUG_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"


class Ended(StrEnum):
    """Why a link opens no session any more."""

    SWITCHED_OFF = "switched off"
    EXPIRED = "expired"
    USED_UP = "used up"


class PaymentLink(msgspec.Struct, frozen=True, kw_only=True):
    """A reusable price. Instants are Unix milliseconds.

    Attributes:
        slug: the last part of its public address: words of its title, then unguessable characters.
        archived_at: when it was put away for good; an archived link is never active.
        allow_promotion_codes: whether its buyers may type a promotion code.
        expires_at: from then on it opens no session; None for never. Those that are open go on.
        completed_sessions: how many of its sessions were paid, or had failed and their money was accepted, whatever was
            given back later.
        completed_sessions_max: at this number it opens no more; None for no limit. Those that are open by then may
            still be paid, and count.
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
    expires_at: int | None = None
    completed_sessions_max: int | None = None
    completed_sessions: int = 0

    def ended(self, now: int) -> Ended | None:
        """Why it opens no session at this instant; None where it opens one."""
        if not self.active:
            return Ended.SWITCHED_OFF
        if self.expires_at is not None and now >= self.expires_at:
            return Ended.EXPIRED
        if self.completed_sessions_max is not None and self.completed_sessions >= self.completed_sessions_max:
            return Ended.USED_UP
        return None


class PaymentLinkObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A payment link as the API shows it (Crypto Checkout, payment links).

    Attributes:
        active: whether you have it switched on; an active link opens no session once it has expired or is used up.
        expires_at: from then on it opens no session.
        completed_sessions: how many of its sessions were paid, or had failed and you accepted their money, whatever was
            refunded later.
        max_completed_sessions: at this number it opens no more; those that are open by then may still be paid.
    """

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
    expires_at: str | None
    completed_sessions: int
    max_completed_sessions: int | None
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
        expires_at=to_rfc3339(link.expires_at) if link.expires_at is not None else None,
        completed_sessions=link.completed_sessions,
        max_completed_sessions=link.completed_sessions_max,
        checkout_url=f"{public_url}/l/{link.slug}",
        created_at=to_rfc3339(link.created_at),
        updated_at=to_rfc3339(link.updated_at),
    )


def new_slug(title: str) -> str:
    """``pro-plan-7k2m9q4t8w3x``: what is URL-safe of the title, and 59 random bits."""
    # A letter with a mark is written without it (NFKD), rather than dropped.
    letters = "".join(
        char for char in unicodedata.normalize("NFKD", title).casefold() if not unicodedata.combining(char)
    )
    words = re.sub(r"[^a-z0-9]+", "-", letters)[:SLUG_WORDS_MAX].strip("-")
    tail = "".join(secrets.choice(_SLUG_ALPHABET) for _ in range(SLUG_RANDOM_LENGTH))
    return f"{words}-{tail}" if words else tail
