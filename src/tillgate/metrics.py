"""What ``GET /metrics`` tells, in the Prometheus text format: of the whole server, whichever process is asked."""

import bisect
import mmap
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from keyturn.database import Database
from tillgate.base.clock import SECOND_MS, Clock, SystemClock
from tillgate.events.deliveries import records as deliveries
from tillgate.rails.evm.records import ERRORS
from tillgate.rails.evm.standing import NetworkState, Standing, standings
from tillgate.store.jobs import JobState, count_jobs
from tillgate.store.jobs.records import Counts

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

_STATUS_MAX: Final = 599
# A process's row: its id, what it counts below 100, and then its answers by HTTP status.
_LIMITS_UNSHARED: Final = 1
_REQUESTS_NOT_LOGGED: Final = 2
_LAG_SUM_US: Final = 3
_PROBES_BROKEN: Final = 4
_CONNECTIONS_OPEN: Final = 5
# Up to how many seconds a change took to hold everywhere; cells from here on, one for each bound and one for more.
_LAG_FIRST: Final = 10
_LAG_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
# Clients' connections that did not end on their own; a cell for each reason.
_CONNECTIONS_FIRST: Final = 30
CONNECTION_ENDS: Final = ("full", "client", "slow", "idle")
# Attempts at jobs, and those that failed; a cell for each kind.
_JOB_ATTEMPTS_FIRST: Final = 40
_JOB_FAILURES_FIRST: Final = 70
JOB_KINDS_MAX: Final = _JOB_FAILURES_FIRST - _JOB_ATTEMPTS_FIRST
_STATUS_MIN: Final = 100
_ROW: Final = _STATUS_MAX + 1
_NUMBER_BYTES: Final = 8


class Tally:
    """Numbers in memory that a server's processes share: made before they part, each then writes its own row.

    The process that takes a dead one's place counts on from where that was, so that no sum ever goes down.
    """

    def __init__(self, processes: int = 1) -> None:
        self._cells = memoryview(mmap.mmap(-1, processes * _ROW * _NUMBER_BYTES)).cast("q")
        self._rows = range(0, processes * _ROW, _ROW)

    def row(self, number: int) -> memoryview:
        """One process's numbers, in which cell 0 is its id and those from 100 on the counts of each status."""
        return self._cells[self._rows[number] : self._rows[number] + _ROW]

    def pids(self) -> list[int]:
        """The processes that have begun."""
        return [self._cells[row] for row in self._rows if self._cells[row]]

    def by_status(self) -> dict[int, int]:
        """How often each status was answered, by all of them."""
        sums = {status: self.sum(status) for status in range(_STATUS_MIN, _ROW)}
        return {status: count for status, count in sums.items() if count}

    def sum(self, cell: int) -> int:
        """One number of all of them together."""
        return sum(self._cells[row + cell] for row in self._rows)


class _Responses(Collector):
    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def collect(self) -> Iterable[Metric]:
        found = CounterMetricFamily("tillgate_api_responses", "Answers of the API by HTTP status.", labels=["status"])
        for status, count in self._tally.by_status().items():
            found.add_metric([str(status)], count)
        yield found


class _Sums(Collector):
    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def collect(self) -> Iterable[Metric]:
        for name, meaning, cell in (
            (
                "tillgate_limits_unshared",
                "Rate limits counted per process because Valkey did not answer.",
                _LIMITS_UNSHARED,
            ),
            (
                "tillgate_requests_not_logged",
                "Requests dropped from the request log for lack of room.",
                _REQUESTS_NOT_LOGGED,
            ),
        ):
            found = CounterMetricFamily(name, meaning)
            found.add_metric([], self._tally.sum(cell))
            yield found


class _Revocations(Collector):
    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def collect(self) -> Iterable[Metric]:
        buckets, count = [], 0
        for place, bound in enumerate((*(str(bound) for bound in _LAG_BOUNDS), "+Inf")):
            count += self._tally.sum(_LAG_FIRST + place)
            buckets.append((bound, count))
        lag = HistogramMetricFamily(
            "keyturn_revocation_lag_seconds", "Seconds from a key change until it held in every process."
        )
        lag.add_metric([], buckets=buckets, sum_value=self._tally.sum(_LAG_SUM_US) / 1e6)
        yield lag
        broken = CounterMetricFamily(
            "keyturn_revocations_broken", "Probes after which a process still used the state before the change."
        )
        broken.add_metric([], self._tally.sum(_PROBES_BROKEN))
        yield broken


class _Connections(Collector):
    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "tillgate_connections", "Connections of clients.", value=self._tally.sum(_CONNECTIONS_OPEN)
        )
        ended = CounterMetricFamily(
            "tillgate_connections_ended",
            "Connections that the server refused or ended early, by reason.",
            labels=["reason"],
        )
        for place, reason in enumerate(CONNECTION_ENDS):
            ended.add_metric([reason], self._tally.sum(_CONNECTIONS_FIRST + place))
        yield ended


class _Jobs(Collector):
    """What there was of each kind when it was last looked at, and how often it was tried."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self.kinds: Sequence[str] = ()
        self.found: Mapping[str, Counts] = {}
        self.now = 0

    def collect(self) -> Iterable[Metric]:
        jobs = GaugeMetricFamily("tillgate_jobs", "Jobs by kind and state.", labels=["kind", "state"])
        overdue = GaugeMetricFamily(
            "tillgate_jobs_overdue_seconds", "Seconds for which the oldest job that is due has waited.", labels=["kind"]
        )
        attempts = CounterMetricFamily("tillgate_job_attempts", "Attempts at jobs by kind.", labels=["kind"])
        failures = CounterMetricFamily(
            "tillgate_job_failures", "Attempts at jobs that failed, by kind.", labels=["kind"]
        )
        for place, kind in enumerate(self.kinds):
            found = self.found.get(kind, Counts(kind))
            for state in JobState:
                jobs.add_metric([kind, state.value], getattr(found, state.value))
            waited_ms = self.now - found.next_at if found.next_at is not None else 0
            overdue.add_metric([kind], max(waited_ms, 0) / SECOND_MS)
            attempts.add_metric([kind], self._tally.sum(_JOB_ATTEMPTS_FIRST + place))
            failures.add_metric([kind], self._tally.sum(_JOB_FAILURES_FIRST + place))
        yield from (jobs, overdue, attempts, failures)


class _Networks(Collector):
    """How networks and their nodes stood when they were last looked at: out of the database, into which whoever watches
    a network writes. A node's label is its host, for the rest of its URL may be a secret."""

    def __init__(self) -> None:
        self.found: Sequence[Standing] = ()
        self.now = 0

    def collect(self) -> Iterable[Metric]:
        gauges = {
            name: GaugeMetricFamily(f"tillgate_network_{name}", meaning, labels=["network"])
            for name, meaning in (
                ("head_block", "Newest block that a node of a network told."),
                ("seen_block", "Newest block of a network that was read."),
                ("final_block", "Newest block of a network up to which everything is concluded."),
                ("lag_blocks", "Blocks of a network between its head and what was read."),
                ("look_age_seconds", "Seconds since a network was last looked at."),
                ("paused", "Whether a network is paused."),
                ("single_source", "Whether one node alone says what is concluded of a network."),
            )
        }
        state = GaugeMetricFamily("tillgate_network_state", "How a network stands.", labels=["network", "state"])
        for one in self.found:
            name = [one.network.name]
            age = (self.now - one.looked_at) / SECOND_MS if one.looked_at is not None else None
            for gauge, value in (
                ("head_block", one.head),
                ("seen_block", one.seen),
                ("final_block", one.final),
                ("lag_blocks", one.lag_blocks),
                ("look_age_seconds", age),
                ("paused", one.network.paused_at is not None),
                ("single_source", one.single_source),
            ):
                if value is not None:
                    gauges[gauge].add_metric(name, float(value))
            for each in NetworkState:
                state.add_metric([*name, each.value], float(one.state is each))
        yield from (*gauges.values(), state)
        yield from self._nodes()

    def _nodes(self) -> Iterable[Metric]:
        labels = ["network", "node"]
        lag = GaugeMetricFamily(
            "tillgate_network_node_lag_blocks", "Blocks between the best head and a node's own.", labels=labels
        )
        calls = CounterMetricFamily("tillgate_network_node_calls", "Questions to a node.", labels=labels)
        received = CounterMetricFamily(
            "tillgate_network_node_received_bytes", "Bytes that a node has answered.", labels=labels
        )
        errors = CounterMetricFamily(
            "tillgate_network_node_errors",
            "Questions that a node did not answer, by reason.",
            labels=[*labels, "reason"],
        )
        for one in self.found:
            # Nodes in clear and over TLS may be of one host.
            hosts: dict[str, list[float]] = {}
            behind: dict[str, int] = {}
            for node in one.nodes:
                counts = [node.calls, node.received_bytes, *node.errors.values()]
                before = hosts.get(node.host, [0.0] * len(counts))
                hosts[node.host] = [a + b for a, b in zip(before, counts, strict=True)]
                if (blocks := one.lag_of(node)) is not None:
                    behind[node.host] = max(blocks, behind.get(node.host, 0))
            for host, (asked, got, *failed) in hosts.items():
                label = [one.network.name, host]
                calls.add_metric(label, asked)
                received.add_metric(label, got)
                for reason, count in zip(ERRORS, failed, strict=True):
                    errors.add_metric([*label, reason], count)
                if host in behind:
                    lag.add_metric(label, behind[host])
        yield from (lag, calls, received, errors)


class _Processes(Collector):
    """The standard ``process_…`` metrics: the processes' sum, and when the first of them began."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def collect(self) -> Iterable[Metric]:
        together: dict[str, Metric] = {}
        for pid in self._tally.pids():
            of_process = ProcessCollector(pid=lambda pid=pid: pid, registry=None)  # type: ignore[misc]
            for metric in of_process.collect():
                before = together.setdefault(metric.name, metric)
                if before is not metric:
                    old, new = before.samples[0], metric.samples[0]
                    value = min(old.value, new.value) if "start_time" in metric.name else old.value + new.value
                    before.samples[0] = old._replace(value=value)
        yield from together.values()


class Metrics:
    """What this process counts, and what all of them have counted."""

    def __init__(self, tally: Tally | None = None, number: int = 0) -> None:
        """
        Args:
            tally: shared with the other processes; one of its own by default.
            number: this process's row in it.
        """
        tally = tally or Tally()
        self._registry = CollectorRegistry()
        self._registry.register(_Processes(tally))
        self._registry.register(_Responses(tally))
        self._registry.register(_Sums(tally))
        self._registry.register(_Revocations(tally))
        self._registry.register(_Connections(tally))
        self._jobs = _Jobs(tally)
        self._registry.register(self._jobs)
        self._networks = _Networks()
        self._registry.register(self._networks)
        PlatformCollector(registry=self._registry)
        self._row = tally.row(number)
        self._row[0] = os.getpid()
        self._row[_CONNECTIONS_OPEN] = 0
        self._clock: Clock = SystemClock()
        self._ended = dict.fromkeys(CONNECTION_ENDS, 0)
        self._pending = Gauge(
            "tillgate_webhook_deliveries_pending", "Pending webhook deliveries.", registry=self._registry
        )

    def count_response(self, status: int) -> None:
        """Count an answer of the API."""
        self._row[status] += 1

    def count_unshared_limit(self) -> None:
        """Count a rate limit that should have been shared, and was not."""
        self._row[_LIMITS_UNSHARED] += 1

    def note_probe(self, lag_seconds: float, *, held: bool) -> None:
        """Count what a probe of the key layer has found."""
        place = bisect.bisect_left(_LAG_BOUNDS, lag_seconds)
        self._row[_LAG_FIRST + place] += 1
        self._row[_LAG_SUM_US] += int(lag_seconds * 1e6)
        if not held:
            self._row[_PROBES_BROKEN] += 1

    def count_requests_not_logged(self, requests: int) -> None:
        """Count requests that there was no room for in the log."""
        self._row[_REQUESTS_NOT_LOGGED] += requests

    def note_connections(self, open_now: int, ended: Mapping[str, int]) -> None:
        """Note how many connections this process has, and how many it has ended on its own since it began.

        Args:
            ended: by the reasons of :data:`CONNECTION_ENDS`.
        """
        self._row[_CONNECTIONS_OPEN] = open_now
        for place, reason in enumerate(CONNECTION_ENDS):
            self._row[_CONNECTIONS_FIRST + place] += ended[reason] - self._ended[reason]
            self._ended[reason] = ended[reason]

    def watch_jobs(self, kinds: Sequence[str], clock: Clock) -> None:
        """Show the jobs of these kinds, each process's in the same order."""
        if len(kinds) > JOB_KINDS_MAX:
            raise ValueError(f"there is room for {JOB_KINDS_MAX} kinds of jobs, not for {len(kinds)}")
        self._jobs.kinds = tuple(kinds)
        self._clock = clock

    def count_job(self, kind: str, failed: bool) -> None:
        """Count an attempt at a job."""
        place = self._jobs.kinds.index(kind)
        self._row[_JOB_ATTEMPTS_FIRST + place] += 1
        self._row[_JOB_FAILURES_FIRST + place] += failed

    async def expose(self, database: Database) -> bytes:
        """Everything as it is now.

        Raises:
            StoreError: the database does not answer.
        """
        now = self._clock.now()
        self._pending.set(await database.read(deliveries.count_pending))
        self._jobs.now = now
        self._jobs.found = {one.kind: one for one in await database.read(lambda tx: count_jobs(tx, now))}
        self._networks.now = now
        self._networks.found = await database.read(lambda tx: standings(tx, now))
        return generate_latest(self._registry)
