"""Products: what is for sale, and for how much."""

from typing import Final

from starlette.responses import Response

from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.money import worded
from tillgate.base.pages import Page, PageRequest
from tillgate.base.text import DESCRIPTION_MAX, NAME_MAX
from tillgate.checkout.products.model import REFERENCE_MAX, Pricing, Product, to_api
from tillgate.checkout.products.operations import (
    NewProduct,
    ProductChanges,
    counterpart_of,
    create_product,
    get_product,
    list_products,
    switch_mode,
    update_product,
)
from tillgate.dashboard.apis import snippets_of_product
from tillgate.dashboard.calls import READ, SELL, Call, Unusable, View
from tillgate.dashboard.forms import USUAL_CURRENCIES, Draft, Form, draft, problems_of
from tillgate.store import Transaction

PRODUCTS: Final = "/dashboard/products"
FIELDS: Final = ("name", "description", "pricing", "price", "currency", "priceMin", "priceMax", "reference")


async def list_all(call: Call) -> Response:
    """Products for sale, or those that are not."""
    off = call.query("off") == "1"
    request = PageRequest(starting_after=call.query("after"))

    async def operation(tx: Transaction) -> Page[Product]:
        return await list_products(tx, call.principal, request, active=not off)

    found = await call.read(operation)
    return call.page(
        "products/list.html",
        section="products",
        found=Page([to_api(product) for product in found.data], found.has_more),
        off=off,
        page=request,
    )


async def new_product(call: Call) -> Response:
    """The form for a product."""
    return _form(call, draft(dict.fromkeys(FIELDS, ""), pricing="fixed", currency="USD"))


async def create(call: Call) -> Response:
    """Make a product and show it."""
    form, currency = call.form, call.form.text("currency").upper()

    async def operation(tx: Transaction) -> Product:
        new = NewProduct(
            name=form.text("name"),
            description=form.optional("description"),
            pricing=form.text("pricing"),
            price=form.optional_amount("price", "price", currency),
            currency=currency,
            price_min=_bound(form, "priceMin", "price_min"),
            price_max=_bound(form, "priceMax", "price_max"),
            reference=form.optional("reference"),
        )
        return await create_product(call.context.checkout, tx, call.principal, new)

    try:
        product = await call.write(operation)
    except (InvalidInput, Conflict) as error:
        return _form(call, Draft(_values(form), problems_of(error, "reference")))
    return call.go(f"{PRODUCTS}/{product.id}", flash="product_created")


def _bound(form: Form, name: str, field: str) -> str | None:
    """A bound of what the buyer may pay. A price that you set has none, and its form shows none: what is left there of
    another choice is no mistake."""
    if form.text("pricing") == Pricing.FIXED:
        return None
    return form.optional_amount(name, field, form.text("currency").upper())


async def product_page(call: Call) -> Response:
    """One product."""
    product, twin = await _twins(call)
    return call.page(
        "products/detail.html",
        section="products",
        product=product,
        twin=twin,
        api_object=to_api(product),
        snippets=snippets_of_product(call, product.id),
    )


async def edit_form(call: Call) -> Response:
    """The form that changes a product."""
    product = await _product(call)
    price = product.price
    values = draft(
        name=product.name,
        description=product.description or "",
        pricing=price.pricing.value,
        price=worded(price.suggested, price.currency) or "",
        currency=price.currency,
        priceMin=worded(price.least, price.currency) or "",
        priceMax=worded(price.most, price.currency) or "",
        reference=product.reference or "",
    )
    return _form(call, values, product)


async def edit(call: Call) -> Response:
    """Change a product."""
    form, currency = call.form, call.form.text("currency").upper()
    product = await _product(call)
    try:
        changes = ProductChanges(
            name=form.text("name"),
            description=form.optional("description"),
            pricing=form.text("pricing"),
            price=form.optional_amount("price", "price", currency),
            currency=currency,
            price_min=_bound(form, "priceMin", "price_min"),
            price_max=_bound(form, "priceMax", "price_max"),
            reference=form.optional("reference"),
        )
        await _change(call, changes)
    except (InvalidInput, Conflict) as error:
        return _form(call, Draft(_values(form), problems_of(error, "reference")), product)
    return call.go(f"{PRODUCTS}/{product.id}", flash="product_changed")


async def activate(call: Call) -> Response:
    """Put a product on sale."""
    product = await _change(call, ProductChanges(active=True))
    return call.go(f"{PRODUCTS}/{product.id}", flash="product_activated")


async def deactivate(call: Call) -> Response:
    """Take a product off sale."""
    product = await _change(call, ProductChanges(active=False))
    return call.go(f"{PRODUCTS}/{product.id}", flash="product_deactivated")


async def confirm_switch(call: Call) -> Response:
    """Ask before a product changes between Testing and Live."""
    product, twin = await _twins(call)
    back = _is_left(product, twin)
    return call.page("products/switch.html", section="products", product=product, live=product.livemode is back)


async def switch(call: Call) -> Response:
    """Sell the product in the mode that was asked for: itself or its twin is on sale then, and the other one is not."""
    to = call.form.one("to")
    if to not in ("", "live", "test"):
        raise Unusable("Choose one of the buttons.")

    async def operation(tx: Transaction) -> Product:
        product = await get_product(tx, call.principal, call.param("product"))
        twin = await counterpart_of(tx, product)
        if twin is not None and to == ("live" if product.livemode else "test"):
            # Seen from the twin, it is this one that is in the other mode.
            principal = call.principal._replace(livemode=twin.livemode)
            return await switch_mode(call.context.checkout, tx, principal, twin.id)
        return await switch_mode(call.context.checkout, tx, call.principal, product.id)

    on_sale = await call.write(operation)
    flash = "product_live" if on_sale.livemode else "product_testing"
    return call.go(f"{PRODUCTS}/{call.param('product')}", flash=flash)


async def _product(call: Call) -> Product:
    async def operation(tx: Transaction) -> Product:
        return await get_product(tx, call.principal, call.param("product"))

    return await call.read(operation)


async def _twins(call: Call) -> tuple[Product, Product | None]:
    async def operation(tx: Transaction) -> tuple[Product, Product | None]:
        product = await get_product(tx, call.principal, call.param("product"))
        return product, await counterpart_of(tx, product)

    return await call.read(operation)


def _is_left(product: Product, twin: Product | None) -> bool:
    """Whether its twin is for sale in its place."""
    return twin is not None and twin.active and not product.active


async def _change(call: Call, changes: ProductChanges) -> Product:
    async def operation(tx: Transaction) -> Product:
        return await update_product(call.context.checkout, tx, call.principal, call.param("product"), changes)

    return await call.write(operation)


def _values(form: Form) -> dict[str, object]:
    return {name: form.one(name) for name in FIELDS}


def _form(call: Call, form: Draft, product: Product | None = None) -> Response:
    return call.page(
        "products/form.html",
        status_code=form.status_code,
        section="products",
        draft=form,
        product=product,
        currencies=USUAL_CURRENCIES,
        name_max=NAME_MAX,
        description_max=DESCRIPTION_MAX,
        reference_max=REFERENCE_MAX,
    )


VIEWS: Final = (
    View("GET", PRODUCTS, list_all, READ),
    View("POST", PRODUCTS, create, SELL),
    View("GET", f"{PRODUCTS}/new", new_product, SELL),
    View("GET", f"{PRODUCTS}/{{product}}", product_page, READ),
    View("GET", f"{PRODUCTS}/{{product}}/edit", edit_form, SELL),
    View("POST", f"{PRODUCTS}/{{product}}/edit", edit, SELL),
    View("POST", f"{PRODUCTS}/{{product}}/activate", activate, SELL),
    View("POST", f"{PRODUCTS}/{{product}}/deactivate", deactivate, SELL),
    View("GET", f"{PRODUCTS}/{{product}}/switch", confirm_switch, SELL),
    View("POST", f"{PRODUCTS}/{{product}}/switch", switch, SELL),
)
