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


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where one field of the draft came from, the text that stood there, and how sure the reading is (0 to 1)."""

    pointer: str
    source: Source
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class ImportDraft:
    """A JSON Resume draft. `unparsed` lists text that was read but not understood; nothing in the draft is invented."""

    document: dict[str, object]
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
            provenance=tuple(
                Provenance(entry["pointer"], Source(**entry["source"]), entry["text"], float(entry["confidence"]))
                for entry in raw["provenance"]
            ),
            unparsed=tuple(raw["unparsed"]),
            warnings=tuple(raw["warnings"]),
        )
