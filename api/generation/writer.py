"""Chooses who writes: the tuned or base model on Vertex AI, or the deterministic composer; then checks every fact.

The composer is the default without cloud credentials and the fallback when the model times out, refuses or answers
badly. Whoever wrote, each sentence passes the same fact check, and what fails is replaced by the person's own words.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import structlog

from api.generation.rules.answer import MalformedAnswer, parse_answer
from api.generation.rules.composer import compose
from api.generation.rules.cost import generation_cost
from api.generation.rules.fact_check import Rejection, check_wording
from api.generation.rules.prompt import PROMPT_VERSION, JobBrief, Prompt, build_prompt
from api.generation.rules.wording import ComposeOptions, Wording
from api.generation.vertex.provider import ModelAnswer, VertexError, VertexProvider
from api.profile.rules.profile import Profile

log = structlog.get_logger(__name__)

MODEL_DEADLINE_SECONDS = 45.0


@dataclass(frozen=True, slots=True)
class Written:
    """A checked wording and the record of how it came to be. `latency_ms` is of the writing alone.

    `error_code` is the kind of fault that made the composer write; tokens and cost are then of the failed answer.
    """

    wording: Wording
    rejected: tuple[Rejection, ...]
    provider: str
    model: str | None
    prompt_version: str
    degraded: bool
    error_code: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost: Decimal | None
    latency_ms: int


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why the model's words are not used, and the tokens they were counted with."""

    kind: str
    model: str | None
    input_tokens: int | None
    output_tokens: int | None


class Writer:
    """Writes a wording for a profile and an ad in a framing."""

    def __init__(self, vertex: VertexProvider | None) -> None:
        self._vertex = vertex

    async def write(
        self,
        profile: Profile,
        job: JobBrief,
        framing: str,
        trait_bands: Mapping[str, str] | None,
        options: ComposeOptions,
    ) -> Written:
        """Write and check. Never fails because a model does: the composer answers instead, with `degraded`."""
        started = time.perf_counter()
        failure: _Failure | None = None
        if self._vertex is not None:
            prompt = build_prompt(profile, job, framing, trait_bands)
            found = await self._ask(self._vertex, prompt, profile)
            if not isinstance(found, _Failure):
                answer, wording = found
                checked = check_wording(wording, profile, as_of_year_month=options.as_of_year_month)
                return Written(
                    wording=checked.wording,
                    rejected=checked.rejected,
                    provider="vertex",
                    model=answer.model,
                    prompt_version=prompt.prompt_version,
                    degraded=False,
                    error_code=None,
                    input_tokens=answer.input_tokens,
                    output_tokens=answer.output_tokens,
                    cost=generation_cost(answer.model, answer.input_tokens, answer.output_tokens),
                    latency_ms=round((time.perf_counter() - started) * 1000),
                )
            failure = found
            log.warning("model_fallback", provider="vertex", error_code=failure.kind)
        checked = check_wording(
            compose(profile, job.analysis, framing, options=options), profile, as_of_year_month=options.as_of_year_month
        )
        return Written(
            wording=checked.wording,
            rejected=checked.rejected,
            provider="composer",
            model=None,
            prompt_version=PROMPT_VERSION,
            degraded=failure is not None,
            error_code=failure.kind if failure else None,
            input_tokens=failure.input_tokens if failure else None,
            output_tokens=failure.output_tokens if failure else None,
            cost=generation_cost(failure.model, failure.input_tokens, failure.output_tokens) if failure else None,
            latency_ms=round((time.perf_counter() - started) * 1000),
        )

    @staticmethod
    async def _ask(vertex: VertexProvider, prompt: Prompt, profile: Profile) -> tuple[ModelAnswer, Wording] | _Failure:
        """The model's answer and its wording, or what went wrong and what it cost all the same."""
        try:
            answer = await vertex.write(prompt, deadline_seconds=MODEL_DEADLINE_SECONDS)
        except VertexError as error:
            return _Failure(error.kind, vertex.model_name, error.input_tokens, error.output_tokens)
        try:
            return answer, parse_answer(answer.text, profile)
        except MalformedAnswer:
            return _Failure("malformed_answer", answer.model, answer.input_tokens, answer.output_tokens)
