"""Markdown and contact data in, a PDF or DOCX out: a pure function of its inputs.

Importing this package is cheap. WeasyPrint is imported only inside the render processes that
`renderer.pool.RenderPool` starts.
"""

from renderer.errors import (
    DocumentTooComplex,
    DocumentTooLarge,
    RendererBusy,
    RenderError,
    RenderFailed,
    RenderTimeout,
)
from renderer.identity import content_hash, renderer_version
from renderer.request import (
    PAGE_SIZES,
    TEMPLATES,
    Contact,
    Link,
    PageSize,
    RenderRequest,
    RenderResult,
    RenderWarning,
    Template,
)

__all__ = [
    "PAGE_SIZES",
    "TEMPLATES",
    "Contact",
    "DocumentTooComplex",
    "DocumentTooLarge",
    "Link",
    "PageSize",
    "RenderError",
    "RenderFailed",
    "RenderRequest",
    "RenderResult",
    "RenderTimeout",
    "RenderWarning",
    "RendererBusy",
    "Template",
    "content_hash",
    "renderer_version",
]
