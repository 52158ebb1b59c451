"""One cohort, built once per warehouse and test run: starting dbt costs seconds, asserting costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.dbt.support.cases import add_cases
from tests.dbt.support.load import load_bigquery, load_postgres
from tests.dbt.support.odd import add_odd_applications
from tests.dbt.support.run import DbtResult, postgres_environment, run_dbt
from tests.dbt.support.world import World, make_world
from tests.support.databases import Database, fresh_database
from tests.support.shared_stack import SharedStack

SOURCE_SCHEMA = "source_world"
DATASET = "martstest"


@dataclass(frozen=True)
class PostgresBuild:
    """A database with every model built by the pipeline's role."""

    database: Database
    result: DbtResult

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """The rows of a query as the superuser."""
        with self.database.connect() as connection:
            cursor = connection.execute(query, parameters or None)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="session")
def world() -> World:
    cohort = make_world(people=400, seed=1)
    add_cases(cohort)
    add_odd_applications(cohort, 200, seed=8)  # both engines read them alike
    return cohort


@pytest.fixture(scope="session")
def postgres_build(
    postgres_only: SharedStack, run_root: Path, world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PostgresBuild]:
    with fresh_database(postgres_only, run_root, "test_dbt") as database:
        with database.connect() as connection:
            load_postgres(connection, SOURCE_SCHEMA, world)
        result = run_dbt(
            "build",
            "--exclude-resource-type=unit_test",
            environment=postgres_environment(database.pipeline_url),
            folder=tmp_path_factory.mktemp("dbt-postgres"),
            variables={"source_schema": SOURCE_SCHEMA},
        )
        assert result.returncode == 0, result.output[-4000:]
        yield PostgresBuild(database, result)


@dataclass(frozen=True)
class BigQueryBuild:
    """The same models on the BigQuery stand-in."""

    client: bigquery.Client
    result: DbtResult


@pytest.fixture(scope="session")
def bigquery_build(stack: SharedStack, world: World, tmp_path_factory: pytest.TempPathFactory) -> BigQueryBuild:
    settings = stack.environment()
    endpoint = settings["BIGQUERY_EMULATOR_HOST"]
    endpoint = endpoint if endpoint.startswith("http") else f"http://{endpoint}"
    client = bigquery.Client(
        project=settings["GCP_PROJECT_ID"],
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": endpoint},
    )
    load_bigquery(client, f"{DATASET}_raw", world)
    # Models without their tests: the rows are compared with those that passed the tests on Postgres.
    result = run_dbt(
        "build",
        "--resource-type=model",
        "--resource-type=seed",
        environment={
            "WAREHOUSE": "bigquery",
            "GCP_PROJECT_ID": settings["GCP_PROJECT_ID"],
            "BIGQUERY_DATASET": DATASET,
            "BIGQUERY_EMULATOR_HOST": endpoint,
        },
        folder=tmp_path_factory.mktemp("dbt-bigquery"),
    )
    assert result.returncode == 0, result.output[-4000:]
    return BigQueryBuild(client, result)


@pytest.fixture
def analyst(postgres_build: PostgresBuild) -> Iterator[psycopg.Connection[Any]]:
    with postgres_build.database.connect("ANALYST_DATABASE_URL") as connection:
        yield connection


@pytest.fixture
def migrated(postgres_only: SharedStack, run_root: Path) -> Iterator[Database]:
    """A migrated database in which nothing was built."""
    with fresh_database(postgres_only, run_root, "test_dbt_empty") as database:
        yield database
