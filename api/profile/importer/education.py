"""Degrees from the lines of an education section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from api.profile.importer.entries import Entry, split_entries
from api.profile.importer.headings import read_heading
from api.profile.importer.lexicon import find_degree, is_institution
from api.profile.importer.lines import Line
from api.profile.importer.paragraphs import Paragraph, line_roles, paragraphs
from api.profile.rules.dates import DateRange

_HONOUR = re.compile(r"\b(?:honou?rs|dean|scholarship|award|thesis|minor|magna|cum laude)\b", re.IGNORECASE)
MAX_NAME = 80
_SCORE = re.compile(
    r"(?:\b(?:overall\s+|cumulative\s+|major\s+)?(?:c?gpa|grade|note|notendurchschnitt|average|mention|score|nota|média|promedio)\b\s*[:=]?\s*"
    r"(?P<value>\d{1,2}(?:[.,]\d{1,3})?\s*%?(?:\s*(?:/|out of)\s*\d{1,3}(?:[.,]\d{1,2})?)?)"
    r"|(?P<before>\d[.,]\d{1,2}(?:\s*/\s*\d(?:[.,]\d{1,2})?)?)\s*(?:c?gpa)\b)",
    re.IGNORECASE,
)
_COURSES = re.compile(
    r"^(?:relevant|related|selected|key|incoming|core|major|notable|completed)?\s*"
    r"(?:coursework|courses|course work|modules|kurse|cours|cursos|corsi)\s*(?:includes?|taken)?\s*[:–—-]\s*",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?i)^(?:degree|abschluss|diplôme|titulación|school|schule|institution|university|universität|hochschule|college"
    r"|field of study|major|studiengang|studienfach)\s*:\s*(?=\S)"
)
_JOINT = re.compile(r"\s+(?:in|of|en|em|für|fuer|der|w|d['’])\s+|\s*[,–—:-]\s+|\s*\(|\s+")


@dataclass(slots=True)
class DegreeDraft:
    """One degree with the line every part was read from."""

    institution: tuple[str, Line] | None = None
    degree: tuple[str, Line] | None = None
    area: tuple[str, Line] | None = None
    dates: tuple[DateRange, Line] | None = None
    location: tuple[str, Line] | None = None
    score: tuple[str, Line] | None = None
    courses: list[tuple[str, Line]] = field(default_factory=list)
    notes: list[Paragraph] = field(default_factory=list)

    def is_empty(self) -> bool:
        """Whether neither a school nor a degree was found."""
        return self.institution is None and self.degree is None


def read_degrees(lines: Sequence[Line]) -> list[DegreeDraft]:
    """Return the degrees of a section in order."""
    drafts: list[DegreeDraft] = []
    current = DegreeDraft()
    roles = line_roles(lines)
    index = 0
    had_notes = False
    while index < len(lines):
        line = lines[index]
        end = index + 1
        while end < len(lines) and roles[end] == "wrap":
            end += 1
        heading = read_heading(line)
        text = paragraphs(lines[index:end])[0]
        starts_list = roles[index] == "bullet" and not _is_degree_item(heading.parts, current)
        if starts_list or not heading.is_heading or _COURSES.match(line.plain):
            extra = end
            while (
                extra < len(lines) and roles[extra] == "text" and not starts_list and not _says_something(lines[extra])
            ):
                extra += 1
            for note in paragraphs(lines[index:extra]):
                _read_note(note, current)
            had_notes, index = True, extra
            continue
        if _begins_new(heading.parts, heading.dates, current, had_notes=had_notes):
            drafts.append(current)
            current, had_notes = DegreeDraft(), False
        taken = heading.dates is not None and current.dates is not None
        _read_parts(heading.parts, line, current, dates_taken=taken)
        if heading.dates is not None and current.dates is None:
            current.dates = (heading.dates, line)
        if heading.location and current.location is None:
            current.location = (heading.location, line)
        score = _SCORE.search(text.text)
        if score is not None and current.score is None:
            current.score = (_score_value(score), line)
        index = end
    drafts.append(current)
    if all(draft.is_empty() for draft in drafts) and any(draft.dates for draft in drafts):
        drafts = [_unknown_words(entry) for entry in split_entries(lines)]
    else:
        _name_unknown(drafts)
    return [_settled(draft) for draft in drafts if not draft.is_empty() or draft.notes or draft.dates]


def _unknown_words(entry: Entry) -> DegreeDraft:
    """Read a dated entry none of whose words is known: its first name is the school, the second the degree."""
    draft = DegreeDraft(location=entry.location)
    if entry.dates is not None and entry.dates_line is not None:
        draft.dates = (entry.dates, entry.dates_line)
    names = [piece for text, line in entry.parts for piece in _two_names(text, line, alone=len(entry.parts) == 1)]
    if draft.dates is not None and names:
        draft.institution = names.pop(0)
        draft.degree = names.pop(0) if names else None
    draft.notes = [Paragraph(text, line) for text, line in names] + entry.body
    return draft


def _two_names(text: str, line: Line, *, alone: bool) -> list[tuple[str, Line]]:
    pieces = re.split(r",\s+|\s+[-–—]\s+", text, maxsplit=1) if alone else [text]
    return [(piece, line) for piece in pieces]


def _name_unknown(drafts: list[DegreeDraft]) -> None:
    """Name the dated entries of unknown words that stand among known degrees, in the order of those."""
    known = [draft for draft in drafts if draft.institution is not None and draft.degree is not None]
    degree_first = sum(_degree_stands_first(draft) for draft in known) * 2 > len(known)
    for draft in drafts:
        named = [note for note in draft.notes if not note.bullet and len(note.text) <= MAX_NAME][:2]
        is_honour = any(_HONOUR.search(note.text) for note in named)
        if not draft.is_empty() or draft.dates is None or not named or is_honour:
            continue
        found = [(note.text, note.line) for note in named]
        draft.notes = [note for note in draft.notes if all(note is not other for other in named)]
        if degree_first and len(found) == 2:
            found.reverse()
        draft.institution = found[0]
        draft.degree = found[1] if len(found) == 2 else None


def _degree_stands_first(draft: DegreeDraft) -> bool:
    if draft.institution is None or draft.degree is None:
        return False
    (school, school_line), (degree, degree_line) = draft.institution, draft.degree
    if school_line is degree_line:
        return degree_line.text.find(degree) < school_line.text.find(school)
    places = [(line.source.page, line.source.line, line.source.paragraph) for line in (degree_line, school_line)]
    return [place or 0 for place in places[0]] < [place or 0 for place in places[1]]


def _says_something(line: Line) -> bool:
    heading = read_heading(line)
    return heading.dates is not None or any(is_institution(part) or find_degree(part) for part in heading.parts)


def _is_degree_item(parts: tuple[str, ...], current: DegreeDraft) -> bool:
    """A list item is a heading of its own when it names a school or begins with a degree."""
    names_school = any(is_institution(part) for part in parts)
    begins = any((match := find_degree(part)) is not None and match.start() == 0 for part in parts)
    fits = (names_school and current.institution is None) or (begins and current.degree is None)
    return fits or (names_school and begins)


def _begins_new(parts: tuple[str, ...], dates: DateRange | None, current: DegreeDraft, *, had_notes: bool) -> bool:
    if current.is_empty():
        return current.dates is not None and dates is not None and dates.start != "" and bool(current.notes)
    school = any(is_institution(part) and not _is_mostly_degree(part) for part in parts)
    degree = any(_is_mostly_degree(part) for part in parts)
    if had_notes and (school or degree or dates is not None):
        return True
    if school and current.institution is not None:
        return True
    if degree and current.degree is not None:
        return True
    if dates is None or current.dates is None:
        return False
    is_complete = current.institution is not None and current.degree is not None
    return dates.start != "" or (is_complete and bool(parts) and not any(_SCORE.search(part) for part in parts))


def _is_mostly_degree(part: str) -> bool:
    match = find_degree(part)
    return match is not None and (match.start() == 0 or not is_institution(part))


def _read_parts(parts: tuple[str, ...], line: Line, current: DegreeDraft, *, dates_taken: bool) -> None:
    """Give each part of a line its place. When its date is not wanted, the parts keep it, so that nothing is lost."""
    if dates_taken:
        parts = tuple(piece.strip() for piece in re.split(r"\t|\s*[|•·]\s*", line.text) if piece.strip())
    for whole in parts:
        for part in _school_and_degree(_LABEL.sub("", whole)):
            score = _SCORE.search(part)
            if score is not None:
                if current.score is None:
                    current.score = (_score_value(score), line)
                part = _without(part, score)
                if len(part) < 3:
                    continue
            if current.degree is None and _is_mostly_degree(part):
                current.degree = (part, line)
            elif current.institution is None and is_institution(part):
                current.institution = (part, line)
            else:
                current.notes.append(Paragraph(part, line))


def _without(part: str, match: re.Match[str]) -> str:
    rest = part[: match.start()] + part[match.end() :]
    return re.sub(r"[(\[]\s*[)\]]", "", rest).strip(" ,;:–—-()")


def _school_and_degree(part: str) -> list[str]:
    """Split "B.S. in Computer Science, Ridgemont State University" where school and degree meet."""
    if not (_names_school(part) and find_degree(part)):
        return [part]
    found = [part]
    for match in re.finditer(r"\s*[,;:]\s+|\s+[-–—]\s+|\s+(?:at|from)\s+", part):
        left, right = part[: match.start()], part[match.end() :]
        if _names_school(left) != _names_school(right) and bool(find_degree(left)) != bool(find_degree(right)):
            found = [left.strip(), right.strip()]
    if len(found) > 1:
        return found
    for match in re.finditer("(?<=[\u3040-\u9fff\uac00-\ud7af])\\s+(?=[\u3040-\u9fff\uac00-\ud7af])", part):
        left, right = part[: match.start()], part[match.end() :]
        if _names_school(left) and find_degree(right):
            return [left, right]
    return found


def _names_school(text: str) -> bool:
    """Tell whether a text names a school apart from the words of a degree ("High School Diploma" names none)."""
    degree = find_degree(text)
    return is_institution(text if degree is None else text[: degree.start()] + text[degree.end() :])


def _read_note(note: Paragraph, current: DegreeDraft) -> None:
    courses = _COURSES.match(note.text)
    if courses:
        listed = note.text[courses.end() :].rstrip(". ")
        current.courses += [(course.strip(), note.line) for course in _split_list(listed) if course.strip()]
        return
    score = _SCORE.search(note.text)
    if score is not None and current.score is None:
        current.score = (_score_value(score), note.line)
        if len(_without(note.text, score)) < 3:
            return
    current.notes.append(note)


def _split_list(text: str) -> list[str]:
    return re.split(r"\s*[,;|•·]\s+(?![^()]*\))", text)


def _score_value(match: re.Match[str]) -> str:
    return (match["value"] or match["before"]).strip()


def _settled(draft: DegreeDraft) -> DegreeDraft:
    """Take the first unnamed text for the school or the degree when only one of them was recognised."""
    named = [note for note in draft.notes if not note.bullet and len(note.text) <= 80]
    if draft.institution is None and draft.degree is not None and named:
        note = named[0]
        draft.institution = (note.text, note.line)
        draft.notes.remove(note)
    elif draft.degree is None and draft.institution is not None and named and named[0].line is not None:
        note = named[0]
        if not _HONOUR.search(note.text):
            draft.degree = (note.text, note.line)
            draft.notes.remove(note)
    return draft


def split_degree(text: str) -> tuple[str, str]:
    """Split a degree into kind and subject: "B.S. in Computer Science" -> ("B.S.", "Computer Science").

    Nothing is added or left out but the word between the two.
    """
    match = find_degree(text)
    if match is None:
        return "", text
    end = match.end()
    full = re.match(
        r"(?:['’]s)?\s+of\s+(?:applied\s+)?(?:science|arts|engineering|business administration|technology"
        r"|fine arts|laws|philosophy|education|commerce|music|architecture|nursing|public health)s?\b"
        r"(?=\s+(?:in|with)\b|\s*[,(–—:-]|\s*$|\s+(?-i:[A-ZÄÖÜ]))"
        r"|(?:['’]s)?\s+degree",
        text[end:],
        re.IGNORECASE,
    )
    if full:
        end += full.end()
    abbreviation = re.match(r"\s*\((?:[A-Z][A-Za-z.]{0,6}|Hons\.?)\)", text[end:])
    if abbreviation:
        end += abbreviation.end()
    if match.start() > 0:
        # "Computer Science (B.S.)" or "Computer Science, BSc".
        before = text[: match.start()].strip(" ,(–—-")
        after = text[end:].strip(" ,)–—-")
        return text[match.start() : end].strip(), ", ".join(part for part in (before, after) if part)
    kind = text[: match.end()] if not full and not abbreviation else text[:end]
    joint = _JOINT.match(text, len(kind))
    area = text[joint.end() :] if joint else text[len(kind) :]
    if joint and "(" in joint[0]:
        area = area.rstrip(")")
    return re.sub(r"\s+in$", "", kind.strip()), area.strip(" ,–—-")
