"""The export views are the only way out: no identifier, note or raw answer passes, and consent decides the rest."""

import psycopg
import pytest

from api.conversation.rules.questions import load_questions
from tests.support.databases import Database
from tests.support.running_service import BROWSER, Person, Service
from tests.support.samples import AD, DOCUMENT

CANARIES = {
    "mail": "canary.mail@example.com",
    "phone": "+1 415 555 0199",
    "name": "Canaria Quillfeather",
    "street": "77 Canary Lane",
    "profile link": "https://example.com/canary-profile",
    "raw answer": "canary raw answer",
    "note": "canary outcome note",
    "display name": "Canary Display",
    "reference": "canary referee said so",
}


def full_life(service: Service) -> Person:
    """Somebody who has filled every field that a person can fill."""
    person = service.person(CANARIES["mail"])
    basics = {
        **DOCUMENT["basics"],
        "name": CANARIES["name"],
        "email": CANARIES["mail"],
        "phone": CANARIES["phone"],
        "url": CANARIES["profile link"],
        "location": {"address": CANARIES["street"], "city": "Portland", "countryCode": "US"},
        "profiles": [{"network": "Example", "username": "canary", "url": CANARIES["profile link"]}],
    }
    references = [{"name": CANARIES["name"], "reference": CANARIES["reference"]}]
    profile = {**DOCUMENT, "basics": basics, "references": references}
    assert person.put("/api/profile", json=profile).status_code == 200
    conversation = person.post("/api/conversation", json={"language": "en"}).json()["id"]
    question = load_questions("en").questions[0].id
    body = {"questionId": question, "text": CANARIES["raw answer"]}
    assert person.post(f"/api/conversation/{conversation}/answer", json=body).status_code == 200
    resume = person.post("/api/resume/generate", json={"jobDescription": AD})
    assert resume.status_code == 201, resume.text
    report = {"interviewReceived": True, "outcomeNotes": CANARIES["note"]}
    resume_id = resume.json()["id"]
    assert person.post(f"/api/resume/{resume_id}/report-outcome", json=report).status_code == 200
    token = person.post(f"/api/resume/{resume_id}/share", json={}).json()["token"]
    with service.client(headers={"User-Agent": BROWSER}) as visitor:
        assert visitor.get(f"/r/{token}").status_code == 200
    with service.database.connect("DATABASE_URL") as connection:
        connection.execute(
            "update cvstomize.users set display_name = %s where id = %s", [CANARIES["display name"], person.user_id]
        )
    return person


def exported(database: Database) -> dict[str, list[str]]:
    """Every row of every export view as text, read as the pipeline role."""
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        views = [row[0] for row in connection.execute("select viewname from pg_views where schemaname = 'export'")]
        return {view: [row[0] for row in connection.execute(f"select v::text from export.{view} v")] for view in views}


@pytest.fixture(scope="module")
def someone(service: Service) -> Person:
    return full_life(service)


@pytest.fixture
def key(service: Service, someone: Person) -> str:
    return str(service.rows("select person_key from cvstomize.users where id = %s", someone.user_id)[0][0])


def decide(person: Person, **purposes: bool) -> None:
    body = {"consents": [{"purpose": purpose, "granted": granted} for purpose, granted in purposes.items()]}
    assert person.put("/api/consents", json=body).status_code == 200


def holding(rows: dict[str, list[str]], key: str) -> set[str]:
    return {view for view, texts in rows.items() if any(key in text for text in texts)}


def test_without_consent_nothing_leaves(service: Service, someone: Person, key: str) -> None:
    decide(someone, outcome_research=False, training=True)
    assert holding(exported(service.database), key) == set()


def test_research_consent_lets_no_text_out(service: Service, someone: Person, key: str) -> None:
    decide(someone, outcome_research=True, training=False)
    rows = exported(service.database)
    assert {"people", "resumes", "outcome_events", "job_ads"} <= holding(rows, key)
    assert "resume_versions" not in holding(rows, key)
    assert not any("Cedar Logistics" in text for texts in rows.values() for text in texts)


def test_full_consent_lets_no_identifier_note_or_raw_answer_out(service: Service, someone: Person, key: str) -> None:
    decide(someone, outcome_research=True, training=True)
    rows = exported(service.database)
    assert "resume_versions" in holding(rows, key)
    identifiers = {**CANARIES, "user id": someone.user_id}
    found = {
        (name, view) for name, value in identifiers.items() for view, texts in rows.items()
        if any(value in text for text in texts)
    }  # fmt: skip
    assert not found


GOVERNED = {
    "users": "id = %(person)s",
    "personality_scores": "user_id = %(person)s",
    "job_ads": "user_id = %(person)s",
    "framing_draws": "user_id = %(person)s",
    "resumes": "user_id = %(person)s",
    "resume_versions": "resume_id in (select id from cvstomize.resumes where user_id = %(person)s)",
    "outcome_events": "resume_id in (select id from cvstomize.resumes where user_id = %(person)s)",
    "check_ins": "resume_id in (select id from cvstomize.resumes where user_id = %(person)s)",
}
"""Every table with a row version that belongs to a person, and which of its rows are theirs."""


def versions(service: Service, person: Person) -> dict[str, set[int]]:
    """The row versions of everything a decision of this person governs."""
    with service.database.connect() as connection:
        return {
            table: {
                row[0]
                for row in connection.execute(
                    f"select row_xid::text::bigint from cvstomize.{table} where {rows}".encode(),
                    {"person": person.user_id},
                )
            }
            for table, rows in GOVERNED.items()
        }


def test_every_table_with_a_row_version_is_governed(service: Service) -> None:
    named = service.rows(
        "select table_name from information_schema.columns c join information_schema.tables t"
        " using (table_schema, table_name)"
        " where table_schema = 'cvstomize' and column_name = 'row_xid' and table_type = 'BASE TABLE'"
    )
    assert {row[0] for row in named} - {"deletions", "exchange_rates"} == set(GOVERNED)


@pytest.mark.parametrize(
    ("before", "decision", "left"),
    [
        ({"outcome_research": True, "training": True}, {"training": False}, {"resume_versions"}),
        ({"outcome_research": True, "training": False}, {"training": True}, set()),
        ({"outcome_research": False, "training": True}, {"outcome_research": True}, set()),
        (
            {"outcome_research": True, "training": True},
            {"outcome_research": False},
            {
                "people",
                "traits",
                "job_ads",
                "framing_draws",
                "resumes",
                "resume_versions",
                "outcome_events",
                "check_ins",
            },
        ),
    ],
    ids=["training withdrawn", "training granted", "research granted", "research withdrawn"],
)
def test_one_request_moves_every_row_it_governs_and_writes_who_left(
    service: Service, someone: Person, before: dict[str, bool], decision: dict[str, bool], left: set[str]
) -> None:
    """The decision, the new versions and the ledger's lines are one transaction: they carry its number."""
    decide(someone, outcome_research=before["outcome_research"], training=before["training"])
    old = versions(service, someone)
    newest = service.rows("select coalesce(max(id), 0) from cvstomize.deletions")[0][0]
    decide(someone, **decision)
    now = versions(service, someone)
    present = {table for table, numbers in now.items() if numbers}
    assert present >= {"users", "job_ads", "framing_draws", "resumes", "resume_versions", "outcome_events"}
    transactions = set().union(*now.values())
    assert len(transactions) == 1
    assert transactions.isdisjoint(set().union(*old.values()))
    ledger = service.rows(
        "select table_name, row_key, row_xid::text::bigint, reason from cvstomize.deletions where id > %s", newest
    )
    # A table in which the person has no row has nothing to take back.
    assert {row[0] for row in ledger} == {table for table in left if holds(service, someone, table)}
    assert {row[2] for row in ledger} <= transactions
    assert {row[3] for row in ledger} <= {"consent"}
    views = exported(service.database)
    assert not [key for table, key, *_ in ledger if any(key in text.split(",")[0] for text in views[table])]


def holds(service: Service, person: Person, table: str) -> bool:
    """Whether an exported table's source has a row of the person."""
    source = {"people": "users", "traits": "personality_scores"}.get(table, table)
    return bool(versions(service, person)[source])


@pytest.mark.parametrize("setting", ["PIPELINE_DATABASE_URL", "ANALYST_DATABASE_URL"])
@pytest.mark.parametrize("table", ["users", "profiles", "conversation_answers", "resumes", "outcome_events"])
def test_no_other_way_out(database: Database, setting: str, table: str) -> None:
    with database.connect(setting) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"select * from cvstomize.{table}")
