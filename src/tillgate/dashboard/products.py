"""Products: what is for sale, and for how much."""

from typing import Final

from starlette.responses import Response

from tillgate.base.errors import InvalidInput
from tillgate.base.money import worded
from tillgate.base.pages import Page, PageRequest
from tillgate.base.text import DESCRIPTION_MAX, NAME_MAX
from tillgate.checkout.products.model import Product, shown
from tillgate.checkout.products.operations import (
    NewProduct,
    ProductChanges,
    create_product,
    get_product,
    list_products,
    update_product,
)
from tillgate.dashboard.forms import USUAL_CURRENCIES, Draft, Form, draft, problems_of
from tillgate.dashboard.visits import View, Visit
from tillgate.store import Transaction

PRODUCTS: Final = "/dashboard/products"
FIELDS: Final = ("name", "description", "pricing", "price", "currency", "priceMin", "priceMax")


async def list_all(visit: Visit) -> Response:
    """Products for sale, or those that are not."""
    off = visit.query("off") == "1"
    request = PageRequest(starting_after=visit.query("after"))

    async def operation(tx: Transaction) -> Page[Product]:
        return await list_products(tx, visit.principal, request, active=not off)

    found = await visit.read(operation)
    return visit.page(
        "products/list.html",
        section="products",
        found=Page([shown(product) for product in found.data], found.has_more),
        off=off,
        page=request,
    )


async def new_product(visit: Visit) -> Response:
    """The form for a product."""
    return _form(visit, draft(dict.fromkeys(FIELDS, ""), pricing="fixed", currency="USD"))


async def create(visit: Visit) -> Response:
    """Make a product and show it."""
    form = visit.form
    new = NewProduct(
        name=form.text("name"),
        description=form.optional("description"),
        pricing=form.text("pricing"),
        price=form.optional("price"),
        currency=form.text("currency").upper(),
        price_min=form.optional("priceMin"),
        price_max=form.optional("priceMax"),
    )

    async def operation(tx: Transaction) -> Product:
        return await create_product(visit.desk.checkout, tx, visit.principal, new)

    try:
        product = await visit.write(operation)
    except InvalidInput as error:
        return _form(visit, Draft(_values(form), problems_of(error)))
    return visit.go(f"{PRODUCTS}/{product.id}", said="product_created")


async def product_page(visit: Visit) -> Response:
    """One product."""
    product = await _product(visit)
    return visit.page("products/detail.html", section="products", product=product, shown=shown(product))


async def edit_form(visit: Visit) -> Response:
    """The form that changes a product."""
    product = await _product(visit)
    price = product.price
    values = draft(
        name=product.name,
        description=product.description or "",
        pricing=price.pricing.value,
        price=worded(price.suggested, price.currency) or "",
        currency=price.currency,
        priceMin=worded(price.least, price.currency) or "",
        priceMax=worded(price.most, price.currency) or "",
    )
    return _form(visit, values, product)


async def edit(visit: Visit) -> Response:
    """Change a product."""
    form = visit.form
    product = await _product(visit)
    changes = ProductChanges(
        name=form.text("name"),
        description=form.optional("description"),
        pricing=form.text("pricing"),
        price=form.optional("price"),
        currency=form.text("currency").upper(),
        price_min=form.optional("priceMin"),
        price_max=form.optional("priceMax"),
    )
    try:
        await _change(visit, changes)
    except InvalidInput as error:
        return _form(visit, Draft(_values(form), problems_of(error)), product)
    return visit.go(f"{PRODUCTS}/{product.id}", said="product_changed")


async def activate(visit: Visit) -> Response:
    """Put a product on sale."""
    product = await _change(visit, ProductChanges(active=True))
    return visit.go(f"{PRODUCTS}/{product.id}", said="product_activated")


async def deactivate(visit: Visit) -> Response:
    """Take a product off sale."""
    product = await _change(visit, ProductChanges(active=False))
    return visit.go(f"{PRODUCTS}/{product.id}", said="product_deactivated")


async def _product(visit: Visit) -> Product:
    async def operation(tx: Transaction) -> Product:
        return await get_product(tx, visit.principal, visit.param("product"))

    return await visit.read(operation)


async def _change(visit: Visit, changes: ProductChanges) -> Product:
    async def operation(tx: Transaction) -> Product:
        return await update_product(visit.desk.checkout, tx, visit.principal, visit.param("product"), changes)

    return await visit.write(operation)


def _values(form: Form) -> dict[str, object]:
    return {name: form.one(name) for name in FIELDS}


def _form(visit: Visit, form: Draft, product: Product | None = None) -> Response:
    return visit.page(
        "products/form.html",
        status_code=form.status_code,
        section="products",
        draft=form,
        product=product,
        currencies=USUAL_CURRENCIES,
        name_max=NAME_MAX,
        description_max=DESCRIPTION_MAX,
    )


VIEWS: Final = (
    View("GET", PRODUCTS, list_all),
    View("POST", PRODUCTS, create),
    View("GET", f"{PRODUCTS}/new", new_product),
    View("GET", f"{PRODUCTS}/{{product}}", product_page),
    View("GET", f"{PRODUCTS}/{{product}}/edit", edit_form),
    View("POST", f"{PRODUCTS}/{{product}}/edit", edit),
    View("POST", f"{PRODUCTS}/{{product}}/activate", activate),
    View("POST", f"{PRODUCTS}/{{product}}/deactivate", deactivate),
)
