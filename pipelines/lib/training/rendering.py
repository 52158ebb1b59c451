"""A supervised row from an example: the prompt serving would send, and the answer that got the interview.

Prompt and answer come from the same two functions that serving calls, so that the model trains on exactly what it will
be asked. Nothing of the outcome goes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.generation.rules.answer import format_answer
from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.prompt import JobBrief, Prompt, build_prompt
from api.generation.rules.wording import Wording
from api.profile.rules.view import build_profile
from pipelines.lib.training.example import TrainingExample

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """The texts of a row before personal data is removed."""

    system: str
    user: str
    answer: str
    prompt_version: str


def render(example: TrainingExample) -> Rendered | None:
    """The texts of a row; None when facts, ad or wording are not there (never exported, or withdrawn)."""
    if example.profile_facts is None or example.job_ad_analysis is None or example.content is None:
        return None
    if not example.framing or not example.job_ad_text:
        return None
    wording = wording_of(example.content)
    if wording is None:
        return None
    prompt = prompt_of(example)
    answer = format_answer(wording)
    return Rendered(prompt.system_instruction, prompt.contents, answer, prompt.prompt_version)


def prompt_of(example: TrainingExample) -> Prompt:
    """The prompt that serving sent for this example."""
    profile = build_profile(dict(example.profile_facts or {}))
    analysis = JobAnalysis.model_validate(dict(example.job_ad_analysis or {}))
    brief = JobBrief(analysis, example.job_ad_text or "")
    return build_prompt(profile, brief, example.framing or "neutral", example.trait_bands)


def wording_of(content: Mapping[str, Any]) -> Wording | None:
    """The wording inside the stored structured content; None when a part is missing or of the wrong shape.

    An edited version keeps no rewrites by bullet id, so it teaches nothing a model could answer.
    """
    rewrites, orders, skills = content.get("rewrites"), content.get("bulletOrder"), content.get("skillOrder")
    if not isinstance(rewrites, Mapping) or not isinstance(orders, Mapping) or not isinstance(skills, list):
        return None
    return Wording(
        summary=str(content.get("summary") or ""),
        rewrites={str(key): str(text) for key, text in rewrites.items()},
        bullet_order={str(key): tuple(map(str, order)) for key, order in orders.items()},
        skill_order=tuple(map(str, skills)),
        sections=tuple(map(str, content.get("sections") or ())),
    )


def supervised_row(system: str, user: str, answer: str) -> Row:
    """The row in Gemini's format for supervised tuning."""
    return {
        "systemInstruction": {"role": "system", "parts": [{"text": system}]},
        "contents": [
            {"role": "user", "parts": [{"text": user}]},
            {"role": "model", "parts": [{"text": answer}]},
        ],
    }
