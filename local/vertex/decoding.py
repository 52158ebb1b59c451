"""Reads each request with Google's own types, and refuses what the real service would refuse.

The wire format of a generate request has no public class in google-genai, so the envelopes are declared here on
the SDK's own base model (camelCase names, unknown fields forbidden); everything inside them is a type of the SDK.
"""

from __future__ import annotations

import enum
import json
import warnings
from collections.abc import Iterator
from typing import TypeVar

from google.genai import _common, types
from pydantic import BaseModel, ValidationError

from local.vertex.enum_numbers import with_names
from local.vertex.errors import GoogleError

OUTPUT_ONLY = (
    "name",
    "state",
    "create_time",
    "start_time",
    "end_time",
    "update_time",
    "error",
    "tuned_model",
    "tuning_data_stats",
    "experiment",
    "pipeline_job",
)


class GenerateContentRequest(_common.BaseModel):
    """Body of `:generateContent`."""

    contents: list[types.Content]
    system_instruction: types.Content | None = None
    generation_config: types.GenerationConfig | None = None
    safety_settings: list[types.SafetySetting] | None = None
    tools: list[types.Tool] | None = None
    tool_config: types.ToolConfig | None = None
    cached_content: str | None = None
    labels: dict[str, str] | None = None


class CountTokensRequest(_common.BaseModel):
    """Body of `:countTokens`."""

    contents: list[types.Content]
    system_instruction: types.Content | None = None
    generation_config: types.GenerationConfig | None = None
    tools: list[types.Tool] | None = None
    model: str | None = None


class UndeployModelRequest(_common.BaseModel):
    """Body of `:undeployModel`, as google-cloud-aiplatform sends it. Its own type takes seconds to import."""

    deployed_model_id: str
    traffic_split: dict[str, int] | None = None


Message = TypeVar("Message", bound=BaseModel)


def decode(kind: type[Message], body: bytes) -> Message:
    """Parse `body` as `kind`. Raises GoogleError 400 naming each unknown, misspelt or mistyped field."""
    try:
        document = json.loads(body)
    except ValueError:
        raise GoogleError(400, "Invalid JSON payload received.") from None
    if not isinstance(document, dict):
        raise GoogleError(400, "Invalid JSON payload received: an object is expected.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the SDK warns of unknown enum values; they are refused below
            message = kind.model_validate(with_names(kind, document))
    except ValidationError as error:
        raise GoogleError(400, f"Invalid JSON payload received. {describe(error)}") from None
    except (AttributeError, TypeError):  # the SDK's enums expect text and fall over anything else
        raise GoogleError(400, "Invalid JSON payload received: an enum is a name or a number.") from None
    unknown = sorted(unknown_enum_values(message))
    if unknown:
        raise GoogleError(400, f"Invalid value for {', '.join(unknown)}")
    return message


def describe(error: ValidationError) -> str:
    """One sentence per problem, in the words of the real service where it has them."""
    sentences = []
    for problem in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            head, _, name = place.rpartition(".")
            sentences.append(f'Unknown name "{name}"' + (f" at '{head}'" if head else "") + ": Cannot find field.")
        else:
            sentences.append(f"'{place}': {problem['msg']}.")
    return " ".join(sentences)


def unknown_enum_values(value: object, path: str = "") -> Iterator[str]:
    """Where `value` holds an enum value its class does not define: the SDK makes one up, the service does not."""
    if isinstance(value, enum.Enum):
        if value.name not in type(value).__members__:
            yield f"'{path}': \"{value.value}\""
    elif isinstance(value, BaseModel):
        for name in value.model_fields_set:
            yield from unknown_enum_values(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from unknown_enum_values(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from unknown_enum_values(item, f"{path}.{key}")


def decode_generate(body: bytes) -> GenerateContentRequest:
    """A generate request whose turns and limits are ones the service accepts."""
    request = decode(GenerateContentRequest, body)
    check_turns(request.contents)
    config = request.generation_config
    if config is not None:
        if config.temperature is not None and not 0 <= config.temperature <= 2:
            raise GoogleError(400, "temperature must be in the range [0.0, 2.0].")
        if config.max_output_tokens is not None and not 1 <= config.max_output_tokens <= 65_535:
            raise GoogleError(400, "maxOutputTokens must be in the range [1, 65535].")
    return request


def check_turns(contents: list[types.Content]) -> None:
    """Turns alternate between user and model, start and end with the user, and none is empty."""
    if not contents:
        raise GoogleError(400, "Unable to submit request because at least one contents field is required.")
    for index, content in enumerate(contents):
        expected = "user" if index % 2 == 0 else "model"
        if content.role not in ("user", "model"):
            raise GoogleError(400, "Please use a valid role: user, model.")
        if content.role != expected:
            raise GoogleError(400, "Please ensure that multiturn requests alternate between user and model.")
        if not any(part.text for part in content.parts or []):
            raise GoogleError(400, "Unable to submit request because it must have a text parameter.")
    if contents[-1].role != "user":
        raise GoogleError(400, "Please ensure that multiturn requests end with a user role.")


def decode_undeploy(body: bytes) -> str:
    """Id of the deployed model to take off."""
    return decode(UndeployModelRequest, body).deployed_model_id


def decode_tuning_job(body: bytes) -> types.TuningJob:
    """A tuning job to create: one method, one source model, labels Google accepts, no output-only field."""
    job = decode(types.TuningJob, body)
    written = [name for name in OUTPUT_ONLY if name in job.model_fields_set]
    if written:
        raise GoogleError(400, f"Field {written[0]} is output only.")
    if (job.supervised_tuning_spec is None) == (job.preference_optimization_spec is None):
        raise GoogleError(400, "Exactly one of supervisedTuningSpec and preferenceOptimizationSpec is needed.")
    if (job.base_model is None) == (job.pre_tuned_model is None):
        raise GoogleError(400, "Exactly one of baseModel and preTunedModel is needed.")
    check_labels(job.labels or {})
    return job


def check_labels(labels: dict[str, str]) -> None:
    """Label rules of Google Cloud: at most 64, keys and values at most 63 of `a-z0-9_-`, a key starts with a letter."""
    if len(labels) > 64:
        raise GoogleError(400, "At most 64 labels are allowed.")
    for key, value in labels.items():
        for text in (key, value):
            if len(text) > 63 or any(not (c.isdigit() or c in "_-" or (c.isalpha() and c.islower())) for c in text):
                raise GoogleError(400, f"Label {key!r} is not valid: at most 63 lower-case letters, digits, _ and -.")
        if not key[:1].isalpha():
            raise GoogleError(400, f"Label key {key!r} must start with a letter.")
