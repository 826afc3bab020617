"""No statement changes what a kept form shows and leaves the form: each removes it, and the event keeps another."""

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import msgspec

import tillgate
from keyturn.database import Both
from tests.kept import FORMED
from tests.makers import NEW_YEAR, payment_of, session_of
from tillgate.base.money import Money
from tillgate.checkout import kept
from tillgate.checkout.customers import model as customers
from tillgate.checkout.links import model as links
from tillgate.checkout.orders import model as orders
from tillgate.checkout.orders import object as order_object
from tillgate.checkout.payments import object as payment_object
from tillgate.checkout.payments.model import PaymentState, RecordedPayment
from tillgate.checkout.products import model as products
from tillgate.checkout.sessions import object as session_object

UPDATE = re.compile(r"\bUPDATE (\w+) SET (.*?)(?= WHERE |$)", re.DOTALL)
INSERT = re.compile(r"^INSERT INTO (\w+)")
COLUMN = re.compile(r"(?:^|, )(\w+) = ")
# Columns that no form shows.
NOT_SHOWN = {
    "orders": {"claimed_reference"},
    "checkout_sessions": {"counts_for_link"},
    "payments": {"booked", "counted"},
    "customers": {"indexed"},
}
# What the forms of a session, its order and its payment show of each other's rows. A payment's metadata is its own; its
# state is told by theirs.
SHOWN_BY_OTHERS = {
    "checkout_sessions": {"expires_at"},
    "payments": {"amount_atomic", "amount_minor", "authorized_minor", "decision", "unexpected"},
}
# All of whose columns are shown by three forms.
FEEDING = "transactions"
FORMS_ON_RECORD = Path(__file__).with_name("kept_forms.json")


class Statement(NamedTuple):
    """One change, and where it is run."""

    module: ModuleType
    name: str
    table: str
    columns: set[str]

    @property
    def runners(self) -> list[str]:
        """The functions that name the statement."""
        sources = (inspect.getsource(one) for _, one in inspect.getmembers(self.module, inspect.isfunction))
        return [source for source in sources if re.search(rf"\b{self.name}\b", source)]

    def __str__(self) -> str:
        return f"{self.module.__name__}.{self.name}"


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(tillgate.__path__, "tillgate."):
        if found.name.endswith(".records"):
            yield importlib.import_module(found.name)


def _texts(module: ModuleType) -> Iterator[tuple[str, str]]:
    for name, value in vars(module).items():
        if isinstance(value, Both):
            yield name, value.postgres
        elif isinstance(value, str):
            yield name, value


def statements() -> list[Statement]:
    """Every change of every noun, as it is sent."""
    found = []
    for module in _modules():
        for name, text in _texts(module):
            inserted = INSERT.match(text)
            if inserted is not None and inserted[1] == FEEDING:
                found.append(Statement(module, name, FEEDING, set()))
            elif (updated := UPDATE.search(text)) is not None:
                found.append(Statement(module, name, updated[1], set(COLUMN.findall(updated[2]))))
    return found


def test_whoever_changes_a_row_takes_its_form_away() -> None:
    """``kept = NULL`` stands in each update of a table that keeps forms, but for columns that no form shows."""
    tables = {noun.table for noun in kept.NOUNS.values()}
    changes = [one for one in statements() if one.table in tables]
    assert len(changes) >= 18
    assert [
        str(one) for one in changes if "kept" not in one.columns and one.columns - NOT_SHOWN.get(one.table, set())
    ] == []


def test_whoever_changes_what_other_forms_show_takes_those_away_too() -> None:
    """Money that moves, another price and another deadline are shown by a session, its order and its payment."""
    changes = [
        one for one in statements() if one.table == FEEDING or one.columns & SHOWN_BY_OTHERS.get(one.table, set())
    ]
    assert len(changes) >= 8
    # What is only put together of another is run by nobody under its own name.
    assert [str(one) for one in changes for source in one.runners if "outdate" not in source] == []
    assert sum(len(one.runners) for one in changes) >= 8


def test_every_noun_that_keeps_forms_is_compared() -> None:
    """The state machine looks at each of them."""
    assert {noun.table for noun in kept.NOUNS.values()} == set(FORMED)


def _examples() -> dict[str, object]:
    payment = payment_of()
    session = session_of(payment, expires_at=NEW_YEAR)
    session = msgspec.structs.replace(session, id="cs_x", order_id="ord_x", metadata='{"a":"ä"}')
    line = orders.LineItem(id="li_x", kind=orders.LineItemKind.PRODUCT, name="Tea", quantity=1, unit_minor=5_000)
    order = orders.Order(
        id="ord_x", project_id="prj_x", livemode=False, session_id="cs_x", customer_id=None,
        status=orders.OrderStatus.OPEN, fulfillment=orders.Fulfillment.UNFULFILLED, reference=None,
        unique_reference=False, currency="USD", line_items=(line,), discounts=(), shipping_minor=0, total_minor=5_000,
        metadata=None, created_at=NEW_YEAR, updated_at=NEW_YEAR, expires_at=NEW_YEAR, payment=payment,
    )  # fmt: skip
    recorded = RecordedPayment(
        payment, "prj_x", False, "ord_x", PaymentState.AWAITING, NEW_YEAR, None, NEW_YEAR, NEW_YEAR
    )
    link = links.PaymentLink(
        id="pl_x", project_id="prj_x", livemode=False, slug="tea", title="Tea", description=None,
        price=Money(5_000, "USD"), success_url=None, cancel_url=None, active=True, archived_at=None,
        created_at=NEW_YEAR, updated_at=NEW_YEAR, allow_promotion_codes=False,
    )  # fmt: skip
    product = products.Product(
        id="prod_x", project_id="prj_x", livemode=False, name="Tea", description=None, active=True, metadata=None,
        price=products.Price(
            pricing=products.Pricing.FIXED, currency="USD", suggested=5_000, least=None, most=None
        ),
        created_at=NEW_YEAR, updated_at=NEW_YEAR,
    )  # fmt: skip
    customer = customers.Customer(
        id="cus_x", project_id="prj_x", livemode=False, email="ada@shop.example", name="Ada", reference=None,
        metadata=None, created_at=NEW_YEAR, updated_at=NEW_YEAR,
    )  # fmt: skip
    url = "https://shop.example"
    return {
        "checkout session": session_object.to_api(session, url),
        "order": order_object.to_api(order, url),
        "payment": payment_object.to_api(recorded),
        "payment link": links.to_api(link, url),
        "product": products.to_api(product),
        "customer": customers.to_api(customer),
    }


def test_another_form_has_another_number() -> None:
    """``kept.FORMS`` goes up with every change of the bytes that an unchanged object is shown in: whoever upgrades
    must not be shown the old ones. Put the new number and the new digests into ``kept_forms.json`` together."""
    now = {name: sha256(msgspec.json.encode(one)).hexdigest()[:16] for name, one in _examples().items()}
    assert set(now) == {noun.name for noun in kept.NOUNS.values()}
    on_record = json.loads(FORMS_ON_RECORD.read_text("utf-8"))
    assert {"forms": kept.FORMS, **now} == on_record
