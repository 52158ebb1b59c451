"""What the renderer noticed on the page: letters no font has, a page target that is missed, text past the margin.

Told where a person can still change it, in the answer to an edit or a generation, and kept with the version. A file
that comes from the cache has nothing to tell any more.
"""

from __future__ import annotations

from typing import Protocol

import structlog

from api.resumes.pdf import domain_error
from renderer import RenderError, RenderRequest, RenderResult

log = structlog.get_logger(__name__)

TOLD = frozenset({"missing_glyphs", "removed_characters", "page_target_missed", "shrunk_text", "overflow"})
Noticed = list[dict[str, str]]
REFUSED = frozenset({413, 422})


class Renderer(Protocol):
    """Renders, or raises a RenderError."""

    async def render(self, request: RenderRequest) -> RenderResult:
        """Render without blocking the event loop."""


def page_warnings(result: RenderResult) -> Noticed:
    """The renderer's warnings as a version keeps them."""
    return [{"code": warning.code, "message": warning.message} for warning in result.warnings if warning.code in TOLD]


async def check_page(renderer: Renderer, request: RenderRequest) -> Noticed:
    """Set the document and say what was noticed.

    Raises a DomainError when the document itself cannot be set: it is refused before it is kept. A renderer that is
    busy or away has noticed nothing; the download will say so.
    """
    try:
        return page_warnings(await renderer.render(request))
    except RenderError as error:
        if error.status in REFUSED:
            raise domain_error(error) from error
        log.warning("page_not_checked", reason_code=error.code)
        return []
