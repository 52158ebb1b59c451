"""What an ad asks for besides skills: degrees, years, seniority, presence at a place.

Read from the ad's own words by the patterns of `ad_words.yaml`; a thing the ad does not say is `unknown`, never
guessed from the title of somebody else's job.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from api.generation.rules.ad_negation import denied_places
from api.generation.rules.ad_sections import Clause, Requirement
from api.generation.rules.data_files import read_yaml
from api.generation.rules.folding import fold_case, fold_characters

Seniority = Literal["intern", "junior", "mid", "senior", "lead", "executive", "unknown"]
Presence = Literal["remote", "hybrid", "onsite", "unknown"]
DegreeLevel = Literal["doctorate", "master", "bachelor", "associate", "vocational", "secondary"]
_MOST_YEARS = 25
_BEGINNING = 160
_AGES = (16, 18, 21)


class DegreeWish(BaseModel):
    """A degree the ad names. `evidence` is the ad's own wording."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    level: DegreeLevel
    requirement: Requirement
    equivalent_accepted: bool
    evidence: str


@cache
def ad_pattern(name: str) -> re.Pattern[str]:
    """The compiled pattern of that name in `ad_words.yaml`."""
    words: Any = read_yaml("ad_words.yaml")
    return re.compile(words[name])


@cache
def _levels(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    words: Any = read_yaml("ad_words.yaml")
    return tuple((row["level"], re.compile(row["pattern"])) for row in words[name])


def find_degrees(text: str, clauses: Sequence[Clause]) -> list[DegreeWish]:
    """Each level of degree the ad names, once, with the strongest requirement it puts on it."""
    folded = fold_case(fold_characters(text))
    found: dict[str, DegreeWish] = {}
    for clause in clauses:
        piece = folded[clause.start : clause.end]
        named = [(level, match.span()) for level, pattern in _levels("degrees") for match in pattern.finditer(piece)]
        denied = denied_places(piece, [span for _, span in named]) if named else frozenset()
        for level in dict.fromkeys(level for level, span in named if span[0] not in denied):
            if level in found and found[level].requirement == "must":
                continue
            found[level] = DegreeWish(
                level=level,
                requirement=clause.requirement,
                equivalent_accepted=bool(ad_pattern("equivalent").search(piece)),
                evidence=text[clause.start : clause.end].strip()[:200],
            )
    return list(found.values())


def find_years(text: str, clauses: Sequence[Clause]) -> int | None:
    """The years of experience the ad requires: the largest it requires anywhere, None when it names none."""
    words: Any = read_yaml("ad_words.yaml")["number_words"]
    folded = fold_case(fold_characters(text))
    required: list[int] = []
    for clause in clauses:
        if clause.requirement != "must":
            continue
        piece = folded[clause.start : clause.end]
        for match in ad_pattern("years").finditer(piece):
            before, after = piece[max(0, match.start() - 60) : match.start()], piece[match.end() : match.end() + 60]
            around = f"{match.group()}{after[:14]}"
            if ad_pattern("years_not").search(before[-24:]) or ad_pattern("years_not").search(around):
                continue
            years = int(words.get(match["low"], match["low"].split(".")[0].split(",")[0]))
            said = f"{before[-20:]} {match.group()} {after[:10]}"
            in_context = ad_pattern("years_context").search(f"{before} {match.group()} {after}")
            if not in_context and (years in _AGES or not ad_pattern("years_bound").search(said)):
                continue
            if years <= _MOST_YEARS and (years or match["high"]):
                required.append(years)
    return max(required) if required else None


def find_seniority(title: str, text: str, years: int | None) -> Seniority:
    """The level of the job: by its title and the line it stands in, else by a level said as such, else by years.

    The first words of an ad without a title are read as one. Beside a title they are not: "a leader in payments" is the
    employer, "reports to the Director" somebody else.
    """
    beginning = text[:_BEGINNING]
    heading = next((line for line in beginning.splitlines() if title and title in line and len(line) <= 90), "")
    for source in (title, heading) if title else (beginning,):
        folded = fold_case(fold_characters(source))
        for level, pattern in _levels("seniority"):
            if pattern.search(folded):
                return level  # type: ignore[return-value]
    folded = fold_case(fold_characters(text[: _BEGINNING * 10]))
    for level, pattern in _levels("seniority_said"):
        if pattern.search(folded):
            return level  # type: ignore[return-value]
    if years is None:
        return "unknown"
    return "senior" if years >= 5 else "mid" if years >= 2 else "junior"


def find_presence(text: str) -> Presence:
    """Where the work is done. An office part of the week makes a job hybrid, whatever else it says."""
    folded = fold_case(fold_characters(text))
    kinds: tuple[Presence, ...] = ("hybrid", "onsite", "remote")
    named = [(kind, match.span()) for kind in kinds for match in ad_pattern(kind).finditer(folded)]
    denied = denied_places(folded, [span for _, span in named]) if named else frozenset()
    said = {kind for kind, span in named if span[0] not in denied}
    if ad_pattern("remote_or_onsite").search(folded) and "hybrid" not in said and "remote" in said:
        return "remote"
    if not said and any(kind != "onsite" for kind, _ in named):  # "no home office"
        return "onsite"
    return next((kind for kind in kinds if kind in said), "unknown")
