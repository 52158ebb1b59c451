"""Whether a candidate may take the place of the current model, and why not. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.lib.evaluation.scorers import Summary
from pipelines.lib.evaluation.statistics import WinRate

MIN_PROMPTS = 200
MIN_PEOPLE = 20
"""Below this, a person-clustered interval is too narrow more often than it says."""
MOST_UNREADABLE = 0.05
PROMOTABLE, REFUSED = "promotable", "refused"
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reasons` is empty exactly when the candidate may be promoted."""

    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """As the table keeps it."""
        return REFUSED if self.reasons else PROMOTABLE


def decide(
    wins: WinRate, candidate: Summary, current: Summary, *, unreadable: float, silent_scorers: Sequence[str]
) -> Verdict:
    """The rule: enough prompts and people, a lower bound above one half, and faithfulness no worse.

    `unreadable` is the share of judgements that were no judgement; `silent_scorers` are planted faults nobody noticed.
    """
    reasons = [f"a scorer did not notice a planted fault: {name}" for name in silent_scorers]
    if wins.prompts < MIN_PROMPTS:
        reasons.append(f"{wins.prompts} test prompts, {MIN_PROMPTS} are needed: build a dataset with more people")
    if wins.people < MIN_PEOPLE:
        reasons.append(f"{wins.people} test people, {MIN_PEOPLE} are needed: build a dataset with more people")
    if wins.lower <= 0.5:
        reasons.append(f"the win rate is {wins.rate:.3f} with a lower bound of {wins.lower:.3f}, not above 0.5")
    if candidate.faithful < current.faithful:
        reasons.append(
            f"{candidate.faithful:.3f} of its answers hold to the facts, {current.faithful:.3f} of the current model's"
        )
    if unreadable > MOST_UNREADABLE:
        reasons.append(f"{unreadable:.3f} of the judgements could not be read, at most {MOST_UNREADABLE} may")
    return Verdict(tuple(reasons))


def promotion_problem(evaluation: Mapping[str, Any], *, synthetic: bool, environment: str) -> str | None:
    """Why a model with this `models.evaluation` may not be promoted here; None when it may.

    `synthetic` is the model's own mark: whichever of model and evaluation came from the stand-in, no real person may
    get its words.
    """
    verdict = evaluation.get("verdict")
    if verdict is None:
        return "the model is not evaluated yet: materialise model_evaluation"
    if verdict != PROMOTABLE:
        reasons = "; ".join(map(str, evaluation.get("reasons") or ["no reason is recorded"]))
        return f"the evaluation refused the model: {reasons}"
    if (synthetic or evaluation.get("synthetic", True)) and environment != LOCAL:
        return "no real model was evaluated (the stand-in answered): it can be promoted only with ENVIRONMENT=local"
    return None
