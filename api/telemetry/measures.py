"""The project's own measures: what an operator must know to tell whether people are served.

Their names are written as Prometheus writes them, so that they are the same behind every collector, and so are the
names in `deploy/alerts.yaml`. Labels have values from fixed lists; `docs/runbook.md` says what each measure means.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation
    from opentelemetry.metrics import _Gauge as Gauge

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

COUNTERS = {
    "cvstomize_model_answers_total": ("{answer}", "Calls of a model, by outcome: answered, or the kind of fault."),
    "cvstomize_model_fallbacks_total": ("{resume}", "Resumes that another writer than the first had to write."),
    "cvstomize_database_refusals_total": ("{request}", "Units of work that found no free connection in time."),
}
HISTOGRAMS = {
    "cvstomize_request_duration_seconds": "Requests, refusals at the edges included, by class of the status.",
    "cvstomize_render_duration_seconds": "Renders of a PDF, by outcome: done, or the code of the refusal.",
}
GAUGES = {
    "cvstomize_model_breakers": ("{breaker}", "Circuit breakers of models, by state: open or closed."),
    "cvstomize_database_connections": ("{connection}", "Connections in use, units of work waiting, and the limit."),
    "cvstomize_outbox_age_seconds": ("s", "How long the oldest message that is due has waited, by kind."),
    "cvstomize_outbox_waiting": ("{message}", "Messages that are due or have failed before, by kind."),
    "cvstomize_check_in_response_ratio": ("1", "Share of check-ins answered, of those sent 7 to 37 days ago."),
    "cvstomize_export_lag_seconds": ("s", "Age of the oldest cut among the raw tables."),
}
WATCHED_COUNTERS = frozenset({"cvstomize_database_refusals_total"})
"""Counted where they happen, and read when measures are sent."""
MEASURES = frozenset({*COUNTERS, *HISTOGRAMS, *GAUGES})

Reading = Mapping[str | None, float]
"""A number for each value of the measure's label; None for a measure without one."""


class Measures:
    """Counts for this process; without a meter it does nothing, at the cost of one test."""

    def __init__(self, meter: Meter | None = None) -> None:
        self._meter = meter
        self._gauges: dict[str, Gauge] = {}
        if meter is not None:
            self._counters = {
                name: meter.create_counter(name, unit, description)
                for name, (unit, description) in COUNTERS.items()
                if name not in WATCHED_COUNTERS
            }
            self._histograms = {
                name: meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=SECONDS)
                for name, description in HISTOGRAMS.items()
            }

    def request(self, status: int, seconds: float) -> None:
        """A request was answered, by the service or by one of the edges around it."""
        if self._meter is not None:
            self._histograms["cvstomize_request_duration_seconds"].record(
                seconds, {"status_class": f"{status // 100}xx"}
            )

    def render(self, outcome: str, seconds: float) -> None:
        """A document was rendered or refused."""
        if self._meter is not None:
            self._histograms["cvstomize_render_duration_seconds"].record(seconds, {"outcome": outcome})

    def model_answer(self, outcome: str) -> None:
        """A model was to write: it answered, or the kind of fault."""
        if self._meter is not None:
            self._counters["cvstomize_model_answers_total"].add(1, {"outcome": outcome})

    def fallback(self, writer: str) -> None:
        """A resume was written by another than the first model: by the next `model` or by the `composer`."""
        if self._meter is not None:
            self._counters["cvstomize_model_fallbacks_total"].add(1, {"writer": writer})

    def watch(self, name: str, read: Callable[[], Reading], label: str = "state") -> None:
        """Read a measure whenever measures are sent. `read` is called on another thread: it only looks at numbers."""
        if self._meter is None:
            return
        from opentelemetry.metrics import Observation

        def observe(_: CallbackOptions) -> Iterable[Observation]:
            return [Observation(value, {label: key} if key else {}) for key, value in read().items()]

        unit, description = (COUNTERS | GAUGES)[name]
        create = self._meter.create_observable_counter if name in COUNTERS else self._meter.create_observable_gauge
        create(name, [observe], unit, description)

    def gauge(self, name: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Set a gauge that a worker has looked up. What is no number is not sent."""
        if self._meter is not None and math.isfinite(value):
            if name not in self._gauges:
                self._gauges[name] = self._meter.create_gauge(name, *GAUGES[name])
            self._gauges[name].set(value, labels or {})
