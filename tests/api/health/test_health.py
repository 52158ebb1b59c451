"""Liveness touches nothing; readiness names what is missing."""

from __future__ import annotations

import pytest

from api.db.heads import EARLIER_HEADS, SUPPORTED_HEADS
from migrations.chain import Chain
from tests.support.databases import Database
from tests.support.running_service import Service, running_service


def test_health_says_what_runs(service: Service) -> None:
    body = service.client().get("/health").json()
    assert body["status"] == "ok"
    assert body["environment"] == "test"
    assert body["uptime"] >= 0


def test_ready_with_a_migrated_database(stored_service: Service) -> None:
    answer = stored_service.client().get("/health/ready")
    assert answer.status_code == 200, answer.text
    assert [check["name"] for check in answer.json()["checks"]] == ["database", "migrations", "storage"]


def test_the_two_lists_of_heads_are_the_chain_of_revisions() -> None:
    """A revision that a running service cannot work with moves what is before it to the earlier heads."""
    assert (*EARLIER_HEADS, *SUPPORTED_HEADS) == tuple(revision.name for revision in Chain().revisions)


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (None, "no schema yet. Run `cvstomize migrate`"),
        (EARLIER_HEADS[0], "Run `cvstomize migrate`"),
        (EARLIER_HEADS[-1], "Run `cvstomize migrate`"),
        ("9999", "does not know"),
        ("0000", "does not know"),
        ("a1b2c3d4e5f6", "does not know"),
    ],
)
def test_a_database_outside_the_supported_range_is_not_served(
    database: Database, service: Service, head: str | None, sentence: str
) -> None:
    with database.connect() as connection:
        connection.execute("delete from cvstomize.alembic_version")
        if head is not None:
            connection.execute("insert into cvstomize.alembic_version values (%s)", [head])
    try:
        answer = service.client().get("/health/ready")
    finally:
        with database.connect() as connection:
            connection.execute("delete from cvstomize.alembic_version")
            connection.execute("insert into cvstomize.alembic_version values (%s)", [SUPPORTED_HEADS[-1]])
    assert answer.status_code == 503
    (migrations,) = (check for check in answer.json()["checks"] if check["name"] == "migrations")
    assert not migrations["ok"]
    assert sentence in migrations["detail"]
    assert service.client().get("/health").status_code == 200


def test_health_stays_up_and_readiness_goes_when_the_database_is_away(database: Database) -> None:
    dead = database.app_url.rsplit("@", 1)[0] + "@127.0.0.1:9/nowhere"
    with running_service(database, database_url=dead) as server:
        assert server.client().get("/health").status_code == 200
        answer = server.client().get("/health/ready")
        assert answer.status_code == 503
        assert not answer.json()["checks"][0]["ok"]
        assert (
            server.client().post("/api/auth/login", json={"email": "a@example.com", "password": "x"}).status_code == 503
        )
