"""Asks a model many questions through the client of serving: a few at a time, patient where the service is busy.

A refusal or a truncated answer is an answer about the model and counts; a service that stays away says nothing about
it, and stops the evaluation instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from api.generation.rules.prompt import Prompt
from api.generation.vertex.circuit import CircuitBreaker
from api.generation.vertex.errors import (
    VertexEmptyError,
    VertexError,
    VertexMisconfiguredError,
    VertexRefusedError,
    VertexTruncatedError,
)
from api.generation.vertex.models import endpoint_location
from api.generation.vertex.provider import VertexProvider
from pipelines.lib.training.errors import TrainingError
from pipelines.lib.training.vertex_settings import VertexSettings

AT_ONCE = 4
TRIES = 5
LONGEST_WAIT_SECONDS = 60
ANSWER_SECONDS = 45.0
NEVER_OPEN = 1_000_000
"""The circuit breaker spares people who wait for a page; nobody waits here, and each wait is the server's own."""
ABOUT_THE_MODEL = (VertexRefusedError, VertexTruncatedError)


class ModelAwayError(TrainingError):
    """The service did not answer for long: run again later, what was answered is kept."""


class ModelNotThereError(TrainingError):
    """The model cannot be asked at all: a name, a location or a right is wrong."""


@dataclass(frozen=True, slots=True)
class AskedModel:
    """A model and where it answers, in the shape that the client of serving reads."""

    gcp_project_id: str
    vertex_project: str | None
    vertex_location: str
    vertex_model: str | None
    vertex_base_url: str | None


def asked_model(settings: VertexSettings, name: str) -> AskedModel:
    """The model by its name: an endpoint answers where it is, a base model in the serving location."""
    return AskedModel(
        gcp_project_id=settings.gcp_project_id,
        vertex_project=settings.vertex_project,
        vertex_location=endpoint_location(name) or settings.vertex_location,
        vertex_model=name,
        vertex_base_url=settings.vertex_base_url,
    )


def ask_all(settings: VertexSettings, name: str, prompts: Sequence[Prompt]) -> list[str | None]:
    """The model's text for each prompt, in order; None where it refused or was cut off.

    Raises ModelAwayError or ModelNotThereError.
    """
    return asyncio.run(ask_some_at_once(asked_model(settings, name), prompts))


async def ask_some_at_once(model: AskedModel, prompts: Sequence[Prompt]) -> list[str | None]:
    """As `ask_all`, within an event loop: the client belongs to it and is closed at its end."""
    provider = VertexProvider(model, breaker=CircuitBreaker(threshold=NEVER_OPEN))
    places = asyncio.Semaphore(AT_ONCE)

    async def one(prompt: Prompt) -> str | None:
        async with places:
            return await ask_patiently(provider, prompt)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(prompt)) for prompt in prompts]
    except BaseExceptionGroup as group_of_errors:
        # Not `except*`: early releases of Python 3.11 wrap in a group again what is raised there.
        known = group_of_errors.subgroup((ModelAwayError, ModelNotThereError))
        if known is None:
            raise
        raise known.exceptions[0] from None
    finally:
        await provider.aclose()
    return [task.result() for task in tasks]


async def ask_patiently(provider: VertexProvider, prompt: Prompt) -> str | None:
    """One question, asked again after the delay that the service wishes."""
    for number in range(1, TRIES + 1):
        try:
            return (await provider.write(prompt, deadline_seconds=ANSWER_SECONDS)).text
        except ABOUT_THE_MODEL:
            return None
        except VertexMisconfiguredError as error:
            raise ModelNotThereError(f"{provider.model_name} cannot be asked: {error.detail}") from None
        except VertexError as error:
            if number == TRIES and isinstance(error, VertexEmptyError):
                return None  # nothing time after time: the model has nothing to say to this
            if number == TRIES:
                raise ModelAwayError(
                    f"{provider.model_name} does not answer: {error.detail}; run again later"
                ) from None
            await asyncio.sleep(min(error.retry_after or 1, LONGEST_WAIT_SECONDS))
    raise AssertionError("the last try either answers or raises")
