"""What can go wrong between us and the model. Every one of them leads to the composer, never to a failed resume.

`kind` goes into `generation_runs`, so that an operator sees which fault it was without reading logs.
"""

from __future__ import annotations

from api.errors import UnavailableError


class VertexError(UnavailableError):
    """Base: no wording came from Vertex."""

    code = "model_unavailable"
    kind = "failed"
    #: Whether the fault says something about the service's health, and so moves the circuit breaker.
    is_outage = True
    #: Tokens that were paid for all the same: a refused or truncated answer costs what it counted.
    input_tokens: int | None = None
    output_tokens: int | None = None

    def having_cost(self, input_tokens: int | None, output_tokens: int | None) -> VertexError:
        """This error, with what the answer counted."""
        self.input_tokens, self.output_tokens = input_tokens, output_tokens
        return self


class VertexTimeoutError(VertexError):
    """No answer within the time left."""

    kind = "timeout"


class VertexBusyError(VertexError):
    """429 or 503 on every try, or a wait longer than the time left. `retry_after` is the server's wish."""

    kind = "busy"


class VertexServerError(VertexError):
    """500, a connection that broke, or a body that is not JSON, on every try."""

    kind = "server_error"


class VertexCircuitOpenError(VertexError):
    """Too many faults in a row: not asked at all until `retry_after` has passed."""

    kind = "circuit_open"
    is_outage = False


class VertexRefusedError(VertexError):
    """The service answered and will not write this: blocked prompt, safety stop, or no rights."""

    kind = "refused"
    is_outage = False


class VertexTruncatedError(VertexError):
    """The answer stopped at a limit: half a wording is no wording."""

    kind = "truncated"
    is_outage = False


class VertexEmptyError(VertexError):
    """The service answered without any text."""

    kind = "empty"
    is_outage = False


class VertexMisconfiguredError(VertexError):
    """The model, project or location cannot be right; refused before any call. The message says what to set."""

    code = "model_misconfigured"
    kind = "misconfigured"
    is_outage = False
