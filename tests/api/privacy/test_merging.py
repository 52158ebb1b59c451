"""Two accounts of one person become one: nothing is lost, and each resume remembers where it was made."""

import pytest
from psycopg.errors import InsufficientPrivilege, RaiseException
from typer.testing import CliRunner

from cli.merge_accounts import app
from tests.api.privacy.test_erasure import erase_now, lived_in, objects
from tests.support.running_service import Person, Service
from tests.support.service_settings import eraser_settings


@pytest.fixture(autouse=True)
def settings(stored_service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the operator has set."""
    for name, value in eraser_settings(stored_service).items():
        monkeypatch.setenv(name, value)


def merge(former: Person, kept: Person) -> tuple[int, str]:
    """The operator's command: its exit code and what it says."""
    result = CliRunner().invoke(app, [former.email, kept.email])
    return result.exit_code, result.output.strip()


def exported(service: Service) -> dict[str, tuple[str, str | None]]:
    """Person and former persons of each resume, as the pipelines see them."""
    with service.database.connect("PIPELINE_DATABASE_URL") as connection:
        rows = connection.execute("select resume_id, person_key, former_person_keys from export.resume_versions")
        return {resume: (person, former) for resume, person, former in rows}


def key_of(service: Service, person: Person) -> str:
    with service.database.connect() as connection:
        [(key,)] = connection.execute("select person_key from cvstomize.users where id = %s", [person.user_id])
    return str(key)


def test_everything_moves_to_the_older_account_and_remembers_where_it_was(stored_service: Service) -> None:
    service = stored_service
    kept, _ = lived_in(service)
    former, link = lived_in(service)
    last, _ = lived_in(service)
    people = (kept, former, last)
    resumes = [person.get("/api/resume").json()["items"][0]["id"] for person in people]
    keys = [key_of(service, person) for person in people]
    with service.client() as visitor:
        assert visitor.get(f"/r/{link}/resume.pdf").status_code == 200
    assert objects(service, former)

    assert merge(kept, former) == (1, "not joined: the older account stays")
    assert merge(last, former)[0] == 0
    assert merge(former, kept)[0] == 0

    assert {item["id"] for item in kept.get("/api/resume").json()["items"]} == set(resumes)
    assert exported(service) == {
        resumes[0]: (keys[0], None),
        resumes[1]: (keys[0], keys[1]),
        resumes[2]: (keys[0], f"{keys[2]} {keys[1]}"),
    }
    assert former.get("/api/resume").status_code == 401
    assert objects(service, former) == []
    assert kept.get(f"/api/resume/{resumes[1]}/outcome").status_code == 200
    with service.client() as visitor:
        assert visitor.get(f"/r/{link}/resume.pdf").status_code == 200
    assert objects(service, kept)
    with service.database.connect() as connection:
        [(versions,)] = connection.execute("select count(distinct row_xid) from export.outcome_events")
        assert versions == 1  # all of them travel with the next export
        gone = connection.execute("select row_key from cvstomize.deletions where table_name = 'people'").fetchall()
        assert set(keys[1:]) <= {key for (key,) in gone}
        assert connection.execute(
            "select count(*) from cvstomize.audit_log where action = 'account.merged' and actor = 'operator'"
        ).fetchone() == (2,)

    assert kept.delete("/api/me").is_success
    erase_now(service)
    assert exported(service) == {}


def test_accounts_that_decided_differently_or_are_leaving_are_not_joined(stored_service: Service) -> None:
    kept, former = stored_service.person(), stored_service.person()
    kept.consent("outcome_research", "training")
    former.consent("outcome_research")
    resume = former.add_resume()
    assert "decided differently" in merge(former, kept)[1]
    former.consent("training")
    assert merge(former, former) == (1, "not joined: two accounts are needed")
    with stored_service.database.connect() as connection:
        connection.execute("update cvstomize.users set access_ended_at = now() where id = %s", [kept.user_id])
    assert "is being erased" in merge(former, kept)[1]
    assert exported(stored_service)[resume] == (key_of(stored_service, former), None)
    former.email = "nobody@example.com"
    assert merge(former, kept) == (1, "not joined: no account has one of these addresses")


def test_a_row_changes_its_person_in_no_other_way(stored_service: Service) -> None:
    kept, _ = lived_in(stored_service)
    other = stored_service.person()
    people = [other.user_id, kept.user_id]
    with stored_service.database.connect() as connection, pytest.raises(RaiseException, match="its person"):
        connection.execute("update cvstomize.resumes set user_id = %s where user_id = %s", people)
    with stored_service.database.connect("DATABASE_URL") as connection, pytest.raises(InsufficientPrivilege):
        connection.execute("select cvstomize.merge_accounts(%s, %s)", people)
