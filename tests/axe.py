"""What axe finds wrong with a page in the real browser.

Only what it finds leaves the page. Its whole report names every element that passed each rule: megabytes for a long
page, whose way through the browser's driver took four times as long as axe itself.
"""

from typing import Final, NamedTuple

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

# WCAG 2.2 AA, as far as a program can tell, and what axe recommends besides.
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
RUN: Final = """rules => axe.run({runOnly: rules, resultTypes: ["violations", "incomplete"]}).then(report =>
    Object.fromEntries(["violations", "incomplete"].map(type => [type, report[type].flatMap(finding =>
        finding.nodes.map(node => [finding.id, finding.impact || "", node.html.slice(0, 500)]))])))"""


class Finding(NamedTuple):
    """An element that breaks a rule, or may."""

    rule: str
    impact: str
    html: str


class Report(NamedTuple):
    """What axe is sure of, and what it leaves to a person."""

    violations: list[Finding]
    incomplete: list[Finding]


def run_axe(page: Page | Frame) -> Report:
    """Examine the page, or one frame in it, as it is now."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(RUN, list(RULES))
    return Report(*([Finding(*one) for one in found[kind]] for kind in Report._fields))
