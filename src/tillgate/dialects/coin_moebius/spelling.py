"""Ids as Coin Moebius writes them: ``proj_…`` and ``tx_…`` carry the ULID of a project and of a checkout session."""

from typing import Final

from tillgate.base import ids
from tillgate.checkout.sessions.model import CheckoutSession

PROJECT: Final = "proj"
TRANSACTION: Final = "tx"
# Of providers, in paths and in events.
CRYPTO: Final = "crypto"
MANUAL: Final = "manual"


def project_id(text: str) -> str:
    """The project that a path names, in this server's spelling or in the document's."""
    return _own(PROJECT, ids.PROJECT, text)


def session_id(text: str) -> str:
    """The checkout session that a transaction's id stands for, in either spelling."""
    return _own(TRANSACTION, ids.CHECKOUT_SESSION, text)


def to_project(id: str) -> str:
    """A project's id as the document writes it."""
    return ids.renamed(PROJECT, id)


def to_transaction(id: str) -> str:
    """A checkout session's id as the id of a transaction."""
    return ids.renamed(TRANSACTION, id)


def provider_of(session: CheckoutSession) -> str:
    """The provider that a session is paid through."""
    return MANUAL if session.payment.by_mail else CRYPTO


def _own(theirs: str, ours: str, text: str) -> str:
    return ids.renamed(ours, text) if ids.is_id(theirs, text) else text
