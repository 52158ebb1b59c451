"""The interval and the rule that stand between a candidate and people."""

import random
from dataclasses import replace
from typing import Any

import pytest
from scipy import stats

from pipelines.lib.evaluation.scorers import Summary
from pipelines.lib.evaluation.statistics import WinRate, clustered_win_rate, wilson
from pipelines.lib.evaluation.verdict import MIN_PEOPLE, MIN_PROMPTS, decide, promotion_problem

GOOD = Summary(valid=1.0, faithful=0.9, coverage=0.7, words=400, too_long=0.0)
WON = WinRate(0.7, 0.6, 0.8, prompts=MIN_PROMPTS, people=MIN_PEOPLE)


@pytest.mark.parametrize(("wins", "trials"), [(0, 10), (7, 10), (130, 200), (200, 200)])
def test_the_interval_is_wilsons(wins: int, trials: int) -> None:
    expected = stats.binomtest(wins, trials).proportion_ci(method="wilson")
    assert wilson(wins / trials, trials) == pytest.approx((expected.low, expected.high))


def test_one_person_a_prompt_is_wilson_on_prompts() -> None:
    found = clustered_win_rate([(person, float(person % 10 < 7)) for person in range(200)])
    expected = wilson(0.7, 0.7 * 0.3 / (200 / 199 * 0.7 * 0.3 / 200))
    assert (found.lower, found.upper) == pytest.approx(expected)


def test_ten_equal_prompts_of_a_person_tell_no_more_than_one() -> None:
    once = clustered_win_rate([(person, float(person % 10 < 7)) for person in range(20)])
    often = clustered_win_rate([(person, float(person % 10 < 7)) for person in range(20) for _ in range(10)])
    assert (often.lower, often.upper) == pytest.approx((once.lower, once.upper))
    assert often.prompts == 200


@pytest.mark.parametrize("outcome", [0.0, 0.5, 1.0])
def test_unanimous_prompts_count_as_people(outcome: float) -> None:
    found = clustered_win_rate([(number % 20, outcome) for number in range(200)])
    assert (found.lower, found.upper) == pytest.approx(wilson(outcome, 20))


def test_nothing_asked_is_nothing_known() -> None:
    assert clustered_win_rate([]) == WinRate(0.5, 0.0, 1.0, 0, 0)


def coverage(rounds: int) -> float:
    """How often the interval holds the truth, 0.5, when people differ in how much they like either model."""
    draw = random.Random(12)
    held = 0
    for _ in range(rounds):
        outcomes = []
        for person in range(30):
            leaning = draw.betavariate(2, 2)
            outcomes += [(person, float(draw.random() < leaning)) for _ in range(draw.randint(2, 12))]
        found = clustered_win_rate(outcomes)
        held += found.lower <= 0.5 <= found.upper
    return held / rounds


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    assert coverage(400) > 0.91


@pytest.mark.prove
def test_the_interval_holds_the_truth_in_many_rounds() -> None:
    assert 0.92 < coverage(10_000) < 0.97


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"wins": replace(WON, lower=0.5)}, "lower bound of 0.500, not above 0.5"),
        ({"wins": replace(WON, prompts=MIN_PROMPTS - 1)}, "199 test prompts, 200 are needed"),
        ({"wins": replace(WON, people=MIN_PEOPLE - 1)}, "test people, 20 are needed"),
        ({"candidate": replace(GOOD, faithful=0.899)}, "0.899 of its answers hold to the facts, 0.900"),
        ({"candidate": replace(GOOD, faithful=0.95)}, ""),
        ({"unreadable": 0.06}, "0.060 of the judgements could not be read"),
        ({"silent_scorers": ["invented_degree"]}, "did not notice a planted fault: invented_degree"),
    ],
)
def test_the_rule(changes: dict[str, Any], reason: str) -> None:
    given = {"wins": WON, "candidate": GOOD, "current": GOOD, "unreadable": 0.0, "silent_scorers": []} | changes
    verdict = decide(given.pop("wins"), given.pop("candidate"), given.pop("current"), **given)
    assert reason in "; ".join(verdict.reasons)
    assert verdict.name == ("refused" if reason else "promotable")


@pytest.mark.parametrize(
    ("evaluation", "synthetic", "environment", "problem"),
    [
        ({"verdict": "promotable", "synthetic": False}, False, "production", None),
        ({"verdict": "promotable", "synthetic": True}, True, "local", None),
        ({"verdict": "promotable", "synthetic": True}, True, "production", "ENVIRONMENT=local"),
        ({"verdict": "promotable", "synthetic": False}, True, "production", "ENVIRONMENT=local"),
        ({"verdict": "promotable"}, False, "production", "ENVIRONMENT=local"),
        ({"verdict": "refused", "reasons": ["too few"]}, True, "local", "too few"),
        ({"retireBy": "2026-12-01"}, True, "local", "not evaluated yet"),
    ],
)
def test_what_may_be_promoted_where(
    evaluation: dict[str, Any], synthetic: bool, environment: str, problem: str | None
) -> None:
    found = promotion_problem(evaluation, synthetic=synthetic, environment=environment)
    assert (found is None) == (problem is None)
    assert (problem or "") in (found or "")
