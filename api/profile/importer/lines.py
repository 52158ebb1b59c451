"""Text lines with what a reader sees of them: place, size, weight, bullet, gaps. All formats are read into these."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.profile.importer.draft import Source

BULLETS = "•●▪■◦○‣⁃∙·◆◇❖➢➤►▸▶→✓✔✦★☆»›−–—-*\uf0b7\uf0a7\uf0d8\uf0fc\uf076\uf02d\u2027\u2219\u25aa\u25ab"
_BULLET = re.compile(rf"^\s*(?:[{re.escape(BULLETS)}]+(?:\s+|(?=[^\W\d_]))|\(cid:\d+\)\s*|o\s+(?=[A-Z]))")
_DASH_ONLY = re.compile(r"^\s*[-–—−*]+(?=\S)")
_LETTERS_APART = re.compile(r"^(?:[^\W\d_&]\s){3,}[^\W\d_]$|^(?:(?:[^\W\d_&]\s){1,}[^\W\d_](?:\s{2,}|$)){2,}$")
_LINE_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Link:
    """An address that words of a line link to, with these words."""

    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of words without a wide gap in it. Coordinates in points from the top left of the page."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float = 10.0
    bold: bool = False
    italic: bool = False
    color: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page, made of segments from left to right.

    `gap` is the free height above it in units of its own height (None at the top of a column); `bullet` tells that a
    list mark stood before the text (at `mark_x0`) and was taken off; `level` is the heading level the file gives it.
    `wraps` tells whether a paragraph of this file may run over several lines (not in Word files).
    """

    segments: tuple[Segment, ...]
    source: Source
    gap: float | None = None
    bullet: bool = False
    level: int | None = None
    column_start: bool = False
    column_width: float = 0.0
    column_x1: float = 0.0
    mark_x0: float = 0.0
    wraps: bool = True

    @property
    def text(self) -> str:
        """The segments joined by tabs, which stand for wide gaps."""
        return "\t".join(segment.text for segment in self.segments)

    @property
    def plain(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text.split())

    @property
    def x0(self) -> float:
        """Left edge of the text."""
        return self.segments[0].x0

    @property
    def x1(self) -> float:
        """Right edge of the text."""
        return self.segments[-1].x1

    @property
    def size(self) -> float:
        """Font size of the first segment."""
        return self.segments[0].size

    @property
    def bold(self) -> bool:
        """Whether the first segment is bold."""
        return self.segments[0].bold

    @property
    def capitals(self) -> bool:
        """Whether all its letters are capitals (and there are at least three)."""
        letters = [letter for letter in self.segments[0].text if letter.isalpha()]
        return len(letters) >= 3 and all(letter.isupper() for letter in letters)

    @property
    def look(self) -> tuple[float, bool, bool, bool, str]:
        """What makes lines look alike: size, bold, italic, capitals, colour."""
        first = self.segments[0]
        return (round(first.size * 2) / 2, first.bold, first.italic, self.capitals, first.color)

    @property
    def links(self) -> tuple[Link, ...]:
        """Addresses that the words of this line link to."""
        return tuple(link for segment in self.segments for link in segment.links)


def clean_text(text: str) -> str:
    """Return text as a reader sees it: ligatures as letters, composed accents, no invisible marks, single spaces."""
    text = "".join(unicodedata.normalize("NFKC", char) if _is_presentation_form(char) else char for char in text)
    text = unicodedata.normalize("NFC", text)
    text = re.sub(
        "[\x00-\x08\x0e-\x1b\x7f\u00ad\u200b\u200c\u2060\ufeff\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "", text
    )
    # A Thai vowel that fonts draw, and normal forms write, as two signs.
    text = re.sub("\u0e4d([\u0e48-\u0e4b]?)\u0e32", "\\1\u0e33", text)
    return re.sub("[\u00a0\u2000-\u200a\u202f\u205f\u3000]", " ", text)


def _is_presentation_form(char: str) -> bool:
    """Ligatures, Arabic forms, and the radicals that CJK fonts give back in place of the characters they draw."""
    return "\ufb00" <= char <= "\ufdff" or "\ufe70" <= char <= "\ufefc" or "\u2e80" <= char <= "\u2fdf"


def is_right_to_left(text: str) -> bool:
    """Tell whether a text is mostly Hebrew or Arabic."""
    kinds = [unicodedata.bidirectional(char) for char in text]
    right = sum(kind in ("R", "AL") for kind in kinds)
    return right > 0 and right >= kinds.count("L")


def split_lines(text: str) -> list[str]:
    """Split at every line break that Unicode and old files know, U+2028 included."""
    return _LINE_BREAKS.split(text)


def close_letters(text: str) -> str:
    """Close up letters set apart for looks: "E D U C A T I O N" becomes "EDUCATION"."""
    stripped = text.strip()
    if not _LETTERS_APART.match(stripped):
        return text
    return " ".join(re.sub(r"\s", "", word) for word in re.split(r"\s{2,}", stripped))


def without_bullet(text: str) -> str | None:
    """Return the text behind a list mark, or None when the line has no list mark."""
    match = _BULLET.match(text)
    if match and match.end() < len(text.rstrip()):
        return text[match.end() :]
    dash = _DASH_ONLY.match(text)
    if dash and re.match(r"[A-Z]", text[dash.end() :]):
        return text[dash.end() :]
    return None


def is_bullet_mark(text: str) -> bool:
    """Tell whether a text is a list mark and nothing else."""
    stripped = text.strip()
    return bool(stripped) and (
        all(char in BULLETS for char in stripped) or bool(re.fullmatch(r"\(cid:\d+\)|o", stripped))
    )


def take_bullet(line: Line) -> Line:
    """Return the line with its list mark taken off and noted."""
    first, rest = line.segments[0], line.segments[1:]
    if is_bullet_mark(first.text):
        return replace(line, segments=rest, bullet=True, mark_x0=first.x0) if rest else line
    text = without_bullet(first.text)
    if text is None:
        return line
    share = (len(first.text) - len(text)) / max(len(first.text), 1)
    moved = replace(first, text=text.strip(), x0=first.x0 + (first.x1 - first.x0) * share)
    return replace(line, segments=(moved, *rest), bullet=True, mark_x0=first.x0)


def join_wrapped(parts: Sequence[str]) -> str:
    """Join the lines of one paragraph. A hyphen at a line end stays: whether it was added cannot be known."""
    joined = ""
    for part in parts:
        text = " ".join(part.split())
        if not joined:
            joined = text
        else:
            is_broken_word = re.search(r"\w[-‐/]$", joined) and re.match(r"\w", text)
            is_unspaced = bool(text) and _is_cjk(joined[-1]) and _is_cjk(text[0])
            joined += text if is_broken_word or is_unspaced else f" {text}"
    return joined


def _is_cjk(char: str) -> bool:
    return "\u3000" <= char <= "\u30ff" or "\u4e00" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef"
