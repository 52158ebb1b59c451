"""Somebody deletes their account; the model that learnt from them goes, and the receipt says so at the end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from cli.erased_copies import verify_copies
from local.vertex import VertexStandIn
from pipelines.defs.training.keys import DATASET, MODEL, ROWS, RUN
from pipelines.settings import load_settings
from tests.api.privacy.test_erasure import lived_in, work
from tests.pipelines.training.house import metadata, open_house, run
from tests.pipelines.training.test_retirement_job import go, let_the_pause_pass, shown, tick
from tests.support.databases import Database
from tests.support.running_service import Service, service
from tests.support.shared_stack import SharedStack

__all__ = ["service"]

pytestmark = pytest.mark.slow


@pytest.fixture
def house(
    database: Database,
    stack: SharedStack,
    rows: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[VertexStandIn]:
    """As the folder's, with BigQuery: an erasure is done only when both warehouses were looked through."""
    with open_house(database, stack, rows, tmp_path, monkeypatch) as vertex:
        yield vertex


def test_an_erased_person_is_told_when_the_last_model_is_gone(
    service: Service, house: VertexStandIn, database: Database
) -> None:
    person, _ = lived_in(service)
    [(person_key,)] = service.rows("select person_key from cvstomize.users where id = %s", person.user_id)
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute(
            "update core.training_examples set person_key = %s where resume_id = 'resume-1-0'", [person_key]
        )
    run(ROWS, DATASET, RUN, MODEL, config={"training__tuned_model": {"polls": 5}})

    def learnt_from() -> list[tuple[Any, ...]]:
        return service.rows("select file_name from core.dataset_lineage where person_key = %s", person_key)

    def model_statuses() -> list[str]:
        return [status for (status,) in service.rows("select status from cvstomize.models")]

    def receipt_status() -> str:
        with service.client() as anybody:
            return str(anybody.get(f"/api/erasures/{receipt}").json()["status"])

    assert learnt_from()
    assert model_statuses() == ["candidate"]

    receipt = person.delete("/api/me").json()["receipt"]
    for minutes in (0, 5):  # the deletion, then the sweep
        with service.clock.moved(minutes=minutes):
            work(service)
    assert receipt_status() == "operational_erased"
    assert [place for places in verify_copies(load_settings()).values() for place in places] == [
        "core.dataset_lineage",
        "core.training_examples",
    ]

    with database.connect("PIPELINE_DATABASE_URL") as connection:  # the night builds the table again
        connection.execute(
            "delete from core.training_examples where person_key not in (select person_key from export.people)"
        )
    assert metadata(run(ROWS, DATASET), DATASET)["revoked_datasets"] == 1
    assert verify_copies(load_settings()) == {}
    assert learnt_from() == []
    assert model_statuses() == ["retire_required"]
    assert receipt_status() == "erased"

    assert isinstance(tick(), dg.RunRequest)
    house.faults.add("models", "refuses", times=1)
    refused = shown(go())
    assert (len(refused["refused"]), refused["retired"], refused["erasure_requests_closed"]) == (1, [], 0)
    assert isinstance(tick(), dg.SkipReason)  # the pause after a refusal
    assert receipt_status() == "erased"

    let_the_pause_pass(database)
    assert isinstance(tick(), dg.RunRequest)
    accepted = shown(go())
    assert (len(accepted["retired"]), accepted["refused"], accepted["erasure_requests_closed"]) == (1, {}, 1)
    assert house.jobs.everything()["models"] == house.jobs.everything()["endpoints"] == ()
    assert receipt_status() == "models_retired"
    assert isinstance(tick(), dg.SkipReason)
