"""What an export says when it did not end well is true: whether the raw tables were changed is looked up."""

import json
from collections.abc import Callable, Iterator

import pytest
from google.cloud import bigquery

from pipelines.lib.export import bigquery_jobs, milestones, storage
from pipelines.lib.export.control import ControlTable, Watermark
from pipelines.lib.export.errors import (
    ConcurrentExportError,
    LoadFailedError,
    StoreUnavailableError,
    UnsettledMergeError,
)
from pipelines.lib.export.export_run import run_export
from pipelines.lib.export.warehouse import RawWarehouse
from pipelines.settings import PipelineSettings
from tests.support.databases import Database
from tests.support.export_world import World, client, export, rows_in_bigquery, rows_in_postgres, world
from tests.support.faulty_proxy import Call, Fault, faulty_proxy

pytestmark = pytest.mark.slow
__all__ = ["client", "world"]

TABLES = ["people", "traits"]  # one with rows and one without: what is tried here does not depend on the table


def assert_people_equal(database: Database, client: bigquery.Client, settings: PipelineSettings) -> None:
    with database.connect() as connection:
        assert rows_in_bigquery(client, settings, "people") == rows_in_postgres(connection, "people")


def watermarks(client: bigquery.Client, settings: PipelineSettings) -> dict[str, Watermark]:
    warehouse = RawWarehouse(client, settings)
    return ControlTable(client, warehouse.jobs, warehouse.raw).read()


def is_merge(call: Call) -> bool:
    """Whether a call starts the transaction or asks for it."""
    if call.method == "POST" and call.path.split("?")[0].endswith("/jobs"):
        return bool(json.loads(call.body)["jobReference"]["jobId"].startswith("export-merge-"))
    return "/export-merge-" in call.path


def unheard(call: Call) -> Fault | None:
    return "lost" if is_merge(call) else None


def never_arrives(call: Call) -> Fault | None:
    return "500" if is_merge(call) else None


def nothing_afterwards(first: Fault) -> Callable[[Call], Fault | None]:
    """The transaction is sent, and from then on nobody answers at all."""
    over = False

    def choose(call: Call) -> Fault | None:
        nonlocal over
        if over:
            return "500"
        over = is_merge(call)
        return first if over else None

    return choose


def no_deleting(call: Call) -> Fault | None:
    return "500" if call.method == "DELETE" else None


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of retries instead of a minute."""
    monkeypatch.setattr(bigquery_jobs, "RETRY_SECONDS", 1.0)
    monkeypatch.setattr(storage, "RETRY", storage.RETRY.with_timeout(1.0))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("choose", "error", "words", "changed"),
    [
        pytest.param(unheard, None, "", True, id="committed, and nobody heard"),
        pytest.param(never_arrives, UnsettledMergeError, "has not reached the raw tables so far", False, id="not sent"),
        pytest.param(
            nothing_afterwards("lost"),
            UnsettledMergeError,
            "could not be asked either",
            True,
            id="then down",
            marks=pytest.mark.prove,
        ),
        pytest.param(
            nothing_afterwards("500"),
            UnsettledMergeError,
            "could not be asked either",
            False,
            id="down",
            marks=pytest.mark.prove,
        ),
        pytest.param(no_deleting, StoreUnavailableError, "the raw tables hold cut 2", True, id="clean-up failed"),
    ],
)
def test_an_export_that_did_not_end_well_says_what_became_of_the_raw_tables(
    pipeline_settings: PipelineSettings,
    database: Database,
    client: bigquery.Client,
    world: World,
    choose: Callable[[Call], Fault | None],
    error: type[Exception] | None,
    words: str,
    changed: bool,
) -> None:
    world.add_person()
    export(pipeline_settings, tables=TABLES)
    before = watermarks(client, pipeline_settings)
    world.add_person()
    assert pipeline_settings.bigquery_emulator_host is not None
    assert pipeline_settings.storage_emulator_host is not None
    with (
        faulty_proxy(storage.http_url(pipeline_settings.bigquery_emulator_host), choose) as tables,
        faulty_proxy(storage.http_url(pipeline_settings.storage_emulator_host), choose) as objects,
    ):
        proxies = {"bigquery_emulator_host": tables.url, "storage_emulator_host": objects.url}
        settings = PipelineSettings.model_validate(pipeline_settings.model_dump() | proxies)
        if error is None:
            assert export(settings, tables=TABLES).clean
        else:
            with pytest.raises(error, match=words):
                run_export(settings, tables=TABLES)
        assert sum(tables.faults.values()) + sum(objects.faults.values()) > 0
    after = watermarks(client, pipeline_settings)
    assert {after[table].cut != before[table].cut for table in before} == {changed}
    if changed:
        assert_people_equal(database, client, pipeline_settings)
    export(pipeline_settings, tables=TABLES)
    assert_people_equal(database, client, pipeline_settings)


def test_a_transaction_that_bigquery_calls_failed_changed_nothing_and_says_so(
    pipeline_settings: PipelineSettings, client: bigquery.Client, world: World, listening: Callable[[str, object], None]
) -> None:
    world.add_person()
    export(pipeline_settings, tables=TABLES)
    before = watermarks(client, pipeline_settings)
    world.add_person()
    warehouse = RawWarehouse(client, pipeline_settings)
    listening("about to merge", warehouse.drop_load_tables)
    with pytest.raises(LoadFailedError, match="no raw table was changed"):
        run_export(pipeline_settings, tables=TABLES)
    assert watermarks(client, pipeline_settings) == before


class _StoppedError(Exception):
    """Ends the other export where the test wants it."""


@pytest.fixture
def listening() -> Iterator[Callable[[str, object], None]]:
    """Do something once when an export reaches a point."""

    def listen(point: str, act: Callable[[], object]) -> None:
        def hear(reached: str) -> None:
            if reached == point:
                milestones.listener = None
                act()

        milestones.listener = hear

    yield listen  # type: ignore[misc]
    milestones.listener = None


@pytest.mark.usefixtures("impatient")  # the stand-in answers the loser with 500, which is retried
@pytest.mark.parametrize(
    "stopped",
    [
        pytest.param(True, id="its load tables there"),
        pytest.param(False, id="its load tables gone", marks=pytest.mark.prove),
    ],
)
def test_of_two_exports_at_once_the_later_one_changes_nothing_and_says_so(
    pipeline_settings: PipelineSettings,
    database: Database,
    client: bigquery.Client,
    world: World,
    listening: Callable[[str, object], None],
    stopped: bool,
) -> None:
    """The exporter's lock is gone, as after a broken connection; the compare-and-swap keeps them apart."""
    world.add_person()
    export(pipeline_settings, tables=TABLES)
    world.add_person()
    held: dict[str, object] = {}

    def overtake() -> None:
        world.connection.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        held["person"] = world.add_person()  # only the other export sees it
        if stopped:
            listening("merged", stop)
            with pytest.raises(_StoppedError):
                run_export(pipeline_settings, tables=TABLES)
        else:
            export(pipeline_settings, tables=TABLES)
        held["watermarks"] = watermarks(client, pipeline_settings)

    def stop() -> None:
        raise _StoppedError

    listening("about to merge", overtake)
    with pytest.raises(ConcurrentExportError, match="no raw table was changed by this one"):
        run_export(pipeline_settings, tables=TABLES)
    assert watermarks(client, pipeline_settings) == held["watermarks"]
    assert f"p-{held['person']}" in rows_in_bigquery(client, pipeline_settings, "people")
    assert_people_equal(database, client, pipeline_settings)
