"""Facts and forms, in the code itself: types that are declared, and a delivery that knows no dialect."""

import ast
import re

from tests.house.source import SRC, below, edges, nodes_of, python_files, texts_of, where
from tillgate.checkout.orders import model as orders
from tillgate.checkout.payments import model as payments
from tillgate.checkout.refunds import model as refunds
from tillgate.checkout.sessions import model as sessions
from tillgate.events.types import EVENT_TYPES, TYPES

DECLARED = SRC / "tillgate/events/types.py"
NOUNS = sorted({name.partition(".")[0] for name in EVENT_TYPES})
VERBS = sorted({name.partition(".")[2] for name in EVENT_TYPES})
# A piece of an event type's name with the other piece put in: by an f-string, format, % or +.
GLUED = re.compile(rf"(?:{'|'.join(NOUNS)})\.(?:[{{%].*)?|(?:.*(?:\}}|%s))?\.(?:{'|'.join(VERBS)})")
ROOMS = ("checkout", "events", "access", "rails")


def test_event_types_are_declared_and_never_glued() -> None:
    """Events were once named `f"order.{to.value}"`: a new state was told under a name that no page explained, and
    nobody found by searching where an event comes from."""
    wrong = [
        f"{where(path, node)}: {text!r}"
        for path in python_files(SRC / "tillgate")
        for node, text in texts_of(path)
        if path != DECLARED and (text in EVENT_TYPES or GLUED.fullmatch(text))
    ]
    assert wrong == [], "import the type from tillgate.events.types: " + ", ".join(wrong)


def test_glued_names_are_found() -> None:
    """By every way of putting two texts together; a sentence or a file's name is none."""
    glued = ['f"order.{to}"', '"order." + to', '"order.%s" % to', 'f"{noun}.created"', '"{}.created".format(x)']
    glued += ['"%s.created" % x', 'x + ".created"']
    for line in glued:
        assert any(GLUED.fullmatch(text) for text in literals(line)), line
    for line in ('f"order/{to}"', '"created"', '"the order."', 'f"{name}.md"', '"order"'):
        assert not any(GLUED.fullmatch(text) for text in literals(line)), line


def literals(line: str) -> list[str]:
    """The strings of an expression, f-strings as the house reads them."""
    found = []
    for node in ast.walk(ast.parse(line)):
        if isinstance(node, ast.JoinedStr):
            found.append("".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return found


def test_what_creates_an_object_is_compared_with_nothing() -> None:
    """Else each new session reads the events of an object that has none."""
    created = {name for name in EVENT_TYPES if name.endswith(".created")}
    # An alert is its one event.
    alerts = {name for name in EVENT_TYPES if name.startswith("alert.")}
    assert {one.name for one in TYPES if one.creates} == created | alerts


def test_every_state_has_its_event() -> None:
    """A state without one would raise only when somebody gets there."""
    for model, states in (
        (orders, orders.OrderStatus),
        (payments, payments.PaymentState),
        (refunds, refunds.RefundStatus),
        (sessions, sessions.SessionStatus),
    ):
        assert set(model.EVENT_OF) == set(states)  # type: ignore[attr-defined]


def test_whether_something_changed_is_not_asked_of_api_objects() -> None:
    """The forms of two languages would disagree, and a field that is new in one would be an event of every object."""
    wrong = [
        where(path, node)
        for room in ROOMS
        for path in python_files(SRC / "tillgate" / room)
        for node in nodes_of(path)
        if isinstance(node, ast.Compare) and any(makes_a_form(one) for one in (node.left, *node.comparators))
    ]
    assert wrong == [], "compare what the domain has: " + ", ".join(wrong)


def makes_a_form(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name.endswith("to_api")


def test_deliveries_know_the_port_of_styles_alone() -> None:
    """What is claimed, connected, recorded and given up is the same in every language: the native style is put in
    where the server is put together."""
    wrong = [
        str(edge)
        for edge in edges()
        if below(edge.imported, "tillgate.events.native")
        and not below(
            edge.importer,
            "tillgate.api.application",
            "tillgate.api.reference",
            "tillgate.app",
            "tillgate.opening",
            # Whose document describes neither a signature nor a schedule.
            "tillgate.dialects.coin_moebius.webhooks",
        )
    ]
    assert wrong == [], "\n".join(wrong)
    signing = [
        where(path, node)
        for path in python_files(SRC / "tillgate")
        for node in nodes_of(path)
        if isinstance(node, ast.ImportFrom)
        and any(alias.name == "signature_headers" for alias in node.names)
        and path != SRC / "tillgate/events/native.py"
    ]
    assert signing == []


def test_facts_are_told_one_way() -> None:
    """Only five rooms tell facts, each through `emit`; nobody else writes events, forms or first deliveries."""
    tellers = {
        edge.importer for edge in edges() if "import emit" in edge.text and below(edge.imported, "tillgate.events")
    }
    assert tellers == {
        "tillgate.access.alerts.operations",
        "tillgate.access.key_events",
        "tillgate.checkout.emitting",
        "tillgate.documents.renders.jobs",
        "tillgate.events.endpoints.operations",
    }
