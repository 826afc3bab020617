"""Test shoppers: who signed up at a test checkout, or signs in to approve test orders."""

from typing import Final

from starlette.responses import Response

from tillgate.base.errors import NotFound
from tillgate.base.pages import Page, PageRequest, cut
from tillgate.base.text import EMAIL_MAX
from tillgate.checkout.shoppers.model import Shopper
from tillgate.checkout.shoppers.operations import (
    find_shopper,
    get_shopper,
    list_shoppers,
    remove_shopper,
)
from tillgate.dashboard.calls import READ, SELL, Call, View
from tillgate.store import Transaction

SHOPPERS: Final = "/dashboard/shoppers"
_ONE: Final = f"{SHOPPERS}/{{shopper}}"


async def list_all(call: Call) -> Response:
    """The project's shoppers by e-mail address, or the one whose address is searched for; none in live mode."""
    request, wanted = PageRequest(starting_after=call.query("after")), (call.query("q") or "")[:EMAIL_MAX].strip()

    async def operation(tx: Transaction) -> Page[Shopper]:
        project_id = call.principal.project_id
        if wanted:
            found = await find_shopper(tx, project_id, wanted)
            return Page([found] if found is not None else [], has_more=False)
        after = await get_shopper(tx, project_id, request.starting_after) if request.starting_after else None
        return cut(await list_shoppers(tx, project_id, after=after, limit=request.limit + 1), request.limit)

    page = await call.read(operation) if not call.principal.livemode else Page[Shopper]([], has_more=False)
    return call.page(
        "shoppers/list.html", section="shoppers", found=page, page=request, query=wanted, email_max=EMAIL_MAX
    )


async def confirm_remove(call: Call) -> Response:
    """Ask whether a shopper is to be removed."""
    shopper_id = _named(call)
    shopper = await call.read(lambda tx: get_shopper(tx, call.principal.project_id, shopper_id))
    return call.page("shoppers/remove.html", section="shoppers", shopper=shopper)


async def remove(call: Call) -> Response:
    """Remove a shopper: whoever had signed in as them is signed out."""
    shopper_id = _named(call)
    await call.write(lambda tx: remove_shopper(tx, call.principal.project_id, shopper_id))
    return call.go(SHOPPERS, flash="shopper_removed")


def _named(call: Call) -> str:
    """
    Raises:
        NotFound: it is live mode, which has no shoppers.
    """
    if call.principal.livemode:
        raise NotFound("shopper")
    return call.param("shopper")


VIEWS: Final = (
    View("GET", SHOPPERS, list_all, READ),
    View("GET", f"{_ONE}/remove", confirm_remove, SELL),
    View("POST", f"{_ONE}/remove", remove, SELL),
)
