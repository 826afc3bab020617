"""What a text narrows a list of sales to: the sessions, orders, payments or refunds of one order, or of one buyer."""

from typing import NamedTuple

from tillgate.base import ids
from tillgate.base.principal import Principal
from tillgate.base.text import identity
from tillgate.checkout.customers.operations import list_customers
from tillgate.store import Transaction


class Asked(NamedTuple):
    """What is asked of a list that knows orders: one of its objects, or those whose order has a reference, or is a
    customer's.

    Attributes:
        id: of the one that is meant, if any.
        reference: as it is compared.
    """

    id: str | None = None
    reference: str | None = None
    customer_id: str | None = None


async def asked_by(
    tx: Transaction,
    principal: Principal,
    text: str | None,
    customer_id: str | None,
    *,
    prefix: str,
    sees_customers: bool = True,
) -> Asked | None:
    """What a text and a customer's id say together; None where they exclude each other, or the text leads nowhere.

    Args:
        text: the id of one of the list's objects, the reference of its order, or the e-mail address of its buyer.
        prefix: of the ids that the list is about.
        sees_customers: whether the caller may know which addresses there are; without that none leads anywhere.
    """
    if text is None:
        return Asked(customer_id=customer_id)
    if ids.is_id(prefix, text):
        return Asked(id=text, customer_id=customer_id)
    # An address has an at sign; nothing else is looked for by both.
    if "@" not in text:
        return Asked(reference=identity(text), customer_id=customer_id)
    if not sees_customers:
        return None
    customers = await list_customers(tx, principal, page=1, limit=1, email=text)
    if not customers.data or customer_id not in (None, customers.data[0].id):
        return None
    return Asked(customer_id=customers.data[0].id)
