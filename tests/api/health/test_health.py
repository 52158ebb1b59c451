"""Liveness touches nothing; readiness names what is missing."""

from __future__ import annotations

from api.db.heads import SUPPORTED_HEADS, explain_head
from migrations.runner import expected_head
from tests.support.api_server import ApiServer
from tests.support.databases import Database


def test_health_says_what_runs(api: ApiServer) -> None:
    body = api.client().get("/health").json()
    assert body["status"] == "ok"
    assert body["environment"] == "test"
    assert body["uptime"] >= 0


def test_ready_with_a_migrated_database(storing_api: ApiServer) -> None:
    answer = storing_api.client().get("/health/ready")
    assert answer.status_code == 200, answer.text
    assert [check["name"] for check in answer.json()["checks"]] == ["database", "migrations", "storage"]


def test_the_newest_supported_head_is_the_newest_revision() -> None:
    assert SUPPORTED_HEADS[-1] == expected_head()


def test_a_head_outside_the_range_is_explained() -> None:
    assert "cvstomize migrate" in explain_head(None)
    assert "newer than this version knows" in explain_head("9999")
    assert "cvstomize migrate" in explain_head("0000")


def test_health_stays_up_and_readiness_goes_when_the_database_is_away(database: Database) -> None:
    dead = database.app_url.rsplit("@", 1)[0] + "@127.0.0.1:9/nowhere"
    with ApiServer(dead) as server:
        assert server.client().get("/health").status_code == 200
        answer = server.client().get("/health/ready")
        assert answer.status_code == 503
        assert not answer.json()["checks"][0]["ok"]
        assert (
            server.client().post("/api/auth/login", json={"email": "a@example.com", "password": "x"}).status_code == 503
        )
