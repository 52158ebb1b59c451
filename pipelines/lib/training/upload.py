"""Puts a dataset's files into Cloud Storage, once: an object under a hash is never written over."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import google.api_core.exceptions
import google_crc32c
from google.cloud.storage.retry import DEFAULT_RETRY

from pipelines.lib.export.storage import storage_client
from pipelines.lib.training.build import BuiltDataset
from pipelines.lib.training.errors import TrainingError
from pipelines.settings import PipelineSettings

CALL_SECONDS = (5.0, 60.0)  # connect, read
RETRY_SECONDS = 120.0
CHUNK_BYTES = 8 * 1024 * 1024
CONTENT_TYPES = {".jsonl": "application/jsonl", ".json": "application/json", ".md": "text/markdown; charset=utf-8"}


class UploadConflictError(TrainingError):
    """An object under this dataset's hash holds other bytes than the dataset."""


def dataset_uri(settings: PipelineSettings, manifest_sha256: str) -> str:
    """The folder of a dataset."""
    return f"gs://{settings.gcs_datasets_bucket}/{manifest_sha256}"


def upload_dataset(
    settings: PipelineSettings, dataset: BuiltDataset, *, before_each: Callable[[], None] = lambda: None
) -> list[str]:
    """Write every file under the dataset's hash and return their addresses; the manifest goes last, as the seal.

    `before_each` is called before every file: an upload may take long, and somebody may leave meanwhile. An object that
    is there already must hold the same bytes (a repeated run); else UploadConflictError.
    """
    bucket = storage_client(settings).bucket(settings.gcs_datasets_bucket)
    names = [*(file.name for file in dataset.files), "card.md", "manifest.json"]
    for name in names:
        before_each()
        upload_once(bucket.blob(f"{dataset.manifest_sha256}/{name}"), dataset.folder / name)
    return [f"{dataset_uri(settings, dataset.manifest_sha256)}/{name}" for name in names]


def upload_once(blob: Any, path: Path) -> None:
    """Write `path` to a new object, or make sure that the object there is the same."""
    retry = DEFAULT_RETRY.with_timeout(RETRY_SECONDS)
    try:
        blob.upload_from_filename(
            str(path),
            content_type=CONTENT_TYPES[path.suffix],
            if_generation_match=0,
            timeout=CALL_SECONDS,
            retry=retry,
            checksum="crc32c",
        )
    except google.api_core.exceptions.PreconditionFailed:
        blob.reload(timeout=CALL_SECONDS, retry=retry)
        if blob.crc32c != crc32c_of(path):
            raise UploadConflictError(f"gs://{blob.bucket.name}/{blob.name} holds other bytes: remove it") from None


def crc32c_of(path: Path) -> str:
    """The checksum as Cloud Storage writes it."""
    checksum: Any = google_crc32c.Checksum()  # type: ignore[no-untyped-call]
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            checksum.update(block)
    return base64.b64encode(checksum.digest()).decode()


def delete_dataset(settings: PipelineSettings, manifest_sha256: str) -> int:
    """Delete every object of a dataset; return how many there were."""
    client = storage_client(settings)
    retry = DEFAULT_RETRY.with_timeout(RETRY_SECONDS)
    removed = 0
    for blob in client.list_blobs(
        settings.gcs_datasets_bucket, prefix=f"{manifest_sha256}/", timeout=CALL_SECONDS, retry=retry
    ):
        try:
            blob.delete(timeout=CALL_SECONDS, retry=retry)
        except google.api_core.exceptions.NotFound:
            continue
        removed += 1
    return removed


def read_back(settings: PipelineSettings, uri: str, sha256: str, size_bytes: int) -> str | None:
    """What is wrong with a recorded object, or None: it must be there with its size and its SHA-256."""
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    digest, size = hashlib.sha256(), 0
    blob = storage_client(settings).bucket(bucket).blob(name, chunk_size=CHUNK_BYTES)
    try:
        with blob.open("rb", timeout=CALL_SECONDS, retry=DEFAULT_RETRY.with_timeout(RETRY_SECONDS)) as file:
            while block := file.read(CHUNK_BYTES):
                digest.update(block)
                size += len(block)
    except google.api_core.exceptions.NotFound:
        return f"{uri} is not there"
    if size != size_bytes:
        return f"{uri} has {size} bytes, {size_bytes} are recorded"
    return None if digest.hexdigest() == sha256 else f"{uri} holds other bytes than recorded"
