"""The deterministic writer: chooses, orders and tightens the person's own bullets for an ad and a framing.

It is the writer without a model, and the fallback when a model fails, so its page must be good enough to send. It
invents nothing: every sentence is a bullet of the person, a sentence of theirs, or a list of skills a fact supports.
"""

from __future__ import annotations

from collections.abc import Sequence

from api.generation.rules.framing import Framing, framing_named
from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.phrasing import phrase_bullet
from api.generation.rules.relevance import order_bullets, select_bullets, skills_of
from api.generation.rules.summary import write_summary
from api.generation.rules.tenure import longest_tenure_years, newest_first
from api.generation.rules.text_language import detect_language
from api.generation.rules.wording import ComposeOptions, Wording
from api.profile.rules.profile import Bullet, Profile

# Bullets shown of the first, second, and every further role, by the number of pages asked for.
_ROLE_LIMITS: dict[int | None, tuple[int, int, int]] = {1: (4, 3, 2), 2: (6, 5, 4), None: (8, 6, 5)}
_PROJECT_LIMITS: dict[int | None, int] = {1: 2, 2: 4, None: 5}
_VOLUNTEER_LIMITS: dict[int | None, int] = {1: 1, 2: 3, None: 4}
_COURSE_LIMITS: dict[int | None, int] = {1: 4, 2: 8, None: 12}


def compose(profile: Profile, analysis: JobAnalysis, framing: str, *, options: ComposeOptions) -> Wording:
    """Write a wording. Equal input gives equal output; UnknownFramingError for a framing that does not exist.

    Which bullets are shown depends on the ad and the pages only, so the facts are the same in every framing.
    """
    chosen = framing_named(framing)
    profile = newest_first(profile)
    weights = analysis.skill_weights()
    pages = options.pages if options.pages in (1, 2) else None
    orders: dict[str, tuple[str, ...]] = {}
    shown: list[tuple[Bullet, ...]] = []

    def arrange(parent: str, bullets: Sequence[Bullet], limit: int) -> None:
        kept = order_bullets(select_bullets(bullets, weights, limit), weights, chosen)
        if kept:
            orders[parent] = tuple(bullet.id for bullet in kept)
            shown.append(tuple(kept))

    for index, role in enumerate(profile.roles):
        arrange(role.id, role.bullets, _ROLE_LIMITS[pages][min(index, 2)])
    for role in profile.volunteer:
        arrange(role.id, role.bullets, _VOLUNTEER_LIMITS[pages])
    for project in profile.projects:
        arrange(project.id, project.bullets, _PROJECT_LIMITS[pages])
    for degree in profile.degrees:
        courses = select_bullets(degree.courses, weights, _COURSE_LIMITS[pages])
        if courses:
            ranked = sorted(
                courses, key=lambda course: -sum(weights.get(skill, 0.0) for skill in skills_of(course.text))
            )
            orders[degree.id] = tuple(course.id for course in ranked)
    return Wording(
        summary=write_summary(profile, analysis, chosen, options),
        rewrites=_rewrites(shown, chosen),
        bullet_order=orders,
        skill_order=_skill_order(profile, analysis),
        sections=options.sections if options.sections is not None else _sections(profile, chosen, options),
    )


def own_summary(profile: Profile) -> str:
    """The person's own summary on one line: what stands in for a summary that failed the fact check."""
    return " ".join(profile.summary.split())


def _sections(profile: Profile, framing: Framing, options: ComposeOptions) -> tuple[str, ...]:
    """The framing's order; who has hardly worked yet shows education first, as readers of such pages expect."""
    if not profile.degrees or longest_tenure_years(profile, options.as_of_year_month) >= 1:
        return framing.sections
    others = [section for section in framing.sections if section not in ("summary", "education")]
    return ("summary", "education", *others)


def _rewrites(shown: Sequence[Sequence[Bullet]], framing: Framing) -> dict[str, str]:
    """The bullets in their best form, a role or project at a time: no exchanged verb may open two bullets of one."""
    english = detect_language(" ".join(bullet.text for bullets in shown for bullet in bullets)) in ("en", "und")
    found = {}
    for bullets in shown:
        openings = {bullet.id: _opening(bullet.text) for bullet in bullets}
        for bullet in bullets:
            text = phrase_bullet(bullet.text, verbs=framing.verbs, english=english)
            others = {opening for other, opening in openings.items() if other != bullet.id}
            if _opening(text) in others and _opening(text) != openings[bullet.id]:
                text = phrase_bullet(bullet.text, verbs={}, english=english)
            openings[bullet.id] = _opening(text)
            if text and text != bullet.text:
                found[bullet.id] = text
    return found


def _opening(text: str) -> str:
    return text.split(" ", 1)[0].lower()


def _skill_order(profile: Profile, analysis: JobAnalysis) -> tuple[str, ...]:
    """The person's skills as written: those the ad names by its order of importance, then the others in their order."""
    rank = {keyword.skill_id: index for index, keyword in enumerate(analysis.keywords)}
    written = [keyword for group in profile.skills for keyword in (group.keywords or (group.name,)) if keyword]
    last = len(rank)
    order = sorted(
        range(len(written)),
        key=lambda index: (min((rank.get(skill, last) for skill in skills_of(written[index])), default=last), index),
    )
    return tuple(dict.fromkeys(written[index] for index in order))
