"""Errors in the shape Google's APIs answer with."""

from __future__ import annotations

from typing import Any, Literal

DelayPlace = Literal["both", "header", "document"]

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class GoogleError(Exception):
    """One refusal: an HTTP code, Google's name for it and words that say what was wrong."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: str | None = None,
        retry_delay: float | None = None,
        delay_in: DelayPlace = "both",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or STATUS_NAMES.get(code, "UNKNOWN")
        self.retry_delay = retry_delay
        self.delay_in = delay_in

    def body(self) -> dict[str, Any]:
        """The JSON document of the answer, with a RetryInfo detail when a delay is asked for (seconds)."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.retry_delay is not None and self.delay_in != "header":
            error["details"] = [
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{self.retry_delay:g}s"}
            ]
        return {"error": error}

    def headers(self) -> dict[str, str]:
        """The header with the delay, in whole seconds."""
        if self.retry_delay is None or self.delay_in == "document":
            return {}
        return {"Retry-After": str(max(1, round(self.retry_delay)))}
