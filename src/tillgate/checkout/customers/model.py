"""Customers, inside and on the wire."""

from typing import Final, Literal

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.checkout.metadata import metadata_to_api

REFERENCE_MAX: Final = 200
PAGE_MAX: Final = 10_000


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A buyer whom the merchant knows. Instants are Unix milliseconds.

    Attributes:
        email: in lower case; unique within the project and mode, where given.
        reference: the merchant's own name for them; unique likewise.
        metadata: the merchant's JSON object as text.
        email_stated: the address is only what a buyer typed at a payment link; the merchant has not set it.
        erased_at: when they were erased; nothing else is known of them since.
    """

    id: str
    project_id: str
    livemode: bool
    email: str | None
    name: str | None
    reference: str | None
    metadata: str | None
    created_at: int
    updated_at: int
    email_stated: bool = False
    erased_at: int | None = None


class CustomerObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A customer as the API shows it.

    Attributes:
        email_stated: whether a buyer only typed this address at a payment link: nobody has proved it, and nothing need
            have been paid. False once you set ``email`` yourself.
        erased_at: when the customer was erased; ``email``, ``name``, ``reference``, ``metadata`` are null since then.
    """

    id: str
    object: Literal["customer"] = "customer"
    livemode: bool
    email: str | None
    email_stated: bool
    name: str | None
    reference: str | None
    metadata: msgspec.Raw
    erased_at: str | None
    created_at: str
    updated_at: str


def to_api(customer: Customer) -> CustomerObject:
    """The customer in the API's form."""
    return CustomerObject(
        id=customer.id,
        livemode=customer.livemode,
        email=customer.email,
        email_stated=customer.email_stated,
        name=customer.name,
        reference=customer.reference,
        metadata=metadata_to_api(customer.metadata),
        erased_at=to_rfc3339(customer.erased_at) if customer.erased_at is not None else None,
        created_at=to_rfc3339(customer.created_at),
        updated_at=to_rfc3339(customer.updated_at),
    )
