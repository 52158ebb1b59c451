"""What kind of file it is, by its content; the name and the declared type only help where the content does not say."""

from __future__ import annotations

import re
from typing import Literal

from api.profile.importer.errors import UnreadableDocument

Kind = Literal["pdf", "docx", "json", "text"]
MAX_BYTES = 10_000_000
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"RIFF", b"BM")


def detect_kind(data: bytes, filename: str, content_type: str | None) -> Kind:
    """Return the kind of a file.

    Raises:
        UnreadableDocument: empty, too large, or of a kind that cannot be read.
    """
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise UnreadableDocument("empty_file")
    if len(data) > MAX_BYTES:
        raise UnreadableDocument("file_too_large")
    start = data[:1024]
    if b"%PDF-" in start:
        return "pdf"
    if start.startswith(b"PK\x03\x04"):
        return "docx"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableDocument("legacy_word")
    if start.startswith(_PICTURES) or start.startswith(
        (b"{\\rtf", b"%!PS", b"\x1f\x8b", b"Rar!", b"7z", b"MZ", b"\x7fELF")
    ):
        raise UnreadableDocument("unsupported_type")
    text = start.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if re.match(r"(?i)<!doctype html|<html|<\?xml", text):
        raise UnreadableDocument("unsupported_type")
    named = filename.casefold()
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if named.endswith((".pdf", ".docx")):
        raise UnreadableDocument("damaged_file")
    if b"\x00" in data[:4096] and not is_utf16:
        raise UnreadableDocument("unsupported_type")
    if text.startswith(("{", "[")) and (
        named.endswith(".json") or "json" in (content_type or "") or text.startswith("{")
    ):
        return "json"
    return "text"
