"""An erasure is called `erased` only when no copy in any warehouse names the person."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from google.cloud import bigquery

from cli.erased_copies import verify_copies
from pipelines.lib.export.bigquery_jobs import bigquery_client
from pipelines.lib.residue import keys_in_bigquery
from pipelines.settings import PipelineSettings, load_settings
from tests.api.privacy.test_erasure import lived_in, work
from tests.support.databases import Database
from tests.support.running_service import Service
from tests.support.shared_stack import SharedStack

pytestmark = pytest.mark.slow


@pytest.fixture
def settings(stack: SharedStack, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[PipelineSettings]:
    """The pipelines' settings on this module's database, with a BigQuery dataset of its own."""
    environment = stack.environment() | database.urls | {"BIGQUERY_DATASET": "erasure_test"}
    for name, value in environment.items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    settings = load_settings()
    yield settings
    bigquery_client(settings).delete_dataset(settings.raw_dataset, delete_contents=True, not_found_ok=True)


def test_copies_are_looked_for_in_both_warehouses(
    service: Service, settings: PipelineSettings, database: Database
) -> None:
    person, _ = lived_in(service)
    key = service.rows("select person_key from cvstomize.users where id = %s", person.user_id)[0][0]
    receipt = person.delete("/api/me").json()["receipt"]

    def status() -> str:
        with service.client() as anybody:
            return str(anybody.get(f"/api/erasures/{receipt}").json()["status"])

    client = bigquery_client(settings)
    client.create_dataset(settings.raw_dataset)
    table = bigquery.Table(
        f"{settings.gcp_project_id}.{settings.raw_dataset}.people", [bigquery.SchemaField("person_key", "STRING")]
    )
    client.create_table(table)
    client.query(f"insert into `{table.reference}` values ('{key}')").result()
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute("create table core.dim_people (person_key text, note text)")
        connection.execute("insert into core.dim_people values ('another', %s)", [f"mentions {key}"])

        assert verify_copies(settings) == {}
        assert status() == "requested"
        work(service)
        assert status() == "operational_erased"
        assert list(verify_copies(settings).values()) == [["bigquery erasure_test_raw.people", "core.dim_people"]]
        assert status() == "operational_erased"

        connection.execute("delete from core.dim_people")
        assert list(verify_copies(settings).values()) == [["bigquery erasure_test_raw.people"]]
        client.query(f"delete from `{table.reference}` where true").result()
        assert verify_copies(settings) == {}
    assert status() == "models_retired"


def test_a_table_or_dataset_that_is_not_there_holds_nobody(
    settings: PipelineSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keys_in_bigquery(settings, ["p-1"]) == {}, "no dataset was ever made"
    client = bigquery_client(settings)
    client.create_dataset(settings.raw_dataset)
    for name in ("leaves", "stays"):
        schema = [bigquery.SchemaField("row_key", "STRING")]
        client.create_table(bigquery.Table(f"{settings.gcp_project_id}.{settings.raw_dataset}.{name}", schema))
        client.query(f"insert into `{settings.raw_dataset}.{name}` values ('p-1')").result()
    listing = bigquery.Client.list_tables

    def then_one_expires(self: bigquery.Client, dataset: str, **options: object) -> list[object]:
        listed = list(listing(self, dataset, **options))
        client.delete_table(f"{settings.gcp_project_id}.{settings.raw_dataset}.leaves", not_found_ok=True)
        return listed

    monkeypatch.setattr(bigquery.Client, "list_tables", then_one_expires)
    assert keys_in_bigquery(settings, ["p-1", "p-2"]) == {f"bigquery {settings.raw_dataset}.stays": {"p-1"}}
