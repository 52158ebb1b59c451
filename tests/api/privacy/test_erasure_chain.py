"""Erasure at the end of the real chain: nightly export, dbt models, a training dataset and a model tuned on it.

Nothing here is put in place by hand: the person is one of those whom the build itself took into its training file.
"""

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from api.auth.tokens import issue_token
from api.db.url import libpq_url
from cli.erased_copies import retire, verify_copies
from local.demo.cohort_loader import load_cohort, refresh_statistics
from local.demo.services import run_nightly
from local.vertex.stand_in import VertexStandIn
from pipelines.lib.export.export_run import run_export
from pipelines.settings import PipelineSettings
from tests.api.privacy.test_erasure import work
from tests.api.privacy.test_erasure_everywhere import PSEUDONYM_STAYS, Installation
from tests.pipelines.conftest import pipeline_settings
from tests.support.databases import Database
from tests.support.running_service import Person, running_service
from tests.support.shared_stack import SharedStack

__all__ = ["pipeline_settings"]

pytestmark = [pytest.mark.prove, pytest.mark.timeout(2_000)]

PEOPLE = 1_500
SEED = 7


class Chain(Installation):
    """An installation whose night is the scheduled job itself, in its own process, after an export to BigQuery."""

    environment: dict[str, str]

    def night(self) -> None:
        report = run_export(self.settings, allow_shrink=True)
        assert report.clean, report.problems()
        now = datetime.now(UTC)
        year, month = (now.year, now.month + 1) if now.month < 12 else (now.year + 1, 1)
        run_nightly(self.environment, f"{year}-{month:02d}-01T00:00:00Z", lambda _: None)


@pytest.fixture
def chain(
    stack: SharedStack, database: Database, pipeline_settings: PipelineSettings, tmp_path: Path
) -> Iterator[Chain]:
    environment = stack.environment()
    names = ("GCS_RESUMES_BUCKET", "GCS_UPLOADS_BUCKET", "STORAGE_EMULATOR_HOST", "GCP_PROJECT_ID")
    settings = {name.lower(): environment[name] for name in names}
    with (
        VertexStandIn(tmp_path, storage_host=environment["STORAGE_EMULATOR_HOST"]) as vertex,
        running_service(database, enable_cloud_storage=True, **settings) as service,
    ):
        installation = Chain(service, pipeline_settings)
        own = {
            "BIGQUERY_DATASET": "",  # the marts of one warehouse; the parity tests build those of the other
            "GCS_EXPORT_BUCKET": pipeline_settings.gcs_export_bucket,
            "VERTEX_BASE_URL": vertex.base_url,
            "VERTEX_PROJECT": "cvstomize-local",
            "WAREHOUSE": "postgres",
        }
        installation.environment = {**os.environ, **environment, **database.urls, **own}
        load_cohort(libpq_url(database.app_url), PEOPLE, SEED, datetime.now(UTC), lambda _: None)
        refresh_statistics(libpq_url(database.superuser_url))
        yield installation


def learnt_from(chain: Chain) -> Person:
    """Somebody whose words are in the training file of a model."""
    service = chain.service
    learnt = service.rows(
        "select users.id, users.email from core.dataset_lineage join cvstomize.users using (person_key)"
        " join cvstomize.datasets using (manifest_sha256) join cvstomize.tuning_runs on dataset_id = datasets.id"
        " join cvstomize.models on tuning_run_id = tuning_runs.id order by users.id limit 1"
    )
    made = service.rows(
        "select kind, datasets.status, state, models.status from cvstomize.datasets"
        " left join cvstomize.tuning_runs on dataset_id = datasets.id"
        " left join cvstomize.models on tuning_run_id = tuning_runs.id"
    )
    assert len(learnt) == 1, f"no model was made: {made}"
    [(user_id, email)] = learnt
    secret = service.settings.auth_token_secret
    assert secret is not None
    token = issue_token(secret.get_secret_value(), uuid.UUID(str(user_id)), datetime.now(UTC))
    return Person(service.client(token), email, token, str(user_id), service.database)


def test_somebody_a_model_learnt_from_leaves_every_store(chain: Chain) -> None:
    service = chain.service
    chain.night()
    person = learnt_from(chain)
    [(person_key,)] = service.rows("select person_key from cvstomize.users where id = %s", person.user_id)
    resumes = service.rows("select id::text from cvstomize.resumes where user_id = %s", person.user_id)
    needles = {"user": person.user_id, "pseudonym": person_key, "mail": person.email}
    needles |= {f"resume {number}": resume for number, (resume,) in enumerate(resumes)}
    places = {place for _, place in chain.scan(needles)}
    for copy in ("core.training_examples", "core.dataset_lineage", "core.fct_applications", "core.dim_people"):
        assert copy in places
    raw = f"bigquery {chain.settings.bigquery_dataset}_raw"
    assert {f"{raw}.people", f"{raw}.resumes", f"{raw}.resume_versions"} <= places
    [(manifest,)] = service.rows(
        "select manifest_sha256 from core.dataset_lineage where person_key = %s limit 1", person_key
    )

    receipt = person.delete("/api/me").json()["receipt"]
    for minutes in (0, 3):  # the deletion, then the sweep
        with service.clock.moved(minutes=minutes):
            work(service)
    assert chain.status(receipt) == "operational_erased"
    assert verify_copies(chain.settings) != {}, "the copies are still there, and it says so"
    assert chain.status(receipt) == "operational_erased"
    for _ in range(2):
        chain.night()
        left = verify_copies(chain.settings)
        if chain.status(receipt) != "operational_erased":
            break
    assert chain.status(receipt) == "erased", left
    # Retiring the model is still to be done: that the person is gone is not called the whole of it.
    assert service.rows("select status from cvstomize.datasets where manifest_sha256 = %s", manifest) == [("revoked",)]
    with psycopg.connect(chain.settings.database_url, autocommit=True) as connection:
        connection.execute("update cvstomize.models set status = 'retired' where status = 'retire_required'")
        retire(connection)
    assert chain.status(receipt) == "models_retired"
    found = {(needle, place) for needle, place in chain.scan(needles) if place not in PSEUDONYM_STAYS}
    assert found == set()
