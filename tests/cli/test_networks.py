"""``tillgate networks`` and ``tillgate tokens`` from a shell: what cannot be used is refused whole, and nothing that
somebody else wrote reaches the terminal."""

import json
from pathlib import Path

import pytest

from tests.chain import StandIn, served
from tests.running import run_cli
from tillgate.rails.evm.networks.catalogue import catalogue

pytestmark = pytest.mark.slow

OWN = "0x52908400098527886E0F7030069857D2E4169EE7"
SECRET = "s3cr3t-of-the-operator"


def test_a_token_that_cannot_be_taken_is_refused_whole(tmp_path: Path) -> None:
    """Without decimals, with 77 or with a number beyond any; a symbol of markup, control characters, or letters that
    look like others: one sentence says what was expected, nothing is kept, and no output shows the node's URL."""
    data, base = ("--data", str(tmp_path)), catalogue()["base"]
    node = StandIn(base.chain_id, genesis=base.genesis)
    node.decimals = {one.address.lower(): one.decimals for one in base.tokens}
    run_cli("projects", "create", "--name", "Shop", *data)
    with served(node):
        told = [run_cli("networks", "add", "base", "--rpc", node.url, *data)]
        before = json.loads(run_cli("tokens", "list", "--json", *data))

        def refused(symbol: str) -> str:
            asked = ("--network", "base", "--address", OWN, "--currency", "USD", "--symbol", symbol, "--yes")
            told.append(run_cli("tokens", "add", *asked, *data, status=1))
            return told[-1]

        for decimals, expected in (
            (None, "does not say its decimals"),
            (77, "77 decimals; at most 36"),
            (2**256 - 1, "a huge number of decimals"),
        ):
            node.decimals[OWN.lower()] = decimals
            assert expected in " ".join(refused("OWN").split())
        node.decimals[OWN.lower()] = 6
        backwards, cyrillic = "\N{RIGHT-TO-LEFT OVERRIDE}NWO", "\N{CYRILLIC CAPITAL LETTER O}WN"
        for symbol in ("<b>OWN</b>", "\x1b[31mOWN", "O\nWN", backwards, cyrillic):
            answer = refused(symbol)
            assert "letters, digits or dots" in " ".join(answer.split())
            assert symbol not in answer
        assert json.loads(run_cli("tokens", "list", "--json", *data)) == before
        told.append(run_cli("networks", "show", "base", *data))
        assert not any(SECRET in one for one in told)
    assert all(SECRET.encode() not in one.read_bytes() for one in tmp_path.iterdir() if one.is_file())
