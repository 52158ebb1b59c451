"""Chooses who writes: a tuned or base model on Vertex AI, or the deterministic composer; then checks every fact.

The composer is the default without cloud credentials and the fallback when every model times out, refuses or answers
badly. Whoever wrote, each sentence passes the same fact check, and what fails is replaced by the person's own words.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import structlog

from api.generation.rules.answer import MalformedAnswer, parse_answer
from api.generation.rules.composer import compose
from api.generation.rules.cost import generation_cost
from api.generation.rules.fact_check import Rejection, check_wording
from api.generation.rules.prompt import PROMPT_VERSION, JobBrief, Prompt, build_prompt
from api.generation.rules.wording import ComposeOptions, Wording
from api.generation.vertex.provider import VertexError, VertexProvider
from api.profile.rules.profile import Profile
from api.telemetry.measures import Measures

log = structlog.get_logger(__name__)

MODEL_DEADLINE_SECONDS = 45.0
"""For all models together."""
FIRST_MODEL_SHARE = 0.6
"""Part of the deadline the first of two models may take, so that the second has time to answer."""


@dataclass(frozen=True, slots=True)
class Written:
    """A checked wording and the record of how it came to be. `latency_ms` is of the writing alone.

    `error_code` is the kind of fault of the model that was to write, when another one or the composer had to; tokens
    and cost are of every answer that was paid for.
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


@dataclass(slots=True)
class _Bill:
    """What the answers of a request counted. None until one did; no cost when one of them has no price."""

    priced_as: Mapping[str, str]
    input_tokens: int | None = None
    output_tokens: int | None = None
    costs: list[Decimal | None] = field(default_factory=list)

    def add(self, model: str, input_tokens: int | None, output_tokens: int | None) -> None:
        """Count an answer of `model`, a tuned one at the price of its base model."""
        if input_tokens is None or output_tokens is None:
            return
        self.input_tokens = (self.input_tokens or 0) + input_tokens
        self.output_tokens = (self.output_tokens or 0) + output_tokens
        self.costs.append(generation_cost(self.priced_as.get(model, model), input_tokens, output_tokens))

    @property
    def cost(self) -> Decimal | None:
        """The sum in USD."""
        known = [cost for cost in self.costs if cost is not None]
        return sum(known, Decimal(0)) if known and len(known) == len(self.costs) else None


class Writer:
    """Writes a wording for a profile and an ad in a framing."""

    def __init__(self, vertex: VertexProvider, measures: Measures | None = None) -> None:
        self._vertex = vertex
        self._measures = measures or Measures()

    async def write(
        self,
        profile: Profile,
        job: JobBrief,
        framing: str,
        trait_bands: Mapping[str, str] | None,
        options: ComposeOptions,
        *,
        models: Sequence[str] = (),
        priced_as: Mapping[str, str] | None = None,
    ) -> Written:
        """Write with the first of `models` that answers well, and check. Never fails because a model does: the
        composer answers instead. `degraded` says that the first one did not. `priced_as` names the base models."""
        started = time.perf_counter()
        bill = _Bill(priced_as or {})
        prompt = build_prompt(profile, job, framing, trait_bands) if models else None
        error_code: str | None = None
        writer: str | None = None
        wording: Wording | None = None
        for number, model in enumerate(models):
            assert prompt is not None
            left = MODEL_DEADLINE_SECONDS - (time.perf_counter() - started)
            allowed = left * FIRST_MODEL_SHARE if number < len(models) - 1 else left
            found = await self._ask(prompt, profile, model, allowed, bill)
            self._measures.model_answer("answered" if isinstance(found, Wording) else found)
            if isinstance(found, Wording):
                writer, wording = model, found
                break
            error_code = error_code or found
            log.warning("model_fallback", provider="vertex", error_code=found)
        if wording is None:
            wording = compose(profile, job.analysis, framing, options=options)
        if error_code is not None:
            self._measures.fallback("model" if writer else "composer")
        checked = check_wording(wording, profile, as_of_year_month=options.as_of_year_month)
        return Written(
            wording=checked.wording,
            rejected=checked.rejected,
            provider="vertex" if writer else "composer",
            model=writer,
            prompt_version=prompt.prompt_version if prompt and writer else PROMPT_VERSION,
            degraded=error_code is not None,
            error_code=error_code,
            input_tokens=bill.input_tokens,
            output_tokens=bill.output_tokens,
            cost=bill.cost,
            latency_ms=round((time.perf_counter() - started) * 1000),
        )

    async def _ask(self, prompt: Prompt, profile: Profile, model: str, seconds: float, bill: _Bill) -> Wording | str:
        """The model's wording, or the kind of fault; what it cost is on the bill either way."""
        try:
            answer = await self._vertex.write(prompt, deadline_seconds=seconds, model=model)
        except VertexError as error:
            bill.add(model, error.input_tokens, error.output_tokens)
            return error.kind
        bill.add(model, answer.input_tokens, answer.output_tokens)
        try:
            return parse_answer(answer.text, profile)
        except MalformedAnswer:
            return "malformed_answer"
