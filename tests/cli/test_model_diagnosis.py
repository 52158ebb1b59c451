"""`cvstomize doctor` on models: the one of the settings, each that is in service, and where tuning jobs run."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.settings import Settings
from cli.diagnosis import FaultError, Finding, SkippedError, look
from cli.model_diagnosis import served_models, tuning, vertex
from local.vertex import VertexStandIn
from tests.cli.test_model import add_model
from tests.support.databases import Database
from tests.support.service_settings import least_settings


@pytest.fixture
def house(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[VertexStandIn, Settings, psycopg.Connection]]:
    with (
        VertexStandIn(tmp_path, read=lambda uri: b"") as running,
        database.connect("PIPELINE_DATABASE_URL") as connection,
    ):
        connection.autocommit = True
        with database.connect() as owner:
            for table in ("models", "tuning_runs", "datasets"):
                owner.execute(f"delete from cvstomize.{table}".encode())
        monkeypatch.setenv("VERTEX_BASE_URL", running.base_url)
        monkeypatch.delenv("VERTEX_TUNING_LOCATION", raising=False)
        values = least_settings(database) | {"ENVIRONMENT": "local", "VERTEX_BASE_URL": running.base_url}
        settings = Settings.model_validate({name.lower(): value for name, value in values.items()})
        yield running, settings, connection


def findings(settings: Settings) -> dict[str, Finding]:
    return {name: look(name, check) for name, check in served_models(settings).items()}


def test_each_model_that_writes_is_asked_where_its_endpoint_is(
    house: tuple[VertexStandIn, Settings, psycopg.Connection],
) -> None:
    running, settings, connection = house
    assert findings(settings) == {}
    add_model(connection, 1, running, status="promoted")
    add_model(connection, 2, running, status="arm")
    add_model(connection, 3, None, status="arm")  # a row whose endpoint is gone
    add_model(connection, 4, running, status="candidate")
    found = findings(settings)
    assert sorted(found) == ["tuned model 1@1", "tuned model 2@1", "tuned model 3@1"]
    assert found["tuned model 1@1"].ok
    assert found["tuned model 2@1"].ok
    assert "answers in europe-west4" in found["tuned model 1@1"].detail
    gone = found["tuned model 3@1"]
    assert gone.ok is False
    assert "does not answer: ClientError" in gone.detail
    assert "cvstomize model rollback 3" in gone.remedy
    assert {path.split("/locations/")[1].split("/")[0] for _, path in running.seen} == {"europe-west4"}
    assert running.count("generate") == 0


def test_a_model_of_the_stand_in_and_one_without_endpoint_are_faults(
    house: tuple[VertexStandIn, Settings, psycopg.Connection],
) -> None:
    running, settings, connection = house
    add_model(connection, 1, running, status="promoted", synthetic=True)
    add_model(connection, 2, running, status="arm", synthetic=False, endpoint=None)
    found = findings(settings.model_copy(update={"environment": "production"}))
    assert [finding.ok for finding in found.values()] == [False, False]
    assert "stand-in made it" in found["tuned model 1@1"].detail
    assert "no endpoint" in found["tuned model 2@1"].detail


def test_both_locations_are_looked_at_and_each_fault_has_its_remedy(
    house: tuple[VertexStandIn, Settings, psycopg.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    running, settings, _ = house
    monkeypatch.setenv("VERTEX_TUNING_LOCATION", "europe-west4")
    serving = settings.model_copy(update={"vertex_model": "gemini-2.5-flash", "vertex_location": "us-central1"})
    assert vertex(serving) == "gemini-2.5-flash answers in us-central1"
    assert tuning(serving) == "jobs in europe-west4 can be listed"
    assert [path.split("/locations/")[1].split("/")[0] for _, path in running.seen] == ["us-central1", "europe-west4"]
    running.faults.add("tune_list", "forbidden")
    with pytest.raises(FaultError, match="cannot be listed: ClientError") as refused:
        tuning(serving)
    assert "VERTEX_TUNING_LOCATION" in refused.value.remedy
    monkeypatch.setenv("VERTEX_TUNING_LOCATION", "mars-north1")
    with pytest.raises(FaultError, match="nothing tunes in mars-north1") as wrong:
        tuning(serving)
    assert wrong.value.remedy == "set VERTEX_TUNING_LOCATION to us-central1 or europe-west4"
    monkeypatch.delenv("VERTEX_BASE_URL")
    monkeypatch.delenv("VERTEX_TUNING_LOCATION")
    with pytest.raises(SkippedError):
        tuning(serving)
