"""Google's own clients work against the stand-ins, and the two see the same objects."""

import io
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage  # type: ignore[attr-defined]

from local.stack.storage import ensure_buckets
from tests.support.shared_stack import SharedStack

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bucket(stack: SharedStack) -> storage.Bucket:
    environment = stack.environment()
    client = storage.Client(
        project=environment["GCP_PROJECT_ID"],
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": environment["STORAGE_EMULATOR_HOST"]},
    )
    return client.bucket(environment["GCS_EXPORT_BUCKET"])


@pytest.fixture(scope="module")
def warehouse(stack: SharedStack) -> bigquery.Client:
    environment = stack.environment()
    return bigquery.Client(
        project=environment["GCP_PROJECT_ID"],
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": environment["BIGQUERY_EMULATOR_HOST"]},
    )


def test_every_bucket_is_there(stack: SharedStack, bucket: storage.Bucket) -> None:
    environment = stack.environment()
    wanted = {value for name, value in environment.items() if name.startswith("GCS_") and name.endswith("_BUCKET")}
    assert {found.name for found in bucket.client.list_buckets(timeout=5)} >= wanted
    assert len(wanted) == 4


def test_uploads_are_deleted_after_thirty_days() -> None:
    """The stand-in forgets a bucket's rules, so this listens to what is asked for."""
    asked: list[dict[str, Any]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        ensure_buckets(f"http://127.0.0.1:{server.server_port}", "test", ["kept", "uploads"], {"uploads": 30})
        server.shutdown()
    rule = {"action": {"type": "Delete"}, "condition": {"age": 30}}
    assert asked == [{"name": "kept"}, {"name": "uploads", "lifecycle": {"rule": [rule]}}]


def test_object_keeps_bytes_type_and_preconditions(bucket: storage.Bucket) -> None:
    from google.api_core.exceptions import PreconditionFailed

    blob = bucket.blob("proof/Lebenslauf ü.pdf")
    blob.upload_from_string(b"%PDF-1.7", content_type="application/pdf", if_generation_match=0, timeout=5)
    again = bucket.get_blob(blob.name, timeout=5)
    assert again is not None
    assert (again.download_as_bytes(timeout=5), again.content_type) == (b"%PDF-1.7", "application/pdf")
    with pytest.raises(PreconditionFailed):
        blob.upload_from_string(b"other", if_generation_match=0, timeout=5)


def test_bigquery_loads_what_storage_holds(bucket: storage.Bucket, warehouse: bigquery.Client) -> None:
    file = io.BytesIO()
    parquet.write_table(pa.table({"id": [1, 2, 3], "word": ["a", "日本", "c"]}), file)
    bucket.blob("raw/words.parquet").upload_from_string(file.getvalue(), if_generation_match=0, timeout=5)
    dataset = warehouse.create_dataset("stack_proof", exists_ok=True, timeout=10)
    schema = [bigquery.SchemaField("id", "INT64"), bigquery.SchemaField("word", "STRING")]
    table = warehouse.create_table(bigquery.Table(dataset.table("words"), schema), exists_ok=True, timeout=10)
    settings = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_TRUNCATE")
    uri = f"gs://{bucket.name}/raw/words.parquet"
    warehouse.load_table_from_uri(uri, table, job_config=settings, timeout=10).result(timeout=20)
    assert warehouse.get_table(table, timeout=10).num_rows == 3
    rows = warehouse.query("SELECT word FROM stack_proof.words WHERE id = 2", timeout=10).result(timeout=20)
    assert [row.word for row in rows] == ["日本"]
