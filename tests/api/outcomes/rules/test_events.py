"""What a history says now, and when waiting began."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.outcomes.rules.currencies import known_currencies
from api.outcomes.rules.events import Event, current_state, has_ended, time_zero
from api.outcomes.rules.report import Report, plan_report
from api.outcomes.thanks import published_people

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)

moments = st.integers(1, 60).map(lambda days: NOW - days * DAY)
answers = st.sampled_from([True, False, None])
reports = st.builds(
    Report,
    interview_received=answers,
    job_offer_received=answers,
    rejected=answers,
    withdrawn=answers,
)


def test_newest_of_a_kind_holds_and_retraction_takes_it_back() -> None:
    history = [
        Event("interview", NOW - 3 * DAY),
        Event("interview", NOW - 2 * DAY),
        Event("rejected", NOW),
        Event("retracted", retracts="rejected"),
    ]
    assert current_state(history) == {"interview": Event("interview", NOW - 2 * DAY)}


@pytest.mark.parametrize(
    ("state", "downloaded", "expected"),
    [
        ({"applied": Event("applied", NOW)}, NOW - DAY, (NOW, "applied")),
        ({"applied": Event("applied")}, NOW - DAY, (NOW - DAY, "first_download")),
        ({}, NOW - DAY, (NOW - DAY, "first_download")),
        ({}, None, (NOW - 9 * DAY, "created")),
    ],
)
def test_time_zero(state: dict[str, Event], downloaded: datetime | None, expected: tuple[datetime, str]) -> None:
    assert time_zero(state, downloaded, NOW - 9 * DAY) == expected


@given(st.lists(reports, max_size=6))
def test_a_report_says_what_it_says_whatever_came_before(sent: list[Report]) -> None:
    history: list[Event] = []
    for report in sent:
        plan = plan_report(current_state(history), report, NOW, NOW)
        assert not plan.problems
        history += plan.events
        state = current_state(history)
        assert ("interview" in state) == (report.interview_received is True)
        assert ("rejected" in state) == (report.rejected is True)
        assert has_ended(state) == (report.rejected is True or report.withdrawn is True)
        again = plan_report(state, report, NOW, NOW)
        assert again.events == ()


def test_taking_an_offer_back_takes_its_acceptance_back() -> None:
    state = {"offer": Event("offer", NOW - DAY), "accepted": Event("accepted", NOW)}
    events = plan_report(state, Report(job_offer_received=None), NOW, None).events
    assert {event.retracts for event in events} == {"offer", "accepted"}


def test_no_answer_is_news_again_after_a_day() -> None:
    state = {"no_answer_yet": Event("no_answer_yet", NOW - 2 * DAY)}
    report = Report(no_answer_yet=True)
    assert plan_report(state, report, NOW, NOW - timedelta(hours=1)).events == ()
    assert plan_report(state, report, NOW, NOW - 2 * DAY).events == (Event("no_answer_yet", NOW),)


def test_a_later_application_date_is_checked_against_what_is_known() -> None:
    state = {"interview": Event("interview", NOW - 5 * DAY)}
    problems = plan_report(state, Report(applied_at=NOW - DAY), NOW, None).problems
    assert [(problem.pointer, problem.code) for problem in problems] == [("/appliedAt", "after_outcome")]


@pytest.mark.parametrize(
    ("count", "published"), [(0, None), (10, None), (11, 10), (15, 10), (16, 15), (31, 30), (1_001, 1_000)]
)
def test_counts_are_published_in_fives_above_ten(count: int, published: int | None) -> None:
    assert published_people(count) == published


def test_currencies_are_codes_of_money_people_are_paid_in() -> None:
    codes = known_currencies()
    assert {"USD", "EUR", "IDR", "JPY", "KWD", "INR"} <= codes
    assert not {"XXX", "XAU", "XTS", "BTC"} & codes
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in codes)
