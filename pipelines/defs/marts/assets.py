"""Groups `staging`, `core` and `marts`: the dbt project, once for each warehouse."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from pipelines.defs.marts.translator import WarehouseTranslator
from pipelines.defs.marts.warehouses import TARGETS, Target, Warehouse
from pipelines.lib.manifest import PROJECT_DIR, dbt_executable, read_manifest
from pipelines.resources import RunMoment
from pipelines.settings import load_settings

RETRIES = dg.RetryPolicy(max_retries=1, delay=15)


def dbt_variables(as_of: datetime, source_cut: datetime) -> dict[str, str]:
    """What a dbt run is told. dbt itself reads no clock, so the time of building is told here."""
    return {
        "as_of": as_of.isoformat(),
        "source_cut": source_cut.isoformat(),
        "built_at": datetime.now(UTC).isoformat(),
    }


def build_assets(target: Target, manifest: dict[str, Any]) -> dg.AssetsDefinition:
    """`dbt build` for one warehouse: models, seeds and, as asset checks, tests."""

    @dbt_assets(
        manifest=manifest,
        name=f"dbt_{target}",
        dagster_dbt_translator=WarehouseTranslator(target),
        pool=f"dbt_{target}",
        retry_policy=RETRIES,
    )
    def warehouse_models(context: dg.AssetExecutionContext, moment: RunMoment) -> Iterator[Any]:
        warehouse = Warehouse(target, load_settings())
        warehouse.put_into_environment()
        variables = dbt_variables(moment.moment, warehouse.source_cut())
        context.log.info("dbt build for %s with %s", target, variables)
        dbt = DbtCliResource(
            project_dir=str(PROJECT_DIR),
            profiles_dir=str(PROJECT_DIR),
            target=target,
            dbt_executable=dbt_executable(),
            global_config_flags=["--no-use-colors"],
        )
        # Every model is rebuilt anyway; the flag lets one change from table to view without a hand in BigQuery.
        run = dbt.cli(["build", "--full-refresh", "--vars", json.dumps(variables)], context=context)
        for event in run.stream():
            yield with_row_count(event, context, warehouse)

    return warehouse_models


def with_row_count(event: Any, context: dg.AssetExecutionContext, warehouse: Warehouse) -> Any:
    """Add the row count to the materialization of a model; other events pass."""
    if isinstance(event, dg.Output):
        path = context.asset_key_for_output(event.output_name).path
    elif isinstance(event, dg.MaterializeResult) and event.asset_key is not None:
        path = event.asset_key.path
    else:
        return event
    metadata = dict(event.metadata or {}) | {"dagster/row_count": warehouse.row_count(path[1], path[2])}
    if isinstance(event, dg.Output):
        return event.with_metadata(metadata)
    return event._replace(metadata=metadata)


@dg.definitions
def defs() -> dg.Definitions:
    """The models of both warehouses."""
    manifest = read_manifest()
    return dg.Definitions(assets=[build_assets(target, manifest) for target in TARGETS])
