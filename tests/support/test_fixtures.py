"""The fixtures other rooms build on do what they promise."""

import psycopg
import pytest

from tests.support.databases import Database
from tests.support.shared_stack import SharedStack


def test_database_is_migrated_and_empty(database: Database) -> None:
    with database.connect("DATABASE_URL") as connection:
        row = connection.execute("SELECT current_user, current_database(), count(*) FROM cvstomize.users").fetchone()
    assert row == ("cvstomize_app", database.name, 0)


@pytest.mark.parametrize("setting", ["MIGRATOR_DATABASE_URL", "PIPELINE_DATABASE_URL", "ERASER_DATABASE_URL"])
def test_every_role_can_connect(database: Database, setting: str) -> None:
    with database.connect(setting) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (f"cvstomize_{setting.split('_')[0].lower()}",)


def test_analyst_is_refused_the_operational_tables(database: Database) -> None:
    with database.connect("ANALYST_DATABASE_URL") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM cvstomize.users")


def test_light_variant_names_a_migrated_database(postgres_only: SharedStack) -> None:
    environment = postgres_only.environment()
    assert "BIGQUERY_EMULATOR_HOST" not in environment
    with psycopg.connect(environment["DATABASE_URL"].replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) FROM cvstomize.resumes").fetchone() is not None
