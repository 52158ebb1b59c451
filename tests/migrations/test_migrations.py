"""Migrations, named for the incident: `must be owner of table resumes`, half of them applied."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from api.db.base import SCHEMA
from api.db.tables import User
from api.db.url import sqlalchemy_url
from migrations.bootstrap import ensure_database, ensure_roles
from migrations.chain import Chain
from migrations.roles import LOGIN_ROLES
from migrations.runner import MigrationError, check_database, expected_head, migrate, pending
from tests.support.databases import Database

NOT_MODELS = {"ix_deletions_table_name_row_xid", "migration_journal"}


def test_migrating_again_does_nothing(database: Database) -> None:
    report = migrate(database.migrator_url)
    assert report.applied == ()
    assert report.after == expected_head()
    assert pending(database.migrator_url) == ()


def test_a_database_older_than_the_journal_gets_one(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("drop table cvstomize.migration_journal")
    assert check_database(database.migrator_url).exit_code == 0
    assert migrate(database.migrator_url).applied == ()
    with database.connect() as connection:
        rows = connection.execute("select revision, state from cvstomize.migration_journal order by 1").fetchall()
    assert rows == [(revision.name, "done") for revision in Chain().revisions]
    with database.connect("DATABASE_URL") as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("select * from cvstomize.migration_journal")


def test_models_and_migrated_database_are_in_step(database: Database) -> None:
    engine = sa.create_engine(sqlalchemy_url(database.superuser_url))
    with engine.connect() as connection:
        options = {
            "include_schemas": True,
            "version_table_schema": SCHEMA,
            "include_name": lambda name, kind, _: name == SCHEMA if kind == "schema" else True,
            # Versions of rows are kept by triggers for the export, the journal by the migrator: no business of the app.
            "include_object": lambda _, name, kind, *__: "row_xid" not in (name or "") and name not in NOT_MODELS,
        }
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), User.metadata)
    engine.dispose()
    assert differences == []


def test_the_owner_owns_every_object(database: Database) -> None:
    with database.connect() as connection:
        strangers = connection.execute(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname in ('cvstomize', 'export') and pg_get_userbyid(c.relowner) <> 'cvstomize_owner'"
        ).fetchall()
    assert strangers == []


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("DATABASE_URL", "alter table cvstomize.resumes add column x int"),
        ("DATABASE_URL", "drop table cvstomize.resumes"),
        ("DATABASE_URL", "truncate cvstomize.resumes"),
        ("DATABASE_URL", "delete from cvstomize.outcome_events"),
        ("DATABASE_URL", "update cvstomize.outcome_events set kind = 'offer'"),
        ("DATABASE_URL", "delete from cvstomize.users"),
        ("DATABASE_URL", "update cvstomize.consents set granted = true"),
        ("DATABASE_URL", "update cvstomize.alembic_version set version_num = '1'"),
        ("DATABASE_URL", "create table cvstomize.x (a int)"),
        ("DATABASE_URL", "select * from core.training_examples"),
        ("PIPELINE_DATABASE_URL", "select * from cvstomize.users"),
        ("PIPELINE_DATABASE_URL", "select * from cvstomize.conversation_answers"),
        ("PIPELINE_DATABASE_URL", "create schema x"),
        ("ANALYST_DATABASE_URL", "select * from export.people"),
        ("ANALYST_DATABASE_URL", "select * from cvstomize.resumes"),
        ("ANALYST_DATABASE_URL", "create table marts.x (a int)"),
        ("ANALYST_DATABASE_URL", "create table public.x (a int)"),
        ("ERASER_DATABASE_URL", "insert into cvstomize.users (id) values (null)"),
    ],
)
def test_each_role_may_only_do_its_own_work(database: Database, role: str, statement: str) -> None:
    with database.connect(role) as connection, pytest.raises(psycopg.Error) as raised:
        connection.execute(statement)
    assert raised.value.sqlstate in {"42501", "42P01"}, raised.value


def test_a_role_that_is_no_member_of_the_owner_changes_nothing(database: Database) -> None:
    with pytest.raises(MigrationError, match="nothing was changed: permission denied to set role"):
        migrate(database.app_url)


def test_a_stranger_s_schema_in_the_way_is_refused_and_nothing_applied(database: Database) -> None:
    name = f"{database.name}_stranger"
    admin = _libpq(database.superuser_url)
    ensure_database(admin, name)
    target = admin.rsplit("/", 1)[0] + f"/{name}"
    try:
        with psycopg.connect(target, autocommit=True) as connection:
            connection.execute("create schema cvstomize")
        passwords = {role: sqlalchemy_url(_of(database, role)).password or "" for role in LOGIN_ROLES}
        ensure_roles(target, passwords)
        migrator = sqlalchemy_url(database.migrator_url).set(database=name).render_as_string(hide_password=False)
        with pytest.raises(MigrationError, match="nothing was changed: must be owner of schema cvstomize"):
            migrate(migrator)
        with psycopg.connect(target) as connection:
            counted = connection.execute(
                "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " where nspname = 'cvstomize'"
            ).fetchone()
        assert counted == (0,)
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'drop database "{name}" with (force)')


def test_the_command_reports_and_checks(database: Database) -> None:
    environment = os.environ | {"MIGRATOR_DATABASE_URL": database.migrator_url}
    command = [sys.executable, "-m", "cli.main", "migrate"]
    checked = subprocess.run(
        [*command, "--check"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (checked.returncode, checked.stdout.strip().splitlines()[-1]) == (0, "nothing to do")
    assert "cvstomize_app in cvstomize: " in checked.stdout
    assert (
        "default: tables that cvstomize_owner makes in cvstomize give cvstomize_eraser delete, select" in checked.stdout
    )
    without = subprocess.run(
        command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60, check=False
    )
    assert without.returncode == 78
    assert "MIGRATOR_DATABASE_URL: is missing" in without.stderr


SETTING = {
    "cvstomize_migrator": "MIGRATOR_DATABASE_URL",
    "cvstomize_app": "DATABASE_URL",
    "cvstomize_eraser": "ERASER_DATABASE_URL",
    "cvstomize_pipeline": "PIPELINE_DATABASE_URL",
    "cvstomize_analyst": "ANALYST_DATABASE_URL",
}


def _of(database: Database, role: str) -> str:
    return database.urls[SETTING[role]]


def _libpq(url: str) -> str:
    return sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
