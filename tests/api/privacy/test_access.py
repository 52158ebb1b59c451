"""The archive holds everything, in as many parts as it takes, and says what it does not hold."""

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest

from api.privacy import access
from api.privacy.access import PartLimits, parse_place
from api.privacy.access_repository import NOT_INFORMATION, TABLES
from tests.api.privacy.test_erasure import lived_in
from tests.support.databases import Database
from tests.support.running_service import Person, Service

pytestmark = pytest.mark.slow

PERSON_COLUMNS = ["user_id", "person_key", "audit_key", "resume_id", "conversation_id", "row_key"]
LEADS_TO_A_PERSON = """
    with recursive reached as (
        select 'cvstomize.users'::regclass::oid as relation
        union select conrelid from pg_constraint join reached on confrelid = relation
        where contype = 'f' and conrelid <> confrelid
    )
    select relname::text from pg_class where oid in (select relation from reached)
    union select c.table_name from information_schema.columns c join information_schema.tables t
    using (table_schema, table_name)
    where table_schema = 'cvstomize' and table_type = 'BASE TABLE' and column_name = any(%s)
"""


def parts_of(person: Person) -> list[tuple[zipfile.ZipFile, str | None]]:
    """Every part and the Link header it came with."""
    parts, path = [], "/api/privacy/export"
    while path and len(parts) < 200:
        answer = person.get(path)
        assert answer.status_code == 200, answer.text
        link = answer.headers.get("link")
        parts.append((zipfile.ZipFile(BytesIO(answer.content)), link))
        path = answer.links.get("next", {}).get("url", "")
    return parts


def rows_of(parts: list[tuple[zipfile.ZipFile, str | None]], table: str) -> list[dict[str, Any]]:
    name = f"tables/{table}.json"
    return [row for part, _ in parts if name in part.namelist() for row in json.loads(part.read(name))]


def test_every_table_that_leads_to_a_person_is_exported_or_has_a_reason(database: Database) -> None:
    with database.connect() as connection:
        leading = {row[0] for row in connection.execute(LEADS_TO_A_PERSON, [PERSON_COLUMNS])}
    assert leading - set(TABLES) == set(NOT_INFORMATION), "a table about people is in no export, or a reason is stale"
    assert set(TABLES) <= leading


def test_what_does_not_fit_goes_on_in_further_parts(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = lived_in(service)
    for _ in range(4):
        person.add_resume()
    monkeypatch.setattr(access.PartLimits.__init__, "__defaults__", (30_000_000, 20_000, 60.0))  # a busy machine
    whole = parts_of(person)
    assert [link for _, link in whole] == [None]
    assert json.loads(whole[0][0].read("about.json"))["complete"] is True
    monkeypatch.setattr(access, "PAGE_ROWS", 2)
    monkeypatch.setattr(access.PartLimits.__init__, "__defaults__", (30_000_000, 7, 60.0))
    parts = parts_of(person)
    assert len(parts) > 3
    for archive, link in parts:
        about = json.loads(archive.read("about.json"))
        assert about["complete"] is (link is None)
        assert about["next"] == (link.partition(">")[0][1:] if link else None)
        assert sum(about["rowsInThisPart"].values()) <= 7
    for table in set(TABLES) - {"audit_log"}:  # which has a line more for every part
        assert rows_of(parts, table) == rows_of(whole, table), table
    names = [name for archive, _ in parts for name in archive.namelist() if name.startswith("pdf/")]
    assert sorted(names) == sorted(name for name in whole[0][0].namelist() if name.startswith("pdf/"))
    assert len(names) == len(set(names)) == 5


@pytest.mark.parametrize(
    "limits", [PartLimits(bytes=1), PartLimits(rows=1), PartLimits(seconds=0)], ids=["bytes", "rows", "time"]
)
def test_each_bound_ends_a_part_and_every_part_goes_on(
    service: Service, monkeypatch: pytest.MonkeyPatch, limits: PartLimits
) -> None:
    person = service.person()
    monkeypatch.setattr(access.PartLimits.__init__, "__defaults__", (limits.bytes, limits.rows, limits.seconds))
    first = person.get("/api/privacy/export")
    assert json.loads(zipfile.ZipFile(BytesIO(first.content)).read("about.json"))["rowsInThisPart"] == {"users": 1}
    assert first.links["next"]["url"].startswith("/api/privacy/export?after=users.")


def test_a_document_that_cannot_be_had_is_named(service: Service) -> None:
    person = service.person()
    resume_id = person.add_resume()  # and no profile, so nobody's name could stand on it
    [(archive, _)] = parts_of(person)
    assert resume_id in archive.read("NOT_INCLUDED.txt").decode()


def test_the_uploaded_original_is_in_it(stored_service: Service) -> None:
    person = stored_service.person()
    text = b"Ada Example\nada@example.com\n\nSkills\nPython, SQL"
    answer = person.post("/api/profile/import", files={"file": ("../my resume.txt", text, "text/plain")})
    assert answer.status_code == 201, answer.text
    [(archive, _)] = parts_of(person)
    [name] = [name for name in archive.namelist() if name.startswith("originals/")]
    assert archive.read(name) == text
    assert ".." not in name.split("/")


@pytest.mark.parametrize("after", ["", "users", "users.", "pg_shadow.0190f5a0-0000-7000-8000-000000000000", "pdf.1"])
def test_a_made_up_place_is_refused(person: Person, after: str) -> None:
    answer = person.get("/api/privacy/export", params={"after": after})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/after")


def test_nobody_elses_rows_come_with_a_place(service: Service) -> None:
    lived_in(service)
    stranger = service.person()
    answer = stranger.get(f"/api/privacy/export?after=resumes.{'0' * 8}-0000-0000-0000-{'0' * 12}")
    archive = zipfile.ZipFile(BytesIO(answer.content))
    assert json.loads(archive.read("tables/resumes.json")) == []
    assert parse_place(None)[0] == "users"
