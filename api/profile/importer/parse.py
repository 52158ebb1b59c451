"""One file to one draft, in this process. Only the child process calls it on untrusted bytes (see sandbox.py)."""

from __future__ import annotations

import json

from api.profile.importer.draft import ImportDraft, Provenance
from api.profile.importer.errors import UnreadableDocument
from api.profile.importer.kinds import detect_kind

RESUME_SECTIONS = ("basics", "work", "education", "skills", "projects", "volunteer")


def parse_bytes(data: bytes, filename: str, content_type: str | None) -> ImportDraft:
    """Read a file of any supported kind.

    Raises:
        UnreadableDocument: it gives no draft; the error says why and what to do.
    """
    kind = detect_kind(data, filename, content_type)
    if kind == "json":
        return _parse_json(data)
    # Each format is imported when it is needed: the PDF reader alone costs a third of a second.
    if kind == "pdf":
        from api.profile.importer.pdf_text import read_pages
        from api.profile.importer.reading_order import order_lines
        from api.profile.importer.sections import is_known_heading

        lines = order_lines(read_pages(data), is_known_heading)
    elif kind == "docx":
        from api.profile.importer.docx_text import read_docx_lines

        lines = read_docx_lines(data)
    else:
        from api.profile.importer.plain_text import decode_text, read_text_lines

        lines = read_text_lines(decode_text(data))
    from api.profile.importer.assemble import build_draft

    return build_draft(lines, kind)


def _parse_json(data: bytes) -> ImportDraft:
    from api.profile.importer.plain_text import decode_text

    try:
        document = json.loads(decode_text(data))
    except (json.JSONDecodeError, RecursionError) as error:
        raise UnreadableDocument("invalid_json") from error
    if not isinstance(document, dict) or not any(name in document for name in RESUME_SECTIONS):
        raise UnreadableDocument("not_json_resume")
    provenance = tuple(
        Provenance(f"/{key.replace('~', '~0').replace('/', '~1')}", "document", "JSON Resume", 1.0) for key in document
    )
    basics = document.get("basics")
    has_name = isinstance(basics, dict) and bool(str(basics.get("name") or "").strip())
    warnings = () if has_name else ("No name was found. Enter it before saving.",)
    return ImportDraft(document, "json", provenance, (), warnings)
