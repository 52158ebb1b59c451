"""Makes, lists and closes links for the owner, and opens them for visitors."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.passwords import hash_password, password_matches
from api.auth.subject import Subject
from api.db.base import new_id
from api.db.tables import Resume, ShareLink
from api.errors import ConflictError
from api.idempotency.service import run_in_transaction
from api.outcomes.rules.links import LinkError, SignedLink, read_link, sign_link
from api.privacy.audit import record
from api.profile.rules.json_resume import parse_profile
from api.profile.rules.profile import Contact
from api.resources import Resources
from api.resumes.downloads import render_request
from api.resumes.filenames import content_disposition
from api.resumes.pdf import PDF_TYPE
from api.resumes.repository import ResumeRepository
from api.sharing.attempts import PasswordAttempts
from api.sharing.repository import Shared, SharingRepository, token_hash
from api.sharing.rules.visits import is_view, start_of_hour, visitor_hash
from api.sharing.schemas import ShareCreatedResponse, ShareLinkView, ShareRequest, ShareStatusResponse
from renderer import RenderRequest

TOKEN_BYTES = 16
MAX_OPEN_LINKS = 100
UNLOCKED_FOR = timedelta(hours=1)

ATTEMPTS = PasswordAttempts()


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opens a link: what the request says, and nothing that is kept."""

    method: str
    headers: Mapping[str, str]
    address: str
    owner_proof: str | None
    unlock_proof: str | None


class SharingService:
    """Share links for their owner."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._secret = resources.settings.link_signing_key.get_secret_value()

    async def share(self, subject: Subject, resume_id: uuid.UUID, body: ShareRequest, key: str | None) -> Response:
        """Make a link. Raises ConflictError when the resume has too many open ones."""
        now = self._resources.clock()
        password = body.password.get_secret_value() if body.password else None
        async with self._resources.database.transaction() as session:
            await ResumeRepository(session).get(subject, resume_id)
        hashed = await hash_password(password) if password is not None else None
        # 128 random bits. Kept by its hash only, so it can be shown this once.
        token = secrets.token_urlsafe(TOKEN_BYTES)

        async def work(session: AsyncSession) -> ShareCreatedResponse:
            resume = await ResumeRepository(session).get(subject, resume_id, for_update=True)
            repository = SharingRepository(session)
            if len(await repository.active(resume, now)) >= MAX_OPEN_LINKS:
                raise ConflictError(
                    f"A resume has at most {MAX_OPEN_LINKS} open links. Close them with DELETE first.",
                    code="too_many_links",
                )
            link = ShareLink(
                id=new_id(),
                resume_id=resume.id,
                token_sha256=token_hash(token),
                password_hash=hashed,
                expires_at=now + timedelta(days=body.expires_in_days),
                created_at=now,
            )
            await repository.add(link)
            resume.shared_count += 1
            await record(session, "share.created", now, audit_key=subject.audit_key, with_password=bool(hashed))
            return self._created(resume, link, token)

        asked_for = (resume_id, body.expires_in_days, self._password_digest(password))
        return await run_in_transaction(self._resources, subject, "shareResume", key, asked_for, work)

    async def status(self, subject: Subject, resume_id: uuid.UUID) -> ShareStatusResponse:
        """The open links of a resume."""
        async with self._resources.database.transaction() as session:
            resume = await ResumeRepository(session).get(subject, resume_id)
            links = await SharingRepository(session).active(resume, self._resources.clock())
        return ShareStatusResponse(
            resume_id=resume.id,
            shared=bool(links),
            shared_count=resume.shared_count,
            links=[link_view(link) for link in links],
        )

    async def close(self, subject: Subject, resume_id: uuid.UUID) -> None:
        """Make a resume private again: every link stops at once."""
        async with self._resources.database.transaction() as session:
            resume = await ResumeRepository(session).get(subject, resume_id, for_update=True)
            now = self._resources.clock()
            await SharingRepository(session).revoke_all(resume, now)
            await record(session, "share.closed", now, audit_key=subject.audit_key)

    def _created(self, resume: Resume, link: ShareLink, token: str) -> ShareCreatedResponse:
        url = f"{self._resources.settings.public_base_url.rstrip('/')}/r/{token}"
        proof = sign_link(self._secret, SignedLink(link.id, "owner", link.expires_at))
        return ShareCreatedResponse(
            **dict(link_view(link)), resume_id=resume.id, token=token, url=url, owner_url=f"{url}?owner={proof}"
        )

    def _password_digest(self, password: str | None) -> str:
        """Compares passwords of repeated requests without keeping one: keyed, so it cannot be searched."""
        if password is None:
            return ""
        return hmac.digest(self._secret.encode(), b"share password" + password.encode(), hashlib.sha256).hex()


class VisitService:
    """Open links for people who have no account."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._secret = resources.settings.link_signing_key.get_secret_value()

    async def open(self, token: str) -> Shared | None:
        """What a token opens now, or None."""
        async with self._resources.database.transaction() as session:
            return await SharingRepository(session).open(token, self._resources.clock())

    def is_unlocked(self, shared: Shared, visitor: Visitor) -> bool:
        """Whether the visitor may see it: no password, or proof of having given it, or the owner."""
        if shared.link.password_hash is None or self.is_owner(shared, visitor):
            return True
        return self._proves(visitor.unlock_proof, shared, "unlocked")

    def is_owner(self, shared: Shared, visitor: Visitor) -> bool:
        """Whether the visitor holds the proof that only the owner's link carries."""
        return self._proves(visitor.owner_proof, shared, "owner")

    async def unlock(self, shared: Shared, password: str) -> str | None:
        """Proof of the right password, good for an hour, or None. Raises TooManyRequestsError after many guesses."""
        now, link = self._resources.clock(), shared.link
        ATTEMPTS.check(link.token_sha256, now)
        if not await password_matches(link.password_hash, password):
            ATTEMPTS.failed(link.token_sha256, now)
            return None
        return sign_link(self._secret, SignedLink(link.id, "unlocked", now + UNLOCKED_FOR))

    async def count(self, shared: Shared, visitor: Visitor) -> None:
        """Count a view by a person who is not the owner, once an hour."""
        if not is_view(visitor.method, visitor.headers) or self.is_owner(shared, visitor):
            return
        now = self._resources.clock()
        pseudonym = visitor_hash(self._secret, visitor.address, visitor.headers.get("user-agent", ""), now)
        async with self._resources.database.transaction() as session:
            await SharingRepository(session).count_view(
                shared.link.id, shared.resume.id, pseudonym, start_of_hour(now), now
            )

    def document(self, shared: Shared) -> RenderRequest:
        """The document as the page and the PDF show it."""
        contact = parse_profile(shared.profile.document).profile.contact if shared.profile else Contact(name="")
        return render_request(shared.resume, shared.version, contact)

    async def pdf(self, shared: Shared) -> Response:
        """The PDF of an open link. Not one of the owner's downloads."""
        pdf = await self._resources.pdfs.get(shared.resume.user_id, self.document(shared))
        return Response(
            pdf.data,
            media_type=PDF_TYPE,
            headers={"Content-Disposition": content_disposition(shared.resume.title, "pdf")},
        )

    def _proves(self, proof: str | None, shared: Shared, purpose: str) -> bool:
        if proof is None:
            return False
        try:
            link = read_link(self._secret, proof, self._resources.clock())
        except LinkError:
            return False
        return link.subject_id == shared.link.id and link.purpose == purpose


def link_view(link: ShareLink) -> ShareLinkView:
    """A link as it can be listed."""
    return ShareLinkView(
        id=link.id,
        created_at=link.created_at,
        expires_at=link.expires_at,
        has_password=link.password_hash is not None,
    )
