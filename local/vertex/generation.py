"""`generateContent` and `countTokens`: checked as the real service checks, answered without a model."""

from __future__ import annotations

import re
from typing import Any

from google.genai import types
from starlette.requests import Request

from local.vertex.catalogue import read_catalogue
from local.vertex.dataset import estimate_tokens
from local.vertex.decoding import CountTokensRequest, check_turns, decode, decode_generate
from local.vertex.errors import GoogleError
from local.vertex.faults import Fault
from local.vertex.jobs import JobStore
from local.vertex.judge import is_judgement, judge
from local.vertex.wire import NO_MODEL, bounded_body
from local.vertex.writer import misshape, write_answer

BASE_MODEL = re.compile(r"publishers/google/models/([^/:]+)")
ENDPOINT = re.compile(r"projects/[^/]+/locations/[^/]+/endpoints/\d+")


class GenerationHandlers:
    """Needs the jobs only to know which tuned endpoints exist."""

    def __init__(self, jobs: JobStore) -> None:
        self._jobs = jobs

    async def generate(self, request: Request, fault: Fault | None) -> dict[str, Any]:
        """One candidate in the strict output format, with the usage that a bill would show."""
        model = self._model(request)
        message = decode_generate(await bounded_body(request))
        prompt = texts(message.contents)
        system = texts([message.system_instruction]) if message.system_instruction else ""
        kind = fault.kind if fault else None
        usage = {"promptTokenCount": estimate_tokens(system) + estimate_tokens(prompt)}
        if kind == "blocked":
            return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage}
        is_tuned = model.startswith("projects/")
        words = judge(prompt) if is_judgement(prompt) else write_answer(prompt, tuned=is_tuned)
        text = misshape(words, kind)
        limit = (message.generation_config and message.generation_config.max_output_tokens) or 65_535
        reason = "STOP"
        if kind == "truncated" or estimate_tokens(text) > limit:
            text = text[: min(len(text) // 2, limit * 4)]
            reason = "MAX_TOKENS"
        candidate: dict[str, Any] = {"index": 0, "finishReason": reason}
        if kind == "stopped_for_safety":
            candidate["finishReason"] = "SAFETY"
        else:
            candidate["content"] = {"role": "model", "parts": [{"text": text}]}
        written = estimate_tokens(text)
        return {
            "candidates": [candidate],
            "modelVersion": f"{model} ({NO_MODEL})",
            "usageMetadata": {
                **usage,
                "candidatesTokenCount": written,
                "totalTokenCount": usage["promptTokenCount"] + written,
            },
        }

    async def count_tokens(self, request: Request, fault: Fault | None) -> dict[str, Any]:
        """An estimate of four bytes a token."""
        self._model(request)
        message = decode(CountTokensRequest, await bounded_body(request))
        check_turns(message.contents)
        text = texts(message.contents)
        if message.system_instruction:
            text += texts([message.system_instruction])
        return {"totalTokens": estimate_tokens(text), "totalBillableCharacters": len(text)}

    def _model(self, request: Request) -> str:
        """The model or endpoint that the path names. Raises GoogleError 404 or 400 as the service does."""
        path = request.url.path.partition("/projects/")[2].rpartition(":")[0]
        if found := BASE_MODEL.search(path):
            if found[1] not in read_catalogue().generate:
                raise GoogleError(404, f"Publisher Model `{path}` was not found or your project has no access to it.")
            return found[1]
        name = f"projects/{path}"
        if not ENDPOINT.fullmatch(name):
            raise GoogleError(400, f"Invalid resource field value: {name}")
        if not self._jobs.serves(name):
            raise GoogleError(404, f"Endpoint `{name}` not found.")
        return name


def texts(contents: list[types.Content]) -> str:
    """All text of the turns, in order."""
    return "\n".join(part.text for content in contents for part in content.parts or [] if part.text)
