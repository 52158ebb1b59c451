"""The settings that a process of the service cannot start without, as an operator would set them."""

import os

from tests.support.databases import Database
from tests.support.running_service import Service


def least_settings(database: Database) -> dict[str, str]:
    """For a process that works on this database, without storage; with PATH, because the environment is all it gets."""
    return {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "test",
        "DATABASE_URL": database.app_url,
        "GCP_PROJECT_ID": "test",
        "ENABLE_CLOUD_STORAGE": "false",
        "AUTH_TOKEN_SECRET": "t" * 40,
        "LINK_SIGNING_KEY": "k" * 40,
    }


def eraser_settings(service: Service) -> dict[str, str]:
    """For a process with the eraser's rights, on the database and in the buckets of a running service."""
    settings = service.settings
    return least_settings(service.database) | {
        "ERASER_DATABASE_URL": service.database.eraser_url,
        "GCP_PROJECT_ID": settings.gcp_project_id,
        "ENABLE_CLOUD_STORAGE": str(settings.enable_cloud_storage).lower(),
        "GCS_RESUMES_BUCKET": settings.gcs_resumes_bucket,
        "GCS_UPLOADS_BUCKET": settings.gcs_uploads_bucket,
        "STORAGE_EMULATOR_HOST": str(settings.storage_emulator_host),
    }
