"""Faults on request: which operation fails how, switched by a header, by a file, or by a test in the same process.

A header (`X-Vertex-Fault: late; delay_seconds=3`) holds for its own request. A rule in `faults.json` of the data
folder, or one added with `FaultBoard.add`, holds for the next `times` requests of its operation.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from local.vertex.errors import DelayPlace, GoogleError

HEADER = "x-vertex-fault"

Operation = Literal["generate", "count_tokens", "tune_create", "tune_get", "tune_list", "tune_cancel", "models"]
Kind = Literal[
    "late",  # answers after delay_seconds
    "truncated",  # half of the text, finishReason MAX_TOKENS
    "empty_object",  # the HTTP body is {}
    "empty_text",  # the model's text is {}
    "garbage",  # the HTTP body is not JSON
    "wrong_shape",  # the HTTP body is JSON of another shape
    "blocked",  # no candidate, the prompt was blocked
    "stopped_for_safety",  # a candidate without text, finishReason SAFETY
    "rate_limited",  # 429 with a retry delay of retry_delay_seconds, in the document and in a header
    "limited_by_header",  # 429 with the delay in the Retry-After header alone
    "limited_by_document",  # 429 with the delay in the error document alone, as RetryInfo
    "unavailable",  # 503
    "internal",  # 500
    "forbidden",  # 403
    "lost_answer",  # the work is done, the connection closes before the answer
    "invented_degree",  # the answer claims a degree nobody has
    "inflated_number",  # a number in the answer is larger than in the facts
    "prefers_first",  # a judge that takes whatever it reads first
    "missing_line",  # one bullet is left out of the answer
    "duplicate",  # a tuning job is created twice
    "never_ends",  # the job stays in RUNNING
    "too_late",  # a cancel is accepted and the job ends well all the same
    "fails",
    "partially_succeeds",
    "pauses",
    "expires",
    "drops_examples",  # the job succeeds and reports dropped examples
    "slow",  # undeploy and delete are accepted and not done yet
    "refuses",  # FAILED_PRECONDITION, for undeploy and delete
]

DELAY_IN: dict[str, DelayPlace] = {
    "rate_limited": "both",
    "limited_by_header": "header",
    "limited_by_document": "document",
}
OPERATIONS: tuple[str, ...] = get_args(Operation)


def kinds() -> tuple[str, ...]:
    """Every fault there is a switch for."""
    return get_args(Kind)


@dataclass
class Fault:
    """One rule. `times` counts down; a rule at 0 is spent."""

    operation: Operation
    kind: Kind
    times: int = 1
    delay_seconds: float = 5.0
    retry_delay_seconds: float | None = 1.0

    def raise_if_refusal(self) -> None:
        """Raise the error this fault stands for, when it stands for one."""
        if self.kind in DELAY_IN:
            raise GoogleError(
                429,
                "Resource exhausted. Please try again later.",
                retry_delay=self.retry_delay_seconds,
                delay_in=DELAY_IN[self.kind],
            )
        if self.kind == "unavailable":
            raise GoogleError(503, "The service is currently unavailable.")
        if self.kind == "internal":
            raise GoogleError(500, "Internal error encountered.")
        if self.kind == "forbidden":
            raise GoogleError(403, "Permission denied on resource project.")
        if self.kind == "refuses":
            raise GoogleError(400, "The resource is still in use.", status="FAILED_PRECONDITION")


def parse_fault(operation: Operation, fields: dict[str, Any]) -> Fault:
    """A rule from its JSON fields. Raises GoogleError 400 when a name is unknown: a typo must not hide a fault."""
    known = {"kind": str, "times": int, "delay_seconds": float, "retry_delay_seconds": float}
    unknown = sorted(set(fields) - set(known))
    if unknown or fields.get("kind") not in get_args(Kind) or operation not in get_args(Operation):
        wrong = unknown[0] if unknown else f"{operation} {fields.get('kind')}"
        raise GoogleError(400, f"The fault switch is not understood: {wrong}")
    return Fault(operation=operation, **{name: known[name](value) for name, value in fields.items()})


def parse_header(operation: Operation, text: str) -> Fault:
    """A rule from the request header: the kind, then `name=value` pairs, separated by semicolons."""
    kind, *pairs = [part.strip() for part in text.split(";")]
    fields: dict[str, Any] = {"kind": kind}
    for pair in pairs:
        name, _, value = pair.partition("=")
        fields[name.strip()] = value.strip()
    return parse_fault(operation, fields)


@dataclass
class FaultBoard:
    """The rules in force. Safe to use from a test while the server runs in another thread."""

    file: Path | None = None
    _rules: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stamp: tuple[int, int] | None = None

    def add(self, operation: Operation, kind: Kind, **fields: Any) -> None:
        """Let the next `times` requests of `operation` fail as `kind`."""
        with self._lock:
            self._rules.append(parse_fault(operation, {"kind": kind, **fields}))

    def clear(self) -> None:
        """Back to answering well."""
        with self._lock:
            self._rules.clear()

    def in_force(self) -> list[Fault]:
        """The rules that have times left."""
        with self._lock:
            self._read_file()
            return [rule for rule in self._rules if rule.times > 0]

    def take(self, operation: Operation, header: str | None) -> Fault | None:
        """The fault for this request, if any; uses up one of its times."""
        if header:
            return parse_header(operation, header)
        with self._lock:
            self._read_file()
            for rule in self._rules:
                if rule.operation == operation and rule.times > 0:
                    rule.times -= 1
                    return rule
        return None

    def _read_file(self) -> None:
        if self.file is None or not self.file.exists():
            return
        status = self.file.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp == self._stamp:
            return
        try:
            document = json.loads(self.file.read_text(encoding="utf-8"))
            rules = [parse_fault(rule.pop("operation"), rule) for rule in document]
        except (ValueError, KeyError, AttributeError, TypeError):
            raise GoogleError(400, f"{self.file.name} must be a JSON list of rules with operation and kind") from None
        self._stamp = stamp
        self._rules = rules
