"""How runs of the export keep apart and are tried again, as the instances' own files and the asset say."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._utils.concurrency import ConcurrencySlotStatus

from pipelines.defs.export.assets import POOL, raw_tables

PROJECT = Path(__file__).parents[3]
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(params=["local/stack/dagster.yaml", "deploy/dagster/dagster.yaml"])
def instance(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Dagster as the file sets it up, with its runs in SQLite instead of where the file keeps them."""
    settings = yaml.safe_load((PROJECT / request.param).read_text(encoding="utf-8"))
    settings.pop("storage", None)
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    with dg.DagsterInstance.from_config(str(tmp_path)) as made:
        yield made


def test_the_second_of_two_runs_waits_until_the_first_has_left_the_pool(instance: dg.DagsterInstance) -> None:
    assert raw_tables.op.pool == POOL
    storage = instance.event_log_storage
    storage.initialize_concurrency_limit_to_default(POOL)

    def claim(run: str) -> ConcurrencySlotStatus:
        return storage.claim_concurrency_slot(POOL, run, raw_tables.op.name).slot_status

    assert claim("first") == ConcurrencySlotStatus.CLAIMED
    assert claim("second") == ConcurrencySlotStatus.BLOCKED
    storage.free_concurrency_slots_for_run("first")
    assert claim("second") == ConcurrencySlotStatus.CLAIMED


def test_a_failed_run_is_tried_three_times_after_longer_and_longer_waits() -> None:
    policy = raw_tables.op.retry_policy
    assert policy is not None
    assert policy.max_retries == 3
    steady = dg.RetryPolicy(max_retries=policy.max_retries, delay=policy.delay, backoff=policy.backoff)
    assert [steady.calculate_delay(attempt) for attempt in (1, 2, 3)] == [10, 30, 70]
    assert policy.jitter is not None  # exports that failed together do not come back together
