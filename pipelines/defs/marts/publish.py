"""The asset that copies the marts back to Postgres when BigQuery builds them: the API reads them there."""

import dagster as dg

from pipelines.defs.export.assets import OWNER
from pipelines.defs.marts.translator import NIGHTLY_FRESHNESS, layer_of, model_key
from pipelines.defs.marts.warehouses import TARGETS
from pipelines.lib.manifest import read_manifest
from pipelines.settings import load_settings


@dg.definitions
def defs() -> dg.Definitions:
    """`published/marts`, downstream of the marts of both warehouses."""
    nodes = read_manifest()["nodes"].values()
    marts = sorted(n["name"] for n in nodes if n["resource_type"] == "model" and layer_of(n) == "marts")

    @dg.asset(
        key=dg.AssetKey(["published", "marts"]),
        deps=[model_key(target, "marts", name) for target in TARGETS for name in marts],
        group_name="marts",
        owners=[OWNER],
        kinds={"postgres"},
        freshness_policy=NIGHTLY_FRESHNESS,
        description="The marts that the API and the analyst read in Postgres. With WAREHOUSE=bigquery they are copied"
        " from BigQuery, whole and in one transaction; with WAREHOUSE=postgres dbt has built them there.",
        retry_policy=dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL),
    )
    def published_marts(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from pipelines.lib.publish import copy_marts, count_marts, preview_marts

        settings = load_settings()
        counts = (copy_marts if settings.warehouse == "bigquery" else count_marts)(settings, marts)
        context.log.info("%d marts published from %s", len(counts), settings.warehouse)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(counts.values()),
                "built_by": settings.warehouse,
                "rows_by_mart": counts,
                "preview": dg.MetadataValue.md(preview_marts(settings, marts)),
            }
        )

    return dg.Definitions(assets=[published_marts])
