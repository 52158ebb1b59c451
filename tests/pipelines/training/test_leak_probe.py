"""A prompt that gives the outcome away is seen, one that says no more than the job family is not."""

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pipelines.lib.training.leak_probe import LeakProbe, concordance, describe
from tests.pipelines.training.synthetic import record
from tests.pipelines.training.test_build import build

WORDS = [f"word{number}" for number in range(300)]
FAMILIES = ("software", "data", "health", "sales")


def probe_of(rows: int, leak: float = 0.0, family_effect: float = 0.0, seed: int = 1) -> dict[str, Any]:
    """A probe of `rows` prompts of random words. With `leak`, that share of won prompts says so."""
    choose, probe = random.Random(seed), LeakProbe()
    offers = []
    for number in range(rows):
        family = choose.choice(FAMILIES)
        won = choose.random() < 0.5 + (family_effect if family in FAMILIES[:2] else -family_effect)
        words = [*choose.choices(WORDS, k=120), family, *(["hired"] if won and choose.random() < leak else [])]
        offers.append((f"v{number}", f"p{number}", (family, "mid"), " ".join(words), won))
    for key, person, group, text, won in choose.sample(offers, len(offers)):
        probe.add(key, person, group, lambda text=text: text, won=won)  # type: ignore[misc]
    return probe.as_document()


def test_prompts_without_the_outcome_are_near_chance() -> None:
    found = probe_of(1_500)
    assert 0.45 < found["prompt_auc"] < 0.55
    assert 0.45 < found["family_seniority_auc"] < 0.55


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_a_word_that_only_winners_have_is_found(share: float) -> None:
    found = probe_of(1_500, leak=share)
    assert found["prompt_auc"] > 0.5 + 0.3 * share
    assert found["family_seniority_auc"] < 0.56


def test_what_the_family_says_shows_in_both() -> None:
    found = probe_of(1_500, family_effect=0.3)
    assert found["family_seniority_auc"] > 0.72
    assert found["prompt_auc"] < found["family_seniority_auc"] + 0.05


def test_the_figures_do_not_depend_on_the_order_and_the_work_is_bounded() -> None:
    assert probe_of(3_000) == probe_of(3_000)
    asked: list[int] = []
    for order in (range(3_000), range(2_999, -1, -1)):
        probe = LeakProbe()
        for number in order:
            text = lambda number=number: asked.append(number) or f"word{number % 7}"  # type: ignore[func-returns-value,misc]  # noqa: E731
            probe.add(f"v{number}", f"p{number}", ("data", "mid"), text, won=number % 2 == 0)
        assert probe.as_document()["rows"] == 1_000
    assert len(asked) < 2 * 2 * 1_500


def test_the_area_by_hand() -> None:
    # won 3, 1; lost 2, 1: of four pairs 3>2, 3>1 are right, 1=1 is half, 1<2 is wrong: 2.5 of 4.
    assert Fraction(*concordance([(3, True), (1, True), (2, False), (1, False)])) / 2 == Fraction(5, 8)
    assert concordance([(1, True)]) == (0, 0)


def test_too_few_of_an_outcome_are_no_figure() -> None:
    probe = LeakProbe()
    for number in range(100):
        probe.add(f"v{number}", f"p{number}", ("data", "mid"), lambda: "a b", won=number < 19)
    found = probe.as_document()
    assert (found["prompt_auc"], found["family_seniority_auc"]) == (None, None)
    assert "19 won of 100" in " ".join(describe(found))
    probe.add("v100", "p100", ("data", "mid"), lambda: None, won=True)  # no prompt can be made: not counted
    assert probe.as_document()["prompt_auc"] is None
    probe.add("v101", "p101", ("data", "mid"), lambda: "a b", won=True)
    assert probe.as_document()["prompt_auc"] == 0.5


def test_manifest_and_card_say_it_for_supervised_rows(tmp_path: Path) -> None:
    lost: dict[str, Any] = {"interview_day": None, "rejected_day": 9}
    rows = [record(person, **(lost if person % 2 else {})) for person in range(90)]
    dataset = build(rows, tmp_path / "build")
    probe = dataset.manifest["leak_probe"]
    assert (probe["rows"], probe["rows_won"]) == (90, 45)
    assert 0 <= probe["prompt_auc"] <= 1
    assert f"AUC of {probe['prompt_auc']:.2f}, job family and" in dataset.card
    assert "| outcome_negative | job_family | data | " in dataset.card
    sizes = dataset.manifest["histograms"]["row_kilobytes"]
    assert sum(sizes.values()) == sum(file.rows for file in dataset.files)
    assert dataset.manifest["histograms"]["rows_of_a_person"] == {"1": sum(sizes.values())}
