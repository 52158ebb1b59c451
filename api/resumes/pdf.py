"""PDFs by content hash: in Cloud Storage when it answers, rendered directly when it does not.

A repeated download is one storage read; equal requests at the same time share one render; a lost object is rendered
again to the same bytes.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog

from api.errors import DomainError, InvalidInputError, PayloadTooLargeError, UnavailableError
from api.profile.rules.profile import Contact as ProfileContact
from api.storage.objects import ObjectStore
from renderer import (
    Contact,
    DocumentTooComplex,
    DocumentTooLarge,
    Link,
    RenderError,
    RenderRequest,
    RenderResult,
    RenderTimeout,
    content_hash,
)

log = structlog.get_logger(__name__)

PDF_TYPE = "application/pdf"
CacheState = Literal["hit", "miss", "bypass", "off"]


@dataclass(frozen=True, slots=True)
class Pdf:
    """A finished PDF, its hash, and whether the cache had it."""

    data: bytes
    content_hash: str
    cache: CacheState


def render_contact(contact: ProfileContact) -> Contact:
    """The profile's contact block as the renderer takes it."""
    return Contact(
        name=contact.name,
        label=contact.label,
        email=contact.email,
        phone=contact.phone,
        url=contact.url,
        city=contact.city,
        region=contact.region,
        country_code=contact.country_code,
        links=tuple(Link(link.network, link.username, link.url) for link in contact.links),
    )


def domain_error(error: RenderError) -> DomainError:
    """The renderer's refusals in the API's words."""
    if isinstance(error, DocumentTooLarge):
        return PayloadTooLargeError(str(error), code="document_too_large")
    if isinstance(error, (DocumentTooComplex, RenderTimeout)):
        return InvalidInputError(str(error), code="document_too_complex")
    return UnavailableError(str(error), code="render_unavailable", retry_after=5)


class Renderer(Protocol):
    """Renders, or raises a RenderError."""

    async def render(self, request: RenderRequest) -> RenderResult:
        """Render without blocking the event loop."""


class PdfCache:
    """Gets a PDF from the store or makes it. One per process."""

    def __init__(self, renderer: Renderer, objects: ObjectStore, bucket: str | None) -> None:
        self._renderer = renderer
        self._objects = objects
        self._bucket = bucket
        self._in_flight: dict[str, asyncio.Task[Pdf]] = {}

    async def get(self, user_id: uuid.UUID, request: RenderRequest) -> Pdf:
        """The PDF of a request. Raises a DomainError when the document cannot be rendered."""
        name = f"u/{user_id}/{content_hash(request)}.pdf"
        task = self._in_flight.get(name)
        if task is None:
            task = asyncio.create_task(self._get(name, request))
            self._in_flight[name] = task
            task.add_done_callback(lambda _: self._in_flight.pop(name, None))
        # A caller that goes away must not cancel the render that others wait for.
        return await asyncio.shield(task)

    async def _get(self, name: str, request: RenderRequest) -> Pdf:
        digest = name.rsplit("/", 1)[1].removesuffix(".pdf")
        if self._bucket is None:
            return Pdf((await self._render(request)).pdf, digest, "off")
        try:
            stored = await self._objects.get(self._bucket, name)
        except UnavailableError:
            log.warning("pdf_cache_unavailable", reason_code="get")
            return Pdf((await self._render(request)).pdf, digest, "bypass")
        if stored is not None:
            return Pdf(stored, digest, "hit")
        result = await self._render(request)
        try:
            await self._objects.put_once(self._bucket, name, result.pdf, PDF_TYPE)
        except UnavailableError:
            log.warning("pdf_cache_unavailable", reason_code="put")
            return Pdf(result.pdf, digest, "bypass")
        return Pdf(result.pdf, digest, "miss")

    async def _render(self, request: RenderRequest) -> RenderResult:
        try:
            return await self._renderer.render(request)
        except RenderError as error:
            raise domain_error(error) from error
