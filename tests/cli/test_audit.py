"""``tillgate audit``: what was done to keys, and whether somebody has tampered with it."""

import json
import sqlite3
from pathlib import Path

from typer.testing import CliRunner

from tillgate.cli.commands import app


def test_the_log_is_listed_and_its_tampering_found(tmp_path: Path) -> None:
    """What the command line did is in it, with who; a changed line is named; the last hash is printed for keeping."""
    runner = CliRunner()
    where = ["--data", str(tmp_path)]

    def run(*arguments: str, status: int = 0) -> str:
        done = runner.invoke(app, [*arguments, *where])
        assert done.exit_code == status, done.output
        return done.stdout if status == 0 else done.stderr

    run("projects", "create", "--name", "Shop")
    made = json.loads(run("keys", "create", "--name", "a", "--mode", "live", "--scope", "links:read", "--json"))
    assert "canary" in (run("keys", "create", "--name", "b", "--mode", "live", "--canary"), run("keys", "list"))[1]
    run("keys", "revoke", "--yes", made["id"])
    lines = json.loads(run("audit", "list", "--key", made["id"], "--json"))
    assert [(line["action"], line["actor"]) for line in lines] == [
        ("key.revoked", "operator:cli"),
        ("key.created", "operator:cli"),
    ]
    assert "key.revoked" in run("audit", "list")
    assert made["key"][20:] not in run("audit", "list", "--json")
    verdict = json.loads(run("audit", "verify", "--json"))
    assert (verdict["lines"], verdict["brokenAt"]) == (3, None)
    assert verdict["lastHash"] in run("audit", "verify")
    with sqlite3.connect(tmp_path / "tillgate.db") as database:
        database.execute("UPDATE key_audit SET actor = 'user:usr_x' WHERE sequence = 2")
    database.close()
    assert run("audit", "verify", status=1).startswith("tillgate: line 2 of the audit log")
