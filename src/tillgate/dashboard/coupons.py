"""Coupons and the promotion codes that give them."""

from typing import Final

from starlette.responses import Response

from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.pages import LIMIT_MAX, Page, PageRequest
from tillgate.base.text import DESCRIPTION_MAX, NAME_MAX
from tillgate.checkout.coupons.model import Coupon, to_api
from tillgate.checkout.coupons.operations import (
    CouponChanges,
    NewCoupon,
    create_coupon,
    get_coupon,
    list_coupons,
    update_coupon,
)
from tillgate.checkout.promotions.model import CODE_LENGTH_MAX, PromotionCode
from tillgate.checkout.promotions.model import to_api as promotion_code_to_api
from tillgate.checkout.promotions.operations import (
    NewPromotionCode,
    PromotionCodeChanges,
    create_promotion_code,
    list_promotion_codes,
    update_promotion_code,
)
from tillgate.checkout.redemptions.model import RecordedRedemption
from tillgate.checkout.redemptions.operations import list_redemptions
from tillgate.dashboard.calls import READ, SELL, Call, View
from tillgate.dashboard.forms import USUAL_CURRENCIES, Draft, Form, draft, problems_of
from tillgate.dashboard.words import sentence_of
from tillgate.store import Transaction

COUPONS: Final = "/dashboard/coupons"
REDEMPTIONS_SHOWN_MAX: Final = 10
FIELDS: Final = (
    "name",
    "description",
    "discountType",
    "discountAmount",
    "currency",
    "discountPercentage",
    "expiresAt",
    "maxRedemptions",
)
CODE_FIELDS: Final = (
    "code",
    "minimumAmount",
    "currency",
    "expiresAt",
    "maxRedemptions",
    "firstTimeTransaction",
    "onePerCustomer",
)


async def list_all(call: Call) -> Response:
    """Coupons that are on, or those that are off."""
    off = call.query("off") == "1"
    request = PageRequest(starting_after=call.query("after"))

    async def operation(tx: Transaction) -> Page[Coupon]:
        return await list_coupons(tx, call.principal, request, active=not off)

    found = await call.read(operation)
    pairs = Page([(coupon, to_api(coupon)) for coupon in found.data], found.has_more)
    return call.page("coupons/list.html", section="coupons", found=pairs, off=off, page=request)


async def new_coupon(call: Call) -> Response:
    """The form for a coupon."""
    return _form(call, draft(dict.fromkeys(FIELDS, ""), discountType="percentage", currency="USD"))


async def create(call: Call) -> Response:
    """Make a coupon and show it."""
    form = call.form
    amount = form.text("discountType") == "amount"
    try:
        # Both kinds of discount are on the form; what belongs to the other kind is no mistake there.
        new = NewCoupon(
            name=form.text("name"),
            description=form.optional("description"),
            discount_type=form.text("discountType"),
            discount_amount=form.optional_amount("discountAmount", "discount_amount", form.text("currency").upper())
            if amount
            else None,
            currency=form.text("currency").upper() if amount else None,
            discount_percentage=None if amount else form.percentage("discountPercentage", "discount_percentage"),
            expires_at=form.end_of_day("expiresAt"),
            max_redemptions=form.count("maxRedemptions", field="max_redemptions"),
        )

        async def operation(tx: Transaction) -> Coupon:
            return await create_coupon(call.context.checkout, tx, call.principal, new)

        coupon = await call.write(operation)
    except InvalidInput as error:
        return _form(call, Draft({name: form.one(name) for name in FIELDS}, problems_of(error)))
    return call.go(f"{COUPONS}/{coupon.id}", flash="coupon_created")


async def coupon_page(call: Call) -> Response:
    """One coupon, its codes with the form for another one, and who used it lately."""
    return await _page(call, draft(dict.fromkeys(CODE_FIELDS, "")))


async def activate(call: Call) -> Response:
    """Switch a coupon on."""
    return await _switch(call, True)


async def deactivate(call: Call) -> Response:
    """Switch a coupon off, with all of its codes."""
    return await _switch(call, False)


async def create_code(call: Call) -> Response:
    """Make a promotion code for a coupon."""
    form = call.form
    currency = form.text("currency").upper()
    try:
        minimum = form.optional_amount("minimumAmount", "minimum_amount", currency)
        new = NewPromotionCode(
            code=form.text("code"),
            coupon_id=call.param("coupon"),
            minimum_amount=minimum,
            # The currency is filled in beforehand; without a minimum it says nothing.
            currency=currency if minimum is not None else None,
            expires_at=form.end_of_day("expiresAt"),
            max_redemptions=form.count("maxRedemptions", field="max_redemptions"),
            first_time_transaction=form.one("firstTimeTransaction") == "1",
            one_per_customer=form.one("onePerCustomer") == "1",
        )

        async def operation(tx: Transaction) -> PromotionCode:
            return await create_promotion_code(call.context.checkout, tx, call.principal, new)

        await call.write(operation)
    except InvalidInput as error:
        return await _page(call, Draft(_code_values(form), problems_of(error)))
    except Conflict as error:
        return await _page(call, Draft(_code_values(form), {"code": sentence_of(error)}))
    return call.go(f"{COUPONS}/{call.param('coupon')}", flash="code_created")


async def activate_code(call: Call) -> Response:
    """Switch a promotion code on."""
    return await _switch_code(call, True)


async def deactivate_code(call: Call) -> Response:
    """Switch a promotion code off."""
    return await _switch_code(call, False)


async def _page(call: Call, form: Draft) -> Response:
    async def operation(tx: Transaction) -> tuple[Coupon, Page[PromotionCode], Page[RecordedRedemption]]:
        coupon = await get_coupon(tx, call.principal, call.param("coupon"))
        codes = await list_promotion_codes(tx, call.principal, PageRequest(LIMIT_MAX), coupon_id=coupon.id)
        request = PageRequest(REDEMPTIONS_SHOWN_MAX)
        return coupon, codes, await list_redemptions(tx, call.principal, request, coupon_id=coupon.id)

    coupon, codes, redemptions = await call.read(operation)
    coupon_object = to_api(coupon)
    if not form.values["currency"]:
        form = form._replace(values=form.values | {"currency": coupon_object.currency or "USD"})
    return call.page(
        "coupons/detail.html",
        status_code=form.status_code,
        section="coupons",
        coupon=coupon,
        api_object=coupon_object,
        codes=Page([promotion_code_to_api(code) for code in codes.data], codes.has_more),
        code_by_id={code.id: code.code for code in codes.data},
        redemptions=redemptions,
        draft=form,
        currencies=USUAL_CURRENCIES,
        code_max=CODE_LENGTH_MAX,
    )


async def _switch(call: Call, active: bool) -> Response:
    async def operation(tx: Transaction) -> Coupon:
        changes = CouponChanges(active=active)
        return await update_coupon(call.context.checkout, tx, call.principal, call.param("coupon"), changes)

    coupon = await call.write(operation)
    return call.go(f"{COUPONS}/{coupon.id}", flash="coupon_activated" if active else "coupon_deactivated")


async def _switch_code(call: Call, active: bool) -> Response:
    async def operation(tx: Transaction) -> PromotionCode:
        changes = PromotionCodeChanges(active=active)
        return await update_promotion_code(call.context.checkout, tx, call.principal, call.param("code"), changes)

    code = await call.write(operation)
    return call.go(f"{COUPONS}/{code.coupon_id}", flash="code_activated" if active else "code_deactivated")


def _code_values(form: Form) -> dict[str, object]:
    return {name: form.one(name) for name in CODE_FIELDS}


def _form(call: Call, form: Draft) -> Response:
    return call.page(
        "coupons/form.html",
        status_code=form.status_code,
        section="coupons",
        draft=form,
        currencies=USUAL_CURRENCIES,
        name_max=NAME_MAX,
        description_max=DESCRIPTION_MAX,
    )


VIEWS: Final = (
    View("GET", COUPONS, list_all, READ),
    View("POST", COUPONS, create, SELL),
    View("GET", f"{COUPONS}/new", new_coupon, SELL),
    View("GET", f"{COUPONS}/{{coupon}}", coupon_page, READ),
    View("POST", f"{COUPONS}/{{coupon}}/activate", activate, SELL),
    View("POST", f"{COUPONS}/{{coupon}}/deactivate", deactivate, SELL),
    View("POST", f"{COUPONS}/{{coupon}}/codes", create_code, SELL),
    View("POST", f"{COUPONS}/codes/{{code}}/activate", activate_code, SELL),
    View("POST", f"{COUPONS}/codes/{{code}}/deactivate", deactivate_code, SELL),
)
