"""Labels of metrics are from fixed lists: methods, routes and statuses, whatever is asked for and by whom."""

import secrets
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.main import create_app
from api.routes import ROUTERS
from api.telemetry.labels import ALLOWED_ATTRIBUTES
from api.telemetry.providers import Telemetry
from tests.support.databases import Database
from tests.support.running_service import settings_for

ROUTES = {route.path for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)}
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "_OTHER"}
SCHEMES, PROTOCOLS = {"http"}, {"http", "1.1"}


def labels(reader: InMemoryMetricReader) -> Iterator[tuple[str, str]]:
    """Every (name, value) on every point that was collected."""
    data = reader.get_metrics_data()
    assert data is not None
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    yield from ((str(name), str(value)) for name, value in (point.attributes or {}).items())


@pytest.mark.slow
def test_labels_of_metrics_are_from_fixed_lists(database: Database) -> None:
    reader = InMemoryMetricReader()
    telemetry = Telemetry.to(InMemorySpanExporter(), reader)
    assert telemetry.meters is not None
    word = secrets.token_hex(4)
    # A label that nobody allowed does not leave the process, even when somebody adds one.
    telemetry.meters.get_meter("test").create_counter("test.words").add(
        1, {"person.word": word, "http.route": "/health"}
    )
    with TestClient(create_app(settings_for(database), telemetry=telemetry)) as client:
        for method in ("GET", "POST", "BREW", word.upper()):
            for path in ("/health", f"/{word}", f"/r/{word}", f"/api/resume/{word}?{word}={word}", "/api/me"):
                client.request(method, path, headers={"Authorization": f"Bearer {word}", "Host": f"{word}.example"})
        found = set(labels(reader))
    assert {name for name, _ in found} <= ALLOWED_ATTRIBUTES
    values = {name: {value for key, value in found if key == name} for name, _ in found}
    assert {"/health", "/r/{token}", "/api/me"} <= values["http.route"] <= ROUTES
    assert values["http.request.method"] <= METHODS
    assert values["http.response.status_code"] <= {str(status) for status in range(200, 600)}
    assert not [pair for pair in found if word in "".join(pair).lower()]
