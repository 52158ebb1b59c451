"""Why a profile is refused, in words the edge can pass on.

Rules are pure, so the error here knows nothing of HTTP: the service turns its problems into a problem answer.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason, with the JSON Pointer of the place. Never carries the rejected value."""

    pointer: str
    code: str
    message: str


class InvalidProfile(ValueError):  # noqa: N818 - named as the answer names it
    """The document cannot be a profile at all: it is no object, or nobody's name stands in it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(problem.message for problem in problems))
