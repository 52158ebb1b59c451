"""Each fault that one answer can have, met by an evaluation through Dagster's own runner: asked again, or counted
against the model, never a crash and never passed over."""

from typing import Any

import pytest

from local.vertex import VertexStandIn
from pipelines.defs.training.keys import DATASET, EVALUATION, MODEL, ROWS, RUN
from pipelines.lib.evaluation import asking
from tests.pipelines.evaluation.test_evaluation_runner import PROMPTS, evaluations, only
from tests.pipelines.training.house import failure, metadata, run
from tests.support.databases import Database

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]


@pytest.fixture
def house(house: VertexStandIn, monkeypatch: pytest.MonkeyPatch) -> VertexStandIn:
    """A candidate waits; questions come one after the other, so that a test knows who meets which fault."""
    monkeypatch.setattr(asking, "AT_ONCE", 1)
    monkeypatch.setattr(asking, "TRIES", 2)
    run(ROWS, DATASET, RUN, MODEL)
    return house


def test_every_fault_of_an_answer_is_asked_again_or_counted(house: VertexStandIn, database: Database) -> None:
    for kind in ("truncated", "blocked", "stopped_for_safety"):  # no answer at all: invalid
        house.faults.add("generate", kind)
    house.faults.add("generate", "inflated_number")  # an answer, and an untrue one
    house.faults.add("generate", "missing_line")  # the person's own words stand in
    house.faults.add("generate", "empty_object", times=2)  # nothing time after time: invalid
    house.faults.add("generate", "empty_object")  # nothing once: asked again
    result = run(EVALUATION)
    found = only(database)
    assert not house.faults.in_force()
    assert found["candidate"]["valid"] == 4 / PROMPTS
    assert found["candidate"]["faithful"] == 3 / PROMPTS
    assert found["current"]["valid"] == found["current"]["faithful"] == 1.0
    assert found["losses"] >= 4  # who gives no usable answer loses to who does
    assert found["verdict"] == "refused"
    assert "0.375 of its answers hold to the facts, 1.000 of the current model's" in found["reasons"]
    assert "### refused" in metadata(result, EVALUATION)["evaluation"]


def test_a_judge_that_prefers_the_first_page_ties_and_one_without_a_word_is_counted(
    house: VertexStandIn, database: Database
) -> None:
    house.faults.add("generate", "late", times=2 * PROMPTS, delay_seconds=0)
    house.faults.add("generate", "truncated")
    house.faults.add("generate", "blocked")
    house.faults.add("generate", "prefers_first", times=2 * PROMPTS - 2)
    run(EVALUATION)
    found = only(database)
    assert (found["wins"], found["losses"], found["ties"]) == (0, 0, PROMPTS)
    assert found["unreadableJudgements"] == round(2 / (2 * PROMPTS), 4)
    assert found["winRate"] == 0.5
    assert [reason for reason in found["reasons"] if "not above 0.5" in reason]
    assert [reason for reason in found["reasons"] if "could not be read" in reason]


@pytest.mark.prove
def test_a_service_that_stays_away_stops_the_evaluation_and_the_next_one_goes_on(
    house: VertexStandIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.defs.training.evaluation.RETRIES", 0)
    house.faults.add("generate", "late", times=PROMPTS, delay_seconds=0)  # the candidate answers
    house.faults.add("generate", "unavailable", times=99)
    away: Any = run(EVALUATION, raises=False)
    assert not away.success
    assert "does not answer" in failure(away)
    assert list(evaluations(database).values()) == [{}]  # nothing is recorded: it is no verdict on the model
    house.faults.clear()
    asked = house.count("generate")
    run(EVALUATION)
    assert only(database)["wins"] == PROMPTS
    assert house.count("generate") == asked + PROMPTS + 2 * PROMPTS  # the candidate's answers were kept
