"""What the pipelines need to know about their surroundings, read when a run needs it and never at import.

Every missing or malformed value is reported at once, by name and with an example: one look at the log is enough.
"""

from __future__ import annotations

import os
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.db.url import EXAMPLE, libpq_url, parse_database_url

EXIT_CODE = 78  # EX_CONFIG of sysexits.h

EXAMPLES = {
    "PIPELINE_DATABASE_URL": EXAMPLE.replace("cvstomize_app", "cvstomize_pipeline"),
    "GCP_PROJECT_ID": "my-project",
    "GCS_EXPORT_BUCKET": "my-project-exports",
    "GCS_DATASETS_BUCKET": "my-project-datasets",
    "BIGQUERY_DATASET": "cvstomize",
    "WAREHOUSE": "postgres",
    "BIGQUERY_LOCATION": "EU",
}


class PipelineSettingsError(Exception):
    """One or more settings are missing or malformed. The message names all of them."""


class PipelineSettings(BaseSettings):
    """The pipelines' settings, from the environment. Build it with `load_settings`."""

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore", env_ignore_empty=True, frozen=True)

    pipeline_database_url: SecretStr = Field(description="Postgres as the role cvstomize_pipeline.")
    gcp_project_id: str = Field(min_length=1, description="The Google Cloud project.")
    gcs_export_bucket: str = Field(min_length=3, description="Bucket of the exported Parquet files.")
    gcs_datasets_bucket: str = Field(min_length=3, description="Bucket of the training datasets.")
    bigquery_dataset: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,900}$", description="Prefix of the datasets.")
    bigquery_location: str = Field(default="US", description="Where the BigQuery datasets are made.")
    warehouse: Literal["postgres", "bigquery"] = Field(default="postgres", description="Which marts are published.")
    environment: str = Field(default="development", description="Name of the deployment, for messages.")
    storage_emulator_host: str | None = Field(default=None, description="Cloud Storage stand-in.")
    bigquery_emulator_host: str | None = Field(default=None, description="BigQuery stand-in.")

    otel_exporter_otlp_endpoint: str | None = Field(default=None, description="Where the export's lag is sent.")

    @field_validator("pipeline_database_url")
    @classmethod
    def _is_database_url(cls, value: SecretStr) -> SecretStr:
        parse_database_url(value.get_secret_value())
        return value

    @property
    def database_url(self) -> str:
        """The libpq URL, with the password in it: never log it."""
        return libpq_url(self.pipeline_database_url.get_secret_value())

    @property
    def raw_dataset(self) -> str:
        """The dataset of the raw tables and of the export's control table."""
        return f"{self.bigquery_dataset}_raw"

    @property
    def load_dataset(self) -> str:
        """The dataset of the per-run load tables, which expire by themselves."""
        return f"{self.bigquery_dataset}_load"

    def warehouse_dataset(self, layer: str) -> str:
        """The dataset dbt builds a layer in: staging, core or marts."""
        return f"{self.bigquery_dataset}_{layer}"


def load_settings() -> PipelineSettings:
    """Read the settings. Raises PipelineSettingsError that names every missing or malformed one, never a value."""
    try:
        return PipelineSettings()
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False, include_url=False, include_context=False):
            name = str(problem["loc"][0]).upper() if problem["loc"] else "settings"
            example = f", for example {EXAMPLES[name]}" if name in EXAMPLES else ""
            reason = "is not set" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
            lines.append(f"{name}: {reason}{example}")
        raise PipelineSettingsError("The pipelines cannot run:\n  " + "\n  ".join(lines)) from None


def bigquery_is_configured() -> bool:
    """Whether this installation names a BigQuery dataset; decides the schedule's targets without reading secrets."""
    return bool(os.environ.get("BIGQUERY_DATASET"))
