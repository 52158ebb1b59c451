"""Preference pairs: who pairs with whom, what the row holds, and when a build is refused."""

import json
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.generation.rules.answer import parse_answer
from api.profile.rules.view import build_profile
from pipelines.lib.training.build import BuiltDataset
from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.errors import DatasetRefusedError, LengthsDifferError, ParametersRefusedError
from pipelines.lib.training.example import read_example
from pipelines.lib.training.length_balance import cohens_d, length_balance
from pipelines.lib.training.limits import limits_of
from pipelines.lib.training.pairs import pair_prompt
from pipelines.lib.training.preference import build_preference
from pipelines.lib.training.splits import split_of
from pipelines.lib.training.validators import validate_preference
from tests.pipelines.training.synthetic import AS_OF, CONSENT, document_of, record

CONFIG = DatasetConfig(as_of=AS_OF, source_cut="cut-1", consent_version=CONSENT)
LOOSE = replace(CONFIG, max_length_difference=9.0, max_length_effect=99.0, max_person_share=1.0)
"""For the rules about single pairs, whose lengths differ by chance."""
LOST: dict[str, Any] = {"interview_day": None, "rejected_day": 9}
FROM_ANOTHER_SPLIT = next(
    key for key in map("former-{}".format, range(99)) if split_of(key, CONFIG) != split_of("person-1", CONFIG)
)
FRAMINGS = ("structured", "energetic", "collaborative", "steady", "inventive", "neutral")


def side(person: int, framing: str, **changes: Any) -> dict[str, Any]:
    """A resume of a person about the same facts, whatever the framing."""
    family = changes.pop("family", "data")
    number = FRAMINGS.index(framing)
    document = changes.pop("document", None) or document_of(person, family)
    row = record(person, family=family, framing_used=framing, number=number, document=document, trait_bands=None)
    return row | changes


def build(rows: list[dict[str, Any]], folder: Path, config: DatasetConfig = LOOSE) -> BuiltDataset:
    folder.mkdir(parents=True, exist_ok=True)
    return build_preference((read_example(row) for row in rows), config, folder)


def contents(dataset: BuiltDataset) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(dataset.folder.iterdir())}


def pair_rows(dataset: BuiltDataset) -> list[dict[str, Any]]:
    lines = [line for file in dataset.files for line in (dataset.folder / file.name).read_bytes().splitlines()]
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def cohort() -> list[dict[str, Any]]:
    """Each person twice; the longer wins every other time, so that lengths are even."""
    rows = []
    for person in range(60):
        pair = sorted((side(person, "structured"), side(person, "energetic")), key=lambda row: len(row["content"]))
        rows += [pair[person % 2], pair[1 - person % 2] | LOST]
    return rows


def test_pairs_are_what_tuning_accepts_and_do_not_depend_on_order(cohort: list[dict[str, Any]], tmp_path: Path) -> None:
    first = build(cohort, tmp_path / "first", CONFIG)
    other = build(random.Random(3).sample(cohort, len(cohort)), tmp_path / "other", CONFIG)
    assert contents(first) == contents(other)
    assert sum(file.rows for file in first.files) == 60
    for file in first.files:
        lines = (first.folder / file.name).read_bytes().splitlines(keepends=True)
        assert validate_preference(file.name, lines, limits_of(CONFIG.base_model)) == []
    assert first.manifest["kind"] == "preference"
    assert abs(first.manifest["length_balance"]["cohens_d"]) <= 0.2
    assert first.card.startswith("# Preference dataset")
    assert {row.file_name for row in first.lineage} == {"train.jsonl", "validation.jsonl", "test.jsonl"}


def test_the_prompt_is_that_of_serving_with_a_brief_and_both_answers_speak_of_its_facts(tmp_path: Path) -> None:
    won, lost = side(1, "structured"), side(1, "energetic", **LOST)
    [row] = pair_rows(build([won, lost], tmp_path))
    profile = build_profile(json.loads(won["profile_facts"]))
    prompt = pair_prompt(profile, "data", "mid", None)
    assert row["system_instruction"]["parts"] == [{"text": prompt.system_instruction}]
    assert row["contents"] == [{"role": "user", "parts": [{"text": prompt.contents}]}]
    assert [item["score"] for item in row["completions"]] == [1.0, 0.0]
    assert '"text"' not in prompt.contents.splitlines()[0]
    for item, source in zip(row["completions"], (won, lost), strict=True):
        wording = parse_answer(item["completion"]["parts"][0]["text"], profile)
        assert wording.summary == json.loads(source["content"])["summary"].strip()


def test_the_prompt_stays_when_the_outcomes_change_sides(tmp_path: Path) -> None:
    rows = [
        pair_rows(build([side(1, "structured", **one), side(1, "energetic", **other)], tmp_path / name))
        for name, one, other in (("there", {}, LOST), ("back", LOST, {}))
    ]
    assert rows[0][0]["contents"] == rows[1][0]["contents"]
    assert rows[0][0]["completions"][0]["completion"] == rows[1][0]["completions"][1]["completion"]


@pytest.mark.parametrize("later_won", [True, False])
def test_the_prompt_holds_nothing_of_the_later_resume(later_won: bool, tmp_path: Path) -> None:
    """Only the later resume has a job that ended after the earlier one was written; its answer may not speak of it."""
    document = document_of(1, "data")
    grown = json.loads(json.dumps(document))
    grown["work"][0]["highlights"].append("Closed the August audit of 2026 without a finding")
    first = side(1, "structured", document=document, **(LOST if later_won else {}))
    later = side(1, "energetic", document=grown, **({} if later_won else LOST))
    assert "August audit" in later["body_markdown"]
    later["created_at"] = first["created_at"] + timedelta(days=80)
    [row] = pair_rows(build([later, first], tmp_path))
    assert "August audit" not in json.dumps(row)
    assert "Closed the August" not in json.dumps(row)


def test_pairs_that_share_a_row_between_files_are_refused(
    cohort: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = build(cohort, tmp_path / "good")
    files = [(dataset.folder / file.name).read_bytes().splitlines() for file in dataset.files]
    assert all(files)
    assert sum(map(len, files)) == len({line for lines in files for line in lines})

    # Every row as if it were the same: with rows in more than one file, the same row is in two.
    monkeypatch.setattr("pipelines.lib.training.build.sha256_hex", lambda line: "the same row")
    with pytest.raises(DatasetRefusedError, match="the same row"):
        build(cohort, tmp_path / "bad")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"person_key": "person-2"}, "no_pair"),
        ({"job_family": "software"}, "no_pair"),
        ({"seniority": "senior"}, "no_pair"),
        ({"framing_used": "structured", "framing_drawn": "structured"}, "no_pair"),
        ({"framing_drawn": None}, "framing_not_drawn"),
        ({"framing_drawn": "steady"}, "framing_not_drawn"),
        ({"interview_day": 3, "rejected_day": None}, "no_pair"),
        ({"rejected_day": None}, "outcome_unknown"),
        ({"no_answer_yet_day": 20, "rejected_day": None}, "outcome_unknown"),
        ({"days": 91}, "no_pair"),
        ({"training_policy_version": None}, "consent_not_active"),
        ({"training_eligible": False}, "not_eligible"),
        ({"former_person_keys": FROM_ANOTHER_SPLIT}, "merged_from_another_split"),
        ({"document": document_of(77, "data")}, "facts_differ"),
        ({"body_markdown": "too few"}, "too_short"),
    ],
)
def test_what_is_no_pair_is_counted_by_its_reason(changes: dict[str, Any], reason: str, tmp_path: Path) -> None:
    won = side(1, "structured")
    changes = LOST | changes
    days = changes.pop("days", 0)
    lost = side(1, "energetic", **changes)
    lost["created_at"] += timedelta(days=days)
    dataset = build([won, lost], tmp_path)
    assert pair_rows(dataset) == []
    assert reason in dataset.manifest["filters"]


def test_ninety_days_apart_is_still_a_pair(tmp_path: Path) -> None:
    lost = side(1, "energetic", **LOST)
    lost["created_at"] += timedelta(days=90)
    assert len(pair_rows(build([side(1, "structured"), lost], tmp_path))) == 1


def test_nobody_has_more_pairs_than_the_cap(tmp_path: Path) -> None:
    rows = [side(1, framing, **({} if number < 3 else LOST)) for number, framing in enumerate(FRAMINGS)]
    dataset = build(rows, tmp_path)
    assert len(pair_rows(dataset)) == 5
    assert dataset.manifest["filters"]["over_person_cap"] == 4


def test_preferred_texts_much_longer_than_the_others_fail_the_build(tmp_path: Path) -> None:
    rows = []
    for person in range(8):
        lost = side(person, "energetic", **LOST)
        content = json.loads(lost["content"])
        content["rewrites"] = dict(list(content["rewrites"].items())[:2])
        rows += [side(person, "structured"), lost | {"content": json.dumps(content)}]
    with pytest.raises(LengthsDifferError, match="preferred texts are") as refused:
        build([*rows, side(99, "structured")], tmp_path, CONFIG)
    assert refused.value.filters == {"no_pair": 1}


def test_a_base_model_without_preference_tuning_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParametersRefusedError, match="preferences"):
        build([], tmp_path, replace(CONFIG, base_model="gemini-2.5-pro"))


@pytest.mark.parametrize(
    ("pairs", "refused"),
    [
        ([], False),
        ([(100, 100)] * 5, False),
        ([(111, 100)] * 5, True),
        ([(109, 100)] * 5, True),  # within 10 %, yet every one is longer: d is infinite
        ([(100, 120), (150, 125), (80, 85), (120, 118)], False),
        ([(89, 100), (91, 102)], True),
    ],
)
def test_the_length_balance(pairs: list[tuple[int, int]], refused: bool) -> None:
    if refused:
        with pytest.raises(DatasetRefusedError):
            length_balance(pairs, CONFIG)
    else:
        assert length_balance(pairs, CONFIG)["pairs"] == len(pairs)


def test_cohens_d_by_hand() -> None:
    # Means 3 and 2, variances 1 and 1: d = 1.
    assert cohens_d([2, 3, 4], [1, 2, 3]) == pytest.approx(1.0)
    assert cohens_d([2], [1]) == 0.0
