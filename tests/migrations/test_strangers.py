"""`must be owner of table resumes` (42501) after half of the migrations: now said before the first statement."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from migrations.chain import Chain
from migrations.errors import RefusedError
from migrations.findings import remedy_block
from migrations.runner import check_database, migrate
from tests.support.chains import empty_database, run_psql, schema_dump, write_chain
from tests.support.databases import Database

STRANGER = "cvstomize_test_stranger"
CLOUD_ADMIN = "cvstomize_test_cloud_admin"

FIRST = (
    "create table cvstomize.resumes (id serial primary key, title text)",
    "create table cvstomize.plain (a int)",
    "create sequence cvstomize.numbers",
    "create type cvstomize.mood as enum ('calm')",
    "create function cvstomize.one(a int) returns int language sql return a",
    "create view cvstomize.titles as select title from cvstomize.resumes",
)
# What belongs to a stranger, and the statement of the last revision that trips over it.
CASES = {
    "table": ("table cvstomize.resumes", "alter table cvstomize.resumes add column pdf_template text"),
    "table behind an index": ("table cvstomize.plain", "create index ix_plain on cvstomize.plain (a)"),
    "table among all": ("table cvstomize.plain", "grant select on all tables in schema cvstomize to cvstomize_app"),
    "serial's table": ("table cvstomize.resumes", "alter sequence cvstomize.resumes_id_seq restart with 5"),
    "sequence": ("sequence cvstomize.numbers", "alter sequence cvstomize.numbers restart with 5"),
    "view": (
        "view cvstomize.titles",
        "create or replace view cvstomize.titles as select title, 1 as n from cvstomize.resumes",
    ),
    "function": ("function cvstomize.one(int)", "drop function cvstomize.one(int)"),
    "type": ("type cvstomize.mood", "alter type cvstomize.mood add value 'stormy'"),
    "schema": ("schema cvstomize", "create table cvstomize.later (a int)"),
    "in a block": ("table cvstomize.plain", "do $$ begin alter table cvstomize.plain add column b int; end $$"),
}


@pytest.fixture(scope="module")
def roles(database: Database) -> Iterator[None]:
    """A stranger, and an administrator who, like postgres on Cloud SQL, may create roles and is no superuser."""
    with database.connect() as connection:
        for role in (STRANGER, CLOUD_ADMIN):
            connection.execute(f"drop role if exists {role}")
        connection.execute(f"create role {CLOUD_ADMIN} login createrole createdb password 'secret'")
        connection.execute(f"create role {STRANGER} login")
        # What the creator of a role has from PostgreSQL 16 on.
        connection.execute(
            f"grant {STRANGER}, cvstomize_owner to {CLOUD_ADMIN} with admin true, inherit false, set false"
        )
    yield
    with database.connect() as connection:
        connection.execute(f"drop role {STRANGER}")
        connection.execute(f"drop role {CLOUD_ADMIN}")


@pytest.fixture(scope="module")
def begun(database: Database, roles: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the first revision of the test's own chain."""
    with empty_database(database) as fresh:
        migrate(fresh.migrator_url, chain=write_chain(tmp_path_factory.mktemp("chain"), FIRST))
        with fresh.connect() as connection:
            connection.execute(f'grant connect on database "{fresh.name}" to {CLOUD_ADMIN}')
        yield fresh


def chain_with(folder: Path, statement: str) -> Chain:
    """Four revisions, the last of which meets the stranger."""
    return write_chain(
        folder,
        FIRST,
        ("create table cvstomize.second (a int)",),
        ("create table cvstomize.third (a int)",),
        (statement,),
    )


def cloud_part(block: str) -> str:
    return block[block.index("-- On Cloud SQL") :]


@pytest.mark.parametrize(
    ("case", "administrator"),
    [(case, "superuser") for case in CASES]
    + [pytest.param(case, "cloud", marks=[] if case in {"table", "schema"} else [pytest.mark.prove]) for case in CASES],
)
def test_a_stranger_s_object_is_refused_and_the_printed_block_puts_it_right(
    begun: Database, tmp_path: Path, case: str, administrator: str
) -> None:
    thing, statement = CASES[case]
    chain = chain_with(tmp_path / "chain", statement)
    with begun.connect() as connection:
        connection.execute(f"alter {thing} owner to {STRANGER}")
    try:
        before = schema_dump(begun)
        with pytest.raises(RefusedError, match="nothing was changed: must be owner of"):
            migrate(begun.migrator_url, chain=chain)
        assert schema_dump(begun) == before
        report = check_database(begun.migrator_url, chain=chain)
        assert report.exit_code == 20
        block = remedy_block(report.findings, report.database)
        if administrator == "cloud":
            url = begun.superuser_url.split("://")[0] + f"://{CLOUD_ADMIN}:secret@" + begun.superuser_url.split("@")[1]
            pasted = run_psql(url, cloud_part(block))
        else:
            pasted = run_psql(begun.superuser_url, block[: block.index("-- On Cloud SQL")])
        assert pasted.returncode == 0, pasted.stderr + block
        assert check_database(begun.migrator_url, chain=chain).exit_code == 10
        with begun.connect() as connection:
            kept = connection.execute(
                "select count(*) from pg_auth_members m where m.member = %s::regrole and (m.set_option or"
                " m.inherit_option)",
                [CLOUD_ADMIN],
            ).fetchone()
        assert kept == (0,), "the temporary memberships were not taken back"
    finally:
        with begun.connect() as connection:
            connection.execute(f"alter {thing} owner to cvstomize_owner")


def test_the_block_for_cloud_sql_also_gives_away_what_postgres_made_itself(begun: Database, tmp_path: Path) -> None:
    chain = chain_with(tmp_path / "chain", "alter table cvstomize.plain add column b int")
    with begun.connect() as connection:
        connection.execute("alter table cvstomize.plain owner to postgres")
    try:
        report = check_database(begun.migrator_url, chain=chain)
        assert report.exit_code == 20
        pasted = run_psql(begun.superuser_url, cloud_part(remedy_block(report.findings, report.database)))
        assert pasted.returncode == 0, pasted.stderr
        assert check_database(begun.migrator_url, chain=chain).exit_code == 10
    finally:
        with begun.connect() as connection:
            connection.execute("alter table cvstomize.plain owner to cvstomize_owner")


def test_an_object_that_no_revision_touches_does_not_stop_them(begun: Database, tmp_path: Path) -> None:
    chain = chain_with(tmp_path / "chain", "create table cvstomize.fourth (a int)")
    with begun.connect() as connection:
        connection.execute(f"alter table cvstomize.plain owner to {STRANGER}")
    try:
        report = check_database(begun.migrator_url, chain=chain)
        assert report.exit_code == 10
        assert any("cvstomize.plain" in finding.message for finding in report.findings)
    finally:
        with begun.connect() as connection:
            connection.execute("alter table cvstomize.plain owner to cvstomize_owner")


def test_a_stranger_s_table_in_the_way_is_refused(begun: Database, tmp_path: Path) -> None:
    chain = chain_with(tmp_path / "chain", "create table cvstomize.fourth (a int)")
    with begun.connect() as connection:
        connection.execute("create table cvstomize.third (b int)")
    try:
        with pytest.raises(RefusedError, match=r"table cvstomize.third of .* is already there"):
            migrate(begun.migrator_url, chain=chain)
    finally:
        with begun.connect() as connection:
            connection.execute("drop table cvstomize.third")


@pytest.mark.parametrize(
    ("prepare", "undo", "words"),
    [
        (
            "revoke cvstomize_owner from cvstomize_migrator",
            "grant cvstomize_owner to cvstomize_migrator",
            "permission denied to set role cvstomize_owner",
        ),
        (
            "alter role cvstomize_migrator in database {database} set default_transaction_read_only = on",
            "alter role cvstomize_migrator in database {database} reset default_transaction_read_only",
            "read-only",
        ),
        (
            "update cvstomize.migration_journal set checksum = 'another'",
            "delete from cvstomize.migration_journal",
            "revision r1 was edited after it ran",
        ),
    ],
)
def test_what_keeps_a_migration_from_beginning(
    begun: Database, tmp_path: Path, prepare: str, undo: str, words: str
) -> None:
    chain = chain_with(tmp_path / "chain", "create table cvstomize.fourth (a int)")
    with begun.connect() as connection:
        connection.execute(prepare.format(database=begun.name))
    try:
        report = check_database(begun.migrator_url, chain=chain)
        assert report.exit_code == 20
        assert words in " ".join(finding.message for finding in report.findings)
    finally:
        with begun.connect() as connection:
            connection.execute(undo.format(database=begun.name))


def test_the_app_role_may_not_write_the_journal(begun: Database) -> None:
    with begun.connect("DATABASE_URL") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("delete from cvstomize.migration_journal")
