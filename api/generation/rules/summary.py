"""The summary at the top: who this is, what of it the ad asks for, and one thing that proves it.

Every part comes from facts: the person's own sentences, the label, skills that a fact supports, one bullet. The
framing decides the order of the parts and which bullet speaks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from api.generation.rules.data_files import read_yaml
from api.generation.rules.framing import Framing
from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.job_classes import UNKNOWN, classify_job_family
from api.generation.rules.matcher import find_skills
from api.generation.rules.phrasing import phrase_bullet
from api.generation.rules.relevance import ad_relevance, framing_fit, has_figure, skills_of
from api.generation.rules.taxonomy import load_taxonomy, skill_identifier
from api.generation.rules.tenure import tenure_years
from api.generation.rules.text_language import detect_language
from api.generation.rules.wording import ComposeOptions
from api.profile.rules.profile import Profile, Project, Role

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"“(]?[A-ZÀ-Þ])|(?<=[。！？])")
_LABEL_PARTS = re.compile(r"\s+[·•|/–—-]\s+|\s*\|\s*")
_SUBJECT_ENDINGS = ("ing", "ion", "ics", "ity", "ship", "ance", "services", "rithms")
_MOST_SKILLS = 5
_MOST_WORDS = 85
_FEWEST_YEARS = 2


def write_summary(profile: Profile, analysis: JobAnalysis, framing: Framing, options: ComposeOptions) -> str:
    """A summary of at most about 85 words, in the profile's language.

    Where the page is in another language than the profile, or no phrases of its language ship, it is the person's own.
    """
    phrases = summary_words(profile, options)
    if phrases is None:
        return " ".join(profile.summary.split())
    own = _own_sentences(profile)
    identity_own = next((sentence for sentence in own[:1] if _introduces(sentence, profile)), "")
    own_other = next((sentence for sentence in own if sentence != identity_own), "")
    parts = {
        "identity": identity_own or _identity(profile, phrases, options),
        "own": own_other,
        "skills": _skills_sentence(profile, analysis, phrases, framing, f"{identity_own} {own_other}"),
        "achievement": _achievement(profile, analysis, framing, english=phrases is _languages()["en"]),
    }
    chosen: list[str] = []
    words = 0
    for name in sorted(framing.summary, key=("identity", "skills", "achievement", "own").index):
        text = parts[name]
        if text and words + len(text.split()) <= _MOST_WORDS:
            chosen.append(name)
            words += len(text.split())
    return " ".join(parts[name] for name in framing.summary if name in chosen)


def summary_words(profile: Profile, options: ComposeOptions) -> dict[str, str] | None:
    """The phrases of the page's language when the profile is written in it too."""
    written = profile_language(profile)
    asked = options.language.split("-")[0].lower()
    return _languages().get(asked) if written in (asked, "und") else None


def profile_language(profile: Profile) -> str:
    """The language of the person's own words; `und` where they are too few to tell."""
    told = [profile.summary]
    parts: tuple[Role | Project, ...] = (*profile.roles, *profile.volunteer, *profile.projects)
    for part in parts:
        told.extend(bullet.text for bullet in part.bullets)
    return detect_language(" ".join(told))


def page_language(profile: Profile) -> str:
    """The language of a page whose language nobody chose: the profile's own, English where that cannot be told."""
    written = profile_language(profile)
    return "en" if written == "und" else written


def _languages() -> dict[str, dict[str, str]]:
    languages: dict[str, dict[str, str]] = _words()["languages"]
    return languages


def _words() -> Any:
    return read_yaml("summary_words.yaml")


def _own_sentences(profile: Profile) -> list[str]:
    """The person's own sentences that offer something, in their order."""
    first_name = profile.contact.name.split()[0].lower() if profile.contact.name.split() else ""
    kept = []
    for raw in _SENTENCE.split(" ".join(profile.summary.split())):
        sentence = re.sub(r"^My (\w)", lambda match: match.group(1).upper(), raw.strip())
        lower = sentence.lower()
        about_person = first_name and re.search(rf"\b{re.escape(first_name)}\b", lower)
        if (
            not sentence
            or about_person
            or re.search(_words()["seeking"], lower)
            or re.search(_words()["outside"], lower)
        ):
            continue
        if sentence[0] == "(" or len(sentence.split()) < 4 or len(sentence.split()) > 45:
            continue
        kept.append(sentence if sentence[-1] in ".!?" else f"{sentence}.")
    return kept


def _introduces(sentence: str, profile: Profile) -> bool:
    """Whether a sentence says who this is: it names a title, or years of work, and is not told as "I"."""
    titles = " ".join((profile.contact.label, *(role.title for role in profile.roles[:2]))).lower()
    words = set(re.findall(r"[^\W\d_]{4,}", titles)) - {"senior", "junior", "lead", "staff", "former"}
    opening = sentence.lower().split(",")[0]
    if re.search(_words()["first_person"], opening):
        return False
    return any(word in opening for word in words) or bool(re.search(_words()["years_claim"], opening))


def _identity(profile: Profile, words: Mapping[str, str], options: ComposeOptions) -> str:
    """The label or latest title, with years only where the work was of that same kind."""
    label = " ".join((profile.contact.label or (profile.roles[0].title if profile.roles else "")).split()).rstrip(".")
    if not label:
        degree = profile.degrees[0] if profile.degrees else None
        label = " in ".join(part for part in (degree.study_type, degree.area) if part) if degree else ""
    if not label:
        return ""
    family = classify_job_family(label)
    same: Sequence[Role] = [
        role for role in profile.roles if family != UNKNOWN and classify_job_family(role.title) == family
    ]
    years = tenure_years(profile, same, options.as_of_year_month)
    # "Backend Engineer · Distributed Systems": the years are those of an engineer.
    first = _LABEL_PARTS.split(label)[0]
    title = first if classify_job_family(first) == family else label
    return words["years"].format(title, years) if years >= _FEWEST_YEARS else f"{label}."


def _is_past(verb: str) -> bool:
    return verb[1:].islower() and (verb.endswith("ed") or verb.lower() in _words()["past"])


def _skills_sentence(
    profile: Profile, analysis: JobAnalysis, words: Mapping[str, str], framing: Framing, said_already: str
) -> str:
    """The ad's skills that a fact supports, by the ad's own order of importance; without an ad, the person's first."""
    taxonomy = load_taxonomy()
    claimed = _claimed_skills(profile)
    names = [keyword.name for keyword in analysis.keywords if keyword.skill_id in claimed]
    if not names:
        listed = [
            skill for group in profile.skills for keyword in group.keywords for skill in sorted(skills_of(keyword))
        ]
        names = [taxonomy.skills[skill].name for skill in dict.fromkeys(listed)][:_MOST_SKILLS]
    said = skills_of(said_already)
    fresh = [name for name in names if not any(taxonomy.skills[skill].name == name for skill in said)]
    names = (fresh if len(fresh) >= 2 else names)[:_MOST_SKILLS]
    if len(names) < 2:
        return ""
    if words is not _languages()["de"]:
        names = [_in_sentence(name) for name in names]
    phrase = f"{', '.join(names[:-1])} {words['joint']} {names[-1]}"
    return words[framing.name].format(phrase)


def _in_sentence(name: str) -> str:
    """The name of a skill as it stands within a sentence: a subject in small letters, a proper name as it is."""
    skill = load_taxonomy().skills.get(skill_identifier(name))
    first, *others = name.split(" ")
    is_word = first[1:].islower() and first.isalpha() and first not in _words()["proper"]
    if skill is None or not skill.generic or not is_word or not all(word.islower() for word in others):
        return name
    return name if not others and not name.endswith(_SUBJECT_ENDINGS) else name[0].lower() + name[1:]


def _claimed_skills(profile: Profile) -> set[str]:
    """Skills the person lists as their own, and tools a bullet calls by name. A subject that is only
    mentioned ("three on-call teams", the title of a course) is no claim."""
    claimed: set[str] = set()
    for group in profile.skills:
        claimed |= skills_of(", ".join((group.name, *group.keywords)))
    for project in profile.projects:
        claimed |= skills_of(", ".join(project.keywords))
    parts: tuple[Role | Project, ...] = (*profile.roles, *profile.projects)
    for part in parts:
        for bullet in part.bullets:
            named = (match for match in find_skills(bullet.text) if any(char.isupper() for char in match.surface))
            claimed |= {match.skill_id for match in named}
    return claimed


def _achievement(profile: Profile, analysis: JobAnalysis, framing: Framing, *, english: bool) -> str:
    """The bullet that proves most for this ad in this framing, recent roles first, as a sentence.

    Who speaks of themselves as "I" goes on doing so.
    """
    weights = analysis.skill_weights()
    best: tuple[float, Role, str] | None = None
    for index, role in enumerate(profile.roles[:4]):
        for bullet in role.bullets:
            if len(bullet.text.split()) > 28 or len(bullet.text.split()) < 4:
                continue
            worth = ad_relevance(bullet.text, weights) + 1.5 * framing_fit(bullet.text, framing)
            opening = phrase_bullet(bullet.text, verbs={}, english=english).partition(" ")[0]
            worth -= 6.0 if english and not _is_past(opening) else 0.0
            worth += (2.0 if has_figure(bullet.text) else 0.0) - 2.0 * index
            if best is None or worth > best[0]:
                best = (worth, role, bullet.text)
    if best is None:
        return ""
    sentence = phrase_bullet(best[2], verbs=framing.verbs, english=english).rstrip(".")
    if not english:
        return f"{sentence}."
    speaker = "I " if re.search(r"\bI\b", profile.summary) else ""
    employer = " ".join(best[1].employer.split()).rstrip(".")
    first, _, rest = sentence.partition(" ")
    if employer and employer.lower() not in _words()["no_employer"] and _is_past(first):
        return f"At {employer}, {speaker}{first.lower()} {rest}."
    return f"{speaker}{first.lower()} {rest}." if speaker and _is_past(first) else f"{sentence}."
