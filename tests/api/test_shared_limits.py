"""Rate limits that several servers count together, over HTTP."""

import contextlib
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keyturn import Limit
from keyturn.database import open_database
from keyturn.limiting import shared
from tests.running import free_port
from tests.shop import MovableClock, Shop, lifespan, settings_for
from tillgate.app import running
from tillgate.cli.commands import app as cli
from tillgate.settings import SettingsError, load

pytestmark = pytest.mark.anyio
LIMIT = Limit(0.01, 6)


@pytest.mark.spec("crypto-checkout R58", "crypto-checkout R59")
async def test_two_servers_with_one_valkey_count_a_key_together(
    tmp_path: Path, redis_server: str, monkeypatch: pytest.MonkeyPatch, anyio_backend: object
) -> None:
    """crypto-checkout R58: a key's allowance is one, however many processes answer; each says what is left of it."""
    url = f"sqlite:///{tmp_path / 'tillgate.db'}"
    # A busy machine may not let Redis answer within a request's patience, and each would count alone.
    monkeypatch.setattr(shared, "ANSWER_SECONDS", 20.0)
    settings = settings_for(tmp_path, url)._replace(key_limit=LIMIT, valkey_url=redis_server)
    async with contextlib.AsyncExitStack() as stack:
        shops = []
        for _ in range(2):
            app = await stack.enter_async_context(running(settings, MovableClock()))
            await stack.enter_async_context(lifespan(app))
            database = await open_database(url)
            stack.push_async_callback(database.close)
            shops.append(Shop(app, database, MovableClock()))
            stack.push_async_callback(shops[-1].close)
        shops[0].project_id = await shops[0].project("Test shop")
        key = (await shops[0].issued()).secret.reveal()
        callers = [await shop.caller(key) for shop in shops]
        answers = [await callers[turn % 2].get("/customers") for turn in range(10)]
        assert Counter(answer.status_code for answer in answers) == {200: 6, 429: 4}
        assert [answer.headers["ratelimit"].split(";")[1] for answer in answers[:6]] == [
            f"r={n}" for n in range(5, -1, -1)
        ]
        assert int(answers[-1].headers["retry-after"]) <= 100


async def test_without_its_valkey_a_server_still_limits(tmp_path: Path, anyio_backend: object) -> None:
    """A Valkey that does not answer keeps nobody out, and opens nothing: the server counts for itself, and says so in
    its metrics."""
    url = f"sqlite:///{tmp_path / 'tillgate.db'}"
    settings = settings_for(tmp_path, url)._replace(key_limit=LIMIT, valkey_url=f"valkey://127.0.0.1:{free_port()}/0")
    async with running(settings, MovableClock()) as app, lifespan(app):
        database = await open_database(url)
        shop = Shop(app, database, MovableClock())
        shop.project_id = await shop.project("Test shop")
        client = await shop.client()
        statuses = Counter([(await client.get("/customers")).status_code for _ in range(10)])
        metrics = (await client.get("https://shop.example/metrics")).text
        await shop.close()
        await database.close()
    assert statuses == {200: 6, 429: 4}
    assert "tillgate_limits_unshared_total 10.0" in metrics


def test_the_setting_is_checked_and_its_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """TILLGATE_VALKEY_URL: none by default; another scheme is refused; listed without its password."""
    monkeypatch.delenv("TILLGATE_VALKEY_URL", raising=False)
    assert load().valkey_url is None
    monkeypatch.setenv("TILLGATE_VALKEY_URL", "valkeys://:planted-word@cache.example:6379/1")
    chosen = load()
    assert chosen.valkey_url == "valkeys://:planted-word@cache.example:6379/1"
    assert "planted-word" not in repr(chosen) + repr(chosen.listed)
    monkeypatch.setenv("TILLGATE_VALKEY_URL", "cache.example:6379")
    with pytest.raises(SettingsError, match="TILLGATE_VALKEY_URL"):
        load()


def test_doctor_counts_a_request_there(tmp_path: Path, redis_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``tillgate doctor`` finds a Valkey that works in order, and names one that does not, without its password."""
    monkeypatch.setenv("TILLGATE_VALKEY_URL", redis_server)
    done = CliRunner().invoke(cli, ["doctor", "--data", str(tmp_path)])
    assert (done.exit_code, "Everything is in order." in done.output) == (0, True)
    monkeypatch.setenv("TILLGATE_VALKEY_URL", f"redis://:planted-word@127.0.0.1:{free_port()}/0")
    done = CliRunner().invoke(cli, ["doctor", "--data", str(tmp_path)])
    assert done.exit_code == 1
    assert "PROBLEM  TILLGATE_VALKEY_URL" in done.output
    assert "planted-word" not in done.output
