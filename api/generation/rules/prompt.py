"""The one prompt, used when a resume is written and when a training example is built.

Serving and training must see the same text, so both call this function. The job ad, the facts and the trait bands go
in as JSON: a line break, a forged marker or a hidden instruction inside them stays a quoted string. Contact data and
raw answers of the conversation have no way in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.generation.rules.data_files import read_yaml
from api.generation.rules.framing import framing_named
from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.markdown_text import one_line
from api.profile.rules.profile import Profile

PROMPT_VERSION: str = str(read_yaml("prompt.yaml")["version"])
_MOST_AD_CHARACTERS = 12_000
_MOST_FACT_CHARACTERS = 600
_MOST_FACTS = 400
_MOST_KEYWORDS = 60
_INERT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "`": "\\u0060", "\u2028": "\\u2028",
                        "\u2029": "\\u2029", "\u0085": "\\u0085", "\x7f": "\\u007f"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class JobBrief:
    """An ad for the prompt: its analysis, and its text where the caller may use it."""

    analysis: JobAnalysis
    text: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent: the standing instruction, the data of this case, and the version of both."""

    system_instruction: str
    contents: str
    prompt_version: str


def build_prompt(
    profile: Profile,
    analysis_or_brief: JobAnalysis | JobBrief,
    framing: str,
    trait_bands: Mapping[str, str] | None,
) -> Prompt:
    """The prompt for a profile, an ad and a framing. Equal input gives equal text; its size is bounded.

    `trait_bands` are words such as "high" by trait name, or None when the person gave none.
    """
    brief = analysis_or_brief if isinstance(analysis_or_brief, JobBrief) else JobBrief(analysis_or_brief)
    chosen = framing_named(framing)
    lines = (
        data_line("JOB", _job(brief)),
        data_line("FACTS", _facts(profile)),
        data_line("TRAITS", dict(sorted((trait_bands or {}).items()))),
        data_line("FRAMING", {"name": chosen.name, "description": chosen.description}),
    )
    return Prompt(str(read_yaml("prompt.yaml")["system"]).strip(), "\n".join(lines), PROMPT_VERSION)


def data_line(name: str, data: Any) -> str:
    """One line of a prompt: a name, and data as JSON in which no character can be taken for markup or a line end."""
    return f"{name} {json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(',', ':')).translate(_INERT)}"


def _job(brief: JobBrief) -> dict[str, Any]:
    analysis = brief.analysis
    job: dict[str, Any] = {
        "title": one_line(analysis.title)[:120],
        "jobFamily": analysis.job_family,
        "seniority": analysis.seniority,
        "language": analysis.language,
        "keywords": [
            {"name": keyword.name, "requirement": keyword.requirement} for keyword in analysis.keywords[:_MOST_KEYWORDS]
        ],
    }
    if brief.text:
        job["text"] = brief.text[:_MOST_AD_CHARACTERS]
    return job


def _facts(profile: Profile) -> list[dict[str, str]]:
    facts: list[dict[str, str]] = []
    for fact in profile.facts():
        if len(facts) == _MOST_FACTS:
            break
        entry = {"id": fact.id, "kind": fact.kind, "text": one_line(fact.text)[:_MOST_FACT_CHARACTERS]}
        if fact.parent_id:
            entry["parent"] = fact.parent_id
        facts.append(entry)
    return facts
