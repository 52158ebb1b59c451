"""Spans without anything in them that a person or a client wrote.

The framework's spans hold the path (a share token), the query (a cursor, a proof of ownership), the Host header, and
whatever word came as method, so what leaves the process passes an allow-list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from api.telemetry.labels import ALLOWED_ATTRIBUTES

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import SpanContext

FLUSH_MILLISECONDS = 1_000


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

        def force_flush(self, timeout_millis: int = FLUSH_MILLISECONDS) -> bool:
            return exporter.force_flush(timeout_millis)

    return Scrubbing()
