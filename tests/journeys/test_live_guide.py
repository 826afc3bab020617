"""The guide to live mode: each of its commands, against nodes that speak as real ones do."""

import re
from pathlib import Path

import pytest

from tests.chain import StandIn, served
from tests.journeys.test_operating_guides import Host
from tests.journeys.test_readme import shell_blocks
from tests.rails.evm.anvil import HOME
from tillgate.rails.evm.networks.catalogue import catalogue
from tillgate.rails.evm.treasury import contract

pytestmark = pytest.mark.slow

GUIDE = "docs/live.md"
OWN = "0x52908400098527886E0F7030069857D2E4169EE7"
BASE = catalogue()["base"]


def node() -> StandIn:
    found = StandIn(BASE.chain_id, genesis=BASE.genesis)
    found.decimals = {one.address.lower(): one.decimals for one in BASE.tokens}
    found.decimals[OWN.lower()] = 18
    found.prices = {one.address.lower(): 108_320_000 if one.base == "EUR" else 100_000_000 for one in BASE.feeds}
    found.prices[str(BASE.uptime_feed).lower()] = 0
    return found


def test_the_guide_works_as_it_is_written(tmp_path: Path) -> None:
    """Networks are added and paused, a token is accepted, a wallet is set and confirmed, addresses are skipped."""
    with served(node()) as one, served(node()) as other:
        urls = {"https://rpc.example/v3/KEY": one.url, "https://other.example/KEY": other.url}
        host = Host(tmp_path, urls)
        host.run("tillgate projects create --name Shop")
        add, look = shell_blocks(GUIDE, "Networks")
        add_token, take = shell_blocks(GUIDE, "Tokens")
        set_wallet, confirm = shell_blocks(GUIDE, "Wallet")
        [skip] = shell_blocks(GUIDE, "After a restore")
        rates, forget = shell_blocks(GUIDE, "Exchange rates")
        added = host.run(add)
        assert "base (chain 8453) was added" in added
        assert re.search(r"watching costs about [\d,]{7,} calls and [\d,]+ MB a day", added)
        assert "Tokens: " in added and "USDC (USD)" in added
        looked = host.run(look)
        assert "paused" in looked and looked.rstrip().endswith("new sessions are offered it.")
        assert "s3cr3t-of-the-operator" not in added + looked
        assert "was added: 18 decimals" in host.run(add_token)
        taken = host.run(take)
        assert [line.split()[-1] for line in taken.splitlines() if OWN in line] == ["yes"]
        assert [line.split()[-1] for line in taken.splitlines() if "DAI" in line and "0x50c5" in line] == ["no"]
        assert "It is not in use yet" in host.run(set_wallet)
        confirmed = host.run(confirm)
        assert "New live sessions go to this wallet." in confirmed
        assert "in use" in confirmed
        rated = host.run(rates)
        assert "One EUR is 1.0832 USD, until 20" in rated and rated.count("valid") == 2
        assert "was removed" in host.run(forget)
        take_coin, refuse_coin = shell_blocks(GUIDE, "The network's own coin")
        coined = host.run(take_coin)
        assert "ETH, the coin of base, was added." in coined and "are offered ETH on base" in coined
        assert "One ETH is 2500 USD" in coined
        assert re.search(r"reading it costs about [\d,]+ blocks .* and [\d,]+ calls more for each address", coined)
        assert host.run("tillgate tokens list").count("its own coin") == 1
        assert "are not offered ETH on base" in host.run(refuse_coin)
        # The last three are those of an extended key, which test_sweep_offline runs.
        set_treasury, factory, new_code, sweep, *_ = shell_blocks(GUIDE, "Treasury")
        assert contract.factory() in (HOME / GUIDE).read_text("utf-8")
        told = host.run(set_treasury)
        assert "Its recovery code, shown this once" in told and "It is not in use yet" in told
        name, code = re.findall(r"of the wallet (\w{16}):|once: (\S+)", told)
        host.run(f"tillgate wallets confirm --fingerprint {name[0]} --ends-with {code[1][-5:]}")
        assert "missing" in host.run(factory)
        again = host.run(new_code)
        assert "Its recovery code, shown this once" in again and code[1] not in again
        assert f"tillgate wallets sweep --fingerprint {name[0]}" in " ".join(again.split())
        assert host.run(sweep).count("Nothing is to be moved on base.") == 2
        add_feeds, remove_feed = shell_blocks(GUIDE, "Price feeds")
        fed = host.run(add_feeds)
        assert "One EUR is 1.0832 USD, as 0x" in fed and fed.count("believed") == 2
        assert "was removed" in host.run(remove_feed)
        prove, explain = shell_blocks(GUIDE, "Proof")
        proved = host.run(prove)
        assert "base (chain 8453), nothing was read yet: compared 0 transfers" in proved
        explained = host.run(explain)
        assert "No network of this server knows the transaction." in explained
        assert "is 1000." in host.run(skip)
