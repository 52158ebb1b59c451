"""Download names: an ASCII `filename` for old clients and the real one as RFC 5987 `filename*`."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

MAX_NAME_CHARACTERS = 100
MAX_NAME_BYTES = 200
"""A disk takes 255 for a whole name, and in an archive an id of 36 stands beside it."""
FORBIDDEN = set('/\\:*?"<>|')


def clean_name(title: str) -> str:
    """The title as a file name: no path, no control or bidi characters, no leading dot, never empty."""
    kept = "".join(
        "-" if character in FORBIDDEN else character
        for character in unicodedata.normalize("NFC", title)
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    )
    clipped = " ".join(kept.split())[:MAX_NAME_CHARACTERS].encode()[:MAX_NAME_BYTES].decode(errors="ignore")
    return clipped.strip(" .") or "resume"


def content_disposition(title: str, extension: str) -> str:
    """The header for an attachment (RFC 6266)."""
    name = f"{clean_name(title)}.{extension}"
    decomposed = unicodedata.normalize("NFKD", clean_name(title)).encode("ascii", "ignore").decode()
    ascii_name = " ".join(decomposed.split()).strip(" .-") or "resume"
    return f"attachment; filename=\"{ascii_name}.{extension}\"; filename*=UTF-8''{quote(name, safe='')}"
