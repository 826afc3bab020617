"""Every kind of job that the server runs, declared in one place."""

from typing import Final

from keyturn.admission.layer import KeyLayer
from tillgate.access.alerts.mailing import AlertMails
from tillgate.access.alerts.operations import drop_old as drop_alerts
from tillgate.access.passwords.operations import Passwords
from tillgate.access.texts import TEXTS as PEOPLES_TEXTS
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock
from tillgate.checkout import CheckoutContext, metadata_records
from tillgate.checkout import person_records as checkout_places
from tillgate.checkout.books import operations as books
from tillgate.checkout.customers import erasing
from tillgate.checkout.customers import operations as customers
from tillgate.checkout.payments import counting
from tillgate.checkout.refunds import confirming, sending
from tillgate.checkout.settlement import jobs as settlement
from tillgate.checkout.text_records import TEXTS as CHECKOUT_TEXTS
from tillgate.dialects import person_records as dialect_places
from tillgate.documents import person_records as document_places
from tillgate.events import operations as events
from tillgate.events import person_records as event_places
from tillgate.mail import person_records as mail_places
from tillgate.mail.operations import MailQueue
from tillgate.pages.mails import BuyerMails
from tillgate.store import Database, idempotency, renormalising
from tillgate.store.erasure_records import IDEMPOTENT_ANSWERS
from tillgate.store.jobs import Again, Job, Kind, in_batches
from tillgate.store.jobs import operations as jobs

FORGET_EVERY_MS: Final = 10 * MINUTE_MS
EXPIRING_EVERY_MS: Final = MINUTE_MS
# Of the request log and the counts of keys, in one run.
FORGOTTEN_MAX: Final = 20_000

# Where a person may be named, room by room.
PLACES: Final = (
    *checkout_places.PLACES,
    *event_places.PLACES,
    *mail_places.PLACES,
    *document_places.PLACES,
    *dialect_places.PLACES,
    IDEMPOTENT_ANSWERS,
)


def mail_kinds(
    database: Database,
    clock: Clock,
    mail: MailQueue,
    *,
    alerts: AlertMails,
    buyers: BuyerMails,
    passwords: Passwords,
) -> list[Kind]:
    """The kinds that have to do with mail and alerts, in the order in which they are shown."""

    async def drop(_: Job) -> Again | None:
        mails = await in_batches(database, mail.drop_old)
        return await in_batches(database, lambda tx: drop_alerts(tx, clock.now())) or mails

    return [
        mail.kind(),
        *alerts.kinds(),
        buyers.kind(),
        passwords.kind(),
        Kind("mail.drop", drop, every_ms=HOUR_MS, seconds_max=60),
    ]


def every_kind(database: Database, clock: Clock, checkout: CheckoutContext, keys: KeyLayer) -> list[Kind]:
    """The kinds, in the order in which they are shown."""

    async def drop_events(_: Job) -> Again | None:
        return await in_batches(database, lambda tx: events.drop_old(tx, clock.now()))

    async def forget_answers(_: Job) -> Again | None:
        return await in_batches(database, lambda tx: idempotency.forget(tx, clock.now()))

    async def forget_use(_: Job) -> Again | None:
        return Again() if await keys.forget(FORGOTTEN_MAX) >= FORGOTTEN_MAX else None

    async def emit_expiring(_: Job) -> None:
        await keys.emit_expiring()

    async def drop_failed(_: Job) -> Again | None:
        return await in_batches(database, lambda tx: jobs.drop_old(tx, clock.now()))

    async def walk_texts(_: Job) -> Again | None:
        return await renormalising.renormalise(database, [*PEOPLES_TEXTS, *CHECKOUT_TEXTS])

    async def count_payments(_: Job) -> Again | None:
        again = await in_batches(database, counting.count_batch)
        return await in_batches(database, books.book_batch) or again

    async def index_customers(_: Job) -> Again | None:
        again = await in_batches(database, customers.index_batch)
        return await in_batches(database, metadata_records.index_batch) or again

    return [
        *settlement.kinds(checkout, database),
        sending.kind(checkout, database),
        *confirming.kinds(checkout, database),
        Kind("payments.count", count_payments, every_ms=HOUR_MS, seconds_max=60),
        Kind("customers.index", index_customers, every_ms=HOUR_MS, seconds_max=60),
        erasing.kind(database, PLACES),
        Kind("keys.expiring", emit_expiring, every_ms=EXPIRING_EVERY_MS, seconds_max=120),
        Kind("keys.forget", forget_use, every_ms=FORGET_EVERY_MS, seconds_max=60),
        Kind("events.drop", drop_events, every_ms=FORGET_EVERY_MS, seconds_max=60),
        Kind("idempotency.forget", forget_answers, every_ms=FORGET_EVERY_MS, seconds_max=60),
        Kind("jobs.drop", drop_failed, every_ms=HOUR_MS),
        Kind("texts.renormalise", walk_texts, every_ms=DAY_MS, seconds_max=60),
    ]
