"""The provider ``crypto``: this server's own checkout page, by redirect. It is there from the start."""

from typing import Final

import msgspec

from tillgate.base.principal import Principal
from tillgate.checkout.sessions.opening import Beside, open_session
from tillgate.dialects.coin_moebius import spelling
from tillgate.dialects.coin_moebius.providers import Asked, Provider, PublicProvider
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext


class Redirect(msgspec.Struct, frozen=True, rename="camel"):
    """Where the buyer pays, and the id under which ``/status`` tells how that goes."""

    url: str
    tx_id: str


async def _offered(context: ApiContext, tx: Transaction, project_id: str) -> PublicProvider:
    return PublicProvider(id=spelling.CRYPTO, name="Crypto")


async def _check_out(context: ApiContext, tx: Transaction, principal: Principal, asked: Asked) -> Redirect:
    session = await open_session(context.checkout, tx, principal, asked.session, Beside(products=asked.products))
    return Redirect(f"{context.public_url}/checkout/{session.id}", spelling.to_transaction(session.id))


CRYPTO: Final = Provider(spelling.CRYPTO, _offered, _check_out)
