"""Setting, confirming and skipping; giving addresses out; and going on above what was given out before a restore."""

from typing import Final

from keyturn.database import HighWater
from tillgate.base import ids
from tillgate.rails.evm.extended_keys import ExtendedKeyError, parse_extended_key
from tillgate.rails.evm.extra import ExtraMissing, require_extra
from tillgate.rails.evm.treasury.model import (
    Treasury,
    TreasuryError,
    has_written_down,
    is_sealed_treasury,
    opened_treasury,
)
from tillgate.rails.evm.wallets import records
from tillgate.rails.evm.wallets.model import (
    CONFIRMED_INDEX,
    NEXT_INDEX_MAX,
    SHOWN_ADDRESSES,
    SKIP_MAX,
    WALLETS_MAX,
    Allocated,
    Position,
    Proposed,
    Source,
    Wallet,
    WalletError,
    ends_with,
    message_of,
)
from tillgate.rails.evm.wallets.signatures import is_signature, signer_of
from tillgate.store import Database, Sealer, SealingError, Transaction

WALLET: Final = ids.WALLET


async def propose(tx: Transaction, sealer: Sealer, project_id: str, key: Source, now: int) -> Proposed:
    """Keep what a project's addresses are to follow from, until somebody confirms that they are theirs.

    New sessions go on with the wallet before. A key that the project has had before is found again, with its counter;
    one that waited for its confirmation is replaced.

    Raises:
        WalletError: another project has this wallet, or this one has had too many.
    """
    if not await records.lock_project(tx, project_id):
        raise WalletError("there is no such project")
    found = await records.by_fingerprint(tx, key.fingerprint)
    if found is None:
        await records.drop_unconfirmed(tx, project_id)
        if await records.count(tx, project_id) >= WALLETS_MAX:
            raise WalletError(
                f"this project has had {WALLETS_MAX} wallets, and no more are kept; return to an earlier one"
            )
        await records.insert(
            tx,
            id=ids.new_id(WALLET),
            project_id=project_id,
            fingerprint=key.fingerprint,
            sealed=sealer.seal(key.text),
            treasury=key.treasury if isinstance(key, Treasury) else None,
            now=now,
        )
        found = await records.by_fingerprint(tx, key.fingerprint)
    if found is None or found.project_id != project_id:
        raise WalletError(
            "another project has this wallet: which of the two a payment is for would be unknown. Use another account "
            "of your wallet (m/44'/60'/1'), whose extended public key is another one"
        )
    # What was sealed before may have been lost with its secret key.
    await records.seal_again(tx, found.id, sealer.seal(key.text))
    code = key.recovery_code if isinstance(key, Treasury) and found.confirmed_at is None else None
    return Proposed(found, key.addresses(0, SHOWN_ADDRESSES), code)


async def propose_treasury(
    tx: Transaction,
    sealer: Sealer,
    project_id: str,
    key: Treasury,
    chains: frozenset[int] | None,
    now: int,
    *,
    as_given: bool = False,
) -> Proposed:
    """The same for a treasury. One that the project has confirmed before is found again, with its recovery code.

    Args:
        key: with a code that was made now, or that was kept from a lost database.
        chains: the networks on which the treasury is a contract; None where it is an account without code.
        as_given: the key's own code is used, also where the project has confirmed another one for this treasury.
            Addresses of the other one are watched on, and are swept as long as its code can be opened here.

    Raises:
        WalletError: as for :func:`propose`.
    """
    before = await records.of_treasury(tx, project_id, key.treasury)
    if before is not None and before.fingerprint != key.fingerprint and not as_given:
        try:
            earlier = await opened(tx, sealer, before)
        except WalletError as error:
            raise WalletError(
                f"{error}. If the code is lost, too, make a new one for this treasury (--new-code): new payments go to "
                "addresses of the new code, and what lies at those of the lost one cannot be moved without it"
            ) from error
        if isinstance(earlier, Treasury):
            key = earlier
    made = await propose(tx, sealer, project_id, key, now)
    await records.set_treasury_chains(tx, made.wallet.id, chains, now)
    replaced = before.fingerprint if before is not None and before.id != made.wallet.id else None
    return made._replace(wallet=made.wallet._replace(treasury_chains=chains), replaced=replaced)


async def proposed(tx: Transaction, sealer: Sealer, wallet: Wallet) -> Proposed:
    """A wallet with its first addresses."""
    return Proposed(wallet, (await opened(tx, sealer, wallet)).addresses(0, SHOWN_ADDRESSES))


async def confirm(
    tx: Transaction, sealer: Sealer, project_id: str, fingerprint: str, typed: str | None, now: int
) -> Wallet:
    """Let a wallet serve a project's new sessions: its second address was found in the merchant's own wallet.

    Args:
        typed: the last six characters of that address, as they typed them, or its key's signature of the wallet's
            message; of a treasury the last group of its recovery code; None where they say so without.

    Raises:
        WalletError: there is no such wallet, or these are not the characters, or it is another key's signature.
    """
    await records.lock_project(tx, project_id)
    wallet = await records.by_fingerprint(tx, fingerprint)
    if wallet is None or wallet.project_id != project_id:
        raise WalletError("this project has no wallet with this fingerprint: set it first")
    if typed is not None:
        _require_theirs(await opened(tx, sealer, wallet), fingerprint, typed)
    if not wallet.is_current:
        await records.make_current(tx, wallet, now)
    return wallet._replace(is_current=True, confirmed_at=wallet.confirmed_at or now)


def _require_theirs(source: Source, fingerprint: str, typed: str) -> None:
    if isinstance(source, Treasury):
        if not has_written_down(source, typed):
            raise WalletError(
                "these are not the last five characters of the recovery code. Set the treasury again for another code, "
                "and write it down: without it and the database, money that was not swept is lost"
            )
        return
    address, signature = source.addresses(CONFIRMED_INDEX, 1)[0], typed.strip()
    if is_signature(signature):
        if signer_of(message_of(fingerprint), signature) != address:
            raise WalletError(
                f"this is not a signature by the second address (index {CONFIRMED_INDEX}) of the message: "
                f"{message_of(fingerprint)}"
            )
    elif not ends_with(address, typed):
        raise WalletError(
            "these are not the last six characters of the second address (index 1). Look for that address in your "
            "own wallet: if it is not there, this extended key belongs to another wallet, and so would the money"
        )


async def skip(tx: Transaction, project_id: str, by: int, now: int) -> Wallet:
    """Leave a number of addresses of the current wallet out, for good: after a restore they may have been given out.

    Raises:
        WalletError: there is no current wallet, or the number is out of range.
    """
    if not 1 <= by <= SKIP_MAX:
        raise WalletError(f"expected a number from 1 to {SKIP_MAX:,}")
    wallet = await records.locked_current(tx, project_id)
    if wallet is None:
        raise WalletError("this project has no confirmed wallet; set one first")
    target = wallet.next_index + by
    if target > NEXT_INDEX_MAX:
        raise WalletError(f"a wallet has no addresses beyond index {NEXT_INDEX_MAX:,}")
    await records.set_next_index(tx, wallet, target, now)
    return wallet._replace(next_index=target)


async def allocate(tx: Transaction, project_id: str, payment_id: str, *, fresh_since: int, now: int) -> Allocated:
    """The next address of a project's current wallet that is known to be fresh: this payment's alone, for good.

    It is given back with the transaction. Whoever asks waits for those before them. No node is asked here.

    Args:
        fresh_since: an address that was looked at before this instant is not given out.

    Raises:
        WalletError: there is no confirmed wallet, or no address lies ready.
    """
    wallet = await records.locked_current(tx, project_id)
    if wallet is None:
        raise WalletError("this project has no confirmed wallet")
    found = await records.next_fresh(tx, wallet, fresh_since)
    if found is None or found.address_index > NEXT_INDEX_MAX:
        raise WalletError("no address of this wallet is known to be unused")
    await records.set_next_index(tx, wallet, found.address_index + 1, now)
    if not await records.give(tx, wallet.id, found.address_index, payment_id, now):
        raise WalletError("this address was given out before")
    return Allocated(found.address, wallet.id, found.address_index)


async def opened(tx: Transaction, sealer: Sealer, wallet: Wallet) -> Source:
    """What the addresses of a wallet follow from, to derive them. It goes nowhere else.

    Raises:
        WalletError: it cannot be derived from here: it was sealed with a secret key that is lost, or the extra is not
            installed.
    """
    sealed = await records.sealed_source(tx, wallet.id)
    if sealed is None:
        raise WalletError("there is no such wallet")
    try:
        require_extra()
        text = sealer.open(sealed)
        return opened_treasury(text) if is_sealed_treasury(text) else parse_extended_key(text)
    except ExtraMissing as error:
        raise WalletError(str(error)) from error
    except (ExtendedKeyError, TreasuryError, SealingError) as error:
        again = "" if wallet.treasury is None else ", with its recovery code"
        raise WalletError(
            f"the key of this wallet was lost with the secret key: set the same wallet again{again}"
        ) from error


async def find_behind(database: Database, high_water: HighWater) -> list[Position]:
    """The wallets that would give an address out again, without changing anything."""
    found: list[Position] = []
    after = ""
    # First the marks, then the database: a number is noted only after it was committed.
    while marks := high_water.marks(records.MARK_HEAD, after):
        after = marks[-1].name
        wanted = {records.fingerprint_of(mark.name): mark for mark in marks}
        fingerprints = sorted(wanted)

        async def look(tx: Transaction, fingerprints: list[str] = fingerprints) -> list[Wallet]:
            return await records.by_fingerprints(tx, fingerprints)

        for wallet in await database.read(look):
            mark = wanted[wallet.fingerprint]
            if wallet.next_index < mark.given:
                found.append(
                    Position(wallet.project_id, wallet.fingerprint, wallet.next_index, mark.given, mark.reserved)
                )
    return found


async def continue_above(database: Database) -> list[Position]:
    """Where a wallet's counter is behind what is kept beside the database, go on above that; says where it was.

    A wallet that is not in the database at all goes on above it when it is set again (see :func:`above_marks`).
    """
    if database.high_water is None:
        return []
    behind = await find_behind(database, database.high_water)

    async def operation(tx: Transaction) -> list[Position]:
        raised = []
        for one in behind:
            wallet = await records.by_fingerprint(tx, one.fingerprint)
            if wallet is not None and await records.set_next_index(tx, wallet, one.goes_on_at, wallet.created_at):
                raised.append(one)
        return raised

    return await database.write(operation) if behind else []


async def raise_to_reserved(tx: Transaction, high_water: HighWater, now: int) -> list[Position]:
    """After a restore: let every wallet go on above what it may have given out, known for certain or not."""
    raised: list[Position] = []
    after = ""
    while marks := high_water.marks(records.MARK_HEAD, after):
        after = marks[-1].name
        reserved = {records.fingerprint_of(mark.name): mark for mark in marks}
        for wallet in await records.by_fingerprints(tx, sorted(reserved)):
            mark = reserved[wallet.fingerprint]
            if await records.set_next_index(tx, wallet, mark.reserved, now):
                raised.append(
                    Position(wallet.project_id, wallet.fingerprint, wallet.next_index, mark.given, mark.reserved)
                )
    return raised


async def above_marks(tx: Transaction, high_water: HighWater | None, wallet: Wallet, now: int) -> Wallet:
    """A wallet that was set again after the database had lost it: above what was given out of it before."""
    if high_water is None:
        return wallet
    name = records.mark_of(wallet.fingerprint)
    mark = next((one for one in high_water.marks(name) if one.name == name), None)
    if mark is None or wallet.next_index >= mark.given:
        return wallet
    await records.set_next_index(tx, wallet, mark.reserved, now)
    return wallet._replace(next_index=mark.reserved)
