"""Asks Gemini for wording within a deadline, and gives up in words that say why.

The call is bounded three ways: 45 s in total (inside Cloud Run's 60 s), two tries, and a circuit breaker that stops
asking a service that is down. Whatever fails raises a VertexError; the caller then lets the composer write.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Protocol

from api.generation.vertex.answers import ModelAnswer, TryFailed, as_failed_try, read_answer
from api.generation.vertex.circuit import CircuitBreaker
from api.generation.vertex.client import make_client
from api.generation.vertex.errors import (
    VertexCircuitOpenError,
    VertexError,
    VertexMisconfiguredError,
    VertexTimeoutError,
)
from api.generation.vertex.models import ServingModel, check_serving_model, endpoint_location
from api.generation.vertex.retry import delay_before_retry

if TYPE_CHECKING:
    from google.genai import Client, types

    from api.generation.rules.prompt import Prompt

TOTAL_SECONDS = 45.0
TRIES = 2
FIRST_TRY_SHARE = 0.65
"""Part of the time the first try may take, so that a hanging connection leaves room for a second."""
SHORTEST_TRY_SHARE = 0.1
"""A second try with less of the deadline than this would only be paid for, not answered."""
MAX_OUTPUT_TOKENS = 4096
MAX_BREAKERS = 100
TEMPERATURE = 0.4

__all__ = ["ModelAnswer", "VertexError", "VertexProvider", "VertexSettings"]


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


def request_contents(prompt: Prompt) -> types.ContentListUnion:
    """The one turn of the user."""
    from google.genai import types

    return [types.Content(role="user", parts=[types.Part(text=prompt.contents)])]


def request_config(prompt: Prompt, serving: ServingModel, seconds: float) -> types.GenerateContentConfig:
    """Plain text, one candidate, no response schema (it lowers the quality of tuned models)."""
    from google.genai import types

    return types.GenerateContentConfig(
        system_instruction=prompt.system_instruction,
        temperature=TEMPERATURE,
        candidate_count=1,
        max_output_tokens=MAX_OUTPUT_TOKENS,
        thinking_config=types.ThinkingConfig(thinking_budget=0) if serving.thinking_can_be_off else None,
        http_options=types.HttpOptions(timeout=max(1, round(seconds * 1000))),  # milliseconds
    )


class VertexProvider:
    """One per process and event loop; holds the clients so that they are not closed by garbage collection.

    A client per location, because tuned models answer where they were tuned. A circuit breaker per model, because one
    endpoint that fails says nothing about the others.
    """

    def __init__(
        self,
        settings: VertexSettings,
        *,
        breaker: CircuitBreaker | None = None,
        jitter: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._shared_breaker = breaker
        self._breakers: dict[str, CircuitBreaker] = {}
        self._jitter = jitter or random.SystemRandom()
        self._clients: dict[str, Client] = {}
        self._making_client = asyncio.Lock()

    @property
    def model_name(self) -> str | None:
        """The configured model, VERTEX_MODEL."""
        return self._settings.vertex_model

    def check(self, model: str | None = None) -> ServingModel:
        """The model that `write` would call. Raises VertexMisconfiguredError; makes no call.

        A promoted model is called where its endpoint is; VERTEX_MODEL has to be in VERTEX_LOCATION.
        """
        configured = self._settings.vertex_model
        name = model or configured
        if not name:
            raise VertexMisconfiguredError("VERTEX_MODEL is not set")
        location = endpoint_location(name) if name != configured else None
        return check_serving_model(name, location or self._settings.vertex_location)

    async def write(
        self, prompt: Prompt, *, deadline_seconds: float = TOTAL_SECONDS, model: str | None = None
    ) -> ModelAnswer:
        """The model's text for `prompt`. `model` overrides VERTEX_MODEL (a promoted model's endpoint).

        Raises a VertexError within `deadline_seconds`, whatever the service does.
        """
        serving = self.check(model)
        breaker = self._breaker_of(serving.name)
        wait = breaker.seconds_until_allowed()
        if wait > 0:
            raise VertexCircuitOpenError("the model has not been answering", retry_after=max(1, round(wait)))
        try:
            answer = await self._write_within(prompt, serving, deadline_seconds)
        except VertexError as error:
            if error.is_outage:
                breaker.record_fault()
            else:
                breaker.record_success()
            raise
        breaker.record_success()
        return answer

    def breaker_states(self) -> dict[str | None, float]:
        """How many circuit breakers are open and closed now."""
        breakers = list(self._breakers.values())
        is_open = sum(breaker.is_open for breaker in breakers)
        return {"open": is_open, "closed": len(breakers) - is_open}

    async def aclose(self) -> None:
        """Close the connections; for the end of the process."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.aio.aclose()

    def _breaker_of(self, model: str) -> CircuitBreaker:
        """The model's breaker; of many models that came and went, those asked last are remembered."""
        breaker = self._breakers.pop(model, None) or self._shared_breaker or CircuitBreaker()
        self._breakers[model] = breaker
        if len(self._breakers) > MAX_BREAKERS:
            del self._breakers[next(iter(self._breakers))]
        return breaker

    async def _write_within(self, prompt: Prompt, serving: ServingModel, seconds: float) -> ModelAnswer:
        deadline = time.monotonic() + seconds
        shortest = seconds * SHORTEST_TRY_SHARE
        for number in range(1, TRIES + 1):
            left = deadline - time.monotonic()
            allowed = left * FIRST_TRY_SHARE if number < TRIES else left
            try:
                return await self._try(prompt, serving, allowed, number)
            except TryFailed as failed:
                wait = delay_before_retry(failed.asked_delay, self._jitter.random())
                if number == TRIES or time.monotonic() + wait + shortest > deadline:
                    raise failed.error from None
                await asyncio.sleep(wait)
        raise AssertionError("the last try either answers or raises")

    async def _try(self, prompt: Prompt, serving: ServingModel, seconds: float, number: int) -> ModelAnswer:
        try:
            async with asyncio.timeout(seconds):
                client = await self._ready_client(serving.location)
                response = await client.aio.models.generate_content(
                    model=serving.name,
                    contents=request_contents(prompt),
                    config=request_config(prompt, serving, seconds),
                )
        except VertexError:
            raise
        except TimeoutError:
            raise TryFailed(VertexTimeoutError("the model did not answer in time")) from None
        except Exception as error:
            failed = as_failed_try(error)
            if failed is None:
                raise
            raise failed from None
        return read_answer(response, serving.name, number)

    async def _ready_client(self, location: str) -> Client:
        async with self._making_client:
            if location not in self._clients:
                settings = self._settings
                self._clients[location] = await asyncio.to_thread(
                    make_client, settings.vertex_project or settings.gcp_project_id, location, settings.vertex_base_url
                )
            return self._clients[location]
