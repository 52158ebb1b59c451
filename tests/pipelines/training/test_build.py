"""A dataset is the same bytes from the same rows, and holds only what may be in it."""

import json
import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.lib.training.build import BuiltDataset, build_supervised, refuse_residuals
from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.errors import DatasetRefusedError
from pipelines.lib.training.example import read_example
from pipelines.lib.training.jsonl import sha256_hex
from pipelines.lib.training.limits import limits_of, read_limits
from pipelines.lib.training.manifest import diff_manifests
from pipelines.lib.training.splits import split_of
from pipelines.lib.training.validators import validate_supervised
from tests.pipelines.training.synthetic import AS_OF, CONSENT, record, records

CONFIG = DatasetConfig(as_of=AS_OF, source_cut="cut-1", consent_version=CONSENT)


def build(rows: list[dict[str, Any]], folder: Path, config: DatasetConfig = CONFIG) -> BuiltDataset:
    folder.mkdir(parents=True, exist_ok=True)
    return build_supervised((read_example(row) for row in rows), config, folder)


def contents(dataset: BuiltDataset) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(dataset.folder.iterdir())}


@pytest.fixture(scope="module")
def cohort() -> list[dict[str, Any]]:
    return list(records(180))


def test_two_builds_and_a_build_from_shuffled_rows_give_the_same_bytes(
    cohort: list[dict[str, Any]], tmp_path: Path
) -> None:
    first = build(cohort, tmp_path / "first")
    shuffled = random.Random(3).sample(cohort, len(cohort))
    again, other = build(cohort, tmp_path / "again"), build(shuffled, tmp_path / "other")
    assert contents(first) == contents(again) == contents(other)
    assert first.manifest_sha256 == other.manifest_sha256
    assert first.may_be_uploaded, first.missing
    assert sum(file.rows for file in first.files) == len(cohort) - sum(first.manifest["filters"].values())


def test_files_are_what_tuning_accepts_and_the_manifest_says(cohort: list[dict[str, Any]], tmp_path: Path) -> None:
    dataset = build(cohort, tmp_path / "build")
    for file in dataset.files:
        content = (dataset.folder / file.name).read_bytes()
        lines = content.splitlines(keepends=True)
        assert (sha256_hex(content), len(content), len(lines)) == (file.sha256, file.size_bytes, file.rows)
        assert validate_supervised(file.name, lines, limits_of("gemini-2.5-flash")) == []
    assert sha256_hex((dataset.folder / "manifest.json").read_bytes()) == dataset.manifest_sha256
    assert "All gates passed." in (dataset.folder / "card.md").read_text()


def test_no_person_is_in_two_files(cohort: list[dict[str, Any]], tmp_path: Path) -> None:
    rows = cohort + [record(person, number=1) for person in range(60)]
    dataset = build(rows, tmp_path / "build")
    files: dict[str, set[str]] = {}
    for row in dataset.lineage:
        files.setdefault(row.person_key, set()).add(row.file_name)
    assert {len(names) for names in files.values()} == {1}
    assert {row.file_name for row in dataset.lineage} == {"train.jsonl", "validation.jsonl", "test.jsonl"}


def test_the_split_of_a_person_stays_as_data_grows(cohort: list[dict[str, Any]], tmp_path: Path) -> None:
    small, large = build(cohort[:90], tmp_path / "small"), build(cohort, tmp_path / "large")
    places = {row.person_key: row.file_name for row in large.lineage}
    assert all(places[row.person_key] == row.file_name for row in small.lineage)


def person_in(split: str, after: int = 0) -> int:
    return next(number for number in range(after, after + 500) if split_of(f"person-{number}", CONFIG) == split)


@pytest.mark.parametrize(
    ("former", "stays"),
    [(("train",), True), (("test",), False), (("validation",), False), (("train", "test"), False)],
)
def test_what_was_made_in_another_split_before_accounts_were_joined_is_in_no_file(
    former: tuple[str, ...], stays: bool, tmp_path: Path
) -> None:
    kept = person_in("train")
    keys = " ".join(f"person-{person_in(split, after=kept + 1)}" for split in former)
    rows = [record(kept), record(kept, number=1, former_person_keys=keys)]
    dataset = build(rows, tmp_path / "build", replace(CONFIG, max_person_share=1.0))
    assert {row.file_name for row in dataset.lineage} == {"train.jsonl"}
    assert len(dataset.lineage) == 1 + stays
    assert dataset.manifest["filters"].get("merged_from_another_split", 0) == 1 - stays


def test_an_account_joined_to_a_held_out_person_stays_held_out(tmp_path: Path) -> None:
    kept, former = person_in("test"), person_in("train")
    keys = f"person-{former}"
    rows = [record(kept), record(kept, number=1, former_person_keys=keys), record(kept, number=2)]
    dataset = build(rows, tmp_path / "build")
    assert [(row.file_name, row.person_key) for row in dataset.lineage] == [("test.jsonl", f"person-{kept}")] * 2
    assert dataset.manifest["filters"] == {"merged_from_another_split": 1}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"training_policy_version": None}, "consent_not_active"),
        ({"training_policy_version": "training-0"}, "consent_not_active"),
        ({"created_at": AS_OF.replace(day=2)}, "after_as_of"),
        ({"training_eligible": False}, "not_eligible"),
        ({"interview_day": None}, "outcome_unknown"),
        ({"interview_day": 61}, "outcome_unknown"),
        ({"interview_day": None, "rejected_day": 5}, "outcome_negative"),
        ({"profile_facts": None}, "texts_missing"),
        ({"content": json.dumps({"summary": "edited by hand"})}, "texts_missing"),
        ({"body_markdown": "too few words"}, "too_short"),
        ({"body_markdown": "I was diagnosed with epilepsy. " + "plain words here " * 100}, "sensitive_health"),
        ({"body_markdown": "word " * 901}, "too_long"),
        ({"body_markdown": "Python and some more words here " * 60}, "keyword_stuffing"),
    ],
)
def test_what_is_left_out_is_counted_by_its_first_reason(changes: dict[str, Any], reason: str, tmp_path: Path) -> None:
    dataset = build([record(1, family="data"), record(2, family="data", **changes)], tmp_path / "build")
    assert dataset.manifest["filters"] == {reason: 1}
    assert [row.person_key for row in dataset.lineage] == ["person-1"]


def test_prompts_do_not_change_when_outcomes_are_permuted_or_removed() -> None:
    from pipelines.lib.training.rendering import prompt_of

    outcomes = ("interview_day", "rejected_day", "no_answer_yet_day", "offer_day", "withdrawn_day")
    for person in range(12):
        with_outcome = read_example(record(person))
        other = read_example(record(person, interview_day=None, rejected_day=3, offer_day=44))
        without = replace(with_outcome, **dict.fromkeys(outcomes))
        assert prompt_of(with_outcome) == prompt_of(other) == prompt_of(without)


def test_a_prompt_holds_no_day_after_the_resume() -> None:
    """Neither of the outcome, nor of the build, nor of a later change of what is known about the person."""
    from pipelines.lib.training.rendering import prompt_of

    for person in range(12):
        example = read_example(record(person, offer_day=44, withdrawn_day=50))
        prompt = prompt_of(example).contents
        # Facts and ad are as of the resume, and the prompt adds no date of its own: not even that of the resume.
        assert re.findall(r"\b20\d\d-\d\d", prompt) == []
        assert prompt_of(replace(example, created_at=AS_OF)).contents == prompt


def test_a_small_dataset_is_built_and_says_what_is_missing(tmp_path: Path) -> None:
    dataset = build(list(records(20)), tmp_path / "build")
    assert not dataset.may_be_uploaded
    assert any("more train rows are needed" in reason for reason in dataset.missing)
    assert any("more validation rows are needed" in reason for reason in dataset.missing)
    assert "more train rows are needed" in dataset.card


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "\u000b", "\u000c", "\r\n", "\u001e"])
def test_line_ends_inside_a_bullet_or_an_ad_break_no_row(mark: str, tmp_path: Path) -> None:
    document = json.loads(record(1)["profile_facts"])
    document["basics"]["name"] = "Person One"
    document["work"][0]["highlights"][0] += f" before{mark}after"
    rows = [record(1, document=document, job_ad_text=f"Cook{mark}Chef"), record(2, job_ad_text=f"a{mark}{mark}b")]
    dataset = build(rows, tmp_path / "build")
    texts = [(dataset.folder / file.name).read_bytes().decode() for file in dataset.files]
    assert sum(len(text.splitlines()) for text in texts) == sum(file.rows for file in dataset.files) == 2


def test_no_rows_at_all_is_no_error(tmp_path: Path) -> None:
    dataset = build([], tmp_path / "build")
    assert [file.rows for file in dataset.files] == [0, 0, 0]
    assert dataset.missing


def test_equal_texts_have_one_survivor_whatever_the_order(tmp_path: Path) -> None:
    document = json.loads(record(5)["profile_facts"]) | {"basics": {"name": "Copy", "summary": "Same summary."}}
    twins = [
        record(person, family="data", framing_used="neutral", trait_bands=None, document=document) for person in (5, 6)
    ]
    there, back = build(twins, tmp_path / "there"), build(twins[::-1], tmp_path / "back")
    assert there.manifest["filters"] == {"exact_duplicate": 1}
    assert there.lineage == back.lineage


def test_nobody_has_more_rows_than_the_cap(cohort: list[dict[str, Any]], tmp_path: Path) -> None:
    busy = [record(1, number=number) for number in range(9)]
    dataset = build(cohort + busy, tmp_path / "build")
    assert sum(row.person_key == "person-1" for row in dataset.lineage) <= 3
    assert dataset.manifest["filters"]["over_person_cap"] >= 6


def test_more_than_a_file_may_hold_is_sampled_and_counted(
    cohort: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = build(cohort, tmp_path / "whole")
    sizes = {file.name: file.size_bytes for file in whole.files}
    tight = replace(limits_of("gemini-2.5-flash"), max_file_bytes=sizes["train.jsonl"] // 2, max_validation_rows=2)
    monkeypatch.setitem(read_limits(), "gemini-2.5-flash", tight)
    some = build(cohort, tmp_path / "some")
    assert {file.name: file.rows for file in some.files}["validation.jsonl"] == 2
    lost = sum(file.rows for file in whole.files) - sum(file.rows for file in some.files)
    assert some.manifest["filters"]["over_file_limit"] == lost > 0
    families = some.manifest["left_out_by_group"]["over_file_limit"]["job_family"]
    assert sum(families.values()) == lost
    assert "over_file_limit" in some.card
    assert build(cohort[::-1], tmp_path / "back").manifest_sha256 == some.manifest_sha256


def test_a_line_separator_in_a_bullet_or_an_ad_keeps_one_line_per_row(tmp_path: Path) -> None:
    document = json.loads(record(7, family="data")["profile_facts"])
    document["basics"] = {"name": "Separated", "summary": "One\u2028two\u0085three\x0cfour."}
    document["work"][0]["highlights"][0] = "Wrote\u2028the\u2029plan\u0085again for 20 people"
    dataset = build([record(7, family="data", document=document)], tmp_path / "build")
    lines = b"".join(contents(dataset)[file.name] for file in dataset.files)
    assert lines.decode().splitlines() == [lines.decode().rstrip("\n")]


def test_too_much_personal_data_left_fails_the_build() -> None:
    refuse_residuals(Counter(residual_phone=1, too_short=50), 99, CONFIG)
    with pytest.raises(DatasetRefusedError, match="2 of 100 rows still hold personal data"):
        refuse_residuals(Counter(residual_phone=1, residual_email=1), 98, CONFIG)


def test_a_diff_of_two_manifests_names_what_changed(cohort: list[dict[str, Any]], tmp_path: Path) -> None:
    old = build(cohort[:40], tmp_path / "old").manifest
    new = build(cohort[:40], tmp_path / "new", replace(CONFIG, salt="other")).manifest
    lines = diff_manifests(old, new)
    assert 'config.salt: "cvstomize-2026" -> "other"' in lines
    assert diff_manifests(old, old) == []
