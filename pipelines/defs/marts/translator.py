"""How a node of the dbt project becomes an asset: one manifest, two warehouses, two sets of keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject

from pipelines.defs.export.assets import OWNER, raw_key
from pipelines.defs.marts.warehouses import Target
from pipelines.defs.operational.assets import view_key

LAYERS = {"intermediate": "staging"}
# The nightly run at 03:00 takes minutes; a day without it is worth knowing.
NIGHTLY_FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=30), warn_window=timedelta(hours=26))


def layer_of(node: Mapping[str, Any]) -> str:
    """The schema a node is built in: staging, core or marts."""
    folder = node["fqn"][1] if len(node["fqn"]) > 2 else "staging"
    return LAYERS.get(folder, folder)


def model_key(target: Target, layer: str, name: str) -> dg.AssetKey:
    """The asset of a model in one warehouse, for example postgres/core/fct_applications."""
    return dg.AssetKey([target, layer, name])


class WarehouseTranslator(DagsterDbtTranslator):
    """Names the assets of one target. Sources are the export views there, the raw tables here."""

    def __init__(self, target: Target) -> None:
        super().__init__()
        self.target = target

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """The asset of a model, seed or source."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = self.get_resource_props(manifest, unique_id)
        if node["resource_type"] == "source":
            key = view_key(node["name"]) if self.target == "postgres" else raw_key(node["name"])
            return spec.replace_attributes(key=key)
        layer = layer_of(node)
        # The manifest names relations as Postgres does; for BigQuery they are known at run time.
        metadata = {k: v for k, v in spec.metadata.items() if k != "dagster/table_name"}
        metadata["dagster/table_name"] = f"{layer}.{node['name']}"
        return spec.replace_attributes(
            key=model_key(self.target, layer, node["name"]),
            group_name=layer,
            owners=[OWNER],
            kinds={"dbt", self.target, node["config"].get("materialized", "table")},
            metadata=metadata,
            freshness_policy=NIGHTLY_FRESHNESS if layer == "marts" else None,
        )
