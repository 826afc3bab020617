"""The Python client's README: each code block runs as it stands, against a real server."""

from pathlib import Path

import pytest

from tests.client.quickstart import PLACEHOLDER_URL, PORT, PaidShop, blocks, run, started
from tests.running import PYTHON, RunningServer, free_port
from tillgate_client import Client

README = Path(__file__).parents[2] / "sdks/python/README.md"
PROGRAM = ("Take a payment", "What belongs together", "When two change one object", "Lists", "Errors")


@pytest.fixture(scope="module")
def code() -> dict[str, str]:
    found = blocks(README, "python")
    assert set(found) == {*PROGRAM, "Webhooks", "Asynchronous"}
    return found


def test_the_quickstart_runs_word_for_word(running: RunningServer, code: dict[str, str], tmp_path: Path) -> None:
    """A session is made, paid and found; errors are caught as shown; a second run makes no second session."""
    program = "".join(code[heading] for heading in PROGRAM).replace(PLACEHOLDER_URL, running.url)
    environment = {"CHECKOUT_API_KEY": running.key(project=running.project("Quickstart"))}
    printed = run([PYTHON, "-W", "error", "-c", program], environment, tmp_path)
    for expected in (
        "send the buyer to http", "\npaid 20", "given back: 20.00 USD succeeded", "['refund', 'transfer'] 20.00",
        "nobody known", "{'order': '1001'}", "fiatAmount", "no such session",
    ):  # fmt: skip
        assert expected in printed
    again = run([PYTHON, "-c", code["Take a payment"].partition("session = client.checkout_sessions.sim")[0]
                 .replace(PLACEHOLDER_URL, running.url)], environment, tmp_path)  # fmt: skip
    assert again.splitlines()[0] == printed.splitlines()[0]


def test_every_noun_of_the_client_is_in_its_readme() -> None:
    """Who reads it learns of all that there is."""
    nouns = {name for name in vars(Client(api_key="ck_test_x", base_url="http://127.0.0.1:1")) if name[0] != "_"}
    assert {noun for noun in nouns if f"`{noun}`" not in README.read_text("utf-8")} == set()
    assert len(nouns) >= 15


def test_the_asynchronous_example_runs_word_for_word(
    running: RunningServer, code: dict[str, str], tmp_path: Path
) -> None:
    """It makes a session and finds it among the events."""
    program = code["Asynchronous"].replace(PLACEHOLDER_URL, running.url)
    environment = {"CHECKOUT_API_KEY": running.key(project=running.project("Async"))}
    printed = run([PYTHON, "-W", "error", "-c", program], environment, tmp_path)
    assert printed == "session.created True\n"


def test_the_receiver_fulfils_what_is_genuine_only(
    running: RunningServer, code: dict[str, str], tmp_path: Path
) -> None:
    """A real webhook is answered with 204 and acted on; a made-up one with 400 and nothing else."""
    shop = PaidShop(running, free_port())
    program = code["Webhooks"].replace(str(PORT), str(shop.port))
    with started([PYTHON, "-c", program], {"WEBHOOK_SECRET": shop.secret}, tmp_path) as lines:
        assert shop.forge() == 400
        shop.pay("größer 1001")
        assert lines == ["listening", "fulfil order größer 1001"]
    shop.close()
