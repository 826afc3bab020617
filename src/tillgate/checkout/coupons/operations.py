"""What a merchant does with coupons."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.base.invariants import present
from tillgate.base.pages import ANY_TIME, Page, PageRequest, Period, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.base.text import NAME_MAX, checked_description, checked_text
from tillgate.checkout.bounds import checked_expiry, checked_uses_max
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.coupons import records
from tillgate.checkout.coupons.model import Coupon, Uses, checked_discount, to_api
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.metadata import Replaced, changed_metadata, checked_metadata
from tillgate.events.types import COUPON_CREATED, COUPON_UPDATED
from tillgate.store import Transaction


class NewCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant says about a coupon to be.

    Attributes:
        discount_type: ``amount``, with ``discount_amount`` and ``currency``, or ``percentage``.
        expires_at: an RFC 3339 timestamp.
    """

    name: str
    discount_type: str
    discount_amount: str | None = None
    currency: str | None = None
    discount_percentage: str | None = None
    description: str | None = None
    expires_at: str | None = None
    max_redemptions: int | None = None
    active: bool = True
    metadata: dict[str, Any] | None = None


class CouponChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant may change; what is unset stays. What a coupon is worth is not among it."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, Any] | Replaced | msgspec.UnsetType | None = msgspec.UNSET


async def create_coupon(context: CheckoutContext, tx: Transaction, principal: Principal, new: NewCoupon) -> Coupon:
    """Make a coupon in the caller's project and mode.

    Raises:
        InvalidInput: a field is wrong; it is named.
    """
    now = context.clock.now()
    coupon = Coupon(
        id=ids.new_id(ids.COUPON),
        project_id=principal.project_id,
        livemode=principal.livemode,
        name=checked_text(new.name, field="name", length_max=NAME_MAX),
        description=checked_description(new.description),
        discount=checked_discount(new.discount_type, new.discount_amount, new.currency, new.discount_percentage),
        expires_at=checked_expiry(new.expires_at, now=now),
        uses=Uses(most=checked_uses_max(new.max_redemptions)),
        active=new.active,
        metadata=checked_metadata(new.metadata),
        created_at=now,
        updated_at=now,
    )
    await records.insert(tx, coupon)
    await emit_fact(context, tx, COUPON_CREATED, coupon, to_api(coupon))
    return coupon


async def get_coupon(tx: Transaction, principal: Principal, coupon_id: str) -> Coupon:
    """One coupon.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    coupon = (
        await records.by_id(tx, principal.project_id, principal.livemode, coupon_id)
        if ids.is_id(ids.COUPON, coupon_id)
        else None
    )
    if coupon is None:
        raise NotFound("coupon", coupon_id)
    return coupon


async def coupons_by_id(tx: Transaction, principal: Principal, coupon_ids: Sequence[str]) -> dict[str, Coupon]:
    """Several coupons by their ids; what is not in the caller's project and mode is not among them."""
    return {one.id: one for one in await records.by_ids(tx, principal.project_id, principal.livemode, coupon_ids)}


async def reread(tx: Transaction, coupon: Coupon) -> Coupon:
    """The same as it is now."""
    found = await records.by_id(tx, coupon.project_id, coupon.livemode, coupon.id)
    return present(found, "a coupon, none of which is ever deleted")


async def list_coupons(
    tx: Transaction, principal: Principal, page: PageRequest, *, active: bool | None = None, period: Period = ANY_TIME
) -> Page[Coupon]:
    """Coupons, newest first; those switched on, those switched off, or both."""
    checked_cursor(page, ids.COUPON)
    found = await records.newest(tx, principal.project_id, principal.livemode, page, active=active, period=period)
    return cut(found, page.limit)


async def update_coupon(
    context: CheckoutContext, tx: Transaction, principal: Principal, coupon_id: str, changes: CouponChanges
) -> Coupon:
    """Change a coupon; sessions that have it already keep it. ``metadata`` is merged by its keys.

    Raises:
        NotFound: it is not in the caller's project and mode.
        InvalidInput: a field is wrong; it is named.
    """
    coupon = await records.locked(tx, principal.project_id, principal.livemode, coupon_id)
    if coupon is None:
        raise NotFound("coupon", coupon_id)
    changed: dict[str, object] = {}
    if changes.name is not msgspec.UNSET:
        changed["name"] = checked_text(changes.name, field="name", length_max=NAME_MAX)
    if changes.description is not msgspec.UNSET:
        changed["description"] = checked_description(changes.description)
    if changes.active is not msgspec.UNSET:
        changed["active"] = changes.active
    if changes.metadata is not msgspec.UNSET:
        changed["metadata"] = changed_metadata(coupon.metadata, changes.metadata)
    after = msgspec.structs.replace(coupon, **changed)
    if after == coupon:
        return coupon
    after = msgspec.structs.replace(after, updated_at=context.clock.now())
    await records.update(tx, after)
    await emit_fact(context, tx, COUPON_UPDATED, after, to_api(after))
    return after
