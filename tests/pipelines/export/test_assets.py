"""The export and its alarm as Dagster runs them: run config, metadata, checks of freshness, red and green."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from google.cloud import bigquery

from pipelines.definitions import defs
from pipelines.defs.export.assets import POOL, raw_key
from pipelines.lib.export.bigquery_jobs import JobRunner
from pipelines.lib.export.contract import load_contracts
from pipelines.lib.manifest import ensure_manifest
from pipelines.settings import PipelineSettings
from tests.support.databases import Database
from tests.support.export_world import World, client, rows_in_bigquery, world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.filterwarnings("ignore")]
__all__ = ["client", "world"]

PLOTTED = {
    "dagster/row_count",
    "rows_read",
    "rows_inserted",
    "rows_updated",
    "rows_deleted",
    "parquet_bytes",
    "seconds",
    "lag_seconds",
    "job_ids",
}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


RAW_CHECKS = {
    "raw_tables_hold_what_the_watermark_says",
    "raw_tables_equal_postgres_at_their_cut",
    "nobody_who_left_remains",
}


@pytest.fixture(scope="module")
def code_location() -> dg.Definitions:
    ensure_manifest()
    return defs()


@pytest.fixture
def repository(pipeline_environment: None, code_location: dg.Definitions) -> dg.Definitions:
    """The code location, in the surroundings of a run."""
    return code_location


def run_job(
    repository: dg.Definitions, instance: dg.DagsterInstance, name: str, config: dict[str, object] | None = None
) -> dg.ExecuteInProcessResult:
    job = repository.resolve_job_def(name)
    return job.execute_in_process(instance=instance, run_config=config or {}, raise_on_error=False)


def exported(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, object]]:
    """Metadata by table of what a run materialized."""
    return {
        event.asset_key.path[-1]: {
            name: value.value for name, value in event.step_materialization_data.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def options(**values: object) -> dict[str, object]:
    return {"ops": {"export_tables": {"config": values}}}


def test_the_job_exports_the_tables_it_is_told_and_its_metadata_can_be_plotted(
    repository: dg.Definitions,
    instance: dg.DagsterInstance,
    client: bigquery.Client,
    pipeline_settings: PipelineSettings,
    world: World,
) -> None:
    person = world.add_person()
    result = run_job(repository, instance, "export", options(tables=["people", "traits"]))
    metadata = exported(result)
    assert set(metadata) == {"people", "traits"}
    assert f"p-{person}" in rows_in_bigquery(client, pipeline_settings, "people")
    people = metadata["people"]
    assert set(people) >= PLOTTED
    assert (people["mode"], people["snapshot_reason"], people["rows_inserted"]) == ("snapshot", "first export", 1)
    assert any(str(job).startswith("export-merge-") for job in people["job_ids"])  # type: ignore[attr-defined]
    assert len({table["cut"] for table in metadata.values()}) == 1
    # A check over all raw tables waits for a run that brings all of them.
    assert result.success
    assert list(result.get_asset_check_evaluations()) == []
    world.add_person()
    again = exported(run_job(repository, instance, "export", options(tables=["people"])))
    assert (again["people"]["mode"], again["people"]["rows_inserted"]) == ("incremental", 1)
    refreshed = exported(run_job(repository, instance, "export", options(tables=["people"], full_refresh=True)))
    assert set(refreshed) == {"people"}
    assert (refreshed["people"]["snapshot_reason"], refreshed["people"]["rows_inserted"]) == ("asked for", 0)
    rows = [
        event.asset_materialization.metadata["dagster/row_count"].value
        for event in instance.fetch_materializations(raw_key("people"), limit=3).records
        if event.asset_materialization
    ]
    assert rows == [2, 2, 1]


def test_unknown_run_config_is_refused_before_anything_runs(
    repository: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match="full_refresh"):
        run_job(repository, instance, "export", options(full_refresh="perhaps"))


def test_a_table_that_does_not_fit_makes_the_run_red_and_the_others_arrive(
    repository: dg.Definitions, instance: dg.DagsterInstance, world: World
) -> None:
    row = world.connection.execute("select pg_get_viewdef('export.exchange_rates'::regclass)").fetchone()
    assert row is not None
    run = world.connection.execute
    run("drop view export.exchange_rates")
    try:
        result = run_job(repository, instance, "export", options(tables=["people", "exchange_rates"]))
    finally:
        run(f"create view export.exchange_rates as {row[0].rstrip().rstrip(';')}")
        run("grant select on export.exchange_rates to cvstomize_pipeline")
    assert set(exported(result)) == {"people"}
    [failure] = [event for event in result.all_node_events if event.is_step_failure]
    assert "there is no view export.exchange_rates" in str(failure.step_failure_data.error)
    assert not any(event.is_step_up_for_retry for event in result.all_node_events)


def test_each_raw_table_says_after_how_long_it_is_stale(repository: dg.Definitions) -> None:
    graph = repository.resolve_asset_graph()
    for contract in load_contracts().values():
        policy = graph.get(raw_key(contract.table)).freshness_policy
        assert policy == dg.FreshnessPolicy.time_window(
            fail_window=timedelta(hours=1), warn_window=timedelta(minutes=40)
        )
        assert graph.get(raw_key(contract.table)).pools == {POOL}


def test_the_alarm_is_red_with_names_when_no_export_succeeded_for_an_hour_or_somebody_holds_it_back(
    repository: dg.Definitions,
    instance: dg.DagsterInstance,
    client: bigquery.Client,
    pipeline_settings: PipelineSettings,
    database: Database,
    world: World,
) -> None:
    def alarm() -> str | None:
        result = run_job(repository, instance, "export_alarm")
        failures = [event for event in result.all_node_events if event.is_step_failure]
        return str(failures[0].step_failure_data.error) if failures else None

    world.add_person()
    whole = run_job(repository, instance, "export")
    assert exported(whole).keys() == load_contracts().keys()
    assert {check.check_name for check in whole.get_asset_check_evaluations() if check.passed} >= RAW_CHECKS
    assert alarm() is None
    with database.connect() as holder:
        row = holder.execute("select pg_backend_pid(), pg_current_xact_id()").fetchone()
        assert row is not None
        run_job(repository, instance, "export", options(tables=["people"]))
        world.add_person()
        said = alarm()
        assert said is not None
        assert f"the watermark is held back: pid {row[0]} " in said
        holder.rollback()
    hours_ago = datetime.now(UTC) - timedelta(hours=2)
    JobRunner(client).rows(
        f"update `{pipeline_settings.raw_dataset}.export_control`"
        f" set cut_at = timestamp '{hours_ago:%Y-%m-%d %H:%M:%S}+00' where table_name = 'traits'"
    )
    said = alarm()
    assert said is not None
    assert "traits: no export succeeded for 120 minutes" in said
    assert "people" not in said
