"""What a run may be, at the edges of what is allowed: parameters, identity, cost, and when a create is settled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipelines.lib.training.errors import ParametersRefusedError
from pipelines.lib.training.run_registry import CREATE_SETTLES, RecordedRun
from pipelines.lib.training.tuning_plan import (
    TuningPlan,
    cost_of_tokens,
    estimated_cost,
    estimated_tokens,
    plan_run,
    read_rules,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
RECORDED = RecordedRun(
    id="1",
    run_hash="h",
    job_name=None,
    state="CREATING",
    synthetic=True,
    created_at=NOW,
    base_model="gemini-2.5-flash",
    method="supervised",
    parameters={},
    location="us-central1",
    details={},
    finished_at=None,
    manifest_sha256="m",
    train_uri="gs://b/t",
    validation_uri=None,
)


def plan(**changes: Any) -> TuningPlan:
    values = {"base_model": "gemini-2.5-flash", "location": "us-central1", "method": "supervised"} | changes
    return plan_run("f" * 64, **values)


@pytest.mark.parametrize(
    ("method", "name", "value", "words"),
    [
        ("supervised", "epoch_count", 1, None),
        ("supervised", "epoch_count", 20, None),
        ("supervised", "epoch_count", 0, "between 1 and 20; got 0"),
        ("supervised", "epoch_count", 21, "between 1 and 20; got 21"),
        ("supervised", "epoch_count", -1, "between 1 and 20"),
        ("supervised", "epoch_count", 2.5, "a whole number; got 2.5"),
        ("supervised", "epoch_count", True, "must be a number"),
        ("supervised", "epoch_count", "3", "must be a number"),
        ("supervised", "learning_rate_multiplier", 0.1, None),
        ("supervised", "learning_rate_multiplier", 10, None),
        ("supervised", "learning_rate_multiplier", 0.0999, "between 0.1 and 10"),
        ("supervised", "learning_rate_multiplier", 10.0001, "between 0.1 and 10"),
        ("supervised", "learning_rate_multiplier", float("nan"), "between 0.1 and 10"),
        ("supervised", "learning_rate_multiplier", float("inf"), "between 0.1 and 10"),
        ("supervised", "adapter_size", 16, None),
        ("supervised", "adapter_size", 32, "one of 1, 2, 4, 8, 16; got 32"),
        ("supervised", "adapter_size", 3, "one of 1, 2, 4, 8, 16; got 3"),
        ("preference", "beta", 0.01, None),
        ("preference", "beta", 1, None),
        ("preference", "beta", 0.009, "between 0.01 and 1"),
        ("supervised", "beta", 0.1, "beta is no parameter of supervised tuning; allowed are epoch_count"),
        ("supervised", "epochs", 3, "epochs is no parameter"),
    ],
)
def test_each_edge_of_the_allow_list(method: str, name: str, value: Any, words: str | None) -> None:
    parent = "projects/p/locations/us-central1/models/1@1#1" if method == "preference" else None
    if words is None:
        assert plan(method=method, parameters={name: value}, parent_checkpoint=parent).parameters[name] == value
        return
    with pytest.raises(ParametersRefusedError, match=words):
        plan(method=method, parameters={name: value}, parent_checkpoint=parent)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"base_model": "gemini-9"}, "gemini-2.5-flash, gemini-2.5-flash-lite, gemini-2.5-pro"),
        ({"base_model": "gemini-2.5-pro", "method": "preference"}, "supervised"),
        ({"method": "distillation"}, "supervised, preference"),
        ({"location": "mars-north1"}, "us-central1, europe-west4"),
    ],
)
def test_what_is_refused_names_what_is_allowed(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ParametersRefusedError, match=words):
        plan(**changes)


def test_the_same_wish_is_the_same_run_however_its_numbers_are_written() -> None:
    assert plan(parameters={"epoch_count": 3.0, "adapter_size": 4.0}).run_hash == plan().run_hash
    assert plan(parameters={"learning_rate_multiplier": 1}).run_hash == plan().run_hash
    different = {
        plan().run_hash,
        plan(parameters={"epoch_count": 4}).run_hash,
        plan(base_model="gemini-2.5-pro").run_hash,
    }
    assert len(different) == 3
    assert plan(location="europe-west4").run_hash == plan().run_hash  # where it runs does not make it another run


def test_the_estimate_errs_on_the_dear_side_by_a_cent_at_most() -> None:
    wish = plan(parameters={"epoch_count": 2})
    assert [estimated_tokens(wish, size) for size in (0, 1, 3, 4)] == [0, 2, 2, 4]
    assert estimated_cost(wish, 0) == 0
    assert cost_of_tokens("gemini-2.5-flash", 1) == Decimal("0.01")
    assert cost_of_tokens("gemini-2.5-flash", 2_000) == Decimal("0.01")
    assert cost_of_tokens("gemini-2.5-flash", 2_001) == Decimal("0.02")
    assert cost_of_tokens("gemini-2.5-pro", 1_000_000) == Decimal("25.00")
    assert all(Decimal(model["usd_per_million_tokens"]) > 0 for model in read_rules()["models"].values())


def test_a_create_is_settled_after_its_time_and_not_before() -> None:
    sent = replace(RECORDED, details={"create_sent_at": NOW.isoformat()})
    assert RECORDED.may_create(NOW)
    assert not sent.may_create(NOW)
    assert not sent.may_create(NOW + CREATE_SETTLES)
    assert sent.may_create(NOW + CREATE_SETTLES + timedelta(seconds=1))
    assert not sent.may_create(NOW - timedelta(hours=1))  # a clock that was put back creates nothing
