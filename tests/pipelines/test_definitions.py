"""The code location as a whole: its assets, jobs and schedules, and that loading it connects to nothing."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import defs
from pipelines.defs.nightly.jobs import first_of_month, nightly_selection
from pipelines.lib.export.contract import load_contracts
from pipelines.lib.manifest import ensure_manifest
from pipelines.resources import parse_moment

PROJECT = Path(__file__).parents[2]
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def definitions() -> Iterator[dg.Definitions]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIGQUERY_DATASET", "cvstomize")
        patch.setenv("WAREHOUSE", "postgres")
        yield defs()


def keys_of(definitions: dg.Definitions) -> set[str]:
    return {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}


def test_the_graph_leads_from_app_tables_to_marts_in_both_warehouses(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for table, contract in load_contracts().items():
        view = dg.AssetKey(["export", table])
        assert graph.get(view).parent_keys == {dg.AssetKey(["operational", name]) for name in contract.reads}
        assert graph.get(dg.AssetKey(["raw", table])).parent_keys == {view}
    for target, source in (("postgres", "export"), ("bigquery", "raw")):
        staging = graph.get(dg.AssetKey([target, "staging", "stg_resumes"]))
        assert dg.AssetKey([source, "resumes"]) in staging.parent_keys
        mart = dg.AssetKey([target, "marts", "time_to_interview"])
        assert mart in graph.get(dg.AssetKey(["published", "marts"])).parent_keys


def test_both_warehouses_have_the_same_models(definitions: dg.Definitions) -> None:
    keys = keys_of(definitions)
    sides = [{k.split("/", 1)[1] for k in keys if k.startswith(f"{side}/")} for side in ("postgres", "bigquery")]
    assert sides[0] == sides[1]
    assert {"core/fct_applications", "marts/time_to_interview", "marts/salary_by_trait"} <= sides[0]


def test_groups_and_every_asset_is_described_owned_and_has_kinds(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    bare = []
    for key in graph.get_all_asset_keys():
        spec = graph.get(key)
        if not (spec.description and spec.owners and spec.kinds and spec.group_name != "default"):
            bare.append(key.to_user_string())
    assert bare == []
    groups = {graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert {"operational", "raw", "staging", "core", "marts", "training"} <= groups


def test_each_group_has_a_check(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    groups = {graph.get(check.asset_key).group_name for check in graph.asset_check_keys}
    assert {"operational", "raw", "core", "marts"} <= groups


def test_jobs_and_schedules(definitions: dg.Definitions) -> None:
    names = {schedule.name: schedule.cron_schedule for schedule in definitions.schedules or []}
    assert names["nightly_schedule"] == "0 3 * * *"
    assert names["export_schedule"] == "*/15 * * * *"
    assert names["export_alarm_schedule"] == "10-59/15 * * * *"
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=datetime(2026, 11, 25, 3, tzinfo=UTC)
        )
        schedule = definitions.resolve_schedule_def("nightly_schedule")
        [request] = schedule.evaluate_tick(context).run_requests
    assert request.run_config["resources"]["moment"]["config"]["as_of"] == "2026-11-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("warehouse", "bigquery", "left_out"),
    [("postgres", True, set()), ("postgres", False, {"raw", "bigquery"}), ("bigquery", True, {"postgres"})],
)
def test_a_night_builds_the_configured_sides(
    definitions: dg.Definitions, warehouse: str, bigquery: bool, left_out: set[str]
) -> None:
    graph = definitions.resolve_asset_graph()
    chosen = nightly_selection(warehouse, bigquery=bigquery).resolve(graph)
    assert {"raw", "bigquery", "postgres"} - {key.path[0] for key in chosen} == left_out


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 25, 3, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
        (datetime.fromisoformat("2026-12-01T00:30:00+02:00"), datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_first_of_month_is_in_utc(moment: datetime, expected: datetime) -> None:
    assert first_of_month(moment) == expected


@pytest.mark.parametrize("text", ["2026-12-01", "2026-12-01T00:00:00", "soon", ""])
def test_a_moment_without_offset_is_refused(text: str) -> None:
    with pytest.raises(dg.Failure):
        parse_moment(text)


LOAD = """
import socket, sys
def refuse(*_):
    raise AssertionError("the code location connected to something")
socket.socket.connect = refuse
from pipelines.definitions import defs
defs()
heavy = {"google.cloud.bigquery", "google.cloud.storage", "google.cloud.aiplatform", "psycopg", "pyarrow"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


def test_loading_connects_to_nothing_and_imports_no_client() -> None:
    ensure_manifest()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-800:]
