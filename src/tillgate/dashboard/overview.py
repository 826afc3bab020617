"""The first page: what came, what needs somebody, what to do next, and the latest payments."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from starlette.responses import Response

from keyturn import Mode, Status
from keyturn.insight.advice import unused_keys
from keyturn.keys.listing import KeyFilter
from tillgate.access.accounts import Right
from tillgate.access.alerts.model import Alert, AlertKind, path_of
from tillgate.access.alerts.operations import dismiss, open_alerts
from tillgate.access.alerts.words import WORDS, subject_of, text_of
from tillgate.base.clock import DAY_MS
from tillgate.base.money import Money
from tillgate.base.pages import Page, PageRequest
from tillgate.checkout.figures.model import Figures
from tillgate.checkout.figures.operations import Overview, Period, overview
from tillgate.checkout.links.operations import list_links
from tillgate.checkout.orders.operations import count_in_review
from tillgate.checkout.payments.counting import still_counting
from tillgate.checkout.projects.operations import get_settings
from tillgate.checkout.refunds.operations import count_pending
from tillgate.checkout.unassigned.operations import count_open
from tillgate.dashboard.calls import READ, Call, Need, View
from tillgate.dashboard.charts import Plot, day_words, plot
from tillgate.dashboard.filters import Filters
from tillgate.dashboard.keys import EXPIRING, EXPIRING_DAYS, KEYS, UNUSED
from tillgate.dashboard.sales import Sale, payments_page
from tillgate.events.endpoints.operations import count_failing, list_endpoints
from tillgate.rails.evm.standing import NetworkState, standings
from tillgate.store import Transaction
from tillgate.words import ENGLISH, words_in

LATEST_MAX: Final = 8
# What waits is counted up to here; the page says "more than" beyond it.
WAITING_MAX: Final = 99
CURRENCIES_MAX: Final = 12
_UNASSIGNED: Final = "/dashboard/unassigned?show=unassigned"
_ENDPOINTS: Final = "/dashboard/webhooks"
_K = AlertKind
_WELL: Final = (NetworkState.IN_STEP, NetworkState.STARTING)


class Waiting(NamedTuple):
    """Something that needs somebody: how many there are, what, and where they are looked at.

    Attributes:
        kind: the alert that each of them raises; None where none does.
    """

    number: int
    one: str
    many: str
    path: str
    kind: AlertKind | None = None

    @property
    def words(self) -> str:
        """``3 refunds to send``."""
        count = str(self.number) if self.number <= WAITING_MAX else f"More than {WAITING_MAX}"
        return f"{count} {self.one if self.number == 1 else self.many}"


class Tile(NamedTuple):
    """One period in one currency, in words.

    Attributes:
        change: against the period before.
        rest: what else there is to say of it.
    """

    title: str
    received: Money
    change: str
    rest: list[str]


class Received(NamedTuple):
    """What came, in the currency that is looked at.

    Attributes:
        currencies: all that something came in, that in which most payments succeeded first.
        incomplete: earlier payments are still being counted.
    """

    currency: str
    currencies: list[str]
    tiles: list[Tile]
    plot: Plot
    days: list[tuple[str, Figures]]
    zone: str
    incomplete: bool


class _Read(NamedTuple):
    has_link: bool
    has_endpoint: bool
    latest: Page[Sale]
    alerts: list[Alert]
    received: list[Overview]
    zone: str
    incomplete: bool
    waiting: list[Waiting]


async def show(call: Call) -> Response:
    """Figures by currency, what waits for somebody, the next steps, ticked off by what is there, and what came last."""
    principal, now = call.principal, call.context.clock.now()

    async def operation(tx: Transaction) -> _Read:
        zone = (await get_settings(tx, principal.project_id)).time_zone
        newest = Filters({}, {}, zone, PageRequest(LATEST_MAX))
        return _Read(
            bool((await list_links(tx, principal, PageRequest(1))).data),
            bool((await list_endpoints(tx, principal, PageRequest(1))).data),
            await payments_page(tx, principal, newest),
            await open_alerts(tx, principal),
            await overview(tx, principal, now, zone),
            zone,
            await still_counting(tx, principal),
            await _waiting(tx, call, now),
        )

    read = await call.read(operation)
    active = KeyFilter(mode=Mode(principal.mode), status=Status.ACTIVE)
    keys = await call.context.keys.page(principal.project_id, active, None, 1)
    notices = await call.context.notices.unseen(call.who)
    words = words_in(ENGLISH)
    waiting = [*read.waiting, *await _keys(call)]
    # What is counted is not said once more. Owners see changed settings above, each their own.
    elsewhere = {_K.SETTING_CHANGED, *(one.kind for one in waiting)}
    touched = {line.key_id for line in notices.lines if line.key_id is not None}
    return call.page(
        "overview.html",
        section="overview",
        has_key=bool(keys.keys),
        has_link=read.has_link,
        has_endpoint=read.has_endpoint,
        found=read.latest,
        received=_received(read, call.query("currency")),
        waiting=waiting,
        notices=notices,
        alerts=[
            (one, subject_of(one, words), text_of(one, words), path_of(one), WORDS[one.kind].open)
            for one in read.alerts
            if one.kind not in elsewhere
        ],
        names={key.id: key.name for key in (await call.context.keys.by_ids(principal.project_id, touched)).values()},
    )


async def _waiting(tx: Transaction, call: Call, now: int) -> list[Waiting]:
    who, most = call.principal, WAITING_MAX + 1
    counts = (
        (count_in_review, "order to review", "orders to review", "/dashboard/orders?status=review", _K.NEEDS_REVIEW),
        (count_pending, "refund pending", "refunds pending", "/dashboard/refunds?status=pending", None),
        (count_open, "unassigned transfer", "unassigned transfers", _UNASSIGNED, _K.UNASSIGNED_TRANSFER),
        (count_failing, "failing webhook endpoint", "failing webhook endpoints", _ENDPOINTS, _K.ENDPOINT_FAILING),
    )
    found = [Waiting(await count(tx, who, most), one, many, path, kind) for count, one, many, path, kind in counts]
    if call.who.may(Right.OPERATE):
        behind = [one for one in await standings(tx, now) if one.state not in _WELL]
        found.append(Waiting(len(behind), "network not in step", "networks not in step", "/dashboard/networks"))
    return [one for one in found if one.number]


async def _keys(call: Call) -> list[Waiting]:
    idle = await unused_keys(
        call.context.keys, call.context.clock, project_id=call.principal.project_id, limit=WAITING_MAX + 1
    )
    now = call.context.clock.now()
    soon = KeyFilter(status=Status.ACTIVE, expiring=(now, now + EXPIRING_DAYS * DAY_MS))
    ending = (await call.context.keys.page(call.principal.project_id, soon, None, WAITING_MAX + 1)).keys
    found = (
        Waiting(
            len(ending),
            "API key that expires soon",
            "API keys that expire soon",
            f"{KEYS}?show={EXPIRING}",
            _K.KEY_EXPIRING,
        ),
        Waiting(len(idle), "unused API key", "unused API keys", f"{KEYS}?show={UNUSED}"),
    )
    return [one for one in found if one.number]


def _received(read: _Read, wanted: str | None) -> Received | None:
    if not read.received:
        return None
    found = read.received[:CURRENCIES_MAX]
    chosen = next((one for one in found if one.currency == wanted), found[0])
    days = [(day_words(day), figures) for day, figures in chosen.by_day]
    columns = [
        (day, figures.received_minor, f"{day_words(day)}: {'; '.join(_day(figures, chosen.currency))}")
        for day, figures in chosen.by_day
    ]
    return Received(
        chosen.currency,
        [one.currency for one in found],
        [_tile(one, chosen.currency) for one in chosen.periods],
        plot(columns),
        days,
        read.zone,
        read.incomplete,
    )


def _tile(period: Period, currency: str) -> Tile:
    title = "Today" if period.days == 1 else f"{period.days} days"
    now = period.now
    rest = [f"{now.succeeded:,} paid"]
    if now.conversion is not None:
        rest.append(f"{now.conversion} % conversion")
    if now.refunds:
        rest.append(f"{Money(now.refunded_minor, currency)} {currency} refunded")
    return Tile(title, Money(now.received_minor, currency), _change(period), rest)


def _change(period: Period) -> str:
    """``12 % more than the 7 days before``."""
    before, now = period.before.received_minor, period.now.received_minor
    named = "yesterday by this time" if period.days == 1 else f"the {period.days} days before"
    if before <= 0:
        return f"Nothing {named}"
    change = round(100 * (now - before) / before)
    if not change:
        return f"As much as {named}"
    return f"{abs(change)} % {'more' if change > 0 else 'less'} than {named}"


def _day(figures: Figures, currency: str) -> Iterator[str]:
    yield f"{Money(figures.received_minor, currency)} {currency} received"
    yield f"{figures.succeeded:,} paid"
    if figures.refunds:
        yield f"{Money(figures.refunded_minor, currency)} {currency} refunded"


async def dismiss_alert(call: Call) -> Response:
    """Show an alert no more."""
    now = call.context.clock.now()
    await call.write(lambda tx: dismiss(tx, call.principal, call.param("alert"), now))
    return call.go("/dashboard", flash="alert_dismissed")


VIEWS: Final = (
    View("GET", "/dashboard", show, READ),
    View("POST", "/dashboard/alerts/{alert}/dismiss", dismiss_alert, Need(Right.WEBHOOKS)),
)
