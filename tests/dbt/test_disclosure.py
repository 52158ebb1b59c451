"""What an analyst can see: marts only, no small cell, no exact count."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from pipelines.lib.publish import PREVIEW_ROWS, preview_marts
from pipelines.settings import PipelineSettings
from tests.dbt.conftest import PostgresBuild

MARTS = ("time_to_interview", "salary_by_trait", "framing_outcomes", "funnel", "reporting_bias", "engagement")
KEYS = {"group_by", "group_value", "horizon_days", "trait", "band", "job_family", "population", "outcome", "framing"}
SAID_ANYWAY = KEYS | {"stage", "stage_number", "status", "comparison_status", "as_of", "built_at", "source_cut"}
COUNTS = {
    "people",
    "applications",
    "people_at_risk",
    "people_with_silent",
    "people_with_offer",
    "people_pay_unusable",
    "people_few_comparable",
    "people_sample_rate",
    "applications_unknown",
    "applications_overridden",
    "people_asked",
    "people_answered",
}


def test_analyst_reads_marts_and_nothing_else(analyst: psycopg.Connection[Any]) -> None:
    """Tries every relation of the database that is not the server's own catalogue."""
    analyst.autocommit = True
    relations = analyst.execute(
        """
        select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'v', 'm', 'p', 'f')
            and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
        """
    ).fetchall()
    readable = set()
    for schema, relation in relations:
        try:
            analyst.execute(f'select * from "{schema}"."{relation}" limit 1').fetchall()
        except psycopg.errors.InsufficientPrivilege:
            continue
        readable.add(f"{schema}.{relation}")
    assert {schema for schema, _ in relations} >= {"cvstomize", "export", "staging", "core", "marts"}
    assert readable == {f"marts.{mart}" for mart in MARTS}
    # The server's statistics hold values of columns, too.
    described = analyst.execute("select distinct schemaname from pg_stats").fetchall()
    assert {schema for (schema,) in described} <= {"pg_catalog", "information_schema", "marts"}
    for table in ("pg_statistic", "pg_authid", "pg_statistic_ext_data"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            analyst.execute(f"select * from pg_catalog.{table} limit 1")


@pytest.mark.parametrize("mart", MARTS)
def test_withheld_rows_hold_no_figure_and_counts_are_fives(postgres_build: PostgresBuild, mart: str) -> None:
    rows = postgres_build.rows(f"select * from marts.{mart}")
    assert any(row["status"] == "published" for row in rows)
    for row in rows:
        if row["status"] == "withheld":
            shown = {column for column, value in row.items() if value is not None} - SAID_ANYWAY
            assert not shown, shown
        for column in COUNTS & row.keys():
            assert row[column] is None or row[column] % 5 == 0, (column, row[column])


@pytest.mark.parametrize("mart", ["funnel", "engagement"])
def test_a_rate_gives_a_count_to_the_nearest_five_only(postgres_build: PostgresBuild, mart: str) -> None:
    for row in postgres_build.rows(f"select * from marts.{mart} where status = 'published'"):
        for column in ("share", "lower_95", "upper_95"):
            count = float(row[column]) * row["people"]
            assert abs(count / 5 - round(count / 5)) * 5 <= 0.0005 * row["people"] + 1e-9, (column, row)


def test_pay_is_on_a_grid_of_five_percent_steps(postgres_build: PostgresBuild) -> None:
    grid = {(Decimal("1.05") ** power).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP) for power in range(-60, 61)}
    rows = postgres_build.rows("select * from marts.salary_by_trait where status = 'published'")
    assert rows
    for row in rows:
        assert row["people"] >= 30
        for column in ("pay_ratio", "lower_95", "upper_95", "shrunken_pay_ratio", "smallest_detectable_ratio"):
            assert row[column] in grid, (column, row[column])


def test_every_framing_is_listed_whether_or_not_it_has_rows(postgres_build: PostgresBuild) -> None:
    rows = postgres_build.rows("select distinct group_value from marts.time_to_interview where group_by = 'framing'")
    assert {row["group_value"] for row in rows} == {
        "neutral",
        "inventive",
        "structured",
        "energetic",
        "collaborative",
        "steady",
    }
    bands = postgres_build.rows("select distinct trait, band from marts.salary_by_trait where job_family = 'all'")
    assert {("openness", band) for band in ("low", "middle", "high")} <= {(r["trait"], r["band"]) for r in bands}


def test_small_cells_are_withheld_where_the_exact_figure_exists(postgres_build: PostgresBuild) -> None:
    rows = postgres_build.rows(
        """
        select m.status, e.people_answered, e.people_at_risk
        from marts.time_to_interview m join staging.int_time_to_interview e using (group_by, group_value, horizon_days)
        """
    )
    small = [row for row in rows if row["people_answered"] < 10 or row["people_at_risk"] < 10]
    assert small
    assert {row["status"] for row in small} == {"withheld"}


def preview(build: PostgresBuild, *marts: str) -> dict[str, list[list[str]]]:
    """The cells of the preview of each mart, without its rule."""
    address = SecretStr(build.database.pipeline_url)
    text = preview_marts(PipelineSettings.model_construct(pipeline_database_url=address), marts)
    tables = {}
    for mart, table in re.findall(r"### (\w+)\n\n((?:\|.*\n?)+)", text):
        header, rule, *rows = [re.split(r" \| ", line[2:-2]) for line in table.strip().splitlines()]
        assert rule == ["---"] * len(header)
        tables[mart] = [header, *rows]
    return tables


def test_previews_in_dagster_are_published_aggregates(postgres_build: PostgresBuild) -> None:
    tables = preview(postgres_build, *MARTS)
    assert set(tables) == set(MARTS)
    for mart, (header, *rows) in tables.items():
        assert not {"person_key", "resume_id"} & set(header)
        assert 0 < len(rows) <= PREVIEW_ROWS, mart
        for row in rows:
            shown = dict(zip(header, row, strict=True))
            assert shown["status"] == "published", mart
            assert all(int(shown[name]) % 5 == 0 for name in COUNTS & set(header) if shown[name]), (mart, shown)


def test_a_preview_leaves_out_what_is_withheld_and_keeps_its_columns(postgres_build: PostgresBuild) -> None:
    """A bar in a value (framing | job family) is no new column, and a NULL is an empty cell."""
    with postgres_build.database.connect() as connection:
        connection.execute(
            "create table marts.previewed as select * from (values ('steady | data', 'published', null::bigint),"
            " ('only me', 'withheld', 1)) as rows (group_value, status, people)"
        )
        connection.execute("grant select on marts.previewed to cvstomize_pipeline")
    try:
        shown = preview(postgres_build, "previewed")["previewed"]
    finally:
        with postgres_build.database.connect() as connection:
            connection.execute("drop table marts.previewed")
    assert shown == [["group_value", "status", "people"], ["steady \\| data", "published", ""]]
