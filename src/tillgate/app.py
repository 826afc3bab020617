"""The composition root: the only file that knows what is real."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import tillgate.dashboard
import tillgate.pages
from keyturn import Limit, Limiter, RateLimiter
from keyturn.admission.layer import LayerObserver
from keyturn.admission.probing import Probed
from keyturn.database import Database, StoreError, StoreUnavailable, Trouble
from keyturn.http.headers import headers_of
from keyturn.http.pipeline import CLIENT
from keyturn.http.proxies import Networks, Transport, client_by_headers, is_own_host
from keyturn.leaks.github import GitHubReports, public_keys_at
from keyturn.leaks.reporting import PATHS, LeakReports
from keyturn.leaks.responding import Alert
from keyturn.readiness import readiness
from keyturn.stores.requests import SqlRequests
from tillgate import __version__
from tillgate.access import CodeTries, InvitationLimits, Keyless, PasswordTries, VisitorLimit
from tillgate.access.accounts import Accounts
from tillgate.access.alerts import operations as alerts
from tillgate.access.alerts.mailing import AlertMails
from tillgate.access.alerts.networks import NetworkAlerts
from tillgate.access.hashes import PasswordHashes
from tillgate.access.invitations import Invitations
from tillgate.access.notices import NoticeBoard
from tillgate.access.passwords.operations import Passwords
from tillgate.access.second_factor.operations import SecondFactors
from tillgate.access.second_factor.passkeys import site_of_url
from tillgate.api import ApiContext, NativeApi, error_pages
from tillgate.api.mount import DOCUMENT_PATH, ROOT
from tillgate.base.clock import Clock, SystemClock
from tillgate.base.text import is_loopback_host
from tillgate.checkout import CheckoutContext, CheckoutSettings
from tillgate.checkout.issued import operations as issued
from tillgate.checkout.projects.operations import get_words
from tillgate.checkout.settlement.watching import LivePayments
from tillgate.dashboard.context import DashboardContext
from tillgate.dashboard.places import ExportPlaces
from tillgate.dialects import SPOKEN, title_of
from tillgate.documents.context import DocumentContext
from tillgate.documents.embedding.jobs import EndedSessions
from tillgate.documents.engine import Engine, is_installed
from tillgate.documents.files import files_in
from tillgate.documents.previewing import Previewer
from tillgate.documents.printing.jobs import Printing
from tillgate.documents.renders.jobs import Renderings
from tillgate.events.deliveries.guard import LOOPBACK, TEST_CONNECTIONS_MAX, AddressGuard, guarded_transport
from tillgate.events.deliveries.sending import Sender
from tillgate.events.deliveries.worker import DeliveryWorker
from tillgate.events.endpoints.operations import TEST_EVERY_SECONDS, TESTS_AT_ONCE_MAX, EndpointContext
from tillgate.events.native import NATIVE_STYLE
from tillgate.events.outbox import Outbox, together
from tillgate.events.styles import Styles
from tillgate.events.wake import Wake
from tillgate.jobs import every_kind, mail_kinds
from tillgate.mail.operations import MailQueue
from tillgate.mail.sending import Smtp
from tillgate.metrics import CONTENT_TYPE, Metrics
from tillgate.opening import open_layer, open_migrated
from tillgate.pages import documents, guides, mails, playground
from tillgate.pages.context import PagesContext
from tillgate.pages.mails import BuyerMails
from tillgate.pages.papers import paper_of
from tillgate.pages.reader import reader_of
from tillgate.pages.rendering import notice
from tillgate.rails.evm import jobs as live
from tillgate.rails.evm.explaining import Explainer
from tillgate.rails.evm.payouts import PayoutLooks
from tillgate.rails.evm.rail import EvmRail
from tillgate.rails.evm.sight import EvmSight
from tillgate.rails.evm.standing import BehindWatch
from tillgate.rails.evm.watching import ChainWatchers
from tillgate.rails.manual import ManualRail
from tillgate.rails.port import Rails
from tillgate.rails.simulated import SimulatedRail
from tillgate.settings import Settings, SettingsError
from tillgate.store import Sealer
from tillgate.store.jobs import JobWorker
from tillgate.store.sealing import claim
from tillgate.wire import openapi
from tillgate.wire.crossroads import Crossroads, hint_of_format
from tillgate.wire.dialect import Dialect
from tillgate.wire.serving import DialectApp, needs_of_path
from tillgate.wire.static import SHARED, STATIC
from tillgate.wire.trying import playground_of

if TYPE_CHECKING:  # loads its client, which is installed only where it is used
    from keyturn.limiting.shared import SharedLimiter

BELOW_ROOT: Final = f"{ROOT}/"
STATIC_SECONDS: Final = 31_536_000
# Tries of promotion codes on a checkout's page: enough for a buyer's typing errors, not for guessing.
CODE_LIMIT: Final = Limit(1 / 60, 20)
# By visitor, and by session: each look asks every node.
HASH_LIMIT: Final = Limit(6 / 60, 10)
# All buyers of a project together: sessions and addresses are many where somebody wants them to be.
PROJECT_HASH_LIMIT: Final = Limit(1.0, 60)
# Receipts and the like, by visitor, and by session.
DOWNLOAD_LIMIT: Final = Limit(0.5, 30)
# Of templates, by whoever works on one: somebody who types is drawn a picture twice a second, for a while.
PREVIEW_LIMIT: Final = Limit(2.0, 30)
# Of one visitor, previews among them: the people of one company come from one address.
EMBED_LIMIT: Final = Limit(10.0, 300)
# By project, whoever asks for it: each look asks every node, too.
LOOK_UP_LIMIT: Final = Limit(30 / 60, 30)
# Codes that exist, and that one visitor applies to a project's sessions. Each is held for half an hour, so that nobody
# holds more than twenty places at once.
HOLD_LIMIT: Final = Limit(20 / 3600, 10)
# Of all visitors of a publishable key together: enough for a busy shop's buyers, and for guessers with many addresses
# 86,400 a day at most, where a code of eight characters has billions of others beside it.
KEY_CODE_LIMIT: Final = Limit(1.0, 300)
# Of one visitor, whomever they ask for: enough for somebody who looks in the wrong folder.
LOST_PASSWORD_LIMIT: Final = Limit(5 / 3600, 5)
# Of one project: more than a team grows in a day. Of one address, whoever invites it: their mail, not the invitation.
INVITATION_LIMIT: Final = Limit(20 / 3600, 20)
INVITATION_MAIL_LIMIT: Final = Limit(3 / 3600, 3)
# Checkouts that all visitors of a project open together without a key: more than a busy shop's buyers need. Who has a
# key on a server of their own is not held up when others use this up.
KEYLESS_PROJECT_LIMIT: Final = Limit(5.0, 600)
# Looks of one visitor without a key: a page that asks every two seconds, for a few buyers behind one address.
KEYLESS_LOOK_LIMIT: Final = Limit(2.0, 60)
# Calls of one visitor without a key to all projects together, those that do not exist among them: enough for the pages
# of several shops behind one address.
KEYLESS_VISITOR_LIMIT: Final = Limit(10.0, 300)
# Tries of test shoppers' passwords: of one visitor, and of all together, for each takes a processor tens of
# milliseconds.
SHOPPER_VISITOR_LIMIT: Final = Limit(0.5, 30)
SHOPPER_LIMIT: Final = Limit(4.0, 60)

_log = structlog.get_logger("app")


class Tillgate:
    """The whole server as one ASGI application, over an opened and migrated database."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        sealer: Sealer,
        clock: Clock,
        metrics: Metrics | None = None,
        dialects: Sequence[Dialect] = SPOKEN,
    ) -> None:
        """
        Args:
            dialects: the languages that are spoken beside the native one.
        """
        styles = Styles([NATIVE_STYLE, *(one.webhooks for one in dialects if one.webhooks is not None)])
        wake = Wake()
        self._mail = MailQueue(
            database, clock, sealer=sealer, bell=wake.jobs, smtp=Smtp(settings.mail) if settings.mail else None
        )
        outbox = Outbox(wake, styles, together(alerts.FOLLOW_UPS, mails.FOLLOW_UPS, issued.FOLLOW_UPS))
        self._clock = clock
        self._public_host = urlsplit(settings.public_url).hostname
        # Only where the operator has said that buyers come by TLS: a server that is tried out with a certificate of its
        # own must not bind its host name to that.
        strict = settings.hsts_seconds if settings.public_url.startswith("https:") else 0
        self._strict = (b"strict-transport-security", b"max-age=%d" % strict) if strict else None
        self._trusted_proxies = Networks(map(str, settings.trusted_proxies))
        self._metrics = metrics or Metrics()
        self._database = database
        alone = Limiter(time.monotonic_ns)
        self._shared = _shared(settings, alone, self._metrics)
        limiter: RateLimiter = self._shared or alone
        self._keys = open_layer(
            database,
            clock,
            outbox,
            limit=settings.key_limit,
            visitor_limit=settings.visitor_limit,
            limiter=limiter,
            visitors=self._shared,
            leak_rules=settings.leaks,
            request_days=settings.request_log_days,
            observer=_Observer(self._metrics),
            upkeep=False,
        )
        self.accounts = Accounts(database, clock, outbox)
        self.invitations = Invitations(database, clock, self.accounts)
        passwords = Passwords(
            database,
            clock,
            self.accounts,
            mail=self._mail,
            bell=wake.jobs,
            words_of=get_words,
            public_url=settings.public_url,
        )
        self.second_factors = SecondFactors(
            database, clock, self.accounts, sealer=sealer, site=site_of_url(settings.public_url)
        )
        guard = AddressGuard((*settings.webhook_networks, *(LOOPBACK if settings.dev else ())))
        self._sender = Sender(sealer, clock, guarded_transport(guard))
        self._tests = Sender(sealer, clock, guarded_transport(guard, open_max=TEST_CONNECTIONS_MAX, kept_max=0))
        self._worker = DeliveryWorker(database, self._sender, clock, outbox, tests=self._tests)
        networks = EvmRail(clock, dev=settings.dev)
        self._checkout = CheckoutContext(
            CheckoutSettings(settings.public_url, settings.session_lifetime_ms, settings.late_grace_ms),
            Rails(test=SimulatedRail(), live=networks, networks=networks, manual=ManualRail()),
            clock,
            outbox,
            PayoutLooks(database, sealer),
        )
        self._engine = Engine(settings.documents.limits, workers=settings.documents.workers)
        self._previewer = Previewer(settings.documents.limits, VisitorLimit(limiter, "previews", PREVIEW_LIMIT))
        for_documents = DocumentContext(
            settings.documents,
            settings.public_url,
            clock,
            outbox,
            sealer,
            self._engine,
            is_installed(),
            self._previewer,
            files_in(settings.documents.directory),
        )
        self._watchers = ChainWatchers(database, sealer, clock, LivePayments(self._checkout))
        self._behind = BehindWatch(database, clock)
        kinds = [
            *every_kind(database, clock, self._checkout, self._keys),
            *mail_kinds(
                database,
                clock,
                self._mail,
                alerts=AlertMails(
                    database,
                    clock,
                    mail=self._mail,
                    keys=self._keys.store,
                    outbox=outbox,
                    words_of=get_words,
                    public_url=settings.public_url,
                ),
                buyers=BuyerMails(database, self._mail, settings.public_url, self._checkout),
                passwords=passwords,
            ),
            *Renderings(database, for_documents, processes=settings.workers).kinds(),
            Printing(database, for_documents, paper_of).kind(),
            EndedSessions(database, clock).kind(),
            *live.kinds(database, sealer, clock),
            NetworkAlerts(database, clock, outbox, serves_live=partial(networks.serves, livemode=True)).kind(),
        ]
        self._metrics.watch_jobs([kind.name for kind in kinds], clock)
        self._jobs = JobWorker(database, clock, kinds, outbox.wake.jobs, count=self._metrics.count_job)
        endpoints = EndpointContext(
            clock, sealer, styles, http_loopback=settings.dev, guard=guard, seconds_to_test=_seconds_to_test()
        )
        where = settings.github_public_keys
        github = GitHubReports(self._keys.leaks, public_keys_at(where), clock) if where else None
        # Reports are counted apart from keys, and by each process for itself.
        self._reports = LeakReports(self._keys.leaks, Limiter(time.monotonic_ns), github)
        codes = VisitorLimit(limiter, "codes", CODE_LIMIT)
        # One for all who ask: what runs at once is bounded for the process.
        explainer = Explainer(database, sealer)
        look_ups = VisitorLimit(limiter, "look-ups", LOOK_UP_LIMIT)
        context = ApiContext(
            database,
            clock,
            outbox,
            self._keys,
            self._checkout,
            endpoints,
            self._worker,
            CodeTries(codes, VisitorLimit(limiter, "codes-by-key", KEY_CODE_LIMIT)),
            Keyless(
                VisitorLimit(limiter, "keyless-anywhere", KEYLESS_VISITOR_LIMIT),
                VisitorLimit(limiter, "keyless", settings.visit_limit),
                VisitorLimit(limiter, "keyless-by-project", KEYLESS_PROJECT_LIMIT),
                VisitorLimit(limiter, "keyless-looks", KEYLESS_LOOK_LIMIT),
            ),
            PasswordTries(
                VisitorLimit(limiter, "shopper-sign-ins", SHOPPER_VISITOR_LIMIT),
                VisitorLimit(limiter, "shopper-sign-ins-of-all", SHOPPER_LIMIT),
            ),
            PasswordHashes(),
            explainer,
            look_ups,
            settings.public_url,
            for_documents,
        )
        around: dict[str, Any] = {
            "origins": self._keys.origins,
            "plain_http_from_here": settings.dev,
            "count_response": self._metrics.count_response,
            "requests": self._keys.requests,
        }
        self._api = NativeApi(context, **around)
        hint = hint_of_format((self._api.dialect, *dialects), settings.public_url)
        spoken = [DialectApp(context, one, **around, hint_of_format=hint) for one in _all_of(dialects)]
        self._crossroads = Crossroads(spoken, self._keys.carriers)
        dashboard = DashboardContext(
            database,
            clock,
            outbox,
            self.accounts,
            self.invitations,
            self.second_factors,
            NoticeBoard(database, clock, self._keys.store),
            self._mail,
            passwords,
            VisitorLimit(limiter, "lost-password", LOST_PASSWORD_LIMIT),
            InvitationLimits(
                VisitorLimit(limiter, "invitations", INVITATION_LIMIT),
                VisitorLimit(limiter, "invitation-mails", INVITATION_MAIL_LIMIT),
            ),
            mails.example_of,
            self._keys.store,
            self._keys.issuer,
            self._keys.usage_store,
            SqlRequests(database),
            partial(needs_of_path, (self._api.dialect, *dialects)),
            self._checkout,
            endpoints,
            self._worker,
            sealer,
            [kind.name for kind in kinds],
            [self._api.dialect, *dialects],
            explainer,
            look_ups,
            settings.dev,
            settings.public_url,
            for_documents,
            ExportPlaces(),
        )
        pages = PagesContext(
            database,
            self.accounts,
            self._checkout,
            codes,
            VisitorLimit(limiter, "code-holds", HOLD_LIMIT),
            VisitorLimit(limiter, "visits", settings.visit_limit),
            EvmSight(explainer),
            VisitorLimit(limiter, "hashes", HASH_LIMIT),
            VisitorLimit(limiter, "hashes-by-project", PROJECT_HASH_LIMIT),
            for_documents,
            VisitorLimit(limiter, "downloads", DOWNLOAD_LIMIT),
            VisitorLimit(limiter, "embeds", EMBED_LIMIT),
        )
        errors = error_pages.served(settings.public_url)
        self._site: ASGIApp = Starlette(
            routes=[
                Route("/", _to_dashboard),
                Route("/healthz", _healthz),
                Route(DOCUMENT_PATH, self._describe),
                *(
                    Route(one.described_at, _described(one, settings.public_url))
                    for one in _all_of(dialects)
                    if one.described_at
                ),
                Route("/readyz", self._readyz),
                Route("/metrics", self._expose_metrics),
                *tillgate.pages.routes(pages),
                *documents.routes(errors),
                *playground.routes(playground_of((self._api.dialect, *dialects))),
                *guides.routes(documents.sections(errors)),
                *tillgate.dashboard.routes(dashboard),
                *_static(),
            ],
            exception_handlers={StoreUnavailable: _store_unavailable},
            lifespan=self._lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._site(scope, receive, send)
            return
        _look_through_proxies(scope, self._trusted_proxies)
        path = scope["path"]
        if path.startswith(BELOW_ROOT):
            await self._api(scope, receive, send)
        elif (spoken := self._crossroads.find(scope)) is not None:
            await spoken(scope, receive, send)
        elif _is_api(path):
            await self._api(scope, receive, send)
        elif path in PATHS:
            await self._reports(scope, receive, send)
        elif self._strict is not None and scope["scheme"] == "https":
            await self._site(scope, receive, _with_header(send, self._strict))
        else:
            await self._site(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        if self._shared is not None:
            await self._shared.probe()
        try:
            async with self._keys.running():
                tasks = [
                    asyncio.create_task(work, name=name)
                    for name, work in (
                        ("webhooks", self._worker.run()),
                        ("jobs", self._jobs.run()),
                        ("watchers", self._watchers.run()),
                    )
                ]
                try:
                    yield
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await self._engine.close()
            await self._previewer.close()
            await self._sender.close()
            await self._tests.close()
            if self._shared is not None:
                await self._shared.close()

    async def _describe(self, _: Request) -> Response:
        return _document(self._api.document)

    async def _readyz(self, _: Request) -> JSONResponse:
        trouble = await self._keys.trouble()
        status, report = readiness(trouble)
        # A network whose nodes are away is no reason to give requests to another server: it serves all the others.
        behind = await self._behind.look() if trouble is None else {}
        if behind:
            return JSONResponse({**report, "networks": behind}, status, headers={"Cache-Control": "no-store"})
        return JSONResponse(report, status, headers={"Cache-Control": "no-store"})

    async def _expose_metrics(self, request: Request) -> Response:
        # For whoever runs this machine: a proxy's visitors come from elsewhere, by what the proxy says of them.
        if request.client is None or not is_loopback_host(request.client.host):
            return PlainTextResponse("Not Found", 404)
        # A page that a browser on this machine shows speaks from here, too, but under a name of its own.
        if not is_own_host(request.headers.get("host", ""), also=self._public_host):
            return PlainTextResponse("Not Found", 404)
        try:
            return Response(await self._metrics.expose(self._database), media_type=CONTENT_TYPE)
        except StoreError:
            return PlainTextResponse("the database does not answer", 503)


def _all_of(dialects: Sequence[Dialect]) -> list[Dialect]:
    """The dialects, each with those that belong to it."""
    return [one for dialect in dialects for one in (dialect, *dialect.beside)]


def _described(dialect: Dialect, public_url: str) -> Callable[[Request], Awaitable[Response]]:
    """What describes a language, made when somebody first asks for it."""
    made: list[bytes] = []

    async def describe(_: Request) -> Response:
        if not made:
            made.append(msgspec.json.encode(openapi.document(dialect, title_of(dialect), public_url, __version__)))
        return _document(made[0])

    return describe


def _document(content: bytes) -> Response:
    # The same for everybody, and no secret: tools fetch it without a key.
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type="application/json", headers=headers)


def _shared(settings: Settings, alone: Limiter, metrics: Metrics) -> "SharedLimiter | None":
    """The limiter that processes share, where there is a Valkey.

    Raises:
        SettingsError: its client is not installed.
    """
    if settings.valkey_url is None:
        return None
    try:
        from keyturn.limiting.shared import SharedLimiter, client_for
    except ModuleNotFoundError as error:
        raise SettingsError("TILLGATE_VALKEY_URL needs the client redis: pip install 'tillgate[valkey]'") from error

    def log_change(error: Exception | None) -> None:
        if error is not None:
            _log.warning("limits.unshared", detail=str(error), until="Valkey answers again")
        else:
            _log.info("limits.shared_again")

    try:
        client = client_for(settings.valkey_url)
    except ValueError as error:
        raise SettingsError(f"TILLGATE_VALKEY_URL: {error}") from error
    return SharedLimiter(client, alone, on_change=log_change, count_alone=metrics.count_unshared_limit)


class _Observer(LayerObserver):
    """What the key layer has to say, in this server's log and metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def alert(self, alert: Alert) -> None:
        _log.warning(alert.what, key_id=alert.key_id, **alert.detail)

    def failed(self, what: str, error: Exception) -> None:
        _log.warning("keys.not_dealt_with", what=what, detail=str(error), until="it is tried again")

    def probed(self, probed: Probed) -> None:
        self._metrics.note_probe(probed.lag_seconds, held=probed.held)
        if not probed.held:
            _log.error("keys.revocation_not_held", lag_seconds=probed.lag_seconds)

    def store(self, trouble: Trouble | None) -> None:
        if trouble is None:
            _log.info("database.available_again")
        else:
            _log.error(
                "database.unavailable",
                check=trouble.check,
                problem=trouble.problem,
                detail=trouble.detail,
                remedy=trouble.remedy,
            )

    def not_logged(self, requests: int) -> None:
        self._metrics.count_requests_not_logged(requests)


def _with_header(send: Send, header: tuple[bytes, bytes]) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), header]}
        await send(message)

    return sent


def _look_through_proxies(scope: Scope, trusted: Networks) -> None:
    """Put the client where the connection's other end was: a proxy, as often as not."""
    peer = scope["client"][0] if scope.get("client") else None
    headers = headers_of(scope)
    scope[CLIENT] = client = client_by_headers(peer, scope.get("scheme"), headers, trusted)
    if (b"x-forwarded-for" in headers or b"x-forwarded-proto" in headers) and trusted.has(peer):
        scope["client"] = (client.address, 0) if client.address is not None else None
        scope["scheme"] = "https" if client.transport is Transport.TLS else "http"


def _seconds_to_test() -> Callable[[str], int]:
    # Apart from keys and visitors, and by each process for itself: it bounds what one project's tests occupy in it.
    limiter, limit = Limiter(time.monotonic_ns), Limit(1 / TEST_EVERY_SECONDS, TESTS_AT_ONCE_MAX)
    return lambda project_id: ceil(limiter.take(project_id, limit).retry_after_seconds)


def _is_api(path: str) -> bool:
    return path.startswith("/api/") or path == ROOT


async def _to_dashboard(_: Request) -> RedirectResponse:
    return RedirectResponse("/dashboard", 303)


async def _store_unavailable(request: Request, error: Exception) -> Response:
    # Of the pages that buyers see; all else says it in its own words. No path: a checkout's id is in it.
    _log.error("pages.store_unavailable", method=request.method, detail=str(error))
    reader = reader_of(request)
    answer = notice(
        reader,
        503,
        reader.words.html("This page is unavailable"),
        reader.words.html("Nothing was charged. Please try again in a moment."),
    )
    answer.headers["Retry-After"] = "1"
    return answer


async def _healthz(_: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


class _LastingStaticFiles(StaticFiles):
    """Files whose address carries their content's hash, so that a browser may keep them for ever."""

    def file_response(self, *args: Any, **kwargs: Any) -> Any:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _static() -> list[BaseRoute]:
    return [Mount("/static", _LastingStaticFiles(directory=STATIC, packages=[SHARED]))]


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    clock: Clock | None = None,
    metrics: Metrics | None = None,
    dialects: Sequence[Dialect] = SPOKEN,
) -> AsyncIterator[Tillgate]:
    """A server whose database is open and migrated, until the block ends.

    Args:
        metrics: what it counts with, where several processes count together.
        dialects: the languages that are spoken beside the native one.

    Raises:
        StoreError, SealingError: it cannot start; the message says what to do.
    """
    clock = clock or SystemClock()
    database = await open_migrated(settings, clock)
    try:
        sealer = Sealer(settings.secret_key())
        await claim(database, sealer)
        yield Tillgate(settings, database, sealer=sealer, clock=clock, metrics=metrics, dialects=dialects)
    finally:
        await database.close()
