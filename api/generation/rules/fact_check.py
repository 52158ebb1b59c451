"""The check that no generated sentence says more than the person did.

Every number with its unit, every name, skill, rank and degree must stand in a fact the sentence may speak of: for a
bullet its own text and its role, for the summary all facts. What fails is replaced by the person's own words and
listed, whoever wrote it (DESIGN D2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from api.generation.rules.composer import own_summary
from api.generation.rules.evidence import Evidence, unsupported_figures, unsupported_reasons
from api.generation.rules.markdown_text import markdown_lines
from api.generation.rules.tenure import longest_tenure_years
from api.generation.rules.wording import SECTIONS, Wording
from api.profile.rules.profile import Profile, Role

_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class Rejection:
    """A statement that was not used. `field` is "summary", "rewrite", "skill_order", "bullet_order" or "sections"."""

    field: str
    fact_id: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckedWording:
    """A wording every part of which traces to facts, and what was taken out of the one that was checked."""

    wording: Wording
    rejected: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A line of an edited resume that says something no fact supports. Shown to the person, never changed."""

    line: int
    text: str
    reason: str


def check_wording(
    wording: Wording, profile: Profile, *, as_of_year_month: tuple[int, int] | None = None
) -> CheckedWording:
    """Check each statement; replace what fails. `as_of_year_month` lets "8 years" be checked against open roles."""
    rejected: list[Rejection] = []
    rewrites: dict[str, str] = {}
    bullets = bullet_evidence(profile)
    for fact_id, text in wording.rewrites.items():
        evidence = bullets.get(fact_id)
        reason = (
            "no such bullet" if evidence is None else next(iter(unsupported_reasons(text, evidence, rewrite=True)), "")
        )
        if reason:
            rejected.append(Rejection("rewrite", fact_id, text, reason))
        elif text.strip():
            rewrites[fact_id] = text
    summary, summary_rejections = _checked_summary(wording.summary, profile, as_of_year_month)
    rejected.extend(summary_rejections)
    orders, order_rejections = _checked_orders(wording, profile)
    rejected.extend(order_rejections)
    own = {
        keyword for group in profile.skills for keyword in (*group.keywords, *([] if group.keywords else [group.name]))
    }
    skills = tuple(skill for skill in wording.skill_order if skill in own)
    rejected.extend(
        Rejection("skill_order", "", skill, "not among the person's skills")
        for skill in wording.skill_order
        if skill not in own
    )
    sections = tuple(dict.fromkeys(section for section in wording.sections if section in (*SECTIONS, "interests")))
    rejected.extend(
        Rejection("sections", "", section, "no such section") for section in wording.sections if section not in sections
    )
    checked = replace(
        wording, summary=summary, rewrites=rewrites, bullet_order=orders, skill_order=skills, sections=sections
    )
    return CheckedWording(checked, tuple(rejected))


def bullet_evidence(profile: Profile) -> dict[str, Evidence]:
    """What each bullet may speak of: its own text for figures; for names and skills also its role and its siblings."""
    found: dict[str, Evidence] = {}
    for role in (*profile.roles, *profile.volunteer):
        around = (role.title, role.employer, role.location, role.description, role.summary)
        siblings = tuple(bullet.text for bullet in role.bullets)
        for bullet in role.bullets:
            found[bullet.id] = Evidence(
                figures=(bullet.text, role.summary), names=(*around, *siblings), own=bullet.text
            )
        if role.summary:
            found[f"{role.id}.summary"] = Evidence(
                figures=(role.summary,), names=(*around, *siblings), own=role.summary
            )
    for project in profile.projects:
        about = (project.name, project.description, project.entity, *project.roles, *project.keywords)
        siblings = tuple(bullet.text for bullet in project.bullets)
        for bullet in project.bullets:
            found[bullet.id] = Evidence(
                figures=(bullet.text, project.description), names=(*about, *siblings), own=bullet.text
            )
    return found


def profile_evidence(profile: Profile) -> Evidence:
    """All facts, and dates, scores and labels, which a summary or an edited page may repeat."""
    texts = [fact.text for fact in profile.facts()]
    texts.append(profile.contact.label)
    texts.extend(part for contact in (profile.contact,) for part in (contact.name, contact.city, contact.region))
    for role in (*profile.roles, *profile.volunteer):
        texts.extend(part for part in (role.start, role.end) if part)
    for degree in profile.degrees:
        texts.extend(part for part in (degree.start, degree.end, degree.score) if part)
    for project in profile.projects:
        texts.extend(part for part in (project.start, project.end, project.entity) if part)
    for item in (*profile.certificates, *profile.awards, *profile.publications):
        texts.extend(part for part in (item.date,) if part)
    texts.extend(group.level for group in profile.skills if group.level)
    return Evidence(figures=tuple(texts), names=tuple(texts), own="")


def unsupported_statements(
    markdown: str, profile: Profile, *, as_of_year_month: tuple[int, int] | None = None
) -> tuple[Unsupported, ...]:
    """What an edited resume says that no fact supports: one entry per line and reason, in reading order."""
    evidence = profile_evidence(profile)
    years = longest_tenure_years(profile, as_of_year_month)
    found: list[Unsupported] = []
    for line in markdown_lines(markdown):
        if line.level == 2:
            continue
        for reason in unsupported_reasons(line.text, evidence, years=years, dates=True):
            found.append(Unsupported(line.number, line.text, reason))
    return tuple(found)


def _checked_summary(
    summary: str, profile: Profile, as_of_year_month: tuple[int, int] | None
) -> tuple[str, list[Rejection]]:
    if not summary.strip():
        return "", []
    years = longest_tenure_years(profile, as_of_year_month)
    reasons = unsupported_reasons(summary, profile_evidence(profile), years=years)
    reasons = reasons or list(_moved_figures(summary, profile, years))
    if not reasons:
        return " ".join(summary.split()), []
    return own_summary(profile), [Rejection("summary", "summary", summary, reasons[0])]


def _moved_figures(summary: str, profile: Profile, years: int | None) -> Iterator[str]:
    """Figures told of another employer than theirs: a sentence that names one may only speak of its roles."""
    for sentence in _SENTENCE.split(summary):
        named = [role for role in profile.roles if len(role.employer) > 2 and role.employer in sentence]
        if not named:
            continue
        texts = [profile.summary, profile.contact.label, *(part for role in named for part in _told_by(role))]
        evidence = Evidence(figures=tuple(texts), names=(), own="")
        for reason in unsupported_figures(sentence, evidence, years=years):
            yield f"{reason}, not at {named[0].employer}"


def _told_by(role: Role) -> Iterator[str]:
    yield from (role.title, role.employer, role.description, role.summary, role.start or "", role.end or "")
    yield from (bullet.text for bullet in role.bullets)


def _checked_orders(wording: Wording, profile: Profile) -> tuple[dict[str, tuple[str, ...]], list[Rejection]]:
    """Orders of known bullets under known parents; a parent that has bullets never loses them all."""
    known = {parent: tuple(ids) for parent, ids in _children(profile)}
    kept: dict[str, tuple[str, ...]] = {}
    rejected: list[Rejection] = []
    for parent, order in wording.bullet_order.items():
        if parent not in known:
            rejected.append(Rejection("bullet_order", parent, " ".join(order), "no such role, degree or project"))
            continue
        valid = tuple(dict.fromkeys(bullet for bullet in order if bullet in known[parent]))
        rejected.extend(
            Rejection("bullet_order", parent, bullet, "not a bullet of it")
            for bullet in order
            if bullet not in known[parent]
        )
        if valid or not known[parent]:
            kept[parent] = valid
    return kept, rejected


def _children(profile: Profile) -> Iterable[tuple[str, Iterable[str]]]:
    for role in (*profile.roles, *profile.volunteer):
        yield role.id, [bullet.id for bullet in role.bullets]
    for project in profile.projects:
        yield project.id, [bullet.id for bullet in project.bullets]
    for degree in profile.degrees:
        yield degree.id, [course.id for course in degree.courses]
