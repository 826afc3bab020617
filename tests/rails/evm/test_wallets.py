"""Wallets: set, confirmed, counted, and never sharing an address, on both databases."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from keyturn.database import Database, HighWater, open_database
from tests.makers import StillClock
from tests.rails.evm.test_extended_keys import SEED_1, VECTORS, signed_by
from tillgate.access.accounts import Accounts
from tillgate.base.clock import SystemClock
from tillgate.rails.evm import extra
from tillgate.rails.evm.extended_keys import parse_extended_key
from tillgate.rails.evm.node import AccountUse, NodeAway
from tillgate.rails.evm.wallets import operations, reading_ahead, records
from tillgate.rails.evm.wallets.model import (
    FRESH_FOR_MS,
    READY,
    SKIP_MAX,
    Allocated,
    Proposed,
    Wallet,
    WalletError,
    ends_with,
    message_of,
)
from tillgate.store import Sealer, Transaction
from tillgate.store.sealing import new_key

pytestmark = pytest.mark.anyio

KEY = parse_extended_key(VECTORS[SEED_1, "m/0'/1/2'"])
OTHER = parse_extended_key(VECTORS[SEED_1, "m/0'/1/2'/2"])
FRESH = AccountUse(nonce=0, has_code=False, balance_atomic=0)
NOW = 1_790_000_000_000


class Chain:
    """What a network knows of addresses: all are fresh but those that are named."""

    def __init__(self, used: dict[str, AccountUse] | None = None) -> None:
        self.used = used or {}
        self.asked: list[str] = []
        self.away = False
        self.all_used = False

    async def __call__(self, addresses: Sequence[str]) -> list[AccountUse]:
        if self.away:
            raise NodeAway("no answer")
        # The last one is made up, to find a node that calls every address used.
        self.asked += addresses[:-1]
        if self.all_used:
            return [AccountUse(nonce=1, has_code=False, balance_atomic=0)] * len(addresses)
        return [self.used.get(address, FRESH) for address in addresses]


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(new_key())


async def project(database: Database, name: str = "Shop") -> str:
    return (await Accounts(database, SystemClock()).create_project(name)).id


async def propose(database: Database, sealer: Sealer, project_id: str, key: object = KEY) -> Proposed:
    assert isinstance(key, type(KEY))
    return await database.write(lambda tx: operations.propose(tx, sealer, project_id, key, NOW))


async def set_up(database: Database, sealer: Sealer, project_id: str, key: object = KEY) -> Wallet:
    proposed = await propose(database, sealer, project_id, key)
    typed = proposed.addresses[1][-6:]
    return await database.write(
        lambda tx: operations.confirm(tx, sealer, project_id, proposed.wallet.fingerprint, typed, NOW)
    )


async def fill(database: Database, sealer: Sealer, *chains: Chain, since: int = 0) -> int:
    return await reading_ahead.read_ahead(database, sealer, SystemClock(), chains or (Chain(),), networks_since=since)


async def allocate(database: Database, project_id: str, payment_id: str = "pay_1", since: int = 0) -> Allocated:
    return await database.write(
        lambda tx: operations.allocate(tx, project_id, payment_id, fresh_since=since, now=SystemClock().now())
    )


async def test_a_wallet_serves_sessions_once_its_second_address_was_confirmed(
    database: Database, sealer: Sealer
) -> None:
    """Setting a key opens nothing; typing the end of the address at index 1 does, and only that."""
    shop = await project(database)
    proposed = await propose(database, sealer, shop)
    assert proposed.addresses == KEY.addresses(0, 3)
    assert proposed.wallet.confirmed_at is None
    assert await database.read(lambda tx: records.current(tx, shop)) is None
    for wrong in ("", "000000", proposed.addresses[0][-6:], proposed.addresses[1][-5:]):
        with pytest.raises(WalletError, match="last six characters"):
            await database.write(
                lambda tx, wrong=wrong: operations.confirm(  # type: ignore[misc]
                    tx, sealer, shop, KEY.fingerprint, wrong, NOW
                )
            )
    with pytest.raises(WalletError, match="no confirmed wallet"):
        await allocate(database, shop)
    wallet = await set_up(database, sealer, shop)
    assert wallet.is_current and wallet.confirmed_at == NOW


async def test_a_signature_by_the_second_address_confirms_a_wallet(database: Database, sealer: Sealer) -> None:
    """Of the wallet's own message, as wallets write it, with v from 0 or from 27; nobody else's, of no other message,
    and no text that only looks like one."""
    shop = await project(database)
    await propose(database, sealer, shop)

    async def confirmed(typed: str) -> bool:
        try:
            await database.write(lambda tx: operations.confirm(tx, sealer, shop, KEY.fingerprint, typed, NOW))
        except WalletError as error:
            assert "Live payments go to the wallet" in str(error) and typed not in str(error)
            return False
        return True

    message = message_of(KEY.fingerprint)
    for wrong in (
        signed_by(0, message),
        signed_by(1, message_of(OTHER.fingerprint)),
        signed_by(1, message, v=2),
        "0x" + "00" * 65,
        "0x" + "ff" * 64 + "1b",
    ):
        assert not await confirmed(wrong)
    assert await confirmed(signed_by(1, message, v=0))
    assert await confirmed(f" {signed_by(1, message)}\n")


async def test_a_node_that_calls_every_address_used_burns_none(database: Database, sealer: Sealer) -> None:
    """Nothing that it says is believed: the same addresses are given out once it tells the truth."""
    shop = await project(database)
    await set_up(database, sealer, shop)
    chain = Chain()
    chain.all_used = True
    for _ in range(3):
        assert await reading_ahead.read_ahead(database, sealer, StillClock(NOW), [chain], networks_since=0) == 0
    assert len(chain.asked) <= 3 * reading_ahead.ASKED_AT_ONCE
    await fill(database, sealer)
    assert (await allocate(database, shop)).address_index == 0


async def test_a_round_leaves_a_bounded_number_out(database: Database, sealer: Sealer) -> None:
    """A wallet that was used a lot is read on in the next round."""
    shop = await project(database)
    await set_up(database, sealer, shop)
    chain = Chain({one: AccountUse(1, has_code=False, balance_atomic=0) for one in KEY.addresses(0, 250)})

    async def fill_once() -> int:
        return await reading_ahead.read_ahead(database, sealer, StillClock(NOW), [chain], networks_since=0)

    assert await fill_once() == await fill_once() == reading_ahead.LEFT_OUT_MAX
    await fill_once()
    assert (await allocate(database, shop)).address_index == 250


async def test_a_wallet_whose_key_was_lost_says_what_to_do(
    database: Database, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another secret key, and where what keys are derived with is not installed."""
    shop = await project(database)
    wallet = await set_up(database, sealer, shop)
    other = Sealer(new_key())
    with pytest.raises(WalletError, match="set the same wallet again"):
        await database.read(lambda tx: operations.proposed(tx, other, wallet))
    monkeypatch.setattr(extra, "NEEDED", ("a_module_that_nobody_has",))
    with pytest.raises(WalletError, match=r"tillgate\[evm\]"):
        await database.read(lambda tx: operations.proposed(tx, sealer, wallet))


async def test_addresses_are_given_out_in_order_and_to_one_payment_each(database: Database, sealer: Sealer) -> None:
    """Index after index, across both modes, and given back with a transaction that fails."""
    shop = await project(database)
    await set_up(database, sealer, shop)
    with pytest.raises(WalletError, match="known to be unused"):
        await allocate(database, shop)
    await fill(database, sealer)
    assert await allocate(database, shop, "pay_1") == Allocated(
        KEY.addresses(0, 1)[0], (await current(database, shop)).id, 0
    )

    async def fails(tx: Transaction) -> None:
        await operations.allocate(tx, shop, "pay_2", fresh_since=0, now=NOW)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fails)
    given = [await allocate(database, shop, f"pay_{n}") for n in range(2, 5)]
    assert [(one.address_index, one.address) for one in given] == list(enumerate(KEY.addresses(1, 3), start=1))


async def current(database: Database, project_id: str) -> Wallet:
    found = await database.read(lambda tx: records.current(tx, project_id))
    assert found is not None
    return found


async def test_at_the_same_moment_nobody_gets_the_same_address(database: Database, sealer: Sealer) -> None:
    """Sessions that are made at once get an address each, and none is left out."""
    shop = await project(database)
    await set_up(database, sealer, shop)
    await fill(database, sealer)
    given = await asyncio.gather(*(allocate(database, shop, f"pay_{n}") for n in range(20)))
    assert sorted(one.address_index for one in given) == list(range(20))


async def test_an_address_that_anybody_has_used_is_never_given_out(database: Database, sealer: Sealer) -> None:
    """A transaction, code or a balance on any network takes an address out, for good."""
    shop = await project(database)
    await set_up(database, sealer, shop)
    first = KEY.addresses(0, 6)
    one = Chain({first[0]: FRESH._replace(nonce=1), first[1]: FRESH._replace(has_code=True)})
    other = Chain({first[3]: FRESH._replace(balance_atomic=1)})
    assert await fill(database, sealer, one, other) >= READY
    assert [(await allocate(database, shop, f"pay_{n}")).address_index for n in range(3)] == [2, 4, 5]
    # Not even when it looks fresh later.
    await fill(database, sealer)
    assert (await allocate(database, shop, "pay_9")).address_index == 6


async def test_nothing_is_given_out_while_a_network_does_not_answer(database: Database, sealer: Sealer) -> None:
    """What could not be looked at on every network is not known to be fresh; later it is."""
    shop = await project(database)
    await set_up(database, sealer, shop)
    chain, away = Chain(), Chain()
    away.away = True
    await fill(database, sealer, chain, away)
    with pytest.raises(WalletError, match="known to be unused"):
        await allocate(database, shop)
    away.away = False
    await fill(database, sealer, chain, away)
    assert (await allocate(database, shop)).address_index == 0


async def test_a_network_that_is_added_is_asked_about_every_address(database: Database, sealer: Sealer) -> None:
    """What was looked at before there was this network is looked at again; so is what was looked at long ago."""
    shop = await project(database)
    await set_up(database, sealer, shop)
    await fill(database, sealer)
    added = SystemClock().now() + 1
    with pytest.raises(WalletError, match="known to be unused"):
        await allocate(database, shop, since=added)
    assert reading_ahead.fresh_since(NOW, 5) == NOW - FRESH_FOR_MS
    assert reading_ahead.fresh_since(NOW, NOW - 1) == NOW - 1


async def test_addresses_lie_ready_without_being_looked_at_twice(database: Database, sealer: Sealer) -> None:
    """A wallet that has enough asks nobody; what was given out is replaced."""
    shop = await project(database)
    await set_up(database, sealer, shop)
    chain = Chain()
    await fill(database, sealer, chain)
    assert len(chain.asked) == len(set(chain.asked)) == READY
    await fill(database, sealer, chain)
    assert len(chain.asked) == READY


async def test_no_two_projects_share_a_wallet(database: Database, sealer: Sealer) -> None:
    """The same key, however it is written, is one project's alone; also while it is not confirmed."""
    shop, rival = await project(database), await project(database, "Rival")
    await propose(database, sealer, shop)
    with pytest.raises(WalletError, match="another project has this wallet"):
        await propose(database, sealer, rival)
    both = await asyncio.gather(
        propose(database, sealer, shop, OTHER), propose(database, sealer, rival, OTHER), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["Proposed", "WalletError"]


async def test_a_wallet_that_comes_back_goes_on_where_it_was(database: Database, sealer: Sealer) -> None:
    """Another wallet serves new sessions; returning to the first one gives no address out again."""
    shop = await project(database)
    await set_up(database, sealer, shop)
    await fill(database, sealer)
    assert [(await allocate(database, shop, f"pay_{n}")).address_index for n in range(2)] == [0, 1]
    await set_up(database, sealer, shop, OTHER)
    await fill(database, sealer)
    assert (await allocate(database, shop, "pay_2")).address == OTHER.addresses(0, 1)[0]
    back = await set_up(database, sealer, shop)
    assert back.next_index == 2
    assert (await allocate(database, shop, "pay_3")).address == KEY.addresses(2, 1)[0]
    kept = await database.read(lambda tx: records.of_project(tx, shop, 10))
    assert [one.is_current for one in kept] == [True, False]


async def test_skipping_leaves_addresses_out_for_good(database: Database, sealer: Sealer) -> None:
    """The counter moves forward by a bounded number, never back."""
    shop = await project(database)
    with pytest.raises(WalletError, match="no confirmed wallet"):
        await database.write(lambda tx: operations.skip(tx, shop, 5, NOW))
    await set_up(database, sealer, shop)
    for wrong in (0, -1, SKIP_MAX + 1):
        with pytest.raises(WalletError, match="from 1 to"):
            await database.write(lambda tx, wrong=wrong: operations.skip(tx, shop, wrong, NOW))  # type: ignore[misc]
    await database.write(lambda tx: operations.skip(tx, shop, 1_000, NOW))
    await fill(database, sealer)
    assert await allocate(database, shop) == Allocated(
        KEY.addresses(1_000, 1)[0], (await current(database, shop)).id, 1_000
    )


async def test_the_key_is_sealed(database: Database, sealer: Sealer) -> None:
    """No row holds the extended key; sealing finds the column by its name."""
    shop = await project(database)
    wallet = await set_up(database, sealer, shop)
    kept = await database.read(lambda tx: records.sealed_source(tx, wallet.id))
    assert kept is not None and KEY.text not in kept
    assert sealer.open(kept) == KEY.text
    assert KEY.text not in repr(await propose(database, sealer, shop))


async def test_a_restored_database_gives_no_address_out_again(
    database_url: str, database: Database, sealer: Sealer, tmp_path: Path
) -> None:
    """What was given out before is known beside the database: a counter that has gone back goes on above it."""
    marks = HighWater(tmp_path / "marks")
    opened = await open_database(database_url, high_water=marks)
    try:
        shop = await project(opened)
        wallet = await set_up(opened, sealer, shop)
        await fill(opened, sealer)
        given = [(await allocate(opened, shop, f"pay_{n}")).address_index for n in range(3)]
        marks.flush()
        assert given == [0, 1, 2]
        assert await operations.continue_above(opened) == []
        # The database as it was before those.
        await opened.write(lambda tx: tx.execute("UPDATE wallets SET next_index = 0"))
        await opened.write(lambda tx: tx.execute("UPDATE wallet_addresses SET given_at = NULL, payment_id = NULL"))
        behind = await operations.find_behind(opened, marks)
        assert [(one.fingerprint, one.had, one.given) for one in behind] == [(wallet.fingerprint, 0, 3)]
        assert await operations.continue_above(opened) == behind
        await fill(opened, sealer)
        assert (await allocate(opened, shop, "pay_9")).address_index >= 3
        # One that the database had lost, and that is set again.
        await opened.write(lambda tx: tx.execute("DELETE FROM wallet_addresses"))
        await opened.write(lambda tx: tx.execute("DELETE FROM wallets"))
        proposed = await propose(opened, sealer, shop)
        above = await opened.write(lambda tx: operations.above_marks(tx, marks, proposed.wallet, NOW))
        assert above.next_index >= 3
    finally:
        await opened.close()


def test_the_end_of_an_address_is_compared_as_people_type_it() -> None:
    """Six characters or more, in any case, with spaces around; fewer are not enough."""
    address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert ends_with(address, " 1BEAED ")
    assert ends_with(address, address)
    assert not ends_with(address, "BeAed")
    assert not ends_with(address, "1BeAee")
