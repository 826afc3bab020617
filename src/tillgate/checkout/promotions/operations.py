"""What a merchant does with promotion codes."""

from collections.abc import Sequence
from typing import Any

import msgspec

from keyturn.database import UniqueViolation
from tillgate.base import ids
from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.base.invariants import present
from tillgate.base.pages import ANY_TIME, Page, PageRequest, Period, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.base.text import folded, without_invisible
from tillgate.checkout.bounds import checked_expiry, checked_uses_max
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.coupons import operations as coupons
from tillgate.checkout.coupons.model import Coupon, Uses
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.metadata import Replaced, changed_metadata, checked_metadata
from tillgate.checkout.promotions import records
from tillgate.checkout.promotions.model import PromotionCode, checked_code, checked_minimum, to_api
from tillgate.events.types import PROMOTION_CODE_CREATED, PROMOTION_CODE_UPDATED
from tillgate.store import Transaction


class NewPromotionCode(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant says about a promotion code to be.

    Attributes:
        minimum_amount: a decimal string in ``currency``; both or neither.
        expires_at: an RFC 3339 timestamp.
    """

    code: str
    coupon_id: str
    first_time_transaction: bool = False
    one_per_customer: bool = False
    minimum_amount: str | None = None
    currency: str | None = None
    expires_at: str | None = None
    max_redemptions: int | None = None
    active: bool = True
    metadata: dict[str, Any] | None = None


class PromotionCodeChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant may change; what is unset stays. The code and its conditions are not among it."""

    active: bool | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, Any] | Replaced | msgspec.UnsetType | None = msgspec.UNSET


async def create_promotion_code(
    context: CheckoutContext, tx: Transaction, principal: Principal, new: NewPromotionCode
) -> PromotionCode:
    """Make a promotion code for a coupon of the caller's project and mode.

    Raises:
        InvalidInput: a field is wrong, or there is no such coupon; the field is named.
        Conflict: another code that is on has the same text, ignoring case.
    """
    now = context.clock.now()
    coupon = await _coupon(tx, principal, new.coupon_id)
    promotion = PromotionCode(
        id=ids.new_id(ids.PROMOTION_CODE),
        project_id=principal.project_id,
        livemode=principal.livemode,
        coupon_id=coupon.id,
        code=checked_code(new.code),
        first_time_transaction=new.first_time_transaction,
        one_per_customer=new.one_per_customer,
        minimum=checked_minimum(new.minimum_amount, new.currency, coupon.discount),
        expires_at=checked_expiry(new.expires_at, now=now),
        uses=Uses(most=checked_uses_max(new.max_redemptions)),
        active=new.active,
        metadata=checked_metadata(new.metadata),
        created_at=now,
        updated_at=now,
    )
    if not await records.insert(tx, promotion):
        raise _exists(promotion)
    await emit_fact(context, tx, PROMOTION_CODE_CREATED, promotion, to_api(promotion))
    return promotion


async def get_promotion_code(tx: Transaction, principal: Principal, promotion_code_id: str) -> PromotionCode:
    """One promotion code.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    promotion = await records.by_id(tx, principal.project_id, principal.livemode, promotion_code_id)
    if promotion is None:
        raise NotFound("promotion code", promotion_code_id)
    return promotion


async def promotion_codes_by_id(
    tx: Transaction, principal: Principal, promotion_code_ids: Sequence[str]
) -> dict[str, PromotionCode]:
    """Several promotion codes by their ids; what is not in the caller's project and mode is not among them."""
    found = await records.by_ids(tx, principal.project_id, principal.livemode, promotion_code_ids)
    return {promotion.id: promotion for promotion in found}


async def find_promotion_code(tx: Transaction, principal: Principal, code: str) -> PromotionCode:
    """The promotion code with this text, ignoring case and what nobody can see.

    Raises:
        NotFound: there is none in the caller's project and mode.
    """
    # What no code can be is not looked for: a NUL, for one, is nothing that PostgreSQL could compare with.
    likely = without_invisible(code).isprintable()
    promotion = await records.by_code(tx, principal.project_id, principal.livemode, folded(code)) if likely else None
    if promotion is None:
        raise NotFound("promotion code")
    return promotion


async def reread(tx: Transaction, promotion: PromotionCode) -> PromotionCode:
    """The same as it is now."""
    found = await records.by_id(tx, promotion.project_id, promotion.livemode, promotion.id)
    return present(found, "a promotion code, none of which is ever deleted")


async def list_promotion_codes(
    tx: Transaction,
    principal: Principal,
    page: PageRequest,
    *,
    active: bool | None = None,
    coupon_id: str | None = None,
    code: str | None = None,
    period: Period = ANY_TIME,
) -> Page[PromotionCode]:
    """Promotion codes, newest first, that match what is given; ``code`` ignores case."""
    checked_cursor(page, ids.PROMOTION_CODE)
    found = await records.newest(
        tx,
        principal.project_id,
        principal.livemode,
        page,
        active=active,
        coupon_id=coupon_id,
        code_folded=folded(code) if code is not None else None,
        period=period,
    )
    return cut(found, page.limit)


async def update_promotion_code(
    context: CheckoutContext,
    tx: Transaction,
    principal: Principal,
    promotion_code_id: str,
    changes: PromotionCodeChanges,
) -> PromotionCode:
    """Change a promotion code; sessions that have it already keep it. ``metadata`` is merged by its keys.

    Raises:
        NotFound: it is not in the caller's project and mode.
        InvalidInput: a field is wrong; it is named.
        Conflict: it is switched on, and another code that is on has the same text.
    """
    promotion = await records.locked(tx, principal.project_id, principal.livemode, promotion_code_id)
    if promotion is None:
        raise NotFound("promotion code", promotion_code_id)
    changed: dict[str, object] = {}
    if changes.active is not msgspec.UNSET:
        changed["active"] = changes.active
    if changes.metadata is not msgspec.UNSET:
        changed["metadata"] = changed_metadata(promotion.metadata, changes.metadata)
    after = msgspec.structs.replace(promotion, **changed)
    if after == promotion:
        return promotion
    after = msgspec.structs.replace(after, updated_at=context.clock.now())
    try:
        await records.update(tx, after)
    except UniqueViolation as error:
        raise _exists(after) from error
    await emit_fact(context, tx, PROMOTION_CODE_UPDATED, after, to_api(after))
    return after


def _exists(promotion: PromotionCode) -> Conflict:
    return Conflict(
        f"The promotion code {promotion.code} already exists in this project and mode. Case does not matter. Switch "
        "that one off first, which frees its text.",
        code="promotion_code_exists",
    )


async def _coupon(tx: Transaction, principal: Principal, coupon_id: str) -> Coupon:
    try:
        return await coupons.get_coupon(tx, principal, coupon_id)
    except NotFound as error:
        raise InvalidInput("coupon_id", Problem.NO_SUCH, noun="coupon") from error
