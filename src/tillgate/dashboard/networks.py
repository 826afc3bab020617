"""The networks that live payments come on, for whoever runs the installation."""

import asyncio
from typing import Final, NamedTuple

from starlette.responses import Response

from keyturn.stores.ports import Act
from tillgate.access.accounts import Right
from tillgate.access.audited import write_down_network
from tillgate.base.errors import InvalidInput
from tillgate.dashboard.calls import Call, Need, Unusable, View
from tillgate.dashboard.forms import USUAL_CURRENCIES, Draft, Form, draft, problems_of
from tillgate.dashboard.words import form_name
from tillgate.rails.evm.extra import ExtraMissing
from tillgate.rails.evm.networks import operations, records
from tillgate.rails.evm.networks.catalogue import catalogue
from tillgate.rails.evm.networks.model import (
    CONFIRMATIONS_MAX,
    SYMBOL_MAX,
    URLS_MAX,
    Finality,
    Network,
    NetworkError,
    Token,
)
from tillgate.rails.evm.networks.operations import Added, NewNetwork, NewToken
from tillgate.rails.evm.standing import NetworkState, NodeStanding, Standing, standings
from tillgate.rails.port import COIN
from tillgate.store import SealingError, Transaction

NETWORKS: Final = "/dashboard/networks"
OPERATE: Final = Need(Right.OPERATE)
# Each node is asked some thirty questions.
ASK_SECONDS_MAX: Final = 60
YES: Final = "yes"

_S: Final = NetworkState


class StateWords(NamedTuple):
    """A state as an operator reads it, and what to do about it."""

    badge: str
    tone: str
    advice: str = ""


STATES: Final = {
    _S.IN_STEP: StateWords("In step", "good"),
    _S.STARTING: StateWords("Starting", "moving"),
    _S.NO_TOKEN: StateWords("No token", "warn", "It is not watched before it has a token."),
    _S.AWAY: StateWords("Away", "bad", "No node answers. New sessions are not offered this network."),
    _S.OTHER_CHAIN: StateWords("Other chain", "bad", "The nodes follow another chain. Give the network other nodes."),
    _S.NO_FINALITY: StateWords("No finality", "bad", "The nodes do not say what is final, so nothing is concluded."),
    _S.FINALITY_BACK: StateWords(
        "Finality went back", "bad", "What was final is not any more. Nothing is concluded until it is again."
    ),
    _S.FINALITY_STALLED: StateWords(
        "Finality stalled", "bad", "What is final has not moved for a while. Look at the network’s own status page."
    ),
    _S.DISAGREEMENT: StateWords(
        "Nodes disagree", "bad", "Two nodes say different things of the same block. Nothing is concluded meanwhile."
    ),
    _S.ALONE: StateWords("One node alone", "warn", "Only one node answers. It concludes alone after a few minutes."),
    _S.INCOMPLETE: StateWords(
        "Incomplete", "warn", "The nodes’ answers cannot be used as they are. They are asked again."
    ),
    _S.BEHIND: StateWords("Behind", "warn", "Blocks that are there have not been read yet."),
}


class NodeRow(NamedTuple):
    """One node as it may be shown, and how it has answered; None where it was not asked yet."""

    url: str
    line: NodeStanding | None
    lag: int | None


class NetworkRow(NamedTuple):
    """One network with all that an operator looks at."""

    standing: Standing
    words: StateWords
    nodes: list[NodeRow]
    tokens: list[Token]


async def list_all(call: Call) -> Response:
    """How each network stands, its nodes with what is secret in their URLs masked, and its tokens."""
    sealer, now = call.context.sealer, call.context.clock.now()
    rows = []
    for standing in await call.read(lambda tx: standings(tx, now)):

        async def look(tx: Transaction, network: Network = standing.network) -> tuple[list[str], list[Token]]:
            tokens = await records.tokens_of(tx, network.chain_id)
            try:
                return await operations.masked_urls(tx, sealer, network), tokens
            except (SealingError, NetworkError):
                return ["sealed with another secret key"], tokens

        urls, tokens = await call.read(look)
        rows.append(NetworkRow(standing, STATES[standing.state], _nodes(standing, urls), tokens))
    return call.page("networks/list.html", section="networks", networks=rows)


def _nodes(standing: Standing, urls: list[str]) -> list[NodeRow]:
    lines = {one.node: one for one in standing.nodes}
    return [
        NodeRow(url, line, standing.lag_of(line) if line is not None else None)
        for url in dict.fromkeys(urls)
        for line in (lines.get(url),)
    ]


async def new_network(call: Call) -> Response:
    """The form for a network."""
    return _network_form(call, draft(name=call.query("name") or ""))


async def add_network(call: Call) -> Response:
    """Ask the nodes of a network what they are, and keep it; one that is there gets these nodes instead."""
    now = call.context.clock.now()
    try:
        async with asyncio.timeout(ASK_SECONDS_MAX):
            asked = await operations.ask(_new_network(call.form), now, dev=call.context.dev)
    except TimeoutError:
        return _refused_network(call, {"urls": f"The nodes did not answer within {ASK_SECONDS_MAX} seconds."})
    except InvalidInput as error:
        return _refused_network(call, problems_of(error))
    except NetworkError as error:
        return _refused_network(call, _problem(error))
    sealer = call.context.sealer

    async def operation(tx: Transaction) -> Added:
        added = await operations.add(tx, sealer, asked)
        await write_down_network(
            tx,
            Act(now, call.principal.actor),
            "network.added" if added.is_new else "network.changed",
            network=added.network.name,
            chain=added.network.chain_id,
            nodes=[one.label for one in added.probed],
        )
        return added

    try:
        added = await call.write(operation)
    except NetworkError as error:
        return _refused_network(call, _problem(error))
    return call.page("networks/added.html", status_code=201, section="networks", added=added)


def _new_network(form: Form) -> NewNetwork:
    chosen = form.one("finality")
    if chosen not in ("", *Finality):
        raise Unusable("Choose one of the kinds of finality.")
    return NewNetwork(
        name=form.text("name"),
        urls=form.one("urls").split()[: URLS_MAX + 1],
        chain_id=form.count("chainId", field="chain_id"),
        confirmations=form.count("confirmations", field="confirmations"),
        finality=Finality(chosen) if chosen else None,
        explorer=form.optional("explorer"),
    )


def _refused_network(call: Call, problems: dict[str, str]) -> Response:
    # The URLs are not put into the page again: they may hold secrets.
    values: dict[str, object] = {
        name: call.form.one(name) for name in ("name", "chainId", "confirmations", "finality", "explorer")
    }
    return _network_form(call, Draft(values, problems))


def _network_form(call: Call, form: Draft) -> Response:
    return call.page(
        "networks/new.html",
        status_code=form.status_code,
        section="networks",
        draft=form,
        known=list(catalogue().values()),
        urls_max=URLS_MAX,
        confirmations_max=CONFIRMATIONS_MAX,
    )


async def new_token(call: Call) -> Response:
    """The form for a token."""
    return await _token_form(call, draft(network=call.query("network") or "", currency="USD"))


async def add_token(call: Call) -> Response:
    """Ask the nodes what a token is, and keep it. One outside of the catalogue is asked about first."""
    form, now = call.form, call.context.clock.now()
    new = NewToken(form.text("network"), form.text("address"), form.text("currency"), form.optional("symbol"))
    values: dict[str, object] = {name: form.text(name) for name in ("network", "address", "currency", "symbol")}
    try:
        async with asyncio.timeout(ASK_SECONDS_MAX):
            token = await operations.ask_token(call.context.database, call.context.sealer, new)
    except TimeoutError:
        return await _token_form(
            call, Draft(values, {"": f"The nodes did not answer within {ASK_SECONDS_MAX} seconds."})
        )
    except NetworkError as error:
        return await _token_form(call, Draft(values, _problem(error)))
    except ExtraMissing as error:
        return await _token_form(call, Draft(values, {"": _sentence(error)}))
    if token.wants_confirmation and form.one("unverified") != YES:
        return await _token_form(
            call,
            Draft(
                values,
                {
                    "unverified": "This token is not in the catalogue, and anybody can deploy a token of any name. "
                    f"It has {token.decimals} decimals, and one of it is taken for one {token.currency}. Confirm that "
                    "it is the one that you mean."
                },
            ),
        )

    async def operation(tx: Transaction) -> bool:
        is_new = await operations.add_token(tx, token, now)
        if is_new:
            await write_down_network(
                tx,
                Act(now, call.principal.actor),
                "token.added",
                network=new.network,
                token=token.address,
                currency=token.currency,
            )
        return is_new

    try:
        is_new = await call.write(operation)
    except NetworkError as error:
        return await _token_form(call, Draft(values, _problem(error)))
    return call.go(NETWORKS, flash="token_added" if is_new else "token_there")


async def _token_form(call: Call, form: Draft) -> Response:
    return call.page(
        "networks/token.html",
        status_code=form.status_code,
        section="networks",
        draft=form,
        networks=await call.read(records.every),
        currencies=USUAL_CURRENCIES,
        symbol_max=SYMBOL_MAX,
        coin=COIN,
    )


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


def _problem(error: NetworkError) -> dict[str, str]:
    """What is wrong, beside its field of the form."""
    return {form_name((error.field,)) if error.field else "": _sentence(error)}


def _sentence(error: Exception) -> str:
    told = str(error)
    return f"{told[:1].upper()}{told[1:]}."


VIEWS: Final = (
    View("GET", NETWORKS, list_all, OPERATE),
    View("GET", f"{NETWORKS}/new", new_network, OPERATE),
    # Whose nodes are asked decides which money counts.
    View("POST", NETWORKS, add_network, OPERATE.confirmed),
    View("GET", f"{NETWORKS}/tokens/new", new_token, OPERATE),
    View("POST", f"{NETWORKS}/tokens", add_token, OPERATE.confirmed),
    View("POST", f"{NETWORKS}/{{network}}/pause", pause, OPERATE),
    View("POST", f"{NETWORKS}/{{network}}/resume", resume, OPERATE),
)
