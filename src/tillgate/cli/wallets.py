"""``tillgate wallets``: where a project's live money goes."""

import sys
from typing import Annotated, Any

import typer

from keyturn.cli.mounting import ACTOR
from keyturn.cli.output import AsJson, Yes, fail, has_terminal, note, say, say_json, say_table
from keyturn.database import Database, Transaction
from keyturn.stores.ports import Act
from tillgate.access.audited import write_down_wallet
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.cli import treasuries
from tillgate.cli.choosing import project_id_of
from tillgate.cli.session import Data, DatabaseUrl, sealer_of, settings, work
from tillgate.cli.users import ProjectOption
from tillgate.rails.evm.extended_keys import TEXT_MAX, ExtendedKey, ExtendedKeyError, KeyProblem, parse_extended_key
from tillgate.rails.evm.extra import ExtraMissing, require_extra
from tillgate.rails.evm.networks import records as network_records
from tillgate.rails.evm.treasury.looking import chains_of_contract
from tillgate.rails.evm.treasury.model import (
    Treasury,
    TreasuryError,
    new_treasury,
    parse_recovery_code,
    parse_treasury,
)
from tillgate.rails.evm.wallets import operations, records
from tillgate.rails.evm.wallets.model import CONFIRMED_INDEX, SKIP_MAX, WALLETS_MAX, Proposed, Wallet, message_of
from tillgate.rails.evm.wallets.signatures import is_signature
from tillgate.settings import Settings
from tillgate.store import Sealer
from tillgate.store.sealing import claim

# How much of what is piped in is read: more than any key, so that a longer text is known to be none.
_READ_MAX = 10 * TEXT_MAX

app = typer.Typer(
    help="Where a project's live money goes: treasuries, extended public keys, and the counters of their addresses.",
    no_args_is_help=True,
)

app.command("factory")(treasuries.factory)
app.command("sweep")(treasuries.sweep)

Fingerprint = Annotated[str, typer.Option("--fingerprint", metavar="FINGERPRINT", help="Which wallet, as it is shown.")]


@app.callback()
def wallets() -> None:
    """Where a project's live money goes: treasuries, extended public keys, and the counters of their addresses."""


# What is typed in the wrong place may be a seed phrase: so typer is not to name what it did not expect.
@app.command("set", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def set_wallet(
    context: typer.Context,
    project: ProjectOption = None,
    xpub: Annotated[
        str,
        typer.Option(
            "--xpub",
            metavar="XPUB",
            help="The extended public key of the account (m/44'/60'/0'); - reads it from standard input.",
        ),
    ] = "",
    treasury: Annotated[
        str,
        typer.Option("--treasury", metavar="ADDRESS", help="Your own address (0x…), to which all money can be moved."),
    ] = "",
    recovery_code: Annotated[
        str,
        typer.Option(
            "--recovery-code",
            metavar="-",
            help="With --treasury, where the database was lost: - reads the code that was shown then from standard "
            "input.",
        ),
    ] = "",
    new_code: Annotated[
        bool,
        typer.Option(
            "--new-code", help="With --treasury, where its code is lost: new sessions use the addresses of another one."
        ),
    ] = False,
    yes: Yes = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Set where a project's live payments go. Nothing can be spent with what you give.

    With --treasury each payment has an address whose money can go to your own address only; its recovery code is shown
    once, and you confirm that you have written it down. With --xpub the addresses are those of your own wallet, and you
    confirm that its second address is there. --yes confirms either.
    """
    chosen = settings(data, database_url)
    sealer = sealer_of(chosen)
    if new_code and (recovery_code or not treasury):
        fail("--new-code makes another recovery code of a treasury: give --treasury, and no --recovery-code")
    key = _source(xpub, treasury, recovery_code, context.args)

    async def propose(database: Database) -> tuple[str, Proposed]:
        await claim(database, sealer)
        project_id = await project_id_of(database, project, chosen.data)
        now = SystemClock().now()
        chains = await _chains(database, sealer, key)

        async def operation(tx: Transaction) -> Proposed:
            if isinstance(key, Treasury):
                made = await operations.propose_treasury(
                    tx, sealer, project_id, key, chains, now, as_given=new_code or bool(recovery_code)
                )
            else:
                made = await operations.propose(tx, sealer, project_id, key, now)
            wallet = await operations.above_marks(tx, database.high_water, made.wallet, now)
            await write_down_wallet(tx, Act(now, ACTOR), "wallet.set", project_id, wallet=wallet.fingerprint)
            return made._replace(wallet=wallet)

        return project_id, await database.write(operation)

    project_id, made = work(chosen, propose)
    if not as_json:
        _say_addresses(made)
        _say_recovery_code(made)
    wallet = made.wallet
    if yes:
        wallet = _confirm(chosen, sealer, project_id, wallet.fingerprint, None)
    elif has_terminal() and not as_json:
        typed = typer.prompt(
            "The last five characters of the recovery code that you have written down"
            if made.recovery_code is not None
            else f"Find the address with index {CONFIRMED_INDEX} in your own wallet; its last six characters"
        )
        wallet = _confirm(chosen, sealer, project_id, wallet.fingerprint, typed)
    if as_json:
        code = {"recoveryCode": made.recovery_code} if made.recovery_code is not None else {}
        say_json(_to_api(wallet) | {"addresses": made.addresses} | code)
        return
    if wallet.is_current:
        say("New live sessions go to this wallet.")
        return
    if wallet.treasury is not None:
        say("It is not in use yet. Write the recovery code down, then run, with its last five characters:")
    else:
        say("It is not in use yet. Find the address with index 1 in your own wallet, then run:")
    say(f"tillgate wallets confirm --project {project_id} --fingerprint {wallet.fingerprint} --ends-with CHARACTERS")


@app.command("confirm")
def confirm(
    fingerprint: Fingerprint,
    ends_with: Annotated[
        str | None,
        typer.Option(
            "--ends-with",
            metavar="CHARACTERS",
            help="The last six characters of the address with index 1, or the last five of a recovery code.",
        ),
    ] = None,
    signature: Annotated[
        str | None,
        typer.Option(
            "--signature",
            metavar="SIGNATURE",
            help="Or that address's signature (personal_sign) of the message that tillgate wallets show says.",
        ),
    ] = None,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Confirm that the second address of a wallet that was set is in your own wallet, or that you have written the
    recovery code of a treasury down: then it serves new sessions."""
    typed = ends_with or signature
    if typed is None or (ends_with and signature):
        fail("say either --ends-with or --signature")
    if signature is not None and not is_signature(signature.strip()):
        fail("a signature is 0x and 130 hexadecimal digits, as personal_sign answers")
    chosen = settings(data, database_url)
    sealer = sealer_of(chosen)

    async def find(database: Database) -> str:
        return await project_id_of(database, project, chosen.data)

    wallet = _confirm(chosen, sealer, work(chosen, find), fingerprint, typed)
    say_json(_to_api(wallet)) if as_json else say("New live sessions go to this wallet.")


@app.command("list")
def list_all(
    project: ProjectOption = None, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """List the wallets that a project has had. The earlier ones are watched on."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> list[Wallet]:
        project_id = await project_id_of(database, project, chosen.data)
        return await database.read(lambda tx: records.of_project(tx, project_id, WALLETS_MAX))

    found = work(chosen, task)
    if as_json:
        say_json([_to_api(one) for one in found])
        return
    say_table(
        ("FINGERPRINT", "TREASURY", "STATE", "NEXT INDEX", "SET", "CONFIRMED"),
        [
            (
                one.fingerprint,
                one.treasury,
                _state(one),
                one.next_index,
                to_rfc3339(one.created_at),
                to_rfc3339(one.confirmed_at) if one.confirmed_at is not None else None,
            )
            for one in found
        ],
    )


@app.command("show")
def show(
    fingerprint: Annotated[
        str | None,
        typer.Option("--fingerprint", metavar="FINGERPRINT", help="Which wallet.", show_default="the one in use"),
    ] = None,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show a wallet and its first addresses, to compare with your own. An extended key and a recovery code are never
    shown."""
    chosen = settings(data, database_url)
    sealer = sealer_of(chosen)

    async def task(database: Database) -> Proposed | None:
        project_id = await project_id_of(database, project, chosen.data)

        async def operation(tx: Transaction) -> Proposed | None:
            if fingerprint is None:
                wallet = await records.current(tx, project_id) or await records.unconfirmed(tx, project_id)
            else:
                wallet = await records.by_fingerprint(tx, fingerprint)
            if wallet is None or wallet.project_id != project_id:
                return None
            return await operations.proposed(tx, sealer, wallet)

        return await database.read(operation)

    found = work(chosen, task)
    if found is None:
        fail("this project has no such wallet; set one with: tillgate wallets set --xpub XPUB")
    if as_json:
        say_json(_to_api(found.wallet) | {"addresses": found.addresses})
        return
    _say_addresses(found)
    if found.wallet.confirmed_at is None and found.wallet.treasury is None:
        say(f"To confirm it with a signature, sign with the address of index 1: {message_of(found.wallet.fingerprint)}")
    say(f"It is {_state(found.wallet)}; the next index is {found.wallet.next_index}.")


@app.command("skip")
def skip(
    by: Annotated[int, typer.Option("--by", min=1, max=SKIP_MAX, help="How many addresses to leave out.")],
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Leave addresses of the wallet in use out, for good: after a restore, those that may have been given out since."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> Wallet:
        project_id = await project_id_of(database, project, chosen.data)
        now = SystemClock().now()

        async def operation(tx: Transaction) -> Wallet:
            wallet = await operations.skip(tx, project_id, by, now)
            await write_down_wallet(tx, Act(now, ACTOR), "wallet.skipped", project_id, wallet=wallet.fingerprint, by=by)
            return wallet

        return await database.write(operation)

    wallet = work(chosen, task)
    say_json(_to_api(wallet)) if as_json else say(f"The next index of {wallet.fingerprint} is {wallet.next_index}.")


def _source(xpub: str, treasury: str, recovery_code: str, more: list[str]) -> ExtendedKey | Treasury:
    """What was given as a treasury or an extended public key, or a clear end that repeats nothing secret."""
    if not treasury:
        if recovery_code:
            fail("a recovery code belongs to a treasury: give its address with --treasury")
        return _key(xpub, more)
    if xpub or more:
        fail("give either --treasury or --xpub, and nothing beside it; see: tillgate wallets set --help")
    if recovery_code not in ("", "-"):
        fail("the recovery code is read from standard input, so that it stays in no history: --recovery-code -")
    try:
        require_extra()
        if recovery_code:
            return Treasury(parse_treasury(treasury), parse_recovery_code(sys.stdin.read(_READ_MAX)))
        return new_treasury(treasury)
    except ExtraMissing as error:
        fail(str(error))
    except TreasuryError as error:
        fail(str(error))


async def _chains(database: Database, sealer: Sealer, source: ExtendedKey | Treasury) -> frozenset[int] | None:
    """Where a treasury is a contract, as the networks in use say now."""
    if not isinstance(source, Treasury):
        return None
    in_use = [one for one in await database.read(network_records.every) if one.paused_at is None]
    return await chains_of_contract(database, sealer, in_use, source.treasury)


def _key(given: str, more: list[str]) -> ExtendedKey:
    """What was given as an extended public key, or a clear end that repeats nothing of it."""
    text = sys.stdin.read(_READ_MAX) if given == "-" and not more else " ".join([given, *more])
    try:
        require_extra()
        return parse_extended_key(text)
    except ExtraMissing as error:
        fail(str(error))
    except ExtendedKeyError as error:
        if more and error.problem not in (KeyProblem.PRIVATE_KEY, KeyProblem.SEED_PHRASE):
            fail("an option is unknown, or something was given beside --xpub; see: tillgate wallets set --help")
        fail(f"--xpub: {error}")


def _confirm(chosen: Settings, sealer: Sealer, project_id: str, fingerprint: str, typed: str | None) -> Wallet:
    async def task(database: Database) -> Wallet:
        now = SystemClock().now()

        async def operation(tx: Transaction) -> Wallet:
            wallet = await operations.confirm(tx, sealer, project_id, fingerprint, typed, now)
            await write_down_wallet(tx, Act(now, ACTOR), "wallet.confirmed", project_id, wallet=wallet.fingerprint)
            return wallet

        return await database.write(operation)

    return work(chosen, task)


def _say_addresses(made: Proposed) -> None:
    say(f"The first addresses of the wallet {made.wallet.fingerprint}:")
    for index, address in enumerate(made.addresses):
        say(f"  {index}  {address}")
    if made.wallet.next_index > len(made.addresses):
        note(f"Its next index is {made.wallet.next_index}: the addresses before it were given out, or are left out.")


def _say_recovery_code(made: Proposed) -> None:
    wallet = made.wallet
    if wallet.treasury is None:
        return
    say(f"Their money can be moved to {wallet.treasury} only, by anybody. The contract is not audited.")
    note("Use an address whose key you hold: an exchange may not credit what a contract sends.")
    if wallet.treasury_chains is not None:
        note(
            "The treasury is a contract. It takes money on these chains alone, where it was seen to be: "
            + ", ".join(map(str, sorted(wallet.treasury_chains)))
        )
    if made.recovery_code is not None:
        say(f"Its recovery code, shown this once: {made.recovery_code}")
        say("It spends nothing. Without it and without the database, money that was not swept is lost.")
        if made.replaced is not None:
            say(
                "It finds no address of an earlier code. Sweep those while this database is there: tillgate wallets "
                f"sweep --fingerprint {made.replaced}"
            )


def _state(wallet: Wallet) -> str:
    if wallet.is_current:
        return "in use"
    return "watched on" if wallet.confirmed_at is not None else "not confirmed"


def _to_api(wallet: Wallet) -> dict[str, Any]:
    return {
        "fingerprint": wallet.fingerprint,
        "projectId": wallet.project_id,
        "treasury": wallet.treasury,
        "current": wallet.is_current,
        "nextIndex": wallet.next_index,
        "confirmedAt": to_rfc3339(wallet.confirmed_at) if wallet.confirmed_at is not None else None,
        "createdAt": to_rfc3339(wallet.created_at),
    }
