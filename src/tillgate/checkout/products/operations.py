"""What a merchant does with products."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from keyturn.database import UniqueViolation
from tillgate.base import ids
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.money import worded
from tillgate.base.pages import ANY_TIME, Page, PageRequest, Period, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.base.text import NAME_MAX, checked_description, checked_text, identity
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.metadata import changed_metadata, checked_metadata
from tillgate.checkout.products import records
from tillgate.checkout.products.model import REFERENCE_MAX, Product, checked_price, to_api
from tillgate.events.types import PRODUCT_CREATED, PRODUCT_UPDATED
from tillgate.store import Transaction


class NewProduct(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant says about a product to be; amounts as decimal strings."""

    name: str
    currency: str = "USD"
    price: str | None = None
    pricing: str = "fixed"
    price_min: str | None = None
    price_max: str | None = None
    description: str | None = None
    active: bool = True
    metadata: dict[str, Any] | None = None
    reference: str | None = None


class ProductChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant may change; what is unset stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    currency: str | msgspec.UnsetType = msgspec.UNSET
    price: str | msgspec.UnsetType | None = msgspec.UNSET
    pricing: str | msgspec.UnsetType = msgspec.UNSET
    price_min: str | msgspec.UnsetType | None = msgspec.UNSET
    price_max: str | msgspec.UnsetType | None = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET
    reference: str | msgspec.UnsetType | None = msgspec.UNSET


_PRICE_PARTS: tuple[Literal["pricing", "currency", "price", "price_min", "price_max"], ...] = (
    "pricing",
    "currency",
    "price",
    "price_min",
    "price_max",
)


async def create_product(context: CheckoutContext, tx: Transaction, principal: Principal, new: NewProduct) -> Product:
    """Add a product to the caller's project and mode.

    Raises:
        InvalidInput: a field is wrong; it is named.
        Conflict: another product has this reference.
    """
    now = context.clock.now()
    product = Product(
        id=ids.new_id(ids.PRODUCT),
        project_id=principal.project_id,
        livemode=principal.livemode,
        name=checked_text(new.name, field="name", length_max=NAME_MAX),
        description=checked_description(new.description),
        price=checked_price(new.pricing, new.currency, new.price, new.price_min, new.price_max),
        active=new.active,
        metadata=checked_metadata(new.metadata),
        created_at=now,
        updated_at=now,
        reference=_checked_reference(new.reference),
    )
    try:
        await records.insert(tx, product)
    except UniqueViolation as error:
        raise _taken() from error
    await emit_fact(context, tx, PRODUCT_CREATED, product, to_api(product))
    return product


async def get_product(tx: Transaction, principal: Principal, product_id: str) -> Product:
    """One product.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    product = await records.by_id(tx, principal.project_id, principal.livemode, product_id)
    if product is None:
        raise NotFound("product", product_id)
    return product


async def products_by_id(tx: Transaction, principal: Principal, product_ids: Sequence[str]) -> dict[str, Product]:
    """Several products by their ids; what is not in the caller's project and mode is not among them."""
    likely = [one for one in product_ids if ids.is_id(ids.PRODUCT, one)]
    found = await records.by_ids(tx, principal.project_id, principal.livemode, likely)
    return {product.id: product for product in found}


async def product_on_sale(tx: Transaction, project_id: str, name: str, *, livemode: bool | None = None) -> Product:
    """The product that an id or a reference leads to for somebody who knows the project alone: of twins, the one that
    is for sale; of two that are, the one that was named, or the live one.

    Args:
        livemode: only one of this mode will do.

    Raises:
        NotFound: there is none, or none of that mode.
        Conflict: it is not for sale, nor is its twin.
    """
    product = (await products_named(tx, project_id, [name], livemode=livemode)).get(name)
    if product is None:
        raise NotFound("product", name)
    if not product.active:
        raise Conflict(Problem.PRODUCT_NOT_FOR_SALE, field="product_id", code="product_inactive")
    return product


async def products_named(
    tx: Transaction, project_id: str, names: Sequence[str], *, livemode: bool | None = None
) -> dict[str, Product]:
    """What each of several names leads to, as :func:`product_on_sale` says; a product that is not for sale where none
    is that it could lead to. Names that lead nowhere are missing. The store is asked twice at most."""
    found = {one.id: one for one in await records.named(tx, project_id, names)}
    twins = {one.reference for one in found.values() if one.reference is not None and not one.active}
    if wanted := sorted(twins.difference(names)):
        found |= {one.id: one for one in await records.named(tx, project_id, wanted)}
    fitting = [one for one in found.values() if livemode is None or one.livemode is livemode]
    led: dict[str, Product] = {}
    for name in names:
        own = found.get(name)
        by = {name, own.reference} if own is not None and not own.active else {name}
        leads = [one for one in fitting if one.id == name or (one.reference is not None and one.reference in by)]
        if leads:
            led[name] = max(leads, key=lambda one: (one.active, one.id == name, one.livemode))
    return led


async def counterpart_of(tx: Transaction, product: Product) -> Product | None:
    """The product of the other mode that has the same reference."""
    if product.reference is None:
        return None
    found = await records.named(tx, product.project_id, [product.reference])
    return next((one for one in found if _are_twins(one, product)), None)


def _are_twins(one: Product, other: Product) -> bool:
    return one.livemode is not other.livemode and one.reference == other.reference


async def switch_mode(context: CheckoutContext, tx: Transaction, principal: Principal, product_id: str) -> Product:
    """Put a product's twin in the other mode on sale in its place, and answer with the twin.

    It stays as it is where there is one already, else it is made with the same name, price, words and reference. The
    product that is left is not for sale any more.

    Raises:
        NotFound: it is not in the caller's project and mode.
        Conflict: another product has the reference that the twins are to have.
    """
    try:
        return await _switched(context, tx, principal, product_id)
    except UniqueViolation as error:
        raise _taken() from error


async def _switched(context: CheckoutContext, tx: Transaction, principal: Principal, product_id: str) -> Product:
    product = await get_product(tx, principal, product_id)
    reference = product.reference or product.id
    held = await _held_twins(tx, product, reference)
    product = next(one for one in held if one.id == product_id)
    now = context.clock.now()
    left = msgspec.structs.replace(product, reference=reference, active=False, updated_at=now)
    await records.update(tx, left)
    await emit_fact(context, tx, PRODUCT_UPDATED, left, to_api(left))
    twin = next((one for one in held if _are_twins(one, left)), None)
    if twin is not None:
        twin = msgspec.structs.replace(twin, active=True, updated_at=now)
        await records.update(tx, twin)
        await emit_fact(context, tx, PRODUCT_UPDATED, twin, to_api(twin))
        return twin
    twin = msgspec.structs.replace(
        left, id=ids.new_id(ids.PRODUCT), livemode=not left.livemode, active=True, created_at=now
    )
    await records.insert(tx, twin)
    await emit_fact(context, tx, PRODUCT_CREATED, twin, to_api(twin))
    return twin


async def _held_twins(tx: Transaction, product: Product, reference: str) -> list[Product]:
    """A product and its twin, where it has one; nobody else changes them until this transaction ends."""
    held: dict[str, Product | None] = {}
    while True:
        # Again once they are held: somebody else may have made the twin meanwhile.
        found = [product, *await records.named(tx, product.project_id, [reference])]
        # In one order, whichever of the twins somebody else switches at the same moment; a twin that is made is newer.
        new = {one.id: one for one in found if one.id not in held}
        if not new:
            return [one for one in held.values() if one is not None]
        for id, one in sorted(new.items()):
            held[id] = await records.locked(tx, one.project_id, one.livemode, id)


async def list_products(
    tx: Transaction,
    principal: Principal,
    page: PageRequest,
    *,
    active: bool | None = None,
    reference: str | None = None,
    period: Period = ANY_TIME,
) -> Page[Product]:
    """Products, newest first; those for sale, those that are not, or both; or the one that has this reference."""
    checked_cursor(page, ids.PRODUCT)
    compared = identity(reference) if reference is not None else None
    found = await records.newest(
        tx, principal.project_id, principal.livemode, page, active=active, reference=compared, period=period
    )
    return cut(found, page.limit)


async def update_product(
    context: CheckoutContext, tx: Transaction, principal: Principal, product_id: str, changes: ProductChanges
) -> Product:
    """Change a product; what was bought before keeps what it was bought for. ``metadata`` is merged by its keys.

    Raises:
        NotFound: it is not in the caller's project and mode.
        InvalidInput: a field is wrong, or does not fit the others; it is named.
        Conflict: another product has this reference.
    """
    product = await records.locked(tx, principal.project_id, principal.livemode, product_id)
    if product is None:
        raise NotFound("product", product_id)
    changed: dict[str, object] = {}
    if changes.name is not msgspec.UNSET:
        changed["name"] = checked_text(changes.name, field="name", length_max=NAME_MAX)
    if changes.description is not msgspec.UNSET:
        changed["description"] = checked_description(changes.description)
    if changes.active is not msgspec.UNSET:
        changed["active"] = changes.active
    if changes.metadata is not msgspec.UNSET:
        changed["metadata"] = changed_metadata(product.metadata, changes.metadata)
    if changes.reference is not msgspec.UNSET:
        changed["reference"] = _checked_reference(changes.reference)
    given = {part: getattr(changes, part) for part in _PRICE_PARTS if getattr(changes, part) is not msgspec.UNSET}
    if given:
        # As the merchant would say it today: another currency takes the same figures, if it can have them.
        before = product.price
        terms: dict[str, Any] = {
            "pricing": before.pricing.value,
            "currency": before.currency,
            "price": worded(before.suggested, before.currency),
            "price_min": worded(before.least, before.currency),
            "price_max": worded(before.most, before.currency),
        } | given
        changed["price"] = checked_price(*(terms[part] for part in _PRICE_PARTS))
    after = msgspec.structs.replace(product, **changed)
    if after == product:
        return product
    after = msgspec.structs.replace(after, updated_at=context.clock.now())
    try:
        await records.update(tx, after)
    except UniqueViolation as error:
        raise _taken() from error
    await emit_fact(context, tx, PRODUCT_UPDATED, after, to_api(after))
    return after


def _checked_reference(text: str | None) -> str | None:
    return identity(checked_text(text, field="reference", length_max=REFERENCE_MAX)) if text is not None else None


def _taken() -> Conflict:
    return Conflict(Problem.PRODUCT_REFERENCE_TAKEN, field="reference", code="product_reference_taken")
