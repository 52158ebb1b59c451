"""The typed view of a person's facts that every other room reads.

The stored truth is a JSON Resume document with stable ids; this view exists so that matching, framing, fact
checking and rendering never dig in raw JSON. Every text a resume may show has an id here, and that id is what a
generated sentence must trace back to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bullet:
    """One statement in the person's own words (a JSON Resume highlight)."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """An online profile: network name, user name, address. Any of the three may be empty."""

    network: str
    username: str
    url: str


@dataclass(frozen=True, slots=True)
class Contact:
    """What stands in the page header. Never part of `body_markdown`, an export or a prompt."""

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
class Role:
    """A position at an employer, paid or voluntary. Dates are the person's own strings, `end` None or "" if open."""

    id: str
    employer: str
    title: str
    start: str | None = None
    end: str | None = None
    current: bool = False
    location: str = ""
    description: str = ""
    summary: str = ""
    url: str = ""
    bullets: tuple[Bullet, ...] = ()


@dataclass(frozen=True, slots=True)
class Degree:
    """A degree or course of study."""

    id: str
    institution: str
    study_type: str = ""
    area: str = ""
    start: str | None = None
    end: str | None = None
    score: str = ""
    url: str = ""
    courses: tuple[Bullet, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """A project with its own bullets and keywords."""

    id: str
    name: str
    description: str = ""
    start: str | None = None
    end: str | None = None
    url: str = ""
    entity: str = ""
    roles: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    bullets: tuple[Bullet, ...] = ()


@dataclass(frozen=True, slots=True)
class SkillGroup:
    """A named group of skills as the person groups them."""

    id: str
    name: str
    level: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A certificate, award, publication or interest: a title, who gave it, when, and a sentence."""

    id: str
    title: str
    issuer: str = ""
    date: str | None = None
    summary: str = ""
    url: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LanguageSkill:
    """A human language and how well it is spoken, in the person's words."""

    id: str
    language: str
    fluency: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One text that may support a generated sentence. `kind` names the section; `parent_id` the role or degree."""

    id: str
    kind: str
    text: str
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything known about a person, in the person's order."""

    contact: Contact
    summary: str = ""
    roles: tuple[Role, ...] = ()
    volunteer: tuple[Role, ...] = ()
    degrees: tuple[Degree, ...] = ()
    projects: tuple[Project, ...] = ()
    skills: tuple[SkillGroup, ...] = ()
    certificates: tuple[Item, ...] = ()
    awards: tuple[Item, ...] = ()
    publications: tuple[Item, ...] = ()
    interests: tuple[Item, ...] = ()
    languages: tuple[LanguageSkill, ...] = field(default=())

    def facts(self) -> Iterator[Fact]:
        """Yield every supporting text once, with its stable id. Contact data is not a fact.

        The person's own summary has the id ``summary``.
        """
        if self.summary:
            yield Fact("summary", "summary", self.summary)
        for kind, roles in (("role", self.roles), ("volunteer", self.volunteer)):
            for role in roles:
                heading = " ".join(part for part in (role.title, role.employer, role.location) if part)
                yield Fact(role.id, kind, heading)
                for suffix, text in (("description", role.description), ("summary", role.summary)):
                    if text:
                        yield Fact(f"{role.id}.{suffix}", f"{kind}_{suffix}", text, role.id)
                for bullet in role.bullets:
                    yield Fact(bullet.id, f"{kind}_bullet", bullet.text, role.id)
        for degree in self.degrees:
            heading = " ".join(part for part in (degree.study_type, degree.area, degree.institution) if part)
            yield Fact(degree.id, "degree", heading)
            for course in degree.courses:
                yield Fact(course.id, "course", course.text, degree.id)
        for project in self.projects:
            words = (project.name, project.description, *project.roles, *project.keywords)
            yield Fact(project.id, "project", " ".join(word for word in words if word))
            for bullet in project.bullets:
                yield Fact(bullet.id, "project_bullet", bullet.text, project.id)
        for group in self.skills:
            yield Fact(group.id, "skill", ", ".join(word for word in (group.name, *group.keywords) if word))
        for kind, items in (
            ("certificate", self.certificates),
            ("award", self.awards),
            ("publication", self.publications),
            ("interest", self.interests),
        ):
            for item in items:
                words = (item.title, item.issuer, item.summary, *item.keywords)
                yield Fact(item.id, kind, " ".join(word for word in words if word))
        for language in self.languages:
            yield Fact(language.id, "language", f"{language.language} {language.fluency}".strip())
