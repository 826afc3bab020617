"""``tillgate networks`` and ``tillgate tokens``: what the operator has named, and what projects take of it."""

import asyncio
from typing import Annotated, Any

import typer

from keyturn.cli.mounting import ACTOR
from keyturn.cli.output import AsJson, Yes, confirm, fail, note, say, say_fields, say_json, say_table
from keyturn.database import Database, Transaction
from keyturn.stores.ports import Act
from tillgate.access.audited import NetworkAction, WalletAction, write_down_network, write_down_wallet
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.cli.choosing import project_id_of
from tillgate.cli.session import FAILURES, Data, DatabaseUrl, sealer_of, settings, worded, work
from tillgate.cli.users import ProjectOption
from tillgate.rails.evm.networks import operations, records
from tillgate.rails.evm.networks.model import AcceptedToken, Finality, Network, Token
from tillgate.rails.evm.networks.operations import Added, NewNetwork, NewToken
from tillgate.rails.evm.networks.probing import Probed, cost_of_coin
from tillgate.rails.port import COIN
from tillgate.store.sealing import claim

app = typer.Typer(help="The networks that live payments come on, and the nodes that are asked.", no_args_is_help=True)
tokens_app = typer.Typer(help="The tokens that can be taken, and which of them a project takes.", no_args_is_help=True)

NamedNetwork = Annotated[str, typer.Argument(metavar="NAME", help="The network's name, such as base.")]
OfNetwork = Annotated[str, typer.Option("--network", metavar="NAME", help="The network's name, such as base.")]
MaybeAddress = Annotated[str | None, typer.Option("--address", metavar="ADDRESS", help="The token's contract, 0x….")]
Coin = Annotated[bool, typer.Option("--coin", help="The network's own coin, such as ether, and no token.")]


@app.command("add")
def add(
    name: NamedNetwork,
    rpc: Annotated[
        list[str],
        typer.Option("--rpc", metavar="URL", help="A node's JSON-RPC URL; give two of different providers."),
    ],
    chain_id: Annotated[
        int | None, typer.Option("--chain-id", help="For a network that the catalogue does not know.")
    ] = None,
    confirmations: Annotated[
        int | None, typer.Option("--confirmations", help="Wait for a block to lie this deep, instead of for a tag.")
    ] = None,
    finality: Annotated[Finality | None, typer.Option("--finality", help="Wait for the tag safe or finalized.")] = None,
    explorer: Annotated[
        str | None, typer.Option("--explorer", metavar="URL", help="Where people look transactions up.")
    ] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Add a network, or give one that is there other nodes. They are asked what they are first; in force at once."""
    chosen = settings(data, database_url)
    sealer = sealer_of(chosen)
    if finality is Finality.DEPTH:
        fail("say how deep with --confirmations")
    new = NewNetwork(name, rpc, chain_id, confirmations, finality, explorer)
    clock = SystemClock()
    try:
        asked = asyncio.run(operations.ask(new, clock.now(), dev=chosen.dev))
    except FAILURES as error:
        fail(worded(error))

    async def task(database: Database) -> Added:
        await claim(database, sealer)

        async def operation(tx: Transaction) -> Added:
            added = await operations.add(tx, sealer, asked)
            await write_down_network(
                tx,
                Act(clock.now(), ACTOR),
                "network.added" if added.is_new else "network.changed",
                network=added.network.name,
                chain=added.network.chain_id,
                nodes=[one.label for one in added.probed],
            )
            return added

        return await database.write(operation)

    added = work(chosen, task)
    if as_json:
        say_json(
            _to_api(added.network)
            | {
                "new": added.is_new,
                "nodes": [_probed(one) for one in added.probed],
                "tokens": [_token(one) for one in added.tokens],
                "notes": added.notes,
            }
        )
        return
    _say_added(added)


@app.command("list")
def list_all(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List the networks."""
    chosen = settings(data, database_url)
    found = work(chosen, lambda database: database.read(records.every))
    if as_json:
        say_json([_to_api(one) for one in found])
        return
    say_table(
        ("NAME", "CHAIN", "FINALITY", "TEST NETWORK", "STATE"),
        [
            (one.name, one.chain_id, _waited_for(one), one.is_testnet, "paused" if one.paused_at else "in use")
            for one in found
        ],
    )


@app.command("show")
def show(name: NamedNetwork, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Show a network, its nodes with what is secret in their URLs masked, and its tokens."""
    chosen = settings(data, database_url)
    sealer = sealer_of(chosen)

    async def operation(tx: Transaction) -> tuple[Network, list[str], list[Token]]:
        network = await operations.named(tx, name)
        urls = await operations.masked_urls(tx, sealer, network)
        return network, urls, await records.tokens_of(tx, network.chain_id)

    network, urls, found = work(chosen, lambda database: database.read(operation))
    if as_json:
        say_json(_to_api(network) | {"nodes": urls, "tokens": [_token(one) for one in found]})
        return
    say_fields(
        {
            "name": network.name,
            "title": network.title,
            "chain id": network.chain_id,
            "genesis": network.genesis_hash,
            "finality": _waited_for(network),
            "exchange label": network.exchange_label,
            "explorer": network.explorer,
            "nodes": ", ".join(urls),
            "state": "paused" if network.paused_at else "in use",
            "tokens": ", ".join(f"{one.symbol} ({one.currency})" for one in found) or "none",
        }
    )


@app.command("pause")
def pause(name: NamedNetwork, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Offer a network to no new session. What was offered on it is watched on."""
    _switch(name, data, database_url, as_json, paused=True)


@app.command("resume")
def resume(name: NamedNetwork, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Offer a paused network again."""
    _switch(name, data, database_url, as_json, paused=False)


@tokens_app.command("add")
def add_token(
    network: OfNetwork,
    address: MaybeAddress = None,
    currency: Annotated[
        str | None, typer.Option("--currency", help="What one token is worth one of, such as USD.")
    ] = None,
    coin: Coin = False,
    symbol: Annotated[
        str | None, typer.Option("--symbol", help="What people are shown, for a token outside of the catalogue.")
    ] = None,
    yes: Yes = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Add a token, or the network's own coin. A token that is not in the catalogue is not verified: anybody can deploy
    a token of any name."""
    chosen = settings(data, database_url)
    sealer = sealer_of(chosen)
    which = _which(address, coin=coin)
    if not coin and currency is None:
        fail("say what one token is worth one of: --currency USD")
    new = NewToken(network, which, currency or "", symbol)
    token = work(chosen, lambda database: operations.ask_token(database, sealer, new))
    if token.wants_confirmation:
        confirm(
            f"{token.address} is not verified: it is not in the catalogue, and projects take it only where they accept "
            f"it. It has {token.decimals} decimals, and one of it is taken for one {token.currency}.",
            yes,
        )
    now = SystemClock().now()

    async def operation(tx: Transaction) -> bool:
        is_new = await operations.add_token(tx, token, now)
        if is_new:
            await write_down_network(
                tx, Act(now, ACTOR), "token.added", network=network, token=token.address, currency=token.currency
            )
        return is_new

    async def write(database: Database) -> tuple[bool, Network]:
        return await database.write(operation), await database.read(lambda tx: operations.named(tx, network))

    is_new, where = work(chosen, write)
    if as_json:
        say_json(_token(token) | {"new": is_new})
        return
    said = "was added" if is_new else "was there already"
    if token.is_coin:
        say(
            f"{token.symbol}, the coin of {network}, {said}. A project takes it where it says so: tillgate tokens "
            f"accept --network {network} --coin"
        )
        cost = cost_of_coin(where.limits)
        say(
            f"While a session waits for it, reading it costs about {cost.blocks_per_day:,} blocks with all their "
            f"transactions a day, and {cost.calls_per_address:,} calls more for each address that waits, up to "
            f"{cost.addresses_max}."
        )
        return
    say(f"{token.symbol} {token.address} {said}: {token.decimals} decimals.")


@tokens_app.command("list")
def list_tokens(
    project: ProjectOption = None, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """List the tokens, and whether a project takes them."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> tuple[dict[int, str], list[AcceptedToken]]:
        project_id = await project_id_of(database, project, chosen.data)
        names = {one.chain_id: one.name for one in await database.read(records.every)}
        return names, await database.read(lambda tx: records.tokens_of_project(tx, project_id))

    names, found = work(chosen, task)
    if as_json:
        say_json([_token(one.token) | {"accepted": one.is_accepted} for one in found])
        return
    say_table(
        ("NETWORK", "SYMBOL", "ADDRESS", "CURRENCY", "VERIFIED", "ACCEPTED"),
        [
            (
                names.get(one.token.chain_id),
                one.token.symbol,
                one.token.address if not one.token.is_coin else "its own coin",
                one.token.currency,
                not one.token.wants_confirmation,
                one.is_accepted,
            )
            for one in found
        ],
    )


@tokens_app.command("accept")
def accept(
    network: OfNetwork,
    address: MaybeAddress = None,
    coin: Coin = False,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Let a project take a token that it does not take otherwise, or the network's own coin."""
    _accept(network, _which(address, coin=coin), project, data, database_url, as_json, accepted=True)


@tokens_app.command("refuse")
def refuse(
    network: OfNetwork,
    address: MaybeAddress = None,
    coin: Coin = False,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Offer a token, or the coin, to no new session of a project. What was offered before counts on."""
    _accept(network, _which(address, coin=coin), project, data, database_url, as_json, accepted=False)


def _which(address: str | None, *, coin: bool) -> str:
    """The address of what is meant: a token, or the coin."""
    if coin is (address is not None):
        fail("say which token: either --address 0x…, or --coin for the network's own coin")
    return COIN if coin or address is None else address


def _switch(name: str, data: str | None, database_url: str | None, as_json: bool, *, paused: bool) -> None:
    chosen = settings(data, database_url)
    now = SystemClock().now()

    async def operation(tx: Transaction) -> tuple[Network, bool]:
        switch = operations.pause if paused else operations.resume
        network, is_new = await switch(tx, name, now)
        if is_new:
            action: NetworkAction = "network.paused" if paused else "network.resumed"
            await write_down_network(tx, Act(now, ACTOR), action, network=network.name)
        return network, is_new

    network, is_new = work(chosen, lambda database: database.write(operation))
    if as_json:
        say_json(_to_api(network) | {"already": not is_new})
    elif paused:
        say(f"{network.name} {'is' if is_new else 'was already'} paused: new sessions are not offered it.")
    else:
        say(f"{network.name} {'is' if is_new else 'was already'} in use: new sessions are offered it.")


def _accept(
    network: str,
    address: str,
    project: str | None,
    data: str | None,
    database_url: str | None,
    as_json: bool,
    *,
    accepted: bool,
) -> None:
    chosen = settings(data, database_url)
    now = SystemClock().now()

    async def task(database: Database) -> Token:
        project_id = await project_id_of(database, project, chosen.data)

        async def operation(tx: Transaction) -> Token:
            token = await operations.accept(tx, project_id, network, address, accepted=accepted, now=now)
            action: WalletAction = "token.accepted" if accepted else "token.refused"
            await write_down_wallet(tx, Act(now, ACTOR), action, project_id, network=network, token=token.address)
            return token

        return await database.write(operation)

    token = work(chosen, task)
    if as_json:
        say_json(_token(token) | {"accepted": accepted})
    else:
        say(f"New sessions of the project are {'' if accepted else 'not '}offered {token.symbol} on {network}.")


def _say_added(added: Added) -> None:
    network = added.network
    say(f"{network.name} (chain {network.chain_id}) {'was added' if added.is_new else 'has other nodes now'}.")
    for one in added.probed:
        limits = one.limits
        say(f"  {one.label}")
        say(f"    head {one.head}, first block {one.genesis or 'not held'}")
        say(f"    tags {', '.join(sorted(tag.value for tag in one.tags)) or 'none'}")
        say(f"    logs of {limits.range_blocks_max} blocks and {limits.topics_max} recipients at once")
        say(f"    batches {_yes(limits.takes_batches)}, state by block hash {_yes(one.calls_by_hash)}")
        say(
            f"    watching costs about {one.calls_per_day:,} calls and {one.megabytes_per_day:,.0f} MB a day while "
            "sessions are open, without the network's own coin"
        )
    say(f"A payment is final {_waited_for(network)}.")
    tokens = ", ".join(f"{one.symbol} ({one.currency})" for one in added.tokens)
    say(f"Tokens: {tokens or 'none; add one with: tillgate tokens add'}.")
    for told in added.notes:
        note(f"Note: {told}.")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _waited_for(network: Network) -> str:
    if network.finality is Finality.DEPTH:
        return f"after {network.confirmations} confirmations"
    return f"under the tag {network.finality.value}"


def _to_api(network: Network) -> dict[str, Any]:
    return {
        "name": network.name,
        "title": network.title,
        "chainId": network.chain_id,
        "genesisHash": network.genesis_hash,
        "finality": network.finality.value,
        "confirmations": network.confirmations,
        "exchangeLabel": network.exchange_label,
        "explorer": network.explorer,
        "testNetwork": network.is_testnet,
        "limits": {
            "blockMilliseconds": network.limits.block_ms,
            "rangeBlocks": network.limits.range_blocks_max,
            "topics": network.limits.topics_max,
            "batches": network.limits.takes_batches,
        },
        "pausedAt": to_rfc3339(network.paused_at) if network.paused_at is not None else None,
        "createdAt": to_rfc3339(network.created_at),
    }


def _probed(one: Probed) -> dict[str, Any]:
    return {
        "url": one.label,
        "head": one.head,
        "tags": sorted(tag.value for tag in one.tags),
        "callsPerDay": one.calls_per_day,
        "megabytesPerDay": round(one.megabytes_per_day, 1),
    }


def _token(token: Token) -> dict[str, Any]:
    return {
        "chainId": token.chain_id,
        "address": token.address,
        "asset": token.asset,
        "symbol": token.symbol,
        "decimals": token.decimals,
        "currency": token.currency,
        "coin": token.is_coin,
        "verified": not token.wants_confirmation,
    }
