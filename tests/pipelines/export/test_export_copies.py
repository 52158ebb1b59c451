"""Who left is gone from every copy, what holds the export back is named, and the checks say so."""

import pyarrow as pa
import pyarrow.parquet
import pytest
from google.cloud import bigquery

from pipelines.defs.export.alarm import export_alarm
from pipelines.defs.export.checks import nobody_who_left_remains, raw_tables_equal_postgres_at_their_cut
from pipelines.lib.export.alarm import alarms
from pipelines.lib.export.bigquery_jobs import JobRunner
from pipelines.lib.export.storage import ExportBucket, storage_client
from pipelines.lib.residue import find_who_left
from pipelines.settings import PipelineSettings
from tests.support.databases import Database
from tests.support.export_world import World, client, export, world
from tests.support.otlp_collector import collector

pytestmark = pytest.mark.slow
__all__ = ["client", "world"]


@pytest.mark.usefixtures("pipeline_environment")
def test_erased_and_withdrawn_people_leave_raw_load_tables_objects_and_core_and_a_check_sees_any_that_stay(
    pipeline_settings: PipelineSettings, client: bigquery.Client, world: World
) -> None:
    erased, withdrawn, staying = (world.add_person() for _ in range(3))
    export(pipeline_settings)
    jobs, bucket = (
        JobRunner(client),
        ExportBucket(storage_client(pipeline_settings), pipeline_settings.gcs_export_bucket),
    )
    # What a killed run leaves behind: a load table, and an object of a cut that was never merged.
    jobs.rows(f"create table `{pipeline_settings.load_dataset}.people_left_behind` (person_key string)")
    jobs.rows(f"insert into `{pipeline_settings.load_dataset}.people_left_behind` values ('p-{erased}')")
    writer = bucket.open_part("20200101T000000000000Z-1", "people", 0)
    pa.parquet.write_table(pa.table({"person_key": [f"p-{withdrawn}"]}), writer)
    writer.close()
    world.connection.execute("delete from cvstomize.users where id = %s", [erased])
    world.decide(withdrawn, "outcome_research", granted=False)
    export(pipeline_settings)
    assert find_who_left(pipeline_settings) == (2, {})
    assert nobody_who_left_remains().passed
    assert raw_tables_equal_postgres_at_their_cut().passed
    # The check can fail: somebody who left is put back into each kind of copy.
    jobs.rows(f"create schema if not exists `{pipeline_settings.warehouse_dataset('core')}`")
    core = f"{pipeline_settings.warehouse_dataset('core')}.dim_people"
    jobs.rows(f"create table if not exists `{core}` (person_key string)")
    jobs.rows(f"insert into `{core}` values ('p-{erased}'), ('p-{staying}')")
    left = bucket.open_part("20200101T000000000000Z-2", "people", 0)
    pa.parquet.write_table(pa.table({"person_key": [f"p-{withdrawn}", f"p-{staying}"]}), left)
    left.close()
    _, residue = find_who_left(pipeline_settings)
    assert residue == {f"bigquery {core}": {f"p-{erased}"}, left.uri: {f"p-{withdrawn}"}}
    result = nobody_who_left_remains()
    assert not result.passed
    assert result.metadata["waiting_for_the_next_build"].value == {f"bigquery {core}": 1}  # type: ignore[union-attr]


def test_a_transaction_that_holds_the_watermark_back_is_named_by_its_process(
    pipeline_settings: PipelineSettings, database: Database, world: World
) -> None:
    with database.connect() as holder:
        row = holder.execute("select pg_backend_pid(), pg_current_xact_id()").fetchone()
        assert row is not None
        assert export(pipeline_settings).held_back is None
        world.add_person()
        report = export(pipeline_settings)
        assert report.held_back is not None
        assert report.held_back.startswith(f"pid {row[0]} (postgres, ")
        assert report.watermark == int(row[1])
        assert any(line.startswith(f"the watermark is held back: pid {row[0]}") for line in alarms(pipeline_settings))
        holder.rollback()
    report = export(pipeline_settings)
    assert report.held_back is None
    assert report.lag_seconds > 0
    assert alarms(pipeline_settings) == []


@pytest.mark.usefixtures("pipeline_environment")
def test_the_lag_of_the_export_is_sent_by_the_alarm(
    pipeline_settings: PipelineSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(pipeline_settings)
    with collector() as collected:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collected.url)
        assert export_alarm.execute_in_process().success
        [point] = collected.points("cvstomize_export_lag_seconds")
    assert point.service == "cvstomize-pipelines"
    assert 0 < point.value < 60
