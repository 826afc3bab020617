"""`tillgate projects show` and `set`: what the dashboard's settings are, from a terminal, on either database."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.checkout.projects.test_images import png
from tests.running import run_cli

DATES = re.compile(r"\b20\d\d-\d\d-\d\d")
UNSEEN = dict.fromkeys((0x2068, 0x2069))
"""Isolates take no place in a column."""

TURNING = "A\u202e00.1 \u05e9\u05dd\x1b[2J"


@pytest.fixture
def where(database_url: str, tmp_path: Path) -> list[str]:
    data = ["--data", str(tmp_path)]
    return data if database_url.startswith("sqlite") else [*data, "--database-url", database_url]


def as_json(*arguments: str) -> Any:
    return json.loads(run_cli(*arguments, "--json"))


def test_settings_are_set_one_by_one_and_shown(where: list[str]) -> None:
    """What is not named stays, an empty text removes, and each change is in the audit log once, under one transaction
    with a new name."""
    project = as_json("projects", "create", "--name", "My shop", *where)
    tolerance = ["--tolerance-percentage", "0.5", "--tolerance-amount", "0.25", "--tolerance-currency", "eur"]
    after = as_json("projects", "set", "My shop", "--colour", "#14614A", "--mail-buyers", *tolerance, *where)
    assert (after["id"], after["name"], after["colour"], after["mailBuyers"]) == (
        project["id"], "My shop", "#14614a", True,
    )  # fmt: skip
    assert (after["tolerancePercentage"], after["toleranceAmount"], after["toleranceCurrency"]) == (
        "0.5",
        "0.25",
        "EUR",
    )
    after = as_json("projects", "set", "My shop", "--name", "Corner shop", "--colour", "", "--no-mail-buyers", *where)
    assert (after["name"], after["colour"], after["mailBuyers"], after["timeZone"]) == ("Corner shop", "", False, "UTC")
    assert as_json("projects", "show", "Corner shop", *where) == after
    lines = [(one["action"], one["actor"]) for one in as_json("audit", "list", *where)]
    assert [one for one in lines if one[0].startswith("project.")] == [
        ("project.settings_changed", "operator:cli"),
        ("project.renamed", "operator:cli"),
        ("project.settings_changed", "operator:cli"),
    ]


def test_what_will_not_do_is_named_and_nothing_is_saved(where: list[str]) -> None:
    """By its field, as everywhere; nothing to set is said, too."""
    as_json("projects", "create", "--name", "My shop", *where)
    refused = run_cli("projects", "set", "My shop", "--name", "Other", "--locale", "xx", *where, status=1)
    assert "locale" in refused
    assert "--colour" in run_cli("projects", "set", "My shop", *where, status=1)
    assert as_json("projects", "show", "My shop", *where)["name"] == "My shop"


def test_a_logo_is_set_shown_and_removed(where: list[str], tmp_path: Path) -> None:
    """As the dashboard's upload, with the same bounds: what is no image or too large changes nothing, not even what was
    named beside it."""
    as_json("projects", "create", "--name", "My shop", *where)
    image, other = tmp_path / "logo.png", tmp_path / "logo.txt"
    image.write_bytes(png())
    after = as_json("projects", "set", "My shop", "--logo", str(image), "--colour", "#14614a", *where)
    assert after["logo"].startswith(f"/logos/{after['id']}/") and after["colour"] == "#14614a"
    assert as_json("projects", "show", "My shop", *where) == after
    for content in (b"no image", png() + b" " * 200_000):
        other.write_bytes(content)
        refused = run_cli("projects", "set", "My shop", "--logo", str(other), "--colour", "", *where, status=1)
        assert "logo" in refused
    assert "No such file" in run_cli("projects", "set", "My shop", "--logo", str(tmp_path / "x"), *where, status=1)
    assert as_json("projects", "show", "My shop", *where) == after
    assert as_json("projects", "set", "My shop", "--logo", "", *where)["logo"] == ""
    changed = [one["detail"] for one in as_json("audit", "list", *where) if one["action"] == "project.settings_changed"]
    assert [set(one) for one in changed] == [{"logo"}, {"logo", "colour"}]


def test_other_peoples_text_turns_no_line(where: list[str]) -> None:
    """An override is shown as its escape, as is what commands a terminal, and a name from right to left is isolated:
    what stands beside it keeps its place, and columns their width."""
    as_json("projects", "create", "--name", "\u05e9\u05dc\u05d5\u05dd", *where)
    as_json("projects", "create", "--name", "Plain", *where)
    named = run_cli("projects", "set", "Plain", "--address", TURNING.replace("\x1b", ""), *where)
    assert "\u202e" not in named
    assert "\u2068A\\u202e00.1 \u05e9\u05dd[2J\u2069" in named
    listed = run_cli("projects", "list", *where).splitlines()
    assert any("\u2068\u05e9\u05dc\u05d5\u05dd\u2069" in line for line in listed)
    begins = {line.translate(UNSEEN).index(DATES.findall(line)[0]) for line in listed[1:]}
    assert len(begins) == 1
    key = [
        "keys",
        "create",
        "--project",
        "Plain",
        "--mode",
        "test",
        "--scope",
        "events:read",
        "--name",
        "\u05e9\u05dd 1",
    ]
    made = json.loads(run_cli(*key, *where, "--json"))
    assert "\u2068\u05e9\u05dd 1\u2069" in run_cli("keys", "list", "--project", "Plain", *where)
    assert "\u2068\u05e9\u05dd 1\u2069" in run_cli("keys", "usage", made["id"], *where)


def test_the_commands_of_the_guide_work(where: list[str]) -> None:
    """Those of docs/selling.md, as they stand there; the last shows what the others have set."""
    guide = (Path(__file__).parents[2] / "docs/selling.md").read_text()
    [block] = re.findall(r"```bash\n(tillgate projects .*?)```", guide, re.DOTALL)
    as_json("projects", "create", "--name", "My shop", *where)
    for line in block.splitlines():
        shown = run_cli(*shlex.split(line)[1:], *where)
    told = dict(re.findall(r"^(\S+) +(.+)$", shown, re.MULTILINE))
    assert (told["colour"], told["locale"], told["tolerance-amount"], told["mail-buyers"]) == ("-", "de", "0.25", "yes")
