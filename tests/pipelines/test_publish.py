"""WAREHOUSE=bigquery: the marts that the API and the analyst read are copied back, whole, with comments and rights."""

from datetime import date
from decimal import Decimal

import pytest
from google.cloud import bigquery

from pipelines.lib.export.bigquery_jobs import JobRunner, bigquery_client
from pipelines.lib.publish import copy_marts, count_marts
from pipelines.settings import PipelineSettings
from tests.support.databases import Database

pytestmark = pytest.mark.slow


def test_marts_are_copied_with_types_comments_and_rights_and_replaced_as_a_whole(
    pipeline_settings: PipelineSettings, database: Database
) -> None:
    client = bigquery_client(pipeline_settings)
    dataset = pipeline_settings.warehouse_dataset("marts")
    client.create_dataset(dataset, timeout=30)
    jobs, mart = JobRunner(client), f"{dataset}.copied"
    jobs.rows(
        f"create table `{mart}` (framing string, people int64, incidence numeric(10, 9), month date, shown bool,"
        " at timestamp)".replace(" at ", " computed_at ")
    )
    table = client.get_table(mart, timeout=30)
    table.schema = [
        bigquery.SchemaField.from_api_repr(field.to_api_repr() | {"description": f"About {field.name}."})
        for field in table.schema
    ]
    client.update_table(table, ["schema"], timeout=30)
    jobs.rows(
        f"insert into `{mart}` values ('neutral', 15, numeric '0.123456789', date '2026-11-01', true,"
        " timestamp '2026-11-01 00:00:00.000001+00'), ('steady', null, null, date '2026-11-01', false, null)"
    )
    settings = pipeline_settings.model_copy(update={"warehouse": "bigquery"})
    assert copy_marts(settings, ["copied"]) == {"copied": 2}
    with database.connect("ANALYST_DATABASE_URL") as connection:
        rows = connection.execute("select * from marts.copied order by framing").fetchall()
        comment = connection.execute("select col_description('marts.copied'::regclass, 2)").fetchone()
    assert rows[0][:5] == ("neutral", 15, Decimal("0.123456789"), date(2026, 11, 1), True)
    assert rows[0][5].isoformat() == "2026-11-01T00:00:00.000001+00:00"
    assert rows[1][:5] == ("steady", None, None, date(2026, 11, 1), False)
    assert comment == ("About people.",)
    jobs.rows(f"delete from `{mart}` where framing = 'steady'")
    assert copy_marts(settings, ["copied"]) == {"copied": 1}
    assert count_marts(settings, ["copied"]) == {"copied": 1}
