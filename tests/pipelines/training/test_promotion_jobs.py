"""The jobs of the Dagster UI that promote a model and take it back."""

import json
from typing import Any

import dagster as dg
import pytest

from api.db.base import new_id
from local.vertex import VertexStandIn
from pipelines.defs.training.promotion import list_models, promote_model, rollback_model
from tests.pipelines.training.house import failure
from tests.pipelines.training.synthetic import record
from tests.support.databases import Database

NAME = "projects/p/locations/us-central1/models/41"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [record(1)]


def candidate(database: Database, verdict: str) -> None:
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute(
            "insert into cvstomize.models (id, name, endpoint, status, synthetic, evaluation)"
            " values (%s, %s, %s, 'candidate', true, %s)",
            [
                new_id(),
                NAME,
                NAME.replace("models", "endpoints"),
                json.dumps({"verdict": verdict, "reasons": ["it invents"], "synthetic": True}),
            ],
        )


def go(job: dg.JobDefinition, **config: Any) -> dg.ExecuteInProcessResult:
    ops = {"ops": {job.nodes[0].name: {"config": config}}} if config else None
    return job.execute_in_process(run_config=ops, raise_on_error=False)


def statuses(database: Database) -> list[tuple[Any, ...]]:
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        return connection.execute("select status, share::float from cvstomize.models").fetchall()


def test_promote_and_roll_back(house: VertexStandIn, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    candidate(database, "promotable")
    assert go(promote_model, model="41", share=0.2).success
    assert statuses(database) == [("arm", 0.2)]
    assert go(promote_model, model=NAME, share=1.0).success
    assert statuses(database) == [("promoted", 1.0)]
    assert go(list_models).success
    assert go(rollback_model).success
    assert statuses(database) == [("rolled_back", 0.0)]
    assert "nothing to roll back" in failure(go(rollback_model))
    monkeypatch.setenv("ENVIRONMENT", "production")
    assert "ENVIRONMENT=local" in failure(go(promote_model, model=NAME, share=1.0))


def test_a_refused_model_is_not_promoted_and_the_run_says_why(house: VertexStandIn, database: Database) -> None:
    candidate(database, "refused")
    assert "the evaluation refused the model: it invents" in failure(go(promote_model, model=NAME, share=1.0))
    assert "there is no model" in failure(go(promote_model, model="nobody"))
    assert statuses(database) == [("candidate", 0.0)]
