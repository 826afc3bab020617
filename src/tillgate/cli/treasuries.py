"""``tillgate wallets factory`` and ``sweep``: the contract behind treasuries, and moving what lies at addresses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from keyturn.cli.output import AsJson, fail, note, say, say_json, say_table
from keyturn.database import Database, Transaction
from tillgate.base.clock import SystemClock
from tillgate.checkout.amounts import crypto_amount
from tillgate.checkout.projects.model import SWEEP_LEAST
from tillgate.checkout.projects.operations import get_profile
from tillgate.cli.choosing import project_id_of
from tillgate.cli.session import Data, DatabaseUrl, sealer_of, settings, work
from tillgate.cli.users import ProjectOption
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks import records as network_records
from tillgate.rails.evm.networks.model import Network, Token
from tillgate.rails.evm.treasury import contract
from tillgate.rails.evm.treasury.looking import Found, look_for_factories
from tillgate.rails.evm.treasury.model import TreasuryError, parse_treasury
from tillgate.rails.evm.treasury.plans import signing_plan, spreadsheet
from tillgate.rails.evm.treasury.rehearsing import Gas, Refusal, Rehearsal, coin_amount, rehearse
from tillgate.rails.evm.treasury.sweeping import Plan, checked_least, plan, safe_batch
from tillgate.rails.evm.wallets import operations, records
from tillgate.rails.evm.wallets.model import Source, Wallet

# Why a sum is left out, for people.
REASONS: Final[Mapping[Refusal, str]] = {
    Refusal.FROZEN: "the token has frozen this address",
    Refusal.GONE: "less than that is there now; a sweep may wait for its confirmations",
    Refusal.REFUSED: "its transfer fails",
}


_THERE: Final = {True: "there", False: "missing", None: "unknown"}


def factory(
    network: Annotated[str | None, typer.Option("--network", metavar="NAME", help="Only this network.")] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say on which networks the contract is that moves money to treasuries, and how to put it onto another one.

    Networks are asked now, side by side; the command ends with 1 where one does not answer. Whoever sends the
    transaction pays its gas, and gets no right by it.
    """
    chosen = settings(data, database_url)
    sealer = sealer_of(chosen)

    async def task(database: Database) -> list[Found]:
        async def look(tx: Transaction) -> list[Network]:
            if network is not None:
                return [await networks.named(tx, network)]
            return [one for one in await network_records.every(tx) if one.paused_at is None]

        return await look_for_factories(database, sealer, await database.read(look), SystemClock())

    found = work(chosen, task)
    if as_json:
        say_json(
            {
                "address": contract.factory(),
                "deployer": contract.DEPLOYER,
                "data": contract.deploying_call(),
                "networks": [
                    {"name": one.network.name, "chainId": one.network.chain_id, "present": one.is_there}
                    for one in found
                ],
            }
        )
    else:
        _say_factories(found)
    for one in found:
        if one.trouble is not None:
            note(f"Whether it is on {one.network.name} is unknown: {one.trouble}")
    if any(one.is_there is None for one in found):
        raise typer.Exit(1)


def _say_factories(found: Sequence[Found]) -> None:
    say(f"The contract is {contract.factory()} on every network. It is not audited.")
    lines = [(one.network.name, one.network.chain_id, _THERE[one.is_there]) for one in found]
    say_table(("NETWORK", "CHAIN", "STATE"), lines)
    if any(one.is_there is False for one in found):
        say("To put it onto a network, send a transaction there from any wallet that has gas:")
        say(f"  to    {contract.DEPLOYER}")
        say(f"  data  {contract.deploying_call()}")


def sweep(
    network: Annotated[str, typer.Option("--network", metavar="NAME", help="The network whose money is moved.")],
    project: ProjectOption = None,
    fingerprint: Annotated[
        str | None,
        typer.Option("--fingerprint", metavar="FINGERPRINT", help="Which wallet.", show_default="the one in use"),
    ] = None,
    least: Annotated[
        str | None,
        typer.Option(
            "--least",
            metavar="SUM",
            help="Leave less than this of a token there, such as 5 or 0.50.",
            show_default="the project's setting, or 1",
        ),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="ADDRESS", help="Leave an address out; may be repeated.")
    ] = None,
    from_index: Annotated[int, typer.Option("--from-index", min=0, help="Begin with this address.")] = 0,
    safe: Annotated[
        Path | None,
        typer.Option("--safe", metavar="FILE", help="Write the call as a batch that Safe's Transaction Builder reads."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ADDRESS", help="Of an extended key: where the money is to go."),
    ] = None,
    plan_file: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="Of an extended key: write the plan, for the offline signer."),
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Of an extended key: write the plan as CSV.")
    ] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Plan how what lies at a project's addresses is moved together: nothing is sent.

    For a treasury it is one transaction for up to 100 addresses, which any wallet with gas may send. For an extended
    key each address sends its own, signed with the key that your wallet has at its index: --plan writes what
    examples/sweep_offline reads on a machine without a network. What would fail, as at a frozen address, is left out
    and named, and the gas is estimated.
    """
    chosen = settings(data, database_url)
    sealer = sealer_of(chosen)
    now = SystemClock().now()

    async def task(database: Database) -> tuple[Wallet, Source, Rehearsal, str | None]:
        project_id = await project_id_of(database, project, chosen.data)

        async def look(tx: Transaction) -> tuple[Wallet, Source, Network, str] | None:
            if fingerprint is None:
                wallet = await records.current(tx, project_id)
            else:
                wallet = await records.by_fingerprint(tx, fingerprint)
            if wallet is None or wallet.project_id != project_id:
                return None
            kept = (await get_profile(tx, project_id)).settings.sweep_least or SWEEP_LEAST
            return wallet, await operations.opened(tx, sealer, wallet), await networks.named(tx, network), kept

        looked = await database.read(look)
        if looked is None:
            fail("this project has no such wallet; see: tillgate wallets list")
        wallet, source, chain, kept = looked
        _require_fitting(wallet, _Files(safe, plan_file, csv_file), to)
        target = parse_treasury(to) if to is not None else None
        found = await plan(
            database,
            wallet,
            chain,
            from_index=from_index,
            least=checked_least(least if least is not None else kept),
            without=without or (),
        )
        told = await rehearse(database, sealer, source, found, project_id=project_id, now=now, to=target)
        return wallet, source, told, target

    wallet, source, told, target = work(chosen, task)
    call = told.call(source)
    if safe is not None and call is not None:
        safe.write_bytes(safe_batch(told.found, call, now))
    if target is not None:
        _write_plans(_Files(safe, plan_file, csv_file), wallet, told, target, now)
    if as_json:
        say_json(_to_api(wallet, told, call))
    else:
        _say(wallet, told, call)


class _Files(NamedTuple):
    """Where what is to be written down."""

    safe: Path | None
    plan: Path | None
    table: Path | None


def _require_fitting(wallet: Wallet, files: _Files, to: str | None) -> None:
    planned = files.plan is not None or files.table is not None
    if wallet.treasury is None and files.safe is not None:
        fail("only a treasury's sweep is one call; an extended key's addresses send their own")
    if wallet.treasury is not None and (planned or to is not None):
        fail("a treasury's sweep is one call, and its money goes to the treasury: leave --to, --plan and --csv away")
    if planned and to is None:
        fail("say where the money is to go: --to ADDRESS")


def _write_plans(files: _Files, wallet: Wallet, told: Rehearsal, to: str, now: int) -> None:
    try:
        if files.plan is not None:
            files.plan.write_bytes(signing_plan(wallet, told, to, now) + b"\n")
        if files.table is not None:
            files.table.write_bytes(spreadsheet(told, to))
    except TreasuryError as error:
        fail(str(error))


def _say(wallet: Wallet, told: Rehearsal, call: str | None) -> None:
    found = told.found
    if found.lying:
        say_table(
            ("INDEX", "ADDRESS", "AMOUNT", "TOKEN"),
            [
                (one.address_index, one.address, _amount(one.amounts_atomic[token.address], token), token.symbol)
                for one in found.lying
                for token in found.tokens
                if token.address in one.amounts_atomic
            ],
        )
    else:
        say(f"Nothing is to be moved on {found.network.name}.")
    for token in found.tokens:
        say(f"Together {_amount(found.total_atomic(token), token)} {token.symbol}")
    for left in told.refused:
        amount = f"{_amount(left.amount_atomic, left.token)} {left.token.symbol}"
        say(f"Left out: {amount} at {left.address} (index {left.address_index}): {REASONS[left.reason]}")
    for token in told.frozen_treasury:
        say(f"{token.symbol} has frozen the address that the money is to go to.")
    for small in found.small:
        say(
            f"Left there, for it is too little: {_amount(small.total_atomic, small.token)} {small.token.symbol} at "
            f"{small.addresses} addresses"
        )
    if told.trouble is not None:
        note(f"No node was asked what would fail, and the gas is unknown: {told.trouble}")
    if told.gas is not None:
        say(f"It takes about {told.gas.units:,} gas: {_cost(told.gas, found.network.coin)}")
    funded = [one for one in told.senders if one.missing]
    if funded:
        coin, missing = found.network.coin, coin_amount(sum(one.missing for one in funded))
        say(f"{len(funded)} addresses have too little {coin} to send: they need {missing} {coin} first.")
        needs = [(one.address_index, one.address, coin_amount(one.missing)) for one in funded]
        say_table(("INDEX", "ADDRESS", "NEEDS"), needs)
    if told.is_deployed is False:
        say("The contract is not on this network yet; see: tillgate wallets factory")
    elif call is not None:
        say(f"Send this on {found.network.title} from any wallet that has gas; the money goes to {wallet.treasury}:")
        say(f"  to    {contract.factory()}")
        say(f"  data  {call}")
        say(f"  gas   {told.gas_limit}, or more: with what a wallet estimates the last address may be left out")
    _say_more(found)


def _cost(gas: Gas, coin: str) -> str:
    """What it costs, for people: in coin, and in money where that is known."""
    cost = f"{coin_amount(gas.cost)} {coin}"
    if gas.money is None:
        return f"{cost}; what that is in money is unknown, for there is no rate of {coin}"
    return f"{cost}, about {gas.money} {gas.currency}"


def _say_more(found: Plan) -> None:
    if found.next_index is not None:
        note(f"Addresses from this index on were not looked at: go on with --from-index {found.next_index}")


def _to_api(wallet: Wallet, told: Rehearsal, call: str | None) -> dict[str, Any]:
    found, gas = told.found, told.gas
    symbols = {one.address: one for one in found.tokens}
    return {
        "fingerprint": wallet.fingerprint,
        "treasury": wallet.treasury,
        "network": found.network.name,
        "chainId": found.network.chain_id,
        "to": contract.factory() if call is not None else None,
        "data": call,
        "addresses": [
            {
                "index": one.address_index,
                "address": one.address,
                "amounts": [
                    {
                        "token": address,
                        "symbol": symbols[address].symbol,
                        "amount": _amount(amount, symbols[address]),
                    }
                    for address, amount in one.amounts_atomic.items()
                ],
            }
            for one in found.lying
        ],
        "leftOut": [
            {
                "index": one.address_index,
                "address": one.address,
                "token": one.token.address,
                "symbol": one.token.symbol,
                "amount": _amount(one.amount_atomic, one.token),
                "reason": one.reason.value,
            }
            for one in told.refused
        ],
        "tooLittle": [
            {
                "token": one.token.address,
                "symbol": one.token.symbol,
                "addresses": one.addresses,
                "amount": _amount(one.total_atomic, one.token),
            }
            for one in found.small
        ],
        "gasLimit": told.gas_limit if call is not None else None,
        "gas": None
        if gas is None
        else {
            "units": gas.units,
            "estimated": gas.is_estimated,
            "cost": coin_amount(gas.cost),
            "coin": found.network.coin,
            "money": gas.money,
            "currency": gas.currency or None,
        },
        "funding": [
            {"index": one.address_index, "address": one.address, "missing": coin_amount(one.missing)}
            for one in told.senders
            if one.missing
        ],
        "notAsked": told.trouble,
        "nextIndex": found.next_index,
    }


def _amount(amount_atomic: int, token: Token) -> str:
    return crypto_amount(amount_atomic, token.decimals).eth
