"""Every kind of identifier, several in a row, in prompts as well as in plain text, and in files already written."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.generation.rules.prompt import data_line
from pipelines.lib.training.admission import Admitted, admit
from pipelines.lib.training.build import spooled_row, write_files
from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.errors import DatasetRefusedError
from pipelines.lib.training.example import read_example
from pipelines.lib.training.jsonl import canonical_line, sha256_hex
from pipelines.lib.training.personal_data import (
    Placeholders,
    known_fields,
    mask,
    mask_prompt,
    residual_kinds,
    residuals_in_file,
)
from pipelines.lib.training.rendering import supervised_row
from pipelines.lib.training.spool import Spool
from tests.pipelines.training.synthetic import AS_OF, CONSENT, record

CONFIG = DatasetConfig(as_of=AS_OF, source_cut="cut-1", consent_version=CONSENT)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("06 12 34 56 78 or +33 6 12 34 56 79", "[PHONE_1] or [PHONE_2]"),
        ("555-0100x, (555) 555-0101; 555.555.0102", "555-0100x, [PHONE_1]; [PHONE_2]"),
        ("tel/202-456-1111", "tel/[PHONE_1]"),
        ("Since 05/19 - 04/20, room 12 34", "Since 05/19 - 04/20, room 12 34"),
        ("[bullet-375551234567] Led 40 people", "[bullet-375551234567] Led 40 people"),
        ("[bullet-3755512345ab] Led 40 people", "[bullet-3755512345ab] Led 40 people"),
        ("phone-555555010101", "phone-[PHONE_1]"),
        ("My name is Ann Example and I plan", "My name is [NAME_1] and I plan"),
        ("Contact: Bo B. Sample, Name: Cy Specimen-Two", "Contact: [NAME_1], Name: [NAME_2]"),
        ("Write to Ann Example at ann@example.com", "Write to [NAME_1] at [EMAIL_1]"),
        ("Reports to Ms. Example", "Reports to Ms. [NAME_1]"),
        ("Taught MS Office and Ms Excel in a Contact Center", "Taught MS Office and Ms Excel in a Contact Center"),
        ("1 Elm Street, 2 Oak Ave and 3 rue de la Paix", "[STREET_1], [STREET_2] and [STREET_3]"),
        ("https://a.example.com www.example.org example.net/cv", "[URL_1] [URL_2] [URL_3]"),
    ],
)
def test_all_of_a_kind_are_masked_and_nothing_else(text: str, masked: str) -> None:
    assert mask(text, Placeholders()) == masked
    assert list(residual_kinds(masked)) == []


def test_a_prompt_stays_the_json_of_serving_and_hides_nothing_behind_an_escape() -> None:
    job = {"text": "Call\n555-555-0100\nor <jo@example.com>\u2028now", "title": "Cook"}
    facts = [{"id": "bullet-375551234567", "text": "Led 555-555-0101"}]
    prompt = data_line("JOB", job) + "\n" + data_line("FACTS", facts)
    job_line, facts_line = mask_prompt(prompt, Placeholders()).split("\n")
    assert job_line == data_line("JOB", job | {"text": "Call\n[PHONE_1]\nor <[EMAIL_1]>\u2028now"})
    assert facts_line == data_line("FACTS", [{"id": "bullet-375551234567", "text": "Led [PHONE_2]"}])
    assert mask_prompt(data_line("TRAITS", {"openness": "high"}), Placeholders()) == 'TRAITS {"openness":"high"}'


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ada＠example．com", "email"),
        ("a\u200bda@exam\u00adple.com", "email"),
        ("ada&#64;example.com", "email"),
        ("５５５-５５５-０１００", "phone"),
        ("see https://example.com/me", "url"),
        ("at 12 Example Street", "street"),
        ("my name is Ann Example", "name"),
        (data_line("JOB", {"text": "Call\n555-555-0100"}), "phone"),
    ],
)
def test_the_second_look_sees_what_a_reader_sees(text: str, kind: str) -> None:
    assert kind in set(residual_kinds(text))
    line = canonical_line(supervised_row("system", "question", text))
    [problem] = residuals_in_file("train.jsonl", [canonical_line(supervised_row("s", "q", "a")), line])
    assert problem.startswith("train.jsonl row 2: ")
    assert kind in problem
    assert "example" not in problem.casefold()


def test_known_fields_are_masked_wherever_they_stand() -> None:
    facts = {"basics": {"name": "Ann Example", "location": {"address": "Flat Nine"}}, "references": [{"name": "Bo X"}]}
    known = known_fields(facts)
    assert known == {"Ann Example": "NAME", "Flat Nine": "STREET", "Bo X": "NAME"}
    text = "ANN EXAMPLE of Flat Nine thanks Bo X"
    assert mask(text, Placeholders(), known) == "[NAME_1] of [STREET_1] thanks [NAME_2]"
    assert list(residual_kinds(text, known)) == ["name"]
    assert known_fields(None) == {}


def test_a_row_full_of_identifiers_comes_out_without_any() -> None:
    document = json.loads(record(3, family="data")["profile_facts"])
    document["basics"]["name"] = "Person Three"
    document["work"][0]["highlights"][0] = (
        "Built a@example.com b@example.com c@example.com, 555-555-0100 555-555-0101,"
        " https://example.com/x for 20 people"
    )
    ad = "Cook\nContact: Ann Example\n555-555-0102\n12 Example Street"
    admitted = admit(read_example(record(3, family="data", document=document, job_ad_text=ad)), CONFIG)
    assert isinstance(admitted, Admitted)
    text = admitted.line.decode()
    assert not [part for part in ("@", "555-", "https:", "Example Street", "Ann ") if part in text]
    assert all(f"[EMAIL_{number}]" in text for number in (1, 2, 3))


@pytest.mark.parametrize("answer", ["write to ada@example.com", "call 555-555-0100", "see www.example.com"])
def test_a_written_file_that_still_holds_an_identifier_fails_the_build(answer: str, tmp_path: Path) -> None:
    line = canonical_line(supervised_row("system", "question", answer))
    row: dict[str, Any] = record(1)
    with Spool(tmp_path / "spool") as spool:
        place = (*spool.append(line), 0, 0)
        spooled = spooled_row(read_example(row), sha256_hex(line), sha256_hex(b""), CONFIG, place)
        with pytest.raises(DatasetRefusedError, match="still holds personal data"):
            write_files([spooled], spool, CONFIG, tmp_path)


@pytest.mark.parametrize(
    "number", ["555-555-0100", "(555) 555-0100", "+1 555 555 0100", "06 12 34 56 78", "5555550100"]
)
@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("between", [" ", ", ", "\n"])
def test_no_digit_of_several_phone_numbers_survives(number: str, count: int, between: str) -> None:
    masked = mask(between.join([number] * count), Placeholders())
    assert not any(mark.isdigit() for mark in re.sub(r"\[PHONE_\d\]", "", masked))
