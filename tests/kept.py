"""Whether the forms that are kept beside rows are what those rows are shown as."""

from typing import Any, NamedTuple

import msgspec

from keyturn.database import Database
from tillgate.checkout import kept
from tillgate.checkout.customers import model as customer_model
from tillgate.checkout.customers import records as customers
from tillgate.checkout.links import model as link_model
from tillgate.checkout.links import records as links
from tillgate.checkout.orders import object as order_object
from tillgate.checkout.orders import records as orders
from tillgate.checkout.payments import object as payment_object
from tillgate.checkout.payments import records as payments
from tillgate.checkout.products import model as product_model
from tillgate.checkout.products import records as products
from tillgate.checkout.sessions import object as session_object
from tillgate.checkout.sessions import records as sessions
from tillgate.store import Transaction

# Of each noun, how its objects are read and formed.
FORMED: dict[str, tuple[Any, Any]] = {
    kept.SESSION.table: (sessions.by_ids, session_object.to_api),
    kept.ORDER.table: (orders.by_ids, lambda one, url: order_object.to_api(one, url)),
    kept.PAYMENT.table: (payments.by_ids, lambda one, _: payment_object.to_api(one)),
    kept.LINK.table: (links.by_ids, link_model.to_api),
    kept.PRODUCT.table: (products.by_ids, lambda one, _: product_model.to_api(one)),
    kept.CUSTOMER.table: (customers.by_ids, lambda one, _: customer_model.to_api(one)),
}


_SELECT = "SELECT id, project_id, livemode, kept FROM"


class Compared(NamedTuple):
    """What was found.

    Attributes:
        missing: ids of objects without a form that counts.
        untrue: kept forms that differ from what is formed, with that.
    """

    true: set[str]
    missing: set[str]
    untrue: list[tuple[bytes, bytes]]


async def compared(database: Database, public_url: str, created_after: int = 0) -> Compared:
    """Every kept form beside the same object formed out of its row, in one snapshot."""

    async def operation(tx: Transaction) -> Compared:
        found = Compared(set(), set(), [])
        for table, (by_ids, formed) in FORMED.items():
            rows = await tx.fetch_all(f"{_SELECT} {table} WHERE created_at >= $1", created_after)
            owners: dict[tuple[str, bool], dict[str, bytes | None]] = {}
            for object_id, project_id, livemode, form in rows:
                owners.setdefault((project_id, bool(livemode)), {})[object_id] = form
            for (project_id, livemode), forms in owners.items():
                for one in await by_ids(tx, project_id, livemode, list(forms)):
                    shown = formed(one, public_url)
                    form = forms[shown.id]
                    if form is None or not form.startswith(kept.stamp(public_url)):
                        found.missing.add(shown.id)
                    elif form[kept.STAMP_BYTES :] == (whole := msgspec.json.encode(shown)):
                        found.true.add(shown.id)
                    else:
                        found.untrue.append((form[kept.STAMP_BYTES :], whole))
        return found

    return await database.read(operation)


async def forget_forms(database: Database) -> None:
    """Take every kept form away."""

    async def operation(tx: Transaction) -> None:
        for table in FORMED:
            await tx.execute(f"UPDATE {table} SET kept = NULL")  # noqa: S608

    await database.write(operation)
