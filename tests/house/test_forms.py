"""Whatever may be sent twice is done once: each form of the dashboard carries a mark, and the road honours it."""

import re
from pathlib import Path

import pytest

from tests.house.source import SRC
from tillgate.dashboard.calls import View
from tillgate.dashboard.routing import VIEWS

TEMPLATES = SRC / "tillgate/dashboard/templates"
FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL)
# Nobody is signed in yet: whom a second one signs in is whom the first one did, and a link or a code works once. And
# the page that asks for a password holds another form as it was sent, with that form's mark.
WITHOUT_A_MARK = {
    "sign_in.html",
    "second_step.html",
    "setup.html",
    "invitation.html",
    "confirm.html",
    "lost.html",
    "reset.html",
}


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_every_form_carries_the_mark_that_is_honoured(path: Path) -> None:
    """A reload after a lost answer refunded 4.00 instead of 2.00, and doubled links, products and coupons."""
    for form in FORM.findall(path.read_text("utf-8")):
        if 'method="post"' in form:
            assert "guard()" in form or path.name in WITHOUT_A_MARK, form


def test_one_mark_is_made_in_one_place() -> None:
    """No template writes a mark of its own, which the road might not know."""
    written = [path.name for path in TEMPLATES.rglob("*.html") if 'name="form_id"' in path.read_text("utf-8")]
    assert written == ["macros.html"]


def test_every_form_is_answered_on_that_road() -> None:
    """What takes a form of somebody who is signed in is a view, and views are answered in one place, by the mark."""
    assert any(isinstance(view, View) and view.method == "POST" for view in VIEWS)
    calls = (SRC / "tillgate/dashboard/calls.py").read_text("utf-8")
    assert len(re.findall(r"\bview\.answer\b", calls)) == 3  # public, a form once, and a page
    assert 'answered_once(view.answer) if view.method == "POST"' in calls
