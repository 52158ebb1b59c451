"""People and resumes as the app writes them, and both sides of an export to compare."""

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from google.cloud import bigquery

from pipelines.lib.export.bigquery_jobs import JobRunner, bigquery_client
from pipelines.lib.export.contract import load_contracts
from pipelines.lib.export.export_run import run_export
from pipelines.lib.export.report import ExportReport
from pipelines.settings import PipelineSettings
from tests.support.databases import Database

PURPOSES = ("product", "outcome_research", "training")


class World:
    """People, their resumes and consents, written as the application would."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def add_person(self) -> uuid.UUID:
        """A person who agreed to everything, with one resume, one version and one offer."""
        person, ad, draw, resume = (uuid.uuid4() for _ in range(4))
        run = self.connection.execute
        run(
            "insert into cvstomize.users (id, person_key, email, auth_subject) values (%s, %s, %s, %s)",
            [person, f"p-{person}", f"{person}@example.com", str(person)],
        )
        for purpose in PURPOSES:
            self.decide(person, purpose, granted=True)
        run(
            "insert into cvstomize.job_ads (id, user_id, body_text, text_sha256, job_family, seniority, region,"
            " analysis)"
            " values (%s, %s, %s, 'h', 'data', 'senior', 'eu', '{\"x\": 67.174118}')",
            [ad, person, 'An ad with "quotes", a comma,\na line\u2028 and nothing else'],
        )
        run(
            "insert into cvstomize.framing_draws (id, user_id, job_ad_id, framing, probabilities, policy_version, seed)"
            " values (%s, %s, %s, 'neutral', '{\"neutral\": 0.25}', '1', 's')",
            [draw, person, ad],
        )
        run(
            "insert into cvstomize.resumes (id, user_id, job_ad_id, framing_draw_id, title, framing, provider,"
            " prompt_version) values (%s, %s, %s, %s, 't', 'neutral', 'composer', '1')",
            [resume, person, ad, draw],
        )
        self.add_version(resume)
        run(
            "insert into cvstomize.outcome_events (id, resume_id, kind, salary_amount, salary_currency, salary_period)"
            " values (%s, %s, 'offer', 123456789012.34, 'IDR', 'year')",
            [uuid.uuid4(), resume],
        )
        return person

    def add_version(self, resume: uuid.UUID, key: uuid.UUID | None = None) -> uuid.UUID:
        """The next version of a resume; its Markdown is empty, which is not NULL."""
        key = key or uuid.uuid4()
        self.connection.execute(
            "insert into cvstomize.resume_versions (id, resume_id, version, body_markdown, content, source, warnings,"
            " profile_facts, training_eligible) select %s, %s, coalesce(max(version), 0) + 1, '', '{}', 'generated',"
            " '[]', '{}', true from cvstomize.resume_versions where resume_id = %s",
            [key, resume, resume],
        )
        return key

    def decide(self, person: uuid.UUID, purpose: str, *, granted: bool) -> None:
        """Record a consent decision."""
        self.connection.execute(
            "insert into cvstomize.consents (id, user_id, purpose, granted, policy_version, text_sha256, recorded_at)"
            " values (%s, %s, %s, %s, '1', 'x', clock_timestamp())",
            [uuid.uuid4(), person, purpose, granted],
        )

    def resume_of(self, person: uuid.UUID) -> uuid.UUID:
        row = self.connection.execute("select id from cvstomize.resumes where user_id = %s", [person]).fetchone()
        assert row is not None
        found: uuid.UUID = row[0]
        return found


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    with database.connect() as connection:
        connection.autocommit = True
        yield World(connection)


@pytest.fixture(scope="module")
def client(pipeline_settings: PipelineSettings) -> bigquery.Client:
    return bigquery_client(pipeline_settings)


def rows_in_postgres(connection: psycopg.Connection, table: str) -> dict[str, dict[str, Any]]:
    contract = load_contracts()[table]
    columns = [f"{c.name}::text::bigint" if c.type == "xid8" else c.name for c in contract.columns]
    names = [c.name for c in contract.columns]
    found = connection.execute(f"select {', '.join(columns)} from export.{table}").fetchall()
    return {row[contract.key]: row for row in (dict(zip(names, values, strict=True)) for values in found)}


def rows_in_bigquery(client: bigquery.Client, settings: PipelineSettings, table: str) -> dict[str, dict[str, Any]]:
    contract = load_contracts()[table]
    columns = ", ".join(column.name for column in contract.columns)
    found = JobRunner(client).rows(f"select {columns} from `{settings.raw_dataset}.{table}`")
    rows = [dict(row) for row in found]
    assert len({row[contract.key] for row in rows}) == len(rows), f"{table} holds a key twice"
    return {row[contract.key]: row for row in rows}


def assert_equal(database: Database, client: bigquery.Client, settings: PipelineSettings) -> None:
    """The raw tables hold exactly what the views show. Only for a moment when nobody writes."""
    with database.connect() as connection:
        for table in load_contracts():
            assert rows_in_bigquery(client, settings, table) == rows_in_postgres(connection, table), table


def export(settings: PipelineSettings, **options: Any) -> ExportReport:
    report = run_export(settings, **options)
    assert report.clean, report.problems()
    return report


def modes(report: ExportReport) -> set[str]:
    return {table.mode for table in report.tables}
