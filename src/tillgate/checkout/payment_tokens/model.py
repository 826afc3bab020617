"""Payment tokens, inside and in the API's form."""

from enum import StrEnum
from typing import Final, Literal

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.checkout.metadata import metadata_to_api


class TokenStatus(StrEnum):
    """Where a payment token stands."""

    REQUIRES_AUTHORIZATION = "requires_authorization"
    ACTIVE = "active"
    DISABLED = "disabled"
    REJECTED = "rejected"
    DELETED = "deleted"


_S: Final = TokenStatus
# Where a token may go from where it is. A merchant may delete it wherever it is.
EDGES: Final = {
    _S.REQUIRES_AUTHORIZATION: (_S.ACTIVE, _S.REJECTED, _S.DELETED),
    _S.ACTIVE: (_S.DISABLED, _S.DELETED),
    _S.DISABLED: (_S.ACTIVE, _S.DELETED),
    _S.REJECTED: (_S.DELETED,),
    _S.DELETED: (),
}


class PaymentToken(msgspec.Struct, frozen=True, kw_only=True):
    """A shopper's promise that a merchant may make orders with. Instants are Unix milliseconds.

    Attributes:
        declines: whether orders by it are declined, as those of some test payment methods are.
        shopper: who approved it, as the language that it was made in knows them.
        reference: what the merchant calls it; never unique.
        metadata: the merchant's JSON object as text.
        success_url, cancel_url: where the shopper goes once they have decided.
    """

    id: str
    project_id: str
    livemode: bool
    status: TokenStatus
    declines: bool
    shopper: str | None
    reference: str | None
    metadata: str | None
    locale: str | None
    success_url: str
    cancel_url: str
    created_at: int
    updated_at: int


class PaymentTokenObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A payment token as events show it."""

    id: str
    object: Literal["payment_token"] = "payment_token"
    livemode: bool
    status: TokenStatus
    reference: str | None
    metadata: msgspec.Raw
    created_at: str
    updated_at: str


def to_api(token: PaymentToken) -> PaymentTokenObject:
    """The token in the API's form."""
    return PaymentTokenObject(
        id=token.id,
        livemode=token.livemode,
        status=token.status,
        reference=token.reference,
        metadata=metadata_to_api(token.metadata),
        created_at=to_rfc3339(token.created_at),
        updated_at=to_rfc3339(token.updated_at),
    )
