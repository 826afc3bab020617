"""What `make newcomer` reads in the README. Following it is a part of a release."""

import importlib.util
from types import ModuleType

import pytest

from tests.house.source import ROOT
from tillgate.access import API_SCOPES
from tillgate.events.types import EVENT_TYPES

README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture
def newcomer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("newcomer", ROOT / "scripts/newcomer.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readme_is_read_word_for_word(newcomer: ModuleType) -> None:
    """Each block as it stands, and from the sentences where to click, what to choose and what is seen then."""
    told = newcomer.read(README)
    assert all(block in README for block in told.blocks) and told.blocks[-1] == "make demo\n"
    assert told.where == ("API Keys", "Create key")
    assert told.scopes and set(told.scopes) <= set(API_SCOPES)
    assert told.press == "Simulate: pay in full"
    assert told.printed[0] == "session.created" and "session.paid" in told.printed
    assert set(told.printed) <= set(EVENT_TYPES)
    assert told.install.startswith("pipx install ") and told.install.endswith(" tillgate\n")


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("## Quickstart", "## Begin", "no section 'Quickstart'"),
        ("```sh\nmake up\n```", "Run it.", "6 blocks"),
        ("**Simulate: pay in full**", "the button", "what is pressed"),
        ("**Dashboard → API Keys → Create key**", "the dashboard", "where keys are created"),
        ("pipx install", "pip install", "how to install without a clone"),
    ],
)
def test_a_readme_that_says_something_else_is_told(newcomer: ModuleType, written: str, instead: str, said: str) -> None:
    """A step that went missing is an error, not a step that is left out."""
    assert written in README
    with pytest.raises(SystemExit, match=said):
        newcomer.read(README.replace(written, instead))
