"""The networks that live payments come on, for whoever runs the installation."""

from typing import Final

from starlette.responses import Response

from keyturn.stores.ports import Act
from tillgate.access.accounts import Right
from tillgate.access.audited import write_down_network
from tillgate.dashboard.calls import Call, Need, Unusable, View
from tillgate.rails.evm.networks import operations, records
from tillgate.rails.evm.networks.model import Network, NetworkError, Token
from tillgate.store import SealingError, Transaction

NETWORKS: Final = "/dashboard/networks"
OPERATE: Final = Need(Right.OPERATE)


async def list_all(call: Call) -> Response:
    """Each network, its nodes with what is secret in their URLs masked, and its tokens."""
    sealer = call.context.sealer
    shown = []
    for network in await call.read(records.every):

        async def look(tx: Transaction, network: Network = network) -> tuple[list[str], list[Token]]:
            return await operations.masked_urls(tx, sealer, network), await records.tokens_of(tx, network.chain_id)

        try:
            urls, tokens = await call.read(look)
        except (SealingError, NetworkError):
            urls, tokens = ["sealed with another secret key"], []
        shown.append((network, urls, tokens))
    return call.page("networks/list.html", section="networks", networks=shown)


async def pause(call: Call) -> Response:
    """Offer a network to no new session."""
    return await _switch(call, paused=True)


async def resume(call: Call) -> Response:
    """Offer it again."""
    return await _switch(call, paused=False)


async def _switch(call: Call, *, paused: bool) -> Response:
    name, now = call.param("network"), call.context.clock.now()

    async def operation(tx: Transaction) -> None:
        network, is_new = await (operations.pause if paused else operations.resume)(tx, name, now)
        if is_new:
            await write_down_network(
                tx,
                Act(now, call.principal.actor),
                "network.paused" if paused else "network.resumed",
                network=network.name,
            )

    try:
        await call.write(operation)
    except NetworkError as error:
        raise Unusable("There is no such network.") from error
    return call.go(NETWORKS, flash="network_paused" if paused else "network_resumed")


VIEWS: Final = (
    View("GET", NETWORKS, list_all, OPERATE),
    View("POST", f"{NETWORKS}/{{network}}/pause", pause, OPERATE),
    View("POST", f"{NETWORKS}/{{network}}/resume", resume, OPERATE),
)
