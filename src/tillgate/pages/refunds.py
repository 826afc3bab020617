"""``/refunds/{token}``: a buyer enters the address that their refund goes to, sees the whole of it, and confirms it.

The link works once, and nothing is filled in: only the buyer knows where they can receive money now.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillgate.base.errors import InvalidInput, NotFound
from tillgate.checkout.projects.model import Profile
from tillgate.checkout.projects.operations import get_profile
from tillgate.checkout.refunds.destinations import (
    PATH,
    TOKEN_CHARACTERS,
    Asked,
    checked_destination,
    confirm_destination,
    count_try,
    find_by_link,
)
from tillgate.pages.amounts import units
from tillgate.pages.brand import brand_of
from tillgate.pages.context import PagesContext
from tillgate.pages.forms import small_form
from tillgate.pages.networks import coin_name, network_name
from tillgate.pages.reader import Reader, reader_of
from tillgate.pages.rendering import notice, page
from tillgate.pages.words import for_buyer
from tillgate.store import Transaction
from tillgate.words import Words

# What somebody may type, with spaces around an address.
TYPED_MAX: Final = 100
GROUP: Final = 4
_TOKEN: Final = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_CHARACTERS}}}", re.ASCII)


class Step(StrEnum):
    """What the page asks for, or how it ended."""

    ENTER = "enter"
    CONFIRM = "confirm"
    CONFIRMED = "confirmed"


class _Found(NamedTuple):
    """What a link asks for, and whose shop it is."""

    asked: Asked
    profile: Profile


class Going(NamedTuple):
    """What goes out, in words."""

    amount: str
    asset: str
    network: str


def going_of(asked: Asked, words: Words) -> Going:
    """How much of what goes out on which network."""
    going, option = asked.going, asked.option
    asset = going.symbol or coin_name(going.chain_id, going.asset, words)
    network = option.title if option is not None else network_name(going.chain_id, words)
    return Going(words.coins(units(going.transfer.amount_atomic, going.asset_decimals)), asset, network)


def groups_of(address: str) -> tuple[str, ...]:
    """An address in groups that eyes can compare: ``0x``, then four characters each."""
    digits = address[2:]
    return (address[:2], *(digits[at : at + GROUP] for at in range(0, len(digits), GROUP)))


def routes(context: PagesContext) -> list[BaseRoute]:
    async def enter(request: Request) -> Response:
        """Ask for the address."""
        found = await _find(context, request)
        return _show(request, found, Step.ENTER) if found is not None else _unknown(request)

    async def take(request: Request) -> Response:
        """Take an address, show the whole of it, and keep it once it is confirmed."""
        found = await _find(context, request)
        if found is None:
            return _unknown(request)
        token, form = _token_of(request), await small_form(request)
        typed, step = form.get("address", "")[:TYPED_MAX], form.get("step", "")
        if step == "change":
            return _show(request, found, Step.ENTER, typed=typed)
        await context.database.write(lambda tx: count_try(tx, token))
        try:
            if step != "confirm":
                address = await context.database.read(
                    lambda tx: checked_destination(context.checkout, tx, found.asked, typed)
                )
                return _show(request, found, Step.CONFIRM, typed=address)
            confirmed = await context.database.write(lambda tx: confirm_destination(context.checkout, tx, token, typed))
        except InvalidInput as error:
            problem = for_buyer(error, _reader(request, found).words)
            return _show(request, found, Step.ENTER, 422, typed=typed, problem=problem)
        except NotFound:
            return _unknown(request)
        return _show(request, found, Step.CONFIRMED, typed=confirmed.refund.destination or "")

    return [
        Route(f"{PATH}/{{token}}", enter, methods=["GET"], name="refund"),
        Route(f"{PATH}/{{token}}", take, methods=["POST"], name="refund_take"),
    ]


def _token_of(request: Request) -> str:
    token: str = request.path_params["token"]
    return token


async def _find(context: PagesContext, request: Request) -> _Found | None:
    """What the link asks for; None where it does not work."""
    token = _token_of(request)
    if _TOKEN.fullmatch(token) is None:
        return None

    async def operation(tx: Transaction) -> _Found | None:
        asked = await find_by_link(context.checkout, tx, token)
        return _Found(asked, await get_profile(tx, asked.refund.project_id)) if asked is not None else None

    return await context.database.read(operation)


def _reader(request: Request, found: _Found) -> Reader:
    return reader_of(request, found.asked.session.locale, found.profile.settings.locale)


def _show(
    request: Request,
    found: _Found,
    step: Step,
    status: int = 200,
    *,
    typed: str = "",
    problem: Markup | None = None,
) -> Response:
    reader, asked = _reader(request, found), found.asked
    path = f"{PATH}/{_token_of(request)}"
    return page(
        reader,
        "refund.html",
        status,
        here=path if step is Step.ENTER else None,
        path=path,
        step=step.value,
        test=not asked.refund.livemode,
        merchant=found.profile.name,
        brand=brand_of(found.profile),
        going=going_of(asked, reader.words),
        price=reader.words.price(asked.refund.amount),
        typed=typed,
        groups=groups_of(typed),
        problem=problem,
        typed_max=TYPED_MAX,
        session_id=asked.session.id,
        reference=asked.session.reference,
    )


def _unknown(request: Request) -> Response:
    reader = reader_of(request)
    say = reader.words.html
    return notice(
        reader,
        404,
        say("This link does not work any more"),
        say("It was used already, or its time is over. Please ask the shop for a new one if your refund needs it."),
    )
