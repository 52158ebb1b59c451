"""Asks Gemini for wording within a deadline, and gives up in words that say why.

The call is bounded three ways: 45 s in total (inside Cloud Run's 60 s), two tries, and a circuit breaker that stops
asking a service that is down. Whatever fails raises a VertexError; the caller then lets the composer write.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from api.generation.vertex.circuit import CircuitBreaker
from api.generation.vertex.errors import (
    VertexBusyError,
    VertexCircuitOpenError,
    VertexEmptyError,
    VertexError,
    VertexMisconfiguredError,
    VertexRefusedError,
    VertexServerError,
    VertexTimeoutError,
    VertexTruncatedError,
)
from api.generation.vertex.models import ServingModel, check_serving_model
from api.generation.vertex.retry import RETRYABLE_CODES, delay_before_retry, server_delay

if TYPE_CHECKING:
    from google.genai import Client, types

    from api.generation.rules.prompt import Prompt

TOTAL_SECONDS = 45.0
FIRST_TRY_SHARE = 0.65
"""Part of the time the first try may take, so that a hanging connection leaves room for a second."""
SHORTEST_TRY_SECONDS = 3.0
TRIES = 2
MAX_OUTPUT_TOKENS = 4096
TEMPERATURE = 0.4
CLEAN_STOPS = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})


class VertexSettings(Protocol):
    """The settings this provider reads; `api.settings.Settings` has them all."""

    @property
    def gcp_project_id(self) -> str: ...
    @property
    def vertex_project(self) -> str | None: ...
    @property
    def vertex_location(self) -> str: ...
    @property
    def vertex_model(self) -> str | None: ...
    @property
    def vertex_base_url(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What came back, unparsed: the text, what it cost in tokens, which model, and how many tries it took."""

    text: str
    input_tokens: int
    output_tokens: int
    model: str
    finish_reason: str
    tries: int = 1


class VertexProvider:
    """One per process and event loop; holds the client so that it is not closed by garbage collection."""

    def __init__(
        self,
        settings: VertexSettings,
        *,
        breaker: CircuitBreaker | None = None,
        uniform: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._breaker = breaker or CircuitBreaker()
        self._random = uniform or random.SystemRandom()
        self._client: Client | None = None

    @property
    def is_configured(self) -> bool:
        """Whether a model is named; without one the composer writes everything."""
        return bool(self._settings.vertex_model)

    def check(self, model: str | None = None) -> ServingModel:
        """The model that `write` would call. Raises VertexMisconfiguredError; makes no call."""
        name = model or self._settings.vertex_model
        if not name:
            raise VertexMisconfiguredError("VERTEX_MODEL is not set")
        return check_serving_model(name, self._settings.vertex_location)

    async def write(
        self, prompt: Prompt, *, deadline_seconds: float = TOTAL_SECONDS, model: str | None = None
    ) -> ModelAnswer:
        """The model's text for `prompt`. `model` overrides VERTEX_MODEL (a promoted model's endpoint).

        Raises a VertexError within `deadline_seconds`, whatever the service does.
        """
        serving = self.check(model)
        wait = self._breaker.seconds_until_allowed()
        if wait > 0:
            raise VertexCircuitOpenError("the model has not been answering", retry_after=max(1, round(wait)))
        try:
            answer = await self._write_within(prompt, serving, time.monotonic() + deadline_seconds)
        except VertexError as error:
            if error.is_outage:
                self._breaker.record_fault()
            else:
                self._breaker.record_success()
            raise
        self._breaker.record_success()
        return answer

    async def aclose(self) -> None:
        """Close the connections; for the end of the process."""
        if self._client is not None:
            await self._client.aio.aclose()
            self._client = None

    async def _write_within(self, prompt: Prompt, serving: ServingModel, deadline: float) -> ModelAnswer:
        problem: VertexError = VertexTimeoutError("the model had no time to answer")
        for number in range(1, TRIES + 1):
            left = deadline - time.monotonic()
            if left < min(SHORTEST_TRY_SECONDS, left) or left <= 0:
                break
            allowed = left * FIRST_TRY_SHARE if number < TRIES else left
            try:
                return read_answer(await self._call(prompt, serving, allowed), serving, number)
            except RetryableError as error:
                problem = error.as_domain_error()
            wait = delay_before_retry(problem_delay(problem), self._random.random())
            if number == TRIES or time.monotonic() + wait + SHORTEST_TRY_SECONDS > deadline:
                break
            await asyncio.sleep(wait)
        raise problem
