"""The input and output of a render, as plain values that cross a process boundary.

Everything that may change a byte of the PDF stands in `RenderRequest`: no clock, no environment, no settings.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Literal, get_args

Template = Literal["classic", "modern", "minimal"]
PageSize = Literal["A4", "Letter"]

TEMPLATES: tuple[Template, ...] = get_args(Template)
PAGE_SIZES: tuple[PageSize, ...] = get_args(PageSize)


@dataclass(frozen=True, slots=True)
class Link:
    """An online profile: network name, user name, address. Any of the three may be empty."""

    network: str
    username: str
    url: str


@dataclass(frozen=True, slots=True)
class Contact:
    """What stands in the page header. Put in at render time, never stored in the Markdown."""

    name: str
    label: str = ""
    email: str = ""
    phone: str = ""
    url: str = ""
    city: str = ""
    region: str = ""
    country_code: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One document to set.

    `language` is a BCP 47 tag. `page_target` asks for at most that many pages. `title` and `keywords` become
    document metadata; an empty title is taken from the contact's name, absent keywords from what the document lists.
    """

    markdown: str
    contact: Contact
    template: Template = "classic"
    page_size: PageSize = "A4"
    language: str = "en"
    page_target: int | None = None
    title: str = ""
    keywords: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.template not in TEMPLATES:
            raise ValueError(f"template must be one of {', '.join(TEMPLATES)}, not {self.template!r}")
        if self.page_size not in PAGE_SIZES:
            raise ValueError(f"page_size must be one of {', '.join(PAGE_SIZES)}, not {self.page_size!r}")
        if self.page_target is not None and self.page_target < 1:
            raise ValueError("page_target must be at least 1, or None for no target")

    def to_json(self) -> str:
        """Canonical JSON: equal requests give equal text."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=True, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> RenderRequest:
        """The inverse of `to_json`."""
        fields: dict[str, Any] = json.loads(text)
        contact = fields.pop("contact")
        links = tuple(Link(**link) for link in contact.pop("links"))
        keywords = tuple(fields.pop("keywords"))
        return cls(contact=Contact(links=links, **contact), keywords=keywords, **fields)


@dataclass(frozen=True, slots=True)
class RenderWarning:
    """Something a person should know about an otherwise good PDF.

    Codes: `missing_glyphs` (with the characters), `removed_characters` (invisible ones, as U+XXXX),
    `shrunk_text`, `page_target_missed`, `overflow`.
    """

    code: str
    message: str
    characters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderResult:
    """A finished PDF with what was noticed on the way."""

    pdf: bytes
    page_count: int
    warnings: tuple[RenderWarning, ...]
    content_hash: str
