"""Every command as an operator runs it: a process of its own, on either database, also while a server runs."""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import running
from tests.running import EVERY_SCOPE, RunningServer

run_cli = partial(running.run_cli, process=True)

KEY = re.compile(r"ck_(live|test)_[0-9A-Za-z]{32}")


@pytest.fixture
def where(database_url: str, tmp_path: Path) -> list[str]:
    """The two ways to name a database: a data directory for SQLite, a URL for PostgreSQL."""
    data = ["--data", str(tmp_path)]
    return data if database_url.startswith("sqlite") else [*data, "--database-url", database_url]


def as_json(*arguments: str) -> Any:
    """What a command prints with --json: exactly one line of JSON."""
    printed = run_cli(*arguments, "--json")
    assert printed.count("\n") == 1
    return json.loads(printed)


def test_keys_are_made_listed_and_revoked(where: list[str]) -> None:
    """`keys create --json` prints id, key, prefix, mode and scopes; the key's text appears there and never again."""
    project = as_json("projects", "create", "--name", "My shop", *where)
    assert (project["id"][:4], project["name"]) == ("prj_", "My shop")
    assert as_json("projects", "list", *where) == [project]
    scopes = ["--scope", "sessions:write", "--scope", "sessions:read"]
    made = as_json("keys", "create", "--project", project["id"], "--mode", "test", "--name", "Backend", *scopes, *where)
    assert {"id", "key", "prefix", "mode", "scopes"} <= set(made)
    assert KEY.fullmatch(made["key"])
    assert made["key"].startswith(made["prefix"])
    assert made["prefix"].startswith("ck_test_")
    assert (made["mode"], made["scopes"]) == ("test", ["sessions:read", "sessions:write"])
    live = as_json("keys", "create", "--mode", "live", "--name", "Live", "--scope", "events:read", *where)
    listed = as_json("keys", "list", *where)
    assert {one["id"]: (one["status"], one["mode"]) for one in listed} == {
        made["id"]: ("active", "test"), live["id"]: ("active", "live"),
    }  # fmt: skip
    assert [one["id"] for one in as_json("keys", "list", "--mode", "live", *where)] == [live["id"]]
    revoked = as_json("keys", "revoke", "--yes", made["id"], *where)
    assert (revoked["id"], revoked["status"]) == (made["id"], "revoked")
    again = as_json("keys", "revoke", "--yes", made["id"], *where)
    assert (again["revokedAt"], again["receipt"]["epoch"]) == (revoked["revokedAt"], None)
    everything = run_cli("keys", "list", *where) + json.dumps(listed) + json.dumps(revoked)
    assert not KEY.search(everything)
    assert made["key"][14:] not in everything


def test_every_command_says_it_in_words_too(tmp_path: Path) -> None:
    """Without --json each command prints a readable line, and the key's text on a line of its own."""
    where = ["--data", str(tmp_path)]
    assert "The database is up to date." in run_cli("migrate", *where)
    assert "My shop" in run_cli("projects", "create", "--name", "My shop", *where)
    assert "My shop" in run_cli("projects", "list", *where)
    printed = run_cli("keys", "create", "--mode", "test", "--name", "Backend", "--scope", "events:read", *where)
    text = printed.splitlines()[0]
    assert KEY.fullmatch(text)
    assert "cannot be shown again" in printed
    key_id = re.search(r"key_[0-9A-Za-z]{22}", printed)
    assert key_id is not None
    assert "Backend" in run_cli("keys", "list", *where)
    assert "is revoked" in run_cli("keys", "revoke", "--yes", key_id[0], *where)
    assert "already revoked" in run_cli("keys", "revoke", "--yes", key_id[0], *where)
    made = run_cli("users", "create", "--email", "a@example.com", "--password-stdin", *where, stdin="long enough 1\n")
    assert "a@example.com" in made
    assert "long enough" not in made
    assert "Everything is in order." in run_cli("doctor", *where)
    assert run_cli("--help").count("\n") > 10


def test_migrate_brings_a_database_up_to_date_once(where: list[str]) -> None:
    """The first run applies every step, the second none; doctor knows the difference and changes nothing."""
    first = run_cli("migrate", *where)
    assert "applied keyturn 0001" in first
    assert "applied tillgate 0001" in first
    assert run_cli("migrate", *where) == "The database is up to date.\n"
    assert "Everything is in order." in run_cli("doctor", *where)


def test_doctor_finds_a_schema_that_is_behind(postgres_database_url: str, tmp_path: Path) -> None:
    """An empty database is a problem that doctor names, with status 1 and the command that helps."""
    where = ["--data", str(tmp_path), "--database-url", postgres_database_url]
    run_cli("doctor", *where, status=1)
    run_cli("migrate", *where)
    run_cli("doctor", *where)


def test_doctor_lists_every_setting_and_where_it_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each TILLGATE_ variable is listed with its origin; a secret's value never is."""
    printed = run_cli("doctor", "--data", str(tmp_path))
    for name in ("TILLGATE_DATA", "TILLGATE_DATABASE_URL", "TILLGATE_PUBLIC_URL", "TILLGATE_SECRET_KEY"):
        assert name in printed
    assert "[command line]" in printed
    assert "[default]" in printed
    made = run_cli("doctor", "--new-secret-key").strip()
    assert len(made) == 44
    assert run_cli("doctor", "--new-secret-key").strip() != made


@pytest.fixture(params=["sqlite", "postgres"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningServer]:
    """A running server with nothing in it."""
    url = request.getfixturevalue("postgres_database_url") if request.param == "postgres" else None
    server = RunningServer(tmp_path / "data", url).start()
    try:
        yield server
    finally:
        server.stop()


def test_the_commands_work_beside_a_running_server(served: RunningServer) -> None:
    """crypto-checkout R68: what the command line makes works in the running server at once, and a key that it
    revokes is refused there from the very next request on."""
    project = served.project()
    issued = served.issued(EVERY_SCOPE, project=project)
    with served.client(issued["key"]) as client:
        assert client.get("/checkout_sessions").status_code == 200
        served.cli("keys", "revoke", "--yes", issued["id"], process=True)
        refused = client.get("/checkout_sessions")
        assert (refused.status_code, refused.json()["error"]["reason"]) == (401, "revoked")
    served.owner()
    served.cli("migrate", process=True)
    served.cli("doctor", process=True)
    used = [one for one in json.loads(served.cli("keys", "list", "--json")) if one["id"] == issued["id"]]
    assert used[0]["status"] == "revoked"


def test_a_used_key_shows_when(served: RunningServer) -> None:
    """The list says when a key was last used, at the latest when the server has stopped."""
    served.project()
    issued = served.issued()
    assert json.loads(served.cli("keys", "list", "--json"))[0]["lastUsedAt"] is None
    with served.client(issued["key"]) as client:
        assert client.get("/events").status_code == 200
    served.stop()
    assert json.loads(served.cli("keys", "list", "--json"))[0]["lastUsedAt"] is not None


def test_serve_greets_with_the_addresses_and_the_set_up_link(fresh_server: RunningServer) -> None:
    """An unowned server prints where to go and the one-time link; an owned one prints no link."""
    greeting = fresh_server.log.read_text()
    assert f"{fresh_server.url}/dashboard" in greeting
    link = re.search(r"/dashboard/setup/[0-9A-Za-z_-]{43}", greeting)
    assert link is not None
    assert httpx.get(fresh_server.url + link[0], trust_env=False).status_code == 200
    fresh_server.stop()
    fresh_server.owner()
    fresh_server.log.write_text("")
    fresh_server.start()
    assert "/setup/" not in fresh_server.log.read_text()
    assert httpx.get(fresh_server.url + link[0], trust_env=False).status_code != 200


def test_a_server_that_is_told_to_stop_leaves_one_whole_file(fresh_server: RunningServer) -> None:
    """It ends with status 0, and the database is closed: nothing waits beside it to be played back."""
    fresh_server.project()
    assert fresh_server.stop() == 0
    assert {path.name for path in fresh_server.data.iterdir()} == {
        "tillgate.db",
        "tillgate.db.high-water",
        "secret.key",
    }
