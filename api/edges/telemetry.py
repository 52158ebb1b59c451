"""OpenTelemetry, switched on by OTEL_EXPORTER_OTLP_ENDPOINT, with nothing in it that a person or a client wrote.

The framework makes the spans and the metrics. Its spans hold the path (a share token), the query (a cursor, a proof of
ownership), the Host header, and whatever word came as method, so what leaves the process passes an allow-list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi.telemetry import TelemetryConfig

from api.version import VERSION

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

OFF: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}

ALLOWED_ATTRIBUTES = frozenset(
    {
        "http.request.method", "http.route", "http.response.status_code", "url.scheme", "error.type",
        "network.protocol.name", "network.protocol.version", "code.function.name",
    }
)  # fmt: skip
CLOSE_MILLISECONDS = 1_000
EXPORT_SECONDS = 5


def scrubbed(span: ReadableSpan) -> ReadableSpan:
    """The same span with allowed attributes only: no events, no links, no state from the caller's trace header."""
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, Status

    def bare(context: SpanContext | None) -> SpanContext | None:
        if context is None:
            return None
        return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)

    attributes = {name: value for name, value in (span.attributes or {}).items() if name in ALLOWED_ATTRIBUTES}
    return ReadableSpan(
        name=_name(span, attributes),
        context=bare(span.context),
        parent=bare(span.parent),
        resource=span.resource,
        attributes=attributes,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _name(span: ReadableSpan, attributes: dict[str, Any]) -> str:
    if span.name.startswith("fastapi."):
        return span.name
    return f"{attributes.get('http.request.method', 'HTTP')} {attributes.get('http.route', 'unmatched')}"


def scrubbing(exporter: SpanExporter) -> SpanExporter:
    """An exporter that hands on scrubbed spans."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Scrubbing(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            return exporter.export([scrubbed(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = CLOSE_MILLISECONDS) -> bool:
            return exporter.force_flush(timeout_millis)

    return Scrubbing()


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The providers this process owns, if any."""

    tracers: TracerProvider | None = None
    meters: MeterProvider | None = None

    @classmethod
    def to(cls, exporter: SpanExporter, reader: MetricReader) -> Telemetry:
        """Send scrubbed spans to `exporter` and metrics to `reader`, both with allowed attributes only.

        A metric of the project itself has labels from a fixed list, and their names stand in `ALLOWED_ATTRIBUTES`.
        """
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.view import View
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        resource = Resource({"service.name": "cvstomize-api", "service.version": VERSION})
        tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
        tracers.add_span_processor(BatchSpanProcessor(scrubbing(exporter)))
        views = [View(instrument_name="*", attribute_keys=set(ALLOWED_ATTRIBUTES))]
        return cls(tracers, MeterProvider([reader], resource=resource, shutdown_on_exit=False, views=views))

    @classmethod
    def from_endpoint(cls, endpoint: str | None) -> Telemetry:
        """Send to an OTLP collector over HTTP, or nowhere. The SDK is imported only when it is used."""
        if endpoint is None:
            return cls()
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

        base = endpoint.rstrip("/")
        metrics = OTLPMetricExporter(endpoint=f"{base}/v1/metrics", timeout=EXPORT_SECONDS)
        return cls.to(
            OTLPSpanExporter(endpoint=f"{base}/v1/traces", timeout=EXPORT_SECONDS),
            PeriodicExportingMetricReader(metrics, export_timeout_millis=EXPORT_SECONDS * 1000),
        )

    def config(self) -> TelemetryConfig:
        """What the framework is told. Its own logs hold exception texts and stay off."""
        if self.tracers is None or self.meters is None:
            return OFF
        return {
            "tracer_provider": self.tracers,
            "meter_provider": self.meters,
            "tracing": True,
            "metrics": True,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        }

    def close(self) -> None:
        """Send what is left, for at most a second, and stop."""
        if self.tracers is not None and self.meters is not None:
            self.tracers.force_flush(CLOSE_MILLISECONDS)
            self.meters.shutdown(CLOSE_MILLISECONDS)
            self.tracers.shutdown()
