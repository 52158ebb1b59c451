"""One person in every store, one store failing once, and then nobody anywhere: not a row, an object or a dataset."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from google.api_core.exceptions import GoogleAPIError, RetryError

from cli.erased_copies import verify_copies
from local.stack.ports import free_port
from pipelines.lib.export import bigquery_jobs
from pipelines.lib.export.bigquery_jobs import bigquery_client
from pipelines.lib.export.export_run import run_export
from pipelines.lib.export.storage import storage_client
from pipelines.lib.training.registry import LINEAGE, forget_lineage, revoke_datasets
from pipelines.lib.training.upload import delete_dataset
from pipelines.settings import PipelineSettings
from tests.api.privacy.test_erasure import work
from tests.api.privacy.test_export_views import CANARIES, full_life
from tests.pipelines.conftest import pipeline_settings
from tests.support.databases import Database
from tests.support.residue_scan import scan_bigquery, scan_postgres, scan_storage
from tests.support.running_service import Person, Service, running_service
from tests.support.shared_stack import SharedStack

__all__ = ["pipeline_settings"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PSEUDONYM_STAYS = {"cvstomize.erasure_requests", "cvstomize.deletions"}
"""The proof that somebody was erased, and the ledger that tells every copy what to delete."""


@dataclass
class Installation:
    """Everything there is, and who is to be forgotten."""

    service: Service
    settings: PipelineSettings

    def night(self) -> None:
        """What the nightly run does about people who left: export, core rebuilt, datasets revoked."""
        report = run_export(self.settings, allow_shrink=True)
        assert report.clean, report.problems()
        with psycopg.connect(self.settings.database_url, autocommit=True) as connection:
            connection.execute(
                "delete from core.training_examples where person_key not in (select person_key from export.people)"
            )
            for manifest in revoke_datasets(connection):
                delete_dataset(self.settings, manifest)
                forget_lineage(connection, manifest)

    def learn_from(self, person_key: str) -> None:
        """A dataset with the person's words, recorded as a build records it, and the table it was read from."""
        manifest = uuid.uuid4().hex
        words = json.dumps({"contents": [f"{CANARIES['note']} of {person_key}"]})
        bucket = storage_client(self.settings).bucket(self.settings.gcs_datasets_bucket)
        bucket.blob(f"{manifest}/train.jsonl").upload_from_string(words, timeout=10)
        with psycopg.connect(self.settings.database_url, autocommit=True) as connection:
            connection.execute("create table if not exists core.training_examples (person_key text, words text)")
            connection.execute("insert into core.training_examples values (%s, %s)", [person_key, words])
            connection.execute(LINEAGE)
            connection.execute(
                "insert into cvstomize.datasets (id, manifest_sha256, kind, status, as_of, source_cut,"
                " consent_version, manifest) values (%s, %s, 'supervised', 'uploaded', now(), '', '', '{}')",
                [uuid.uuid4(), manifest],
            )
            connection.execute(
                "insert into core.dataset_lineage values (%s, 'row', 'train.jsonl', %s, 'resume', 'version')",
                [manifest, person_key],
            )

    def scan(self, needles: dict[str, str]) -> set[tuple[str, str]]:
        """(needle, place) over Postgres, Cloud Storage and BigQuery."""
        endpoint = self.service.settings.storage_emulator_host
        assert endpoint is not None
        layers = ("raw", "load", "staging", "core", "marts")
        datasets = [f"{self.settings.bigquery_dataset}_{layer}" for layer in layers]
        with self.service.database.connect() as connection:
            found = scan_postgres(connection, needles)
        return (
            found | scan_storage(endpoint, needles) | scan_bigquery(bigquery_client(self.settings), datasets, needles)
        )

    def status(self, receipt: str) -> str:
        with self.service.client() as anybody:
            return str(anybody.get(f"/api/erasures/{receipt}").json()["status"])


@pytest.fixture(scope="module")
def installation(stack: SharedStack, database: Database, pipeline_settings: PipelineSettings) -> Iterator[Installation]:
    environment = stack.environment()
    names = ("GCS_RESUMES_BUCKET", "GCS_UPLOADS_BUCKET", "STORAGE_EMULATOR_HOST", "GCP_PROJECT_ID")
    with running_service(database, enable_cloud_storage=True, **{n.lower(): environment[n] for n in names}) as service:
        yield Installation(service, pipeline_settings)


def person_everywhere(installation: Installation) -> tuple[Person, dict[str, str], dict[str, str]]:
    """Somebody in every store; their own texts, and the ids that stand for them."""
    service = installation.service
    person = full_life(service)
    document = {"basics": {"name": CANARIES["name"], "email": CANARIES["mail"]}}
    files = {"file": ("canary.json", json.dumps(document), "application/json")}
    assert person.post("/api/profile/import", files=files).status_code == 201
    key = {"Idempotency-Key": uuid.uuid4().hex}
    [resume] = person.get("/api/resume").json()["items"]
    resume_id = resume["id"]
    assert person.post(f"/api/resume/{resume_id}/report-outcome", json={"noAnswerYet": True}, headers=key).is_success
    assert person.get(f"/api/resume/{resume_id}/download?format=pdf").status_code == 200
    person.consent("product", "outcome_research", "training")
    person_key = service.rows("select person_key from cvstomize.users where id = %s", person.user_id)[0][0]
    assert run_export(installation.settings, allow_shrink=True).clean
    installation.learn_from(person_key)
    return person, dict(CANARIES), {"user": person.user_id, "pseudonym": person_key, "resume": resume_id}


def one_outage(
    installation: Installation, store: str, monkeypatch: pytest.MonkeyPatch, receipt: str, user_id: str
) -> None:
    """One store fails once, at the step that needs it; nothing is lost and nothing is claimed."""
    service = installation.service
    if store == "storage":
        work(service, storage_emulator_host=f"http://127.0.0.1:{free_port()}")
        assert installation.status(receipt) == "requested"
    if store == "database":
        with service.database.connect() as connection:
            # The deletion of the person waits for this row until its statement is cancelled.
            connection.execute("select from cvstomize.users where id = %s for update", [user_id])
            with service.clock.moved(minutes=1):
                work(service)
        assert installation.status(receipt) == "requested"
    if store == "warehouse":
        for minutes in (3, 6):  # the deletion, then the sweep
            with service.clock.moved(minutes=minutes):
                work(service)
        installation.night()
        away = installation.settings.model_copy(update={"bigquery_emulator_host": f"http://127.0.0.1:{free_port()}"})
        with monkeypatch.context() as patch:
            patch.setattr(bigquery_jobs, "RETRY_SECONDS", 2.0)
            with pytest.raises((GoogleAPIError, RetryError, OSError)):
                verify_copies(away)
        assert installation.status(receipt) == "operational_erased"


STORES = ("storage", "database", "warehouse")


@pytest.mark.parametrize(
    "stores", [STORES, *(pytest.param((store,), marks=pytest.mark.prove) for store in STORES)], ids="-".join
)
def test_nothing_is_left_when_each_store_fails_once(
    installation: Installation, stores: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = installation.service
    person, words, ids = person_everywhere(installation)
    # A scan that finds nothing proves nothing, unless it found everything before: in JSON, bytes, Parquet and PDF.
    before = installation.scan(words | ids)
    places = {place.split("/")[2] if place.startswith("gs:") else place for _, place in before}
    assert {"cvstomize.profiles", "cvstomize.profile_imports", "cvstomize.conversation_answers"} <= places
    assert {service.settings.gcs_resumes_bucket, service.settings.gcs_uploads_bucket} <= places
    assert {installation.settings.gcs_datasets_bucket, installation.settings.gcs_export_bucket} <= places
    assert {"core.training_examples", f"bigquery {installation.settings.raw_dataset}.people"} <= places
    assert any("/cuts/" in place for _, place in before)

    receipt = person.delete("/api/me").json()["receipt"]
    for store in stores:
        one_outage(installation, store, monkeypatch, receipt, person.user_id)
    for minutes in (10, 15):  # the deletion, then the sweep
        with service.clock.moved(minutes=minutes):
            work(service)
        assert installation.status(receipt) == "operational_erased"
    for _ in range(3):
        installation.night()
        verify_copies(installation.settings)
        if installation.status(receipt) == "models_retired":
            break
    assert installation.status(receipt) == "models_retired"
    assert installation.scan(words) == set()
    left = installation.scan(ids)
    assert {place for _, place in left} <= PSEUDONYM_STAYS, left
