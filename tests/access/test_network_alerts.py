"""What is wrong with a network: who is alerted to it, when, and once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chain import StandIn, served
from tests.mailserver import Mailbox, mail_server
from tests.makers import execute, rows
from tests.rails.evm.live_shop import set_wallet
from tests.shop import PUBLIC_URL, Shop, eventually, open_shop, still_shop
from tillgate.access.accounts import Role
from tillgate.access.alerts import networks as telling
from tillgate.access.alerts.model import OF_NETWORKS
from tillgate.access.alerts.networks import KIND_OF, NetworkAlerts
from tillgate.access.alerts.operations import raise_alert
from tillgate.base.clock import MINUTE_MS
from tillgate.checkout.projects.model import ProjectSettings
from tillgate.checkout.projects.operations import change_project
from tillgate.rails.evm.alarms import records as alarms
from tillgate.rails.evm.alarms.model import OVER_AFTER_MS, AlarmKind
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks.catalogue import catalogue
from tillgate.rails.evm.networks.operations import NewNetwork

__all__ = ["still_shop"]

pytestmark = pytest.mark.anyio

# As a watcher leaves it that goes on looking.
_WATCHED = (
    "INSERT INTO watched_chains (chain_id, version, final_number, final_hash, final_parent_hash, final_mined_at, "
    "head_number, looked_at, lease_until, updated_at) VALUES ($1, 1, 10, '0xa', '0x9', $2, 12, $2, 0, $2)"
)


@pytest.fixture
def node() -> Iterator[StandIn]:
    known = catalogue()["base"]
    with served(StandIn(known.chain_id, genesis=known.genesis)) as served_node:
        served_node.decimals = {one.address.lower(): one.decimals for one in known.tokens}
        yield served_node


async def named(shop: Shop, node: StandIn, name: str = "base") -> int:
    """Name a network; its chain id."""
    asked = await operations.ask(NewNetwork(name, [node.url]), shop.clock.now())
    await shop.database.write(lambda tx: operations.add(tx, shop.sealer, asked))
    return node.chain_id


def alerting(shop: Shop, *, live: bool = True) -> NetworkAlerts:
    return NetworkAlerts(shop.database, shop.clock, shop.app._checkout.outbox, serves_live=lambda _: live)


async def minutes(shop: Shop, count: int, **how: Any) -> None:
    """What the job does in as many minutes."""
    for _ in range(count):
        shop.clock.ahead_ms += MINUTE_MS
        await alerting(shop, **how).kind().run(None)  # type: ignore[arg-type]


async def told(shop: Shop) -> list[tuple[str | None, str, bool]]:
    """Each alert: the project, the kind and the mode."""
    found = await rows(shop.database, "SELECT project_id, kind, livemode FROM alerts ORDER BY kind, project_id")
    return sorted(((one["project_id"], one["kind"], bool(one["livemode"])) for one in found), key=str)


async def see(shop: Shop, chain_id: int, kind: AlarmKind, **more: Any) -> None:
    await shop.database.write(lambda tx: alarms.see(tx, chain_id, kind, shop.clock.now(), **more))


async def test_a_network_that_stays_away_is_told_once_until_it_is_back(still_shop: Shop, node: StandIn) -> None:
    """After minutes, to the installation and to the projects that are paid on it; and again when it is away again."""
    shop, chain_id = still_shop, await named(still_shop, node)
    without, refusing = await shop.project("No wallet"), await shop.project("Takes no token")
    await set_wallet(shop, shop.project_id)
    await set_wallet(shop, refusing, key=1)
    for token in catalogue()["base"].tokens:
        await shop.database.write(
            lambda tx, at=token.address: operations.accept(  # type: ignore[misc]
                tx, refusing, "base", at, accepted=False, now=shop.clock.now()
            )
        )
    await minutes(shop, 5)
    assert await told(shop) == []
    await minutes(shop, 25)
    once = [(None, "network_behind", True), (shop.project_id, "network_behind", True)]
    assert await told(shop) == sorted(once, key=str)
    assert without not in str(await told(shop))
    [event] = await rows(shop.database, "SELECT project_id, type FROM events WHERE type LIKE 'alert.%'")
    assert tuple(event) == (shop.project_id, "alert.network_behind")

    # It comes back for less than it takes to call it over, then for good, and fails again.
    await execute(shop.database, _WATCHED, chain_id, shop.clock.now() + 5 * MINUTE_MS)
    await minutes(shop, 5)
    await minutes(shop, 10)
    assert await told(shop) == sorted(once, key=str)
    await execute(shop.database, "UPDATE watched_chains SET looked_at = $1", shop.clock.now() + 2 * OVER_AFTER_MS)
    await minutes(shop, 15)
    assert await shop.database.read(alarms.every) == []
    await execute(shop.database, "UPDATE watched_chains SET looked_at = 0")
    await minutes(shop, 10)
    assert await told(shop) == sorted([*once, *once], key=str)


async def test_what_is_over_before_it_lasted_is_told_to_nobody(still_shop: Shop, node: StandIn) -> None:
    """A node that restarts, and a network that the operator has paused."""
    shop, chain_id = still_shop, await named(still_shop, node)
    await minutes(shop, 5)
    [alarm] = await shop.database.read(alarms.every)
    assert alarm.kind is AlarmKind.BEHIND
    await execute(shop.database, _WATCHED, chain_id, shop.clock.now() + 2 * MINUTE_MS)
    await minutes(shop, 1)
    assert await shop.database.read(alarms.every) == []
    await shop.database.write(lambda tx: operations.pause(tx, "base", shop.clock.now()))
    await minutes(shop, 15)
    assert await told(shop) == []


async def test_what_a_watcher_writes_down_is_told_at_the_next_look(still_shop: Shop, node: StandIn) -> None:
    """Each once, however often it is seen; a token's contract also after days."""
    shop, chain_id = still_shop, await named(still_shop, node)
    await set_wallet(shop, shop.project_id)
    detail = {"symbol": "USDC", "token": "0x1", "pinned": "6", "found": "18"}
    for _ in range(3):
        await see(shop, chain_id, AlarmKind.DISAGREEMENT)
        await see(shop, chain_id, AlarmKind.REORGANIZED, subject="77")
        await see(shop, chain_id, AlarmKind.TOKEN_CHANGED, subject="0x1", detail=detail)
        await minutes(shop, 1)
    kinds = [KIND_OF[one] for one in (AlarmKind.DISAGREEMENT, AlarmKind.REORGANIZED, AlarmKind.TOKEN_CHANGED)]
    expected = [(project, kind.value, True) for kind in kinds for project in (None, shop.project_id)]
    assert await told(shop) == sorted(expected, key=str)
    [row] = await rows(
        shop.database, "SELECT subject_id, detail FROM alerts WHERE kind = 'network_reorganized' AND project_id IS NULL"
    )
    assert tuple(row) == ("base", '{"chain":"Base","block":"77"}')
    await execute(shop.database, _WATCHED, chain_id, shop.clock.now() + 60 * MINUTE_MS)
    await minutes(shop, 12)
    assert [one.kind for one in await shop.database.read(alarms.every)] == [AlarmKind.TOKEN_CHANGED]
    assert len(await told(shop)) == 6


async def test_a_process_that_dies_between_two_projects_is_taken_over(
    still_shop: Shop, node: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were alerted are not alerted again, and nobody is left out; nor where two processes do it at once."""
    shop, chain_id = still_shop, await named(still_shop, node)
    monkeypatch.setattr(telling, "PROJECTS_PAGE", 1)
    projects = [shop.project_id, await shop.project("Second")]
    for number, project in enumerate(projects):
        await set_wallet(shop, project, key=number)
    await see(shop, chain_id, AlarmKind.DISAGREEMENT)

    async def dies(*given: Any, **more: Any) -> bool:
        if more["project_id"] == max(projects):
            raise RuntimeError("killed")
        return await raise_alert(*given, **more)

    monkeypatch.setattr(telling, "raise_alert", dies)
    with pytest.raises(RuntimeError, match="killed"):
        await minutes(shop, 1)
    assert [one[0] for one in await told(shop)].count(min(projects)) == 1 and len(await told(shop)) == 2
    monkeypatch.setattr(telling, "raise_alert", raise_alert)
    await asyncio.gather(*(alerting(shop).kind().run(None) for _ in range(2)))  # type: ignore[arg-type]
    assert {one[0] for one in await told(shop)} == {None, *projects} and len(await told(shop)) == 3


async def test_a_test_network_is_the_affair_of_those_who_rehearse_on_it(still_shop: Shop) -> None:
    """Its alerts are of test mode, in projects whose test sessions are paid on networks."""
    shop, known = still_shop, catalogue()["sepolia"]
    with served(StandIn(known.chain_id, genesis=known.genesis)) as node:
        node.decimals = {one.address.lower(): one.decimals for one in known.tokens}
        chain_id = await named(shop, node, "sepolia")
    simulating = await shop.project("Simulating")
    await set_wallet(shop, shop.project_id)
    await set_wallet(shop, simulating, key=1)
    await shop.database.write(
        lambda tx: change_project(tx, shop.project_id, "Test shop", ProjectSettings(test_rail="networks"))
    )
    await see(shop, chain_id, AlarmKind.DISAGREEMENT)
    await minutes(shop, 1, live=False)
    kind = "network_disagreement"
    assert await told(shop) == sorted([(None, kind, False), (shop.project_id, kind, False)], key=str)


async def test_a_treasury_that_is_a_contract_hears_of_its_own_networks(still_shop: Shop, node: StandIn) -> None:
    """Elsewhere nothing is offered to its project, and nothing there is its affair."""
    shop, chain_id = still_shop, await named(still_shop, node)
    elsewhere = await shop.project("Elsewhere")
    treasury = "UPDATE wallets SET treasury = '0x7e', treasury_chains = $1 WHERE project_id = $2"
    for number, (project, chains) in enumerate(((shop.project_id, f"[1,{chain_id}]"), (elsewhere, "[1]"))):
        await set_wallet(shop, project, key=number)
        await execute(shop.database, treasury, chains, project)
    await execute(shop.database, "UPDATE networks SET factory_seen_at = 1")
    await see(shop, chain_id, AlarmKind.DISAGREEMENT)
    await minutes(shop, 1)
    assert {one for one, *_ in await told(shop)} == {None, shop.project_id}


@pytest.fixture
async def mailing(tmp_path: Path, anyio_backend: object) -> AsyncIterator[tuple[Shop, Mailbox]]:
    mailbox = Mailbox()
    url = f"sqlite:///{tmp_path / 'tillgate.db'}"
    async with mail_server(mailbox) as server, open_shop(tmp_path, url, mail=server) as opened:
        yield opened, mailbox


async def test_owners_get_a_mail_each(mailing: tuple[Shop, Mailbox], node: StandIn) -> None:
    """By the server's own work: those of the installation one for all projects, with the operator's page; those of a
    project one with theirs."""
    shop, mailbox = mailing
    accounts = shop.app.accounts
    await accounts.create_user("operator@example.com", "a long password", Role.OWNER)
    await accounts.create_user("owner@example.com", "a long password", Role.OWNER, shop.project_id)
    second = await shop.project("Nobody of its own")
    chain_id = await named(shop, node)
    for number, project in enumerate((shop.project_id, second)):
        await set_wallet(shop, project, key=number)
    await see(shop, chain_id, AlarmKind.REORGANIZED, subject="77")
    shop.clock.ahead_ms += 61_000
    await shop.issued()
    found = "SELECT 1 FROM alerts WHERE kind = 'network_reorganized'"

    async def all_told() -> bool:
        return len(await rows(shop.database, found)) == 3 and not await rows(
            shop.database, "SELECT 1 FROM jobs WHERE kind IN ('alerts.mail', 'mail.send')"
        )

    await eventually(all_told)
    # Beside what they get of the wallets that were set.
    mails = [
        (mail["To"], mailbox.text(number))
        for number, mail in enumerate(mailbox.mails)
        if mail["Subject"] == "A payment network was reorganised past finality"
    ]
    pages = dict(mails)
    assert sorted(to for to, _ in mails) == ["operator@example.com", "owner@example.com"]
    assert f"{PUBLIC_URL}/dashboard/networks" in pages["operator@example.com"]
    assert f"{PUBLIC_URL}/dashboard/wallet" in pages["owner@example.com"]
    assert "Base" in pages["owner@example.com"] and "block 77" in pages["owner@example.com"]


def test_every_alarm_is_a_kind_of_alert() -> None:
    """So that none is written down and told to nobody."""
    assert set(KIND_OF) == set(AlarmKind) and set(KIND_OF.values()) == OF_NETWORKS
