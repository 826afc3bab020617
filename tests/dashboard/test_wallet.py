"""The pages about wallets, tokens and networks."""

import pytest

from tests.chain import StandIn, served
from tests.dashboard.conftest import Owner
from tests.makers import execute, rows
from tests.rails.evm.test_extended_keys import PHRASE, SEED_1, VECTORS, XPRV
from tillgate.rails.evm import extra
from tillgate.rails.evm.extended_keys import parse_extended_key
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks.catalogue import catalogue
from tillgate.rails.evm.networks.operations import NewNetwork
from tillgate.store import Sealer
from tillgate.store.sealing import new_key

pytestmark = pytest.mark.anyio

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
        await execute(owner.shop.database, "UPDATE wallets SET xpub_sealed = $1", Sealer(new_key()).seal(KEY.text))
    page = await owner.page("/wallet")
    assert KEY.fingerprint in page and first[1] not in page
    assert ("tillgate[evm]" if lost == "extra" else "set the same wallet again") in page.replace("&#39;", "'")
    if lost == "secret key":
        await owner.done("/wallet", xpub=KEY.text)
        assert first[1] in await owner.page("/wallet")
