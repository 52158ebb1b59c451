"""How events become an application: each case of `support/cases.py` is read as a person would read it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.dbt.conftest import PostgresBuild

EXPECTED: dict[str, dict[str, Any]] = {
    "case-open": {"exit_kind": "open", "interview": False, "days_to_interview": None, "exit_day": 208},
    "case-interview": {"exit_kind": "interview", "interview_day": 20, "interview_date_source": "occurred"},
    "case-undated": {"exit_kind": "interview", "interview_day": 25, "interview_date_source": "recorded"},
    "case-retracted": {"exit_kind": "open", "interview": False},
    "case-reported-again": {"exit_kind": "interview", "days_to_interview": 9},
    "case-replaced": {"days_to_interview": 12},
    "case-rejected-first": {"exit_kind": "rejected", "exit_day": 10, "interview": True, "interview_day": 30},
    "case-same-day": {"exit_kind": "interview", "exit_day": 10},
    "case-before": {"excluded_reason": "interview_before_application", "interview_day": -3, "days_to_interview": None},
    "case-future": {"exit_kind": "open", "interview": False, "excluded_reason": None},
    "case-late-record": {"exit_kind": "open", "interview": False},
    "case-offer-only": {
        "exit_kind": "interview",
        "days_to_interview": 33,
        "interview_date_source": "implied_by_offer",
        "pay_status": "normalised",
        "yearly_pay_usd": Decimal("129600.00"),
    },
    "case-net": {"offer": True, "pay_status": "net_amount", "yearly_pay_usd": None},
    "case-no-rate": {"offer": True, "pay_status": "no_exchange_rate", "yearly_pay_usd": None},
    "case-hourly": {"yearly_pay_usd": Decimal("53040.00"), "exchange_rate_is_sample": False},
    "case-midnight": {"days_to_interview": 2},
}


@pytest.mark.parametrize(("resume", "expected"), EXPECTED.items(), ids=EXPECTED)
def test_case_is_read_right(postgres_build: PostgresBuild, resume: str, expected: dict[str, Any]) -> None:
    (row,) = postgres_build.rows("select * from core.fct_applications where resume_id = %s", resume)
    assert {column: row[column] for column in expected} == expected
    assert row["time_zero_source"] == "applied_at"


def test_time_zero_falls_back_to_download_then_creation(postgres_build: PostgresBuild) -> None:
    rows = postgres_build.rows(
        """
        select a.time_zero_source, a.time_zero = r.first_downloaded_at as is_download, a.time_zero = r.created_at
            as is_creation
        from core.fct_applications a join staging.stg_resumes r using (resume_id)
        """
    )
    assert {row["time_zero_source"] for row in rows} == {"applied_at", "first_download", "creation"}
    assert all(row["is_download"] for row in rows if row["time_zero_source"] == "first_download")
    assert all(row["is_creation"] for row in rows if row["time_zero_source"] == "creation")


def test_only_the_newest_of_a_kind_is_current(postgres_build: PostgresBuild) -> None:
    rows = postgres_build.rows(
        "select kind, is_current from core.fct_outcome_events"
        " where resume_id = 'case-reported-again' order by recorded_at"
    )
    assert [(row["kind"], row["is_current"]) for row in rows] == [
        ("applied", True),
        ("interview", False),
        ("retracted", False),
        ("interview", True),
    ]


def test_training_examples_hold_consent_and_the_newest_version(postgres_build: PostgresBuild) -> None:
    rows = postgres_build.rows("select * from core.training_examples")
    granted = {r["person_key"] for r in postgres_build.rows("select * from staging.stg_people where training_granted")}
    assert rows
    assert {row["version"] for row in rows} == {2}
    assert {row["person_key"] for row in rows} <= granted
