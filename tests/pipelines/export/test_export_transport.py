"""Storage and BigQuery that answer 500, 429, nothing, or something nobody hears: rows arrive once all the same."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from google.cloud import bigquery

from pipelines.lib.export import bigquery_jobs, control, storage, warehouse
from pipelines.lib.export.bigquery_jobs import JobRunner
from pipelines.lib.export.errors import ExportError, LoadFailedError
from pipelines.lib.export.export_run import run_export
from pipelines.lib.export.report import ExportReport
from pipelines.settings import PipelineSettings
from tests.support.databases import Database
from tests.support.export_world import World, assert_equal, client, export, world
from tests.support.faulty_proxy import Call, Fault, FaultyProxy, faulty_proxy

pytestmark = pytest.mark.slow
__all__ = ["client", "world"]

# A time-out takes its time, so the quick pattern has one at each effect only.
TIMED_OUT = ("/jobs", "/upload/", "DELETE /storage")


@contextmanager
def proxied(
    settings: PipelineSettings, choose: Callable[[Call], Fault | None]
) -> Iterator[tuple[PipelineSettings, FaultyProxy, FaultyProxy]]:
    """Settings whose storage and warehouse lie behind proxies."""
    assert settings.storage_emulator_host is not None
    assert settings.bigquery_emulator_host is not None
    with (
        faulty_proxy(storage.http_url(settings.storage_emulator_host), choose) as objects,
        faulty_proxy(storage.http_url(settings.bigquery_emulator_host), choose) as tables,
    ):
        changed = {"storage_emulator_host": objects.url, "bigquery_emulator_host": tables.url}
        yield PipelineSettings.model_validate(settings.model_dump() | changed), objects, tables


def be_quick(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    """Short pauses between tries; for a server that says nothing also short time-outs, instead of half a minute."""
    monkeypatch.setattr(bigquery_jobs, "DEFAULT_RETRY", bigquery_jobs.DEFAULT_RETRY.with_delay(initial=0.05))
    monkeypatch.setattr(storage, "RETRY", storage.RETRY.with_delay(initial=0.05))
    if fault == "timeout":
        for module in (bigquery_jobs, control, warehouse):
            monkeypatch.setattr(module, "CALL_SECONDS", 5.0)
        monkeypatch.setattr(storage, "CALL_SECONDS", (5.0, 5.0))


def first_of_each_kind(fault: Fault) -> Callable[[Call], Fault | None]:
    """The fault at the first call of every kind."""
    met: set[str] = set()
    kinds = TIMED_OUT if fault == "timeout" else ("",)

    def choose(call: Call) -> Fault | None:
        if call.kind in met or not any(part in call.kind for part in kinds):
            return None
        met.add(call.kind)
        return fault

    return choose


def every_call_once(fault: Fault) -> Callable[[Call], Fault | None]:
    """The fault at every other call: each meets it once and then goes through."""
    met: set[tuple[str, str, bytes]] = set()

    def choose(call: Call) -> Fault | None:
        this = (call.method, call.path, call.body)
        if this in met:
            return None
        met.add(this)
        return fault

    return choose


def export_until_it_succeeds(settings: PipelineSettings) -> ExportReport:
    """Plain re-runs, as the schedule would make them."""
    for _ in range(6):
        try:
            report = run_export(settings)
        except ExportError:
            continue
        if report.clean:
            return report
    raise AssertionError("the export never succeeded")


@pytest.mark.timeout(1_800)  # every call of an export that first waits five seconds, over up to six exports
@pytest.mark.parametrize(
    "fault", ["500", "lost", *(pytest.param(fault, marks=pytest.mark.prove) for fault in ("429", "timeout"))]
)
@pytest.mark.parametrize("pattern", [first_of_each_kind, pytest.param(every_call_once, marks=pytest.mark.prove)])
def test_each_call_meets_the_fault_and_the_rows_arrive_once(
    pipeline_settings: PipelineSettings,
    database: Database,
    client: bigquery.Client,
    world: World,
    fault: Fault,
    pattern: Callable[[Fault], Callable[[Call], Fault | None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = world.add_person()
    export(pipeline_settings)
    world.add_person()
    world.decide(person, "training", granted=False)
    with proxied(pipeline_settings, pattern(fault)) as (settings, objects, tables), monkeypatch.context() as patch:
        be_quick(patch, fault)
        export_until_it_succeeds(settings)
        assert sum(objects.faults.values()) >= 2, objects.faults
        assert sum(tables.faults.values()) >= 1, tables.faults
    assert_equal(database, client, pipeline_settings)
    report = export(pipeline_settings, full_refresh=True)
    assert sum(t.rows_inserted + t.rows_updated + t.rows_deleted for t in report.tables) == 0


def test_a_lost_answer_to_a_load_and_to_the_merge_is_read_as_fetch_that_job(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    world.add_person()
    lost: list[str] = []

    def choose(call: Call) -> Fault | None:
        if call.method != "POST" or not call.path.split("?")[0].endswith("/jobs"):
            return None
        job_id = json.loads(call.body)["jobReference"]["jobId"]
        if not job_id.startswith("export-") or job_id in lost:
            return None
        lost.append(job_id)
        return "lost"

    with proxied(pipeline_settings, choose) as (settings, _, tables):
        report = export(settings)
        assert sorted(tables.conflicts) == sorted(lost)  # each retry was refused with 409
        fetched = {call.path.split("?")[0].rsplit("/", 1)[-1] for call in tables.calls if call.method == "GET"}
        assert set(lost) <= fetched
    assert any(job_id.startswith("export-merge-") for job_id in lost)
    assert {job for table in report.tables for job in table.job_ids} == set(lost)
    assert_equal(database, client, pipeline_settings)


def test_a_job_id_whose_first_try_failed_gets_a_new_generation(
    pipeline_settings: PipelineSettings, client: bigquery.Client
) -> None:
    with proxied(pipeline_settings, lambda _: None) as (settings, _, tables):
        jobs = JobRunner(bigquery_jobs.bigquery_client(settings))
        broken = "select * from `no_dataset.no_table`"
        with pytest.raises(LoadFailedError):
            jobs.script(broken, "export-test-generations")
        # The same id again: it is taken by the failed try, so the next generation runs.
        job = jobs.script("select 1", "export-test-generations")
        assert job.job_id == "export-test-generations-g1"
        # And again: the second generation succeeded, so it is fetched and not run anew.
        again = jobs.script("select 2", "export-test-generations")
        assert [tuple(row.values()) for row in again.result()] == [(1,)]
        assert tables.conflicts[-1] == "export-test-generations-g1"
