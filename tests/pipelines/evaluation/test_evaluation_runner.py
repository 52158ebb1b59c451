"""Evaluations through Dagster's own runner, against every fault of the stand-in that an answer can have."""

from typing import Any

import pytest

from local.vertex import VertexStandIn
from pipelines.defs.training.keys import DATASET, EVALUATION, MODEL, ROWS, RUN
from pipelines.lib.evaluation.verdict import promotion_problem
from tests.pipelines.evaluation.conftest import FEW_PEOPLE, FEW_ROWS, ROWS_OF_EACH, TEST_PEOPLE
from tests.pipelines.training.house import decide, failure, metadata, run
from tests.support.databases import Database

PROMPTS = FEW_PEOPLE * FEW_ROWS
TOO_FEW = {
    f"{PROMPTS} test prompts, 200 are needed: build a dataset with more people",
    f"{FEW_PEOPLE} test people, 20 are needed: build a dataset with more people",
}
pytestmark = pytest.mark.slow


def evaluations(database: Database) -> dict[str, Any]:
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        return dict(connection.execute("select name, evaluation from cvstomize.models order by created_at").fetchall())


def only(database: Database) -> dict[str, Any]:
    [document] = evaluations(database).values()
    return document  # type: ignore[no-any-return]


@pytest.mark.prove
@pytest.mark.parametrize("rows", [(TEST_PEOPLE, ROWS_OF_EACH)], indirect=True, scope="module")
def test_a_better_model_is_promotable_here_and_nowhere_else(house: VertexStandIn, database: Database) -> None:
    prompts = TEST_PEOPLE * ROWS_OF_EACH
    result = run(ROWS, DATASET, RUN, MODEL, EVALUATION)
    found, shown = only(database), metadata(result, EVALUATION)
    assert (found["verdict"], found["reasons"]) == ("promotable", [])
    assert (found["prompts"], found["people"], found["synthetic"]) == (prompts, TEST_PEOPLE, True)
    assert found["winRateLower"] > 0.5
    assert found["wins"] + found["losses"] + found["ties"] == prompts
    assert "### promotable" in shown["evaluation"]
    assert "█" in shown["evaluation"]
    assert promotion_problem(found, synthetic=True, environment="local") is None
    assert promotion_problem(found, synthetic=True, environment="production") is not None


def test_a_few_prompts_are_asked_once_drawn_and_refused(house: VertexStandIn, database: Database) -> None:
    result = run(ROWS, DATASET, RUN, MODEL, EVALUATION)
    found, shown = only(database), metadata(result, EVALUATION)
    assert found["verdict"] == "refused"
    assert set(found["reasons"]) >= TOO_FEW
    assert "### refused" in shown["evaluation"]
    asked = house.count("generate")
    assert asked == 2 * PROMPTS + 2 * (PROMPTS - found["ties"])
    assert found["wins"] == PROMPTS
    assert "no candidate waits" in metadata(run(EVALUATION), EVALUATION)["skipped"]
    [name] = evaluations(database)
    again = {"training__model_evaluation": {"model": name}}
    run(EVALUATION, config=again)
    assert house.count("generate") == asked  # everything that was paid for is kept
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        people = connection.execute(
            "select count(distinct person_key) from core.dataset_lineage where file_name = 'evaluation/test.jsonl'"
        ).fetchone()
    assert people == (FEW_PEOPLE,)


def test_a_model_that_invents_or_breaks_the_form_is_refused(house: VertexStandIn, database: Database) -> None:
    run(ROWS, DATASET, RUN, MODEL)
    house.faults.add("generate", "invented_degree", times=PROMPTS // 2)  # the candidate is asked first
    house.faults.add("generate", "empty_text", times=PROMPTS // 2)
    run(EVALUATION)
    found = only(database)
    assert found["verdict"] == "refused"
    assert "0.000 of its answers hold to the facts, 1.000 of the current model's" in found["reasons"]
    assert found["candidate"]["valid"] == 0.5
    assert promotion_problem(found, synthetic=True, environment="local") is not None


def test_a_judge_that_prattles_decides_nothing(house: VertexStandIn, database: Database) -> None:
    run(ROWS, DATASET, RUN, MODEL)
    house.faults.add("generate", "late", times=2 * PROMPTS, delay_seconds=0)
    house.faults.add("generate", "empty_text", times=2 * PROMPTS)
    run(EVALUATION)
    found = only(database)
    assert (found["wins"], found["losses"], found["ties"]) == (0, 0, PROMPTS)
    assert found["unreadableJudgements"] == 1.0
    assert [reason for reason in found["reasons"] if "judgements could not be read" in reason]


def test_faults_that_pass_leave_no_trace(house: VertexStandIn, database: Database) -> None:
    run(ROWS, DATASET, RUN, MODEL)
    for kind in ("rate_limited", "internal", "unavailable", "lost_answer", "garbage", "wrong_shape"):
        house.faults.add("generate", kind)
    run(EVALUATION)
    found = only(database)
    assert found["wins"] == PROMPTS
    assert found["candidate"]["valid"] == found["current"]["valid"] == 1.0


def test_what_cannot_be_evaluated_says_why_and_is_not_recorded(house: VertexStandIn, database: Database) -> None:
    run(ROWS, DATASET, RUN, MODEL)
    house.faults.add("generate", "forbidden", times=20)
    assert "cannot be asked" in failure(run(EVALUATION, raises=False))
    config = {"training__model_evaluation": {"model": "nobody"}}
    assert "no tuned model is named nobody" in failure(run(EVALUATION, config=config, raises=False))
    asked = house.count("generate")
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        [(person,)] = connection.execute("select min(person_key) from core.dataset_lineage").fetchall()
    with database.connect() as connection:
        decide(connection, person, "training", granted=False)
    [name] = evaluations(database)
    again = {"training__model_evaluation": {"model": name}}
    assert "1 people of the dataset withdrew" in failure(run(EVALUATION, config=again, raises=False))
    assert house.count("generate") == asked
    assert only(database)["verdict"] == "refused"
