"""BigQuery jobs that run once: deterministic ids, deadlines on every call, and 409 read as "fetch that job".

A lost answer is followed by the client's own retry, which BigQuery answers with 409 Already Exists; the job of that id
is then ours and is fetched. Only when the earlier job ended in an error does the id get a new generation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import google.api_core.exceptions
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY
from requests.exceptions import RequestException

from pipelines.lib.export.errors import JobLostError, LoadFailedError
from pipelines.lib.export.storage import http_url
from pipelines.settings import PipelineSettings

CALL_SECONDS = 30.0
RETRY_SECONDS = 60.0
JOB_SECONDS = 900.0
MAX_GENERATIONS = 5
UNHEARD = (google.api_core.exceptions.GoogleAPIError, RequestException, TimeoutError)
# A job that ended for one of these reasons did nothing wrong and left nothing behind: the next generation may do it.
TRANSIENT_REASONS = {
    "backendError",
    "internalError",
    "rateLimitExceeded",
    "jobBackendError",
    "jobInternalError",
    "jobRateLimitExceeded",
}


def bigquery_client(settings: PipelineSettings) -> bigquery.Client:
    """A client of BigQuery or of its stand-in. Makes no request."""
    if settings.bigquery_emulator_host:
        return bigquery.Client(
            project=settings.gcp_project_id,
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": http_url(settings.bigquery_emulator_host)},
        )
    return bigquery.Client(project=settings.gcp_project_id, location=settings.bigquery_location)


def call_retry() -> Retry:
    """The retry of one call: short, because the job runner above it can retry as a whole."""
    return DEFAULT_RETRY.with_timeout(RETRY_SECONDS)


class JobRunner:
    """Starts jobs under ids derived from what they do, and waits for them."""

    def __init__(self, client: bigquery.Client) -> None:
        self.client = client

    def load(self, uris: list[str], table: str, config: bigquery.LoadJobConfig, job_id: str) -> bigquery.LoadJob:
        """Load objects into a table; returns the finished job. Raises LoadFailedError or JobLostError."""

        def start(generation_id: str) -> bigquery.LoadJob:
            return self.client.load_table_from_uri(
                uris, table, job_id=generation_id, job_config=config, timeout=CALL_SECONDS, retry=call_retry()
            )

        job: bigquery.LoadJob = self._run_once(job_id, start)
        return job

    def script(self, statement: str, job_id: str, config: bigquery.QueryJobConfig | None = None) -> bigquery.QueryJob:
        """Run a statement or script with effects; returns the finished job. Raises LoadFailedError or JobLostError."""

        def start(generation_id: str) -> bigquery.QueryJob:
            return self.client.query(
                statement,
                job_id=generation_id,
                job_config=config,
                timeout=CALL_SECONDS,
                retry=call_retry(),
                job_retry=None,
            )

        job: bigquery.QueryJob = self._run_once(job_id, start)
        return job

    def rows(self, statement: str, parameters: list[Any] | None = None) -> list[bigquery.Row]:
        """Run a read-only query and return its rows."""
        config = bigquery.QueryJobConfig(query_parameters=parameters or [])
        job = self.client.query(statement, job_config=config, timeout=CALL_SECONDS, retry=call_retry(), job_retry=None)
        return list(job.result(timeout=JOB_SECONDS, retry=call_retry(), job_retry=None))

    def _run_once(self, job_id: str, start: Callable[[str], Any]) -> Any:
        for generation in range(MAX_GENERATIONS):
            generation_id = safe_job_id(f"{job_id}-g{generation}")
            try:
                job = self._started(generation_id, start)
            except UNHEARD as error:
                raise JobLostError(f"job {generation_id}: {type(error).__name__}, BigQuery does not answer") from error
            if job is None:
                continue  # that attempt is over and failed: the next generation is a new attempt
            try:
                return self._finished(job)
            except LoadFailedError:
                if not failed_by_itself(job):
                    raise
        raise LoadFailedError(f"job {job_id} failed {MAX_GENERATIONS} times; look at it in BigQuery's job history")

    def _started(self, generation_id: str, start: Callable[[str], Any]) -> Any:
        """The job of that id, started now or before; None when it ended in an error before."""
        try:
            return start(generation_id)
        except google.api_core.exceptions.Conflict:
            job = self.client.get_job(generation_id, timeout=CALL_SECONDS, retry=call_retry())
            return None if job.state == "DONE" and job.error_result else job

    def _finished(self, job: Any) -> Any:
        try:
            job.result(timeout=JOB_SECONDS, retry=call_retry())
        except UNHEARD as error:
            # An error of the job and one of the way to it look alike; only the job's own state tells them apart.
            if job.state == "DONE" and job.error_result:
                raise LoadFailedError(f"job {job.job_id}: {job.error_result.get('message', '')}") from error
            raise JobLostError(f"job {job.job_id}: {type(error).__name__}, BigQuery does not answer") from error
        return job


def failed_by_itself(job: Any) -> bool:
    """Whether a job ended in an error of BigQuery's own, which a new attempt may not meet."""
    return job.state == "DONE" and (job.error_result or {}).get("reason") in TRANSIENT_REASONS


def safe_job_id(text: str) -> str:
    """The id in the characters BigQuery allows."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", text)
