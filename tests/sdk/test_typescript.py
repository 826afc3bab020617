"""The TypeScript client: its own suite, the founding page's sample and its README, against a real server."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.client.quickstart import PORT, PaidShop, blocks, run, started
from tests.running import RunningServer, clean_environment, free_port
from tests.sdk.packing import SDK, compile_strictly, unpacked

SEED_NAME = "@your-org/checkout-sdk"
# What a README's reader runs one after the other.
PROGRAM = ("Take a payment", "What belongs together", "When two change one object", "Lists", "Errors")

# Word for word, as the founding page has it.
SEED_SAMPLE = """\
import { CheckoutClient } from "@your-org/checkout-sdk";
const client = new CheckoutClient({
apiKey: process.env.CHECKOUT_API_KEY!,
baseUrl: "https://your-domain.com",
});
"""

# `your-domain.com` is nowhere; this leads to the server what is sent there, and writes it down.
ROAD = """\
import { appendFileSync } from "node:fs";
const real = globalThis.fetch;
globalThis.fetch = (url, init) => {
  const asked = { method: init.method, url: String(url), authorization: init.headers.Authorization };
  appendFileSync(process.env.ASKED, JSON.stringify(asked) + "\\n");
  return real(String(url).replace("https://your-domain.com", process.env.SERVER_URL), init);
};
"""


SAMPLE = (
    SEED_SAMPLE
    + """\
await client.paymentLinks.create({ title: "Pro plan", fiatAmount: "99.00" });
const { id } = await client.checkoutSessions.create({ amount: { value: "50.00", currency: "USD" } });
await client.checkoutSessions.simulate(id, { outcome: "paid" });
for await (const event of client.events.list({ type: "session.paid", autoPaginate: true })) {
  console.log(event.data.id === id);
}
"""
)


class Consumer:
    """Somebody's project that has the package installed, and some programs that the strict compiler passed."""

    def __init__(self, tarball: Path, folder: Path) -> None:
        self.folder = folder
        unpacked(tarball, folder)
        # Where the founding page's name is asked for, npm installs the package under it.
        unpacked(tarball, folder, SEED_NAME)
        (folder / "package.json").write_text('{"type": "module"}')
        (folder / "road.mjs").write_text(ROAD)

        code = blocks(SDK / "README.md", "ts")
        assert set(code) == {*PROGRAM, "Webhooks", "Workers"}
        self.port = free_port()
        programs = {
            "sample.ts": SAMPLE,
            "quickstart.ts": "".join(code[heading] for heading in PROGRAM),
            "receiver.ts": code["Webhooks"].replace(str(PORT), str(self.port)),
        }
        for name, program in programs.items():
            (folder / name).write_text(program, "utf-8")
        compile_strictly(folder, "--module", "nodenext", "--skipLibCheck", files=list(programs))

    def command(self, name: str) -> list[str | Path]:
        """Runs one of the programs."""
        return ["node", "--import", "./road.mjs", f"{name}.js"]

    def environment(self, server: RunningServer, key: str, asked: Path) -> dict[str, str]:
        """What the programs expect; what they send to the placeholder is written to ``asked``."""
        return {"CHECKOUT_API_KEY": key, "SERVER_URL": server.url, "ASKED": str(asked)}


@pytest.fixture(scope="module")
def consumer(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Consumer:
    return Consumer(tarball, tmp_path_factory.mktemp("consumer"))


def test_the_strict_compiler_passes_the_client_and_its_tests(sdk: Path) -> None:
    """tsc, strict; the tests say what the types must refuse."""
    run(["node", "node_modules/typescript/bin/tsc", "-p", "tsconfig.json"], {}, sdk)


@pytest.mark.spec("crypto-checkout R23", "crypto-checkout R24")
def test_the_founding_pages_sample_runs_as_it_is(running: RunningServer, consumer: Consumer, tmp_path: Path) -> None:
    """crypto-checkout R23, crypto-checkout R24: the key is set once, from CHECKOUT_API_KEY, and sent on every request.

    ``baseUrl`` is the bare origin: each request goes to ``/api/v1`` below it.
    """
    key = running.key(project=running.project("Seed"))
    environment = consumer.environment(running, key, tmp_path / "asked")
    assert run(consumer.command("sample"), environment, consumer.folder) == "true\n"
    asked = [json.loads(line) for line in (tmp_path / "asked").read_text().splitlines()]
    assert [one["method"] for one in asked] == ["POST", "POST", "POST", "GET"]
    assert {one["authorization"] for one in asked} == {f"Bearer {key}"}
    assert all(one["url"].startswith("https://your-domain.com/api/v1/") for one in asked)


@pytest.mark.spec("crypto-checkout R24")
def test_without_the_variable_the_sample_says_what_is_missing(
    running: RunningServer, consumer: Consumer, tmp_path: Path
) -> None:
    """crypto-checkout R24: where CHECKOUT_API_KEY is not set, nothing is sent and the error names it."""
    environment = clean_environment() | consumer.environment(running, "", tmp_path / "asked")
    done = subprocess.run(
        consumer.command("sample"), cwd=consumer.folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert "ConfigurationError" in done.stderr and "CHECKOUT_API_KEY" in done.stderr
    assert not (tmp_path / "asked").exists()


def test_the_quickstart_runs_word_for_word(running: RunningServer, consumer: Consumer, tmp_path: Path) -> None:
    """The README's program passes the strict compiler and does what it says."""
    key = running.key(project=running.project("Quickstart"))
    environment = consumer.environment(running, key, tmp_path / "asked")
    printed = run(consumer.command("quickstart"), environment, consumer.folder)
    for expected in (
        "send the buyer to http", "\npaid 20", "given back: 20.00 USD succeeded", "[ 'refund', 'transfer' ] 20.00",
        "nobody known", "order: '1001'", "fiatAmount",
    ):  # fmt: skip
        assert expected in printed
    nouns = {path.stem for path in (SDK / "src" / "resources").glob("*.ts")}
    readme = (SDK / "README.md").read_text("utf-8")
    assert len(nouns) >= 15 and all(f"`{noun}`" in readme for noun in nouns)


def test_the_receiver_fulfils_what_is_genuine_only(running: RunningServer, consumer: Consumer, tmp_path: Path) -> None:
    """A real webhook is answered with 204 and acted on; a made-up one with 400 and nothing else."""
    shop = PaidShop(running, consumer.port)
    environment = {"WEBHOOK_SECRET": shop.secret} | consumer.environment(running, "", tmp_path / "asked")
    with started(consumer.command("receiver"), environment, consumer.folder) as lines:
        assert shop.forge() == 400
        shop.pay("größer 1001")
        assert lines == ["listening", "fulfil order größer 1001"]
    shop.close()
