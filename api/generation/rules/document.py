"""The page: facts from the profile, words from a wording, as Markdown and as JSON.

Names, employers, titles, dates and degrees are taken from the profile here and from nowhere else. Contact data is not
part of the body: it is put in when a page is rendered (DESIGN D4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from api.generation.rules.data_files import read_yaml
from api.generation.rules.document_entries import (
    bullet_texts,
    degree_block,
    item_line,
    project_block,
    role_block,
    skill_lines,
)
from api.generation.rules.markdown_text import literal, literal_heading, literal_start
from api.generation.rules.page_fit import STEPS
from api.generation.rules.tenure import newest_first
from api.generation.rules.wording import SECTIONS, ComposeOptions, Wording
from api.profile.rules.profile import Profile

Words = dict[str, str]


def page_words(language: str) -> Words:
    """Section names and small words of that language; English where the language has none."""
    table: dict[str, Words] = read_yaml("headings.yaml")
    return table.get(language.split("-")[0].lower(), table["en"])


def shown_sections(wording: Wording, options: ComposeOptions) -> tuple[str, ...]:
    """The sections in order: the person's choice, else the wording's and then those it does not name."""
    if options.sections is not None:
        return tuple(dict.fromkeys(options.sections))
    chosen = wording.sections or SECTIONS
    return (*chosen, *(section for section in SECTIONS if section not in chosen))


def assemble_markdown(profile: Profile, wording: Wording, *, options: ComposeOptions, language: str) -> str:
    """The body of the resume as Markdown, without contact block; sections without content are left out."""
    words = page_words(language)
    profile = newest_first(profile)
    step = STEPS[options.tight - 1] if options.tight else None
    short, roomy = options.pages == 1 or step is not None, step is None
    items = step.items if step else None
    projects = profile.projects[: step.projects if step else None]
    volunteer = profile.volunteer[: step.volunteers if step else None]
    builders: dict[str, Callable[[], Sequence[str]]] = {
        "summary": lambda: [literal_start(text)] if (text := wording.summary.strip()) else [],
        "experience": lambda: [role_block(role, wording, words, language, short=short) for role in profile.roles],
        "volunteering": lambda: [role_block(role, wording, words, language, short=short) for role in volunteer],
        "education": lambda: [
            degree_block(degree, wording, words, language, courses=roomy) for degree in profile.degrees
        ],
        "projects": lambda: [project_block(project, wording, words, language, keywords=roomy) for project in projects],
        "skills": lambda: skill_lines(profile, wording),
        "certificates": lambda: _items(item_line(item, language) for item in profile.certificates[:items]),
        "awards": lambda: _items(item_line(item, language, summary=not short) for item in profile.awards[:items]),
        "publications": lambda: _items(
            item_line(item, language, summary=not short) for item in profile.publications[:items]
        ),
        "languages": lambda: _languages(profile),
        "interests": lambda: _items(
            literal_start(": ".join(part for part in (item.title, ", ".join(item.keywords)) if part))
            for item in profile.interests
        ),
    }
    blocks: list[str] = []
    for section in shown_sections(wording, options):
        content = [block for block in builders[section]() if block] if section in builders else []
        if content:
            blocks.append(f"## {literal_heading(words[section])}")
            blocks.extend(content)
    return "\n\n".join(blocks) + "\n" if blocks else ""


def structured_content(profile: Profile, wording: Wording) -> dict[str, Any]:
    """The same page as JSON for search, edits and training: facts with ids, words beside them, no contact data."""
    bullets = bullet_texts(profile, wording)
    return {
        "summary": wording.summary,
        "sections": list(wording.sections or SECTIONS),
        "experience": [
            {"id": role.id, "title": role.title, "employer": role.employer, "start": role.start, "end": role.end,
             "bullets": bullets[role.id]}
            for role in profile.roles
        ],
        "volunteering": [
            {"id": role.id, "title": role.title, "employer": role.employer, "start": role.start, "end": role.end,
             "bullets": bullets[role.id]}
            for role in profile.volunteer
        ],
        "education": [
            {"id": degree.id, "studyType": degree.study_type, "area": degree.area, "institution": degree.institution,
             "start": degree.start, "end": degree.end}
            for degree in profile.degrees
        ],
        "projects": [
            {"id": project.id, "name": project.name, "bullets": bullets[project.id]} for project in profile.projects
        ],
        "skillOrder": list(wording.skill_order),
        "rewrites": dict(wording.rewrites),
        "bulletOrder": {parent: list(order) for parent, order in wording.bullet_order.items()},
    }  # fmt: skip


def _items(lines: Any) -> list[str]:
    joined = "\n".join(f"- {line}" for line in lines if line)
    return [joined] if joined else []


def _languages(profile: Profile) -> list[str]:
    shown = [
        literal(f"{skill.language} ({skill.fluency})" if skill.fluency else skill.language)
        for skill in profile.languages
        if skill.language
    ]
    return [", ".join(shown)] if shown else []
