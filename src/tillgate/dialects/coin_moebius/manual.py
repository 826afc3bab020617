"""The provider ``manual``: the buyer sends money by mail, and the merchant says when it came.

A buyer is shown first where to and how much; nothing is recorded by that. Who confirms gets a reference code, which
goes on the letter and is never anybody else's.
"""

from typing import Final

import msgspec

from tillgate.base.errors import TillgateError
from tillgate.base.money import Money
from tillgate.base.principal import Principal
from tillgate.checkout.metadata import checked_metadata
from tillgate.checkout.orders.operations import basket_of_lines, looked_up
from tillgate.checkout.projects.model import ProjectSettings
from tillgate.checkout.projects.operations import get_settings
from tillgate.checkout.sessions.opening import Beside, open_session
from tillgate.checkout.settlement.receiving import LIFETIME_MS
from tillgate.dialects.coin_moebius import spelling
from tillgate.dialects.coin_moebius.errors import PROVIDER_NOT_AVAILABLE
from tillgate.dialects.coin_moebius.numbers import to_number
from tillgate.dialects.coin_moebius.providers import Asked, Provider, PublicProvider
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext


class Letter(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """What a buyer sends where. ``txId`` and ``referenceCode`` are there once the buyer has confirmed."""

    tx_id: str | None = None
    reference_code: str | None = None
    mailing_address: str
    expected_amount: msgspec.Raw
    expected_currency: str
    instructions: str = ""


async def _offered(context: ApiContext, tx: Transaction, project_id: str) -> PublicProvider | None:
    settings = await get_settings(tx, project_id)
    if not settings.post_address:
        return None
    return PublicProvider(id=spelling.MANUAL, name="Pay by mail", mailing_address=settings.post_address)


async def _check_out(context: ApiContext, tx: Transaction, principal: Principal, asked: Asked) -> Letter:
    settings = await get_settings(tx, principal.project_id)
    if not settings.post_address:
        raise TillgateError(
            "manual is not switched on for this project: its merchant has set no mailing address.",
            code=PROVIDER_NOT_AVAILABLE,
        )
    if not asked.confirmed:
        return _letter(settings, await _price(tx, principal, asked))
    beside = Beside(LIFETIME_MS, by_mail=True, products=asked.products)
    session = await open_session(context.checkout, tx, principal, asked.session, beside)
    return msgspec.structs.replace(
        _letter(settings, session.price),
        tx_id=spelling.to_transaction(session.id),
        reference_code=session.payment.terms.address,
    )


async def _price(tx: Transaction, principal: Principal, asked: Asked) -> Money:
    """What the checkout would cost; nothing is written."""
    checked_metadata(asked.session.metadata)
    new = asked.session
    currency, lines = await looked_up(tx, principal, new.currency, new.line_items or (), asked.products)
    return basket_of_lines(currency, lines, None).price


def _letter(settings: ProjectSettings, price: Money) -> Letter:
    return Letter(
        mailing_address=settings.post_address,
        expected_amount=to_number(price),
        expected_currency=price.currency,
        instructions=settings.post_instructions,
    )


MANUAL: Final = Provider(spelling.MANUAL, _offered, _check_out)
