"""From a cleaned JSON Resume document with ids to the typed view that the other rooms read.

Reads the spellings that circulate: `company` and `website` of JSON Resume 0.x, a text where a list is meant, numbers
where a text is meant, and several positions listed under one employer. The document itself is not changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from api.profile.rules.dates import is_current
from api.profile.rules.identity import ID_KEY, TEXT_ID_KEYS
from api.profile.rules.profile import (
    Bullet,
    Contact,
    Degree,
    Item,
    LanguageSkill,
    Link,
    Profile,
    Project,
    Role,
    SkillGroup,
)

Entry = Mapping[str, object]


def build_profile(document: Entry) -> Profile:
    """Return the typed view of a cleaned document whose parts carry ids."""
    return Profile(
        contact=_contact(_mapping(document.get("basics"))),
        summary=_text(_mapping(document.get("basics")), "summary"),
        roles=tuple(role for entry in entries(document, "work") for role in _roles(entry, ("name", "company"))),
        volunteer=tuple(role for entry in entries(document, "volunteer") for role in _roles(entry, ("organization",))),
        degrees=tuple(_degree(entry) for entry in entries(document, "education")),
        projects=tuple(_project(entry) for entry in entries(document, "projects")),
        skills=tuple(_skill(entry) for entry in entries(document, "skills")),
        certificates=_items(document, "certificates", "name", "issuer", "date"),
        awards=_items(document, "awards", "title", "awarder", "date"),
        publications=_items(document, "publications", "name", "publisher", "releaseDate"),
        interests=_items(document, "interests", "name", "", ""),
        languages=tuple(
            LanguageSkill(_id(entry), _text(entry, "language", "name"), _text(entry, "fluency"))
            for entry in entries(document, "languages")
        ),
    )


def entries(document: Entry, section: str) -> Iterator[Entry]:
    """Yield the objects of a section; a bare text counts as an object with that name."""
    found = document.get(section)
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, dict):
            yield entry


def positions(entry: Entry) -> list[dict[str, object]]:
    """Return the positions listed under one employer, or nothing when the entry is a single position."""
    for name in ("positions", "roles"):
        nested = entry.get(name)
        if isinstance(nested, list) and any(isinstance(position, dict) for position in nested):
            return [position for position in nested if isinstance(position, dict)]
    return []


def texts(entry: Entry, name: str) -> list[str]:
    """Return a list of texts as it stands, empty ones included; a single text is a list of one."""
    value = entry.get(name)
    if isinstance(value, str):
        return [value]
    return [str(text) for text in value] if isinstance(value, list) else []


def _mapping(value: object) -> Entry:
    return value if isinstance(value, dict) else {}


def _text(entry: Entry, *names: str) -> str:
    """Return the first of these fields that holds a text or a number."""
    for name in names:
        value = entry.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def _id(entry: Entry) -> str:
    return str(entry.get(ID_KEY, ""))


def _date(entry: Entry, name: str) -> str | None:
    return _text(entry, name) or None


def _contact(basics: Entry) -> Contact:
    location = basics.get("location")
    place = _mapping(location)
    return Contact(
        name=_text(basics, "name"),
        label=_text(basics, "label"),
        email=_text(basics, "email"),
        phone=_text(basics, "phone"),
        url=_text(basics, "url", "website"),
        city=location.strip() if isinstance(location, str) else _text(place, "city"),
        region=_text(place, "region"),
        country_code=_text(place, "countryCode"),
        links=tuple(
            link
            for profile in entries(basics, "profiles")
            if (link := Link(_text(profile, "network"), _text(profile, "username"), _text(profile, "url")))
            != Link("", "", "")
        ),
    )


def _bullets(entry: Entry, name: str) -> tuple[Bullet, ...]:
    ids = texts(entry, TEXT_ID_KEYS[name])
    return tuple(
        Bullet(identifier, text.strip())
        for identifier, text in zip(ids, texts(entry, name), strict=False)
        if text.strip()
    )


def _keywords(entry: Entry, name: str = "keywords") -> tuple[str, ...]:
    value = entry.get(name)
    words = re.split(r"[,;\n]", value) if isinstance(value, str) else texts(entry, name)
    return tuple(word.strip() for word in words if word.strip())


def _location(entry: Entry) -> str:
    place = entry.get("location")
    if isinstance(place, dict):
        parts = (_text(place, name) for name in ("city", "region", "countryCode"))
        return ", ".join(part for part in parts if part)
    return _text(entry, "location")


def _roles(entry: Entry, employer_names: tuple[str, ...], employer: str = "") -> Iterator[Role]:
    employer = _text(entry, *employer_names) or employer
    nested = positions(entry)
    has_own_position = bool(_text(entry, "position")) or bool(texts(entry, "highlights"))
    if has_own_position or not nested:
        end = _date(entry, "endDate")
        start = _date(entry, "startDate")
        yield Role(
            id=_id(entry),
            employer=employer,
            title=_text(entry, "position", "title"),
            start=start,
            end=end,
            current=start is not None and is_current(end),
            location=_location(entry),
            description=_text(entry, "description"),
            summary=_text(entry, "summary"),
            url=_text(entry, "url", "website"),
            bullets=_bullets(entry, "highlights"),
        )
    for position in nested:
        for role in _roles(position, employer_names, employer):
            # A nested position is often named by `name` or `title` alone; then that is its title, not another employer.
            yield role if role.title or role.employer == employer else _as_title(role, employer)


def _as_title(role: Role, employer: str) -> Role:
    return Role(
        id=role.id,
        employer=employer,
        title=role.employer,
        start=role.start,
        end=role.end,
        current=role.current,
        location=role.location,
        description=role.description,
        summary=role.summary,
        url=role.url,
        bullets=role.bullets,
    )


def _degree(entry: Entry) -> Degree:
    return Degree(
        id=_id(entry),
        institution=_text(entry, "institution"),
        study_type=_text(entry, "studyType"),
        area=_text(entry, "area"),
        start=_date(entry, "startDate"),
        end=_date(entry, "endDate"),
        score=_text(entry, "score", "gpa"),
        url=_text(entry, "url", "website"),
        courses=_bullets(entry, "courses"),
    )


def _project(entry: Entry) -> Project:
    return Project(
        id=_id(entry),
        name=_text(entry, "name"),
        description=_text(entry, "description", "summary"),
        start=_date(entry, "startDate"),
        end=_date(entry, "endDate"),
        url=_text(entry, "url", "website"),
        entity=_text(entry, "entity"),
        roles=_keywords(entry, "roles"),
        keywords=_keywords(entry),
        bullets=_bullets(entry, "highlights"),
    )


def _skill(entry: Entry) -> SkillGroup:
    return SkillGroup(_id(entry), _text(entry, "name"), _text(entry, "level"), _keywords(entry))


def _items(document: Entry, section: str, title: str, issuer: str, when: str) -> tuple[Item, ...]:
    return tuple(
        Item(
            id=_id(entry),
            title=_text(entry, title, "name", "title"),
            issuer=_text(entry, issuer) if issuer else "",
            date=_date(entry, when) if when else None,
            summary=_text(entry, "summary"),
            url=_text(entry, "url", "website"),
            keywords=_keywords(entry),
        )
        for entry in entries(document, section)
    )
