"""What the server counts, in Prometheus's format.

Nothing here is about a lane, a caller or an operation: labels are few, and anybody may read them.
Operations are counted as they are committed, so what is shown was written.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

import laneway
from laneway.core.events import OperationAccepted, OperationFinished, PhaseFinished
from laneway.core.instants import elapsed
from laneway.runtime.operations import Committed, Operation

if TYPE_CHECKING:
    from .services import Services

_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 1_800, 3_600, 14_400, 86_400)
"""Phases and operations take from parts of a second to a day."""

AnyMetric = TypeVar("AnyMetric", Counter, Histogram)

_ANSWER = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """Everything that one server counts."""

    def __init__(self) -> None:
        # When counting began is the start of the process: no sample need say it.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library does not type it
        self._registry = CollectorRegistry()
        self._accepted = self._counter("operations_accepted", "Operations accepted.", "plan")
        self._ended = self._counter("operations_ended", "Operations ended.", "plan", "status")
        self._phases = self._counter(
            "phases_finished", "Phases that are over.", "plan", "phase", "status"
        )
        self._events = self._counter("events", "Events committed.")
        self._took = self._histogram(
            "operation_seconds", "From acceptance to the end.", _SECONDS, "plan", "status"
        )
        self._phase_took = self._histogram(
            "phase_seconds", "From a phase's start to its end.", _SECONDS, "plan", "phase"
        )
        self._answers = self._histogram(
            "http_request_seconds", "Until a request was answered; streams too.", _ANSWER, "route"
        )
        self._requests = self._counter("http_requests", "Requests.", "route", "method", "status")
        self._labelled: dict[tuple[Counter | Histogram, tuple[str, ...]], Any] = {}

    # --- counting --------------------------------------------------------------------------------

    def announce(self, committed: Committed) -> None:
        """Count what a commit says."""
        operation = committed.operation
        plan = operation.plan.plan.name
        self._events.inc(len(committed.events))
        for item in committed.events:
            if isinstance(item.event, PhaseFinished):
                self._phase(operation, item.event)
            elif isinstance(item.event, OperationAccepted):
                self._of(self._accepted, plan).inc()
            elif isinstance(item.event, OperationFinished):
                status = item.event.status.value
                seconds = elapsed(operation.run.created_at, item.at) / 1_000
                self._of(self._ended, plan, status).inc()
                self._of(self._took, plan, status).observe(seconds)

    def _phase(self, operation: Operation, finished: PhaseFinished) -> None:
        plan, name = operation.plan.plan.name, finished.phase
        self._of(self._phases, plan, name, finished.status).inc()
        at = operation.run.phase(name)
        if at.started_at is not None and at.finished_at is not None:
            took = elapsed(at.started_at, at.finished_at) / 1_000
            self._of(self._phase_took, plan, name).observe(took)

    def _of(self, metric: AnyMetric, *labels: str) -> AnyMetric:
        """What counts for these labels; the library is slow to find it, and this is often asked."""
        known: AnyMetric | None = self._labelled.get((metric, labels))
        if known is None:
            known = self._labelled[metric, labels] = metric.labels(*labels)
        return known

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is the route's pattern, of which there are only so many."""
        self._of(self._requests, route, method, str(status)).inc()
        self._of(self._answers, route).observe(seconds)

    # --- showing ---------------------------------------------------------------------------------

    async def text(self, services: "Services") -> bytes:
        """Everything, with what is so at this moment."""
        now = CollectorRegistry()
        now.register(_Now(_readings(services, await services.engine.store.unfinished_counts())))
        return generate_latest(self._registry) + generate_latest(now)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"laneway_{name}", text, labels, registry=self._registry)

    def _histogram(self, name: str, text: str, buckets: Iterable[float], *labels: str) -> Histogram:
        full = f"laneway_{name}"
        return Histogram(full, text, labels, buckets=tuple(buckets), registry=self._registry)


class _Now(Collector):
    """Gauges that are read when they are asked for."""

    def __init__(self, readings: Iterable[GaugeMetricFamily]) -> None:
        self._readings = tuple(readings)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """What was read."""
        return self._readings


def _readings(services: "Services", unfinished: Mapping[str, int]) -> Iterator[GaugeMetricFamily]:
    by_status = GaugeMetricFamily(
        "laneway_operations_unfinished", "Operations that have not ended.", labels=["status"]
    )
    for status in UNFINISHED:
        by_status.add_metric([status], unfinished.get(status, 0))
    yield by_status
    version = GaugeMetricFamily("laneway_info", "The server's version.", labels=["version"])
    version.add_metric([laneway.__version__], 1)
    yield version
    for name, text, read in _GAUGES:
        yield GaugeMetricFamily(f"laneway_{name}", text, value=read(services))


UNFINISHED = ("pending", "running", "waiting", "paused", "reconciliation_required")
_Gauge = tuple[str, str, Callable[["Services"], float]]
_GAUGES: tuple[_Gauge, ...] = (
    ("streams", "Event streams that are open.", lambda s: s.streams.taken),
    ("waiters", "Requests that wait.", lambda s: s.waiters.taken),
    ("plans", "Plans that submissions may name.", lambda s: len(s.plans.plans)),
    (
        "plan_files_refused",
        "Files of the plans' folder with errors.",
        lambda s: len(s.plans.errors),
    ),
    (
        "access_file_errors",
        "Mistakes in an access file that is therefore not in force.",
        lambda s: len((s.access.standing() or {}).get("errors", ())),
    ),
    (
        "credentials_refused",
        "Credentials that were refused since the start.",
        lambda s: s.failures.total,
    ),
    ("draining", "Whether the server is about to stop.", lambda s: s.engine.draining),
    ("fenced", "Whether another process has claimed the database.", lambda s: s.engine.fenced),
)
