"""``tillgate templates`` from a shell."""

import json
import shlex
from pathlib import Path

import pytest

from tests.house.source import ROOT
from tests.running import run_cli

pytestmark = pytest.mark.slow


def test_a_template_is_published_shown_and_rolled_back(tmp_path: Path) -> None:
    """Each version stays; with --check nothing is published that makes no document."""
    data = ("--data", str(tmp_path))
    run_cli("projects", "create", "--name", "Shop", *data)
    source, manifest = tmp_path / "note.typ", tmp_path / "note.json"
    source.write_text('#let data = json("data.json")\n#data.title')
    manifest.write_text('{"variables": [{"key": "title", "label": "Title", "dataType": "text", "required": true}]}')
    files = ("--source", str(source), "--manifest", str(manifest))
    publish = ("templates", "publish", "--slug", "note", "--name", "A note")
    made = json.loads(run_cli(*publish, *files, "--check", "--json", *data))
    assert set(made) == {"id", "slug", "version", "hookToken", "hookSecret", "testHookToken", "testHookSecret"}
    assert (made["slug"], made["version"]) == ("note", 1)
    again = json.loads(run_cli(*publish, "--starter", "invoice", "--json", *data))
    assert (again["version"], again["hookToken"], again["hookSecret"]) == (2, made["hookToken"], made["hookSecret"])
    source.write_text("#panic()")
    assert "line 1, column 1: panicked" in run_cli(*publish, *files, "--check", *data, status=1)
    [listed] = json.loads(run_cli("templates", "list", "--json", *data))
    assert (listed["slug"], listed["version"], listed["versions"]) == ("note", 2, 2)
    rolled = json.loads(run_cli("templates", "rollback", "--slug", "note", "--version", "1", "--json", *data))
    assert (rolled["version"], rolled["versions"]) == (1, 2)
    assert "data.title" in run_cli("templates", "show", "--slug", "note", *data)
    assert "no version 9" in run_cli("templates", "rollback", "--slug", "note", "--version", "9", *data, status=1)
    manifest.write_text('{"loops": [{"key": "a.b", "itemFields": [{"key": "x"}]}]}')
    assert "loops[0].key" in run_cli(*publish, *files, *data, status=1)
    logo = tmp_path / "logo.svg"
    logo.write_text("<svg/>")
    images = ("templates", "images", "--slug", "note", "--json", *data)
    assert json.loads(run_cli(*images, "--add", str(logo))) == [{"name": "logo.svg", "bytes": 6}]
    logo.write_text("no image")
    assert "expected content in the format SVG" in run_cli(*images, "--add", str(logo), status=1)
    assert json.loads(run_cli(*images, "--remove", "logo.svg")) == []
    assert "has no image 'logo.svg'" in run_cli(*images, "--remove", "logo.svg", status=1)
    lines = run_cli("audit", "list", "--json", *data)
    assert "template.published" in lines
    assert "template.rolled_back" in lines


def test_the_commands_of_the_guide_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/documents.md: its source, its manifest and its commands, as they are written."""
    page = (ROOT / "docs/documents.md").read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    for language, file in (("typst", "note.typ"), ("json", "note.json")):
        (tmp_path / file).write_text(page.split(f"```{language}\n")[1].split("```")[0])
    run_cli("projects", "create", "--name", "Shop", "--data", "data")
    for line in page.split("```sh\n")[1].split("```")[0].splitlines():
        said = run_cli(*shlex.split(line)[1:], "--data", "data")
    assert "note  version 1" in said
