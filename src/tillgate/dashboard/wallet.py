"""Where the project's live money goes: its wallet, and the tokens that it takes."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from starlette.responses import Response

from keyturn.stores.ports import Act
from tillgate.access.accounts import Right
from tillgate.access.audited import write_down_wallet
from tillgate.checkout.amounts import crypto_amount
from tillgate.checkout.projects.model import SWEEP_LEAST
from tillgate.checkout.projects.operations import get_profile
from tillgate.dashboard.calls import Call, Need, Unusable, View, both_modes
from tillgate.dashboard.forms import Draft, draft
from tillgate.rails.evm.extended_keys import ExtendedKeyError, parse_extended_key
from tillgate.rails.evm.extra import ExtraMissing, require_extra
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks import records as network_records
from tillgate.rails.evm.networks.catalogue import known_chain
from tillgate.rails.evm.networks.model import Network, NetworkError
from tillgate.rails.evm.treasury import contract
from tillgate.rails.evm.treasury.looking import chains_of_contract
from tillgate.rails.evm.treasury.model import GROUP, TreasuryError, new_treasury, parse_treasury
from tillgate.rails.evm.treasury.plans import signing_plan, spreadsheet
from tillgate.rails.evm.treasury.rehearsing import Refusal, Rehearsal, coin_amount, rehearse
from tillgate.rails.evm.treasury.sweeping import checked_least, plan, safe_batch
from tillgate.rails.evm.wallets import operations, records
from tillgate.rails.evm.wallets.model import (
    CONFIRMED_INDEX,
    WALLETS_MAX,
    Proposed,
    Source,
    Wallet,
    WalletError,
    message_of,
)
from tillgate.store import Transaction

WALLET: Final = "/dashboard/wallet"
_DIGITS_MAX: Final = 10
# Why a sum is left out of a sweep, for people.
REASONS: Final[Mapping[Refusal, str]] = {
    Refusal.FROZEN: "The token has frozen this address.",
    Refusal.GONE: "Less than that is there now. A sweep may wait for its confirmations.",
    Refusal.REFUSED: "Its transfer fails.",
}


async def show(call: Call) -> Response:
    """The wallet in use, one that waits for its confirmation, the earlier ones, and the tokens that are taken."""
    return await _page(call, draft())


async def propose(call: Call) -> Response:
    """Keep an extended public key until its second address is confirmed. Nothing goes there before."""
    project_id, sealer, now = call.who.project.id, call.context.sealer, call.context.clock.now()
    try:
        require_extra()
        key = parse_extended_key(call.form.one("xpub"))
    except (ExtendedKeyError, ExtraMissing) as error:
        # What was typed is not put into the page again: it may be a secret.
        return await _page(call, Draft({}, {"xpub": _sentence(error)}))

    async def operation(tx: Transaction) -> None:
        made = await operations.propose(tx, sealer, project_id, key, now)
        await operations.above_marks(tx, call.context.database.high_water, made.wallet, now)
        await write_down_wallet(
            tx, Act(now, call.principal.actor), "wallet.set", project_id, wallet=made.wallet.fingerprint
        )

    try:
        await call.write(operation)
    except WalletError as error:
        return await _page(call, Draft({}, {"xpub": _sentence(error)}))
    return call.go(f"{WALLET}?wallet={key.fingerprint}", flash="wallet_set")


async def propose_treasury(call: Call) -> Response:
    """Keep a treasury until somebody confirms that they have its recovery code, which this answer alone holds."""
    project_id, sealer, now = call.who.project.id, call.context.sealer, call.context.clock.now()
    database, typed = call.context.database, call.form.text("treasury")
    new_code = call.form.one("new_code") == "yes"
    in_use = [one for one in await call.read(network_records.every) if one.paused_at is None]

    async def operation(tx: Transaction) -> Proposed:
        made = await operations.propose_treasury(tx, sealer, project_id, source, chains, now, as_given=new_code)
        wallet = await operations.above_marks(tx, database.high_water, made.wallet, now)
        await write_down_wallet(tx, Act(now, call.principal.actor), "wallet.set", project_id, wallet=wallet.fingerprint)
        return made._replace(wallet=wallet)

    try:
        require_extra()
        source = new_treasury(typed)
        chains = await chains_of_contract(database, sealer, in_use, source.treasury)
        async with call.once(
            "This treasury was already set.",
            "Its recovery code was shown once. If you have not copied it, set the treasury again for another code.",
        ):
            made = await database.write(operation)
    except (TreasuryError, WalletError, ExtraMissing) as error:
        return await _page(call, Draft({"treasury": typed}, {"treasury": _sentence(error)}))
    if made.recovery_code is None:
        # It was confirmed before, and whoever did that has the code.
        return call.go(f"{WALLET}?wallet={made.wallet.fingerprint}", flash="treasury_again")
    names = [one.title for one in in_use if made.wallet.treasury_chains and made.wallet.takes(one.chain_id)]
    return call.page(
        "wallet/treasury.html", status_code=201, section="wallet", made=made, names=names, group=GROUP, draft=draft()
    )


async def confirm(call: Call) -> Response:
    """Let new live sessions go to a wallet: its second address was found in the merchant's own."""
    project_id, sealer, now = call.who.project.id, call.context.sealer, call.context.clock.now()
    fingerprint, typed = call.form.one("wallet"), call.form.text("ends_with")

    async def operation(tx: Transaction) -> None:
        wallet = await operations.confirm(tx, sealer, project_id, fingerprint, typed, now)
        await write_down_wallet(
            tx, Act(now, call.principal.actor), "wallet.confirmed", project_id, wallet=wallet.fingerprint
        )

    try:
        await call.write(operation)
    except WalletError as error:
        return await _page(call, Draft({"ends_with": typed}, {"ends_with": _sentence(error)}), fingerprint)
    return call.go(WALLET, flash="wallet_confirmed")


async def take_token(call: Call) -> Response:
    """Take a token, or take it no longer."""
    project_id, now = call.who.project.id, call.context.clock.now()
    network, address = call.form.one("network"), call.form.one("address")
    accepted = call.form.one("accepted") == "yes"

    async def operation(tx: Transaction) -> None:
        token = await networks.accept(tx, project_id, network, address, accepted=accepted, now=now)
        await write_down_wallet(
            tx,
            Act(now, call.principal.actor),
            "token.accepted" if accepted else "token.refused",
            project_id,
            network=network,
            token=token.address,
        )

    try:
        await call.write(operation)
    except NetworkError as error:
        return await _page(call, Draft({}, {"": _sentence(error)}))
    return call.go(WALLET, flash="token_accepted" if accepted else "token_refused")


async def _page(call: Call, form: Draft, fingerprint: str | None = None) -> Response:
    project_id, sealer = call.who.project.id, call.context.sealer
    wanted = fingerprint or call.query("wallet")

    # A wallet whose key cannot be opened is shown without its addresses, and with what to do.
    closed: list[str] = []

    async def shown(tx: Transaction, wallet: Wallet | None) -> Proposed | None:
        if wallet is None:
            return None
        try:
            return await operations.proposed(tx, sealer, wallet)
        except WalletError as error:
            closed.append(_sentence(error))
            return Proposed(wallet, [])

    async def look(tx: Transaction) -> tuple[list[Wallet], Proposed | None, Proposed | None]:
        kept = await records.of_project(tx, project_id, WALLETS_MAX)
        current = next((one for one in kept if one.is_current), None)
        waiting = next((one for one in kept if not one.is_current and one.fingerprint == wanted), None)
        waiting = waiting or next((one for one in kept if one.confirmed_at is None), None)
        return (
            kept,
            await shown(tx, current),
            await shown(tx, waiting),
        )

    kept, current, waiting = await call.read(look)
    tokens = await call.read(lambda tx: network_records.tokens_of_project(tx, project_id))
    names = {one.chain_id: one for one in await call.read(network_records.every)}
    return call.page(
        "wallet/show.html",
        status_code=form.status_code,
        section="wallet",
        draft=form,
        current=current,
        waiting=waiting,
        earlier=[one for one in kept if one.confirmed_at is not None and not one.is_current],
        closed=sorted(set(closed)),
        confirmed_index=CONFIRMED_INDEX,
        message_of=message_of,
        tokens=[(one, names[one.token.chain_id]) for one in tokens if one.token.chain_id in names],
        may_change=all(call.who.may(Right.WALLET, mode) for mode in (False, True)),
    )


async def sweep(call: Call) -> Response:
    """What lies at the project's addresses on a network, what moving it costs, and the call that does."""
    swept = await _swept(call)
    if swept is None:
        raise Unusable("There is no such wallet or network.")
    every = await call.read(network_records.every)
    told, wallet = swept.told, swept.wallet
    found = told.found
    beside = f"&to={swept.to}" if swept.to is not None else ""
    known = known_chain(found.network.chain_id)
    return call.page(
        "wallet/sweep.html",
        status_code=swept.form.status_code,
        section="wallet",
        wallet=wallet,
        told=told,
        found=found,
        draft=swept.form,
        to=swept.to,
        data=told.call(swept.source) if told.is_deployed is not False else None,
        factory=contract.factory(),
        chain=hex(found.network.chain_id),
        known=known if known is not None and known.public_rpc is not None else None,
        least=swept.least,
        reasons=REASONS,
        funding=[one for one in told.senders if one.missing],
        amount=lambda atomic, token: crypto_amount(atomic, token.decimals).eth,
        coin=coin_amount,
        networks=[one for one in every if one.paused_at is None],
        query=f"wallet={wallet.fingerprint}&network={found.network.name}&from={call.query('from') or 0}{beside}",
    )


async def sweep_file(call: Call) -> Response:
    """The same call as a file for Safe."""
    swept = await _swept(call)
    if swept is None or (data := swept.told.call(swept.source)) is None:
        raise Unusable("There is nothing to sweep.")
    found = swept.told.found
    return _download(
        safe_batch(found, data, call.context.clock.now()), f"sweep-{found.network.name}.json", "application/json"
    )


async def sweep_plan(call: Call) -> Response:
    """The transfers of an extended key's addresses, as the offline signer reads them."""
    return await _plan_file(call, "json")


async def sweep_table(call: Call) -> Response:
    """The same as CSV."""
    return await _plan_file(call, "csv")


async def _plan_file(call: Call, form: str) -> Response:
    swept = await _swept(call)
    if swept is None or swept.to is None or swept.wallet.treasury is not None:
        raise Unusable("Say where the money is to go, on the page of the sweep.")
    try:
        if form == "csv":
            body = spreadsheet(swept.told, swept.to)
        else:
            body = signing_plan(swept.wallet, swept.told, swept.to, call.context.clock.now())
    except TreasuryError as error:
        raise Unusable(_sentence(error)) from error
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    return _download(body, f"sweep-{swept.told.found.network.name}.{form}", kind)


def _download(body: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, media_type=media_type, headers=headers)


class _Swept(NamedTuple):
    """What was asked for, planned.

    Attributes:
        to: where an extended key's money is to go, where somebody said it.
        form: it, as it was typed, with what is wrong with it.
    """

    wallet: Wallet
    source: Source
    told: Rehearsal
    least: str
    to: str | None
    form: Draft


async def _swept(call: Call) -> _Swept | None:
    project_id, sealer, now = call.who.project.id, call.context.sealer, call.context.clock.now()
    name, fingerprint, begins = call.query("network"), call.query("wallet"), call.query("from") or "0"
    if not begins.isdecimal() or len(begins) > _DIGITS_MAX:
        raise Unusable("An index is a whole number.")

    async def look(tx: Transaction) -> tuple[Wallet, Source, Network, str] | None:
        wallet = await (records.by_fingerprint(tx, fingerprint) if fingerprint else records.current(tx, project_id))
        every = [one for one in await network_records.every(tx) if name in (None, one.name)]
        if wallet is None or wallet.project_id != project_id or not every:
            return None
        least = (await get_profile(tx, project_id)).settings.sweep_least or SWEEP_LEAST
        return wallet, await operations.opened(tx, sealer, wallet), every[0], least

    try:
        looked = await call.read(look)
    except WalletError as error:
        raise Unusable(_sentence(error)) from error
    if looked is None:
        return None
    wallet, source, network, least = looked
    typed, to, form = (call.query("to") or "").strip(), None, draft()
    if typed and wallet.treasury is None:
        try:
            to, form = parse_treasury(typed), draft(to=typed)
        except TreasuryError as error:
            form = Draft({"to": typed}, {"to": _sentence(error)})
    database = call.context.database
    found = await plan(database, wallet, network, from_index=int(begins), least=checked_least(least))
    told = await rehearse(database, sealer, source, found, project_id=project_id, now=now, to=to)
    return _Swept(wallet, source, told, least, to, form)


def _sentence(error: Exception) -> str:
    told = str(error)
    return f"{told[:1].upper()}{told[1:]}."


_SHOW: Final = Need(Right.READ)
_CHANGE: Final = Need(Right.WALLET, both_modes)

VIEWS: Final = (
    View("GET", WALLET, show, _SHOW),
    # It is kept, and nothing goes there: what asks for the password again is the confirmation.
    View("POST", WALLET, propose, _CHANGE),
    View("POST", f"{WALLET}/treasury", propose_treasury, _CHANGE),
    View("GET", f"{WALLET}/sweep", sweep, _SHOW),
    View("GET", f"{WALLET}/sweep/file", sweep_file, _SHOW),
    View("GET", f"{WALLET}/sweep/plan", sweep_plan, _SHOW),
    View("GET", f"{WALLET}/sweep/table", sweep_table, _SHOW),
    View("POST", f"{WALLET}/confirm", confirm, _CHANGE.confirmed),
    View("POST", f"{WALLET}/tokens", take_token, _CHANGE.confirmed),
)
