"""Everything we hold about a person, as ZIP files with JSON, the uploaded originals and the PDFs of the resumes.

One answer is a part with a bound in bytes, rows and time. What does not fit is never left out silently: the part says
so, in `about.json` and as a `Link` header, and names the address of the next one.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
import uuid
import zipfile
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import IO

from api.auth.subject import Subject
from api.errors import DomainError, FieldProblem, InvalidInputError
from api.privacy.access_repository import TABLES, AccessRepository, as_row
from api.privacy.audit import record
from api.profile.repository import ProfileRepository
from api.profile.rules.json_resume import parse_profile
from api.resources import Resources
from api.resumes.downloads import render_request
from api.resumes.filenames import clean_name
from api.resumes.repository import ResumeRepository

PATH = "/api/privacy/export"
FIRST = uuid.UUID(int=0)
PAGE_ROWS = 50
ORIGINALS, DOCUMENTS = "originals", "pdf"
SECTIONS = (*TABLES, ORIGINALS, DOCUMENTS)
"""In this order: a place in the whole is a section and the last id that was taken from it."""
PLACE = rf"^({'|'.join(SECTIONS)})\.[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$"

README = """All that CVstomize holds about you, as of the time in about.json.
Each table is a JSON file under tables/, the documents you uploaded in the last 30 days are under originals/, and the
current PDF of each resume is under pdf/. When about.json has "complete": false there is more than fits into one file:
"next" is the address of the next part. NOT_INCLUDED.txt, if there is one, names documents that could not be had now.
Left out: password and link secrets, which are kept only as hashes, and copies of answers kept for a day for retries.
"""


@dataclass(frozen=True, slots=True)
class PartLimits:
    """Where one part ends; the item that reaches a limit is the last one in it."""

    bytes: int = 30_000_000
    rows: int = 20_000
    seconds: float = 6.0


@dataclass(slots=True)
class Part:
    """A finished archive and, unless it is the last one, where the next begins."""

    file: IO[bytes]
    after: str | None

    @property
    def link(self) -> str | None:
        """The path of the next part."""
        return f"{PATH}?after={self.after}" if self.after else None


@dataclass(slots=True)
class _Progress:
    """What is in the part so far."""

    limits: PartLimits
    begun: float = field(default_factory=time.monotonic)
    bytes: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    place: tuple[str, uuid.UUID] | None = None

    def add(self, section: str, key: uuid.UUID, size: int) -> None:
        self.bytes += size
        self.rows[section] = self.rows.get(section, 0) + 1
        self.place = (section, key)

    def full(self) -> bool:
        limits = self.limits
        late = time.monotonic() - self.begun >= limits.seconds
        return self.bytes >= limits.bytes or sum(self.rows.values()) >= limits.rows or late


def parse_place(after: str | None) -> tuple[str, uuid.UUID]:
    """Where a part begins. Raises InvalidInputError for what no part named."""
    if after is None:
        return SECTIONS[0], FIRST
    if re.fullmatch(PLACE, after):
        section, _, key = after.partition(".")
        return section, uuid.UUID(key)
    problem = FieldProblem("/query/after", "invalid_cursor", "Use the address in the Link header of the part before.")
    raise InvalidInputError("There is no such part.", errors=(problem,))


class AccessService:
    """Gathers a person's data. No connection is held while a document is fetched or rendered."""

    def __init__(self, resources: Resources, limits: PartLimits | None = None) -> None:
        self._resources = resources
        self._limits = limits or PartLimits()

    async def export(self, subject: Subject, after: str | None = None) -> Part:
        """The part that begins after a place. Raises InvalidInputError, and UnavailableError from the database."""
        first, last_key = parse_place(after)
        async with self._resources.database.transaction() as session:
            await record(session, "data.exported", self._resources.clock(), audit_key=subject.audit_key)
        progress = _Progress(self._limits)
        file = tempfile.SpooledTemporaryFile(max_size=5_000_000)  # noqa: SIM115 - whoever sends it closes it
        try:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for section in SECTIONS[SECTIONS.index(first) :]:
                    begin = last_key if section == first else FIRST
                    if section in TABLES:
                        more = await self._table(archive, subject, section, begin, progress)
                    else:
                        more = await self._files(archive, subject, section, begin, progress)
                    if more:
                        break
                else:
                    progress.place = None
                part = Part(file, f"{progress.place[0]}.{progress.place[1]}" if progress.place else None)
                self._describe(archive, subject, progress, part)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return part

    def _describe(self, archive: zipfile.ZipFile, subject: Subject, progress: _Progress, part: Part) -> None:
        about = {
            "generatedAt": self._resources.clock().isoformat(),
            "personKey": subject.person_key,
            "complete": part.after is None,
            "next": part.link,
            "rowsInThisPart": progress.rows,
        }
        archive.writestr("README.txt", README)
        archive.writestr("about.json", json.dumps(about, indent=2))
        if progress.missing:
            archive.writestr("NOT_INCLUDED.txt", "Could not be had now:\n" + "\n".join(progress.missing) + "\n")

    async def _table(
        self, archive: zipfile.ZipFile, subject: Subject, table: str, after: uuid.UUID, progress: _Progress
    ) -> bool:
        """Write rows after a key; return whether the part is full before the table's end."""
        with archive.open(f"tables/{table}.json", "w", force_zip64=True) as file:
            file.write(b"[")
            separator = b"\n"
            while True:
                async with self._resources.database.transaction() as session:
                    rows = await AccessRepository(session).rows(subject, table, after, PAGE_ROWS)
                for row in rows:
                    text = json.dumps(as_row(row), ensure_ascii=False, indent=2).encode()
                    file.write(separator + text)
                    separator, after = b",\n", row.id  # type: ignore[attr-defined]
                    progress.add(table, after, len(text))
                    if progress.full():
                        file.write(b"\n]\n")
                        return True
                if len(rows) < PAGE_ROWS:
                    file.write(b"\n]\n")
                    return False

    async def _files(
        self, archive: zipfile.ZipFile, subject: Subject, section: str, after: uuid.UUID, progress: _Progress
    ) -> bool:
        """Write documents after a key; return whether the part is full before the last."""
        documents = self._originals(subject, after) if section == ORIGINALS else self._pdfs(subject, after)
        async with aclosing(documents):
            async for key, name, data in documents:
                progress.add(section, key, len(data or b""))
                if data is None:
                    progress.missing.append(f"{section}/{name}")
                else:
                    archive.writestr(f"{section}/{name}", data)
                if progress.full():
                    return True
        return False

    async def _originals(
        self, subject: Subject, after: uuid.UUID
    ) -> AsyncGenerator[tuple[uuid.UUID, str, bytes | None]]:
        settings = self._resources.settings
        while True:
            async with self._resources.database.transaction() as session:
                uploads = await AccessRepository(session).uploads(subject, after, PAGE_ROWS)
            for upload in uploads:
                after = upload.id
                data = None
                if settings.enable_cloud_storage:
                    with suppress(DomainError):
                        data = await self._resources.objects.get(settings.gcs_uploads_bucket, upload.object_name)
                yield upload.id, f"{upload.id}-{clean_name(upload.file_name)}", data
            if len(uploads) < PAGE_ROWS:
                return

    async def _pdfs(self, subject: Subject, after: uuid.UUID) -> AsyncGenerator[tuple[uuid.UUID, str, bytes | None]]:
        while True:
            async with self._resources.database.transaction() as session:
                profile = await ProfileRepository(session).find(subject)
                resumes = await AccessRepository(session).resumes(subject, after, PAGE_ROWS)
                versions = [await ResumeRepository(session).version(resume) for resume in resumes]
            contact = parse_profile(profile.document).profile.contact if profile else None
            for resume, version in zip(resumes, versions, strict=True):
                after = resume.id
                data = None
                if contact is not None:  # without a profile nobody's name can stand on the document
                    with suppress(DomainError):
                        pdf = await self._resources.pdfs.get(subject.user_id, render_request(resume, version, contact))
                        data = pdf.data
                # The id keeps two resumes of one title apart.
                yield resume.id, f"{clean_name(resume.title)}-{resume.id}.pdf", data
            if len(resumes) < PAGE_ROWS:
                return
