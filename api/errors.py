"""The domain errors of the API: one small tree, mapped to problem+json once, in `api.problems`.

A service raises one of these with words a person can act on. None of them carries the rejected value, SQL or
personal data, because all of them may end in a response or a log line.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with a request: where (JSON pointer), which rule (code), and how to mend it."""

    pointer: str
    code: str
    message: str


class DomainError(Exception):
    """Base of every error the API answers on purpose."""

    status = 500
    code = "internal_error"
    title = "Something went wrong"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        errors: tuple[FieldProblem, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = errors
        self.retry_after = retry_after
        if code is not None:
            self.code = code


class NotFoundError(DomainError):
    """Absent and foreign objects alike, so that an id reveals nothing."""

    status = 404
    code = "not_found"
    title = "Not found"


class InvalidInputError(DomainError):
    """The request was understood and is wrong, field by field."""

    status = 422
    code = "invalid_input"
    title = "The request is not valid"


class UnauthenticatedError(DomainError):
    """No token, or one that does not hold."""

    status = 401
    code = "unauthenticated"
    title = "Sign in first"


class ConflictError(DomainError):
    """The state of the object does not allow this now."""

    status = 409
    code = "conflict"
    title = "Conflict"


class PayloadTooLargeError(DomainError):
    """A body past its bound."""

    status = 413
    code = "payload_too_large"
    title = "The request is too large"


class TooManyRequestsError(DomainError):
    """A limit per account or per address."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests"


class UnavailableError(DomainError):
    """Something we depend on does not answer in time. Always says when to come back."""

    status = 503
    code = "unavailable"
    title = "Temporarily unavailable"

    def __init__(self, detail: str = "", *, code: str | None = None, retry_after: int = 2) -> None:
        super().__init__(detail, code=code, retry_after=retry_after)
