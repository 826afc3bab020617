"""Networks and tokens: what a node is asked before it is taken, and what is kept, on both databases."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from keyturn.database import Database
from keyturn.database.shape import tables_of
from tests.chain import StandIn, served
from tillgate.access.accounts import Accounts
from tillgate.base.clock import SystemClock
from tillgate.base.money import MINOR_DIGITS
from tillgate.opening import all_migrations
from tillgate.rails.evm import jobs
from tillgate.rails.evm.addresses import parse_address
from tillgate.rails.evm.alarms import records as alarms
from tillgate.rails.evm.alarms.model import AlarmKind
from tillgate.rails.evm.networks import operations, records
from tillgate.rails.evm.networks.catalogue import catalogue, known_chain
from tillgate.rails.evm.networks.model import DEVELOPMENT_CHAIN_ID, Finality, Network, NetworkError, checked_symbol
from tillgate.rails.evm.networks.operations import Added, NewNetwork, NewToken
from tillgate.store import Sealer
from tillgate.store.sealing import new_key, sealed_columns

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000
BASE = catalogue()["base"]
USDC = BASE.tokens[0]
SECRET = "s3cr3t-of-the-operator"


@pytest.fixture
def node() -> Iterator[StandIn]:
    """A node that says what Base's nodes say."""
    with served(StandIn(BASE.chain_id, genesis=BASE.genesis)) as served_node:
        served_node.decimals = {one.address.lower(): one.decimals for one in BASE.tokens}
        yield served_node


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(new_key())


async def add(database: Database, sealer: Sealer, *urls: str, name: str = "base", **more: Any) -> Added:
    asked = await operations.ask(NewNetwork(name, urls, **more), NOW)
    return await database.write(lambda tx: operations.add(tx, sealer, asked))


async def kept(database: Database, name: str = "base") -> Network:
    return await database.read(lambda tx: operations.named(tx, name))


async def test_a_well_known_network_needs_a_name_and_a_node(database: Database, sealer: Sealer, node: StandIn) -> None:
    """Chain, finality, explorer and tokens come from the catalogue; limits and block time from the node."""
    node.range_max, node.topics_max, node.batches = 2_500, 120, False
    added = await add(database, sealer, node.url)
    network = await kept(database)
    assert network == added.network
    assert (network.chain_id, network.genesis_hash, network.finality) == (8_453, BASE.genesis, Finality.SAFE)
    assert network.limits == (2_000, 2_000, 100, False)
    assert [(one.symbol, one.decimals, one.is_verified) for one in added.tokens] == [
        (one.symbol, one.decimals, True) for one in sorted(BASE.tokens, key=lambda one: one.address)
    ]
    assert added.probed[0].calls_per_day == 16 * 43_200 + 2 * 172_800
    assert added.probed[0].megabytes_per_day > 1
    assert any("one node" in told for told in added.notes)


async def test_urls_are_sealed_and_masked(database: Database, sealer: Sealer, node: StandIn) -> None:
    """No row, message, note or repr holds what is secret in a URL; a rotation of the key finds the column."""
    added = await add(database, sealer, node.url)
    row = await database.read(lambda tx: tx.fetch_one("SELECT * FROM networks"))
    assert row is not None and SECRET not in str(tuple(row))
    assert await database.read(lambda tx: operations.masked_urls(tx, sealer, added.network)) == [
        node.url.partition("/v3")[0] + "/…"
    ]
    assert SECRET not in repr(added)
    assert ("networks", "rpc_urls_sealed") in sealed_columns(tables_of(all_migrations()))
    async with operations.opened(database, sealer, added.network) as nodes:
        assert await nodes.ask(lambda one: one.chain_id()) == BASE.chain_id
    assert node.paths[-1].endswith(SECRET)


async def test_a_node_of_another_chain_is_refused(node: StandIn) -> None:
    """The refusal names both chains; another first block under the same id is another network."""
    node.chain_id = 1
    with pytest.raises(NetworkError, match="follows the chain 1, and the chain 8453 was expected"):
        await operations.ask(NewNetwork("base", [node.url]), NOW)
    node.chain_id, node.genesis = BASE.chain_id, "0x" + "22" * 32
    with pytest.raises(NetworkError, match="another first block"):
        await operations.ask(NewNetwork("base", [node.url]), NOW)


async def test_a_development_nodes_chain_is_taken_in_development_alone(node: StandIn) -> None:
    """Its money is worth nothing: whoever could add it to an installation in service would sell for nothing."""
    node.chain_id = DEVELOPMENT_CHAIN_ID
    new = NewNetwork("local", [node.url], chain_id=DEVELOPMENT_CHAIN_ID, confirmations=2)
    with pytest.raises(NetworkError, match="development nodes"):
        await operations.ask(new, NOW)
    assert (await operations.ask(new, NOW, dev=True)).network.chain_id == DEVELOPMENT_CHAIN_ID


async def test_what_cannot_be_watched_is_refused(node: StandIn) -> None:
    """Without logs by block hash a reorganisation cannot be seen; a node that is away or empty is named as such."""
    node.by_hash = False
    with pytest.raises(NetworkError, match="logs of a block by its hash"):
        await operations.ask(NewNetwork("base", [node.url]), NOW)
    node.by_hash, node.down = True, True
    with pytest.raises(NetworkError, match=r"status 503\. Compare the URL") as away:
        await operations.ask(NewNetwork("base", [node.url]), NOW)
    assert SECRET not in str(away.value)


async def test_a_tag_that_is_missing_or_at_nothing_is_not_known(node: StandIn) -> None:
    """Null and block 0 under a tag conclude nothing: the depth is waited for, and the operator is told."""
    for tags in ({}, {"safe": 0, "finalized": 0}):
        node.tags = tags
        asked = await operations.ask(NewNetwork("base", [node.url]), NOW)
        assert asked.probed[0].tags == frozenset()
        assert any("300 confirmations" in told for told in asked.notes)
    asked = await operations.ask(NewNetwork("base", [node.url], confirmations=12), NOW)
    assert (asked.network.finality, asked.network.confirmations) == (Finality.DEPTH, 12)


async def test_a_chain_that_has_come_to_a_stop_is_told(node: StandIn) -> None:
    """Blocks that come much more slowly than the catalogue knows; its time holds where a node cannot show one yet."""
    node.block_seconds = 7
    asked = await operations.ask(NewNetwork("base", [node.url]), NOW)
    assert any("every 7 seconds here, and every 2 seconds usually" in told for told in asked.notes)
    node.head, node.tags = 1, {}
    asked = await operations.ask(NewNetwork("base", [node.url]), NOW)
    assert asked.network.limits.block_ms == BASE.block_ms == 2_000
    assert not any("usually" in told for told in asked.notes)


async def test_two_nodes_follow_one_chain(node: StandIn) -> None:
    """The smaller limits of the two hold; with different first blocks they are refused together."""
    with served(StandIn(BASE.chain_id, genesis=BASE.genesis)) as other:
        other.range_max, other.decimals = 600, node.decimals
        asked = await operations.ask(NewNetwork("base", [node.url, other.url]), NOW)
        assert asked.network.limits.range_blocks_max == 500
        assert not any("one node" in told for told in asked.notes)
    with (
        served(StandIn(77_777, genesis="0x" + "33" * 32)) as one,
        served(StandIn(77_777)) as two,
        pytest.raises(NetworkError, match="follow the same chain"),
    ):
        await operations.ask(NewNetwork("own", [one.url, two.url], chain_id=77_777), NOW)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (NewNetwork("Base", ["http://127.0.0.1:1"]), "lower-case letters"),
        (NewNetwork("b" * 33, ["http://127.0.0.1:1"]), "lower-case letters"),
        (NewNetwork("own", ["http://127.0.0.1:1"]), "say its chain id"),
        (NewNetwork("own", ["http://127.0.0.1:1"], chain_id=0), "whole number from 1"),
        (NewNetwork("own", ["http://127.0.0.1:1"], chain_id=-1), "whole number from 1"),
        (NewNetwork("own", ["http://127.0.0.1:1"], chain_id=2**53), "whole number from 1"),
        (NewNetwork("own", ["http://127.0.0.1:1"], chain_id=8_453), "as base"),
        (NewNetwork("own", ["http://127.0.0.1:1"], chain_id=31_337), "TILLGATE_DEV=1"),
        (NewNetwork("own", ["http://127.0.0.1:1"], chain_id=1_337), "simulated"),
        (NewNetwork("base", ["http://127.0.0.1:1"], chain_id=1), "is the chain 8453"),
        (NewNetwork("base", []), "1 to 5 nodes"),
        (NewNetwork("base", ["http://127.0.0.1:1"] * 2), "given twice"),
        (NewNetwork("base", [f"ftp://host/{SECRET}"]), "begins with https://"),
        (NewNetwork("base", [f"https://host/{SECRET} x"]), "space"),
        (NewNetwork("base", [f"wss://host/{SECRET}"]), "begins with https://"),
        (NewNetwork("base", ["http://127.0.0.1:1"], confirmations=0), "1 to 10000"),
        (NewNetwork("base", ["http://127.0.0.1:1"], confirmations=5, finality=Finality.SAFE), "either"),
        (NewNetwork("base", ["http://127.0.0.1:1"], explorer="javascript:alert(1)"), "https:// URL"),
    ],
)
async def test_bad_input_is_refused_with_what_was_expected(new: NewNetwork, told: str) -> None:
    """Each has a message of its own, before any node is asked, and none holds what is secret."""
    with pytest.raises(NetworkError, match=told) as refused:
        await operations.ask(new, NOW)
    assert SECRET not in str(refused.value)


async def test_a_network_that_is_there_gets_other_nodes(database: Database, sealer: Sealer, node: StandIn) -> None:
    """Adding it again changes its nodes and limits, and not what it is; a chain has one name."""
    first = await add(database, sealer, node.url)
    with served(StandIn(BASE.chain_id, genesis=BASE.genesis)) as other:
        other.topics_max = 60
        second = await add(database, sealer, other.url)
        assert not second.is_new
        assert second.network.id == first.network.id
        assert (await kept(database)).limits.topics_max == 50
    with served(StandIn(77_777)) as own:
        await add(database, sealer, own.url, name="own", chain_id=77_777)
        with pytest.raises(NetworkError, match="is there already, as own"):
            await add(database, sealer, own.url, name="other", chain_id=77_777)


async def test_pausing_and_resuming(database: Database, sealer: Sealer, node: StandIn) -> None:
    """A paused network is not in use; resumed, every address has to be looked at on it again."""
    await add(database, sealer, node.url)
    assert await database.read(records.joined_since) == NOW
    assert (await database.write(lambda tx: operations.pause(tx, "base", NOW + 1)))[1]
    assert not (await database.write(lambda tx: operations.pause(tx, "base", NOW + 2)))[1]
    assert (await kept(database)).paused_at == NOW + 1
    assert await database.read(records.joined_since) is None
    assert (await database.write(lambda tx: operations.resume(tx, "base", NOW + 3)))[1]
    assert await database.read(records.joined_since) == NOW + 3
    with pytest.raises(NetworkError, match="There are: base"):
        await database.write(lambda tx: operations.pause(tx, "polygon", NOW))


async def test_a_token_whose_contract_disagrees_is_not_offered(
    database: Database, sealer: Sealer, node: StandIn
) -> None:
    """Of the catalogue's tokens only those are offered whose decimals the node confirms."""
    node.decimals[USDC.address.lower()] = 18
    del node.decimals[BASE.tokens[1].address.lower()]
    added = await add(database, sealer, node.url)
    assert {one.symbol for one in added.tokens} == {"EURC", "DAI"}
    assert any("USDC is not offered: its contract says 18 decimals, not 6" in told for told in added.notes)


TOKEN = "0x52908400098527886E0F7030069857D2E4169EE7"


async def test_a_token_outside_of_the_catalogue_is_read_and_pinned(
    database: Database, sealer: Sealer, node: StandIn
) -> None:
    """Its decimals come from its contract and do not change afterwards; its symbol never comes from the chain."""
    await add(database, sealer, node.url)
    node.decimals[TOKEN.lower()] = 8
    new = NewToken("base", TOKEN.lower(), "EUR", "OWN")
    token = await operations.ask_token(database, sealer, new)
    assert (token.address, token.decimals, token.is_verified) == (TOKEN, 8, False)
    assert token.asset == f"eip155:8453/erc20:{TOKEN}"
    assert await database.write(lambda tx: operations.add_token(tx, token, NOW))
    assert not await database.write(lambda tx: operations.add_token(tx, token, NOW))
    with pytest.raises(NetworkError, match="these are pinned"):
        await database.write(lambda tx: operations.add_token(tx, token._replace(decimals=9), NOW))


@pytest.mark.parametrize(
    ("decimals", "told"),
    [(None, "does not say its decimals"), (77, "77 decimals"), (2**255, "huge number"), (37, "37 decimals")],
)
async def test_a_contract_that_is_no_token_is_refused(
    database: Database, sealer: Sealer, node: StandIn, decimals: int | None, told: str
) -> None:
    """Without decimals, or with more than any amount has."""
    await add(database, sealer, node.url)
    node.decimals[TOKEN.lower()] = decimals
    with pytest.raises(NetworkError, match=told):
        await operations.ask_token(database, sealer, NewToken("base", TOKEN, "USD", "OWN"))


async def test_bad_tokens_are_refused(database: Database, sealer: Sealer, node: StandIn) -> None:
    """An address that is none or mistyped, another currency than the catalogue's, a symbol of markup."""
    await add(database, sealer, node.url)
    mistyped = USDC.address[:-1] + ("A" if USDC.address[-1] != "A" else "B")
    for new, told in (
        (NewToken("base", "0x12", "USD", "OWN"), "40 hexadecimal digits"),
        (NewToken("base", mistyped, "USD", "OWN"), "EIP-55"),
        (NewToken("base", TOKEN, "usd", "OWN"), "ISO 4217"),
        (NewToken("base", TOKEN, "USD"), "say its symbol"),
        (NewToken("base", TOKEN, "USD", "OWN"), "no contract"),
        (NewToken("base", USDC.address, "EUR"), "worth USD"),
        (NewToken("polygon", USDC.address, "USD"), "no network"),
    ):
        with pytest.raises(NetworkError, match=told):
            await operations.ask_token(database, sealer, new)
    markup, controls = (
        ("<b>", "A&B", 'A"', "A'", "{{A}}"),
        ("A\n", "A\0", "\x1b[31mA", "\u202eCSDU", "A\u200bB", "\u0410"),
    )
    for symbol in ("", "A" * 13, "A B", ".A", *markup, *controls):
        with pytest.raises(NetworkError, match="letters, digits"):
            checked_symbol(symbol)


async def test_a_project_takes_the_catalogues_tokens_and_others_only_by_name(
    database: Database, sealer: Sealer, node: StandIn
) -> None:
    """What a project takes is its own matter, and no other project's."""
    await add(database, sealer, node.url)
    node.decimals[TOKEN.lower()] = 8
    token = await operations.ask_token(database, sealer, NewToken("base", TOKEN, "USD", "OWN"))
    await database.write(lambda tx: operations.add_token(tx, token, NOW))
    accounts = Accounts(database, SystemClock())
    shop, rival = (await accounts.create_project("Shop")).id, (await accounts.create_project("Rival")).id

    async def taken(project_id: str) -> set[str]:
        found = await database.read(lambda tx: records.tokens_of_project(tx, project_id))
        return {one.token.symbol for one in found if one.is_accepted}

    assert await taken(shop) == {"USDC", "USDbC", "EURC", "DAI"}
    for address, accepted in ((TOKEN, True), (USDC.address, False)):
        await database.write(
            lambda tx, address=address, accepted=accepted: operations.accept(  # type: ignore[misc]
                tx, shop, "base", address, accepted=accepted, now=NOW
            )
        )
    assert await taken(shop) == {"OWN", "USDbC", "EURC", "DAI"}
    assert await taken(rival) == {"USDC", "USDbC", "EURC", "DAI"}
    with pytest.raises(NetworkError, match="the operator adds it"):
        await database.write(lambda tx: operations.accept(tx, shop, "base", "0x" + "12" * 20, accepted=True, now=NOW))


async def test_decimals_that_change_take_a_token_off_offer(database: Database, sealer: Sealer, node: StandIn) -> None:
    """The day's comparison notes since when a contract says something else, and takes that back when it does not."""
    await add(database, sealer, node.url)
    for decimals, expected in ((7, NOW + 5), (8, NOW + 5), (6, None)):
        await database.write(
            lambda tx, decimals=decimals: records.note_decimals(  # type: ignore[misc]
                tx, BASE.chain_id, USDC.address, decimals, NOW + 5
            )
        )
        found = await database.read(lambda tx: records.token(tx, BASE.chain_id, USDC.address))
        assert found is not None and found.changed_at == expected


async def test_a_contract_that_has_changed_is_an_alarm_until_it_has_changed_back(
    database: Database, sealer: Sealer, node: StandIn
) -> None:
    """However often it is compared: with what was pinned and what was found, or that there is no token any more."""
    await add(database, sealer, node.url)
    [compare] = [one for one in jobs.kinds(database, sealer, SystemClock()) if one.name == jobs.COMPARE]
    at = USDC.address.lower()
    for decimals, found in ((18, "18"), (18, "18"), (None, ""), (6, None), (7, "7")):
        node.decimals[at] = decimals
        await compare.run(None)  # type: ignore[arg-type]
        told = [(one.kind, one.subject, one.detail) for one in await database.read(alarms.every)]
        detail = {"symbol": "USDC", "token": USDC.address, "pinned": "6", "found": found}
        assert told == ([] if found is None else [(AlarmKind.TOKEN_CHANGED, USDC.address, detail)])


def test_the_catalogue_is_well_formed() -> None:
    """Every address has its checksum, every currency is one, every fact has a source, and no chain is there twice."""
    raw = tomllib.loads((files("tillgate.rails.evm.networks") / "catalogue.toml").read_text("utf-8"))
    assert list(raw) == list(catalogue())
    assert len({one.chain_id for one in catalogue().values()}) == len(raw)
    for network in catalogue().values():
        assert known_chain(network.chain_id) == network
        facts = {"chain", "genesis", "block_ms", "finality"}
        facts |= set() if network.is_testnet else {"exchange_label"}
        assert set(network.sources) == facts | ({"uptime_feed"} if network.uptime_feed else set())
        assert all(one.startswith("https://") for one in network.sources.values())
        assert 100 <= network.block_ms <= 15_000
        # What is waited for lies some seconds deep at least, however fast blocks come.
        assert network.confirmations * network.block_ms >= 10_000
        assert len(network.genesis) == 66 and int(network.genesis, 16)
        assert len({one.address for one in network.tokens}) == len(network.tokens)
        for token in network.tokens:
            assert parse_address(token.address) == token.address
            assert token.source.startswith("https://")
            assert token.currency in MINOR_DIGITS
            assert checked_symbol(token.symbol) == token.symbol
