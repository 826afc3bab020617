"""The page about exchange rates."""

import pytest

from tests.chain import StandIn, served
from tests.dashboard.conftest import Owner
from tests.makers import execute, rows
from tillgate.base.clock import HOUR_MS
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks.catalogue import catalogue
from tillgate.rails.evm.networks.operations import NewNetwork

pytestmark = pytest.mark.anyio


async def test_rates_are_set_and_removed_for_a_project_and_for_every_project(owner_of_both: Owner) -> None:
    """What is wrong stands beside its field; a large change is asked about; the project's own replaces the other; the
    audit log has every change."""
    owner = owner_of_both
    new = {"base": "EUR", "quote": "USD", "rate": "1.0832", "valid": "24h"}
    for wrong, beside in (({"base": "euro"}, "base"), ({"rate": "1,08"}, "rate"), ({"valid": "1y"}, "valid")):
        refused = await owner.send("/rates", **new | wrong)
        assert (refused.status_code, f'id="{beside}-problem"' in refused.text) == (422, True), wrong
    await owner.done("/networks/rates", **new)
    await owner.done("/rates", **new | {"rate": "1.09"})
    refused = await owner.send("/rates", **new | {"rate": "10.9"})
    assert refused.status_code == 422 and "One EUR was 1.09 USD" in refused.text
    await owner.done("/rates", **new | {"rate": "10.9", "jump": "yes"})
    page = await owner.page("/rates")
    assert "1 EUR = 1.0832 USD" in page and "1 EUR = 10.9 USD" in page and "This project has its own." in page
    assert "Set for this project" in page
    assert "Set for every project" in await owner.page("/rates?for=every")
    await owner.done("/rates/remove", base="EUR", quote="USD")
    await owner.done("/networks/rates/remove", base="EUR", quote="USD")
    assert (await owner.send("/rates/remove", base="EUR", quote="USD")).status_code == 422
    assert "There are no exchange rates yet" in await owner.page("/rates")
    lines = await rows(owner.shop.database, "SELECT action, project_id FROM key_audit WHERE action LIKE 'rate.%'")
    assert [(row["action"], bool(row["project_id"])) for row in lines] == [
        ("rate.set", False),
        ("rate.set", True),
        ("rate.set", True),
        ("rate.removed", True),
        ("rate.removed", False),
    ]


async def test_feeds_are_shown_with_what_they_say_and_why_they_are_not_believed(owner: Owner) -> None:
    """Answer, age, both nodes without their secrets, bounds and sequencer; what is wrong stands beside its field; a
    jump, a lost peg and an old price are said in words; the audit log has what was added and removed."""
    shop, known = owner.shop, catalogue()["base"]
    eur, usdc = (known.feed(base, "USD") for base in ("EUR", "USDC"))
    assert eur is not None and usdc is not None and known.uptime_feed is not None
    with served(StandIn(known.chain_id, genesis=known.genesis)) as node, served(StandIn(known.chain_id)) as second:
        second.genesis, second.prices = node.genesis, node.prices
        node.decimals = second.decimals = {one.address.lower(): one.decimals for one in known.tokens}
        asked = await networks.ask(NewNetwork("base", [node.url, second.url]), shop.clock.now())
        await shop.database.write(lambda tx: networks.add(tx, shop.sealer, asked))
        node.prices |= {eur.address.lower(): 108_320_000, usdc.address.lower(): 99_900_000}
        node.prices[known.uptime_feed.lower()] = 0
        new = {"network": "base", "base": "EUR", "quote": "USD", "age": "25h"}
        for wrong, beside in (({"quote": "euro"}, "quote"), ({"age": "1y"}, "age"), ({"address": "0x12"}, "address")):
            refused = await owner.send("/networks/feeds", **new | wrong)
            assert (refused.status_code, f'id="{beside}-problem"' in refused.text) == (422, True), wrong
        await owner.done("/networks/feeds", **new)
        await owner.done("/networks/feeds", **new | {"base": "USDC", "low": "0.99", "high": "1.01"})
        page = await owner.page("/networks/feeds")
        for words in ("1.0832 USD", "0.999 USD", "At most 25 hours old", "On its peg from 0.99 to 1.01", eur.address):
            assert words in page, words
        assert page.count(">Believed<") == 2 and page.count("/…") == 4 and "s3cr3t" not in page
        assert known.uptime_feed in page
        # From here on nobody reads them, so that what stands there is what is shown.
        node.down = second.down = True
        jumped = "UPDATE rate_feeds SET waiting = '1.4', trouble = 'it moved by more than a fifth' WHERE base = 'EUR'"
        await execute(shop.database, jumped)
        await execute(shop.database, "UPDATE rate_feeds SET value = '0.9' WHERE base = 'USDC'")
        page = await owner.page("/networks/feeds")
        assert "Seen once: 1.4" in page and "by more than a fifth" in page and "Off its peg" in page
        await execute(shop.database, "UPDATE rate_feeds SET as_of = as_of - $1", 26 * HOUR_MS)
        assert "The feed USDC/USD is too old." in await owner.page("/networks/feeds")
        await owner.done("/networks/feeds/remove", base="EUR", quote="USD")
        assert (await owner.send("/networks/feeds/remove", base="EUR", quote="USD")).status_code == 400
    lines = await rows(shop.database, "SELECT action FROM key_audit WHERE action LIKE 'feed.%'")
    assert [row["action"] for row in lines] == ["feed.added", "feed.added", "feed.removed"]
