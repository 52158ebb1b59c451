"""From ordered lines to a JSON Resume draft with the origin of every field."""

from __future__ import annotations

from collections.abc import Sequence

from api.profile.importer.contact import EMAIL, ContactDraft, Found, read_contact
from api.profile.importer.draft import ImportDraft, Provenance
from api.profile.importer.education import DegreeDraft, read_degrees, split_degree
from api.profile.importer.entries import Entry, first_entry, split_entries
from api.profile.importer.form_records import degree_of, role_of
from api.profile.importer.headings import assign_titles, split_title
from api.profile.importer.labelled import Record, read_form
from api.profile.importer.lexicon import employer_score
from api.profile.importer.lines import Line, join_wrapped
from api.profile.importer.listings import read_listings
from api.profile.importer.paragraphs import paragraphs
from api.profile.importer.sections import Section, heading_kind, split_sections
from api.profile.importer.skills import read_interests, read_languages, read_skills

JsonObject = dict[str, object]
MAX_UNPARSED = 300


class _Builder:
    """Collects the draft, and for each value the line it came from."""

    def __init__(self) -> None:
        self.document: JsonObject = {}
        self.provenance: list[Provenance] = []
        self.unparsed: list[str] = []
        self.warnings: list[str] = []

    def put(
        self, target: JsonObject, pointer: str, key: str, value: object, line: Line, confidence: float = 0.9
    ) -> None:
        """Set one field and note its origin."""
        if value in ("", None):
            return
        target[key] = value
        self.note(f"{pointer}/{key}", line, confidence)

    def note(self, pointer: str, line: Line, confidence: float) -> None:
        """Note the origin of a value that is already in place."""
        self.provenance.append(Provenance(pointer, str(line.source), line.plain[:500], confidence))

    def append(self, section: str, entry: JsonObject) -> None:
        """Add an entry to a section of the document."""
        entries = self.document.setdefault(section, [])
        assert isinstance(entries, list)
        entries.append(entry)

    def next_pointer(self, section: str) -> str:
        """Return the JSON Pointer that the next entry of a section will have."""
        entries = self.document.get(section)
        return f"/{section}/{len(entries) if isinstance(entries, list) else 0}"

    def leave(self, lines: Sequence[Line]) -> None:
        """List text that was read but not understood."""
        self.unparsed += [paragraph.text for paragraph in paragraphs(lines) if paragraph.text.strip()]


def build_draft(lines: Sequence[Line], source_kind: str) -> ImportDraft:
    """Return the draft for the lines of a document in reading order; `source_kind` is pdf, docx or text."""
    builder = _Builder()
    everything = lines
    records, lines = read_form(lines)
    sections = split_sections(lines)
    if not any(record.is_role for record in records):
        sections = _with_headless_experience(sections)
    head = [line for section in sections if section.kind in ("preamble", "contact") for line in section.lines]
    contact = read_contact(head, list(lines))
    _put_contact(contact, builder)
    _put_records(records, builder)
    summary: list[Line] = []
    for section in sections:
        if section.kind == "summary":
            summary += section.lines
        elif section.kind not in ("preamble", "contact"):
            _read_section(section, builder)
    _put_summary(summary, contact, builder)
    if not records and not any(section.kind in ("experience", "education") for section in sections):
        builder.warnings.append("No section for work or education was recognised. Check the headings of the document.")
    if contact.name is None:
        builder.warnings.append("No name was found. Enter it before saving.")
    if contact.email is None:
        builder.warnings.append("No e-mail address was found.")
    if any("\ufffd" in line.text for line in everything):
        builder.warnings.append("Some characters of the file have no text behind them and are shown as \ufffd.")
    return ImportDraft(
        document=builder.document,
        source_kind=source_kind,
        provenance=tuple(builder.provenance),
        unparsed=tuple(builder.unparsed[:MAX_UNPARSED]),
        warnings=tuple(builder.warnings),
    )


def _with_headless_experience(sections: list[Section]) -> list[Section]:
    """Find the jobs that have no heading above them: dated entries with list items after the contact data."""
    if any(section.kind == "experience" for section in sections):
        return sections
    for position, section in enumerate(sections):
        if section.kind not in ("preamble", "contact", "summary", "other"):
            continue
        after = max((index for index, line in enumerate(section.lines) if EMAIL.search(line.text)), default=-1) + 1
        start = first_entry(section.lines[after:])
        if start is not None:
            head = Section(section.kind, section.title, section.lines[: after + start])
            jobs = Section("experience", "", section.lines[after + start :])
            return [*sections[:position], head, jobs, *sections[position + 1 :]]
    return sections


def _put_contact(contact: ContactDraft, builder: _Builder) -> None:
    basics: JsonObject = {}
    for key in ("name", "label", "email", "phone", "url"):
        found: Found | None = getattr(contact, key)
        if found is not None:
            builder.put(basics, "/basics", key, found.value, found.line, found.confidence)
    if contact.location is not None:
        location: JsonObject = {}
        parts = [part.strip() for part in contact.location.value.split(",")]
        for key, part in zip(("city", "region", "countryCode"), parts, strict=False):
            name = "region" if key == "countryCode" and len(part) != 2 else key
            if name in location:
                part = f"{location[name]}, {part}"
            builder.put(location, "/basics/location", name, part, contact.location.line, contact.location.confidence)
        if contact.address is not None:
            builder.put(location, "/basics/location", "address", contact.address.value, contact.address.line, 0.8)
        basics["location"] = location
    if contact.profiles:
        profiles: list[JsonObject] = []
        for index, (network, username, found) in enumerate(contact.profiles):
            profiles.append({"network": network, "username": username, "url": found.value})
            builder.note(f"/basics/profiles/{index}", found.line, found.confidence)
        basics["profiles"] = profiles
    builder.document["basics"] = basics


def _put_summary(lines: Sequence[Line], contact: ContactDraft, builder: _Builder) -> None:
    """The summary section, or else a paragraph that stands under the name."""
    basics = builder.document["basics"]
    assert isinstance(basics, dict)
    unread = contact.unread
    if not lines:
        # A paragraph begins with a long line and runs on; short remains of the contact data before it are none.
        first = next((index for index, line in enumerate(unread) if len(line.plain) > 60), len(unread))
        lines = unread[first:] if sum(len(line.plain) for line in unread[first:]) > 80 else []
    used = {id(line) for line in lines}
    unread = [line for line in unread if id(line) not in used]
    if lines:
        text = "\n".join(paragraph.text for paragraph in paragraphs(lines))
        builder.put(basics, "/basics", "summary", text, lines[0], 0.9)
    builder.unparsed[:0] = [line.plain for line in unread]


def _read_section(section: Section, builder: _Builder) -> None:
    kind, lines = section.kind, section.lines
    if kind in ("experience", "volunteer"):
        _put_roles(kind, lines, builder)
    elif kind == "education":
        _put_degrees(lines, builder)
    elif kind == "projects":
        _put_projects(lines, builder)
    elif kind == "skills":
        _put_skills(section, builder)
    elif kind in ("certificates", "awards", "publications"):
        _put_listings(kind, lines, builder)
    elif kind == "languages":
        for name, level, line in read_languages(lines):
            _put_language(name, level, line, builder)
    elif kind == "interests":
        for item, line in read_interests(lines):
            _put_interest(item, line, builder)
    else:
        labelled = [line for line in lines if _labelled_kind(line) in ("skills", "languages", "interests")]
        if labelled:
            _put_skills(Section("skills", "Skills", labelled), builder)
        rest = [line for line in lines if all(line is not other for other in labelled)]
        if section.title and rest:
            builder.unparsed.append(section.title)
        builder.leave(rest)


def _labelled_kind(line: Line) -> str | None:
    """Return the section that a line such as "Technical Skills: SQL, PHP" belongs to by its own label."""
    label, colon, _ = line.plain.partition(":")
    return heading_kind(label) if colon else None


def _put_roles(kind: str, lines: Sequence[Line], builder: _Builder) -> None:
    entries = _split_titles(split_entries(lines))
    choices = assign_titles([[part for part, _ in entry.parts] for entry in entries])
    employer: tuple[str, Line] | None = None
    has_positions = False
    for position, (entry, (title_index, employer_index)) in enumerate(zip(entries, choices, strict=True)):
        if not entry.parts and entry.dates is None:
            builder.unparsed += [paragraph.text for paragraph in entry.body]
            continue
        title = entry.parts[title_index] if title_index is not None else None
        named = entry.parts[employer_index] if employer_index is not None else None
        if named is not None and title is None and not entry.body and _heads_roles(entries[position + 1 :]):
            employer, has_positions = named, True  # an employer with its whole time, its positions below
            continue
        if has_positions and title is None and named is not None and employer_score(named[0]) == 0:
            title, named = named, None
        if named is None and title is not None and employer is not None:
            named = employer
        employer = named or employer
        others = [part for index, part in enumerate(entry.parts) if index not in (title_index, employer_index)]
        _put_role(kind, entry, title, named, others, builder)


def _put_role(
    kind: str,
    entry: Entry,
    title: tuple[str, Line] | None,
    named: tuple[str, Line] | None,
    others: Sequence[tuple[str, Line]],
    builder: _Builder,
) -> None:
    section, employer_key = ("work", "name") if kind == "experience" else ("volunteer", "organization")
    pointer = builder.next_pointer(section)
    role: JsonObject = {}
    if named is not None:
        builder.put(role, pointer, employer_key, named[0], named[1], 0.9 if title is not None else 0.6)
    if title is not None:
        builder.put(role, pointer, "position", title[0], title[1], 0.9 if named is not None else 0.6)
    _put_dates(entry, role, pointer, builder)
    if entry.location is not None:
        builder.put(role, pointer, "location", entry.location[0], entry.location[1], 0.9)
    if others:
        builder.put(role, pointer, "description", " · ".join(part for part, _ in others), others[0][1], 0.6)
    _put_body(entry, role, pointer, builder)
    builder.append(section, role)


def _put_records(records: Sequence[Record], builder: _Builder) -> None:
    """Jobs and degrees whose fields are named by labels."""
    for record in records:
        if record.is_role:
            role = role_of(record)
            _put_role("experience", role.entry, role.title, role.employer, [], builder)
        else:
            _put_degree(degree_of(record), builder)
        builder.unparsed += record.not_understood()


def _heads_roles(following: Sequence[Entry]) -> bool:
    return bool(following) and len(following[0].parts) == 1


def _split_titles(entries: list[Entry]) -> list[Entry]:
    """Take title and employer apart when they stand in one part: "Software Engineer, Globex Corporation".

    Not where an entry above has its employer on a line of its own and a title of the same form ("Engineer, Payments").
    """
    has_banner = False
    for entry in entries:
        if len(entry.parts) >= 2:
            has_banner = any(split_title(part) is not None for part, _ in entry.parts)
        elif len(entry.parts) == 1 and not has_banner:
            text, line = entry.parts[0]
            split = split_title(text)
            if split is not None:
                entry.parts = [(split[0], line), (split[1], line)]
    return entries


def _put_dates(entry: Entry, target: JsonObject, pointer: str, builder: _Builder) -> None:
    if entry.dates is None or entry.dates_line is None:
        return
    builder.put(target, pointer, "startDate", entry.dates.start, entry.dates_line, 0.95)
    builder.put(target, pointer, "endDate", entry.dates.end or entry.dates.open_word, entry.dates_line, 0.95)


def _put_body(entry: Entry, target: JsonObject, pointer: str, builder: _Builder) -> None:
    summary = entry.summary()
    if summary:
        builder.put(target, pointer, "summary", join_wrapped([p.text for p in summary]), summary[0].line, 0.8)
    bullets = entry.bullets()
    if bullets:
        target["highlights"] = [bullet.text for bullet in bullets]
        for index, bullet in enumerate(bullets):
            builder.note(f"{pointer}/highlights/{index}", bullet.line, 0.95 if bullet.bullet else 0.7)


def _put_degrees(lines: Sequence[Line], builder: _Builder) -> None:
    for draft in read_degrees(lines):
        if draft.is_empty():
            builder.unparsed += [note.text for note in draft.notes]
            continue
        _put_degree(draft, builder)


def _put_degree(draft: DegreeDraft, builder: _Builder) -> None:
    pointer = builder.next_pointer("education")
    degree: JsonObject = {}
    if draft.institution is not None:
        builder.put(degree, pointer, "institution", draft.institution[0], draft.institution[1], 0.9)
    if draft.degree is not None:
        kind, area = split_degree(draft.degree[0])
        builder.put(degree, pointer, "studyType", kind, draft.degree[1], 0.9)
        builder.put(degree, pointer, "area", area, draft.degree[1], 0.85)
    if draft.area is not None:
        builder.put(degree, pointer, "area", draft.area[0], draft.area[1], 0.9)
    if draft.dates is not None:
        builder.put(degree, pointer, "startDate", draft.dates[0].start, draft.dates[1], 0.95)
        builder.put(degree, pointer, "endDate", draft.dates[0].end or draft.dates[0].open_word, draft.dates[1], 0.95)
    if draft.location is not None:
        builder.put(degree, pointer, "location", draft.location[0], draft.location[1], 0.85)
    if draft.score is not None:
        builder.put(degree, pointer, "score", draft.score[0], draft.score[1], 0.9)
    if draft.courses:
        degree["courses"] = [course for course, _ in draft.courses]
        for index, (_, line) in enumerate(draft.courses):
            builder.note(f"{pointer}/courses/{index}", line, 0.85)
    builder.append("education", degree)
    builder.unparsed += [note.text for note in draft.notes]


def _put_projects(lines: Sequence[Line], builder: _Builder) -> None:
    for entry in split_entries(lines):
        if not entry.parts:
            builder.unparsed += [paragraph.text for paragraph in entry.body]
            continue
        pointer = builder.next_pointer("projects")
        project: JsonObject = {}
        names = [
            part for part in entry.parts if part[0].casefold() not in ("link", "github", "demo", "website", "code")
        ]
        name, line = (names or entry.parts)[0]
        builder.put(project, pointer, "name", name, line, 0.9)
        links = [link.address for heading in entry.heading for link in heading.links if link.address.startswith("http")]
        if links:
            builder.put(project, pointer, "url", links[0], line, 0.9)
        _put_dates(entry, project, pointer, builder)
        _put_body(entry, project, pointer, builder)
        described = [*(part for part, _ in names[1:]), *([str(project.pop("summary"))] if "summary" in project else [])]
        if described:
            builder.put(project, pointer, "description", ". ".join(described), line, 0.8)
        builder.append("projects", project)


def _put_skills(section: Section, builder: _Builder) -> None:
    draft = read_skills(section.lines)
    for group in draft.groups:
        pointer = builder.next_pointer("skills")
        skill: JsonObject = {"name": group.name or section.title.title()}
        builder.note(f"{pointer}/name", group.line, 0.9 if group.name else 0.6)
        skill["keywords"] = [keyword for keyword, _ in group.keywords]
        for index, (_, line) in enumerate(group.keywords):
            builder.note(f"{pointer}/keywords/{index}", line, 0.9)
        builder.append("skills", skill)
    for name, level, line in draft.languages:
        _put_language(name, level, line, builder)
    for item, line in draft.interests:
        _put_interest(item, line, builder)
    for item, line in draft.certificates:
        pointer = builder.next_pointer("certificates")
        certificate: JsonObject = {}
        builder.put(certificate, pointer, "name", item, line, 0.8)
        builder.append("certificates", certificate)


def _put_language(name: str, level: str, line: Line, builder: _Builder) -> None:
    pointer = builder.next_pointer("languages")
    language: JsonObject = {}
    builder.put(language, pointer, "language", name, line, 0.9)
    builder.put(language, pointer, "fluency", level, line, 0.85)
    builder.append("languages", language)


def _put_interest(item: str, line: Line, builder: _Builder) -> None:
    pointer = builder.next_pointer("interests")
    interest: JsonObject = {}
    builder.put(interest, pointer, "name", item, line, 0.85)
    builder.append("interests", interest)


_LISTING_KEYS = {
    "certificates": ("name", "issuer", "date"),
    "awards": ("title", "awarder", "date"),
    "publications": ("name", "publisher", "releaseDate"),
}


def _put_listings(section: str, lines: Sequence[Line], builder: _Builder) -> None:
    title_key, issuer_key, date_key = _LISTING_KEYS[section]
    for draft in read_listings(lines):
        pointer = builder.next_pointer(section)
        entry: JsonObject = {}
        builder.put(entry, pointer, title_key, draft.title, draft.line, 0.85)
        builder.put(entry, pointer, issuer_key, draft.issuer, draft.line, 0.6)
        builder.put(entry, pointer, date_key, draft.date, draft.line, 0.9)
        builder.put(entry, pointer, "summary", draft.summary, draft.line, 0.6)
        builder.append(section, entry)
