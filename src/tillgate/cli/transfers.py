"""``tillgate transfers``: the outcome of a transaction."""

from typing import Annotated, Any

import typer

from keyturn.cli.output import AsJson, say, say_json
from keyturn.database import Database
from tillgate.checkout.amounts import crypto_amount
from tillgate.checkout.settlement.watching import addresses_of
from tillgate.cli.choosing import project_id_of
from tillgate.cli.session import Data, DatabaseUrl, sealer_of, settings, work
from tillgate.cli.users import ProjectOption
from tillgate.rails.evm.explaining import Explainer
from tillgate.rails.port import Explanation, Moved, OnNetwork

app = typer.Typer(help="Transfers on the networks that live payments come on.", no_args_is_help=True)


@app.command("explain")
def explain(
    tx_hash: Annotated[str, typer.Argument(metavar="HASH", help="The transaction's hash, 0x….")],
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say on which network a transaction is, what it moved where, whether that counts or why not, and what to do."""
    chosen = settings(data, database_url)
    sealer = sealer_of(chosen)

    async def task(database: Database) -> Explanation:
        project_id = await project_id_of(database, project, chosen.data)
        return await Explainer(database, sealer).explain(tx_hash, addresses_of(project_id))

    told = work(chosen, task)
    if as_json:
        say_json(_to_json(told))
        return
    say(told.summary)
    for network in told.where:
        _say(network)


def _say(network: OnNetwork) -> None:
    block = f", block {network.block_number}" if network.block_number is not None else ""
    say(f"{network.title} (chain {network.chain_id}): {network.found.value}{block}")
    if network.explorer_url is not None:
        say(f"  {network.explorer_url}")
    for one in network.movements:
        alone = " Reported by one node alone." if one.single_source else ""
        say(f"  {_amount(one)} to {one.recipient or 'a new contract'}: {one.verdict.value}. {one.next_step}{alone}")
    if network.left_out:
        say(f"  and {network.left_out} more between others")


def _amount(one: Moved) -> str:
    if one.decimals is None:
        return f"{one.amount_atomic} atomic units of {one.asset}"
    return f"{crypto_amount(one.amount_atomic, one.decimals).eth} {one.symbol}"


def _to_json(told: Explanation) -> dict[str, Any]:
    return {
        "txHash": told.tx_hash,
        "summary": told.summary,
        "networks": [
            {
                "name": network.name,
                "chainId": network.chain_id,
                "found": network.found.value,
                "blockNumber": network.block_number,
                "explorerUrl": network.explorer_url,
                "confirmationsNeeded": network.confirmations_needed,
                "movements": [
                    {
                        "asset": one.asset,
                        "symbol": one.symbol,
                        "decimals": one.decimals,
                        "sender": one.sender,
                        "recipient": one.recipient,
                        "amountAtomic": str(one.amount_atomic),
                        "verdict": one.verdict.value,
                        "nextStep": one.next_step,
                        "confirmations": one.confirmations,
                        "paymentId": one.payment_id,
                        "singleSource": one.single_source,
                    }
                    for one in network.movements
                ],
                "leftOut": network.left_out,
            }
            for network in told.networks
        ],
    }
