"""What merchants and shoppers do with payment tokens."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from tillgate.base import ids
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.invariants import present
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.base.text import checked_return_url
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.metadata import checked_metadata
from tillgate.checkout.payment_tokens import records
from tillgate.checkout.payment_tokens.model import EDGES, PaymentToken, TokenStatus, to_api
from tillgate.checkout.projects import operations as projects
from tillgate.checkout.projects.model import NETWORKS
from tillgate.events.types import (
    PAYMENT_TOKEN_APPROVED,
    PAYMENT_TOKEN_CREATED,
    PAYMENT_TOKEN_DELETED,
    PAYMENT_TOKEN_DISABLED,
    PAYMENT_TOKEN_ENABLED,
    PAYMENT_TOKEN_REJECTED,
    PAYMENT_TOKEN_USED,
    EventType,
)
from tillgate.store import Transaction

_NOUN: Final = "payment token"


class NewPaymentToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant says about a token that a shopper is to approve."""

    success_url: str
    cancel_url: str
    reference: str | None = None
    metadata: dict[str, Any] | None = None
    locale: str | None = None


async def create_payment_token(
    context: CheckoutContext, tx: Transaction, principal: Principal, new: NewPaymentToken
) -> PaymentToken:
    """Ask a shopper for a token, which waits for them to approve it.

    Raises:
        InvalidInput: a URL is none, or metadata is wrong; it is named.
        Conflict: what pays for sessions of this project and mode takes no promises.
    """
    await _require_promises(context, tx, principal)
    now = context.clock.now()
    token = PaymentToken(
        id=ids.new_id(ids.PAYMENT_TOKEN),
        project_id=principal.project_id,
        livemode=principal.livemode,
        status=TokenStatus.REQUIRES_AUTHORIZATION,
        declines=False,
        shopper=None,
        reference=new.reference,
        metadata=checked_metadata(new.metadata),
        locale=new.locale,
        success_url=_return_url(principal, new.success_url, "success_url"),
        cancel_url=_return_url(principal, new.cancel_url, "cancel_url"),
        created_at=now,
        updated_at=now,
    )
    await records.insert(tx, token)
    await emit_fact(context, tx, PAYMENT_TOKEN_CREATED, token, to_api(token), now=now)
    return token


async def get_payment_token(tx: Transaction, principal: Principal, token_id: str) -> PaymentToken:
    """One token.

    Raises:
        NotFound: it is not in the caller's project and mode, or was deleted.
    """
    token = await records.by_id(tx, token_id)
    return _require_own(token, principal, token_id)


async def get_public_payment_token(tx: Transaction, token_id: str) -> PaymentToken:
    """One token, for the shopper who was sent to its page.

    Raises:
        NotFound: there is none, or it was deleted.
    """
    token = await records.by_id(tx, token_id) if ids.is_id(ids.PAYMENT_TOKEN, token_id) else None
    if token is None or token.status is TokenStatus.DELETED:
        raise NotFound(_NOUN, token_id)
    return token


async def hold_payment_token(tx: Transaction, token_id: str) -> PaymentToken:
    """The same, and nobody else changes it until this transaction ends.

    Raises:
        NotFound: there is none, or it was deleted.
    """
    token = await records.locked(tx, token_id) if ids.is_id(ids.PAYMENT_TOKEN, token_id) else None
    if token is None or token.status is TokenStatus.DELETED:
        raise NotFound(_NOUN, token_id)
    return token


async def list_payment_tokens(
    tx: Transaction, principal: Principal, page: PageRequest, statuses: Sequence[TokenStatus]
) -> Page[PaymentToken]:
    """Tokens in one of these statuses, newest first."""
    checked_cursor(page, ids.PAYMENT_TOKEN)
    found = await records.newest(tx, principal.project_id, principal.livemode, page, statuses)
    return cut(found, page.limit)


async def approve_payment_token(
    context: CheckoutContext, tx: Transaction, token_id: str, *, shopper: str | None = None, declines: bool = False
) -> PaymentToken:
    """A shopper approves a token: orders can be made with it from now on. Approving it again changes nothing.

    Whoever calls this has made sure that it is the shopper who says so; knowing the token's id is not enough.

    Args:
        shopper: who it is, as the caller knows them.
        declines: whether orders with it are to be declined, as by a test payment method that declines.

    Raises:
        NotFound: there is no such token, or it was deleted.
        Conflict: it was rejected.
    """
    token = await hold_payment_token(tx, token_id)
    if token.status in (TokenStatus.ACTIVE, TokenStatus.DISABLED):
        return token
    approved = msgspec.structs.replace(token, shopper=shopper, declines=declines)
    return await _move(context, tx, approved, TokenStatus.ACTIVE, PAYMENT_TOKEN_APPROVED)


async def reject_payment_token(context: CheckoutContext, tx: Transaction, token_id: str) -> PaymentToken:
    """A shopper declines to approve a token, for good. Rejecting it again changes nothing.

    Raises:
        NotFound: there is no such token, or it was deleted.
        Conflict: it was approved.
    """
    token = await hold_payment_token(tx, token_id)
    if token.status is TokenStatus.REJECTED:
        return token
    return await _move(context, tx, token, TokenStatus.REJECTED, PAYMENT_TOKEN_REJECTED)


async def switch_payment_token(
    context: CheckoutContext, tx: Transaction, principal: Principal, token_id: str, *, on: bool
) -> PaymentToken:
    """Enable or disable a token that was approved; doing it again changes nothing.

    Raises:
        NotFound: it is not in the caller's project and mode, or was deleted.
        Conflict: the shopper has not approved it.
    """
    token = _require_own(await records.locked(tx, token_id), principal, token_id)
    to = TokenStatus.ACTIVE if on else TokenStatus.DISABLED
    if token.status is to:
        return token
    if token.status not in (TokenStatus.ACTIVE, TokenStatus.DISABLED):
        raise _conflict(token, to)
    return await _move(context, tx, token, to, PAYMENT_TOKEN_ENABLED if on else PAYMENT_TOKEN_DISABLED)


async def delete_payment_token(context: CheckoutContext, tx: Transaction, principal: Principal, token_id: str) -> None:
    """Delete a token for good. Orders that were made with it stay.

    Raises:
        NotFound: it is not in the caller's project and mode, or was deleted already.
    """
    token = _require_own(await records.locked(tx, token_id), principal, token_id)
    await _move(context, tx, token, TokenStatus.DELETED, PAYMENT_TOKEN_DELETED)


async def usable_payment_token(
    context: CheckoutContext, tx: Transaction, principal: Principal, token_id: str
) -> PaymentToken:
    """A token that an order can be made with; nobody changes it until this transaction ends.

    Raises:
        NotFound: it is not in the caller's project and mode, or was deleted.
        Conflict: it is not active, or what pays for sessions takes none.
    """
    token = _require_own(await records.locked(tx, token_id), principal, token_id)
    if token.status is not TokenStatus.ACTIVE:
        raise _conflict(token, TokenStatus.ACTIVE)
    await _require_promises(context, tx, principal)
    return token


async def emit_used(context: CheckoutContext, tx: Transaction, token: PaymentToken) -> None:
    """Tell that an order was made with a token, which this transaction holds. It comes after the order's own locks."""
    await emit_fact(context, tx, PAYMENT_TOKEN_USED, token, to_api(token))


def _return_url(principal: Principal, url: str, field: str) -> str:
    return present(checked_return_url(url, field=field, livemode=principal.livemode), "a URL that is one")


async def _require_promises(context: CheckoutContext, tx: Transaction, principal: Principal) -> None:
    project = await projects.get_settings(tx, principal.project_id)
    rail = context.rail(livemode=principal.livemode, on_networks=project.test_rail == NETWORKS)
    if not rail.authorizes:
        raise Conflict(
            "What pays for sessions of this project in this mode takes no promises, so there are no payment tokens. "
            "Open a checkout session for each order."
        )


async def _move(
    context: CheckoutContext, tx: Transaction, token: PaymentToken, to: TokenStatus, event: EventType
) -> PaymentToken:
    """Take a locked token along a legal edge, and tell it."""
    if to not in EDGES[token.status]:
        raise _conflict(token, to)
    moved = msgspec.structs.replace(token, status=to, updated_at=context.clock.now())
    await records.move(tx, moved, token.status)
    await emit_fact(context, tx, event, moved, to_api(moved), now=moved.updated_at)
    return moved


def _conflict(token: PaymentToken, to: TokenStatus) -> Conflict:
    return Conflict(f"This payment token is {token.status.value}, so it cannot be {to.value}.")


def _require_own(token: PaymentToken | None, principal: Principal, token_id: str) -> PaymentToken:
    if (
        token is None
        or token.status is TokenStatus.DELETED
        or (token.project_id, token.livemode) != (principal.project_id, principal.livemode)
    ):
        raise NotFound(_NOUN, token_id)
    return token
