"""The pages about wallets, tokens and networks."""

import re

import pytest

from tests.chain import StandIn, served
from tests.dashboard.conftest import Owner
from tests.makers import execute, rows
from tests.rails.evm.live_shop import read_ahead
from tests.rails.evm.offered import TOKENS, Offered, served_nodes, set_up
from tests.rails.evm.test_extended_keys import PHRASE, SEED_1, VECTORS, XPRV, signed_by
from tests.shop import Shop
from tillgate.rails.evm import extra
from tillgate.rails.evm.extended_keys import parse_extended_key
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks.catalogue import catalogue
from tillgate.rails.evm.networks.operations import NewNetwork
from tillgate.rails.evm.treasury import contract
from tillgate.rails.evm.treasury.model import Treasury, new_treasury
from tillgate.rails.evm.wallets import operations as wallets
from tillgate.rails.evm.wallets.model import message_of
from tillgate.store import Sealer
from tillgate.store.sealing import new_key

pytestmark = pytest.mark.anyio

# As a watcher leaves it.
ARRIVED = (
    "INSERT INTO chain_transfers (id, chain_id, tx_hash, ordinal, generation, token, sender, recipient, amount_atomic, "
    "block_number, block_hash, block_mined_at, state, single_source, seen_at, updated_at, revision, told, told_height) "
    "VALUES ($1, $2, $3, 0, 0, $4, '0xd1', $5, $6, 9, '0x9', 1, 'final', FALSE, 1, 1, 1, 1, 9)"
)
# Addresses of the wallet in use, each with a payment of its own, and nothing at any of them.
GIVEN_OUT = (
    "WITH RECURSIVE numbers (n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM numbers WHERE n < 999 + $1) "
    "INSERT INTO wallet_addresses (wallet_id, address_index, address, given_at) "
    "SELECT (SELECT id FROM wallets WHERE is_current), n, '0x' || printf('%040x', n), 1 FROM numbers"
)
# A feed of a network's own coin, in dollars, as the last look leaves it.
OF_COIN = (
    "INSERT INTO rate_feeds (chain_id, address, base, quote, decimals, age_ms_max, low, high, value, as_of, "
    "created_at) VALUES ($1, '0xfe', $2, 'USD', 8, 90000000, '1', '100000', '3000', $3, $3)"
)
KEY = parse_extended_key(VECTORS[SEED_1, "m/0'/1/2'"])
BASE = catalogue()["base"]


async def test_a_wallet_is_set_and_confirmed(owner_of_both: Owner) -> None:
    """Its first addresses are shown; it is used once the end of the second was typed; the key is never shown."""
    owner = owner_of_both
    where = await owner.done("/wallet", xpub=KEY.text)
    page = await owner.page(where)
    first = KEY.addresses(0, 3)
    assert all(address in page for address in first)
    assert "Confirm this wallet" in page and "In use" not in page
    wrong = await owner.send("/wallet/confirm", wallet=KEY.fingerprint, ends_with="000000")
    assert wrong.status_code == 422
    assert "last six characters" in wrong.text
    await owner.done("/wallet/confirm", wallet=KEY.fingerprint, ends_with=first[1][-6:].lower())
    page = await owner.page("/wallet")
    assert "In use" in page and KEY.fingerprint in page
    assert KEY.text not in page
    lines = await rows(owner.shop.database, "SELECT action, detail FROM key_audit WHERE action LIKE 'wallet.%'")
    assert [row["action"] for row in lines] == ["wallet.set", "wallet.confirmed"]
    assert KEY.text not in str([row["detail"] for row in lines])


async def test_a_wallet_is_confirmed_by_a_signature(owner_of_both: Owner) -> None:
    """The page says which message is to be signed; another address's signature is refused beside the field."""
    owner = owner_of_both
    message = message_of(KEY.fingerprint)
    assert message in await owner.page(await owner.done("/wallet", xpub=KEY.text))
    refused = await owner.send("/wallet/confirm", wallet=KEY.fingerprint, ends_with=signed_by(0, message))
    assert (refused.status_code, 'id="ends_with-problem"' in refused.text) == (422, True)
    await owner.done("/wallet/confirm", wallet=KEY.fingerprint, ends_with=signed_by(1, message))
    assert "In use" in await owner.page("/wallet")


@pytest.mark.parametrize("secret", [XPRV, PHRASE, "0x" + "4c" * 32])
async def test_a_secret_is_refused_and_not_put_into_the_page(owner_of_both: Owner, secret: str) -> None:
    """The answer names what it is and holds nothing of it; nothing is kept."""
    answer = await owner_of_both.send("/wallet", xpub=secret)
    assert answer.status_code == 422
    assert "Nothing was kept of it" in answer.text
    assert secret[5:25] not in answer.text
    assert await rows(owner_of_both.shop.database, "SELECT id FROM wallets") == []


async def test_networks_are_listed_paused_and_resumed(owner_of_both: Owner) -> None:
    """With their nodes masked; a token is taken or not by the project."""
    owner = owner_of_both
    with served(StandIn(BASE.chain_id, genesis=BASE.genesis)) as node:
        node.decimals = {one.address.lower(): one.decimals for one in BASE.tokens}
        asked = await operations.ask(NewNetwork("base", [node.url]), owner.shop.clock.now())
    sealer = owner.shop.sealer
    await owner.shop.database.write(lambda tx: operations.add(tx, sealer, asked))
    page = await owner.page("/networks")
    assert "s3cr3t-of-the-operator" not in page
    assert node.url.partition("/v3")[0] + "/…" in page
    await owner.done("/networks/base/pause")
    assert "Resume" in await owner.page("/networks")
    await owner.done("/networks/base/resume")
    usdc = BASE.tokens[0].address
    await owner.done("/wallet/tokens", network="base", address=usdc, accepted="no")
    assert "Take<span" in (await owner.page("/wallet")).replace("\n", "")
    refused = await owner.send("/wallet/tokens", network="base", address="0x12", accepted="yes")
    assert refused.status_code == 422


async def test_networks_and_tokens_are_added_with_the_checks_of_the_command_line(owner: Owner) -> None:
    """What is wrong stands beside its field, and URLs are never shown again; a token outside of the catalogue is taken
    only where somebody says so; what was added is in the audit log."""
    own = "0x52908400098527886E0F7030069857D2E4169EE7"
    with served(StandIn(BASE.chain_id, genesis=BASE.genesis)) as node:
        known: dict[str, int | None] = {one.address.lower(): one.decimals for one in BASE.tokens}
        node.decimals = known | {own.lower(): 6}
        for wrong, beside in (
            ({"name": "Base!"}, "name"),
            ({"name": "own"}, "chainId"),
            ({"urls": "nonsense"}, "urls"),
            ({"confirmations": "0"}, "confirmations"),
            ({"finality": "depth"}, "confirmations"),
            ({"explorer": "javascript:1"}, "explorer"),
        ):
            refused = await owner.send("/networks", **{"name": "base", "urls": node.url, **wrong})
            assert (refused.status_code, f'id="{beside}-problem"' in refused.text) == (422, True), wrong
            assert "s3cr3t" not in refused.text
        added = await owner.send("/networks", name="base", urls=node.url)
        assert added.status_code == 201 and "compared with nobody" in added.text
        token = {"network": "base", "address": own, "currency": "EUR", "symbol": "OWN"}
        for wrong, beside in (
            ({"address": "0x12"}, "address"),
            ({"currency": "euro"}, "currency"),
            ({"symbol": "<b>"}, "symbol"),
            ({}, "unverified"),
        ):
            refused = await owner.send("/networks/tokens", **token | wrong)
            assert (refused.status_code, f'id="{beside}-problem"' in refused.text) == (422, True), wrong
        await owner.done("/networks/tokens", **token, unverified="yes")
    assert "OWN (EUR)" in await owner.page("/networks")
    lines = await rows(owner.shop.database, "SELECT action FROM key_audit WHERE action LIKE '%.added'")
    assert [row["action"] for row in lines] == ["network.added", "token.added"]


@pytest.mark.parametrize("lost", ["secret key", "extra"])
async def test_a_wallet_that_cannot_be_opened_says_what_to_do(
    owner_of_both: Owner, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """After a lost secret key, and without the extra, the page is there, and names the way out."""
    owner = owner_of_both
    await owner.done("/wallet", xpub=KEY.text)
    first = KEY.addresses(0, 3)
    await owner.done("/wallet/confirm", wallet=KEY.fingerprint, ends_with=first[1][-6:])
    if lost == "extra":
        monkeypatch.setattr(extra, "NEEDED", ("a_module_that_nobody_has",))
    else:
        await execute(owner.shop.database, "UPDATE wallets SET source_sealed = $1", Sealer(new_key()).seal(KEY.text))
    page = await owner.page("/wallet")
    assert KEY.fingerprint in page and first[1] not in page
    assert ("tillgate[evm]" if lost == "extra" else "set the same wallet again") in page.replace("&#39;", "'")
    if lost == "secret key":
        await owner.done("/wallet", xpub=KEY.text)
        assert first[1] in await owner.page("/wallet")


async def test_a_treasury_is_set_with_a_code_that_is_shown_once(owner_of_both: Owner) -> None:
    """The code is in that answer alone; its end confirms it; what lies at the addresses is shown with the call."""
    owner = owner_of_both
    refused = await owner.send("/wallet/treasury", treasury="0x12")
    assert (refused.status_code, "40 hexadecimal digits" in refused.text) == (422, True)
    made = await owner.send("/wallet/treasury", treasury="0x" + "7e" * 20)
    assert made.status_code == 201 and "not audited" in made.text
    [code] = re.findall(r">((?:[0-9A-Z]{5}-){5}[0-9A-Z]{5})<", made.text)
    [row] = await rows(owner.shop.database, "SELECT fingerprint FROM wallets")
    wrong = await owner.send("/wallet/confirm", wallet=row["fingerprint"], ends_with="ZZZZZ")
    assert (wrong.status_code, "recovery code" in wrong.text) == (422, True)
    await owner.done("/wallet/confirm", wallet=row["fingerprint"], ends_with=code[-5:])
    page = await owner.page("/wallet")
    assert "your treasury" in page and code not in page and code[-5:] not in page
    await execute(owner.shop.database, "UPDATE wallets SET source_sealed = $1", Sealer(new_key()).seal("lost"))
    refused = await owner.send("/wallet/treasury", treasury="0x" + "7e" * 20)
    assert refused.status_code == 422 and "make a new one for this treasury" in refused.text
    assert (await owner.send("/wallet/treasury", treasury="0x" + "6d" * 20)).status_code == 201


async def test_a_lost_code_is_replaced_on_the_wallets_page(owner_of_both: Owner) -> None:
    """The new code is shown once, and serves new sessions once its end was typed; the earlier wallet is kept, with a
    link to its sweep."""
    owner, treasury = owner_of_both, "0x" + "7e" * 20
    assert (await owner.send("/wallet/treasury", treasury=treasury)).status_code == 201
    assert "Make a new recovery code" not in await owner.page("/wallet")
    [lost] = await rows(owner.shop.database, "SELECT fingerprint FROM wallets")
    await owner.shop.database.write(
        lambda tx: wallets.confirm(tx, owner.shop.sealer, owner.shop.project_id, lost["fingerprint"], None, 1)
    )
    assert "Make a new recovery code" in await owner.page("/wallet")
    made = await owner.send("/wallet/treasury", treasury=treasury, new_code="yes")
    sweep = f"/dashboard/wallet/sweep?wallet={lost['fingerprint']}"
    assert made.status_code == 201 and f'href="{sweep}"' in made.text
    [code] = re.findall(r">((?:[0-9A-Z]{5}-){5}[0-9A-Z]{5})<", made.text)
    [name] = await rows(owner.shop.database, "SELECT fingerprint FROM wallets WHERE confirmed_at IS NULL")
    await owner.done("/wallet/confirm", wallet=name["fingerprint"], ends_with=code[-5:])
    page = await owner.page("/wallet")
    assert f'the wallet <code class="mono">{name["fingerprint"]}' in page and code[-5:] not in page
    assert f"wallet?wallet={lost['fingerprint']}" in page
    assert "Make a new recovery code" in await owner.page(f"/wallet?wallet={lost['fingerprint']}")


async def test_what_lies_at_the_addresses_is_shown_with_the_call_that_moves_it(owner: Owner) -> None:
    """Of an extended key the addresses and sums, and a plan to sign once it is said where the money goes; of a
    treasury the factory's call as a file for Safe, and that the contract is missing; of another project's wallet, a
    network or an index that is none, a clear refusal."""
    shop, token, source = owner.shop, TOKENS[0], new_treasury("0x" + "7e" * 20)
    with served_nodes() as nodes:
        await set_up(shop, nodes)
        address = await given_out(shop)
        await arrived(shop, token, address, 12_500_000)
        page = await owner.page("/wallet/sweep?network=first")
        assert address in page and "12.5 TSIX" in page and "The transaction" not in page
        assert "52,000 gas" in page and "there is no rate of" in page
        assert "Nothing lies there now" in await owner.page("/wallet/sweep?network=second")
        wrong = await owner.page("/wallet/sweep?network=first&to=0x12", 422)
        assert "40 hexadecimal digits" in wrong and "Download the plan" not in wrong
        assert (await owner.http.get("/dashboard/wallet/sweep/plan?network=first")).status_code == 400
        target = "network=first&to=0x" + "5a" * 20
        assert "Download the plan" in await owner.page(f"/wallet/sweep?{target}")
        table = (await owner.http.get(f"/dashboard/wallet/sweep/table?{target}")).text.splitlines()
        assert [one.split(",")[2:8:5] for one in table] == [["address", "amount_atomic"], [address, "12500000"]]
        assert (await owner.http.get(f"/dashboard/wallet/sweep/plan?{target}")).json()["fundingTotalWei"] == str(
            62_400 * 2 * 10**9
        )
        await treasury_of(shop, source)
        await arrived(shop, token, await given_out(shop), 7_000_000)
        call = contract.flushing_call(source.treasury, [source.salt(0)], [token.address])
        page = await owner.page("/wallet/sweep?network=first")
        assert source.addresses(0, 1)[0] in page and "7 TSIX" in page
        assert call not in page and "is not on" in page
        file = await owner.http.get("/dashboard/wallet/sweep/file?network=first")
        assert file.json()["transactions"] == [{"to": contract.factory(), "value": "0", "data": call}]
        # However many addresses were given out: one look reads a bounded number, and goes on from there.
        await execute(shop.database, GIVEN_OUT, 2_500)
        page = await owner.page("/wallet/sweep?network=first&from=1")
        assert "Nothing lies there now" in page
        [follows] = re.findall(r"from=(\d+)\">Look at the next", page)
        assert 2_500 <= int(follows) < 3_100
        assert "Look at the next" not in await owner.page(f"/wallet/sweep?network=first&from={follows}")
        for query in ("network=none", "wallet=0000000000000000", "from=x"):
            assert (await owner.http.get(f"/dashboard/wallet/sweep?{query}")).status_code == 400


async def test_what_cannot_or_need_not_be_moved_is_left_out_and_named(owner: Owner) -> None:
    """A frozen address with the token's own word for it, sums below the smallest one together; a coin's feed says what
    the gas is in money; without a node the addresses stand, and the page says what is not known."""
    shop, token = owner.shop, TOKENS[0]
    with served_nodes() as nodes:
        await set_up(shop, nodes)
        addresses = [await given_out(shop) for _ in range(4)]
        for number, address in enumerate(addresses):
            await arrived(shop, token, address, (5_000_000, 6_000_000, 2_400_000, 1_000)[number])
        nodes[0].held = {(token.address, one[2:].lower()): 9_000_000 for one in addresses}
        nodes[0].frozen = {addresses[1][2:].lower()}
        network = await shop.database.read(lambda tx: operations.named(tx, "first"))
        await execute(shop.database, OF_COIN, token.chain_id, network.coin, shop.clock.now())
        page = await owner.page("/wallet/sweep?network=first")
        assert page.index("Left out") < page.index(addresses[1]) and "has frozen this address" in page
        assert "Together 7.4 TSIX" in plain(page)
        assert "0.001 TSIX at one address: each has less than the smallest sum that is worth moving, 1" in plain(page)
        assert "104,000 gas, which costs 0.000104 " in plain(page) and "about 0.32 USD" in plain(page)
        await owner.done("/settings", name="Test shop", sweepLeast="2.50")
        page = plain(await owner.page("/wallet/sweep?network=first"))
        assert "Together 5 TSIX" in page and "2.401 TSIX at 2 addresses" in page
        nodes[0].held = {}
        assert "may wait for its confirmations" in await owner.page("/wallet/sweep?network=first")
        nodes[0].down = True
        page = await owner.page("/wallet/sweep?network=first")
        assert addresses[0] in page and addresses[1] in page and "nobody looked for frozen addresses" in page


def plain(page: str) -> str:
    """Its text alone."""
    return " ".join(re.sub(r"<[^>]*>", "", page).split())


async def treasury_of(shop: Shop, source: Treasury) -> None:
    """Let the project have a treasury, on networks that are said to have the contract."""
    now = shop.clock.now()
    await shop.database.write(lambda tx: wallets.propose_treasury(tx, shop.sealer, shop.project_id, source, None, now))
    await shop.database.write(
        lambda tx: wallets.confirm(tx, shop.sealer, shop.project_id, source.fingerprint, None, now)
    )
    await execute(shop.database, "UPDATE networks SET factory_seen_at = 1")
    await read_ahead(shop)


async def given_out(shop: Shop) -> str:
    """The address of a new live session."""
    client = await shop.client(mode="live")
    answer = await client.post("/checkout_sessions", json={"amount": {"value": "5.00", "currency": "USD"}})
    return str(answer.json()["address"])


async def arrived(shop: Shop, token: Offered, address: str, amount: int) -> None:
    """Money that is final in the books."""
    name = f"0x{amount:064x}"
    await execute(shop.database, ARRIVED, f"mov_{amount}", token.chain_id, name, token.address, address.lower(), amount)
