"""``keyturn``: keys, their log and their leaks from a terminal, over both databases."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from keyturn import NATIVE, Kind, Mode, generate
from keyturn.cli import app
from keyturn.stores.sql import SqlKeyStore
from tests.makers import ON_SQLITE, execute

PROJECT = ("--project", "prj_a")


class Terminal:
    """Runs commands on one database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._runner = CliRunner(env={"KEYTURN_DATABASE_URL": url, "KEYTURN_SCOPES": "links:read links:write"})

    def run(self, *arguments: str, status: int = 0) -> Result:
        done = self._runner.invoke(app, list(arguments))
        assert done.exit_code == status, (arguments, done.output, done.stderr, done.exception)
        return done

    def json(self, *arguments: str, status: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", status=status).stdout)

    def refused(self, *arguments: str) -> str:
        """What a command that cannot work says, in one line, having printed nothing else."""
        done = self.run(*arguments, status=1)
        assert (done.stdout, done.stderr.count("\n")) == ("", 1), done.output
        assert done.stderr.startswith("keyturn: ")
        return done.stderr

    def create(self, *more: str) -> Any:
        return self.json("keys", "create", *PROJECT, "--name", "a", "--mode", "live", *more)


@pytest.fixture
def terminal(database_url: str) -> Terminal:
    return Terminal(database_url)


def test_a_keys_whole_life_from_a_terminal(terminal: Terminal) -> None:
    """Created with its restrictions, listed, shown, disabled, enabled, rotated, revoked with what it made; its text is
    printed when it is made, and never after."""
    made = terminal.create("--scope", "links:read", "--ip", "203.0.113.0/24", "--expires-in", "30d", "--rate", "5/s")
    assert (made["mode"], made["scopes"], made["networks"]) == ("live", ["links:read"], ["203.0.113.0/24"])
    assert made["rate"] == "5 a second, 5 at once"
    canary = terminal.create("--canary")
    id = made["id"]
    listed = terminal.run("keys", "list", *PROJECT).stdout
    assert made["prefix"] in listed and "canary" in listed
    assert [one["id"] for one in terminal.json("keys", "list", *PROJECT)] == [canary["id"], id]
    assert terminal.json("keys", "disable", id, "--reason", "a test")["disabledReason"] == "a test"
    assert terminal.json("keys", "enable", id)["status"] == "active"
    rotated = terminal.json("keys", "rotate", id, "--at-once", "--overlap", "0d")
    assert (rotated["id"], rotated["prefix"] == made["prefix"]) == (id, False)
    revoked = terminal.json("keys", "revoke", "--yes", id, "--tree", "--reason", "over")
    assert (revoked["status"], revoked["revokedReason"], revoked["already"]) == ("revoked", "over", False)
    assert revoked["receipt"]["epoch"] > 0
    assert "was already revoked" in terminal.run("keys", "revoke", "--yes", id).stdout
    actions = [line["action"] for line in terminal.json("audit", "list", *PROJECT, "--key", id)]
    assert actions == ["key.revoked", "key.rotated", "key.enabled", "key.disabled", "key.created"]
    later = terminal.run("keys", "show", id).stdout + terminal.run("audit", "list", *PROJECT).stdout
    for text in (made["key"], rotated["key"], canary["key"]):
        assert text[20:] not in later


def test_a_described_request_is_explained(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a scope or by the rules that the proxies go by: each rule, and the least that would let it in; what makes no
    sense is told in one line."""
    key_id = terminal.create("--scope", "links:read", "--ip", "203.0.113.0/24")["id"]
    let_in = terminal.json("keys", "explain", "--key-id", key_id, "--scope", "links:read", "--ip", "203.0.113.7")
    assert (let_in["allowed"], let_in["remedies"]) == (True, [])
    refused = terminal.run(
        "keys", "explain", "--key-id", key_id, "--scope", "links:write", "--ip", "198.51.100.7"
    ).stdout
    assert "REFUSED   network" in refused
    assert "- Add 198.51.100.7/32 to the key's networks" in refused
    assert "- Give the key the scope links:write." in refused
    assert "no key" in terminal.refused("keys", "explain", "--key-id", "key_nobody", "--scope", "links:read")
    assert "is no address" in terminal.refused(
        "keys", "explain", "--key-id", key_id, "--scope", "links:read", "--ip", "here"
    )
    assert "is no scope" in terminal.refused("keys", "explain", "--key-id", key_id, "--scope", "everything")
    assert "either --scope, or" in terminal.refused("keys", "explain", "--key-id", key_id)
    assert "set KEYTURN_RULES" in terminal.refused("keys", "explain", "--key-id", key_id, "--path", "/links")
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\npath = "/links/{id}"\nmethods = ["GET"]\nscope = "links:read"\n')
    monkeypatch.setenv("KEYTURN_RULES", str(rules))
    asked = ("keys", "explain", "--key-id", key_id, "--ip", "203.0.113.7")
    assert terminal.json(*asked, "--path", "/links/7")["needs"] == "links:read"
    assert "no rule fits DELETE /links/7" in terminal.refused(*asked, "--method", "DELETE", "--path", "/links/7")


def test_what_cannot_work_is_reported_in_one_line(terminal: Terminal) -> None:
    """Unknown keys, scopes, formats, ages, rates and origins; another project's key."""
    id = terminal.create()["id"]
    create = ("keys", "create", *PROJECT, "--name", "a", "--mode", "live")
    assert "no key" in terminal.refused("keys", "show", "key_none")
    assert "there is no key" in terminal.refused("keys", "revoke", "--yes", "key_other")
    assert "links:write" in terminal.refused(*create, "--scope", "links:fly")
    assert "crossmint" in terminal.refused(*create, "--format", "morse")
    assert "30d" in terminal.refused(*create, "--expires-in", "tomorrow")
    assert "5/s" in terminal.refused(*create, "--rate", "often")
    assert "--rate" in terminal.refused(*create, "--burst", "5")
    assert "https" in terminal.refused(*create, "--origin", "ftp://a.example")
    assert "90d" in terminal.refused("keys", "rotate", id, "--overlap", "91d")
    terminal.run("keys", "revoke", "--yes", id)
    assert "is final" in terminal.refused("keys", "enable", id)
    assert len(terminal.json("keys", "list", *PROJECT)) == 1


def test_a_scan_reports_positions_and_never_keys(terminal: Terminal, tmp_path: Path) -> None:
    """Status 1 and a line for each place; with --check, which are keys here. Nothing found is 0, nothing there is 2."""
    mine, gone, strange = terminal.create(), terminal.create(), generate(NATIVE, Kind.SECRET, Mode.TEST).reveal()
    terminal.run("keys", "revoke", "--yes", gone["id"])
    folder = tmp_path / "src"
    folder.mkdir()
    assert terminal.run("scan", str(folder)).stdout == ""
    (folder / "a.env").write_text(f"A={mine['key']}\nB={gone['key']}\n\nC={strange}\n")
    done = terminal.run("scan", str(folder), "--check", status=1)
    assert done.stdout.splitlines() == [
        f"a.env:1  native or craftkit live secret  {mine['prefix']}…  {mine['id']} active",
        f"a.env:2  native or craftkit live secret  {gone['prefix']}…  {gone['id']} revoked",
        f"a.env:4  native or craftkit test secret  {strange[:14]}…  not a key here",
    ]
    assert "3 keys in 3 places" in done.stderr
    found = terminal.json("scan", str(folder), status=1)
    assert (found[0]["place"], found[0]["line"], found[0]["prefix"]) == ("a.env", 1, mine["prefix"])
    everything = done.output + json.dumps(found)
    assert not any(text[14:] in everything for text in (mine["key"], gone["key"], strange))
    assert "nowhere" in terminal.run("scan", str(tmp_path / "nowhere"), status=2).stderr


@ON_SQLITE
@pytest.mark.parametrize(
    ("tamper", "line"),
    [
        ("UPDATE key_audit SET actor = 'user:nobody' WHERE sequence = 2", 2),
        ("UPDATE key_audit SET detail = '{}' WHERE sequence = 1", 1),
        ("UPDATE key_audit SET detail = 'no JSON' WHERE sequence = 3", 3),
        ("UPDATE key_audit SET hash = previous WHERE sequence = 2", 2),
        ("DELETE FROM key_audit WHERE sequence = 1", 1),
        ("DELETE FROM key_audit WHERE sequence = 2", 2),
        ("DELETE FROM key_audit WHERE sequence = 4", 4),
        ("DELETE FROM key_audit", 1),
        ("UPDATE key_audit SET sequence = sequence + 1 WHERE sequence = 4", 4),
        (
            "INSERT INTO key_audit SELECT 5, at, actor, action, project_id, key_id, detail, hash, hash FROM key_audit "
            "WHERE sequence = 4",
            5,
        ),
    ],
)
def test_tampering_with_the_audit_log_is_detected(terminal: Terminal, tmp_path: Path, tamper: str, line: int) -> None:
    """A line in the SQLite file that was changed, taken out, put in or cut off at the end is named; untouched, the last
    hash is printed."""
    for _ in range(4):
        terminal.create()
    whole = terminal.json("audit", "verify")
    last = terminal.json("audit", "list", *PROJECT, "--limit", "1")[0]
    assert whole == {"lines": 4, "lastHash": last["hash"], "brokenAt": None}
    assert last["hash"] in terminal.run("audit", "verify").stdout
    with sqlite3.connect(terminal.url.removeprefix("sqlite:///")) as database:
        assert database.execute(tamper).rowcount
    database.close()
    assert f"line {line} " in terminal.refused("audit", "verify")
    assert terminal.json("audit", "verify", status=1)["brokenAt"] == line


@pytest.mark.anyio
async def test_a_long_log_is_checked_part_by_part(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check does not hold the log as a whole, and finds the break on either side of a part's end."""
    from keyturn import Issuer, KeyWish
    from keyturn.insight import audit
    from tests.makers import StillClock

    monkeypatch.setattr(audit, "VERIFIED_AT_ONCE", 3)
    store = SqlKeyStore(database)
    issuer = Issuer(store, StillClock(), [])
    for _ in range(7):
        await issuer.issue(KeyWish(project_id="prj_a", mode=Mode.TEST, name="a"), by="user:1")
    assert (await audit.verify(store)).lines == 7
    for line in (3, 4, 7):
        await execute(database, "UPDATE key_audit SET at = at + 1 WHERE sequence = $1", line)
        verdict = await audit.verify(store)
        assert (verdict.broken_at, verdict.lines) == (line, line - 1)
        await execute(database, "UPDATE key_audit SET at = at - 1 WHERE sequence = $1", line)
    assert (await audit.verify(store)).holds


def test_a_backup_replaces_data_only_when_asked_to(terminal: Terminal, tmp_path: Path) -> None:
    """Refused without --replace; asked about with it; what was revoked since stays revoked, or all are disabled."""
    kept, ended = terminal.create()["id"], terminal.create()["id"]
    file = str(tmp_path / "keys.zip")
    assert "read back and verified" in terminal.run("backup", file).stdout
    assert "already there" in terminal.refused("backup", file)
    terminal.run("keys", "revoke", "--yes", ended)
    assert "not empty" in terminal.refused("restore", file)
    assert "say --yes" in terminal.refused("restore", file, "--replace")
    assert "1 keys are accepted" in terminal.run("restore", file, "--replace", "--yes").stdout
    assert {one["id"]: one["status"] for one in terminal.json("keys", "list", *PROJECT)} == {
        kept: "active", ended: "revoked",
    }  # fmt: skip
    other = Terminal(f"sqlite:///{tmp_path / 'other.db'}")
    said = other.run("restore", file, "--disable-keys").stdout
    assert "2 keys were disabled" in said and "accepted" not in said
    other.run("audit", "verify")
