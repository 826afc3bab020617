"""The documentation as static files: whole, under any prefix, and with links that lead somewhere."""

import posixpath
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

import keyturn.settings
import tillgate.settings
from keyturn.http.server import ROUTES as KEY_ROUTES
from tillgate.api import error_pages
from tillgate.api.application import ROUTES
from tillgate.api.errors import ERRORS
from tillgate.api.mount import ROOT
from tillgate.cli.commands import app
from tillgate.dialects.spoken import SPOKEN
from tillgate.events.types import EVENT_TYPES
from tillgate.pages import guides, site

LINK = re.compile(r' (?:href|src|action)="([^"]+)"')
ANCHOR = re.compile(r' id="([^"]+)"')


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as the command writes it."""
    folder = tmp_path_factory.mktemp("site") / "docs"
    told = CliRunner().invoke(app, ["docs", "build", str(folder)])
    assert told.exit_code == 0, told.output
    return folder


def pages(folder: Path) -> dict[str, str]:
    return {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in folder.rglob("*.html")}


def links(html: str) -> Iterator[str]:
    for link in LINK.findall(html):
        address = unescape(link)
        if not urlsplit(address).scheme:
            yield address


def test_every_link_of_the_site_leads_to_a_file_and_its_anchor(built: Path) -> None:
    """Pages, styles, scripts, fonts and pictures; none is looked for at the root of the host."""
    every = pages(built)
    anchors = {name: set(ANCHOR.findall(html)) for name, html in every.items()}
    wrong = []
    for name, html in every.items():
        for link in links(html):
            path, _, anchor = link.partition("#")
            there = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            if link.startswith("/") or not (built / there).is_file() or (anchor and anchor not in anchors[there]):
                wrong.append(f"{name}: {link}")
    assert wrong == []
    assert {f"{name}.html" for name in guides.names()} < every.keys()
    reached, waiting = set(), ["index.html"]
    while waiting:
        name = waiting.pop()
        if name not in reached and name in every:
            reached.add(name)
            at = posixpath.dirname(name)
            waiting += [posixpath.normpath(posixpath.join(at, one.partition("#")[0])) for one in links(every[name])]
    assert reached == every.keys()


def test_the_site_has_every_code_event_endpoint_and_setting(built: Path) -> None:
    """Of the native API, of the other languages, and of Keyturn."""
    told = unescape("".join(pages(built).values()))
    endpoints = [f"{route.method} {ROOT}{route.path}" for route in ROUTES]
    endpoints += [
        f"{route.method} {route.path}" for one in SPOKEN for spoken in (one, *one.beside) for route in spoken.routes
    ]
    endpoints += [f"{route.method} {route.path}" for route in KEY_ROUTES]
    settings = [*(one.name for one in tillgate.settings.load().listed), *keyturn.settings.VARIABLES]
    assert [one for one in (*ERRORS, *EVENT_TYPES, *endpoints, *settings) if one not in told] == []


def test_every_page_has_the_policy_and_no_script_of_its_own(built: Path) -> None:
    """The policy stands before anything that it is about; pages may be indexed."""
    for name, html in pages(built).items():
        head, policy, rest = html.partition(f'<meta http-equiv="Content-Security-Policy" content="{site.POLICY}">')
        assert policy and "<link" not in head and "<script" not in head, name
        assert not re.search(r"<script(?! src=)|<style| style=| on[a-z]+=\"", rest), name
        assert "noindex" not in html, name


def test_each_page_but_the_first_has_the_navigation(built: Path) -> None:
    """Those of error codes as well, with their chapter open; the first page is all of it."""
    for name, html in pages(built).items():
        assert name == "index.html" or '<nav class="contents" aria-label="Documentation">' in html, name
        if name.startswith("errors/"):
            assert re.search(r"<details open>\s*<summary>Errors</summary>", html), name
    shown = re.findall(r'<a href="index.html" aria-current="page">', pages(built)["errors/index.html"])
    assert len(shown) == 1


def test_the_playgrounds_page_says_where_ones_own_is(built: Path) -> None:
    """The files have no server of their origin that could be called: the page says so, and has no script."""
    html = pages(built)["playground.html"]
    assert "files, without a server behind them" in html and "/docs/playground" in html
    assert "<script" not in html and "data-playground" not in html
    assert 'href="playground.html"' in pages(built)["index.html"]


def test_another_folder_is_not_overwritten_and_an_earlier_build_is(built: Path, tmp_path: Path) -> None:
    """What is there and is no build stays as it is."""
    (tmp_path / "mine.txt").write_text("mine")
    told = CliRunner().invoke(app, ["docs", "build", str(tmp_path)])
    assert told.exit_code != 0 and "holds something else" in told.output
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]
    (built / "old.html").write_text("old")
    assert site.build(built, error_pages.served("https://pay.example")) == len(pages(built))
    assert not (built / "old.html").exists()
