"""OpenTelemetry, switched on by OTEL_EXPORTER_OTLP_ENDPOINT: a collector, or Google's own endpoint.

The SDK is imported only when it is used. Google's endpoint wants the service account's token with every request; a
collector beside the process wants none.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from api.telemetry.labels import ALLOWED_ATTRIBUTES
from api.telemetry.measures import Measures
from api.telemetry.spans import scrubbing
from api.version import VERSION

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from requests import Session

log = structlog.get_logger(__name__)

OFF: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
CLOSE_MILLISECONDS = 1_000
LAST_WORD_MILLISECONDS = 5_000
"""For a process that nobody waits for, and whose measures are all sent at its end."""
EXPORT_SECONDS = 5
GOOGLE_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The providers this process owns, if any, and the measures that go through them."""

    tracers: TracerProvider | None = None
    meters: MeterProvider | None = None
    measures: Measures = field(default_factory=Measures)

    @classmethod
    def to(cls, exporter: SpanExporter, reader: MetricReader, *, service: str = "cvstomize-api") -> Telemetry:
        """Send scrubbed spans to `exporter` and measures to `reader`, both with allowed attributes only."""
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.view import View
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        # Without a name of its own each instance would write over the others' series. OTEL_RESOURCE_ATTRIBUTES adds
        # what the deployment knows: region and project.
        resource = Resource.create(
            {"service.name": service, "service.version": VERSION, "service.instance.id": uuid.uuid4().hex}
        )
        tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
        tracers.add_span_processor(BatchSpanProcessor(scrubbing(exporter)))
        views = [View(instrument_name="*", attribute_keys=set(ALLOWED_ATTRIBUTES))]
        meters = MeterProvider([reader], resource=resource, shutdown_on_exit=False, views=views)
        return cls(tracers, meters, Measures(meters.get_meter("cvstomize")))

    @classmethod
    def from_endpoint(cls, endpoint: str | None, *, service: str = "cvstomize-api") -> Telemetry:
        """Send to an OTLP endpoint over HTTP, or nowhere."""
        if endpoint is None:
            return cls()
        from google.auth.exceptions import DefaultCredentialsError
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

        try:
            base, session = endpoint.rstrip("/"), google_session(endpoint)
        except DefaultCredentialsError:
            # Whoever is served is served all the same; the alarm on measures that stay away says it.
            log.warning("telemetry_off", reason_code="no_google_credentials")
            return cls()
        metrics = OTLPMetricExporter(endpoint=f"{base}/v1/metrics", timeout=EXPORT_SECONDS, session=session)
        return cls.to(
            OTLPSpanExporter(endpoint=f"{base}/v1/traces", timeout=EXPORT_SECONDS, session=session),
            PeriodicExportingMetricReader(metrics, export_timeout_millis=EXPORT_SECONDS * 1000),
            service=service,
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

    def close(self, milliseconds: int = CLOSE_MILLISECONDS) -> None:
        """Send what is left, each within that time, and stop."""
        if self.tracers is not None and self.meters is not None:
            self.tracers.force_flush(milliseconds)
            self.meters.shutdown(milliseconds)
            self.tracers.shutdown()


def google_session(endpoint: str) -> Session | None:
    """A session that signs with the service account, for Google's endpoint only: a token goes nowhere else."""
    address = urlsplit(endpoint)
    if address.scheme != "https" or not (address.hostname or "").endswith(".googleapis.com"):
        return None
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = google.auth.default(scopes=[GOOGLE_SCOPE])
    return AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
