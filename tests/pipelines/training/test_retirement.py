"""A model that learnt from somebody who left: out of service at once, off Vertex with every step repeatable."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.vertex import VertexStandIn
from pipelines.lib.training.promotion import mark_models
from pipelines.lib.training.retirement import retire_models
from pipelines.lib.training.vertex_settings import VertexSettings
from tests.cli.test_model import add_model, statuses
from tests.support.databases import Database

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def vertex(tmp_path: Path) -> Iterator[VertexStandIn]:
    with VertexStandIn(tmp_path) as running:
        yield running


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect("PIPELINE_DATABASE_URL") as opened:
        opened.autocommit = True
        for table in ("models", "tuning_runs", "datasets"):
            opened.execute(f"delete from cvstomize.{table}".encode())
        yield opened


def settings(vertex: VertexStandIn) -> VertexSettings:
    values: dict[str, Any] = {"gcp_project_id": "test-project", "vertex_base_url": vertex.base_url}
    return VertexSettings(**values)


def test_a_promoted_model_gives_way_and_is_deleted_after_a_refusal(
    connection: psycopg.Connection, vertex: VertexStandIn
) -> None:
    add_model(connection, 1, vertex)
    replaced = {"promotion": {"replaced": "projects/test-project/locations/europe-west4/models/1@1"}}
    add_model(connection, 2, vertex, status="promoted", dataset="revoked", evaluation=replaced)
    assert [name.rpartition("/")[2] for name in mark_models(connection)] == ["2@1"]
    assert {name: status for name, (status, _) in statuses(connection).items()} == {
        "1@1": "promoted",
        "2@1": "retire_required",
    }
    vertex.faults.add("models", "refuses", times=1)
    refused = retire_models(connection, settings(vertex), now=NOW)
    assert "could not" in next(iter(refused.refused.values()))
    assert not retire_models(connection, settings(vertex), now=NOW).retired  # its pause is not over
    done = retire_models(connection, settings(vertex), now=NOW + timedelta(hours=1))
    assert len(done.retired) == 1
    assert statuses(connection)["2@1"][0] == "retired"
    left = vertex.jobs.everything()
    assert [item["name"].rpartition("/")[2] for item in left["models"]] == ["1"]
    assert [item["name"].rpartition("/")[2] for item in left["endpoints"]] == ["1"]
