"""Outcome capture over HTTP: merging, taking back, refusing, and exact counts under concurrency."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.running_service import Person, Service

DAY = timedelta(days=1)
NOW = datetime.now(UTC)


def at(days_ago: float) -> str:
    return (NOW - days_ago * DAY).isoformat()


def report(person: Person, resume_id: str, body: dict[str, Any], **headers: str) -> Any:
    return person.post(f"/api/resume/{resume_id}/report-outcome", json=body, headers=headers)


def test_todays_front_end_is_understood(person: Person) -> None:
    resume_id = person.add_resume()
    body = {
        "interviewReceived": True,
        "interviewReceivedAt": None,
        "jobOfferReceived": True,
        "jobOfferReceivedAt": None,
        "salaryOffered": 85000,
        "outcomeNotes": "nice people",
    }
    answer = report(person, resume_id, body)
    assert answer.status_code == 200, answer.text
    current = answer.json()["current"]
    assert (current["interviewReceived"], current["jobOfferReceived"]) == (True, True)
    assert current["salaryOffered"] == 85000
    assert current["salaryCurrency"] is None
    assert current["timeZeroSource"] == "created"
    assert [event["kind"] for event in answer.json()["history"]] == ["interview", "offer"]


def test_partial_reports_merge_and_columns_follow(service: Service, person: Person) -> None:
    resume_id = person.add_resume(created_at=NOW - 50 * DAY)
    report(person, resume_id, {"appliedAt": at(40)})
    report(person, resume_id, {"interviewReceived": True, "interviewReceivedAt": at(30)})
    report(person, resume_id, {"salaryOffered": "1800000000.00", "salaryCurrency": "idr", "salaryPeriod": "year"})
    answer = report(person, resume_id, {"jobOfferReceivedAt": at(10), "salaryBasis": "gross", "fullTimeShare": 0.8})
    current = answer.json()["current"]
    assert current["timeZeroSource"] == "applied"
    assert (current["salaryOffered"], current["salaryCurrency"]) == (1_800_000_000, "IDR")
    assert (current["salaryBasis"], current["fullTimeShare"]) == ("gross", 0.8)
    assert answer.json()["history"][-1]["salaryAmount"] == 1_800_000_000
    row = service.rows(
        "select interview_received, job_offer_received, salary_offered, salary_currency, salary_period"
        " from cvstomize.resumes where id = %s",
        resume_id,
    )[0]
    assert (row[0], row[1], int(row[2]), row[3], row[4]) == (True, True, 1_800_000_000, "IDR", "year")


def test_hourly_dollars_fit(person: Person) -> None:
    body = {"salaryOffered": 25.5, "salaryCurrency": "USD", "salaryPeriod": "hour"}
    current = report(person, person.add_resume(), body).json()["current"]
    assert (current["salaryOffered"], current["salaryPeriod"]) == (25.5, "hour")


def test_same_report_twice_is_one_event(person: Person) -> None:
    resume_id = person.add_resume()
    body = {"appliedAt": at(5), "noAnswerYet": True}
    assert report(person, resume_id, body).json()["recordedEvents"] == 2
    again = report(person, resume_id, body).json()
    assert again["recordedEvents"] == 0
    assert len(again["history"]) == 2


def test_null_takes_back_and_history_stays(service: Service, person: Person) -> None:
    resume_id = person.add_resume()
    report(person, resume_id, {"interviewReceived": True, "interviewReceivedAt": at(1)})
    answer = report(person, resume_id, {"interviewReceived": None}).json()
    assert answer["current"]["interviewReceived"] is None
    assert [(event["kind"], event["retracts"]) for event in answer["history"]] == [
        ("interview", None),
        ("retracted", "interview"),
    ]
    assert service.rows(
        "select interview_received, interview_received_at from cvstomize.resumes where id = %s", resume_id
    ) == [(None, None)]


def test_no_interview_is_kept_as_a_no(person: Person) -> None:
    resume_id = person.add_resume()
    current = report(person, resume_id, {"interviewReceived": False}).json()
    assert current["current"]["interviewReceived"] is False
    assert [event["kind"] for event in current["history"]] == ["no_answer_yet"]
    later = report(person, resume_id, {"appliedAt": at(1)}).json()["current"]
    assert later["interviewReceived"] is False


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"appliedAt": at(5), "interviewReceivedAt": at(6)}, "/interviewReceivedAt", "before_application"),
        ({"appliedAt": at(5), "rejectedAt": at(6)}, "/rejectedAt", "before_application"),
        ({"jobOfferReceived": True, "jobOfferReceivedAt": at(-1)}, "/jobOfferReceivedAt", "in_the_future"),
        ({"salaryOffered": -1}, "/salaryOffered", "greater_than"),
        ({"salaryOffered": 0}, "/salaryOffered", "greater_than"),
        ({"salaryOffered": True}, "/salaryOffered", "decimal_type"),
        ({"salaryOffered": "NaN"}, "/salaryOffered", "finite_number"),
        ({"salaryOffered": "85.000"}, "/salaryOffered", "decimal_parsing"),
        ({"salaryOffered": "85,000.50"}, "/salaryOffered", "decimal_parsing"),
        ({"salaryOffered": "85 000"}, "/salaryOffered", "decimal_parsing"),
        ({"salaryOffered": 10**13}, "/salaryOffered", "decimal_whole_digits"),
        ({"salaryOffered": 5, "salaryCurrency": "XXX"}, "/salaryCurrency", "unknown_currency"),
        ({"salaryCurrency": "USD"}, "/salaryCurrency", "salary_missing"),
        ({"salaryOffered": 5, "jobOfferReceived": False}, "/salaryOffered", "contradicts"),
        ({"interviewReceivedAt": "2026-01-01T10:00:00"}, "/interviewReceivedAt", "timezone_aware"),
        ({"interviewReceived": False, "interviewReceivedAt": at(1)}, "/interviewReceivedAt", "contradicts"),
        ({"accepted": True}, "/accepted", "offer_missing"),
        ({"noAnswerYet": True, "interviewReceived": True}, "/noAnswerYet", "contradicts"),
        ({"fullTimeShare": 1.5, "salaryOffered": 5}, "/fullTimeShare", "less_than_equal"),
        ({"interviewRecieved": True}, "/interviewRecieved", "extra_forbidden"),
        ({}, "", "empty_report"),
    ],
)
def test_nonsense_is_refused_by_field(person: Person, body: dict[str, Any], pointer: str, code: str) -> None:
    resume_id = person.add_resume()
    answer = report(person, resume_id, body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert person.get(f"/api/resume/{resume_id}/outcome").json()["history"] == []


def test_foreign_and_absent_are_the_same_404(service: Service, person: Person) -> None:
    foreign = service.person().add_resume()
    bodies = []
    for resume_id in (foreign, "00000000-0000-7000-8000-000000000000"):
        for answer in (
            report(person, resume_id, {"noAnswerYet": True}),
            person.get(f"/api/resume/{resume_id}/outcome"),
        ):
            assert answer.status_code == 404
            bodies.append({**answer.json(), "instance": ""})
    assert all(body == bodies[0] for body in bodies)


@pytest.mark.slow
def test_fifty_reports_at_once_all_survive(person: Person) -> None:
    resume_id = person.add_resume()
    dates = [at(number + 1) for number in range(50)]

    def send(date: str) -> int:
        for _ in range(20):
            status = report(person, resume_id, {"interviewReceivedAt": date}).status_code
            if status != 503:
                return int(status)
        return 503

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(send, dates)) == {200}
    history = person.get(f"/api/resume/{resume_id}/outcome").json()["history"]
    assert len(history) == 50
    assert len({event["recordedAt"] for event in history}) == 50


def test_thanks_stay_below_the_limit_and_count_in_fives(service: Service) -> None:
    families = {"nine_family": 9, "eleven_family": 11}
    for family, people in families.items():
        for _ in range(people):
            someone = service.person()
            resume_id = someone.add_resume(family=family)
            with service.database.connect("DATABASE_URL") as connection:
                connection.execute(
                    "update cvstomize.resumes set outcome_reported_at = now() where id = %s", [resume_id]
                )
    for family, expected in (("nine_family", None), ("eleven_family", 10)):
        someone = service.person()
        thanks = report(someone, someone.add_resume(family=family), {"noAnswerYet": True}).json()["thankYou"]
        assert thanks["people"] == expected
