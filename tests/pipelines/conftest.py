"""Fixtures of the pipelines' tests: settings on the shared stack, with a BigQuery dataset of the module's own."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from pipelines.settings import PipelineSettings
from tests.support.databases import Database
from tests.support.shared_stack import SharedStack

if TYPE_CHECKING:
    from local.vertex import VertexStandIn


@pytest.fixture(scope="module")
def pipeline_settings(stack: SharedStack, database: Database, request: pytest.FixtureRequest) -> PipelineSettings:
    """Settings for a fresh database and fresh datasets."""
    names = {name.lower(): value for name, value in (stack.environment() | database.urls).items()}
    known = {name: names[name] for name in PipelineSettings.model_fields if name in names}
    module = re.sub(r"\W+", "_", request.node.nodeid.removeprefix("tests/").removesuffix(".py"))[-40:]
    dataset = f"test_{module}_{uuid.uuid4().hex[:8]}"  # a given BigQuery stand-in may hold those of an earlier run
    # A bucket of its own as well: an export removes what earlier cuts of its bucket have left.
    bucket = f"export-{uuid.uuid4().hex[:12]}"
    client = storage.Client(
        project="test",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": names["storage_emulator_host"]},
    )
    client.create_bucket(bucket, timeout=10)
    client.close()
    return PipelineSettings.model_validate(known | {"bigquery_dataset": dataset, "gcs_export_bucket": bucket})


@pytest.fixture
def pipeline_environment(pipeline_settings: PipelineSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings as a run of Dagster or the command finds them."""
    for name, value in pipeline_settings:
        if value is not None:
            secret = getattr(value, "get_secret_value", None)
            monkeypatch.setenv(name.upper(), str(secret() if secret else value))


@pytest.fixture
def house(
    database: Database,
    storage_stack: SharedStack,
    rows: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[VertexStandIn]:
    """The training assets' surroundings, filled with the `rows` of the folder that asks."""
    from tests.pipelines.training.house import open_house  # Dagster, which most tests here do without

    with open_house(database, storage_stack, rows, tmp_path, monkeypatch) as vertex:
        yield vertex
