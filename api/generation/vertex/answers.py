"""Reads what came back: an answer, a fault worth a second try, or a fault that a second try cannot mend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.generation.vertex.errors import (
    VertexBusyError,
    VertexEmptyError,
    VertexError,
    VertexMisconfiguredError,
    VertexRefusedError,
    VertexServerError,
    VertexTimeoutError,
    VertexTruncatedError,
)
from api.generation.vertex.retry import RETRYABLE_CODES, server_delay

if TYPE_CHECKING:
    from google.genai import types
    from google.genai.errors import APIError

DEFAULT_RETRY_AFTER = 2
UNREADABLE = (ValueError, TypeError, AttributeError, KeyError)
"""What the SDK raises for a body that is not JSON, or JSON of another shape."""


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What came back, unparsed: the text, what it cost in tokens, which model, and how many tries it took."""

    text: str
    input_tokens: int
    output_tokens: int
    model: str
    finish_reason: str
    tries: int = 1


class TryFailed(Exception):  # noqa: N818 - a step of the retry loop, not an error anyone else sees
    """One try failed in a way that another may not. `asked_delay` is the server's wish in seconds."""

    def __init__(self, error: VertexError, asked_delay: float | None = None) -> None:
        super().__init__(error.detail)
        self.error = error
        self.asked_delay = asked_delay


def as_failed_try(error: Exception) -> TryFailed | None:
    """The failed try that `error` stands for; raises a VertexError when trying again is useless; None if not ours."""
    import httpx
    from google.auth.exceptions import GoogleAuthError
    from google.genai.errors import APIError

    if isinstance(error, APIError):
        return failed_status(error)
    if isinstance(error, httpx.TimeoutException):
        return TryFailed(VertexTimeoutError("the model did not answer in time"))
    if isinstance(error, httpx.HTTPError):
        return TryFailed(VertexServerError("the connection to the model broke"))
    if isinstance(error, GoogleAuthError):
        raise VertexMisconfiguredError("the Google credentials were not accepted") from None
    if isinstance(error, UNREADABLE):
        return TryFailed(VertexServerError("the model's answer could not be read"))
    return None


def failed_status(error: APIError) -> TryFailed:
    """A failed try for a status worth repeating. Raises a VertexError for one that is not."""
    code = error.code
    if code in (401, 403):
        raise VertexMisconfiguredError("the service account may not call this model")
    if code == 404:
        raise VertexMisconfiguredError("the model is not there: check VERTEX_MODEL, VERTEX_PROJECT and VERTEX_LOCATION")
    if code not in RETRYABLE_CODES:
        raise VertexRefusedError(f"the model refused the request (status {code})")
    headers = getattr(error.response, "headers", None)
    asked = server_delay(error.details, headers)
    if code in (429, 503):
        retry_after = DEFAULT_RETRY_AFTER if asked is None else max(1, round(asked))
        return TryFailed(VertexBusyError("the model is busy", retry_after=retry_after), asked)
    return TryFailed(VertexServerError(f"the model failed (status {code})"), asked)


def read_answer(response: types.GenerateContentResponse, model: str, tries: int) -> ModelAnswer:
    """The whole text of a clean answer. Raises the VertexError that says what it was instead, with its tokens."""
    usage = response.usage_metadata
    input_tokens = (usage.prompt_token_count or 0) if usage else None
    output_tokens = ((usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)) if usage else None
    try:
        text, reason = _clean_text(response)
    except VertexError as error:
        raise error.having_cost(input_tokens, output_tokens) from None
    return ModelAnswer(
        text=text,
        input_tokens=input_tokens or 0,
        output_tokens=output_tokens or 0,
        model=model,
        finish_reason=reason,
        tries=tries,
    )


def _clean_text(response: types.GenerateContentResponse) -> tuple[str, str]:
    feedback = response.prompt_feedback
    if feedback is not None and feedback.block_reason is not None:
        raise VertexRefusedError("the model refused the prompt")
    if not response.candidates:
        raise VertexEmptyError("the model answered without a candidate")
    candidate = response.candidates[0]
    reason = candidate.finish_reason.value if candidate.finish_reason else "FINISH_REASON_UNSPECIFIED"
    if reason == "MAX_TOKENS":
        raise VertexTruncatedError("the model's answer was cut off")
    if reason not in ("STOP", "FINISH_REASON_UNSPECIFIED"):
        raise VertexRefusedError(f"the model stopped: {reason}")
    parts = candidate.content.parts if candidate.content else None
    text = "".join(part.text for part in parts or [] if part.text and not part.thought)
    if not text.strip():
        raise VertexEmptyError("the model answered without text")
    return text, reason
