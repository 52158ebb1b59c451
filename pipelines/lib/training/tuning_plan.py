"""What a tuning run will be, decided before anything is called: parameters, identity, cost. Pure.

A run is known by the hash of (dataset, base model, method, parameters, parent checkpoint). The same plan is the same
run, however often it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.lib.training.errors import ParametersRefusedError
from pipelines.lib.training.jsonl import sha256_hex

BYTES_PER_TOKEN = 3
"""Fewer bytes a token than English has, so that the estimate errs on the dear side."""
LABEL_KEY = "cvstomize-run"
LABEL_DIGITS = 63
"""A label value holds 63 characters; a SHA-256 has 64 digits."""
MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class TuningPlan:
    """One run, fully decided. `parameters` holds every parameter with its value, defaults included."""

    manifest_sha256: str
    base_model: str
    method: str
    location: str
    parameters: Mapping[str, float] = field(default_factory=dict)
    parent_checkpoint: str | None = None

    @property
    def run_hash(self) -> str:
        """SHA-256 over what makes two runs the same."""
        identity = [
            self.manifest_sha256,
            self.base_model,
            self.method,
            dict(sorted(self.parameters.items())),
            self.parent_checkpoint,
        ]
        return sha256_hex(json.dumps(identity, sort_keys=True, separators=(",", ":")).encode())

    @property
    def label(self) -> str:
        """The run hash as far as a label holds it."""
        return self.run_hash[:LABEL_DIGITS]


@cache
def read_rules() -> dict[str, Any]:
    """The content of tuning.yaml."""
    document: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("tuning.yaml").read_text(encoding="utf-8"))
    return document


def plan_run(
    manifest_sha256: str,
    *,
    base_model: str,
    location: str,
    method: str = "supervised",
    parameters: Mapping[str, float] | None = None,
    parent_checkpoint: str | None = None,
) -> TuningPlan:
    """A plan within the allow-list. Raises ParametersRefusedError listing everything wrong, with the allowed values."""
    rules = read_rules()
    model = rules["models"].get(base_model)
    if model is None:
        raise ParametersRefusedError(f"base_model must be one of {', '.join(rules['models'])}; got {base_model!r}")
    problems = []
    if method not in model["methods"]:
        problems.append(f"method must be one of {', '.join(model['methods'])} for {base_model}; got {method!r}")
    if location not in rules["locations"]:
        problems.append(f"VERTEX_TUNING_LOCATION must be one of {', '.join(rules['locations'])}; got {location!r}")
    allowed = {
        name: rule for name, rule in model["parameters"].items() if method in rule.get("methods", model["methods"])
    }
    given = dict(parameters or {})
    for name in sorted(set(given) - set(allowed)):
        problems.append(f"{name} is no parameter of {method} tuning; allowed are {', '.join(allowed)}")
    values = {name: given.get(name, rule["default"]) for name, rule in allowed.items()}
    problems += [
        problem for name, value in values.items() if (problem := parameter_problem(name, value, allowed[name]))
    ]
    if problems:
        raise ParametersRefusedError("; ".join(problems))
    # 3 and 3.0 are the same wish: written in one way, they have one hash.
    written = {name: type(allowed[name]["default"])(value) for name, value in values.items()}
    return TuningPlan(manifest_sha256, base_model, method, location, written, parent_checkpoint)


def parameter_problem(name: str, value: object, rule: Mapping[str, Any]) -> str | None:
    """Why a value is not allowed, with the values that are."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{name} must be a number"
    if "allowed" in rule:
        values = ", ".join(map(str, rule["allowed"]))
        return None if value in rule["allowed"] else f"{name} must be one of {values}; got {value}"
    if not rule["minimum"] <= value <= rule["maximum"]:
        return f"{name} must be between {rule['minimum']} and {rule['maximum']}; got {value}"
    if isinstance(rule["default"], int) and value != int(value):
        return f"{name} must be a whole number; got {value}"
    return None


def estimated_cost(plan: TuningPlan, train_bytes: int) -> Decimal:
    """USD, rounded up to a cent: bytes over 3 (more than the tokens of English text), times epochs, times price."""
    return cost_of_tokens(plan.base_model, estimated_tokens(plan, train_bytes))


def estimated_tokens(plan: TuningPlan, train_bytes: int) -> int:
    """Tokens of the training file times epochs, on the dear side."""
    return -(-train_bytes // BYTES_PER_TOKEN) * int(plan.parameters["epoch_count"])


def cost_of_tokens(base_model: str, tokens: int) -> Decimal:
    """USD at the price of `tuning.yaml`, rounded up to a cent."""
    price = Decimal(read_rules()["models"][base_model]["usd_per_million_tokens"])
    return (tokens * price / MILLION).quantize(Decimal("0.01"), rounding="ROUND_UP")
