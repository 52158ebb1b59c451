"""After a backup was restored: the documented commands bring raw to the restored database, without who left since.

Two databases and the whole stack: one of the full counts. `make test` runs `test_restored_backup` without a warehouse
and the export of a restored dump without an erasure.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.lib.export.bigquery_jobs import bigquery_client
from pipelines.settings import PipelineSettings
from tests.api.privacy.test_erasure import erase_now, lived_in, work
from tests.api.privacy.test_erasure_everywhere import PSEUDONYM_STAYS
from tests.api.privacy.test_erasure_interrupted import status
from tests.api.privacy.test_restored_backup import older, restored, saved
from tests.pipelines.conftest import pipeline_settings
from tests.support.databases import Database
from tests.support.export_world import export, modes, rows_in_bigquery
from tests.support.residue_scan import scan_bigquery, scan_postgres, scan_storage
from tests.support.running_service import Service, running_service
from tests.support.shared_stack import SharedStack

__all__ = ["older", "pipeline_settings"]

pytestmark = [pytest.mark.slow, pytest.mark.prove, pytest.mark.timeout(300)]


def command(stack: SharedStack, settings: PipelineSettings, database: Database, *arguments: str) -> str:
    """A command of the operator, with the settings of `erase.job.yaml`."""
    environment = {
        **stack.environment(),
        **database.urls,
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "test",
        "GCS_EXPORT_BUCKET": settings.gcs_export_bucket,
        "BIGQUERY_DATASET": settings.bigquery_dataset,
        "AUTH_TOKEN_SECRET": "t" * 40,
        "LINK_SIGNING_KEY": "k" * 40,
    }
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pseudonym(service: Service, user_id: str) -> str:
    return str(service.rows("select person_key from cvstomize.users where id = %s", user_id)[0][0])


@pytest.mark.parametrize("exported_too_early", [False, True], ids=["in-order", "a-scheduled-export-came-first"])
def test_who_was_erased_does_not_come_back_to_raw(
    stack: SharedStack,
    database: Database,
    older: Database,
    pipeline_settings: PipelineSettings,
    tmp_path: Path,
    exported_too_early: bool,
) -> None:
    client = bigquery_client(pipeline_settings)
    environment = stack.environment()
    names = ("GCS_RESUMES_BUCKET", "GCS_UPLOADS_BUCKET", "STORAGE_EMULATOR_HOST", "GCP_PROJECT_ID")
    storage = {"enable_cloud_storage": True, **{name.lower(): environment[name] for name in names}}

    def people(settings: PipelineSettings) -> set[str]:
        return set(rows_in_bigquery(client, settings, "people"))

    with running_service(database, **storage) as before:
        (person, _), (neighbour, _) = lived_in(before), lived_in(before)
        key, staying = (pseudonym(before, somebody.user_id) for somebody in (person, neighbour))
        export(pipeline_settings, allow_shrink=True)
        assert {key, staying} <= people(pipeline_settings)
        backup = saved(database, tmp_path / "backup")
        receipt = person.delete("/api/me").json()["receipt"]
        erase_now(before)
        export(pipeline_settings)
        assert key not in people(pipeline_settings)

    restored(backup, older)
    settings = pipeline_settings.model_validate(
        pipeline_settings.model_dump() | {"pipeline_database_url": older.pipeline_url}
    )
    with running_service(older, **storage) as after:
        if exported_too_early:
            # Nobody asked for a full one: a restored database makes every table a snapshot by itself.
            assert modes(export(settings)) == {"snapshot"}
            assert key in people(settings), "the case is not the one this test is about"
        again = command(stack, settings, older, "erase", "--again-after-restore")
        assert "1 had been erased, came back with the backup, and will be erased again" in again
        assert status(after, receipt) == "operational_erased"
        exported = command(stack, settings, older, "export", "--full-refresh")
        assert "snapshot" in exported
        assert "incremental" not in exported
        assert key not in people(settings)
        assert staying in people(settings)

        with after.clock.moved(minutes=3):
            work(after)  # the sweep
        command(stack, settings, older, "erase")
        assert status(after, receipt) == "models_retired"
        words = {"user": person.user_id, "pseudonym": key, "mail": person.email}
        with older.connect() as connection:
            found = scan_postgres(connection, words)
        found |= scan_storage(environment["STORAGE_EMULATOR_HOST"], words)
        found |= scan_bigquery(client, [settings.raw_dataset, settings.load_dataset], words)
        assert {place for _, place in found} <= PSEUDONYM_STAYS, found
        assert modes(export(settings)) == {"incremental"}
        assert key not in people(settings)
