"""Everything we hold about a person, as a ZIP of JSON files and their PDFs."""

from __future__ import annotations

import io
import json
import uuid
import zipfile

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.errors import DomainError
from api.privacy.access_repository import AccessRepository
from api.privacy.audit import record
from api.profile.repository import ProfileRepository
from api.profile.rules.json_resume import parse_profile
from api.resources import Resources
from api.resumes.downloads import render_request
from api.resumes.filenames import clean_name
from api.resumes.repository import ResumeRepository
from renderer import RenderRequest

MAX_PDFS = 50

README = """All that CVstomize holds about you, as of the time in about.json.
Each table is a JSON file under tables/. The current PDF of each resume is under pdf/, up to 50 of them.
Left out: password and link secrets, which are kept only as hashes.
"""


class AccessService:
    """Gathers a person's data."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def export(self, subject: Subject) -> bytes:
        """The ZIP. Raises UnavailableError when the database does not answer in time."""
        async with self._resources.database.transaction() as session:
            await record(session, "data.exported", self._resources.clock(), audit_key=subject.audit_key)
            tables = await AccessRepository(session).tables(subject)
            documents = await self._documents(session, subject)
        about = {"generatedAt": self._resources.clock().isoformat(), "personKey": subject.person_key}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", README)
            archive.writestr("about.json", json.dumps(about, indent=2))
            for name, rows in tables.items():
                archive.writestr(f"tables/{name}.json", json.dumps(rows, ensure_ascii=False, indent=2))
            unavailable = []
            for name, user_id, request in documents:
                try:
                    pdf = await self._resources.pdfs.get(user_id, request)
                except DomainError:
                    unavailable.append(name)
                    continue
                archive.writestr(f"pdf/{name}", pdf.data)
            if unavailable:
                archive.writestr("pdf/NOT_INCLUDED.txt", "Could not be rendered now:\n" + "\n".join(unavailable))
        return buffer.getvalue()

    @staticmethod
    async def _documents(session: AsyncSession, subject: Subject) -> list[tuple[str, uuid.UUID, RenderRequest]]:
        record = await ProfileRepository(session).find(subject)
        if record is None:
            return []
        contact = parse_profile(record.document).profile.contact
        repository = ResumeRepository(session)
        documents = []
        for resume in await repository.page(subject, before=None, limit=MAX_PDFS):
            version = await repository.version(resume)
            # The id keeps two resumes of one title apart.
            name = f"{clean_name(resume.title)}-{resume.id}.pdf"
            documents.append((name, subject.user_id, render_request(resume, version, contact)))
        return documents
