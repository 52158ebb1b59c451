"""The share page: HTML from templates with autoescape, the document from the renderer's own Markdown."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse
from markupsafe import Markup

from api.problems import MEDIA_TYPE
from renderer import RenderRequest
from renderer.characters import clean
from renderer.direction import language_is_right_to_left

if TYPE_CHECKING:
    from jinja2 import Environment


def page_response(description: str) -> dict[str, Any]:
    """How the API document describes a page, or the problem that may stand in its place."""
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": description, "content": {"text/html": {"schema": {"type": "string"}}, MEDIA_TYPE: problem}}


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates of the pages that people without an account see."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # a start does not wait for it

    return Environment(
        loader=PackageLoader("api.sharing"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


@lru_cache(maxsize=1)
def style() -> str:
    """The one style sheet, put into the page so that nothing else is fetched."""
    return (resources.files("api.sharing") / "templates" / "style.css").read_text("utf-8")


@lru_cache(maxsize=1)
def page_headers() -> dict[str, str]:
    """No scripts, no frames, nothing from elsewhere, not in a search engine, no address passed on."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }


def markdown_html(markdown: str) -> Markup:
    """The document as HTML. Raw HTML in it is text; only web, mail and phone addresses can be followed."""
    from renderer.markdown import parse, parser, safe_address  # a start does not wait for it

    tokens = parse(clean(markdown).text)
    for block in tokens:
        for token in block.children or []:
            if token.type == "link_open":
                address = safe_address(token.attrs.get("href", ""))
                token.attrs = {"href": address, "rel": "noreferrer noopener nofollow"} if address else {}
    # markdown-it escapes every text and, with html off, makes no tag of its input.
    return Markup(parser().renderer.render(tokens, parser().options, {}))  # noqa: S704


def html_page(template: str, *, status: int = 200, language: str = "en", **values: Any) -> HTMLResponse:
    """A page from a template of this folder."""
    html = (
        environment()
        .get_template(template)
        .render(
            # Only the style sheet of this folder goes in unescaped.
            style=Markup(style()),  # noqa: S704
            language=language,
            right_to_left=language_is_right_to_left(language),
            **values,
        )
    )
    return HTMLResponse(html, status, headers=page_headers())


def resume_page(request: RenderRequest, pdf_path: str) -> HTMLResponse:
    """The resume for visitors. Its preview names that person and nobody else."""
    from renderer.header import contact_items

    return html_page(
        "resume.html",
        language=request.language,
        contact=request.contact,
        contact_items=contact_items(request.contact),
        resume_title=request.title,
        body=markdown_html(request.markdown),
        pdf_path=pdf_path,
    )


def password_page(message: str = "", status: int = 200) -> HTMLResponse:
    """The form of a protected link. It does not say whose resume is behind it."""
    return html_page("password.html", status=status, message=message)


def not_found_page() -> HTMLResponse:
    """Absent, revoked and expired links look the same."""
    return html_page(
        "message.html",
        status=404,
        heading="Nothing here",
        message="This link is not valid or no longer open. Ask the person who sent it for a new one.",
    )
