"""The insights answer what the marts hold, to anybody with an account, and nothing the marts do not hold."""

from __future__ import annotations

import psycopg
import pytest

from tests.support.running_service import Person

COLUMNS = (
    "group_by text, group_value text, stage text, stage_number bigint, status text, people bigint, applications bigint,"
    " share numeric(9, 3), lower_95 numeric(9, 3), upper_95 numeric(9, 3), as_of timestamptz, built_at timestamptz,"
    " source_cut timestamptz"
)
FRAMING = (
    "create table marts.framing_outcomes"
    " (population text, outcome text, horizon_days bigint, framing text, status text)"
)


@pytest.fixture
def with_marts(person: Person) -> Person:
    """Marts as the pipeline leaves them, with the rights dbt gives."""
    with person.database.connect() as connection:
        connection.execute("drop table if exists marts.funnel; drop table if exists marts.framing_outcomes")
        connection.execute(f"create table marts.funnel ({COLUMNS})")
        connection.execute(FRAMING)
        connection.execute("grant select on marts.funnel, marts.framing_outcomes to cvstomize_app, cvstomize_analyst")
        connection.execute(
            "insert into marts.funnel values ('overall', 'all', 'applied', 2, 'published', 25, 40, 0.6, 0.4, 0.8,"
            " '2026-12-01T00:00:00Z', null, '2026-11-30T01:00:00Z'), ('template', 'modern', 'applied', 2, 'withheld',"
            " null, null, null, null, null, '2026-12-01T00:00:00Z', null, '2026-11-30T01:00:00Z')"
        )
    return person


def test_rows_are_camel_case_and_withheld_ones_hold_nulls(with_marts: Person) -> None:
    answer = with_marts.client.get("/api/insights/funnel")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["mart"] == "funnel"
    assert body["asOf"] == "2026-12-01T00:00:00Z"
    assert body["sourceCut"] == "2026-11-30T01:00:00Z"
    assert body["truncated"] is False
    assert body["rows"][0] == {
        "groupBy": "overall",
        "groupValue": "all",
        "stage": "applied",
        "stageNumber": 2,
        "status": "published",
        "people": 25,
        "applications": 40,
        "share": 0.6,
        "lower95": 0.4,
        "upper95": 0.8,
    }
    assert body["rows"][1]["status"] == "withheld"
    assert body["rows"][1]["share"] is None


def test_a_mart_is_found_under_the_name_of_its_table_too(with_marts: Person) -> None:
    written = with_marts.client.get("/api/insights/framing-outcomes").json()
    assert with_marts.client.get("/api/insights/framing_outcomes").json() == written
    assert written["mart"] == "framing-outcomes"


def test_rows_are_filtered_and_bounded(with_marts: Person) -> None:
    rows = with_marts.client.get("/api/insights/funnel", params={"groupBy": "template"}).json()["rows"]
    assert [row["groupValue"] for row in rows] == ["modern"]
    first = with_marts.client.get("/api/insights/funnel", params={"limit": 1}).json()
    assert (len(first["rows"]), first["truncated"]) == (1, True)
    assert with_marts.client.get("/api/insights/funnel", params={"groupBy": "nobody"}).json()["rows"] == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/insights/fct_applications", 404, "not_found"),
        ("/api/insights/funnel?groupBy=a'%20or%201=1", 422, None),
        ("/api/insights/funnel?limit=0", 422, None),
        ("/api/insights/funnel?limit=100000000000000000000", 422, None),
        ("/api/insights/framing-outcomes?groupBy=framing", 422, "invalid_input"),
        ("/api/insights/salary-by-trait", 404, "not_published"),
    ],
)
def test_what_cannot_be_answered_says_why(with_marts: Person, path: str, status: int, code: str | None) -> None:
    answer = with_marts.client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if code:
        assert answer.json()["code"] == code


def test_a_stranger_is_asked_to_sign_in(with_marts: Person) -> None:
    answer = with_marts.client.get("/api/insights/funnel", headers={"Authorization": ""})
    assert answer.status_code == 401


@pytest.mark.parametrize("relation", ["core.fct_applications", "staging.int_salary_by_trait"])
def test_the_role_of_the_api_reads_marts_only(with_marts: Person, relation: str) -> None:
    schema, name = relation.split(".")
    with with_marts.database.connect() as connection:
        connection.execute(f"create table if not exists {schema}.{name} (secret int)")
    with (
        with_marts.database.connect("DATABASE_URL") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"select * from {relation}")
