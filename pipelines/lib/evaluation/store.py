"""Where an evaluation keeps what it has paid for: beside the dataset, under its hash, each object written once.

Everything lies in the folder of the dataset, so that a revoked dataset takes its test and its answers with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import google.api_core.exceptions
from google.cloud import storage

from pipelines.lib.export.storage import CALL_SECONDS, RETRY, storage_client
from pipelines.settings import PipelineSettings

FOLDER = "evaluation"
TEST_FILE = "test.jsonl"


@dataclass(frozen=True)
class EvaluationStore:
    """The objects of one dataset's evaluations."""

    settings: PipelineSettings
    manifest_sha256: str

    def uri(self, name: str) -> str:
        """Address of an object."""
        return f"gs://{self.settings.gcs_datasets_bucket}/{self._path(name)}"

    def read(self, name: str) -> bytes | None:
        """The bytes of an object, or None."""
        try:
            content: bytes = self._blob(name).download_as_bytes(timeout=CALL_SECONDS, retry=RETRY)
        except google.api_core.exceptions.NotFound:
            return None
        return content

    def write_once(self, name: str, content: bytes) -> bytes:
        """Write an object unless it is there; return what is there then. The first writer wins."""
        try:
            self._blob(name).upload_from_string(
                content, if_generation_match=0, timeout=CALL_SECONDS, retry=RETRY, checksum="crc32c"
            )
        except google.api_core.exceptions.PreconditionFailed:
            return self.read(name) or content
        return content

    def _path(self, name: str) -> str:
        return f"{self.manifest_sha256}/{FOLDER}/{name}"

    def _blob(self, name: str) -> storage.Blob:
        bucket = storage_client(self.settings).bucket(self.settings.gcs_datasets_bucket)
        return bucket.blob(self._path(name))
