"""Keys in the formats of other documents, from the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tillgate.cli.commands import app


@pytest.mark.parametrize(
    ("format", "scopes"),
    [("coin-moebius", []), ("craftkit", ["renders:read", "renders:write", "templates:read"])],
)
def test_some_formats_need_no_scope(tmp_path: Path, format: str, scopes: list[str]) -> None:
    """A Coin Moebius key has none; a CraftKit key has those of its document, whatever it is given."""

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, [*arguments, "--data", str(tmp_path)])
        assert done.exit_code == 0, done.output
        return done.stdout

    run("projects", "create", "--name", "Shop")
    made = json.loads(run("keys", "create", "--name", "a", "--mode", "test", "--format", format, "--json"))
    assert made["scopes"] == scopes
    words = ("keys", "create", "--name", "b", "--mode", "test", "--format", "craftkit", "--scope", "orders:read")
    assert json.loads(run(*words, "--json"))["scopes"] == ["renders:read", "renders:write", "templates:read"]
