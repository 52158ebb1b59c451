"""What can go wrong in a render, said so that a person knows what to do next.

Each class carries the HTTP status and a stable code; the API turns them into problem documents in one place.
"""

from typing import ClassVar


class RenderError(Exception):
    """Base of every renderer error. `message` is fit to be shown to a person."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "render_failed"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class DocumentTooLarge(RenderError):  # noqa: N818 - reads as a sentence where it is raised
    """The Markdown has more bytes than a resume can need."""

    status = 413
    code = "document_too_large"


class DocumentTooComplex(RenderError):  # noqa: N818 - reads as a sentence where it is raised
    """The Markdown is small enough in bytes, but its structure is past a limit."""

    status = 422
    code = "document_too_complex"


class RenderTimeout(RenderError):  # noqa: N818 - reads as a sentence where it is raised
    """The render was stopped at its deadline: the document costs more than any resume should."""

    status = 422
    code = "render_timeout"


class RendererBusy(RenderError):  # noqa: N818 - reads as a sentence where it is raised
    """All render processes stayed busy for longer than a request may wait."""

    status = 503
    code = "renderer_busy"


class RenderFailed(RenderError):  # noqa: N818 - reads as a sentence where it is raised
    """The render process ended without an answer. The same request may be sent again."""

    status = 500
    code = "render_failed"


ERRORS_BY_CODE: dict[str, type[RenderError]] = {
    error.code: error for error in (DocumentTooLarge, DocumentTooComplex, RenderTimeout, RendererBusy, RenderFailed)
}
