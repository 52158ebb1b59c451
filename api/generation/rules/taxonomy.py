"""The skill vocabulary: what counts as a skill, under which spellings, and when a spelling is in doubt.

The vocabulary is the project's own, versioned and kept in data files, because every figure about matching depends on
it. A *surface* is a spelling in lower case; several surfaces lead to one skill.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from api.generation.rules.data_files import read_yaml, taxonomy_files

_SIGNS = {"+": "-plus", "#": "-sharp", "&": "-and"}


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill with a stable id. `category` is the field of work, `family` the kind within it.

    `generic` tells a subject ("microservices") from a tool or a name ("Docker").
    """

    id: str
    name: str
    category: str
    family: str
    aliases: tuple[str, ...]
    generic: bool


@dataclass(frozen=True, slots=True)
class Surface:
    """One spelling of a skill. `exact` is the required spelling of capitals, or None when capitals do not matter."""

    text: str
    skill_id: str
    exact: str | None


@dataclass(frozen=True, slots=True)
class ContextRule:
    """What must stand around a doubtful surface for it to count; see `taxonomy_rules.yaml`.

    `free`: nothing must, the rule only rules out. `unless`: words nearby that show another meaning.
    """

    near: frozenset[str]
    before: frozenset[str]
    after: frozenset[str]
    not_before: frozenset[str]
    not_after: frozenset[str]
    unless: re.Pattern[str] | None
    free: bool


@dataclass(frozen=True, slots=True, eq=False)
class Taxonomy:
    """The vocabulary of one version: skills by id, surfaces by their lower-case text, rules by surface."""

    version: str
    skills: Mapping[str, Skill]
    surfaces: Mapping[str, tuple[Surface, ...]]
    context: Mapping[str, ContextRule]
    window: int
    vendors: frozenset[str]
    vendor_before: frozenset[str]
    vendor_after: tuple[str, ...]

    def skill(self, skill_id: str) -> Skill:
        """The skill of that id; KeyError when the vocabulary has none."""
        return self.skills[skill_id]


def skill_identifier(name: str) -> str:
    """A readable stable id of a skill name: `C++` is `c-plus-plus`, `.NET` is `dot-net`, `CI/CD` is `ci-cd`."""
    text = name.lower()
    if text.startswith("."):
        text = "dot-" + text[1:]
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    return re.sub(r"[^\w]+", "-", text).strip("-")


@cache
def load_taxonomy() -> Taxonomy:
    """The vocabulary of this release. Cached: it never changes while the process lives.

    Raises ValueError when two skills claim one name or one spelling, which a test turns into a failing build.
    """
    rules = read_yaml("taxonomy_rules.yaml")
    skills: dict[str, Skill] = {}
    surfaces: dict[str, list[Surface]] = {}
    derived: list[Surface] = []
    for file_name in taxonomy_files():
        document = read_yaml(file_name)
        for family, content in document["families"].items():
            for line in content["skills"]:
                skill, spellings = _parse_line(str(line), document["category"], family, bool(content["generic"]))
                if skill.id in skills:
                    raise ValueError(f"{file_name}: {skill.name!r} is listed twice")
                skills[skill.id] = skill
                for spelling in spellings:
                    listed, *others = _variants(spelling, skill.id, generic=skill.generic)
                    _add(surfaces, listed)
                    derived.extend(others)
    for surface in derived:  # a plural that is another skill's own spelling stays with that skill
        if surface.text not in surfaces:
            surfaces[surface.text] = [surface]
    return Taxonomy(
        version=str(rules["version"]),
        skills=skills,
        surfaces={text: tuple(found) for text, found in surfaces.items()},
        context={str(text): _rule(raw) for text, raw in rules["context"].items()},
        window=int(rules["window"]),
        vendors=frozenset(rules["vendors"]),
        vendor_before=frozenset(rules["vendor_before"]),
        vendor_after=tuple(rules["vendor_after"]),
    )


def _parse_line(line: str, category: str, family: str, generic: bool) -> tuple[Skill, tuple[str, ...]]:
    spellings = tuple(part.strip() for part in line.split(" | "))
    name = spellings[0].removeprefix("=")
    aliases = tuple(spelling.removeprefix("=") for spelling in spellings[1:])
    return Skill(skill_identifier(name), name, category, family, aliases, generic), spellings


def _variants(spelling: str, skill_id: str, *, generic: bool) -> list[Surface]:
    """The spelling itself and, for plain nouns, its plural or singular. Acronyms and short words stay untouched."""
    exact = spelling.startswith("=")
    word = spelling.removeprefix("=")
    found = [Surface(word.lower(), skill_id, word if exact else None)]
    last = re.split(r"[\s/-]", word)[-1]
    if last.lower() in read_yaml("taxonomy_rules.yaml")["fixed_number"]:
        return found
    if not generic or exact or not last.isascii() or not last.isalpha() or len(last) < 3:
        return found
    lower = word.lower()
    if last.isupper():
        found.append(Surface(lower + "s", skill_id, None))
    elif lower.endswith("s"):
        if len(last) > 4 and not lower.endswith(("ss", "us", "is", "ics")):
            found.append(Surface(lower[:-1], skill_id, None))
    elif not lower.endswith(("ing", "y")):
        found.append(Surface(lower + "s", skill_id, None))
    return found


def _add(surfaces: dict[str, list[Surface]], surface: Surface) -> None:
    known = surfaces.setdefault(surface.text, [])
    for other in known:
        if other.skill_id == surface.skill_id and (other.exact is None or other.exact == surface.exact):
            return
        if other.skill_id != surface.skill_id and (other.exact == surface.exact):
            raise ValueError(f"{surface.text!r} means both {other.skill_id} and {surface.skill_id}")
    known.append(surface)


def _rule(raw: Mapping[str, Any]) -> ContextRule:
    keys = ("near", "before", "after", "not_before", "not_after")
    near, before, after, not_before, not_after = (frozenset(map(str, raw.get(key, ()))) for key in keys)
    unless = re.compile(str(raw["unless"])) if "unless" in raw else None
    return ContextRule(near, before, after, not_before, not_after, unless, free="free" in raw)
