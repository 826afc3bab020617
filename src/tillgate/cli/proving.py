"""``tillgate doctor --prove``: the books of live payments compared with their chains."""

from typing import Any, Final

import typer

from keyturn.cli.output import say, say_json
from keyturn.database import Database
from tillgate.checkout.settlement import records
from tillgate.cli.session import require, sealer_of, settings, work
from tillgate.rails.evm.proving import Proof, prove

DIFFERENT: Final = 1
NOT_ASKED: Final = 3


def run(data: str | None, database_url: str | None, *, as_json: bool) -> None:
    """Compare every network, and end with what was found: 0 where all agrees, 1 where something differs, else 3 where
    something could not be asked."""
    chosen = settings(data, database_url)
    require(chosen)
    sealer = sealer_of(chosen)

    async def task(database: Database) -> list[Proof]:
        return [one async for one in prove(database, sealer, records.every)]

    proofs = work(chosen, task)
    if as_json:
        say_json({"networks": [_to_json(one) for one in proofs]})
    else:
        _say(proofs)
    if any(one.difference_count for one in proofs):
        raise typer.Exit(DIFFERENT)
    if any(one.unanswered is not None for one in proofs):
        raise typer.Exit(NOT_ASKED)


def _say(proofs: list[Proof]) -> None:
    for one in proofs:
        at = f"block {one.block}" if one.block is not None else "nothing was read yet"
        say(
            f"{one.name} (chain {one.chain_id}), {at}: compared {one.transfers} transfers with their receipts, and "
            f"{one.balances} balances with the books"
        )
        for difference in one.differences:
            say(f"  DIFFERENT    {difference.kind.value}: {difference.sentence}")
        if one.difference_count > len(one.differences):
            say(f"  DIFFERENT    and {one.difference_count - len(one.differences)} more")
        if one.unanswered is not None:
            say(f"  NOT ASKED    {one.unanswered}")
    if not proofs:
        say("There are no networks, so there is nothing to compare.")
    elif not any(one.difference_count or one.unanswered for one in proofs):
        say("The books and the chains agree.")


def _to_json(proof: Proof) -> dict[str, Any]:
    return {
        "name": proof.name,
        "chainId": proof.chain_id,
        "block": proof.block,
        "transfers": proof.transfers,
        "balances": proof.balances,
        "differenceCount": proof.difference_count,
        "differences": [
            {
                "kind": one.kind.value,
                "token": one.token,
                "address": one.address,
                "txHash": one.tx_hash,
                "bookedAtomic": str(one.booked_atomic) if one.booked_atomic is not None else None,
                "foundAtomic": str(one.found_atomic) if one.found_atomic is not None else None,
                "detail": one.sentence,
            }
            for one in proof.differences
        ],
        "unanswered": proof.unanswered,
    }
