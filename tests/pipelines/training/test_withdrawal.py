"""Somebody who withdraws while a dataset is built or uploaded is in no object afterwards; lineage is for one role."""

from pathlib import Path
from typing import Any

import pytest
from psycopg.errors import InsufficientPrivilege

from local.vertex import VertexStandIn
from pipelines.defs.training.keys import DATASET, ROWS
from pipelines.lib.export.storage import storage_client
from pipelines.lib.training import upload
from pipelines.settings import load_settings
from tests.pipelines.training.house import decide, failure, metadata, run
from tests.support.databases import Database

pytestmark = pytest.mark.slow


def objects() -> list[str]:
    settings = load_settings()
    return [blob.name for blob in storage_client(settings).list_blobs(settings.gcs_datasets_bucket)]


@pytest.mark.parametrize("file", ["train.jsonl", pytest.param("manifest.json", marks=pytest.mark.prove)])
def test_a_withdrawal_during_the_upload_leaves_no_object(
    house: VertexStandIn, database: Database, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    upload_once, before = upload.upload_once, set(objects())
    written: list[str] = []

    def and_somebody_leaves(blob: Any, path: Path) -> None:
        upload_once(blob, path)
        written.append(path.name)
        if path.name == file:
            with database.connect() as connection:
                decide(connection, "person-7", "training", granted=False)

    monkeypatch.setattr(upload, "upload_once", and_somebody_leaves)
    result = run(ROWS, DATASET, raises=False)
    assert "1 people withdrew since the rows were read" in failure(result)
    assert written[-1] == file
    assert set(objects()) <= before
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        assert connection.execute("select status from cvstomize.datasets").fetchall() == [("revoked",)]
        assert connection.execute("select count(*) from core.dataset_lineage").fetchone() == (0,)
        connection.execute("delete from core.training_examples where person_key = 'person-7'")
    monkeypatch.setattr(upload, "upload_once", upload_once)
    again = metadata(run(ROWS, DATASET), DATASET)
    assert again["missing"] == ["nothing"]
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        assert connection.execute(
            "select count(*) from core.dataset_lineage where person_key = 'person-7'"
        ).fetchone() == (0,)


@pytest.mark.prove  # twelve seconds: two datasets are built
def test_who_consents_again_is_back_in_the_next_dataset(house: VertexStandIn, database: Database) -> None:
    first = metadata(run(ROWS, DATASET), DATASET)["manifest_sha256"]
    with database.connect() as connection:
        decide(connection, "person-7", "training", granted=False)
    assert "1 people withdrew" in failure(run(ROWS, DATASET, raises=False))
    assert not [name for name in objects() if name.startswith(first)]
    with database.connect() as connection:
        decide(connection, "person-7", "training", granted=True)
    again = metadata(run(ROWS, DATASET), DATASET)
    assert (again["manifest_sha256"], again["revoked_datasets"]) == (first, 0)
    assert metadata(run(ROWS, DATASET), DATASET)["revoked_datasets"] == 0
    assert len([name for name in objects() if name.startswith(first)]) == 5
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        rows = connection.execute("select status, revoked_at from cvstomize.datasets").fetchall()
        assert rows == [("uploaded", None)]
        people = connection.execute("select count(*) from core.dataset_lineage where person_key = 'person-7'")
        assert people.fetchone() == (1,)


def test_nobody_but_the_pipeline_reads_whose_rows_they_are(house: VertexStandIn, database: Database) -> None:
    run(ROWS, DATASET)
    statement = "select person_key from core.dataset_lineage limit 1"
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        assert connection.execute(statement).fetchone()
    for role in ("DATABASE_URL", "ERASER_DATABASE_URL", "ANALYST_DATABASE_URL", "MIGRATOR_DATABASE_URL"):
        with database.connect(role) as connection, pytest.raises(InsufficientPrivilege):
            connection.execute(statement)
