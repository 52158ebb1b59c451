"""The plain form in which a model answers, read strictly and written canonically.

A response schema lowers the quality of tuned models, so the form is plain text by bullet id. It is read without
mercy: a truncated or chatty answer is an error, because half an answer cannot be told from a short one. The writer
is the exact inverse and makes the training targets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from api.generation.rules.markdown_text import one_line
from api.generation.rules.wording import Wording
from api.profile.rules.profile import Profile, Project, Role

_MARKS = ("# SUMMARY", "# SKILLS", "# ORDER", "# BULLETS", "# END")
_ENTRY = re.compile(r"\[([^\[\]\s]{1,200})\] (.+)")
_MOST_CHARACTERS = 60_000
_MOST_LINE = 2_000


class MalformedAnswer(ValueError):  # noqa: N818 - named as the record of a run names it
    """An answer that is not in the agreed form. The message says where, never what."""


def parse_answer(text: str, profile: Profile) -> Wording:
    """Read an answer. Raises MalformedAnswer for anything but the complete form with known ids.

    The form is checked here; whether the sentences are true is `fact_check.check_wording`'s work.
    """
    parts = _parts(text)
    parents, bullets = known_ids(profile)
    summary = parts["# SUMMARY"]
    if len(summary) > 1:
        raise MalformedAnswer("the summary has more than one line")
    orders: dict[str, tuple[str, ...]] = {}
    for parent, rest in _entries(parts["# ORDER"], "order"):
        order = tuple(rest.split())
        if parent not in parents or parent in orders or len(set(order)) != len(order):
            raise MalformedAnswer("the order names an unknown or repeated id")
        if any(bullet not in parents[parent] for bullet in order):
            raise MalformedAnswer("the order names a bullet of another parent")
        orders[parent] = order
    rewrites: dict[str, str] = {}
    for bullet, rewrite in _entries(parts["# BULLETS"], "bullets"):
        if bullet not in bullets or bullet in rewrites:
            raise MalformedAnswer("a rewrite has an unknown or repeated id")
        rewrites[bullet] = rewrite
    skills = tuple(line.removeprefix("- ").strip() for line in parts["# SKILLS"])
    if not (summary or orders or rewrites or skills):
        raise MalformedAnswer("the answer has the form and no content")
    return Wording(summary="".join(summary), rewrites=rewrites, bullet_order=orders, skill_order=skills)


def format_answer(wording: Wording) -> str:
    """The canonical answer for a wording: what a model is trained to write, and what `parse_answer` reads back."""
    lines = ["# SUMMARY", *_text_line(wording.summary), "# SKILLS"]
    lines += [line for skill in wording.skill_order for line in _text_line(skill)]
    lines += ["# ORDER", *(f"[{parent}] {' '.join(order)}" for parent, order in wording.bullet_order.items() if order)]
    lines += ["# BULLETS"]
    lines += [f"[{bullet}] {one_line(text)}" for bullet, text in wording.rewrites.items() if one_line(text)]
    return "\n".join([*lines, "# END"]) + "\n"


def known_ids(profile: Profile) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """The bullets of each parent that may be ordered, and all ids that may be rewritten."""
    parents: dict[str, frozenset[str]] = {}
    rewritable: set[str] = set()
    parts: tuple[Role | Project, ...] = (*profile.roles, *profile.volunteer, *profile.projects)
    for part in parts:
        own = frozenset(bullet.id for bullet in part.bullets)
        parents[part.id] = own
        rewritable |= own
    for role in (*profile.roles, *profile.volunteer):
        if role.summary:
            rewritable.add(f"{role.id}.summary")
    for degree in profile.degrees:
        parents[degree.id] = frozenset(course.id for course in degree.courses)
    return parents, frozenset(rewritable)


def _text_line(text: str) -> list[str]:
    """The text on one line; a text that looks like a mark of the form is left out, so that the form stays readable."""
    line = one_line(text)
    return [line] if line and line not in _MARKS and not line.startswith("# ") else []


def _parts(text: str) -> dict[str, list[str]]:
    if len(text) > _MOST_CHARACTERS:
        raise MalformedAnswer("the answer is too long")
    lines = [line.strip() for line in text.strip().split("\n")]
    if not lines or lines[0] != _MARKS[0] or lines[-1] != _MARKS[-1]:
        raise MalformedAnswer("the answer does not begin and end as agreed")
    parts: dict[str, list[str]] = {}
    for line in lines:
        if line in _MARKS:
            if len(parts) == len(_MARKS) or line != _MARKS[len(parts)]:
                raise MalformedAnswer("the parts of the answer are not in the agreed order")
            parts[line] = []
        elif len(line) > _MOST_LINE:
            raise MalformedAnswer("a line of the answer is too long")
        elif line.startswith(("# ", "```")):
            raise MalformedAnswer("the answer has a part that was not agreed")
        elif line:
            if not parts:
                raise MalformedAnswer("the answer has text before its first part")
            parts[list(parts)[-1]].append(line)
        if len(parts) == len(_MARKS) and line not in _MARKS:
            raise MalformedAnswer("the answer goes on after its end")
    if len(parts) != len(_MARKS):
        raise MalformedAnswer("a part of the answer is missing")
    return parts


def _entries(lines: list[str], part: str) -> Iterator[tuple[str, str]]:
    for line in lines:
        match = _ENTRY.fullmatch(line)
        if match is None:
            raise MalformedAnswer(f"a line under {part} has no id in brackets")
        yield match.group(1), match.group(2).strip()
