"""``tillgate keys``: kinds and formats, rotation, the four standing keys, trees, suspended projects."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tillgate.cli.commands import app


class Terminal:
    """The command line on one database, within this process."""

    def __init__(self, data: Path) -> None:
        self._where = ["--data", str(data)]
        self.project = self.json("projects", "create", "--name", "Shop")["id"]

    def run(self, *words: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, [*words, *self._where])
        assert done.exit_code == status, done.output
        return done.output

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    def key(self, *words: str) -> dict[str, Any]:
        made: dict[str, Any] = self.json("keys", "create", "--name", "a key", "--mode", "test", *words)
        return made


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "data")


@pytest.mark.spec("smartpay R14", "smartpay R18", "smartpay R19", "smartpay R20")
def test_a_project_has_four_standing_keys(terminal: Terminal) -> None:
    """smartpay R14, R18–R20: a publishable and a secret key for each mode, 22 characters each; made once, and made
    again only in a place whose key was revoked."""
    made = terminal.json("keys", "pair")
    assert [one["key"][:8] for one in made] == ["pk_test_", "sk_test_", "pk_live_", "sk_live_"]
    assert {len(one["key"]) for one in made} == {30}
    assert [one["scopes"] for one in made] == [["sessions:write"], ["*"]] * 2
    assert [one["origins"] for one in made] == [["*"], []] * 2
    assert terminal.json("keys", "pair") == []
    terminal.run("keys", "revoke", "--yes", made[1]["id"])
    [again] = terminal.json("keys", "pair")
    assert again["key"].startswith("sk_test_")
    assert again["id"] != made[1]["id"]


def test_what_a_publishable_key_may_set_is_allowed_by_name(terminal: Terminal) -> None:
    """Named when it is made or later, with a warning about prices; shown in the list, and removed again."""
    shop = ("--kind", "publishable", "--scope", "sessions:write", "--origin", "https://shop.example")
    create = ("keys", "create", "--name", "page", "--mode", "test", *shop)
    warned = "with this key anybody sets the"
    assert warned not in terminal.run(*create, "--allow", "return:com.shop.app:")
    assert f"{warned} amount, tax of a session" in terminal.run(*create, "--allow", "tax", "--allow", "amount")
    listed = terminal.run("keys", "list")
    assert "amount" in listed and "tax" in listed and "return:com.shop.app:" in listed
    id = next(line.split()[0] for line in listed.splitlines() if "amount" in line)
    assert warned in terminal.run("keys", "update", id, "--allow", "shipping")
    assert terminal.json("keys", "show", id)["allow"] == ["shipping"]
    assert warned not in terminal.run("keys", "update", id, "--lift", "allow")
    assert terminal.json("keys", "show", id)["allow"] == []
    assert "cannot be allowed; choose from" in terminal.run(*create, "--allow", "all", status=1)
    secret = ("keys", "create", "--name", "x", "--mode", "test", "--scope", "sessions:write", "--allow", "amount")
    assert "only a publishable key" in terminal.run(*secret, status=1)


def test_a_publishable_key_is_bound_when_it_is_made(terminal: Terminal) -> None:
    """Origins or apps, never both, never neither; and no scope that anybody may not have."""
    web = terminal.key(
        "--kind", "publishable", "--scope", "sessions:write", "--origin", "http://localhost:3000/", "--origin",
        "https://*.Shop.example:443",
    )  # fmt: skip
    shown = terminal.json("keys", "show", web["id"])
    assert shown["origins"] == ["http://localhost:3000", "https://*.shop.example"]
    mobile = terminal.key(
        "--kind", "publishable", "--scope", "sessions:write", "--app-identifier", "com.shop.app", "--app-identifier",
        "com.shop.other",
    )  # fmt: skip
    assert terminal.json("keys", "show", mobile["id"])["appIdentifiers"] == ["com.shop.app", "com.shop.other"]
    for words, said in (
        (["--scope", "sessions:write"], "needs the web origins or the mobile app identifiers"),
        (["--scope", "events:read", "--origin", "https://a.example"], "cannot have events:read"),
        (["--scope", "*", "--origin", "https://a.example"], "cannot have *"),
        (["--scope", "sessions:write", "--origin", "https://a.example", "--app-identifier", "a.b"], "not for both"),
        (["--scope", "sessions:write", "--origin", "http://a.example"], "plain http is for development"),
        (["--scope", "sessions:write", "--origin", "https://*.example"], "every site under example"),
        (["--scope", "sessions:write", "--format", "coin-moebius"], "has no publishable keys"),
        (["--scope", "sessions:write", "--format", "nonesuch"], "unknown key format"),
    ):
        refused = terminal.run(
            "keys", "create", "--name", "x", "--mode", "test", "--kind", "publishable", *words, status=1
        )
        assert said in " ".join(refused.split()), words
    assert len(terminal.json("keys", "list")) == 2  # nothing was made by what was refused


def test_a_key_is_rotated_under_its_own_id(terminal: Terminal) -> None:
    """A second secret, then a look at both, then the end of the first; a rotation that waits blocks another."""
    made = terminal.key("--scope", "links:read")
    rotated = terminal.json("keys", "rotate", made["id"], "--overlap", "1h")
    assert rotated["id"] == made["id"]
    assert rotated["key"] != made["key"]
    waiting, first = terminal.json("keys", "secrets", made["id"])
    assert (waiting["number"], waiting["activeAt"], first["endsAt"]) == (2, None, None)
    assert "withdraw the rotation" in terminal.run("keys", "rotate", made["id"], status=1)
    terminal.run("keys", "rotate", made["id"], "--withdraw")
    withdrawn, first = terminal.json("keys", "secrets", made["id"])
    assert (withdrawn["activeAt"], withdrawn["endsAt"] is None, first["endsAt"]) == (None, False, None)
    terminal.run("keys", "rotate", made["id"], "--at-once", "--overlap", "7d")
    second, _, first = terminal.json("keys", "secrets", made["id"])
    assert second["activeAt"] is not None and first["endsAt"] is not None
    receipt = terminal.json("keys", "rotate", made["id"], "--finish", "--yes")
    assert receipt["epoch"] > 0
    assert "expected an age" in terminal.run("keys", "rotate", made["id"], "--overlap", "long", status=1)


def test_a_suspended_project_says_so(terminal: Terminal) -> None:
    """Its keys are shown as refused; suspending twice changes nothing, and it can go on."""
    made = terminal.key("--scope", "links:read")
    assert "is suspended" in terminal.run("projects", "suspend", "--yes", terminal.project, "--reason", "fraud")
    assert "suspended before" in terminal.run("projects", "suspend", "--yes", terminal.project)
    assert terminal.json("keys", "show", made["id"])["projectSuspended"] is True
    assert "goes on" in terminal.run("projects", "resume", terminal.project)
    assert terminal.json("keys", "show", made["id"])["projectSuspended"] is False
    terminal.run("projects", "suspend", "--yes", "prj_nobody", status=1)


def test_a_revocation_prints_its_receipt(terminal: Terminal) -> None:
    """The epoch, and who confirmed it; the reason stands with the key."""
    made = terminal.key("--scope", "links:read")
    revoked = terminal.json("keys", "revoke", "--yes", made["id"], "--reason", "left the company", "--tree")
    assert revoked["receipt"]["epoch"] == 1
    assert revoked["receipt"]["confirmed"] == revoked["receipt"]["lapsed"] == revoked["descendants"] == []
    said = terminal.run("keys", "revoke", "--yes", made["id"])
    assert "was already revoked" in said
