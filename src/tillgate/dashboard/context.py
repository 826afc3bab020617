"""What the dashboard's pages work with."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from keyturn import Issuer, KeyStore, Needs
from keyturn.stores.ports import RequestStore, UsageStore
from tillgate.access import InvitationLimits, VisitorLimit
from tillgate.access.accounts import Accounts
from tillgate.access.invitations import Invitations
from tillgate.access.notices import NoticeBoard
from tillgate.access.passwords.operations import Passwords
from tillgate.access.second_factor.operations import SecondFactors
from tillgate.base.clock import Clock
from tillgate.checkout import CheckoutContext
from tillgate.checkout.projects.model import Profile
from tillgate.dashboard.places import ExportPlaces
from tillgate.documents.context import DocumentContext
from tillgate.events.deliveries.worker import DeliveryWorker
from tillgate.events.endpoints.operations import EndpointContext
from tillgate.events.outbox import Outbox
from tillgate.mail.model import Letter, Purpose
from tillgate.mail.operations import MailQueue
from tillgate.rails.port import TransferExplainer
from tillgate.store import Database, Sealer
from tillgate.wire.dialect import Dialect


class DashboardContext(NamedTuple):
    """Handed to every page.

    Attributes:
        needs_of: what a call asks for, by its method and its path with the query; None where any key will do. It raises
            LookupError where no language has such an operation.
        lost_passwords: how often somebody may ask for a link that sets another password.
        invitation_limits: how often people are invited.
        buyer_example: a mail to a buyer about a payment that nobody has made, for a preview.
        sealer: of what is sealed at rest, such as the extended keys of wallets.
        job_kinds: the names of the kinds of jobs that this server runs.
        languages: those that this server speaks, the native one first.
        look_ups: how often a project may have a transaction looked up.
        exports: the places of files that are being downloaded.
        dev: whether the chain of development nodes is taken.
        public_url: this server's address for the examples shown, without a slash at the end.
    """

    database: Database
    clock: Clock
    outbox: Outbox
    accounts: Accounts
    invitations: Invitations
    second_factors: SecondFactors
    notices: NoticeBoard
    mail: MailQueue
    passwords: Passwords
    lost_passwords: VisitorLimit
    invitation_limits: InvitationLimits
    buyer_example: Callable[[Profile, Purpose, str], Letter]
    keys: KeyStore
    issuer: Issuer
    usage: UsageStore
    requests: RequestStore
    needs_of: Callable[[str, str], Needs]
    checkout: CheckoutContext
    endpoints: EndpointContext
    worker: DeliveryWorker
    sealer: Sealer
    job_kinds: Sequence[str]
    languages: Sequence[Dialect]
    explainer: TransferExplainer
    look_ups: VisitorLimit
    dev: bool
    public_url: str
    documents: DocumentContext
    exports: ExportPlaces
