"""Where the project's live money goes: its wallet, and the tokens that it takes."""

from typing import Final

from starlette.responses import Response

from keyturn.stores.ports import Act
from tillgate.access.accounts import Right
from tillgate.access.audited import write_down_wallet
from tillgate.dashboard.calls import Call, Need, View, both_modes
from tillgate.dashboard.forms import Draft, draft
from tillgate.rails.evm.extended_keys import ExtendedKeyError, parse_extended_key
from tillgate.rails.evm.extra import ExtraMissing, require_extra
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks import records as network_records
from tillgate.rails.evm.networks.model import NetworkError
from tillgate.rails.evm.wallets import operations, records
from tillgate.rails.evm.wallets.model import CONFIRMED_INDEX, WALLETS_MAX, Proposed, Wallet, WalletError
from tillgate.store import Transaction

WALLET: Final = "/dashboard/wallet"


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
        tokens=[(one, names[one.token.chain_id]) for one in tokens if one.token.chain_id in names],
        may_change=all(call.who.may(Right.WALLET, mode) for mode in (False, True)),
    )


def _sentence(error: Exception) -> str:
    told = str(error)
    return f"{told[:1].upper()}{told[1:]}."


_SHOW: Final = Need(Right.READ)
_CHANGE: Final = Need(Right.WALLET, both_modes)

VIEWS: Final = (
    View("GET", WALLET, show, _SHOW),
    # It is kept, and nothing goes there: what asks for the password again is the confirmation.
    View("POST", WALLET, propose, _CHANGE),
    View("POST", f"{WALLET}/confirm", confirm, _CHANGE.confirmed),
    View("POST", f"{WALLET}/tokens", take_token, _CHANGE.confirmed),
)
