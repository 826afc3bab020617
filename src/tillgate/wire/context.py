"""What the API's routes work with."""

from typing import NamedTuple

from keyturn.admission.layer import KeyLayer
from tillgate.access import CodeTries, Keyless, PasswordTries, VisitorLimit
from tillgate.access.hashes import PasswordHashes
from tillgate.base.clock import Clock
from tillgate.checkout import CheckoutContext
from tillgate.documents.context import DocumentContext
from tillgate.events.deliveries.worker import DeliveryWorker
from tillgate.events.endpoints.operations import EndpointContext
from tillgate.events.outbox import Outbox
from tillgate.rails.port import TransferExplainer
from tillgate.store import Database


class ApiContext(NamedTuple):
    """Handed to every route.

    Attributes:
        codes: how often a promotion code may be tried with a publishable key.
        keyless: how fast somebody without a key may call where none is needed.
        passwords: how often shoppers may try to sign in; ``hashes`` compares what they try.
        look_ups: how often a project may have a transaction looked up.
    """

    database: Database
    clock: Clock
    outbox: Outbox
    keys: KeyLayer
    checkout: CheckoutContext
    endpoints: EndpointContext
    worker: DeliveryWorker
    codes: CodeTries
    keyless: Keyless
    passwords: PasswordTries
    hashes: PasswordHashes
    explainer: TransferExplainer
    look_ups: VisitorLimit
    public_url: str
    documents: DocumentContext
