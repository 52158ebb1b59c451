"""What BigQuery is asked for when the export makes its datasets, at the transport."""

import json
from typing import Any

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from pipelines.lib.export.warehouse import RawWarehouse
from pipelines.settings import PipelineSettings

SETTINGS = PipelineSettings.model_validate(
    {
        "pipeline_database_url": "postgresql://nobody@127.0.0.1/none",
        "gcp_project_id": "project",
        "gcs_export_bucket": "bucket",
        "gcs_datasets_bucket": "datasets",
        "bigquery_dataset": "cv",
    }
)


class Transport(requests.Session):
    """Answers as BigQuery does, and keeps what it was sent. `kept` is the time travel of datasets that are there."""

    is_mtls = False

    def __init__(self, kept: str | None) -> None:
        super().__init__()
        self.kept = kept
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        body = json.loads(options.get("data") or "{}")
        self.sent.append((method, body))
        answer = requests.Response()
        answer.status_code, answer.url = 200, str(url)
        answer.request = requests.Request(method, url).prepare()
        name = str(url).partition("?")[0].rsplit("/", 1)[-1]
        reference = body.get("datasetReference") or {"projectId": "project", "datasetId": name}
        if method == "POST" and self.kept is not None:
            answer.status_code, body = 409, {"error": {"code": 409, "message": "Already Exists"}}
        elif method == "GET":
            body = {"maxTimeTravelHours": self.kept}
        answer._content = json.dumps(body | {"datasetReference": reference}).encode()
        answer.headers["content-type"] = "application/json"
        return answer


@pytest.mark.parametrize(("kept", "updates"), [(None, 0), ("48", 0), ("168", 2)])
def test_both_datasets_keep_two_days_of_time_travel_also_those_that_somebody_else_made(
    kept: str | None, updates: int
) -> None:
    transport = Transport(kept)
    client = bigquery.Client("project", AnonymousCredentials(), _http=transport)  # type: ignore[no-untyped-call]
    RawWarehouse(client, SETTINGS).ensure_datasets()
    made = [body for method, body in transport.sent if method == "POST"]
    assert [body["datasetReference"]["datasetId"] for body in made] == ["cv_raw", "cv_load"]
    assert [body["maxTimeTravelHours"] for body in made] == [48, 48]
    assert "defaultTableExpirationMs" not in {k for k, v in made[0].items() if v is not None}
    assert int(made[1]["defaultTableExpirationMs"]) > 0
    changed = [body for method, body in transport.sent if method in {"PATCH", "PUT"}]
    assert [body["maxTimeTravelHours"] for body in changed] == [48] * updates
