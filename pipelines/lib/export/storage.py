"""Parquet objects in Cloud Storage: streamed up, written once, checked by checksum, removed when they have been loaded.

An object name is used once, so an upload never overwrites. When the answer to the last request is lost, the retry finds
the object there, and its checksum says whether it is ours.
"""

from __future__ import annotations

import base64
import contextlib
import io
from typing import Any

import google.api_core.exceptions
import google_crc32c
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.storage.exceptions import InvalidResponse
from google.cloud.storage.retry import DEFAULT_RETRY

from pipelines.lib.export.errors import UploadError
from pipelines.settings import PipelineSettings

CALL_SECONDS = (5.0, 30.0)  # connect, read
RETRY_SECONDS = 60.0
RETRY = DEFAULT_RETRY.with_timeout(RETRY_SECONDS)
DELETIONS = "deleted.parquet"
CHUNK_BYTES = 8 * 1024 * 1024  # a multiple of 256 KiB; also what one retry sends again


def storage_client(settings: PipelineSettings) -> storage.Client:
    """A client of Cloud Storage or of its stand-in. Makes no request."""
    if settings.storage_emulator_host:
        return storage.Client(
            project=settings.gcp_project_id,
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": http_url(settings.storage_emulator_host)},
        )
    return storage.Client(project=settings.gcp_project_id)


def http_url(host: str) -> str:
    """The host as a URL; settings may name it without a scheme."""
    return host.rstrip("/") if "://" in host else f"http://{host.rstrip('/')}"


class ObjectWriter(io.RawIOBase):
    """A file that is streamed into one new object and verified when it is closed. Memory: one chunk."""

    def __init__(self, blob: storage.Blob) -> None:
        super().__init__()
        self._blob = blob
        self._file = blob.open(
            "wb",
            chunk_size=CHUNK_BYTES,
            ignore_flush=True,
            content_type="application/vnd.apache.parquet",
            if_generation_match=0,
            timeout=CALL_SECONDS,
            retry=RETRY,
        )
        self._checksum = google_crc32c.Checksum()  # type: ignore[no-untyped-call]
        self.size = 0

    @property
    def uri(self) -> str:
        """The object's address, for BigQuery."""
        return f"gs://{self._blob.bucket.name}/{self._blob.name}"

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Add bytes to the object."""
        block = bytes(data)
        self._checksum.update(block)  # type: ignore[no-untyped-call]
        self._file.write(block)
        self.size += len(block)
        return len(block)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        """Nothing to do: an upload cannot be flushed, only finished."""

    def close(self) -> None:
        """Finish the upload. Raises UploadError when the object is not what was written."""
        if self.closed:
            return
        super().close()
        # Refused because the object is there or the session over: by us, when the answer was lost. The checksum tells.
        with contextlib.suppress(google.api_core.exceptions.PreconditionFailed, InvalidResponse):
            self._file.close()
        self._verify()

    def _verify(self) -> None:
        self._blob.reload(timeout=CALL_SECONDS, retry=RETRY)
        expected = base64.b64encode(self._checksum.digest()).decode()  # type: ignore[no-untyped-call]
        if self._blob.crc32c != expected or self._blob.size != self.size:
            raise UploadError(f"{self.uri} is not what was written; run the export again")


class ExportBucket:
    """The export's objects: `cuts/{cut}/{table}/part-{n}.parquet`.

    No `cut=…` in the path: readers that know Hive's convention would take it for a column.
    """

    def __init__(self, client: storage.Client, bucket: str) -> None:
        self._client = client
        self._bucket = client.bucket(bucket)

    def open_part(self, cut: str, table: str, number: int) -> ObjectWriter:
        """A new object for the `number`-th part of a table."""
        return ObjectWriter(self._bucket.blob(f"cuts/{cut}/{table}/part-{number:05d}.parquet"))

    def open_deletions(self, cut: str, table: str) -> ObjectWriter:
        """A new object for the keys that left a table."""
        return ObjectWriter(self._bucket.blob(f"cuts/{cut}/{table}/{DELETIONS}"))

    def remove_old(self, cut: str) -> int:
        """Delete the objects of every cut but this one, and its lists of who left; return how many there were.

        They have been loaded or given up, and they name people who have left.
        """
        removed = 0
        listing = self._client.list_blobs(self._bucket, prefix="cuts/", timeout=CALL_SECONDS, retry=RETRY)
        for blob in listing:
            if not blob.name.startswith(f"cuts/{cut}/") or blob.name.endswith(f"/{DELETIONS}"):
                try:
                    blob.delete(timeout=CALL_SECONDS, retry=RETRY)
                except google.api_core.exceptions.NotFound:
                    continue
                removed += 1
        return removed
