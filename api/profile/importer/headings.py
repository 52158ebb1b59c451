"""The parts of an entry's heading line: dates, place, and the names that are left."""

from __future__ import annotations

import re
from dataclasses import dataclass

from api.profile.importer.lexicon import (
    employer_score,
    find_trailing_location,
    is_institution,
    is_location,
    title_score,
)
from api.profile.importer.lines import Line
from api.profile.rules.dates import DateRange, find_date, find_range

MAX_PART = 120
# A row of more cells belongs to a table of data.
MAX_CELLS = 6
_SEPARATORS = re.compile(r"\t|\s*[|•·∙⋅●]\s*")
_DURATION = re.compile(
    r"\(?\b\d+\s*(?:years?|yrs?|ans?|jahre?|años?)(?:[\s,]*\d+\s*(?:months?|mos?|mois|monate?|meses))?\)?"
    r"|\(?\b\d+\s*(?:months?|mos?|mois|monate?|meses)\b\)?",
    re.IGNORECASE,
)
_DASHES = re.compile(r"\s+[-–—―]\s+|\s+@\s+|\s+(?:at|bei|chez|en|presso|bij|w)\s+(?=[A-ZÀ-Þ])|\s*[|/]\s+")


@dataclass(frozen=True, slots=True)
class HeadingLine:
    """What one line would mean as part of a heading.

    `single` marks one date instead of a range; `stands_apart` that the date is set apart from the words; `is_heading`
    that the line is short enough and no sentence.
    """

    parts: tuple[str, ...]
    dates: DateRange | None
    single: bool
    stands_apart: bool
    location: str
    is_heading: bool


def read_heading(line: Line) -> HeadingLine:
    """Read one line as part of a heading."""
    text = line.text
    dates, single, apart = None, False, False
    found_range = find_range(text)
    if found_range is not None:
        dates, (start, end) = found_range
        apart = _stands_apart(text, start, end)
        text = f"{text[:start]}\t{text[end:]}"
    else:
        found = find_date(text)
        if found is not None and len(text) < 140:
            value, (start, end) = found
            apart = _stands_apart(text, start, end)
            if apart:
                dates, single = DateRange("", value, current=False), True
                text = f"{text[:start]}\t{text[end:]}"
    # How long it lasted follows from the dates, whether it stands beside them or on a line of its own.
    if dates is not None or _DURATION.fullmatch(text.strip()):
        text = _DURATION.sub("\t", text)
    if dates is not None:
        text = re.sub(r"[(\[]\s*[)\]]", "\t", text)
    parts: list[str] = []
    location = ""
    for piece in _SEPARATORS.split(text):
        cleaned = piece.strip().strip(",;:–—- ").strip()
        cleaned = re.sub(r"^\((.*)\)$", r"\1", cleaned)
        if not re.search(r"\w", cleaned):
            continue
        if not location and is_location(cleaned):
            location = cleaned
            continue
        trailing = find_trailing_location(cleaned)
        if not location and trailing is not None and trailing.start() > 1:
            location = trailing["place"]
            cleaned = cleaned[: trailing.start()].strip(" ,;:–—-(")
        elif not location and "," in cleaned:
            before, _, after = cleaned.rpartition(",")
            if (is_location(after) or _follows_legal_form(before, after)) and not is_institution(before):
                location, cleaned = after.strip(), before.strip()
        parts.append(cleaned)
    words = sum(len(part.split()) for part in parts)
    length = sum(len(part) for part in parts)
    is_sentence = bool(re.search(r"[a-z)]\.$", line.plain)) and words > 4 and not employer_score(line.plain)
    return HeadingLine(
        parts=tuple(parts),
        dates=dates,
        single=single,
        stands_apart=apart,
        location=location,
        is_heading=length <= MAX_PART and words <= 16 and not is_sentence and len(line.segments) <= MAX_CELLS,
    )


def _ends_in_legal_form(text: str) -> bool:
    """A name and its legal form: "Domstadt Software AG"."""
    form = r"\s(?:GmbH|AG|SE|KG|e\.V\.|Inc\.?|LLC|Ltd\.?|S\.?A\.?|S\.?r\.?l\.?|B\.?V\.?|AB|Oy|PLC)$"
    return re.search(form, text.strip()) is not None


def _follows_legal_form(before: str, after: str) -> bool:
    """In "Domstadt Software AG, Bonn" what follows the legal form is the place."""
    return (
        _ends_in_legal_form(before)
        and re.fullmatch(r"\s*[^\W\d_][\w .'’-]{2,25}", after) is not None
        and title_score(after) == 0
    )


def _stands_apart(text: str, start: int, end: int) -> bool:
    """A date stands apart when it begins or ends its line, set off by a gap, a comma, a dash or brackets."""
    before, after = text[:start], text[end:]
    is_set_off = not before.strip() or re.search(r"[\t|·•,;:(–—-]\s*$", before) is not None
    has_month = re.search(r"[^\W\d]|[/.-]", text[start:end].strip()) is not None
    follows_name = len(before.split()) <= 10 and (has_month or is_institution(before))
    at_end = not re.search(r"\w", after) and (is_set_off or follows_name)
    at_start = not before.strip() and bool(re.match(r"\s*([\t|·•:,;–—-]|$)", after))
    return at_end or at_start


def split_title(text: str, *, certain: bool = False) -> tuple[str, str] | None:
    """Split a text that holds both a job title and an employer: ("Software Engineer", "Globex Corporation").

    Returns the two in their order in the text, or None when it holds only one of them. `certain` asks for a known title
    word in one of them; without it a dash between two names is enough.
    """
    best: tuple[float, str, str] | None = None
    for match in (*_DASHES.finditer(text), *re.finditer(r"\s*,\s+", text)):
        left, right = text[: match.start()].strip(), text[match.end() :].strip()
        if not left or not right or len(left) > MAX_PART:
            continue
        left_title, right_title = title_score(left), title_score(right)
        contrast = abs((left_title - employer_score(left)) - (right_title - employer_score(right)))
        is_comma = match[0].strip() == ","
        # "Nautical whatever, Example AG": before a company's full name stands what the person was there.
        is_before_company = is_comma and _ends_in_legal_form(right) and employer_score(left) == 0
        if (
            is_comma
            and (min(left_title, right_title) > 0 or max(left_title, right_title) == 0)
            and not is_before_company
        ):
            continue
        if max(left_title, right_title) == 0 and (certain or contrast == 0) and not is_before_company:
            continue
        value = contrast + (0.0 if is_comma else 0.5)
        if best is None or value > best[0]:
            best = (value, left, right)
    return (best[1], best[2]) if best else None


def has_two_parts(text: str) -> bool:
    """Tell whether a text holds both a job title and an employer."""
    return split_title(text, certain=True) is not None


def assign_titles(entries_parts: list[list[str]]) -> list[tuple[int | None, int | None]]:
    """Decide for each entry which part is the title and which the employer.

    Each list holds the parts of one heading in order. Entries vote on the order, because single names may tell nothing
    ("Self Employed" above "Fabrikam Languages"). Returns indices (title, employer).
    """
    votes = [_order_evidence(parts) for parts in entries_parts if len(parts) >= 2]
    usual = max(-1.0, min(1.0, sum(votes) / max(len(votes), 1)))
    result: list[tuple[int | None, int | None]] = []
    for parts in entries_parts:
        if not parts:
            result.append((None, None))
        elif len(parts) == 1:
            is_title = title_score(parts[0]) >= max(1.0, employer_score(parts[0]))
            result.append((0, None) if is_title else (None, 0))
        else:
            own = _order_evidence(parts)
            title_first = own > 0 if abs(own) >= 1.5 else own + 1.2 * usual >= 0
            first, second = _pick(parts)
            result.append((first, second) if title_first else (second, first))
    return result


def _pick(parts: list[str]) -> tuple[int, int]:
    """Return the two parts of a heading that are title and employer, in their order."""
    if len(parts) == 2:
        return 0, 1
    title = max(range(len(parts)), key=lambda index: (title_score(parts[index]) - employer_score(parts[index]), -index))
    others = [index for index in range(len(parts)) if index != title]
    employer = max(others, key=lambda index: (employer_score(parts[index]) - title_score(parts[index]), -index))
    return min(title, employer), max(title, employer)


def _order_evidence(parts: list[str]) -> float:
    """Return above 0 for title first, below 0 for employer first."""
    first, second = _pick(parts)
    one, two = parts[first], parts[second]
    return _title_evidence(one) - _title_evidence(two)


def _title_evidence(part: str) -> float:
    """Return above 0 for a job title, below 0 for an employer. A school is an employer here."""
    return title_score(part) - employer_score(part) - (1.0 if is_institution(part) else 0.0)
