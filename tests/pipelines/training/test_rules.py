"""Labels, splits, canonical lines, masking and validators: tables of input and expected output."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.lib.training.balance import standardised_difference
from pipelines.lib.training.build import write_files
from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.errors import DatasetRefusedError
from pipelines.lib.training.example import read_example
from pipelines.lib.training.gates import missing_for_upload
from pipelines.lib.training.jsonl import canonical_line
from pipelines.lib.training.labels import outcome_of
from pipelines.lib.training.limits import limits_of
from pipelines.lib.training.personal_data import Placeholders, mask, residual_kinds
from pipelines.lib.training.quality import count_words, keyword_density
from pipelines.lib.training.rendering import supervised_row
from pipelines.lib.training.splits import bucket_of, split_of, split_of_merged
from pipelines.lib.training.spool import Spool, SpooledRow
from pipelines.lib.training.validators import rows_in_two_files, validate_preference, validate_supervised
from tests.pipelines.training.synthetic import AS_OF, record

CONFIG = DatasetConfig(as_of=AS_OF, source_cut="cut")
BASE = record(1)
LIMITS = limits_of("gemini-2.5-flash")


@pytest.mark.parametrize(
    ("days", "interview", "offer"),
    [
        ({}, "unknown", "unknown"),
        ({"interview_day": 0}, "positive", "unknown"),
        ({"interview_day": 60}, "positive", "unknown"),
        ({"interview_day": 61}, "unknown", "unknown"),
        ({"interview_day": 20, "rejected_day": 30}, "positive", "negative"),
        ({"interview_day": 20, "withdrawn_day": 30}, "positive", "unknown"),
        ({"interview_day": -1, "rejected_day": 5}, "unknown", "negative"),
        ({"rejected_day": 60}, "negative", "negative"),
        ({"rejected_day": 61}, "unknown", "negative"),
        ({"rejected_day": 91}, "unknown", "unknown"),
        ({"no_answer_yet_day": 59}, "unknown", "unknown"),
        ({"no_answer_yet_day": 60}, "negative", "unknown"),
        ({"no_answer_yet_day": 90}, "negative", "negative"),
        ({"interview_day": 70, "no_answer_yet_day": 65}, "negative", "unknown"),
        ({"withdrawn_day": 10}, "unknown", "unknown"),
        ({"withdrawn_day": 10, "no_answer_yet_day": 90}, "unknown", "unknown"),
        ({"rejected_day": 10, "withdrawn_day": 12}, "negative", "negative"),
        ({"withdrawn_day": 10, "rejected_day": 12}, "unknown", "unknown"),
        ({"interview_day": 10, "offer_day": 90}, "positive", "positive"),
        ({"interview_day": 10, "offer_day": 91}, "positive", "unknown"),
    ],
)
def test_labels(days: dict[str, int], interview: str, offer: str) -> None:
    example = read_example(BASE | {"interview_day": None} | days)
    assert (outcome_of(example, "interview"), outcome_of(example, "offer")) == (interview, offer)


def test_the_split_is_a_salted_sha256_of_the_person() -> None:
    digest = hashlib.sha256(b"salt\0person-1").digest()
    assert bucket_of("person-1", "salt") == int.from_bytes(digest[:8], "big") % 10_000


def test_splits_are_about_80_10_10() -> None:
    splits = [split_of(f"person-{number}", CONFIG) for number in range(20_000)]
    assert abs(splits.count("train") - 16_000) < 300
    assert abs(splits.count("validation") - 2_000) < 200
    assert abs(splits.count("test") - 2_000) < 200


def test_a_merged_account_keeps_the_earliest_split_and_others_leave_train() -> None:
    keys = {
        split: next(f"p{n}" for n in range(200) if split_of(f"p{n}", CONFIG) == split) for split in ("train", "test")
    }
    assert split_of_merged([keys["test"], keys["train"]], CONFIG) == ("test", frozenset({keys["train"]}))
    assert split_of_merged([keys["train"], keys["train"]], CONFIG) == ("train", frozenset())


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=80))
def test_a_canonical_line_is_one_line_in_every_reader_and_reads_back(text: str) -> None:
    row = supervised_row("s", text, text)
    line = canonical_line(row)
    assert len(line.decode().splitlines()) == 1
    assert json.loads(line) == row


@pytest.mark.parametrize("bad", ["\ud800", float("nan"), float("inf")])
def test_what_is_no_text_or_number_has_no_line(bad: Any) -> None:
    with pytest.raises(ValueError):
        canonical_line({"text": bad})


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("a@example.com b@example.com c@example.com", "[EMAIL_1] [EMAIL_2] [EMAIL_3]"),
        ("a@example.com,b@example.com;c@example.com", "[EMAIL_1],[EMAIL_2];[EMAIL_3]"),
        ("Ada@Example.com or ada@example.com", "[EMAIL_1] or [EMAIL_1]"),
        ("write to jo [at] example [dot] com", "write to [EMAIL_1]"),
        ("see https://example.com/me?x=1 and www.example.org", "see [URL_1] and [URL_2]"),
        ("linkedin.com/in/ada-example", "[URL_1]"),
        ("call +1 (555) 555-0100 or 555-555-0101", "call [PHONE_1] or [PHONE_2]"),
        ("+44 20 7946 0958", "[PHONE_1]"),
        ("lives at 12 Example Street, Springfield", "lives at [STREET_1], Springfield"),
        ("Musterstraße 12 in Berlin", "[STREET_1] in Berlin"),
        ("2019 – 2021", "2019 – 2021"),
        ("2020-05-04 to 2021-06-30", "2020-05-04 to 2021-06-30"),
        ("$120,000 - $150,000 for 1,200,000 users", "$120,000 - $150,000 for 1,200,000 users"),
        ("120.000 - 150.000 EUR", "120.000 - 150.000 EUR"),
        ("Node.js, ASP.NET, VB.NET, CI/CD and R&D", "Node.js, ASP.NET, VB.NET, CI/CD and R&D"),
        ("grew from 20 to 45 staff in 18 months, 99.95% up", "grew from 20 to 45 staff in 18 months, 99.95% up"),
        ("ISO 27001 and PostgreSQL 16.2", "ISO 27001 and PostgreSQL 16.2"),
    ],
)
def test_identifiers_are_masked_and_nothing_else(text: str, masked: str) -> None:
    assert mask(text, Placeholders()) == masked
    assert list(residual_kinds(masked)) == []


def test_the_same_identifier_has_the_same_placeholder_in_prompt_and_answer() -> None:
    placeholders = Placeholders()
    assert mask("x@example.com y@example.com", placeholders) == "[EMAIL_1] [EMAIL_2]"
    assert mask("y@example.com", placeholders) == "[EMAIL_2]"


def test_known_fields_go_first_and_only_as_whole_words() -> None:
    text = mask("Ann Lee planned the Annual Leeds fair; ann lee led it", Placeholders(), {"Ann Lee": "NAME"})
    assert text == "[NAME_1] planned the Annual Leeds fair; [NAME_1] led it"


@given(
    st.lists(st.from_regex(r"[a-z]{1,8}\.?[a-z]{1,8}@[a-z]{1,8}\.(com|org)", fullmatch=True), min_size=1, max_size=5)
)
def test_no_mail_address_survives(addresses: list[str]) -> None:
    text = " ".join(addresses)
    masked = mask(text, Placeholders())
    assert "@" not in masked
    assert masked.count("[EMAIL_") == len(addresses)


def test_words_and_density() -> None:
    assert count_words("## Skills\n\n- C++, Node.js and R&D") == 6
    assert keyword_density("python " * 3 + "word " * 97, ["Python"]) == pytest.approx(0.03)
    assert keyword_density("big data " * 2 + "word " * 96, ["Big Data"]) == pytest.approx(0.02)
    assert keyword_density("", ["Python"]) == 0.0


def test_standardised_difference_of_published_definition() -> None:
    # Shares .5 and .3: .2 / sqrt((.25 + .21) / 2) = .417029
    assert standardised_difference(50, 100, 30, 100) == pytest.approx(0.4170288281)
    assert standardised_difference(0, 0, 3, 10) == 0.0


GOOD = supervised_row("system", "question", "answer")
PAIR = {
    "system_instruction": {"parts": [{"text": "system"}]},
    "contents": [{"role": "user", "parts": [{"text": "question"}]}],
    "completions": [
        {"score": 1.0, "completion": {"role": "model", "parts": [{"text": "better"}]}},
        {"score": 0.0, "completion": {"role": "model", "parts": [{"text": "worse"}]}},
    ],
}


def changed(row: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return json.loads(json.dumps(row | fields))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (canonical_line(GOOD)[:-1], "newline"),
        (b"{not json}\n", "not JSON"),
        (b"[1]\n", "not an object"),
        (canonical_line(GOOD).replace(b"answer", b"ans\xe2\x80\xa8wer"), "escaped"),
        (canonical_line(GOOD).replace(b"answer", b"x" * 131_072), "131072 tokens"),
        (canonical_line(changed(GOOD, labels={})), "unknown field labels"),
        (canonical_line(changed(GOOD, contents=GOOD["contents"][::-1])), "alternate"),
        (canonical_line(changed(GOOD, contents=GOOD["contents"][:1])), "last turn"),
        (canonical_line(changed(GOOD, contents=[])), "list of turns"),
        (canonical_line(supervised_row("system", " ", "answer")), "no text"),
        (canonical_line(supervised_row("", "question", "answer")), "system instruction"),
    ],
)
def test_the_validator_of_supervised_files_names_what_is_wrong(line: bytes, problem: str) -> None:
    [found] = validate_supervised("f", [line], LIMITS)
    assert problem in found


def test_good_files_have_no_problem_and_limits_of_files_hold() -> None:
    line = canonical_line(GOOD)
    assert validate_supervised("f", [line], LIMITS) == []
    assert validate_preference("f", [canonical_line(PAIR)], LIMITS) == []
    [problem] = validate_supervised("f", [line] * 5001, LIMITS, is_validation=True)
    assert "5001 rows" in problem


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"contents": GOOD["contents"]}, "last turn must be of the user"),
        ({"completions": PAIR["completions"][:1]}, "two completions"),
        ({"completions": [PAIR["completions"][0]] * 2}, "scored 1 and 0"),
        ({"completions": ["good", "bad"]}, "fields score and completion"),
        ({"completions": [item | {"score": [1]} for item in PAIR["completions"]]}, "scored 1 and 0"),
        ({"completions": [item | {"completion": "text"} for item in PAIR["completions"]]}, "turn of the model"),
        ({"systemInstruction": {"parts": []}}, "unknown field"),
    ],
)
def test_the_validator_of_preference_files_names_what_is_wrong(fields: dict[str, Any], problem: str) -> None:
    [found] = validate_preference("f", [canonical_line(changed(PAIR, **fields))], LIMITS)
    assert problem in found


def test_a_row_in_two_files_is_found() -> None:
    [problem] = rows_in_two_files([("train", ["aa", "bb"]), ("test", ["bb"])])
    assert problem == "row bb is in train and in test"


def test_files_that_share_a_row_are_refused(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool") as spool:
        place = spool.append(canonical_line(GOOD))
        rows = [
            SpooledRow(b"1", b"2", person, person, person, split, "software_engineering", *place, 0, 0)
            for person, split in (("p1", "train"), ("p2", "test"))
        ]
        with pytest.raises(DatasetRefusedError, match=r"is in train\.jsonl and in test\.jsonl"):
            write_files(rows, spool, CONFIG, tmp_path)
        write_files(rows[:1], spool, CONFIG, tmp_path)


def test_more_validation_rows_than_the_model_takes_are_not_uploaded() -> None:
    few = replace(CONFIG, min_train_rows=2, min_train_people=1, min_validation_rows=1, max_person_share=1.0)
    rows = [
        SpooledRow(b"1", b"2", f"p{number}", "r", "v", split, f"family {number}", 0, 0, 0, 0)
        for number, split in enumerate(["train"] * 3 + ["validation"])
    ]
    assert "1 validation rows to 3 train rows" in missing_for_upload(rows, few)[0]
    assert missing_for_upload([*rows, replace(rows[0], person_key="p9", job_family="family 9")], few) == []
