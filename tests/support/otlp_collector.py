"""A collector of OpenTelemetry on loopback that keeps what it is sent, byte for byte."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest


@dataclass(frozen=True)
class Point:
    """One point of a measure as it arrived: a number, or of a histogram how many values it counted."""

    service: str
    instance: str
    name: str
    labels: dict[str, str]
    value: float


class Collector(ThreadingHTTPServer):
    """What arrived, by path: `/v1/traces`, `/v1/metrics`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.received: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def points(self, name: str | None = None) -> list[Point]:
        """Every point in the order of arrival, of one measure or of all."""
        found = []
        # Messages written one after the other read as one message that holds everything.
        message = ExportMetricsServiceRequest.FromString(self.received.get("/v1/metrics", b""))
        for resource in message.resource_metrics:
            about = {entry.key: entry.value.string_value for entry in resource.resource.attributes}
            for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                data = getattr(metric, metric.WhichOneof("data") or "gauge")
                for point in data.data_points:
                    labels = {label.key: label.value.string_value for label in point.attributes}
                    kind = point.WhichOneof("value") if hasattr(point, "as_double") else "count"
                    value = float(getattr(point, kind or "as_int"))
                    found.append(Point(about["service.name"], about["service.instance.id"], metric.name, labels, value))
        return [point for point in found if name in {None, point.name}]

    def highest(self, name: str, **labels: str) -> float | None:
        """The highest value that arrived under a name with these labels."""
        values = [point.value for point in self.points(name) if labels.items() <= point.labels.items()]
        return max(values) if values else None


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, Collector)
        self.server.received[self.path] = self.server.received.get(self.path, b"") + body
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=5)
