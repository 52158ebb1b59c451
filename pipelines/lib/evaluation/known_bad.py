"""Answers known to be bad, made from a good one: what no scorer notices, no evaluation may rest on.

They are planted in every evaluation before anything is counted, and are the table of the scorers' tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from api.generation.rules.answer import format_answer, known_ids, parse_answer
from api.generation.rules.wording import Wording
from pipelines.lib.evaluation.prompts import EvaluationPrompt
from pipelines.lib.evaluation.scorers import Scores, score_answer

Damage = Callable[[str, EvaluationPrompt], str]
Notices = Callable[[Scores, Scores], bool]


def in_summary(sentence: str) -> Damage:
    """Put a sentence in front of the summary."""

    def damage(answer: str, prompt: EvaluationPrompt) -> str:
        return reworded(answer, prompt, lambda wording: replace(wording, summary=f"{sentence} {wording.summary}"))

    return damage


def reworded(answer: str, prompt: EvaluationPrompt, change: Callable[[Wording], Wording]) -> str:
    """The answer with its wording changed."""
    return format_answer(change(parse_answer(answer, prompt.profile)))


def in_bullet(rewrite: Callable[[str], str]) -> Damage:
    """Change the first bullet that can be rewritten, as the person wrote it."""

    def damage(answer: str, prompt: EvaluationPrompt) -> str:
        _, bullets = known_ids(prompt.profile)
        fact = next(fact for fact in prompt.profile.facts() if fact.id in bullets)
        return reworded(
            answer,
            prompt,
            lambda wording: replace(wording, rewrites={**wording.rewrites, fact.id: rewrite(fact.text)}),
        )

    return damage


def without_line(mark: str) -> Damage:
    """Leave out a mark of the form."""
    return lambda answer, prompt: answer.replace(f"{mark}\n", "", 1)


def is_malformed(bad: Scores, good: Scores) -> bool:
    """The form was refused."""
    return not bad.valid


def is_unfaithful(bad: Scores, good: Scores) -> bool:
    """A statement was found that no fact supports."""
    return bad.valid and len(bad.unsupported) > len(good.unsupported)


def is_overlong(bad: Scores, good: Scores) -> bool:
    """A part was longer than the prompt allows."""
    return bad.too_long


KNOWN_BAD: Mapping[str, tuple[Damage, Notices]] = {
    "empty_object": (lambda answer, prompt: "{}", is_malformed),
    "chatty": (lambda answer, prompt: f"Sure, here is the resume:\n{answer}", is_malformed),
    "fenced": (lambda answer, prompt: f"```\n{answer}```\n", is_malformed),
    "cut_off": (lambda answer, prompt: answer[: len(answer) // 2], is_malformed),
    "part_missing": (without_line("# ORDER"), is_malformed),
    "unknown_bullet": (
        lambda answer, prompt: answer.replace("# END", "[role-000000] Led the company.\n# END"),
        is_malformed,
    ),
    "invented_degree": (in_summary("Holds a PhD in Astrophysics from the University of Nowhere."), is_unfaithful),
    "invented_employer": (in_summary("Worked five years at Globex Corporation."), is_unfaithful),
    "invented_number": (in_bullet(lambda text: f"Saved 987,654 USD: {text}"), is_unfaithful),
    "inflated_number": (
        in_bullet(lambda text: re.sub(r"\d+", lambda found: f"{int(found[0]) * 9 + 7}", text) + " by 4711 %"),
        is_unfaithful,
    ),
    "invented_tool": (in_bullet(lambda text: f"{text.rstrip('.')}, using Zyxwal and Quuxbase"), is_unfaithful),
    "invented_skill": (
        lambda answer, prompt: answer.replace("# SKILLS\n", "# SKILLS\nUnderwater Welding\n"),
        is_unfaithful,
    ),
    "rambling": (in_bullet(lambda text: " ".join((text.split() * 60)[:60])), is_overlong),
}


def silent_scorers(prompts: Sequence[EvaluationPrompt], *, as_of_year_month: tuple[int, int]) -> list[str]:
    """Names of planted faults that went unnoticed on any of the prompts; empty when every scorer fires.

    Faults are planted in the person's own words. Prompts whose own words are no clean answer are skipped; when none is
    left nothing is proven, which is a fault too.
    """
    silent: set[str] = set()
    planted = 0
    for prompt in prompts:
        answer = own_words(prompt)
        good = score_answer(prompt, answer, as_of_year_month=as_of_year_month)
        if not good.faithful or good.too_long:
            continue
        planted += 1
        for name, (damage, notices) in KNOWN_BAD.items():
            if not notices(score_answer(prompt, damage(answer, prompt), as_of_year_month=as_of_year_month), good):
                silent.add(name)
    return sorted(silent) if planted else ["no prompt to plant a fault in"]


def own_words(prompt: EvaluationPrompt) -> str:
    """An answer that repeats the person's bullets."""
    _, bullets = known_ids(prompt.profile)
    facts = {fact.id: fact.text for fact in prompt.profile.facts() if fact.id in bullets}
    return format_answer(Wording(summary="", rewrites=facts))
