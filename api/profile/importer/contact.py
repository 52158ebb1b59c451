"""Name, mail, phone, place and addresses from the head of a resume."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from api.profile.importer.lexicon import (
    employer_score,
    find_trailing_location,
    is_date_text,
    is_location,
    title_score,
)
from api.profile.importer.lines import Line, Link
from api.profile.importer.sections import is_document_title, is_known_heading
from api.profile.rules.data_files import read_data

EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@(?:[\w](?:[\w-]*[\w])?\.)+[^\W\d_]{2,24}(?![\w])")
PHONE = re.compile(
    r"(?<![\w/.@-])\(?(?:\+|00)?\(?\d[\d\s().·/‐‑–−-]{5,22}\d(?:\s*(?:x|ext\.?)\s*\d{1,5})?(?![\w@])", re.IGNORECASE
)
URL = re.compile(
    r"(?:https?://|www\.)[^\s|<>()\t]+|(?<![@\w.])(?:[\w-]+\.)+(?:com|org|net|io|dev|me|app|co|ai|de|fr|es|it|nl|pl|uk|edu|info|tech"
    r"|page|site|cv|xyz|blog|eu|ch|at|se|no|dk|pt|br|ca|au|in|us|gov|test|example)(?:/[^\s|<>(),;\t]*)?(?![\w@.-]*@)",
    re.IGNORECASE,
)
NETWORKS = {
    "linkedin": "LinkedIn",
    "github": "GitHub",
    "gitlab": "GitLab",
    "twitter": "Twitter",
    "x.com": "X",
    "mastodon": "Mastodon",
    "stackoverflow": "Stack Overflow",
    "behance": "Behance",
    "dribbble": "Dribbble",
    "medium": "Medium",
    "xing": "XING",
    "orcid": "ORCID",
    "kaggle": "Kaggle",
    "bitbucket": "Bitbucket",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "scholar.google": "Google Scholar",
}
_LABEL = re.compile(
    r"^\s*(?:e-?mail|mail|phone|tel(?:efon|ephone|éfono|efone)?|mobile?|mob|cell|handy|address|adresse|location|linkedin|github"
    r"|gitlab|website|web|portfolio|url|name|homepage|city|wohnort|dirección|indirizzo|[✉☎📞📧📍🏠🌐🔗])\s*[:.]?\s+",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"\t|\s*[|•·∙⋅◦●■♦◆⋄]\s*|\s{2,}|(?<!\d)\s+[-/–—]\s+|\s+[-/–—]\s+(?!\d)")
_CREDENTIALS = re.compile(r"(?:,?\s+(?:Ph\.?D|MBA|MD|M\.D|RN|CPA|PMP|PE|Esq|Jr|Sr|II|III|MSc|BSc|MA|BA|Dr)\.?)+$")


@dataclass(slots=True)
class Found:
    """One value and the line it was read from."""

    value: str
    line: Line
    confidence: float = 0.95


@dataclass(slots=True)
class ContactDraft:
    """What the head of a resume says about how to reach the person."""

    name: Found | None = None
    label: Found | None = None
    email: Found | None = None
    phone: Found | None = None
    location: Found | None = None
    url: Found | None = None
    address: Found | None = None
    profiles: list[tuple[str, str, Found]] = field(default_factory=list)
    unread: list[Line] = field(default_factory=list)


def read_contact(head: Sequence[Line], everything: Sequence[Line]) -> ContactDraft:
    """Read contact data.

    Args:
        head: the lines before the first section and those of a contact section.
        everything: all lines, searched for what the head does not hold.
    """
    draft = ContactDraft()
    name_lines = _read_name(head, everything, draft)
    for line in head:
        if any(line is other for other in name_lines):
            pieces = [] if draft.name is not None and draft.name.value == line.plain else _pieces(line)[1:]
        elif draft.name is not None and draft.label is None and _is_label_line(line):
            draft.label = Found(line.plain, line, 0.85)
            pieces = []
        else:
            pieces = _pieces(line)
        _read_pieces(line, pieces, draft)
    for line in head:
        _read_links(line, draft)
    for line in everything:
        if draft.email is None and (match := EMAIL.search(line.text)):
            draft.email = Found(match[0], line, 0.8)
        for link in line.links:
            if draft.email is None and link.address.startswith("mailto:"):
                _set_email(link, line, draft)
    return draft


def _pieces(line: Line) -> list[str]:
    return [piece.strip() for piece in _SEPARATORS.split(line.text) if piece.strip()]


def _read_name(head: Sequence[Line], everything: Sequence[Line], draft: ContactDraft) -> list[Line]:
    """Take the largest text near the top that can be a name; a name may run over two lines of the same look."""
    first_page = [line for line in everything if (line.source.page or 1) == 1][:60]
    candidates = [line for line in head if (line.source.page or 1) == 1][:12] or first_page[:5]
    best: Line | None = None
    for line in candidates:
        if not _may_be_name(_name_text(line)):
            continue
        if best is None or line.size > best.size * 1.08:
            best = line
    larger = [line for line in first_page if _may_be_name(_name_text(line)) and not is_known_heading(line.text)]
    top = max(larger, key=lambda line: line.size, default=None)
    if top is not None and (best is None or top.size > best.size * 1.3):
        best = top
    if best is None:
        return []
    lines = [best]
    text = _name_text(best)
    following = _next_line(everything, best)
    if len(text.split()) <= 2 and following is not None and following.look[:2] == best.look[:2] and best.size > 13:
        second = _name_text(following)
        if (
            _may_be_name(second)
            and len(second.split()) <= 2
            and title_score(second) == 0
            and len(following.segments) == 1
        ):
            text = f"{text} {second}"
            lines.append(following)
    draft.name = Found(text, best, 0.95 if best in candidates else 0.75)
    return lines


def _next_line(lines: Sequence[Line], line: Line) -> Line | None:
    for index, other in enumerate(lines[:-1]):
        if other is line:
            return lines[index + 1]
    return None


def _name_text(line: Line) -> str:
    segments = [segment.text for segment in line.segments]
    if line.size >= 14 and 1 < len(segments) <= 4 and all(re.fullmatch(r"[^\W\d_.'’-]+", text) for text in segments):
        return " ".join(segments)  # a name set wide
    pieces = _pieces(line)
    return _LABEL.sub("", pieces[0]) if pieces else ""


def _may_be_name(text: str) -> bool:
    bare = _CREDENTIALS.sub("", text)
    words = bare.split()
    if not 1 <= len(words) <= 6 or len(bare) > 60 or re.search(r"[@\d:;!?/\\|<>_=+]", bare):
        return False
    is_title = is_document_title(text) or bool(re.search(r"(?i)\b(?:resume|résumé|curriculum|cv|lebenslauf)\b", text))
    if is_known_heading(text) or is_title or is_location(text) or is_date_text(text):
        return False
    letters = sum(char.isalpha() or _is_name_mark(char) for char in bare)
    if letters < 2 or letters < 0.7 * len(bare.replace(" ", "")):
        return False
    if title_score(bare) >= 1 and not _is_all_capitalised_name(words):
        return False
    return all(
        word[0].isupper()
        or not word[0].isascii()
        or word.casefold() in _PARTICLES
        or re.match(r"(?i)[dl]['’]\w", word) is not None
        for word in words
    )


_PARTICLES = {
    "de",
    "da",
    "do",
    "dos",
    "del",
    "della",
    "di",
    "la",
    "le",
    "van",
    "von",
    "der",
    "den",
    "ten",
    "ter",
    "bin",
    "al",
    "el",
    "y",
    "e",
    "zu",
    "af",
}


def _is_name_mark(char: str) -> bool:
    """Tell whether a character is part of a name without being a letter: apostrophes, hyphens, vowel signs."""
    return char in "'’-." or unicodedata.category(char).startswith("M")


def _is_all_capitalised_name(words: list[str]) -> bool:
    """Surnames such as Baker or Cook are trades too: the last of two or three words may be one."""
    others = sum(title_score(word) > 0 for word in words[:-1])
    return len(words) in (2, 3) and not others and words[-1].casefold() in read_data("title_words")["surnames"]


def _read_pieces(line: Line, pieces: Iterable[str], draft: ContactDraft) -> None:
    for piece in pieces:
        rest = piece
        for match in list(EMAIL.finditer(rest)):
            if draft.email is None:
                draft.email = Found(match[0], line)
            rest = rest.replace(match[0], " ")
        for match in list(URL.finditer(rest)):
            _add_url(match[0].rstrip(".,;"), line, draft)
            rest = rest.replace(match[0], " ")
        phone = _find_phone(rest)
        if phone is not None:
            if draft.phone is None:
                draft.phone = Found(phone, line)
            rest = rest.replace(phone, " ")
        rest = _LABEL.sub("", f"{rest.strip(' ,;:|()')} ").strip()
        rest = rest.strip(" ,;:|()")
        is_link_text = any(rest == link.text for link in line.links)
        if re.search(r"\w", rest) and not is_link_text and not _read_place_or_label(rest, line, draft):
            draft.unread.append(line if rest == line.plain else _with_text(line, rest))


def _read_place_or_label(text: str, line: Line, draft: ContactDraft) -> bool:
    if is_location(text) and draft.location is None:
        draft.location = Found(text, line)
        return True
    trailing = find_trailing_location(f"\t{text}" if re.fullmatch(r"[^,]+,[^,]+", text) else text)
    if trailing is not None and draft.location is None and re.search(r"\d", text[: trailing.start()]):
        draft.location = Found(trailing["place"], line, 0.85)
        draft.address = Found(text, line, 0.85)
        return True
    postal = re.search(r"(?:(?<=\s)|^)(?:[A-Z]{1,2}-)?(\d{4,6})\s+([^\W\d_][^\d,]{1,40})$", text)
    if postal and draft.location is None:
        draft.location = Found(postal[2].strip(), line, 0.85)
        if re.search(r"\d", text[: postal.start()]):
            draft.address = Found(text, line, 0.8)
        return True
    if draft.label is None and draft.name is not None and _may_be_label(text):
        draft.label = Found(text, line, 0.8)
        return True
    return False


def _may_be_label(text: str) -> bool:
    words = text.split()
    return (
        1 <= len(words) <= 12
        and len(text) <= 100
        and title_score(text) > 0
        and not text.endswith(".")
        and (employer_score(text) < 2)
    )


def _is_label_line(line: Line) -> bool:
    """A whole line such as "Backend Engineer · Distributed Systems" is one headline."""
    text = line.plain
    no_contact = not EMAIL.search(text) and not URL.search(text) and _find_phone(text) is None
    return no_contact and _may_be_label(text) and not any(is_location(piece) for piece in _pieces(line))


def _with_text(line: Line, text: str) -> Line:
    return replace(line, segments=(replace(line.segments[0], text=text),))


def _find_phone(text: str) -> str | None:
    for match in PHONE.finditer(text):
        number = match[0].strip(" -.·/")
        digits = re.sub(r"\D", "", re.sub(r"(?:x|ext\.?)\s*\d+$", "", number, flags=re.IGNORECASE))
        if (
            not 7 <= len(digits) <= 15
            or is_date_text(number)
            or re.fullmatch(r"(?:19|20)\d{2}\s*[-–/]\s*(?:19|20)\d{2}", number)
        ):
            continue
        if number.count("(") < number.count(")"):
            number = number.rstrip(")")
        return number
    return None


def _add_url(address: str, line: Line, draft: ContactDraft, words: str = "") -> None:
    network = _network(address) or _network(words)
    if network is None and draft.url is None and not re.search(r"@", address):
        draft.url = Found(address, line, 0.85)
    elif network is not None and all(network != known for known, _, _ in draft.profiles):
        path = re.sub(r"^(?:https?://)?[^/]+/?", "", address).rstrip("/")
        username = re.sub(r"[?#].*$", "", path).rsplit("/", 1)[-1]
        draft.profiles.append((network, username, Found(address, line, 0.95)))


def _network(text: str) -> str | None:
    lowered = text.casefold().replace(" ", "")
    host = re.sub(r"^https?://", "", lowered).split("/", 1)[0]
    for key, name in NETWORKS.items():
        if key in host if "." not in key else re.search(rf"(?:^|\.){re.escape(key)}$|^{re.escape(key)}", host):
            return name
    return None


def _read_links(line: Line, draft: ContactDraft) -> None:
    for link in line.links:
        address = link.address.strip()
        if address.startswith("mailto:"):
            _set_email(link, line, draft)
        elif address.startswith("tel:") and draft.phone is None:
            draft.phone = Found(address.removeprefix("tel:"), line, 0.9)
        elif re.match(r"https?://", address):
            shown = URL.search(link.text)
            same = shown is not None and shown[0].rstrip("/").casefold() in address.casefold()
            if not same and not EMAIL.search(link.text):
                _add_url(address, line, draft, link.text)


def _set_email(link: Link, line: Line, draft: ContactDraft) -> None:
    address = link.address.removeprefix("mailto:").split("?", 1)[0]
    if draft.email is None and EMAIL.fullmatch(address):
        draft.email = Found(address, line, 0.9)
