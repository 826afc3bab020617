"""docs/dialects/coin-moebius.md: its commands, as they stand."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.running import RunningServer, clean_environment
from tillgate.dialects.coin_moebius.script import snippet

GUIDE = Path(__file__).parents[3] / "docs/dialects/coin-moebius.md"


def blocks_of(language: str) -> list[str]:
    return [part.partition("```")[0] for part in GUIDE.read_text().split(f"```{language}\n")[1:]]


@pytest.mark.spec("coin-moebius R30")
def test_the_guide_works_as_it_is_written(running: RunningServer, tmp_path: Path) -> None:
    """R30: what a key can call is described with examples: info, checkout and status without a key, and a checkout with
    one, at the prefix and at the root of the host; and where events go."""
    assert "**Events** go to webhook endpoints" in GUIDE.read_text()
    project = running.first_project
    assert project is not None
    with running.client(running.key()) as client:
        product = client.post("/products", json={"name": "Poster", "price": "29.99"}).json()["id"]
    made = running.cli("keys", "create", "--name", "server", "--format", "coin-moebius", "--scope", "*",
                       "--mode", "test", "--json")  # fmt: skip
    without, keyed, mailed = blocks_of("sh")
    running.cli("projects", "set", project, "--post-address", "Main Street 1")
    [page] = blocks_of("html")
    pasted = snippet("https://your-server/coin-moebius", "proj_…", "prod_…")
    assert re.sub(r'\?v=[0-9a-f]+" integrity="[^"]+"', '"', pasted) == page
    for base in (f"{running.url}/coin-moebius", running.url):
        environment = clean_environment() | {
            "BASE": base,
            "PROJECT": f"proj_{project[4:]}",
            "PRODUCT": product,
            "COIN_MOEBIUS_KEY": json.loads(made)["key"],
        }

        def run(block: str, environment: dict[str, str] = environment) -> str:
            done = subprocess.run(
                ["bash", "-c", f"set -eu\n{block}"],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        told = run(without)
        assert '"providers":[{"id":"crypto"' in told
        assert '"status":"pending","amount":29.99,"currency":"USD","isTest":true' in told
        assert '"txId":"tx_' in run(keyed)
        assert '"mailingAddress":"Main Street 1","expectedAmount":29.99' in (letters := run(mailed))
        assert len(re.findall('"referenceCode":"', letters)) == 1
