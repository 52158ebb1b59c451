"""What an import gives: a draft the person confirms, and where every field in it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the file. PDF: page and line. Word: paragraph. Plain text: line. All count from 1."""

    page: int | None = None
    line: int | None = None
    paragraph: int | None = None

    def __str__(self) -> str:
        """The place in words: "page 1, line 4"."""
        named = (("page", self.page), ("paragraph", self.paragraph), ("line", self.line))
        return ", ".join(f"{name} {number}" for name, number in named if number is not None) or "document"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where one field of the draft came from, the text that stood there, and how sure the reading is (0 to 1)."""

    pointer: str
    source: str
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class ImportDraft:
    """A JSON Resume draft from a file of kind pdf, docx, json or text. Nothing in it is invented.

    `unparsed` lists text that was read but not understood.
    """

    document: dict[str, object]
    source_kind: str
    provenance: tuple[Provenance, ...] = ()
    unparsed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """Return plain JSON values, as they cross the border of the child process."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ImportDraft:
        """Read what `as_json` wrote."""
        return cls(
            document=dict(raw["document"]),
            source_kind=str(raw["source_kind"]),
            provenance=tuple(
                Provenance(entry["pointer"], entry["source"], entry["text"], float(entry["confidence"]))
                for entry in raw["provenance"]
            ),
            unparsed=tuple(raw["unparsed"]),
            warnings=tuple(raw["warnings"]),
        )
