"""The keys of the group, and the one place that says which model of which warehouse it reads."""

import os

import dagster as dg

GROUP = "training"
NIGHTLY = "nightly"
"""The job that nobody is watching: it builds everything, and pays for nothing that nobody asked for."""
EXAMPLES = ("core", "training_examples")


def warehouse() -> str:
    """The warehouse that datasets are built from: the one that publishes the marts."""
    return os.environ.get("WAREHOUSE") or "postgres"


def examples_key() -> dg.AssetKey:
    """The dbt model in that warehouse, for example postgres/core/training_examples."""
    return dg.AssetKey([warehouse(), *EXAMPLES])


ROWS = dg.AssetKey(["training", "training_rows"])
DATASET = dg.AssetKey(["training", "supervised_dataset"])
PREFERENCES = dg.AssetKey(["training", "preference_dataset"])
RUN = dg.AssetKey(["training", "tuning_run"])
MODEL = dg.AssetKey(["training", "tuned_model"])
EVALUATION = dg.AssetKey(["training", "model_evaluation"])
