"""The entries of a page: a role, a degree, a project, a list of skills, each as Markdown."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from functools import cache

from api.generation.rules.data_files import read_yaml
from api.generation.rules.markdown_text import literal, literal_heading, literal_start, one_line, web_link
from api.generation.rules.wording import Wording
from api.profile.rules.dates import format_date, is_current, parse_date
from api.profile.rules.profile import Bullet, Degree, Item, Profile, Project, Role

Words = dict[str, str]
_DASH = " – "
_PLAIN_LABELS = frozenset(
    {"technical skills", "key skills", "core skills", "professional skills", "other skills", "general"}
)
"""Names that tell nothing of a group that stands alone."""


def show_period(start: str | None, end: str | None, *, current: bool, words: Words, language: str) -> str:
    """A period as precisely as it was given. The first and last day of a month stand for the month, as JSON Resume
    writes it; any other day is shown. An open end is the language's word for "present"."""
    start_month, end_month = _as_month(start, first=True), _as_month(end, first=False)
    if (start_month == start and _has_day(start)) or (end_month == end and _has_day(end)):
        start_month, end_month = start, end  # one real day: both dates are meant to the day
    first = format_date(start_month, language)
    if current or (first and is_current(end)):
        last = words["present"] if first else ""
    else:
        last = format_date(end_month, language)
    return _DASH.join(dict.fromkeys(part for part in (first, last) if part))


def _has_day(value: str | None) -> bool:
    parsed = parse_date(value)
    return parsed is not None and parsed.day is not None


def _as_month(value: str | None, *, first: bool) -> str | None:
    parsed = parse_date(value)
    if not value or parsed is None or parsed.month is None or parsed.day is None or not value[:4].isdigit():
        return value
    last_day = calendar.monthrange(parsed.year, parsed.month)[1]
    if parsed.day == 1 or (not first and parsed.day == last_day):
        return f"{parsed.year:04d}-{parsed.month:02d}"
    return value


def role_block(role: Role, wording: Wording, words: Words, language: str, *, short: bool) -> str:
    """Heading, dates and place, a line about the employer and the task (left out when short), bullets."""
    heading = ", ".join(one_line(part) for part in (role.title, role.employer) if part.strip())
    period = show_period(role.start, role.end, current=role.current, words=words, language=language)
    lines = [f"### {literal_heading(heading)}"] if heading else []
    lines += _date_line(period, role.location)
    bullets = ordered_bullets(role.id, role.bullets, wording)
    intro = _sentences(role.description, wording.rewrites.get(f"{role.id}.summary", role.summary))
    if not bullets and intro:
        bullets = [intro]
    elif intro and not short:
        lines.append(literal_start(intro))
    return "\n\n".join([*lines, *_bullet_list(bullets)])


def degree_block(degree: Degree, wording: Wording, words: Words, language: str, *, courses: bool = True) -> str:
    """Degree and place of study, dates, grade, courses unless there is no room for them."""
    named = words["degree_joint"].join(one_line(part) for part in (degree.study_type, degree.area) if part.strip())
    heading = ", ".join(part for part in (named, one_line(degree.institution)) if part)
    period = show_period(degree.start, degree.end, current=False, words=words, language=language)
    grade = one_line(degree.score)
    if grade and not any(char.isalpha() for char in grade):
        grade = f"{words['grade']}: {grade}"
    lines = [f"### {literal_heading(heading)}"] if heading else []
    lines += _date_line(period, grade)
    taken = ordered_bullets(degree.id, degree.courses, wording) if courses else []
    if taken:
        lines.append(literal_start(f"{words['courses']}: {', '.join(taken)}"))
    return "\n\n".join(lines)


def project_block(project: Project, wording: Wording, words: Words, language: str, *, keywords: bool = True) -> str:
    """Name, dates, for whom and where to see it, what it is, bullets; keywords unless there is no room for them."""
    period = show_period(project.start, project.end, current=False, words=words, language=language)
    lines = [f"### {literal_heading(project.name)}"] if project.name.strip() else []
    entity = project.entity if project.entity.strip().lower() != project.name.strip().lower() else ""
    lines += _date_line(period, entity, web_link(project.url))
    if project.description.strip():
        lines.append(literal_start(project.description))
    told = " ".join((project.name, project.description, *(bullet.text for bullet in project.bullets))).lower()
    untold = [keyword for keyword in project.keywords if keyword.strip() and keyword.lower() not in told]
    if untold and keywords:
        lines.append(literal_start(f"{words['keywords']}: {', '.join(untold)}"))
    return "\n\n".join([*lines, *_bullet_list(ordered_bullets(project.id, project.bullets, wording))])


def item_line(item: Item, language: str, *, summary: bool = False) -> str:
    """A certificate, award or publication on one line: title, giver (date): what it was."""
    named = ", ".join(one_line(part) for part in (item.title, item.issuer) if part.strip())
    when = format_date(_as_month(item.date, first=True), language)
    line = f"{named} ({when})" if when and named else named or when
    if summary and item.summary.strip():
        line = f"{line}: {one_line(item.summary)}"
    return literal_start(line) if line else ""


def skill_lines(profile: Profile, wording: Wording) -> list[str]:
    """One line a group: groups and their skills in the wording's order, those it does not name after it."""
    rank = {skill: index for index, skill in enumerate(wording.skill_order)}
    last = len(rank)
    groups = []
    for position, group in enumerate(profile.skills):
        keywords = sorted(dict.fromkeys(group.keywords), key=lambda keyword: rank.get(keyword, last))
        best = min((rank.get(keyword, last) for keyword in (*keywords, group.name)), default=last)
        groups.append((best, position, group.name, keywords))
    lines = []
    for _, _, name, keywords in sorted(groups, key=lambda entry: entry[:2]):
        listed = ", ".join(literal(keyword) for keyword in keywords if keyword.strip())
        if listed and (_label(name) in _own_headings() or (len(groups) == 1 and _label(name) in _PLAIN_LABELS)):
            lines.append(literal_start(", ".join(keyword for keyword in keywords if keyword.strip())))
        elif name.strip() and listed:
            lines.append(f"**{literal(name).rstrip(':')}:** {listed}")
        elif name.strip() or listed:
            lines.append(literal_start(name) if name.strip() else listed)
    return lines


def _label(name: str) -> str:
    return " ".join(name.split()).rstrip(":").casefold()


@cache
def _own_headings() -> frozenset[str]:
    """What the section itself is called in every language: a group of that name needs no label under it."""
    return frozenset(words["skills"].casefold() for words in read_yaml("headings.yaml").values())


def ordered_bullets(parent: str, bullets: Sequence[Bullet], wording: Wording) -> list[str]:
    """The texts shown under a parent, in order. A parent whose order is empty or unknown shows all of its own."""
    by_id = {bullet.id: bullet for bullet in bullets}
    order = [bullet for bullet in wording.bullet_order.get(parent, ()) if bullet in by_id] or list(by_id)
    texts = (wording.rewrites.get(bullet, by_id[bullet].text) or by_id[bullet].text for bullet in order)
    return [text for text in map(one_line, texts) if text]


def bullet_texts(profile: Profile, wording: Wording) -> dict[str, list[dict[str, str]]]:
    """Per role and project: what is shown, each text with the id of the bullet it tells."""
    found: dict[str, list[dict[str, str]]] = {}
    parts: tuple[Role | Project, ...] = (*profile.roles, *profile.volunteer, *profile.projects)
    for part in parts:
        by_id = {bullet.id: bullet for bullet in part.bullets}
        order = [bullet for bullet in wording.bullet_order.get(part.id, ()) if bullet in by_id] or list(by_id)
        found[part.id] = [{"id": bullet, "text": wording.rewrites.get(bullet, by_id[bullet].text)} for bullet in order]
    return found


def _date_line(period: str, *rest: str) -> list[str]:
    """Dates and places in one line of emphasis; a link stays outside of it, so that it remains one."""
    plain = [literal(part) for part in (period, *rest) if part.strip() and not part.startswith("[")]
    links = [part for part in rest if part.startswith("[")]
    emphasis = f"*{' | '.join(plain)}*" if plain else ""
    line = " | ".join(part for part in (emphasis, *links) if part)
    return [line] if line else []


def _bullet_list(texts: Sequence[str]) -> list[str]:
    return ["\n".join(f"- {literal_start(text)}" for text in texts)] if texts else []


def _sentences(*texts: str) -> str:
    joined = []
    for text in texts:
        line = one_line(text)
        if line:
            joined.append(line if line[-1] in ".!?。！？" else f"{line}.")
    return " ".join(joined)
