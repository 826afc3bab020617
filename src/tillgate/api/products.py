"""``/products``."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec

from keyturn import Need
from tillgate.api.kept import kept_answer
from tillgate.api.paging import ListObject, ListQuery, period
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout import kept
from tillgate.checkout.products import operations
from tillgate.checkout.products.model import REFERENCE_MAX, ProductObject, to_api
from tillgate.checkout.products.operations import NewProduct, ProductChanges
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Resource
from tillgate.wire.fields import CurrencyText, DecimalText, DescriptionText, NameText, text
from tillgate.wire.reading import given
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("products:read"), Need("products:write")


Reference = Annotated[str, text(REFERENCE_MAX)]


class CreateProduct(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """A new product. With ``pricing`` ``buyer`` the buyer says what they pay, between ``priceMin`` and ``priceMax``
    where those are given, and ``price`` is what they are offered first. ``reference`` is yours, and unique in its mode:
    the pages and languages that name products take it where an id is."""

    name: NameText
    price: DecimalText | None = None
    currency: CurrencyText = "USD"
    pricing: Literal["fixed", "buyer"] = "fixed"
    price_min: DecimalText | None = None
    price_max: DecimalText | None = None
    description: DescriptionText | None = None
    active: bool = True
    metadata: dict[str, Any] | None = None
    reference: Reference | None = None


class UpdateProduct(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """What may be changed; fields that are left out stay, ``metadata`` is merged by key, where null removes one."""

    name: NameText | msgspec.UnsetType = msgspec.UNSET
    price: DecimalText | msgspec.UnsetType | None = msgspec.UNSET
    currency: CurrencyText | msgspec.UnsetType = msgspec.UNSET
    pricing: Literal["fixed", "buyer"] | msgspec.UnsetType = msgspec.UNSET
    price_min: DecimalText | msgspec.UnsetType | None = msgspec.UNSET
    price_max: DecimalText | msgspec.UnsetType | None = msgspec.UNSET
    description: DescriptionText | msgspec.UnsetType | None = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET
    reference: Reference | msgspec.UnsetType | None = msgspec.UNSET


class ListProducts(ListQuery, frozen=True, forbid_unknown_fields=True):
    """``active`` lists those for sale, or those that are not; both where it is left out. ``reference`` matches
    exactly."""

    active: bool | msgspec.UnsetType = msgspec.UNSET
    reference: Annotated[str, msgspec.Meta(max_length=REFERENCE_MAX)] | msgspec.UnsetType = msgspec.UNSET


async def create(context: ApiContext, tx: Transaction, call: Call) -> ProductObject:
    new = NewProduct(**{name: getattr(call.body, name) for name in call.body.__struct_fields__})
    return to_api(await operations.create_product(context.checkout, tx, call.principal, new))


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> ProductObject | msgspec.Raw:
    if (answer := await kept_answer(context, tx, call, kept.PRODUCT)) is not None:
        return answer
    return to_api(await operations.get_product(tx, call.principal, call.id))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[ProductObject]:
    query: ListProducts = call.query
    active, reference = given(query.active), given(query.reference)
    page = await operations.list_products(
        tx, call.principal, call.page, active=active, reference=reference, period=period(query)
    )
    return Page([to_api(product) for product in page.data], page.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> ProductObject:
    changes = ProductChanges(**{name: getattr(call.body, name) for name in call.body.__struct_fields__})
    return to_api(await operations.update_product(context.checkout, tx, call.principal, call.id, changes))


async def by_ids(
    context: ApiContext, tx: Transaction, principal: Principal, wanted: list[str]
) -> dict[str, ProductObject]:
    found = await operations.products_by_id(tx, principal, wanted)
    return {id: to_api(one) for id, one in found.items()}


PRODUCT = Resource("product", ProductObject, READ, by_ids)

ROUTES = [
    Route(
        "POST",
        "/products",
        WRITE,
        "Create a product",
        Writes(create),
        ProductObject,
        HTTPStatus.CREATED,
        body=CreateProduct,
    ),
    Route(
        "GET",
        "/products",
        READ,
        "List products, newest first",
        Reads(list_all),
        ListObject[ProductObject],
        query=ListProducts,
    ),
    Route("GET", "/products/{id}", READ, "Retrieve a product", Reads(retrieve), ProductObject),
    Route("PATCH", "/products/{id}", WRITE, "Update a product", Writes(update), ProductObject, body=UpdateProduct),
]
